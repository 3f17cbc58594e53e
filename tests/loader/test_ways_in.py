"""What is appended does not depend on how much of a file is there already.

On PostgreSQL that decides which way rows take: straight into their table, or over a temporary one.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from loader.stores.postgres_append import Attempt
from tests.conftest import MakeDatabase
from tests.loader.raw_tables import RawTables, event, new_raw_tables

ROWS = 1000
ODD_TEXTS = (
    "tab\there",
    "line\nbreak",
    "carriage\rreturn",
    "back\\slash \\N \\.",
    "'quotes\" and ; semicolons",
    "é 漢字 😀",
    "\u0001 control",
    " blanks around ",
)


def text(rows: Iterable[str]) -> str:
    """A file of rows."""
    return "".join(f"{row}\n" for row in rows)


def row(number: int, **changes: Any) -> str:
    """A row whose id, user and properties depend on its number; ids are in no order."""
    draw = random.Random(number)  # noqa: S311 (no secret)
    odd = ODD_TEXTS[number % len(ODD_TEXTS)]
    fields: dict[str, Any] = {
        "event_id": f"{draw.getrandbits(32):08x}-0000-4000-8000-{number:012x}",
        "event_name": odd,
        "event_time": f"20{number % 24:02}-03-01T12:00:00.{number:06}Z",
        "properties": {odd: [odd, number, 1.50, True, None, {"é": odd}], "z": 1, "aa": 2},
        **changes,
    }
    return event(f"{number:05} {odd}", **fields)


@pytest.mark.parametrize("present", [0, 10, ROWS // 2, ROWS - 10, ROWS])
def test_part_of_a_file_is_there(raw: RawTables, present: int) -> None:
    rows = [row(number) for number in range(ROWS)]
    draw = random.Random(present)  # noqa: S311 (no secret)
    there = draw.sample(range(ROWS), present)
    raw.write("before.jsonl", text(rows[number] for number in there))
    raw.append("before.jsonl")
    whole = new_raw_tables(raw.database, raw.directory)
    whole.write("file.jsonl", text(rows))
    whole.append("file.jsonl")
    changed = {number: row(number, event_name="changed") for number in there[:5]}
    repeated = [*rows[:3], row(3, event_name="repeated otherwise")]
    raw.write("file.jsonl", text([changed.get(n, rows[n]) for n in range(ROWS)] + repeated))

    report = raw.append("file.jsonl", "--json").json()

    assert report["appended"] == ROWS - present
    assert report["conflicting"] == len(changed) + 1
    assert report["duplicate"] == present - len(changed) + 3
    assert raw.events() == whole.events()
    lines = {number + 1 for number in changed} | {ROWS + 4}
    assert {(reject.line, reject.reason) for reject in raw.rejected()} == {
        (line, "conflicting_event_id") for line in lines
    }


@pytest.mark.parametrize(
    ("present", "way"),
    [(0, "straight"), (10, "straight"), (ROWS - 10, "staged"), (ROWS, "staged")],
)
def test_the_way_into_postgres(
    present: int,
    way: str,
    make_database: MakeDatabase,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    raw = new_raw_tables(make_database("postgres"), tmp_path)
    rows = [row(number) for number in range(ROWS)]
    raw.write("before.jsonl", text(rows[:present]))
    raw.append("before.jsonl")
    raw.write("file.jsonl", text(rows))
    taken = []
    for name in ("straight", "staged"):
        original = getattr(Attempt, f"_append_{name}")

        def noted(*given: Any, _name: str = name, _original: Any = original, **named: Any) -> int:
            taken.append(_name)
            return int(_original(*given, **named))

        monkeypatch.setattr(Attempt, f"_append_{name}", noted)

    raw.append("file.jsonl")

    assert taken == [way]
    assert len(raw.events()) == ROWS
