"""Targets of profiles.yml: found, chosen and rendered as dbt does it, with errors that help."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pytest
import yaml

from loader.errors import LoaderError
from loader.targets import Target, load_target
from tests.support.databases import REPOSITORY

PROFILE = """
event_analytics:
  target: local
  outputs:
    local:
      type: duckdb
      path: data/events.duckdb
      schema: analytics
      settings:
        memory_limit: 1GB
    server:
      type: postgres
      host: db.example
      port: "{{ env_var('DB_PORT', '5433') | as_number }}"
      user: "{{ env_var('DB_USER') }}"
      pass: "{{ env_var('DB_PASSWORD', '') }}"
      dbname: "{{ env_var('DB_PREFIX', 'my') }}_events"
      schema: analytics
      sslmode: require
      connect_timeout: 3
      keepalives_idle: 0
      search_path: "a, b"
      role: event_loader
    lake:
      type: spark
      schema: analytics
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current directory; the home directory is empty too."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return here


def write_profile(directory: Path, text: str = PROFILE) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "profiles.yml").write_text(text)
    return directory


def duckdb_profile(path: str, name: str = "event_analytics") -> str:
    return f"{name}:\n  target: x\n  outputs:\n    x: {{type: duckdb, path: {path}}}\n"


def output_profile(settings: str) -> str:
    return f"event_analytics: {{target: x, outputs: {{x: {{type: {settings}}}}}}}"


def failure(name: str | None = None, profiles_dir: Path | None = None) -> str:
    with pytest.raises(LoaderError) as raised:
        load_target(name, profiles_dir, "raw")
    assert raised.value.exit_code == 1
    return raised.value.message


def test_the_default_target(folder: Path) -> None:
    write_profile(folder)

    target = load_target(None, None, "raw")

    assert target == Target(
        name="local",
        engine="duckdb",
        schema="analytics",
        raw_schema="raw",
        path=Path("data/events.duckdb"),
        settings={"memory_limit": "1GB"},
    )


def test_a_postgres_target_with_everything(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_profile(folder)
    monkeypatch.setenv("DB_USER", "ann")
    monkeypatch.setenv("DB_PASSWORD", "0123")

    target = load_target("server", None, "raw")

    assert target.engine == "postgres"
    assert target.role == "event_loader"
    assert target.connect_kwargs == {
        "host": "db.example",
        "port": 5433,
        "user": "ann",
        "password": "0123",  # still a text
        "dbname": "my_events",
        "sslmode": "require",
        "connect_timeout": 3,
        "options": "-c search_path=a,\\ b",
    }
    assert "0123" not in repr(target)
    assert "0123" not in target.label


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("event_loader", "event_loader"),
        ("Event_Loader", "event_loader"),
        ("rôle_ÉÀ", "rôle_ÉÀ"),
        ('"Event-Loader"', "Event-Loader"),
        ('"a ""b"" c"', 'a "b" c'),
        ("'O''Brien'", "O'Brien"),
    ],
)
def test_a_role_is_the_one_that_dbt_would_turn_into(folder: Path, written: str, name: str) -> None:
    """What stands there becomes part of dbt's `set role …`."""
    server = {"type": "postgres", "host": "h", "user": "u", "dbname": "d", "schema": "s"}
    outputs = {"x": {**server, "role": written}}
    write_profile(folder, yaml.safe_dump({"event_analytics": {"target": "x", "outputs": outputs}}))

    assert load_target(None, None, "raw").role == name


@pytest.mark.parametrize("written", ["event-loader", "a b", '"a', "a; drop table b", "1st", '""'])
def test_a_role_that_dbt_could_not_turn_into_is_refused(folder: Path, written: str) -> None:
    server = {"type": "postgres", "host": "h", "user": "u", "dbname": "d", "schema": "s"}
    outputs = {"x": {**server, "role": written}}
    write_profile(folder, yaml.safe_dump({"event_analytics": {"target": "x", "outputs": outputs}}))

    assert "double quotes within single ones" in failure()


