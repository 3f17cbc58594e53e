"""Ids that are linked are one person: user_identities against the reference, in any shape."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest

from tests.conftest import MakeDatabase
from tests.metrics.compare import assert_views_match
from tests.metrics.logs import at
from tests.metrics.views import PublicViews, copy_project
from tests.reference import Definitions, Event, Settings
from tests.support.databases import ENGINES, REPOSITORY, Database, Engine
from tests.support.run import BUILD_UNTESTED, run_dbt, run_loader

NOON = at("2024-02-28T12:00")
MERGED = Settings(identity="merge")
# one by one, they would take longer than all else
USERS_OF_KIOSK = """
    insert into raw.events (event_id, event_name, event_time, user_id, properties, ingested_at)
    select
        cast(concat('00000000-0000-4000-8000-', lpad(cast(n as text), 12, '0')) as uuid),
        'identify',
        timestamptz '2024-02-28 12:00:00+00',
        concat('user_', cast(n as text)),
        '{{"$anonymous_id": "kiosk"}}',
        timestamptz '2024-02-28 12:00:00+00'
    from generate_series(0, {users} - 1) as numbers (n)
"""
# the unit tests of models that are there, or do what they do, only where ids are merged
WITH_UNIT_TESTS = (
    "facts/events/int_events.yml",
    "identities/int_identity_groups.yml",
    "identities/int_identity_warnings.yml",
    "identities/int_linked_ids.yml",
    "identities/int_persons.yml",
    "marts/identities/user_identities.yml",
)
UNIT_TESTS = 11
# an id that stands in text as well as in JSON
ODD = 'o\'neil "x" \\ é'


def identify(number: int, user: str, other: object, hours: float = 0) -> Event:
    """A user's `identify` with an anonymous id, so many hours after noon."""
    properties = {"$anonymous_id": other}
    return Event(UUID(int=number), "identify", NOON + timedelta(hours=hours), user, properties)


class Built:
    """user_identities as it is built, and the project that it was built from."""

    def __init__(self, database: Database, project: Path) -> None:
        self.database = database
        self.project = project

    def build(self, settings: Settings = MERGED) -> None:
        """Build the view and what it reads."""
        command = (*BUILD_UNTESTED, "--select", "+user_identities")
        variables = settings.as_dbt_vars()
        run_dbt(*command, database=self.database, variables=variables, project=self.project)

    def persons(
        self, log: Sequence[Event], settings: Settings = MERGED, users_of_kiosk: int = 0
    ) -> dict[str, Any]:
        """Each id's person, after these events and no others; as the reference has it.

        Users of a kiosk are called user_0 and so on, and there may be many.
        """
        definitions = Definitions.from_seeds(self.project / "seeds")
        with PublicViews(self.database) as views:
            views.replace_events(log)
            log = [*log, *(identify(n, f"user_{n}", "kiosk") for n in range(users_of_kiosk))]
            views.run(USERS_OF_KIOSK.format(users=users_of_kiosk))
            views.merge_identities()
            assert_views_match(views, ["user_identities"], log, definitions, settings)
            return {str(row["user_id"]): row["person_id"] for row in views.rows("user_identities")}


@pytest.fixture(scope="module", params=ENGINES)
def built(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    make_session_database: MakeDatabase,
) -> Built:
    """The view on each engine in turn, with the definitions that the project comes with."""
    engine: Engine = request.param
    project = copy_project(tmp_path_factory.mktemp("project") / "copy", REPOSITORY / "seeds")
    database = make_session_database(engine)
    run_loader("init", database=database, check=True)
    found = Built(database, project)
    found.build()
    return found


def test_ids_that_links_lead_to_are_one_person(built: Built) -> None:
    log = [
        identify(1, "ann", "device_1", hours=1),
        identify(2, "ann", "device_2", hours=2),
        identify(3, "bob", "device_3"),
        identify(4, "ann2", "device_2", hours=3),
    ]
    ann = dict.fromkeys(["ann", "ann2", "device_1", "device_2"], "ann")
    assert built.persons(log) == ann | {"bob": "bob", "device_3": "bob"}


