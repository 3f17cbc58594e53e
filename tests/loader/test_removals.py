"""`loader deliveries`, `loader withdraw` and `loader erase`: what they list, and what is left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest

from loader.removing.mentions import People
from loader.schema import RAW_COLUMNS
from scripts.postgres import PostgresServer
from tests.conftest import MakeDatabase
from tests.loader.raw_tables import RawTables, event
from tests.loader.test_roles import KINDS, PASSWORD, Roles, as_user, drop_roles
from tests.support.databases import Database
from tests.support.run import LoaderResult, run_loader

COUNTS = ("read", "appended", "duplicate", "conflicting", "rejected")


def run(raw: RawTables, *args: str, exit_code: int = 0, stdin: str | None = None) -> LoaderResult:
    """Run a command of the loader on a test's raw tables."""
    result = run_loader(
        args[0], "--raw-schema", raw.schema, *args[1:], database=raw.database, stdin=stdin
    )
    assert result.exit_code == exit_code, result.stderr
    assert "Traceback" not in result.stderr
    return result


def deliveries(raw: RawTables, *options: str) -> list[dict[str, Any]]:
    """What `loader deliveries` lists."""
    listed: list[dict[str, Any]] = run(raw, "deliveries", "--json", *options).json()["deliveries"]
    return listed


def append(raw: RawTables, name: str, *lines: str) -> str:
    """Append a file of these lines; the id of its delivery."""
    raw.append(raw.write(name, "\n".join(lines)))
    return str(deliveries(raw, "--limit", "1")[0]["delivery_id"])


def table(raw: RawTables, name: str) -> list[tuple[Any, ...]]:
    """The rows of a raw table."""
    return raw.database.rows(f"{raw.schema}.{name}")


def everything(raw: RawTables) -> str:
    """All that is in the raw tables, as one text."""
    return repr({name: table(raw, name) for name in RAW_COLUMNS})


def test_each_file_is_a_delivery_and_its_rows_know_it(raw: RawTables) -> None:
    two = [event("ann", id="6f1d1c5e-3f83-4a44-8a37-000000000001"), event("bob")]
    append(raw, "one.jsonl", *two, "no event")
    append(raw, "two.jsonl", two[0].replace("seen", "other"), two[1], event("cay"))
    append(raw, "three.jsonl", *two)
    raw.append(raw.write("empty.jsonl", "\n"))

    listed = deliveries(raw)

    assert [Path(found["source"]).name for found in listed] == [
        "three.jsonl",
        "two.jsonl",
        "one.jsonl",
    ]
    assert [[found[name] for name in COUNTS] for found in listed] == [
        [2, 0, 2, 0, 0],
        [3, 1, 1, 1, 0],
        [3, 2, 0, 0, 1],
    ]
    events, rejected = (
        dict(
            raw.database.query(
                f"select {moment}, count(*) from {raw.schema}.{name} group by {moment}"
            )
        )
        for name, moment in (("events", "ingested_at"), ("rejected_events", "rejected_at"))
    )
    known = [
        (appended, others, events.get(delivered_at, 0), rejected.get(delivered_at, 0))
        for delivered_at, appended, others in raw.database.query(
            "select delivered_at, appended, conflicting + rejected as others "
            f"from {raw.schema}.deliveries"
        )
    ]
    assert sorted(known) == [(0, 0, 0, 0), (1, 1, 1, 1), (2, 1, 2, 1)]


def test_files_of_one_transaction_are_deliveries_of_their_own(raw: RawTables) -> None:
    files = [raw.write(f"{user}.jsonl", event(user)) for user in ("ann", "bob", "cay")]
    raw.append("--strict", *files)

    times = [found["delivered_at"] for found in deliveries(raw)]
    assert len(set(times)) == 3
    assert run(raw, "withdraw", deliveries(raw)[1]["delivery_id"]).exit_code == 0
    assert raw.users() == ["ann", "cay"]


