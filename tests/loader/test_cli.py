"""The command line as a whole: help, environment variables, and a person's mistakes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import duckdb
import pytest

from loader.cli import cli
from scripts.postgres import PostgresServer, embedded_server
from tests.conftest import MakeDatabase
from tests.support.databases import REPOSITORY
from tests.support.run import run_loader, run_loader_process

COMMANDS = list(cli.list_commands(click.Context(cli)))
WITH_TARGET = [
    ["init"],
    ["append", "-"],
    ["rejects"],
    ["deliveries"],
    ["withdraw", "0b0a3d44"],
    ["erase", "--user", "ann"],
]


def duckdb_environment(tmp_path: Path, path: Path) -> dict[str, str]:
    """An environment in which the loader works on that DuckDB file."""
    (tmp_path / "profiles.yml").write_text((REPOSITORY / "profiles.example.yml").read_text())
    return {"DBT_PROFILES_DIR": str(tmp_path), "EVENTS_DUCKDB_PATH": str(path)}


def postgres_environment(tmp_path: Path, **changes: str) -> dict[str, str]:
    (tmp_path / "profiles.yml").write_text((REPOSITORY / "profiles.example.yml").read_text())
    return {"DBT_PROFILES_DIR": str(tmp_path), "EVENTS_TARGET": "postgres", **changes}


def assert_explained(arguments: list[str], env: dict[str, str], *expected: str) -> None:
    """The command fails with exit code 1 and one clear message: no traceback, nothing on stdout."""
    result = run_loader(*arguments, env=env, stdin="")
    assert result.exit_code == 1, result
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    message = result.stderr.splitlines()
    assert any(line.startswith("Error: ") for line in message), result.stderr
    for text in expected:
        assert text in result.stderr


def test_help_lists_every_command_and_imports_none() -> None:
    script = (
        "import sys\nfrom loader.cli import cli\n"
        "try:\n    cli(['--help'])\nexcept SystemExit:\n    pass\n"
        "print([name for name in ('duckdb', 'psycopg', 'jinja2', 'yaml') if name in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=REPOSITORY, check=True
    )

    assert done.stdout.splitlines()[-1] == "[]"
    for command in COMMANDS:
        assert f"  {command} " in done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_help_names_examples_exit_codes_and_environment_variables(command: str) -> None:
    result = run_loader(command, "--help")

    assert result.exit_code == 0
    assert "Exit codes: 0 done, 1 bad data or database, 2 wrong usage." in result.stdout
    assert f"  loader {command}" in result.stdout
    found = cli.get_command(click.Context(cli), command)
    assert found is not None
    for parameter in found.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{parameter.name} has no help"
            assert parameter.show_envvar, f"{parameter.name} does not show its variable"


def test_an_option_from_the_environment() -> None:
    result = run_loader(
        "generate",
        env={"LOADER_GENERATE_EVENTS": "7", "LOADER_GENERATE_USERS": "2"},
    )

    assert len(result.stdout.splitlines()) == 7


def test_the_target_from_the_environment_as_in_dbt(tmp_path: Path) -> None:
    env = duckdb_environment(tmp_path, tmp_path / "x.duckdb")

    for name in ("LOADER_TARGET", "DBT_TARGET"):
        result = run_loader("init", env={**env, name: "nowhere"})
        assert "Unknown target 'nowhere'" in result.stderr


def test_an_unknown_command() -> None:
    result = run_loader("delete")

    assert result.exit_code == 2
    assert "No such command 'delete'" in result.stderr


def test_an_unknown_option() -> None:
    result = run_loader("init", "--rolls")

    assert result.exit_code == 2
    assert "--roles" in result.stderr


@pytest.mark.parametrize("arguments", WITH_TARGET)
def test_an_unknown_target(tmp_path: Path, arguments: list[str]) -> None:
    env = duckdb_environment(tmp_path, tmp_path / "x.duckdb")

    assert_explained(
        [*arguments, "--target", "prod"],
        env,
        "Unknown target 'prod'",
        "has clickhouse, duckdb, lake, postgres, spark",
    )


@pytest.mark.parametrize("arguments", WITH_TARGET)
def test_no_profile(tmp_path: Path, arguments: list[str]) -> None:
    assert_explained(
        [*arguments, "--profiles-dir", str(tmp_path)], {}, "There is no profiles.yml in"
    )


@pytest.mark.parametrize("arguments", WITH_TARGET)
def test_a_server_that_is_down(tmp_path: Path, arguments: list[str]) -> None:
    with socket.socket() as listening:  # bound, but nobody listens
        listening.bind(("127.0.0.1", 0))
        port = str(listening.getsockname()[1])
        env = postgres_environment(tmp_path, PGHOST="127.0.0.1", PGPORT=port)

        assert_explained(arguments, env, f"127.0.0.1:{port} does not answer", "Start it")


def test_a_socket_that_is_not_there(tmp_path: Path) -> None:
    env = postgres_environment(tmp_path, PGHOST=str(tmp_path))

    assert_explained(["init"], env, f"{tmp_path}:5432 does not answer")


def test_a_host_that_nobody_knows(tmp_path: Path) -> None:
    env = postgres_environment(tmp_path, PGHOST="no-such-host.invalid")

    assert_explained(["init"], env, "host name is unknown", "'host:'")


@pytest.fixture(scope="module")
def strict_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A server that lets in `postgres` without a password and everybody else only with one."""
    directory = tmp_path_factory.mktemp("strict_postgres")
    with embedded_server(directory / "data") as server:
        with server.connect() as connection:
            connection.execute("create role ann login password 'right'")
        rules = directory / "data" / "pg_hba.conf"
        rules.write_text("local all postgres trust\nlocal all all scram-sha-256\n")
        with server.connect() as connection:
            connection.execute("select pg_reload_conf()")
        yield server


