"""The comparison itself: it says what differs, and passes nothing that does."""

from __future__ import annotations

import math
import pickle
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest

from loader import quiet_duckdb
from tests.engines.__main__ import cells_of
from tests.engines.places import DuckDBPlace
from tests.engines.rows import Comparison, ForeignValueError, Rows, Taken, compare, contracts
from tests.engines.sources import Source
from tests.engines.table import Cell, as_table, differences
from tests.reference import VIEWS
from tests.support.databases import REPOSITORY

CONTRACT = {
    "name": "text",
    "number": "bigint",
    "share": "double precision",
    "is_over": "boolean",
    "day": "date",
    "at": "timestamp with time zone",
}
AT = datetime(2024, 1, 1, tzinfo=UTC)
ROW = ("a", 1, 0.1, True, date(2024, 1, 1), AT)
GRAIN = ("name", "number")


def rows(*given: tuple[object, ...]) -> Rows:
    return Rows.of(CONTRACT, list(CONTRACT), given)


def changed(**values: object) -> tuple[object, ...]:
    return tuple({**dict(zip(CONTRACT, ROW, strict=True)), **values}.values())


def compared(expected: Rows, actual: Rows) -> tuple[int, int, int]:
    found = compare(expected, actual, GRAIN)
    return found.compared, found.differing, found.nearly


def test_equal_rows_are_the_same_in_any_order_and_any_time_zone() -> None:
    elsewhere = AT.astimezone(timezone(timedelta(hours=5, minutes=45)))
    ours = rows(ROW, changed(name="b"), changed(share=None, day=None))
    theirs = rows(changed(share=None, day=None), changed(name="b", at=elsewhere), ROW)
    assert compared(ours, theirs) == (3, 0, 0)


@pytest.mark.parametrize(
    "other",
    [
        {"name": "A"},
        {"name": "a "},
        {"number": 2},
        {"number": None},
        {"share": 0.2},
        {"share": None},
        {"share": math.nan},
        {"is_over": False},
        {"day": date(2024, 1, 2)},
        {"at": AT + timedelta(microseconds=1)},
    ],
)
def test_one_other_value_is_a_difference_and_is_shown(other: dict[str, object]) -> None:
    found = compare(rows(ROW, changed(name="b")), rows(changed(**other), changed(name="b")), GRAIN)
    assert (found.compared, found.differing, found.nearly) == (2, 1, 0)
    ((name, value),) = other.items()
    assert any(line.startswith("has: ") and f"{name}={value!r}" in line for line in found.shown)


def test_a_row_that_is_missing_too_much_or_twice_differs() -> None:
    one, two = rows(ROW), rows(ROW, ROW)
    assert compared(one, rows()) == (1, 1, 0)
    assert compared(rows(), one) == (1, 1, 0)
    assert compared(one, two) == compared(two, one) == (2, 1, 0)


def test_the_last_digit_of_a_double_alone_may_differ_and_is_counted() -> None:
    last_digit = math.nextafter(0.1, 1)
    assert compared(rows(ROW), rows(changed(share=last_digit))) == (1, 0, 1)
    assert compared(rows(ROW), rows(changed(share=math.nextafter(last_digit, 1)))) == (1, 1, 0)
    assert compared(rows(ROW), rows(changed(share=last_digit, is_over=False))) == (1, 1, 0)


@pytest.mark.parametrize(
    "foreign",
    [
        {"is_over": 1},
        {"number": True},
        {"number": 1.0},
        {"number": Decimal(1)},
        {"share": 1},
        {"share": Decimal("0.1")},
        {"day": AT},
        {"day": "2024-01-01"},
        {"at": date(2024, 1, 1)},
        {"at": AT.replace(tzinfo=None)},
        {"name": b"a"},
    ],
)
def test_what_the_contract_does_not_promise_is_refused(foreign: dict[str, object]) -> None:
    with pytest.raises(ForeignValueError, match=next(iter(foreign))):
        rows(changed(**foreign))