def test_the_earliest_known_id_names_the_person_whatever_comes_first(built: Built) -> None:
    late_link = identify(1, "ann", "device", hours=-1)
    log = [identify(2, "aaa", "device"), late_link, identify(3, "aaa", "device", hours=-0.5)]
    for seed in range(3):
        Random(seed).shuffle(log)  # noqa: S311 - no secret
        assert set(built.persons(log).values()) == {"ann"}
    log.remove(late_link)
    assert set(built.persons(log).values()) == {"aaa"}


def test_of_known_ids_of_one_instant_the_smallest_text_names_the_person(built: Built) -> None:
    log = [identify(n, user, "device") for n, user in enumerate(["b", "a", "B", "ä", "_"])]
    assert set(built.persons(log).values()) == {"B"}


def test_what_is_no_id_links_nothing(built: Built) -> None:
    others = ["", None, ["device"], {"id": "device"}, "ann"]
    log = [identify(number, "ann", other) for number, other in enumerate(others)]
    log.append(replace(identify(9, "ann", "device"), event_name="Identify"))
    assert built.persons(log) == {}
    assert built.persons([identify(1, ODD, 5)]) == {ODD: ODD, "5": ODD}
    assert built.persons([identify(1, "ann", " ")]) == {"ann": "ann", " ": "ann"}


@pytest.mark.parametrize(
    ("name", "user", "properties", "known"),
    [
        ("alias", "ann", {"$previous_id": "old"}, "ann"),
        ("$identify", "ann", {"$anon_distinct_id": "old"}, "ann"),
        ("$create_alias", "ann", {"alias": "old"}, "ann"),
        ("$merge_dangerously", "ann", {"alias": "old"}, "ann"),
        ("$identify", "old", {"$identified_id": "ann", "$anon_id": "old"}, "ann"),
        ("$identify", "ann", {"$identified_id": "ann", "$anon_id": "old"}, "ann"),
    ],
)
def test_calls_of_each_tool_link_ids(
    built: Built, name: str, user: str, properties: dict[str, object], known: str
) -> None:
    log = [Event(UUID(int=1), name, NOON, user, properties)]
    assert built.persons(log) == {"ann": known, "old": known}


@pytest.mark.parametrize("order", ["in_order", "reversed", "shuffled"])
def test_a_chain_of_a_thousand_ids_is_one_person(built: Built, order: str) -> None:
    names = [f"id_{number:04}" for number in range(1000)]
    Random(1).shuffle(names)  # noqa: S311 - no secret
    if order == "in_order":
        names.sort()
    log = [identify(n, names[n + 1], names[n], hours=n) for n in range(999)]
    if order == "reversed":
        log.reverse()
    assert built.persons(log) == dict.fromkeys(names, names[1])
    # one more is one too many, and one less leaves two persons
    assert built.persons([*log, identify(1000, names[0], "one more")]) == {}
    assert len(set(built.persons(log[:500] + log[501:]).values())) == 2


def test_a_device_of_ten_thousand_belongs_to_nobody(built: Built) -> None:
    # which keeps nobody from having a phone
    log = [identify(10_000, "user_7", "phone")]
    phone = dict.fromkeys(["user_7", "phone"], "user_7")
    assert built.persons(log, users_of_kiosk=10_000) == phone


def test_a_person_has_as_many_ids_as_is_said_and_no_more(built: Built) -> None:
    found = built.persons([], users_of_kiosk=999)
    assert len(found) == 1000
    assert set(found.values()) == {"user_0"}
    assert built.persons([], users_of_kiosk=1000) == {}


def test_many_persons_of_any_shape_are_told_apart(built: Built) -> None:
    random = Random(2)  # noqa: S311 - no secret
    log = []
    for number in range(2_000):
        person = random.randrange(300)
        one, other = (f"{person}_{random.randrange(12)}" for _ in range(2))
        log.append(identify(number, one, other, hours=random.randrange(100)))
    assert len(set(built.persons(log).values())) > 250