def strict_environment(tmp_path: Path, server: PostgresServer, **changes: str) -> dict[str, str]:
    return postgres_environment(tmp_path, **{**server.env("postgres"), "PGUSER": "ann", **changes})


@pytest.mark.parametrize("arguments", WITH_TARGET)
def test_a_wrong_password(
    tmp_path: Path, strict_server: PostgresServer, arguments: list[str]
) -> None:
    env = strict_environment(tmp_path, strict_server, PGPASSWORD="wrong")

    assert_explained(arguments, env, "refused the password of user 'ann'", "PGPASSWORD")


def test_no_password(tmp_path: Path, strict_server: PostgresServer) -> None:
    env = strict_environment(tmp_path, strict_server)

    assert_explained(["init"], env, "refused the password of user 'ann'")


def test_a_user_without_rights(tmp_path: Path, strict_server: PostgresServer) -> None:
    env = strict_environment(tmp_path, strict_server, PGPASSWORD="right")

    assert_explained(["init"], env, "permission denied", "ask an administrator")


def test_a_database_that_is_not_there(tmp_path: Path, strict_server: PostgresServer) -> None:
    env = strict_environment(tmp_path, strict_server, PGPASSWORD="right", PGDATABASE="elsewhere")

    assert_explained(["init"], env, "has no database 'elsewhere'", "createdb -h")


def test_a_user_that_is_not_there(tmp_path: Path, postgres_server: PostgresServer) -> None:
    if postgres_server.data_directory is None:
        pytest.skip("a given server may ask for passwords first")
    env = postgres_environment(
        tmp_path, **{**postgres_server.env("postgres"), "PGUSER": "nobody_here"}
    )

    assert_explained(["init"], env, "has no user 'nobody_here'")


@pytest.mark.parametrize("arguments", [["append", "-"], ["rejects"]])
def test_no_raw_tables_yet_in_postgres(make_database: MakeDatabase, arguments: list[str]) -> None:
    env = make_database("postgres").env()

    assert_explained(arguments, env, "loader init")


