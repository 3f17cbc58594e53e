"""What is asked of the macros of every engine that has tests of its own: the same, in one place."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
from hypothesis import given
from hypothesis import strategies as st

from tests.metrics.test_property_values import Answer, Case, cases, expected
from tests.support.databases import REPOSITORY
from tests.support.places import Place
from tests.support.run import run_dbt

Compile = Callable[[str, Place], str]
Query = Callable[[str], list[Any]]

# Where midnights come twice, never, or are in doubt for other reasons; and zones like most.
ZONES = (
    *("America/Havana", "Atlantic/Azores", "America/St_Johns", "Pacific/Apia", "Antarctica/Casey"),
    *("America/Sao_Paulo", "America/Asuncion", "Asia/Beirut", "Asia/Amman", "Africa/Cairo"),
    *("Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Scoresbysund", "UTC"),
)
TEXTS = ("it's", "back\\slash", "line\nbreak", 'double "quotes"', "ä😀", "\\'", "%s {x}", "")

_BEGINNINGS = """
    with dates as (
        select {{ event_analytics.each_date(
            "cast('2000-01-01' as " ~ event_analytics.type_date() ~ ")",
            "cast('2024-12-31' as " ~ event_analytics.type_date() ~ ")"
        ) }} as day
    )
""" + " union all ".join(
    f"""
    select
        '{zone}' as zone,
        dates.day as day,
        {{{{ event_analytics.microseconds_between(
            event_analytics.instant_literal('1970-01-01 00:00:00+00'),
            event_analytics.local_midnight('dates.day', '{zone}')
        ) }}}} as begins_at,
        {{{{ event_analytics.local_date(
            event_analytics.add_seconds(
                event_analytics.local_midnight('dates.day', '{zone}'), 5400
            ),
            '{zone}'
        ) }}}} as date_of_an_early_event
    from dates
    """
    for zone in ZONES
)
# Of a row that no engine knows before it reads it, as with definitions: a constant may be computed
# at once, whether or not its branch is taken.
_CHANGED_DEFINITION = """
    select
        case
            when 1 = names.number
                then {{{{ event_analytics.stop_reading('funnels', 'names.name') }}}}
            else false
        end as stopped
    from (
        select
            case when numbers.number >= 0 then 'a' else 'b' end as name,
            numbers.number as number
        from (select {{{{ event_analytics.each_number('{0}', '{0}') }}}} as number) as numbers
    ) as names
"""


def compiler(directory: Path) -> Compile:
    """What makes an engine's SQL of macros, by a project in ``directory`` that has nothing else."""
    shutil.copytree(REPOSITORY / "macros", directory / "macros")
    (directory / "dbt_project.yml").write_text(
        "name: event_analytics\nprofile: event_analytics\nvars: {event_id_type: uuid}\n"
    )

    def compile_inline(sql: str, place: Place) -> str:
        ran = run_dbt("compile", "--inline", sql, database=place, project=directory)
        [result] = ran.result.results
        text: str = result.node.compiled_code
        return text

    return compile_inline


def assert_conditions_hold(ask: Callable[[list[Case]], list[Answer]], examples: int) -> None:
    """Hold what an engine says to so many lists of conditions against the reference."""

    @hypothesis.settings(max_examples=examples, phases=[hypothesis.Phase.generate])
    @given(st.lists(cases(), min_size=40, max_size=80))
    def check(asked: list[Case]) -> None:
        wrong = [
            (case, answer, expected(case))
            for case, answer in zip(asked, ask(asked), strict=True)
            if answer != expected(case)
        ]
        assert not wrong, wrong[:3]

    check()


def assert_dates_begin_alike(
    compiled: Compile, duck: tuple[Place, Query], other: tuple[Place, Query]
) -> None:
    """Hold the first instant of each date of 25 years, in all zones, against DuckDB's."""
    here, there = (sorted(query(compiled(_BEGINNINGS, place))) for place, query in (duck, other))
    assert len(here) > len(ZONES) * 9000
    assert [(a, b) for a, b in zip(here, there, strict=True) if a != b] == []


def changed_definition(compiled: Compile, place: Place, *, is_changed: bool) -> str:
    """A query that stops where a definition has changed, and else has one row of false."""
    return compiled(_CHANGED_DEFINITION.format(1 if is_changed else 0), place)


def text_in_sql(compiled: Compile, place: Place, text: str) -> str:
    """A query of one text."""
    literal = "{{ event_analytics.text_literal(" + json.dumps(text, ensure_ascii=False) + ") }}"
    return f"select {compiled(literal, place)}"