def test_pairs_of_the_seed_and_events_of_any_name_link_ids(built: Built) -> None:
    seeds = built.project / "seeds"
    before = {
        name: (seeds / f"{name}.csv").read_bytes() for name in ("identities", "identity_links")
    }
    try:
        (seeds / "identities.csv").write_text("user_id,other_id\nzoe,ann\n", encoding="utf-8")
        with (seeds / "identity_links.csv").open("a", encoding="utf-8") as file:
            file.write("*,device_id,user_id\n")
        built.build()
        viewed = Event(UUID(int=2), "viewed", NOON, "bob", {"device_id": "device"})
        log = [identify(1, "ann", "device_1"), viewed]
        assert built.persons(log) == {
            "zoe": "zoe", "ann": "zoe", "device_1": "zoe", "bob": "bob", "device": "bob",
        }  # fmt: skip
    finally:
        for name, content in before.items():
            (seeds / f"{name}.csv").write_bytes(content)
        built.build()


@pytest.mark.unusual
def test_links_after_as_of_date_do_not_count(built: Built) -> None:
    settings = replace(MERGED, as_of_date=date(2024, 2, 28), reporting_timezone="Europe/Berlin")
    built.build(settings)
    try:
        log = [
            identify(1, "ann", "last_moment", hours=11 - 1e-9),
            identify(2, "ann", "next_day", hours=11),
        ]
        assert built.persons(log, settings) == {"ann": "ann", "last_moment": "ann"}
    finally:
        built.build()


def test_events_count_at_once_and_links_from_the_next_build_on(built: Built) -> None:
    assert built.persons([]) == {}
    with PublicViews(built.database) as views:
        views.append_events([identify(1, "ann", "device")], NOON)
        assert views.rows("user_identities") == []
    variables = MERGED.as_dbt_vars()
    command = ("run", "--select", "int_persons")
    run_dbt(*command, database=built.database, variables=variables, project=built.project)
    with PublicViews(built.database) as views:
        assert {row["user_id"] for row in views.rows("user_identities")} == {"ann", "device"}


def test_unit_tests_of_models_that_merge_hold(
    built: Built, make_database: MakeDatabase, tmp_path: Path
) -> None:
    project = copy_project(tmp_path / "project", REPOSITORY / "seeds")
    for path in WITH_UNIT_TESTS:
        shutil.copy(REPOSITORY / "models" / path, project / "models" / path)
    database = make_database(built.database.engine, like=built.database)
    models = [Path(path).stem for path in WITH_UNIT_TESTS]
    tested = run_dbt(
        *("build", "--select", "stg_events", "int_reported_dates", *models),
        *("--exclude", "test_type:generic", "test_type:singular"),
        database=database,
        variables=MERGED.as_dbt_vars(),
        project=project,
    )
    assert list(tested.statuses.values()).count("pass") == UNIT_TESTS


@pytest.mark.unusual
def test_a_build_names_what_links_too_many(built: Built) -> None:
    few = replace(MERGED, max_person_ids=3)
    log = [identify(number, f"user_{number}", "kiosk") for number in range(3)]
    log += [identify(10 + number, f"ann_{number}", f"ann_{number + 1}") for number in range(3)]
    tests = built.project / "tests" / "dbt"
    tests.mkdir(parents=True, exist_ok=True)
    name = "ids_are_merged_into_persons_of_few"
    source = REPOSITORY / "tests" / "dbt" / f"{name}.sql"
    (tests / source.name).write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    with PublicViews(built.database) as views:
        views.replace_events(log)
    try:
        command = ("build", "--select", "+int_identity_warnings", "--exclude", "test_type:generic")
        said = run_dbt(
            *command,
            database=built.database,
            variables=few.as_dbt_vars(),
            project=built.project,
        )
    finally:
        (tests / source.name).unlink()
        built.build()
    assert said.statuses[name] == "warn"
    assert (
        "The id 'kiosk' is linked with 3 others, and its links do not count; if it is a device"
        in (said.output)
    )
    assert "The id 'ann_0' and others are 4 ids that links make one person of, and none of" in (
        said.output
    )
