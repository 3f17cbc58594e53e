"""Tokens and organisations: each sees its own, and only valid tokens come in."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator

import psycopg
import pytest

from scripts.postgres import PostgresServer
from serving.tokens import digest
from tests.collector.conftest import StartCollector
from tests.collector.running import basic, event
from tests.conftest import MakeDatabase
from tests.support.databases import Database
from tests.support.run import LoaderResult, run_collector, run_dbt, run_loader
from tests.support.servers import bearer, wait_until

BATCH = {"batch": [{"type": "track", "event": "e", "userId": "u", "messageId": "m"}]}


def create(database: Database, *options: str) -> str:
    """Create a token that may deliver, and return it."""
    made = run_collector(
        "token", "create", "--scope", "ingest", *options, database=database, check=True
    )
    return made.stdout.strip()


def listed(database: Database) -> list[dict[str, object]]:
    found: list[dict[str, object]] = run_collector(
        "token", "list", "--json", database=database, check=True
    ).json()
    return found


def test_a_token_is_shown_once_and_only_its_digest_is_stored(raw_database: Database) -> None:
    token = create(raw_database, "--source", "web", "--expires", "30d")
    assert len(token) > 40
    rows = raw_database.query("select * from loader.tokens")
    assert len(rows) == 1
    assert rows[0][0] == digest(token)
    assert token not in repr(rows)
    [known] = listed(raw_database)
    assert known["token_id"] == digest(token)[:12]
    assert (known["state"], known["source"], known["organisation"]) == ("valid", "web", None)
    text = run_collector("token", "list", database=raw_database, check=True).stdout
    assert str(known["token_id"]) in text
    assert token not in text + json.dumps(listed(raw_database))


def test_each_token_leads_to_its_organisation_and_to_no_other(
    two: Database, start_collector: StartCollector
) -> None:
    tokens = {org: create(two, "--org", org) for org in ("acme", "globex")}
    tokens["default"] = create(two)
    collector = start_collector(two, keys=())
    same = event()
    for org, token in tokens.items():
        mine = {**same, "user_id": org}
        answer = collector.post("/v1/events", mine, headers=bearer(token))
        assert answer.json()["appended"] == 1, "ids of one organisation say nothing of another's"
        assert collector.post("/v1/batch", BATCH, headers=basic(token)).json()["accepted"] == 1
        collector.post("/v1/events", [{"event": org}], headers=bearer(token))
    for org, schema in (("acme", "raw_acme"), ("globex", "raw_globex"), ("default", "raw")):
        assert collector.users(schema) == [org, "u"]
        rejected = collector._select(f"select original_text from {schema}.rejected_events")
        assert rejected == [(json.dumps({"event": org}, separators=(",", ":")),)]
    counted = {
        org: collector.metric("collector_events_total", organisation=org, outcome="appended")
        for org in ("acme", "globex", "")
    }
    assert counted == {"acme": 2, "globex": 2, "": 2}


def test_tokens_that_are_not_valid_store_nothing(
    two: Database, start_collector: StartCollector
) -> None:
    valid = create(two, "--org", "acme")
    revoked = create(two, "--org", "acme")
    run_collector("token", "revoke", digest(revoked)[:12], database=two, check=True)
    expired = create(two, "--org", "acme", "--expires", "1d")
    query = run_collector(
        "token", "create", "--org", "acme", "--scope", "query", database=two, check=True
    ).stdout.strip()
    two.execute(
        "update loader.tokens set expires_at = created_at - interval '1 day' "
        f"where token_sha256 = '{digest(expired)}'"
    )
    collector = start_collector(two, keys=())

    unknown = "ea_" + "x" * 43
    for token, status in (
        *((unknown, 401), (revoked, 401), (expired, 401), (query, 403)),
        *((digest(valid), 401), (valid[:-1], 401), ("x", 401)),
    ):
        for path, body, headers in (
            ("/v1/events", [event()], bearer(token)),
            ("/v1/batch", BATCH, basic(token)),
            ("/batch/", {"api_key": token, "batch": [event()]}, {}),
        ):
            answer = collector.post(path, body, headers=headers)
            assert answer.status_code == status, (token, path, answer.text)
            assert answer.json()["code"] == ("forbidden" if status == 403 else "unauthorized")
    assert collector.users("raw_acme") == []
    assert collector._select("select * from raw_acme.rejected_events") == []
    answers = [
        collector.post("/v1/events", [], headers=bearer(token)).json()
        for token in (unknown, revoked)
    ]
    assert answers[0] == answers[1], "nobody learns whether a token ever existed"


def test_creating_and_revoking_take_effect_while_it_runs(
    two: Database, start_collector: StartCollector
) -> None:
    collector = start_collector(two, keys=())
    collector.release()
    token = create(two, "--org", "acme")
    headers = bearer(token)
    wait_until(
        lambda: collector.post("/v1/events", event(), headers=headers).status_code == 200,
        "the new token",
    )
    collector.release()
    run_collector("token", "revoke", digest(token)[:8], database=two, check=True)
    wait_until(
        lambda: collector.post("/v1/events", [], headers=headers).status_code == 401,
        "the revocation",
    )


def test_an_organisation_that_is_dropped_takes_nobody_with_it(
    two: Database, start_collector: StartCollector
) -> None:
    tokens = {org: create(two, "--org", org) for org in ("acme", "globex")}
    collector = start_collector(two, keys=())
    collector.release()
    two.execute("drop schema raw_acme cascade")
    wait_until(
        lambda: (
            collector.post("/v1/events", event(), headers=bearer(tokens["acme"])).json()["code"]
            == "forbidden"
        ),
        "the end of acme",
    )
    answer = collector.post("/v1/events", event(), headers=bearer(tokens["globex"]))
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("arguments", "exit_code", "words"),
    [
        (("create", "--scope", "ingest", "--org", "nobody"), 1, "loader init --org nobody"),
        (("create", "--scope", "ingest", "--org", "Acme"), 2, "no name for an organisation"),
        (("create", "--scope", "ingest", "--org", "staging"), 2, "no name for an organisation"),
        (("create", "--scope", "admin"), 2, "ingest"),
        (("create",), 2, "--scope"),
        (("create", "--scope", "ingest", "--expires", "2001-01-01"), 2, "past"),
        (("create", "--scope", "ingest", "--expires", "soon"), 2, "90d"),
        (("create", "--scope", "ingest", "--source", " "), 2, "--source"),
        (("revoke", "ffffffff"), 1, "collector token list"),
        (("revoke", ""), 1, "collector token list"),
    ],
)
def test_mistakes_are_explained(
    duckdb_database: Database, arguments: tuple[str, ...], exit_code: int, words: str
) -> None:
    result: LoaderResult = run_collector("token", *arguments, database=duckdb_database)
    assert result.exit_code == exit_code
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_a_list_without_tokens_is_empty(duckdb_database: Database) -> None:
    assert listed(duckdb_database) == []


@pytest.mark.slow
@pytest.mark.unusual
def test_one_command_builds_for_each_organisation_views_of_its_own_events(two: Database) -> None:
    users = {"": 1, "_acme": 2, "_globex": 3}
    for suffix, number in users.items():
        lines = "\n".join(json.dumps(event(f"user{suffix}{n}")) for n in range(number))
        raw = ("--raw-schema", f"raw{suffix}")
        run_loader("append", "-", *raw, database=two, stdin=lines, check=True)
    options = (
        "--",
        "--select",
        "+signups",
        "--exclude-resource-type",
        "test",
        "unit_test",
        "--quiet",
    )
    built = run_loader(
        "build", *options, "--target-path", str(two.directory / "target"), database=two
    )
    assert built.exit_code == 0, built.stderr
    for suffix, number in users.items():
        assert two.query(f"select signups from analytics{suffix}.signups") == [(number,)]
    found = two.query(
        "select distinct table_schema from information_schema.tables"
        " where table_schema like 'analytics%'"
    )
    kinds = ("", "_intermediate", "_staging")
    assert {schema for (schema,) in found} == {
        f"analytics{suffix}{kind}" for suffix in users for kind in kinds
    }


def test_a_name_that_is_none_stops_dbt(duckdb_database: Database) -> None:
    for name in ("staging", "a_b", "A", "x; drop"):
        stopped = run_dbt("compile", database=duckdb_database, variables={"org": name}, check=False)
        assert not stopped.success
        assert "no name of an organisation" in stopped.output


@pytest.fixture
def reader_prefix(postgres_server: PostgresServer) -> Iterator[str]:
    """Roles of names of their own, dropped in the end."""
    prefix = f"test_{uuid.uuid4().hex[:12]}"
    yield prefix
    with postgres_server.connect() as connection:
        roles = connection.execute(
            "select rolname from pg_roles where starts_with(rolname, %s)", [prefix]
        ).fetchall()
        for (role,) in roles:
            connection.execute(f'drop role "{role}"'.encode())


@pytest.mark.slow
def test_a_reader_of_one_organisation_reads_nothing_of_another(
    make_database: MakeDatabase, reader_prefix: str
) -> None:
    database = make_database("postgres")
    roles = [
        part
        for kind in ("loader", "transformer", "reader")
        for part in (f"--{kind}-role", f"{reader_prefix}-{kind}")
    ]
    for org in ("acme", "globex"):
        run_loader("init", "--roles", "--org", org, *roles, database=database, check=True)
        run_dbt(
            *(
                "build",
                "--select",
                "+signups",
                "--exclude-resource-type",
                "unit_test",
                "--indirect-selection",
                "cautious",
            ),
            database=database,
            variables={"org": org},
            env={"EVENTS_READER_ROLES": f"{reader_prefix}-reader"},
        )
    try:
        with database.connect() as connection:
            connection.execute(f'set role "{reader_prefix}-reader_acme"')
            assert connection.execute("select count(*) from analytics_acme.signups").fetchone()
            for relation in (
                *("analytics_globex.signups", "raw_globex.events", "raw_acme.events"),
                *("analytics_globex_staging.stg_events",),
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(f"select count(*) from {relation}".encode())
    finally:
        with database.connect() as connection:
            for (role,) in connection.execute(
                "select rolname from pg_roles where starts_with(rolname, %s)", [reader_prefix]
            ).fetchall():
                connection.execute(f'drop owned by "{role}"'.encode())
