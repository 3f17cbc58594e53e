"""Another dbt project uses this one as a package, with its own table, definitions and schemas."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.support.databases import REPOSITORY, Database
from tests.support.dbt_process import run_dbt_process
from tests.support.run import BUILD_UNTESTED, run_dbt

pytestmark = pytest.mark.slow

# As the consumer's own dbt_project.yml has it.
COLUMNS = {
    "event_id": "id",
    "event_name": "action",
    "event_time": "happened at time zone 'UTC'",
    "user_id": "customer",
    "properties": "details",
    "ingested_at": "",
}


def test_another_project_builds_the_views_from_its_own_table(
    shop: Database, consumer: Path
) -> None:
    without_unit_tests = ("--exclude-resource-type", "unit_test")
    built = run_dbt("build", *without_unit_tests, database=shop, project=consumer)
    assert set(built.statuses.values()) <= {"success", "pass", "no-op"}
    # definitions that are replaced are not built, too, and nothing is said about them
    assert "package 'event_analytics' depends on the root project" not in built.output

    assert schemas(shop) == {
        "shop",
        "shop_definitions",
        "shop_intermediate",
        "shop_product",
        "shop_staging",
        "tracking",
    }
    # the shop's churn windows, funnels and segments, dates in the shop's time zone
    assert shop.query(
        "select churn_status, users from shop_product.churn_summary order by churn_status"
    ) == [("customer", 1), ("lost", 2)]
    assert shop.query("select * from shop.lost_customers order by user_id") == [
        ("7", date(2026, 1, 2)),
        ("8", date(2026, 1, 3)),
    ]
    assert shop.query(
        "select funnel, step, users from shop_product.funnel_conversion order by step"
    ) == [("view_to_purchase", 1, 3), ("view_to_purchase", 2, 1)]
    assert shop.rows("shop_product.user_segments") == [
        ("7", "page", "shoes"),
        ("8", "page", "hats"),
        ("9", "page", "(none)"),
    ]
    assert set(
        shop.query("select distinct segment_value from shop_product.churn_summary_by_segment")
    ) == {("shoes",), ("hats",), ("(none)",)}
    # the shop's files say nothing about types: on_day, always empty, is a number all the same
    assert dict(shop.columns("shop_definitions.funnel_steps"))["on_day"] == "integer"
    # definitions that the shop left as they are
    assert shop.query(
        "select distinct retention from shop_product.cohort_retention order by retention"
    ) == [("daily_activity",), ("monthly_activity",), ("weekly_activity",)]
    assert shop.query(
        "select property, events from shop_product.event_properties order by event_name"
    ) == [("page", 1), ("page", 2)]
    assert shop.query("select count(*) from shop.sessions") == shop.query(
        "select count(*) from shop_product.sessions"
    )


def test_a_model_of_the_other_project_may_give_the_events(shop: Database, consumer: Path) -> None:
    run_dbt(
        "run", "--select", "+stg_events", database=shop, project=consumer,
        variables={"events_model": "web_events", "event_columns": {}},
    )  # fmt: skip
    # the model leaves out what was bought in a shop; the loader's names need no mapping
    assert shop.query(
        "select event_id, user_id, event_date from shop_staging.stg_events order by event_id"
    ) == [
        ("#1", "7", date(2026, 1, 1)),
        ("#3", "8", date(2026, 1, 2)),
        ("#5", "9", date(2026, 2, 10)),
    ]


def test_roll_ups_are_kept_of_another_table_too(shop: Database, consumer: Path) -> None:
    by_arrival = {"rollups": "incremental", "event_columns": COLUMNS | {"ingested_at": "arrived"}}
    count = "select churn_status, users from shop_product.churn_summary order by churn_status"
    run_dbt(*BUILD_UNTESTED, database=shop, project=consumer, variables=by_arrival)
    assert shop.query(count) == [("customer", 1), ("lost", 2)]
    # neither of both projects' views is made anew, as macros/views.sql says
    views = (
        "select 'shop.lost_customers'::regclass::oid, 'shop_product.signups'::regclass::oid"
        if shop.engine == "postgres"
        else "select 1"
    )
    before = shop.query(views)
    # it arrives late, is about a day in the past, and of a customer who was lost
    shop.execute(
        "insert into tracking.actions values"
        " ('#6', 'viewed', '2026-02-09 10:00', 7, '{}', '2026-03-02 00:00:00+00')"
    )
    run_dbt("run", database=shop, project=consumer, variables=by_arrival)
    assert shop.query(count) == [("customer", 2), ("lost", 1)]
    assert shop.query(views) == before
    kept = "select table_name from information_schema.tables where table_name like '%kept'"
    assert {("fct_events__kept",), ("agg_activity_gaps__kept",)} <= set(shop.query(kept))


def test_definitions_of_the_other_project_are_read_and_refused_like_the_packages_own(
    shop: Database, consumer: Path
) -> None:
    windows = consumer / "seeds" / "churn_windows.csv"
    header = "churn_status,min_days_inactive,max_days_inactive\n"
    options: dict[str, Any] = {"database": shop, "project": consumer}
    count = "select churn_status, users from shop_product.churn_summary order by churn_status"

    windows.write_text(f"{header}'here',0,30\nnull,31,\n")
    code, said = run_dbt_process(*BUILD_UNTESTED, **options)
    assert code == 0, said
    assert shop.query(count) == [("'here'", 1), ("null", 2)]

    windows.write_text(f"{header}here,0,30\ngone,32,\n")
    code, said = run_dbt_process(*BUILD_UNTESTED, **options)
    assert code == 1, said
    assert "seeds/churn_windows.csv: row 'gone' leaves a gap after 'here'; let each window" in said
    assert shop.query(count) == [("'here'", 1), ("null", 2)]

    windows.write_text(f"{header}here,0,30\ngone,31,\n")
    code, said = run_dbt_process("retry", **options)
    assert code == 0, said
    assert shop.query(count) == [("gone", 2), ("here", 1)]


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (
            {"event_columns": COLUMNS | {"evnt_name": "action"}},
            "event_columns has the key 'evnt_name', which is no column of an event; use",
        ),
        (
            {"event_columns": COLUMNS | {"user_id": ""}},
            "event_columns says nothing for user_id, which every event has; name",
        ),
        (
            {"rollups": "incremental"},
            "event_columns says that the events have no ingested_at; name a column",
        ),
    ],
)
@pytest.mark.parametrize("engine", ["duckdb"])
def test_a_mapping_that_cannot_be_is_refused(
    shop: Database, consumer: Path, variables: dict[str, object], message: str
) -> None:
    refused = run_dbt(
        "run", "--select", "stg_events", database=shop, project=consumer, check=False,
        variables=variables,
    )  # fmt: skip
    assert not refused.success
    assert message in refused.output


@pytest.mark.parametrize(
    ("columns", "event_time"),
    [
        ({"event_time": "happened"}, "event_time (happened) is a timestamp without time zone"),
        ({"event_time": "cast(happened as date)"}, "event_time (cast(happened as date)) is a date"),
        ({"ingested_at": "happened"}, "ingested_at (happened) is a timestamp without time zone"),
    ],
    ids=["column", "expression", "arrival"],
)
def test_a_time_without_a_time_zone_stops_the_build_at_its_start(
    shop: Database, consumer: Path, columns: dict[str, str], event_time: str
) -> None:
    refused = run_dbt(
        "build", database=shop, project=consumer, check=False,
        variables={"event_columns": COLUMNS | columns},
    )  # fmt: skip
    assert not refused.success
    sentence = f"The events' {event_time}, which means another instant in each session; say whose"
    assert sentence in refused.output
    assert "in the variable event_columns, such as " in refused.output
    assert " at time zone 'UTC'." in refused.output
    # not even seeds are loaded
    assert schemas(shop) == {"tracking"}


@pytest.mark.parametrize("materialized", ["view", "ephemeral"])
def test_a_time_of_a_model_is_looked_at_once_the_model_is_built(
    shop: Database, consumer: Path, materialized: str
) -> None:
    model = consumer / "models" / "web_events.sql"
    config = f"{{{{ config(materialized='{materialized}') }}}}\n"
    in_utc = model.read_text()
    model.write_text(config + in_utc.replace("happened at time zone 'UTC'", "happened"))
    from_model = {"events_model": "web_events", "event_columns": {}}
    run = ("run", "--select", "+stg_events")
    refused = run_dbt(*run, database=shop, project=consumer, check=False, variables=from_model)
    assert "The events' event_time (event_time) is a timestamp without time zone" in refused.output
    assert {name for name, status in refused.statuses.items() if status == "error"} == {
        "stg_events"
    }
    # once it is mended, what an earlier build made of it is of no account
    model.write_text(config + in_utc)
    run_dbt(*run, database=shop, project=consumer, variables=from_model)


@pytest.mark.parametrize("engine", ["duckdb"])
def test_nothing_of_the_package_takes_what_the_other_project_calls_the_same(
    shop: Database, consumer: Path
) -> None:
    for path in (REPOSITORY / "models").rglob("*.sql"):
        if not (consumer / "models" / path.name).exists():
            (consumer / "models" / path.name).write_text("select 1 as id")
    (consumer / "models" / "sources.yml").write_text(
        "sources: [{name: raw, schema: elsewhere, tables: [{name: events}]}]"
    )
    everything = {f"include_{kind}": True for kind in ("exposures", "metrics", "analyses")}
    parsed = run_dbt("parse", database=shop, project=consumer, variables=everything)
    manifest = parsed.result
    resources = [
        *manifest.nodes.values(), *manifest.unit_tests.values(), *manifest.exposures.values(),
        *manifest.semantic_models.values(), *manifest.metrics.values(),
    ]  # fmt: skip
    taken = {
        unique_id
        for resource in resources
        if resource.package_name == "event_analytics"
        for unique_id in resource.depends_on_nodes
        if ".shop." in unique_id
    }
    # what the shop puts in place of the package's
    assert taken == {f"seed.shop.{path.stem}" for path in (consumer / "seeds").glob("*.csv")}
    assert "depends on the root project" not in parsed.output


@pytest.mark.parametrize("engine", ["duckdb"])
def test_exposures_metrics_and_analyses_come_along_where_asked_for(
    shop: Database, consumer: Path
) -> None:
    project = consumer / "dbt_project.yml"
    without = run_dbt("parse", database=shop, project=consumer).result
    assert extras(without) == set()

    settings = project.read_text()
    for kind, expected in {
        "exposures": {"exposure"},
        "metrics": {"metric", "saved_query", "semantic_model"},
        "analyses": {"analysis"},
    }.items():
        asked = f"  event_analytics:\n    include_{kind}: true\n"
        project.write_text(settings.replace("  event_analytics:\n", asked, 1))
        manifest = run_dbt("parse", database=shop, project=consumer).result
        assert extras(manifest) == expected


def extras(manifest: Any) -> set[str]:
    """The kinds of what a project has beside its models and their tests."""
    resources = [
        *manifest.exposures.values(), *manifest.metrics.values(), *manifest.saved_queries.values(),
        *manifest.semantic_models.values(), *manifest.nodes.values(),
    ]  # fmt: skip
    kinds = {str(resource.resource_type) for resource in resources}
    return kinds - {"model", "operation", "seed", "test"}


@pytest.mark.parametrize("engine", ["duckdb"])
def test_other_projects_may_read_the_public_views_only(shop: Database, consumer: Path) -> None:
    (consumer / "models" / "meddling.sql").write_text("select * from {{ ref('fct_user_days') }}")
    refused = run_dbt("parse", database=shop, project=consumer, check=False)
    assert "fct_user_days, which is not allowed because the referenced node is protected" in (
        refused.output
    )


@pytest.mark.parametrize("engine", ["duckdb"])
def test_the_other_project_may_name_all_schemas_its_own_way(shop: Database, consumer: Path) -> None:
    (consumer / "macros" / "schemas.sql").write_text(
        "{% macro default__generate_schema_name(custom_schema_name, node) %}"
        "{{ return(custom_schema_name or 'unnamed') }}{% endmacro %}"
    )
    nodes = run_dbt("parse", database=shop, project=consumer).result.nodes
    assert nodes["model.event_analytics.signups"].schema == "product"
    assert nodes["model.shop.lost_customers"].schema == "unnamed"


def schemas(database: Database) -> set[str]:
    """Return the schemas that have tables or views."""
    found = database.query(
        "select distinct table_schema from information_schema.tables"
        " where table_schema not in ('information_schema', 'pg_catalog')"
    )
    return {name for (name,) in found}
