"""The PostgreSQL server that scripts and tests start where none is named."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest

from scripts.postgres import PostgresServer, embedded_server, server_from_environment
from tests.support.databases import REPOSITORY

WITH_POSTGRES = [sys.executable, "-m", "scripts.with_postgres", "--"]


def test_no_host_names_no_server() -> None:
    assert server_from_environment({}) is None
    assert server_from_environment({"PGHOST": "", "PGPASSWORD": "x"}) is None


def test_the_environment_names_a_server() -> None:
    named = {"PGHOST": "db", "PGPORT": "6543", "PGUSER": "ann", "PGPASSWORD": "pw"}
    server = server_from_environment(named)
    assert server == PostgresServer("db", 6543, "ann", "pw")
    assert server.env("events") == named | {"PGDATABASE": "events"}


def test_what_the_environment_leaves_open_has_libpq_defaults() -> None:
    assert server_from_environment({"PGHOST": "db", "PGPORT": ""}) == PostgresServer(
        "db", 5432, "postgres", ""
    )


@pytest.mark.slow
def test_the_server_stops_with_the_block_and_keeps_its_data(tmp_path: Path) -> None:
    def fail_in_the_block() -> None:
        with embedded_server(tmp_path / "data") as server:
            servers.append(server)
            server.create_database("kept")
            raise ZeroDivisionError

    servers: list[PostgresServer] = []
    with pytest.raises(ZeroDivisionError):
        fail_in_the_block()
    with pytest.raises(psycopg.OperationalError):
        servers[0].connect()
    with embedded_server(tmp_path / "data") as server:
        assert server.has_database("kept")
        server.drop_database("kept")
        assert not server.has_database("kept")


@pytest.mark.slow
def test_a_second_user_of_the_same_directory_waits_for_the_first(tmp_path: Path) -> None:
    ended: list[str] = []

    def use(name: str, seconds: float) -> None:
        with embedded_server(tmp_path / "data") as server:
            started.set()
            time.sleep(seconds)
            with server.connect() as connection:
                connection.execute("select 1")
            ended.append(name)

    started = threading.Event()
    first = threading.Thread(target=use, args=("first", 1.0))
    first.start()
    started.wait(60)
    use("second", 0)
    first.join()
    assert ended == ["first", "second"]


def test_a_named_server_is_used_and_left_as_it_is(postgres_server: PostgresServer) -> None:
    ended = subprocess.run(
        [*WITH_POSTGRES, sys.executable, "-c", "import os; print(os.environ['PGHOST'])"],
        cwd=REPOSITORY,
        env=os.environ | postgres_server.env("not_there"),
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.strip() == postgres_server.host
    assert not postgres_server.has_database("not_there")


def test_the_command_s_exit_code_is_passed_on(postgres_server: PostgresServer) -> None:
    ended = subprocess.run(
        [*WITH_POSTGRES, sys.executable, "-c", "raise SystemExit(7)"],
        cwd=REPOSITORY,
        env=os.environ | postgres_server.env("postgres"),
        check=False,
    )
    assert ended.returncode == 7


def test_without_a_command_the_usage_is_shown() -> None:
    ended = subprocess.run(
        WITH_POSTGRES, cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert ended.returncode != 0
    assert ended.stderr.startswith("usage:")


@pytest.mark.slow
def test_the_server_stops_when_the_command_is_terminated() -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    script = "import os, time; print(os.environ['PGHOST'], flush=True); time.sleep(60)"
    with subprocess.Popen(
        [*WITH_POSTGRES, sys.executable, "-c", script],
        cwd=REPOSITORY,
        env=env,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        host = process.stdout.readline().strip()
        assert host
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 128 + signal.SIGTERM
    with pytest.raises(psycopg.OperationalError):
        PostgresServer(host, 5432, "postgres", "").connect()
