"""A time zone name means the same on both engines, and what IANA's data in pytz say of it.

Where an engine's own data say something else of a zone, a build says so; a name that is none of
IANA's stops dbt before it has done anything.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import MakeDatabase
from tests.metrics.views import copy_project
from tests.support.databases import ENGINES, REPOSITORY, Database, Engine
from tests.support.run import run_dbt, run_loader
from tests.support.zones import FIRST, LAST, NAMES, changes, days, instants, start_of_day, zone_info

pytestmark = pytest.mark.unusual

# What the project makes of each zone, as one line for each.
EXPRESSIONS = """
{% for zone in modules.pytz.all_timezones %}
{{ tojson([
    zone,
    event_analytics.database_timezone(zone),
    event_analytics.local_time('instant', zone),
    event_analytics.local_date('instant', zone),
    event_analytics.local_midnight('local_day', zone),
]) }}
{% endfor %}
"""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CHECKED_EVERY = timedelta(days=6)

# Rules of one zone held against the clocks of another, and since when they differ.
OTHER_RULES = {
    ("Europe/Berlin", "Africa/Algiers"): ("2000-03-26 01:00", 60, 120),
    ("Africa/Casablanca", "UTC"): ("2008-06-01 00:00", 0, 60),
    ("America/New_York", "America/Toronto"): None,
    ("America/Caracas", "America/Manaus"): ("2007-12-09 07:00", -240, -270),
    # a whole day was left out
    ("Pacific/Apia", "Pacific/Pago_Pago"): ("2010-09-26 11:00", -660, -600),
    ("Asia/Kathmandu", "Asia/Kathmandu"): None,
}


@dataclass(frozen=True)
class ZoneExpressions:
    """The name under which an engine is asked for a zone, and the SQL of what it is asked."""

    asked: str
    local_time: str
    local_date: str
    local_midnight: str


@dataclass(frozen=True)
class Others:
    """What an engine says otherwise than pytz.

    Attributes:
        clocks: Zones whose clocks show another time, and the first such instant that was tried.
        starts: Zones with a date that begins at another instant, and the first such start.
    """

    clocks: dict[str, datetime]
    starts: dict[str, datetime]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, without what takes dbt most of its time."""
    return copy_project(tmp_path_factory.mktemp("project") / "copy", REPOSITORY / "seeds")


@pytest.fixture(scope="module", params=ENGINES)
def database(request: pytest.FixtureRequest, make_session_database: MakeDatabase) -> Database:
    """A database without events, of each engine in turn."""
    engine: Engine = request.param
    database = make_session_database(engine)
    run_loader("init", database=database, check=True)
    return database


@pytest.fixture(scope="module")
def expressions(database: Database, project: Path) -> dict[str, ZoneExpressions]:
    """What the project makes of each zone."""
    return {
        zone: ZoneExpressions(*others) for zone, *others in said(EXPRESSIONS, database, project)
    }


def said(template: str, database: Database, project: Path) -> Iterator[Any]:
    """What a template says, as JSON in each of its lines."""
    # dbt reads it once before it asks any database
    template = "{% if execute %}" + template + "{% endif %}"
    ended = run_dbt("compile", "--inline", template, database=database, project=project)
    [result] = ended.result.results
    return (
        json.loads(line) for line in str(result.node.compiled_code).splitlines() if line.strip()
    )


def fill(
    connection: Any,
    database: Database,
    table: str,
    columns: str,
    rows: Iterable[tuple[object, ...]],
) -> None:
    """Make a table of rows that begin with a zone."""
    connection.execute(f"create temporary table {table} (zone text, {columns})")
    lines = "".join(",".join(map(str, row)) + "\n" for row in rows)
    if database.engine == "postgres":
        with connection.cursor().copy(f"copy {table} from stdin (format csv)") as copy:
            copy.write(lines)
        connection.execute(f"create index on {table} (zone)")
        connection.execute(f"analyze {table}")
    else:
        file = database.directory / f"{table}.csv"
        file.write_text(lines)
        connection.execute(f"copy {table} from '{file}' (format csv, header false)")


@pytest.fixture(scope="module")
def others(database: Database, expressions: dict[str, ZoneExpressions]) -> Others:
    """All that the engine says otherwise than pytz."""
    clocks = (
        (zone, at, at.astimezone(zone_info(zone)).replace(tzinfo=None))
        for zone in NAMES
        for at in instants(zone)
    )
    starts = ((zone, day, start_of_day(zone, day)) for zone in NAMES for day in days(zone))
    found = Others({}, {})
    with closing(database.connect()) as connection:
        # a zone that has nothing to do with any other
        connection.execute("set TimeZone = 'Australia/Lord_Howe'")
        fill(connection, database, "clocks", "instant timestamptz, clock timestamp", clocks)
        fill(connection, database, "starts", "local_day date, started_at timestamptz", starts)
        for zone, sql in expressions.items():
            [(first,)] = connection.execute(
                f"""
                select min(instant)
                from clocks
                where
                    zone = '{zone}'
                    and ({sql.local_time} <> clock or {sql.local_date} <> cast(clock as date))
                """
            ).fetchall()
            [(start,)] = connection.execute(
                f"""
                select min(started_at)
                from starts
                where zone = '{zone}' and {sql.local_midnight} <> started_at
                """
            ).fetchall()
            if first is not None:
                found.clocks[zone] = first.astimezone(UTC)
            if start is not None:
                found.starts[zone] = start.astimezone(UTC)
    return found