def test_columns_are_those_of_the_contract_in_its_order() -> None:
    with pytest.raises(ForeignValueError, match="in place of"):
        Rows.of(CONTRACT, list(reversed(CONTRACT)), [])
    with pytest.raises(ForeignValueError, match="5 values"):
        rows(ROW[:-1])


def test_every_public_view_is_compared_by_its_own_contract() -> None:
    promised = contracts(REPOSITORY / "models")
    public = {path.stem for path in REPOSITORY.glob("models/marts/**/*.sql")}
    assert promised.keys() == public == VIEWS.keys()
    for view, contract in promised.items():
        assert set(VIEWS[view].grain) <= contract.keys()
        # a double cannot say which row it is
        assert "double precision" not in {contract[name] for name in VIEWS[view].grain}


def test_what_was_not_compared_is_not_the_same() -> None:
    source = Source("generated", (), Path(), {})
    promised = {"signups": {"signup_date": "date", "signups": "bigint"}}
    some = Rows.of(promised["signups"], ["signup_date", "signups"], [(date(2024, 1, 1), 1)])
    taken = Taken({"signups": some})

    def cell(**engines: dict[str, Taken]) -> Cell:
        return cells_of(engines, [source], promised)["other"]["signups"]

    ours = {"generated": taken}
    assert cell(duckdb=ours, other=ours).is_same
    refused = Taken(refused={"signups": "dbt build: error"})
    assert not cell(duckdb=ours, other={"generated": refused}).is_same
    assert not cell(duckdb=ours, other={}).is_same
    # nor is DuckDB's own failure anybody's success
    assert not cell(duckdb={"generated": refused}, other=ours).is_same
    assert not Cell({}).is_same


def test_the_table_counts_rows_by_view_and_engine_and_says_what_is_wrong() -> None:
    cells = {
        "one": {"signups": Cell({"generated": Comparison(1200, 0), "cofacts": Comparison(34, 0)})},
        "two": {
            "signups": Cell(
                {"generated": Comparison(1200, 2, 1, ("has: x=1",)), "cofacts": "dbt build: error"}
            )
        },
    }
    lines = as_table(cells).splitlines()
    assert lines[0].split() == ["|", "view", "|", "one", "|", "two", "|"]
    assert "| 1,234 / 0 " in lines[2]
    assert "| 1,200 / 2, 1 nearly, 1 NOT COMPARED |" in lines[2]
    assert "1 of 1 the same" in lines[3]
    assert "0 of 1 the same" in lines[3]
    assert differences(cells) == [
        "signups on two for generated differs in 2 rows:",
        "    has: x=1",
        "Not compared on two for cofacts, dbt build: error: signups",
    ]


def test_what_an_engine_took_can_be_handed_over() -> None:
    taken = Taken({"signups": rows(ROW)}, {"stickiness": "dbt build: error"}, {"load": 1.0})
    assert pickle.loads(pickle.dumps(taken)) == taken  # noqa: S301 (our own)


def test_a_view_that_an_engine_shows_otherwise_is_found_through_its_driver(tmp_path: Path) -> None:
    promised = {"user_churn": contracts(REPOSITORY / "models")["user_churn"]}
    taken = {}
    for name, days in (("duckdb", 7), ("other", 8)):
        place = DuckDBPlace(tmp_path / name)
        connection = quiet_duckdb.connect(place.directory / "events.duckdb")
        connection.execute("create schema analytics")
        values = {"text": "'a'", "bigint": f"{days}::bigint", "date": "date '2024-01-01'"}
        columns = (f"{values[kind]} as {column}" for column, kind in promised["user_churn"].items())
        connection.execute(f"create view analytics.user_churn as select {', '.join(columns)}")
        connection.close()
        rows_of_view = place.rows("user_churn", promised["user_churn"])
        taken[name] = {"generated": Taken({"user_churn": rows_of_view})}
    cells = cells_of(taken, [Source("generated", (), Path(), {})], promised)
    assert not cells["other"]["user_churn"].is_same
    says, expected, has = differences(cells)
    assert says == "user_churn on other for generated differs in 1 rows:"
    assert "days_inactive=7" in expected
    assert "days_inactive=8" in has
