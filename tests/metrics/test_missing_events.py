"""Without the raw tables a build says what to do, once."""

from tests.support.databases import Database
from tests.support.run import run_dbt


def test_a_database_without_events_is_named(database: Database) -> None:
    ended = run_dbt("run", "--select", "stg_events", database=database, check=False)
    assert not ended.success
    assert "There is no table raw.events in the database of target" in ended.output
    assert f"loader init --target {database.engine}`" in ended.output


def test_the_table_of_an_organisation_is_named(database: Database) -> None:
    ended = run_dbt(
        *("run", "--select", "stg_events"),
        database=database,
        variables={"org": "acme"},
        check=False,
    )
    assert not ended.success
    assert "There is no table raw_acme.events" in ended.output
    assert f"loader init --target {database.engine} --org acme`" in ended.output