def test_deliveries_are_chosen_by_source_and_time(raw: RawTables) -> None:
    append(raw, "one.jsonl", event("ann"))
    append(raw, "two.jsonl", event("bob"))
    later, earlier = (found["delivered_at"] for found in deliveries(raw))

    def sources(*options: str) -> list[str]:
        return [Path(found["source"]).name for found in deliveries(raw, *options)]

    assert sources("--limit", "0") == ["two.jsonl", "one.jsonl"]
    assert sources("--limit", "1") == ["two.jsonl"]
    assert sources("--since", later) == ["two.jsonl"]
    assert sources("--until", later) == ["one.jsonl"]
    assert sources("--since", earlier, "--source", str(raw.directory / "one.jsonl")) == [
        "one.jsonl"
    ]
    assert "read 1: appended 1, duplicate 0" in run(raw, "deliveries").stdout


def test_a_delivery_that_is_withdrawn_is_gone_and_can_come_again(raw: RawTables) -> None:
    append(raw, "right.jsonl", event("ann"), "no event of the right one")
    before = everything(raw)
    wrong = (event("bob"), event("ann", event_name="paid"), "no event of the wrong one")
    delivery = append(raw, "wrong.jsonl", *wrong)
    whole = everything(raw)

    tried = run(raw, "withdraw", delivery, "--dry-run", "--json").json()
    assert everything(raw) == whole
    done = run(raw, "withdraw", delivery[:13], "--json").json()

    assert (tried["events"], tried["users"], tried["rejected"]) == (2, 2, 1)
    assert (done["events"], done["users"], done["rejected"]) == (2, 2, 1)
    kept = [name for name in RAW_COLUMNS if not name.startswith("remov")]
    assert all(repr(row) in before for name in kept for row in table(raw, name))
    [(_, action, removed, *_, users, events, rejected)] = table(raw, "removals")
    assert (action, str(removed), users, events, rejected) == ("withdraw", delivery, 2, 2, 1)

    append(raw, "wrong.jsonl", *wrong)
    assert [deliveries(raw)[0][name] for name in COUNTS] == [3, 2, 0, 0, 1]


@pytest.mark.parametrize("delivery", ["0b0a3d44-5cb7-4a3e-9d5a-000000000001", "0b0a3d44"])
def test_an_unknown_delivery_is_one_sentence(raw: RawTables, delivery: str) -> None:
    result = run(raw, "withdraw", delivery, exit_code=1)
    assert f"no delivery whose id begins with {delivery}" in result.stderr


def test_what_is_no_id_is_wrong_usage(raw: RawTables) -> None:
    assert "is no id of a delivery" in run(raw, "withdraw", "all", exit_code=2).stderr


def test_all_of_a_person_goes_and_nothing_of_others(raw: RawTables) -> None:
    bad = {"event_name": "", "user_id": "ann@example.org"}
    append(
        raw,
        "export-ann@example.org.jsonl",
        event("ann@example.org"),
        event("ann@example.org", event_name="paid"),
        event("joann@example.org"),
        json.dumps(bad),
        json.dumps({**bad, "user_id": "joann@example.org"}),
        '{"user_id": "ann\\u0040example.org", "event_name"',
        "mail of ann@example.org, no event",
        "mail of ann@example.org.uk, no event",
    )

    tried = run(raw, "erase", "--user", "ann@example.org", "--dry-run", "--json").json()
    assert len(table(raw, "events")) == 3
    done = run(raw, "erase", "--user", "ann@example.org", "--json").json()

    for found in (tried, done):
        assert [found[name] for name in ("users", "events", "rejected", "sources")] == [1, 2, 3, 1]
    assert raw.users() == ["joann@example.org"]
    texts = [row.text for row in raw.rejected()]
    assert len(texts) == 2
    assert all("joann@" in text or ".uk" in text for text in texts)
    assert {row.source for row in raw.rejected()} == {"(erased)"}
    left = everything(raw).replace("joann@example.org", "").replace("ann@example.org.uk", "")
    assert "ann@example.org" not in left
    assert [found["source"] for found in deliveries(raw)] == ["(erased)"]


