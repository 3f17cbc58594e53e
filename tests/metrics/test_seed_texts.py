"""A seed's file means the same on both engines: an empty field is nothing, any other its text.

Every kind of text goes through every column of every seed that may have any, and what other columns
are refused for says it as it is.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.conftest import MakeDatabase
from tests.metrics.compare import assert_views_match
from tests.metrics.logs import at
from tests.metrics.views import PublicViews, copy_project
from tests.reference import Definitions, Event, Settings
from tests.support.databases import ENGINES, REPOSITORY, Database, Engine
from tests.support.run import run_dbt, run_loader

pytestmark = [pytest.mark.slow, pytest.mark.unusual]

TEXTS = {
    "single quotes": "'open'",
    "one single quote": "'tis",
    "single quote at the end": "users'",
    "double quotes": '"open"',
    "one double quote": 'a 5" disk',
    "both quotes": """'"'""",
    "null": "null",
    "null in capitals": "NULL",
    "null with blanks": " null ",
    "none": "None",
    "not available": "n/a",
    "not available in short": "NA",
    "not a number": "NaN",
    "dot": ".",
    "dash": "-",
    "true": "true",
    "date": "2024-02-30",
    "time": "2024-02-28T10:00:00",
    "number": "5",
    "number with zeros before": "007",
    "number with zeros behind": "1.50",
    "number with an exponent": "1e5",
    "number with commas": "1,234",
    "blank": " ",
    "blanks": "   ",
    "tab": "\t",
    "blank before": " open",
    "blank behind": "open ",
    "comma": "look, then buy",
    "semicolon": "look; then buy",
    "line break": "first\nsecond",
    "empty line": "first\n\nthird",
    "line breaks around": "\nopen\n",
    "backslashes": r"C:\new\'table",
    "escapes": r"\n \x41 \u0041 %s %(a)s {} {0} $1 ? :a",
    "Jinja": "{{ this }} {% raw %} {# no #}",
    "SQL": "'; drop table funnels; --",
    "dollar quotes": "$do$ $$ $failing$",
    "comment": "# open",
    "formula": "=1+1",
    "accents": "naïve Größe",
    "accents put together": "nai\u0308ve",
    "many languages": "事件 событие حدث אירוע 이벤트",
    "beyond the basic plane": "😀 \U0001d49c 👩\u200d👩\u200d👧",
    "not the replacement": "\ufffd",
    "byte order mark": "\ufeffopen",
    "odd blanks": "\u00a0\u2028\u3000\u200b",
    "odd line breaks": "a\u0085b\x0bc\x0cd",
    "control characters": "a\x01b\x1fc\x7fd",
    "very long": "lang " * 60_000,
}

# The columns that take any text; of what else a row says, some that is right.
Rows = list[dict[str, str]]


def every_text() -> dict[str, Rows]:
    """Rows of each seed: every text in each of the columns that may have any."""
    texts = list(TEXTS.values())
    return {
        "actions": [
            {"action": f"{text}!", "event_name": text, "property": text, "operator": "equals",
             "value": text}
            for text in texts
        ],
        "funnels": [
            {"funnel": text, "step_order": "ordered", "window_seconds": "", "description": text}
            for text in texts
        ],
        "funnel_steps": [
            {"funnel": text, "step": "1", "event": text, "on_day": ""} for text in texts
        ],
        "retentions": [
            {"retention": text, "cohort_event": text, "cohort_kind": "first_time",
             "return_event": text, "period": "day", "periods": "3"}
            for text in texts
        ],
        "churn_windows": [
            {"churn_status": text, "min_days_inactive": str(days),
             "max_days_inactive": str(days) if days < len(texts) - 1 else ""}
            for days, text in enumerate(texts)
        ],
        "segments": [
            {"segment": text, "property": text, "pick": "latest"} for text in texts
        ],
        "alerts": [
            {"alert": text, "metric": "dau", "segment": text, "rule": "anomaly",
             "direction": "either", "bound": "3.5", "days": "", "severity": "info",
             "description": text}
            for text in texts
        ],
        "identities": [{"user_id": text, "other_id": f"{text}!"} for text in texts],
        "identity_links": [
            {"event_name": text, "property": text, "known_id": "user_id"} for text in texts
        ],
    }  # fmt: skip


def write(project: Path, seed: str, rows: Rows) -> None:
    """Put rows into a seed's file, quoted where they need to be."""
    with (project / "seeds" / f"{seed}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read(database: Database, seed: str, columns: Iterable[str]) -> list[tuple[str, ...]]:
    """The rows of a seed's table, sorted, all as text, with an empty one for null."""
    selected = ", ".join(f"coalesce(cast({column} as text), '')" for column in columns)
    return sorted(database.query(f"select {selected} from analytics_definitions.{seed}"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project whose seeds change."""
    return copy_project(tmp_path / "copy", REPOSITORY / "seeds")


def test_every_text_comes_through_every_column_as_it_is(project: Path, database: Database) -> None:
    seeds = every_text()
    # once into tables that are there, and once into new ones
    for _ in range(2):
        for seed, rows in seeds.items():
            write(project, seed, rows)
        run_dbt("seed", database=database, project=project)
        for seed, rows in seeds.items():
            expected = sorted(tuple(row.values()) for row in rows)
            assert read(database, seed, rows[0]) == expected, seed


# What is said of a row by its name and the text.
ENUMERATIONS = {
    ("actions", "operator"): "row '{0}!, {0}' has the operator '{0}', which is not known; write",
    ("funnels", "step_order"): "row '{0}' has the step_order '{0}', which is not known; write",
    ("retentions", "cohort_kind"): "row '{0}' has the cohort_kind '{0}', which is not known;",
    ("retentions", "period"): "row '{0}' has the period '{0}', which is not known; write day,",
    ("alerts", "metric"): "row '{0}' has the metric '{0}', which is not known; write one of dau,",
    ("alerts", "rule"): "row '{0}' has the rule '{0}', which is not known; write anomaly,",
    ("alerts", "severity"): "row '{0}' has the severity '{0}', which is not known; write info,",
    ("segments", "pick"): "row '{0}' has the pick '{0}', which is not known; write first or",
}


def test_every_text_is_refused_as_it_is_where_there_are_but_some_words(
    project: Path, database: Database
) -> None:
    seeds = every_text()
    for seed, column in ENUMERATIONS:
        for row, text in zip(seeds[seed], TEXTS.values(), strict=True):
            row[column] = text
    for seed, rows in seeds.items():
        write(project, seed, rows)
    said = without_margins(run_dbt("seed", database=database, project=project, check=False).output)
    for (seed, _), sentence in ENUMERATIONS.items():
        for text in TEXTS.values():
            expected = f"seeds/{seed}.csv: {sentence.format(text)}"
            assert without_margins(expected) in said


def without_margins(text: str) -> str:
    """A text without what dbt puts before and after lines of messages."""
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


# How a file may be written, and the rows that it has.
STYLES: dict[str, tuple[bytes, list[tuple[str, ...]]]] = {
    "as spreadsheets write it": (
        b'\xef\xbb\xbf"funnel","step","event","on_day"\r\n"f","1","two\r\nlines",""\r\n',
        [("f", "1", "two\nlines", "")],
    ),
    "columns in another order": (
        b"on_day,event,step,funnel\n,open,1,f\n",
        [("f", "1", "open", "")],
    ),
    "without an end": (b"funnel,step,event,on_day\nf,1,open,", [("f", "1", "open", "")]),
    "fields left out at the end": (
        b"funnel,step,event,on_day\nf,1,open\nf,2,buy,0\n",
        [("f", "1", "open", ""), ("f", "2", "buy", "0")],
    ),
    "blank lines": (
        b"funnel,step,event,on_day\n\nf,1,open,\n\n\n",
        [("f", "1", "open", "")],
    ),
    "numbers with blanks, zeros and signs": (
        b"funnel,step,event,on_day\nf, 01 ,open, \nf,+2,buy,007\n",
        [("f", "1", "open", ""), ("f", "2", "buy", "7")],
    ),
}


def test_every_style_of_file_is_read_alike(project: Path, database: Database) -> None:
    write(
        project,
        "funnels",
        [{"funnel": "f", "step_order": "ordered", "window_seconds": "", "description": ""}],
    )
    columns = ("funnel", "step", "event", "on_day")
    for style, (content, expected) in STYLES.items():
        (project / "seeds" / "funnel_steps.csv").write_bytes(content)
        run_dbt("seed", database=database, project=project)
        assert read(database, "funnel_steps", columns) == expected, style


EVENTS = [
    Event(UUID(int=1), "open", at("2026-03-01T10:00"), "a", {"plan": "null"}),
    Event(UUID(int=2), "'open'", at("2026-03-01T10:00"), "b", {"plan": ""}),
    Event(UUID(int=3), "'open'", at("2026-03-01T11:00"), "c", {"plan": "it's"}),
    Event(UUID(int=4), "null", at("2026-03-01T12:00"), "c", {"null": "007"}),
    Event(UUID(int=5), "open", at("2026-03-09T12:00"), "d", {"null": 7}),
]
SEEDS = {
    "actions": """
        action,event_name,property,operator,value
        'null',open,plan,equals,null
        null's,'open',plan,contains,'s
        zeros,null,null,equals,007
    """,
    "funnels": """
        funnel,step_order,window_seconds,description
        'q,ordered,,'tis the first
        r',ordered,,the users'
        null,unordered,,null
    """,
    "funnel_steps": """
        funnel,step,event,on_day
        'q,1,'open',
        'q,2,null,
        r',1,'null',
        null,1,null's,
        null,2,zeros,
    """,
    "retentions": """
        retention,cohort_event,cohort_kind,return_event,period,periods
        null,'open',first_time,null,day,2
    """,
    "churn_windows": """
        churn_status,min_days_inactive,max_days_inactive
        null,0,3
        'gone',4,
    """,
    "segments": """
        segment,property,pick
        null,plan,first
        'zeros',null,latest
    """,
}
VIEWS = (
    "funnel_users",
    "funnel_conversion",
    "cohort_retention",
    "churn_summary",
    "user_segments",
)


@pytest.mark.parametrize("engine", ENGINES)
def test_views_count_what_has_such_names(
    project: Path, make_database: MakeDatabase, engine: Engine
) -> None:
    database = make_database(engine)
    run_loader("init", database=database, check=True)
    with PublicViews(database) as views:
        views.append_events(EVENTS, EVENTS[-1].event_time)
    for seed, text in SEEDS.items():
        lines = (line.strip() for line in text.strip().splitlines())
        (project / "seeds" / f"{seed}.csv").write_text("\n".join(lines), encoding="utf-8")
    selected: list[Any] = ["build", "--select", *(f"+{view}" for view in VIEWS)]
    run_dbt(
        *selected, "--exclude-resource-type", "test", "unit_test",
        database=database, project=project,
    )  # fmt: skip
    definitions = Definitions.from_seeds(project / "seeds")
    with PublicViews(database) as views:
        assert_views_match(views, VIEWS, EVENTS, definitions, Settings())
        by_funnel = {(row["funnel"], row["step"]): row["users"] for row in views.rows(VIEWS[1])}
    assert by_funnel == {
        ("'q", 1): 2, ("'q", 2): 1, ("r'", 1): 1, ("null", 1): 1, ("null", 2): 1,
    }  # fmt: skip
