"""What a property's value is, to conditions, segments and the catalog: the same on both engines.

The macros are asked alone, about any properties that the loader lets in, and held against the
reference, which knows no SQL.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loader.strict_json import canonical, parse
from tests.conftest import MakeDatabase
from tests.reference import ActionRow, Definitions, Event, History, Settings
from tests.reference.events import property_text
from tests.support.databases import ENGINES, REPOSITORY, Engine
from tests.support.run import run_dbt

pytestmark = pytest.mark.slow

OPERATORS = ("equals", "not_equals", "contains", "exists")
EXAMPLES = {"repeatable": 60, "thorough": 5000}


def _object(members: dict[str, str]) -> str:
    """The text of an object of these texts."""
    return "{" + ", ".join(f"{canonical(name)}: {text}" for name, text in members.items()) + "}"


# JSON as it may be sent, number by number; texts that look like something else; any text.
NUMBERS = st.sampled_from(
    [
        *("0", "-0", "-0.0", "1", "1.0", "1.10", "1e3", "1E3", "1e-3", "10e-1", "5e-324", "1e-7"),
        *("0.000001", "0.00000099", "-1.5e-7", "123456789.123456789", "1e20", "1e21", "1e300"),
        *("9007199254740993", "18446744073709551616", "-9223372036854775809", "9" * 40),
    ]
) | st.floats(allow_nan=False, allow_infinity=False).map(repr)
LOOKS = ("", " ", "null", "true", "5", "1e-7", "[1,2]", "[1, 2]", "{}", '{"a":1}', "a,b", "ä😀")
TEXTS = st.sampled_from(LOOKS) | st.text(
    st.characters(codec="utf-8", exclude_characters="\0"), max_size=6
)
NAMES = st.sampled_from(
    ["p", "q", "", " ", "a.b", 'a"b', "it's", "$", "$.p", "/", "~", "~1", "*", "0", "-", "[0]", "é"]
)
SCALARS = st.sampled_from(["null", "true", "false"]) | NUMBERS | TEXTS.map(canonical)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda found: f"[{', '.join(found)}]")
        | st.dictionaries(NAMES, inner, max_size=3).map(_object)
    ),
    max_leaves=5,
)


@dataclass(frozen=True)
class Case:
    """Properties as they are sent, and a condition on one of them; never without a value."""

    properties: str
    property: str
    operator: str
    value: str

    def event(self) -> Event:
        """The event that the loader makes of it."""
        properties = parse(self.properties, max_depth=64)
        return Event(UUID(int=1), "A", datetime(2026, 3, 1, tzinfo=UTC), "ann", properties)

    def action(self) -> ActionRow:
        """The condition."""
        return ActionRow("a", "A", self.property, self.operator, self.value)


Answer = tuple[str | None, bool]
Ask = Callable[[list[Case]], list[Answer]]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Half of them compare with a text that somebody may take for that of the value."""
    members = draw(st.dictionaries(NAMES, VALUES, max_size=4))
    name = draw(st.sampled_from(sorted(members)) if members else NAMES)
    texts = TEXTS
    if name in members:
        text = members[name]
        stored = canonical(parse(text, max_depth=64))
        near = st.sampled_from([text, stored, stored.strip('"'), stored[1:-1], stored[:2]])
        texts = near | TEXTS
    value = draw(texts.filter(bool))
    return Case(_object(members), name, draw(st.sampled_from(OPERATORS)), value)


# Of each case: the value of its property as text, and whether its condition holds.
EXPRESSIONS = """
    {{ event_analytics.property_text('properties', 'property') }} as property_text,
    {{ event_analytics.action_row_holds('properties', 'property', 'operator', 'value') }} as holds
"""
CASES = """
    select
        unnest({mark}::bigint[]) as number,
        cast(unnest({mark}::text[]) as {json_type}) as properties,
        unnest({mark}::text[]) as property,
        unnest({mark}::text[]) as operator,
        unnest({mark}::text[]) as value
"""


@pytest.fixture(scope="module")
def macros_alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project without its models, which dbt would need seconds more to read."""
    project = tmp_path_factory.mktemp("macros_alone")
    shutil.copytree(REPOSITORY / "macros", project / "macros")
    (project / "dbt_project.yml").write_text("name: event_analytics\nprofile: event_analytics\n")
    return project


@pytest.fixture(scope="module", params=ENGINES)
def ask(
    request: pytest.FixtureRequest, macros_alone: Path, make_session_database: MakeDatabase
) -> Iterator[Ask]:
    """What each engine in turn says to `EXPRESSIONS`, in the order of the cases."""
    engine: Engine = request.param
    database = make_session_database(engine)
    command = ("compile", "--inline", EXPRESSIONS)
    [compiled] = run_dbt(*command, database=database, project=macros_alone).result.results
    mark, json_type = ("%s", "jsonb") if engine == "postgres" else ("?", "json")
    given_cases = CASES.format(mark=mark, json_type=json_type)
    query = (
        f"select {compiled.node.compiled_code} from ({given_cases}) as cases order by cases.number"
    )
    with database.connect() as connection:

        def answers(asked: list[Case]) -> list[Answer]:
            columns = [
                list(range(len(asked))),
                [canonical(case.event().properties) for case in asked],  # as the loader stores them
                [case.property for case in asked],
                [case.operator for case in asked],
                [case.value for case in asked],
            ]
            return [tuple(row) for row in connection.execute(query, columns).fetchall()]

        yield answers


def expected(case: Case) -> Answer:
    """What the reference says."""
    event = case.event()
    history = History([event], Definitions(actions=(case.action(),)), Settings())
    return property_text(event, case.property), history.is_named(event, "a")


def test_conditions_hold_on_any_value_as_the_reference_says(ask: Ask) -> None:
    @hypothesis.settings(max_examples=EXAMPLES[hypothesis.settings.get_current_profile_name()])
    @given(st.lists(cases(), min_size=1, max_size=40))
    def check(asked: list[Case]) -> None:
        assert ask(asked) == [expected(case) for case in asked]

    check()


@pytest.mark.parametrize("text", ["[1,2]", "[]", "{}", '{"b":1,"a":"x"}', '[{"p":"x"}]'])
def test_a_list_or_an_object_is_there_and_no_text(ask: Ask, text: str) -> None:
    nested = Case(f'{{"p": {text}}}', "p", "", text)
    looks_alike = Case(f'{{"p": {canonical(text)}}}', "p", "", text)
    for case, holding in (
        (nested, {"not_equals", "exists"}),
        (looks_alike, {"equals", "contains", "exists"}),
    ):
        answers = ask([replace(case, operator=operator) for operator in OPERATORS])
        held = [name for name, (_, holds) in zip(OPERATORS, answers, strict=True) if holds]
        assert set(held) == holding