def test_persons_of_a_file_are_erased_together(raw: RawTables) -> None:
    append(raw, "all.jsonl", *(event(user) for user in ("ann", "bob", "cay", "dee")))
    people = raw.write("people.txt", "bob\r\n\ncay\n")
    run(raw, "erase", "--users-from", str(people), "--user", "dee")
    assert raw.users() == ["ann"]
    run(raw, "erase", "--users-from", "-", stdin="ann\n")
    assert raw.users() == []
    assert len(table(raw, "removals")) == 2


def test_nobody_to_erase_is_wrong_usage(raw: RawTables) -> None:
    assert "--user ID" in run(raw, "erase", exit_code=2).stderr


def test_who_has_no_events_is_erased_without_a_complaint(raw: RawTables) -> None:
    append(raw, "all.jsonl", event("ann"))
    assert run(raw, "erase", "--user", "bob", "--json").json()["events"] == 0
    assert raw.users() == ["ann"]


def test_erased_events_that_come_again_are_duplicates_until_they_are_forgotten(
    raw: RawTables,
) -> None:
    lines = (event("ann"), event("bob"))
    append(raw, "all.jsonl", *lines)
    run(raw, "erase", "--user", "ann")

    append(raw, "all.jsonl", *lines, event("ann", event_name="later"))
    assert [deliveries(raw)[0][name] for name in COUNTS] == [3, 1, 2, 0, 0]
    assert raw.users() == ["ann", "bob"]

    run(raw, "erase", "--user", "ann", "--remember-days", "0")
    append(raw, "all.jsonl", *lines)
    assert raw.users() == ["ann", "bob"]
    assert "ann" not in repr([table(raw, n) for n in RAW_COLUMNS if n.startswith("remov")])


def test_most_of_a_file_that_is_there_or_was_erased_is_appended_once(raw: RawTables) -> None:
    """The loader's other way into PostgreSQL, which takes over where most ids are there."""
    lines = [event(user) for user in ("ann", "bob", "cay", "dee")]
    append(raw, "all.jsonl", *lines)
    run(raw, "erase", "--user", "ann")
    append(raw, "all.jsonl", *lines, event("eve"))
    assert raw.users() == ["bob", "cay", "dee", "eve"]
    assert [deliveries(raw)[0][name] for name in COUNTS] == [5, 1, 4, 0, 0]


@pytest.mark.parametrize(
    "text",
    [
        '{"user_id": "u1"}',
        '{"user_id": "u\\u0031"}',
        '{"props": {"of": ["u1"]}}',
        '{"u1": 1}',
        '{"properties": "{\\"of\\": \\"u\\\\u0031\\"}"}',
        "u1,seen,2026",
        "seen,u1",
        "of u1.",
        "users/u1/x",
        "u1",
    ],
)
def test_a_text_names_a_person(text: str) -> None:
    assert People(["u1"]).are_named_in(text)


@pytest.mark.parametrize(
    "text", ["u10", "eu1", "u1-2", "x.u1", "u1@example.org", "_u1", "auth0|u1", "U1", '{"a": 1}']
)
def test_a_text_names_another(text: str) -> None:
    assert not People(["u1"]).are_named_in(text)


@pytest.mark.parametrize(
    ("text", "named"),
    [('{"user_id": 42}', True), ('{"user_id": 42.0}', True), ('{"user_id": 420}', False)],
)
def test_a_number_names_a_person(text: str, named: bool) -> None:
    assert People(["42"]).are_named_in(text) is named


@pytest.mark.parametrize("person", ["ann mary", "a.b*c", "ä", "😀", 'q"q', "b\\b", "+49 1"])
def test_any_id_is_found_escaped_or_not(person: str) -> None:
    for text in (json.dumps({"u": person}), json.dumps([person], ensure_ascii=False), person):
        assert People([person, "zoe"]).are_named_in(text), text