def test_where_profiles_are_looked_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The option wins over the environment, that over the current directory, that over ~/.dbt."""
    write_profile(Path.home() / ".dbt", duckdb_profile("home"))
    assert load_target(None, None, "raw").path == Path("home")
    write_profile(folder, duckdb_profile("here"))
    assert load_target(None, None, "raw").path == Path("here")
    monkeypatch.setenv("DBT_PROFILES_DIR", str(write_profile(folder / "a", duckdb_profile("a"))))
    assert load_target(None, None, "raw").path == Path("a")
    option = write_profile(folder / "b", duckdb_profile("b"))
    assert load_target(None, option, "raw").path == Path("b")


def test_the_project_names_the_profile(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "dbt_project.yml").write_text("name: other\nprofile: mine\n")
    profiles = write_profile(folder, duckdb_profile("mine", "mine"))
    below = folder / "models" / "marts"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)

    assert load_target(None, profiles, "raw").path == Path("mine")


def test_what_another_target_lacks_does_no_harm(folder: Path) -> None:
    write_profile(folder)  # DB_USER is not set, and only the target `server` wants it

    assert load_target("local", None, "raw").engine == "duckdb"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        ("{{ env_var('SET') }}", "12"),
        ("x{{ env_var('SET') }}y", "x12y"),
        ("{{ env_var('SET') | as_text }}", "12"),
        ("{{ env_var('SET') | as_number }}", 12),
        ("{{ env_var('UNSET', '1.5') | as_number }}", 1.5),
        ("{{ env_var('UNSET', 'True') | as_bool }}", True),
        ("{{ env_var('UNSET', '[1, 2]') | as_native }}", [1, 2]),
        ("{{ env_var('UNSET', 'text') | as_native }}", "text"),
        ("{{ env_var('UNSET', '') }}", ""),
    ],
)
def test_templates_are_rendered_as_in_dbt(
    folder: Path, monkeypatch: pytest.MonkeyPatch, value: str, expected: object
) -> None:
    monkeypatch.setenv("SET", "12")
    write_profile(
        folder,
        "event_analytics:\n  target: x\n  outputs:\n    x:\n      type: duckdb\n"
        f'      path: x\n      settings:\n        key: "{value}"\n',
    )

    assert load_target(None, None, "raw").settings == {"key": expected}


def test_dbt_reads_the_same_from_profiles_example_yml(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The profile loader of dbt and ours, on the file that everybody copies."""
    from dbt.config.profile import Profile  # noqa: PLC0415 - importing dbt takes seconds
    from dbt.config.renderer import ProfileRenderer  # noqa: PLC0415
    from dbt.flags import set_from_args  # noqa: PLC0415
    from dbt_common.context import set_invocation_context  # noqa: PLC0415

    write_profile(folder, (REPOSITORY / "profiles.example.yml").read_text())
    settings = {"PGHOST": "/run/pg", "PGPORT": "6000", "PGUSER": "ann", "PGPASSWORD": "007"}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    set_from_args(argparse.Namespace(PROFILES_DIR=str(folder)), None)
    set_invocation_context(settings)

    theirs: Any = Profile.render(
        ProfileRenderer({}),
        "event_analytics",
        profile_name_override=None,
        target_override="postgres",
    ).credentials
    ours = load_target("postgres", None, "raw")

    assert ours.connect_kwargs == {
        "host": theirs.host,
        "port": theirs.port,
        "user": theirs.user,
        "password": theirs.password,
        "dbname": theirs.database,
        "connect_timeout": theirs.connect_timeout,
    }
    assert ours.schema == theirs.schema


def test_no_profiles_anywhere(folder: Path) -> None:
    message = failure()

    assert str(folder) in message
    assert ".dbt" in message
    assert "Copy profiles.example.yml to profiles.yml" in message


def test_an_unknown_target_lists_the_known(folder: Path) -> None:
    write_profile(folder)

    assert "Unknown target 'prod'" in failure("prod")
    assert "has lake, local, server" in failure("prod")


def test_an_unknown_profile_lists_the_known(folder: Path) -> None:
    write_profile(folder, duckdb_profile("x", "somebody_else"))

    assert "no profile 'event_analytics' (it has: somebody_else)" in failure()


def test_a_missing_variable_is_named(folder: Path) -> None:
    write_profile(folder)

    message = failure("server")

    assert "target 'server', user: the environment variable DB_USER is not set" in message
    assert "env_var('DB_USER', '…')" in message


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ("", "is empty or no mapping"),
        ("a: [1", "line 1 is not valid YAML"),
        ("event_analytics: {target: x}", "has no 'outputs:'"),
        (duckdb_profile("':memory:'"), "the loader needs a DuckDB file"),
        (duckdb_profile("md:cloud"), "the loader needs a DuckDB file"),
        (duckdb_profile("\"{{ env_var('A' }}\""), "is no valid template"),
        (duckdb_profile('"{{ nothing }}"'), "'nothing' is undefined"),
        (duckdb_profile("\"{{ 'x' | as_number }}\""), "'x' is not a number"),
        (duckdb_profile("\"{{ 'x' | as_bool }}\""), "'x' is neither true nor false"),
        (
            output_profile("postgres, host: h, user: u"),
            "lacks dbname, schema",
        ),
        (
            output_profile("postgres, host: h, user: u, dbname: d, schema: s, port: many"),
            "port is 'many', which is not a whole number",
        ),
        (
            output_profile("snowflake"),
            "has the type 'snowflake', which the loader cannot append to",
        ),
    ],
)
def test_a_profile_that_cannot_be_used(folder: Path, profile: str, expected: str) -> None:
    write_profile(folder, profile)

    message = failure()

    assert expected in message
    assert str(folder / "profiles.yml") in message