def test_a_duckdb_file_that_another_process_holds(tmp_path: Path) -> None:
    path = tmp_path / "held.duckdb"
    env = duckdb_environment(tmp_path, path)
    hold = (
        "import duckdb, sys\nconnection = duckdb.connect(sys.argv[1])\n"
        "print('held', flush=True)\nsys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        for arguments in (["init"], ["append", "-", "--lock-timeout", "0"], ["rejects"]):
            assert_explained(
                arguments, env, f"{path} is in use by process {holder.pid}", "wait for it to end"
            )
        holder.communicate()

    assert run_loader("init", env=env).exit_code == 0


def newer_duckdb_file(path: Path) -> None:
    """Make a file look as if a later DuckDB had written it: another version, a right checksum."""
    duckdb.connect(str(path)).close()
    content = bytearray(path.read_bytes())

    def weight(word: bytes) -> int:
        # DuckDB's checksum of a block is the exclusive or of its words, each times this factor.
        return int.from_bytes(word, "little") * 0xBF58476D1CE4E5B9 % 2**64

    before = bytes(content[8:16])
    content[12:16] = (99).to_bytes(4, "little")
    checksum = int.from_bytes(content[:8], "little") ^ weight(before) ^ weight(bytes(content[8:16]))
    content[:8] = checksum.to_bytes(8, "little")
    path.write_bytes(content)


def test_a_duckdb_file_of_a_newer_version(tmp_path: Path) -> None:
    newer_duckdb_file(tmp_path / "newer.duckdb")
    env = duckdb_environment(tmp_path, tmp_path / "newer.duckdb")

    assert_explained(["init"], env, "version of DuckDB that this one", "cannot read")


def test_a_file_that_is_no_duckdb_file(tmp_path: Path) -> None:
    path = tmp_path / "notes.duckdb"
    path.write_text("Buy milk.\n" * 1000)
    env = duckdb_environment(tmp_path, path)

    assert_explained(["init"], env, f"{path} is not a DuckDB file", "'path:'")
    assert path.read_text().startswith("Buy milk.")


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    env = duckdb_environment(tmp_path, tmp_path / "no" / "x.duckdb")

    assert_explained(["init"], env, f"There is no directory {tmp_path / 'no'}", "Create it")


def test_a_directory_in_place_of_the_file(tmp_path: Path) -> None:
    env = duckdb_environment(tmp_path, tmp_path)

    assert_explained(["init"], env, f"{tmp_path} is a directory")


def test_rejects_of_a_file_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "none.duckdb"

    assert_explained(["rejects"], duckdb_environment(tmp_path, path), "loader init")
    assert not path.exists()


def test_rejects_of_a_file_without_raw_tables(tmp_path: Path) -> None:
    path = tmp_path / "empty.duckdb"
    duckdb.connect(str(path)).close()

    assert_explained(["rejects"], duckdb_environment(tmp_path, path), "loader init")


def test_a_setting_that_duckdb_refuses(tmp_path: Path) -> None:
    (tmp_path / "profiles.yml").write_text(
        "event_analytics: {target: x, outputs: {x: {type: duckdb, path: "
        f"{tmp_path}/x.duckdb, settings: {{memory_limit: much}}}}}}}}\n"
    )

    assert_explained(
        ["init"], {"DBT_PROFILES_DIR": str(tmp_path)}, "refuses a setting", "'settings:'"
    )


def test_the_module_runs_as_a_program_and_ends_quietly_when_its_reader_does() -> None:
    """A pipe that closes early, as that of `head`, is no error worth a traceback."""
    with subprocess.Popen(
        [sys.executable, "-m", "loader", "generate", "--events", "20000", "--users", "500"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=REPOSITORY,
        env={**os.environ},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b'{"event_id":')
        process.stdout.close()
        assert process.stderr.read() == b""


def test_version() -> None:
    result = run_loader_process("--version")

    assert result.exit_code == 0
    assert result.stdout.startswith("loader, version ")