def test_a_duckdb_file_holds_nothing_of_what_was_erased(make_database: MakeDatabase) -> None:
    database = make_database("duckdb")
    raw = RawTables(database, "raw", database.directory)
    run_loader("init", database=database, check=True)
    database.execute("create view main.by_day as select count(*) as n from raw.events")
    append(
        raw, "all.jsonl", *(event(f"person-{n % 2}-of-all", properties={"n": n}) for n in range(50))
    )
    assert b"person-1-of-all" in database.path.read_bytes()
    comments = database.query("select comment from duckdb_columns() order by all")

    run(raw, "erase", "--user", "person-1-of-all")

    assert sorted(path.name for path in database.directory.glob("*.duckdb*")) == ["events.duckdb"]
    held = database.path.read_bytes()
    assert b"person-1-of-all" not in held
    assert b"person-0-of-all" in held
    assert database.query("select n from by_day") == [(25,)]
    assert database.query("select comment from duckdb_columns() order by all") == comments
    assert "anew: " in run_loader("rewrite", database=database, check=True).stderr


def test_others_than_the_owner_are_told_so(
    postgres_server: PostgresServer,  # noqa: ARG001 (outlives the roles)
    make_database: MakeDatabase,
) -> None:
    roles = Roles(make_database("postgres"), "test_removals")
    try:
        run_loader("init", "--roles", *roles.options(), database=roles.database, check=True)
        raw = RawTables(roles.database, "raw", roles.database.directory)
        delivery = append(raw, "all.jsonl", event("ann"))
        for kind in KINDS:
            roles.database.execute(
                f"create role {roles.name(kind)}_user login password '{PASSWORD}'"
            )
            roles.database.execute(f"grant {roles.name(kind)} to {roles.name(kind)}_user")
            for command in (("erase", "--user", "ann"), ("withdraw", delivery)):
                for dry in ((), ("--dry-run",)):
                    env = as_user(roles, kind)
                    refused = run_loader(*command, *dry, database=roles.database, env=env)
                    assert refused.exit_code == 1
                    assert "who owns raw." in refused.stderr
        with roles.login("loader") as connection:
            for name in RAW_COLUMNS:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(f"delete from raw.{name}".encode())
        assert raw.users() == ["ann"]
    finally:
        drop_roles(
            roles.database,
            [f"{roles.name(kind)}_user" for kind in KINDS] + [roles.name(kind) for kind in KINDS],
        )


def test_the_tables_are_append_only_again_after_a_removal(make_database: MakeDatabase) -> None:
    database = make_database("postgres")
    raw = RawTables(database, "raw", database.directory)
    run_loader("init", database=database, check=True)
    append(raw, "all.jsonl", event("ann"), event("bob"), "nothing")
    run(raw, "erase", "--user", "ann")
    run(raw, "withdraw", deliveries(raw)[0]["delivery_id"], "--dry-run")
    refuses_changes(database)
    assert raw.users() == ["bob"]


def refuses_changes(database: Database) -> None:
    """Check that not even the owner changes a raw table."""
    for name in RAW_COLUMNS:
        for change in ("delete from", "truncate"):
            with pytest.raises(psycopg.errors.RestrictViolation):
                database.execute(f"{change} raw.{name}")


def test_nobody_gets_through_while_a_removal_lasts(make_database: MakeDatabase) -> None:
    """The trigger is off for the removal's own transaction; a delete beside it waits, and fails."""
    from loader.removing.sessions import session  # noqa: PLC0415 (beside its target)
    from loader.targets import load_target  # noqa: PLC0415
    from tests.support.run import environment  # noqa: PLC0415

    database = make_database("postgres")
    raw = RawTables(database, "raw", database.directory)
    run_loader("init", database=database, check=True)
    append(raw, "all.jsonl", event("ann"))
    with environment(database.env()):
        target = load_target(None, None, "raw")
    with (
        session(target, "testing", dry_run=False) as opened,
        opened.unlocked(),
        database.connect() as other,
    ):
        other.execute("set lock_timeout = '200ms'")
        for change in ("delete from raw.events", "truncate raw.deliveries"):
            with pytest.raises(psycopg.errors.LockNotAvailable):
                other.execute(change)
    refuses_changes(database)