@pytest.fixture(scope="module")
def differ_since(
    database: Database,
    expressions: dict[str, ZoneExpressions],
    project: Path,
    others: Others,
) -> dict[str, datetime]:
    """What a build would say of these zones, and of some others."""
    zones = [*others.clocks, *[zone for zone in NAMES if zone not in others.clocks][::40]]
    answers = differences([(zone, expressions[zone].asked) for zone in zones], database, project)
    return {
        zone: datetime.fromisoformat(answer[0]).replace(tzinfo=UTC)
        for zone, answer in zip(zones, answers, strict=True)
        if answer
    }


def differences(
    pairs: Iterable[tuple[str, str]], database: Database, project: Path
) -> list[tuple[str, int, int] | None]:
    """What the check says of the rules of one zone and the database's clocks for another."""
    template = "{% for zone, asked in " + json.dumps(list(map(list, pairs))) + " %}"
    template += "\n{{ tojson(event_analytics.timezone_difference(zone, asked)) }}\n{% endfor %}"
    return [
        answer and (answer["since"], answer["database"], answer["reference"])
        for answer in said(template, database, project)
    ]


def test_every_clock_is_the_reference_s_or_the_check_says_since_when_not(
    expressions: dict[str, ZoneExpressions], others: Others, differ_since: dict[str, datetime]
) -> None:
    assert set(expressions) == set(NAMES)
    assert len(NAMES) > 500
    assert not others.clocks.keys() & {"CET", "MET", "EET", "WET", "UTC", "Europe/Berlin"}
    assert differ_since.keys() == others.clocks.keys()
    assert all(differ_since[zone] <= at for zone, at in others.clocks.items())


def test_a_date_of_every_zone_begins_when_the_one_before_is_over(
    others: Others, differ_since: dict[str, datetime]
) -> None:
    day = timedelta(days=1)
    early = {
        zone: at for zone, at in others.starts.items() if at < differ_since.get(zone, LAST) - day
    }
    assert not early


def test_zones_have_gaps_and_repetitions_at_midnight() -> None:
    """What makes the tests above worth something: dates of all kinds are among them."""
    lengths = {
        zone: {start_of_day(zone, later) - start_of_day(zone, day) for day, later in pairs}
        for zone in ("America/Havana", "America/St_Johns", "Pacific/Apia")
        for pairs in [list(zip(days(zone), days(zone)[1:], strict=False))]
    }
    assert all(len(found) > 2 for found in lengths.values())
    assert sum(map(len, map(changes, NAMES))) > 10_000


@pytest.mark.parametrize("abbreviations", ["Default", "Australia", "India"])
def test_postgres_takes_no_zone_for_an_abbreviation(
    database: Database, expressions: dict[str, ZoneExpressions], abbreviations: str
) -> None:
    if database.engine == "duckdb":
        pytest.skip("DuckDB has no abbreviations beside its zones")
    with database.connect() as connection:
        connection.execute(f"set timezone_abbreviations = '{abbreviations}'")
        rows = connection.execute("select abbrev, utc_offset from pg_timezone_abbrevs").fetchall()
    offsets = {name.lower(): offset for name, offset in rows}
    asked = {sql.asked.lower() for sql in expressions.values()}
    assert {"cet", "est"} & offsets.keys()
    taken = asked & offsets.keys()
    assert taken == {"utc"}
    assert not offsets["utc"]


def test_other_rules_are_found_with_the_first_minute_that_differs(
    database: Database, project: Path
) -> None:
    assert differences(OTHER_RULES, database, project) == list(OTHER_RULES.values())


def test_a_zone_that_the_database_lacks_is_named(database: Database, project: Path) -> None:
    call = "{{ tojson(event_analytics.unknown_timezone_problem('CET', asked)) }}"
    template = f"{{% for asked in ('Europe/Brussels', 'Mars/North') %}}\n{call}\n{{% endfor %}}"
    nothing, problem = said(template, database, project)
    assert nothing is None
    assert problem["sentence"].startswith(
        "The variable reporting_timezone is 'CET', which the database's zone data do not have (as "
        "'Mars/North'); update "
    )


def test_no_clock_is_changed_twice_between_two_looks_of_the_check() -> None:
    gaps = [
        later - at
        for zone in NAMES
        for at, later in zip(changes(zone), changes(zone)[1:], strict=False)
    ]
    assert len(gaps) > 10_000
    assert min(gaps) > CHECKED_EVERY


