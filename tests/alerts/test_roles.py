"""On PostgreSQL a role is enough that reads the views and works with the schema alerting."""

from __future__ import annotations

from tests.alerts.receivers import Hook
from tests.alerts.watched import Watched
from tests.conftest import MakeDatabase
from tests.support.run import run_query


def test_a_role_that_may_only_read_the_views_is_let_in(
    make_database: MakeDatabase, hook: Hook
) -> None:
    watched = Watched(make_database("postgres"))
    watched.create_views()
    role = f"alerts_{watched.database.name}"
    watched.execute(f'create role "{role}"')
    try:
        watched.execute(f'grant usage on schema analytics to "{role}"')
        watched.execute(f'grant select on all tables in schema analytics to "{role}"')
        watched.configure(
            {"team": {"url": hook.url, "user_events": ["gone"]}},
            {"gone": {"churn_status": "hard_churn", "backfill": True}},
        )
        watched.judge({})
        watched.churn(("ada", "hard_churn", "2026-01-01"))
        as_role = {"EVENTS_ROLE": role}
        command = ("alerts", "run", "--config", watched.config, "--wait", "0")
        refused = run_query(*command, database=watched.database, env=as_role)
        assert refused.exit_code == 1
        assert "query alerts init --role" in refused.stderr
        assert role in refused.stderr
        watched.alerts("init", "--role", role)
        run_query(*command, database=watched.database, env=as_role, check=True)
        assert len(hook.accepted) == 2
        run_query(*command, database=watched.database, env=as_role, check=True)
        assert len(hook.accepted) == 2
    finally:
        watched.execute(f'drop owned by "{role}"')
        watched.execute(f'drop role "{role}"')


def test_duckdb_has_no_roles(duckdb_watched: Watched) -> None:
    said = duckdb_watched.alerts("init", "--role", "anybody", code=1).stderr
    assert "DuckDB has no roles. Leave --role out." in said
    duckdb_watched.alerts("init")
    assert duckdb_watched.outbox() == []
