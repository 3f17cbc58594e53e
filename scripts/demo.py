"""The main job on real events: load them, build the views, print the metrics, draw them.

The demo has a database of its own, so that it never touches anybody's events. It prints what the
views hold and computes nothing.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import click
import psycopg

from loader.building.run import without_unit_tests
from loader.building.session import Dbt
from report.write import write
from scripts.clickhouse import server_from_environment as named_clickhouse
from scripts.postgres import server_from_environment
from scripts.steps import REPOSITORY, run_loader, use_own_database

EVENTS = Path("examples/cofacts/events.parquet")
DATABASE = "event_analytics_demo"
DIRECTORY = Path(".cache/demo")
TARGETS = ("duckdb", "postgres", "lake", "clickhouse", "spark")
#: Where the events go that a target reads, if that is another one.
LOADED = {"spark": "lake"}
#: What scripts/serve.py can serve.
SERVED = ("duckdb", "postgres")


@dataclass(frozen=True)
class Report:
    """A question, and the query that reads the answer from a public view."""

    title: str
    query: str


REPORTS = (
    Report(
        "Daily active users, the last ten days",
        """
        select activity_date, dau, wau, mau, stickiness
        from (
            select * from {{ ref('daily_active_users') }} order by activity_date desc limit 10
        ) as latest
        order by activity_date
        """,
    ),
    Report(
        "Active users by week, the last eight weeks",
        """
        select period_start as week, active_users, is_complete
        from (
            select * from {{ ref('active_users') }}
            where period = 'week' order by period_start desc limit 8
        ) as latest
        order by period_start
        """,
    ),
    Report(
        "Weekly retention: the share of a week's new users who were back n weeks later",
        """
        select *
        from (
            select
                cohort_start as cohort,
                max(cohort_users) as users,
                max(case when period_number = 1 then retention_rate end) as week_1,
                max(case when period_number = 2 then retention_rate end) as week_2,
                max(case when period_number = 3 then retention_rate end) as week_3,
                max(case when period_number = 4 then retention_rate end) as week_4,
                max(case when period_number = 8 then retention_rate end) as week_8
            from {{ ref('cohort_retention') }}
            where retention = 'weekly_activity' and is_complete
            group by cohort_start
            order by cohort_start desc
            limit 10
        ) as latest
        order by cohort
        """,
    ),
    Report(
        "Funnel question_to_feedback: each step within 7 days of the first",
        """
        select
            step, step_name, users, conversion_from_start, conversion_from_previous,
            median_seconds_from_previous
        from {{ ref('funnel_conversion') }}
        where funnel = 'question_to_feedback'
        order by step
        """,
    ),
    Report(
        "Churn: users by the time since they were last active",
        "select churn_status, users, share from {{ ref('churn_summary') }} order by users",
    ),
    Report(
        "Events",
        """
        select
            event_name, events, users,
            cast(first_event_at as date) as first_seen, cast(last_event_at as date) as last_seen
        from {{ ref('event_catalog') }}
        order by events desc
        """,
    ),
)


@click.command()
@click.option("--target", type=click.Choice(TARGETS), default="duckdb")
@click.option(
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where files of events and views go, and what dbt writes; by default .cache/demo/TARGET.",
)
@click.option(
    "--database", default=DATABASE, help="The database on a server, created when missing."
)
@click.option("--quick", is_flag=True, help="Leave out unit tests, which do not depend on events.")
def main(target: str, directory: Path | None, database: str, *, quick: bool) -> None:
    """Load the example events, build the views and print the metrics.

    With --target postgres the server is the one that PGHOST names, with --target clickhouse that
    of CLICKHOUSE_HOST; see scripts/with_postgres.py and scripts/with_clickhouse.py for a machine
    that has none.
    """
    directory = (directory or DIRECTORY / target).resolve()
    use_own_database(target, directory)
    variables: dict[str, str] = {}
    if target == "postgres":
        os.environ.update(prepare_postgres(database))
    if target == "clickhouse":
        variables = name_clickhouse_databases(database)
    loaded = [f"--target={LOADED[target]}"] if target in LOADED else []
    run_loader("init", *loaded)
    run_loader("append", *loaded, str(EVENTS))
    dbt = Dbt(
        target,
        target_path=directory / "target",
        log_path=directory / "logs",
        variables=variables,
    )
    dbt.build(*(without_unit_tests() if quick else []))
    for report in REPORTS:
        dbt.show(report.title, report.query)
    page = directory / "report.html"
    write(dbt, page)
    print_next_steps(target, page)


def prepare_postgres(database: str) -> dict[str, str]:
    """Create the demo's database when it is missing.

    Returns:
        The environment variables that lead to it.

    Raises:
        click.ClickException: No server is named, or it cannot be used.
    """
    server = server_from_environment(os.environ)
    if server is None:
        raise click.ClickException(
            "PGHOST names no PostgreSQL server. Set it, or let `make demo TARGET=postgres` "
            "start a server for the demo."
        )
    try:
        if not server.has_database(database):
            server.create_database(database)
    except psycopg.Error as error:
        raise click.ClickException(
            f"cannot use the PostgreSQL server at {server.host}: {error}\n"
            "Check PGHOST, PGPORT, PGUSER and PGPASSWORD, or unset PGHOST to let "
            "`make demo TARGET=postgres` start a server of its own."
        ) from error
    return server.env(database)


def name_clickhouse_databases(database: str) -> dict[str, str]:
    """Let loader and dbt use databases of the demo's own, which they create.

    Returns:
        dbt's variables that say so.

    Raises:
        click.ClickException: No server is named.
    """
    if named_clickhouse(os.environ) is None:
        raise click.ClickException(
            "CLICKHOUSE_HOST names no ClickHouse server. Set it, or let "
            "`make demo TARGET=clickhouse` run ClickHouse's engine for the demo."
        )
    raw = f"{database}_raw"
    os.environ.update(CLICKHOUSE_DATABASE=database, LOADER_RAW_SCHEMA=raw)
    return {"raw_schema": raw}


def print_next_steps(target: str, page: Path) -> None:
    """Say what one would do after the demo."""
    if page.is_relative_to(REPOSITORY):
        page = page.relative_to(REPOSITORY)
    click.secho("\nWhere to look next", bold=True)
    served = {}
    if target in SERVED:
        with_target = "" if target == "duckdb" else f" TARGET={target}"
        served[f"make serve{with_target}"] = (
            "the page, and the API at http://127.0.0.1:8001/docs, also for assistants"
        )
    if target == "duckdb":
        served["make dashboards"] = "dashboards with logins at http://127.0.0.1:8088"
    steps = {
        str(page): "all of it as charts: open it in a browser",
        **served,
        "make docs": "what every view and column means",
        "seeds/": "the definitions of funnels, retention and churn: change one, build",
        "analyses/": "worked questions to copy",
        ".venv/bin/loader --help": "how to append your own events",
        "profiles.yml": f"where they go; then: make build TARGET={target}",
    }
    width = max(map(len, steps))
    for step, purpose in steps.items():
        click.echo(f"  {step:<{width}}  {purpose}")


if __name__ == "__main__":
    main()