def test_the_check_knows_every_change_of_a_clock(database: Database, project: Path) -> None:
    zones = ["Europe/Berlin", "America/Recife", "Africa/Casablanca", "Pacific/Apia", "Asia/Dubai"]
    template = """
    {{ tojson(event_analytics.timezone_stride()) }}
    {% for zone in ZONES %}
    {{ tojson(event_analytics.timezone_spans(
        zone, modules.datetime.datetime(2000, 1, 1), modules.datetime.datetime(2027, 11, 1)
    )) }}
    {% endfor %}
    """.replace("ZONES", json.dumps(zones))
    stride, *answers = said(template, database, project)
    assert timedelta(minutes=stride) == CHECKED_EVERY
    for zone, spans in zip(zones, answers, strict=True):
        clocks = [(since, offset) for since, _, offset in spans]
        known = [
            (since, offset)
            for (since, offset), (_, before) in zip(clocks[1:], clocks, strict=False)
            if offset != before
        ]
        assert known == [
            (minutes(at - EPOCH), minutes(at.astimezone(zone_info(zone)).utcoffset()))
            for at in changes(zone)
        ]
        assert [until for _, until, _ in spans[:-1]] == [since for since, _, _ in spans[1:]]
        assert (spans[0][0], spans[-1][1]) == (minutes(FIRST - EPOCH), minutes(LAST - EPOCH))


def minutes(time: timedelta | None) -> int:
    """Whole minutes of a time."""
    assert time is not None
    return time // timedelta(minutes=1)


@pytest.fixture(scope="module")
def outdated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with a database for which CET has no summer."""
    project = copy_project(tmp_path_factory.mktemp("project") / "copy", REPOSITORY / "seeds")
    macros = project / "macros" / "definitions" / "time_zones.sql"
    text = macros.read_text(encoding="utf-8")
    assert "'CET': 'Europe/Brussels'" in text
    macros.write_text(text.replace("'CET': 'Europe/Brussels'", "'CET': 'Africa/Algiers'"))
    return project


def test_a_build_warns_of_a_zone_with_other_rules(database: Database, outdated: Path) -> None:
    warned = run_dbt(
        *("run", "--select", "stg_events"),
        database=database,
        project=outdated,
        variables={"reporting_timezone": "CET"},
    )
    assert (
        "The variable reporting_timezone is 'CET', for which the database has other rules than "
        "IANA's data in pytz: since 2000-03-26 01:00 UTC its clocks are 1:00 hours ahead of UTC, "
        "those of pytz 2:00 hours ahead of UTC. "
    ) in warned.output


# What may be meant by a value that is none of IANA's names, if anybody can tell.
CLOSEST = {
    "Europe/Berln": "Europe/Berlin",
    "europe/berlin": "Europe/Berlin",
    "posix/Europe/Berlin": "Europe/Berlin",
    "Berlin": "Europe/Berlin",
    "America/new york": "America/New_York",
    "cet": "CET",
    "UTC ": "UTC",
    # zones of DuckDB alone or of PostgreSQL alone, of nobody, or of several
    "PST": None,
    "CEST": None,
    "SystemV/PST8": None,
    "localtime": None,
    "Factory": None,
    "Mars/Olympus_Mons": None,
    "UTC'; drop schema raw": None,
    "": None,
}

OFFSETS = {
    "UTC+8": (
        "is an offset, and these are read in two ways; write Etc/GMT-8 for 8 hours ahead of UTC, "
        "Etc/GMT+8 for 8 hours behind it, or the name of a place, such as Europe/Berlin."
    ),
    "-05:00": (
        "is an offset, and these are read in two ways; write Etc/GMT-5 for 5 hours ahead of UTC, "
        "Etc/GMT+5 for 5 hours behind it, or the name of a place, such as Europe/Berlin."
    ),
    "Etc/UTC +8": (
        "is an offset, and these are read in two ways; write Etc/GMT-8 for 8 hours ahead of UTC, "
        "Etc/GMT+8 for 8 hours behind it, or the name of a place, such as Europe/Berlin."
    ),
    "GMT+5:30": (
        "is an offset and no time zone name; write the name of a place that has it, such as "
        "Asia/Kolkata for 5:30 hours ahead of UTC."
    ),
}


def test_another_name_is_refused_with_what_to_write(database: Database, project: Path) -> None:
    problems = OFFSETS | {
        value: "is none of IANA's time zone names (in pytz); "
        + (
            f"write '{name}' if that is meant."
            if name
            else "set it to one, such as UTC or Europe/Berlin."
        )
        for value, name in CLOSEST.items()
    }
    template = "{% for zone in " + json.dumps(list(problems)) + " %}"
    template += "\n{{ tojson(event_analytics.timezone_problem(zone)) }}\n{% endfor %}"
    assert list(said(template, database, project)) == [
        f"The variable reporting_timezone is '{value}', which {problem}"
        for value, problem in problems.items()
    ]
