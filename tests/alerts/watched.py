"""A database whose views say what a test wants: tables of the columns that contracts promise."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import yaml

from tests.support.databases import REPOSITORY, Database
from tests.support.run import LoaderResult, run_loader, run_query
from tests.support.servers import wait_until

SECRET = "whsec_" + "c2VjcmV0" * 5
VIEWS = {
    "metric_alerts": "alerts",
    "funnel_users": "funnels",
    "funnel_conversion": "funnels",
    "user_churn": "churn",
    "churn_summary": "churn",
}
ALERT = {
    "alert": "falling_wau",
    "rule": "change",
    "metric": "wau",
    "segment": "",
    "segment_value": "",
    "date": "2026-03-01",
    "value": 70.0,
    "bound": 80.0,
    "is_firing": True,
    "severity": "warning",
    "description": "Weekly active users are down",
}


def contract(view: str) -> dict[str, str]:
    """The columns of a view and their types, in order."""
    path = REPOSITORY / "models" / "marts" / VIEWS[view] / f"{view}.yml"
    [model] = [
        model for model in yaml.safe_load(path.read_text())["models"] if model["name"] == view
    ]
    return {column["name"]: column["data_type"] for column in model["columns"]}


class Watched:
    """A database with alerts and users, and an ``alerting.yml``.

    Attributes:
        database: The database.
        config: The file.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.config: Path = database.directory / "alerting.yml"

    def create_views(self, organisation: str = "") -> None:
        """Make raw tables, and the views of an organisation, empty."""
        of = ("--org", organisation) if organisation else ()
        run_loader("init", *of, database=self.database, check=True)
        schema = f"analytics_{organisation}" if organisation else "analytics"
        self.execute(f"create schema if not exists {schema}")
        for view in VIEWS:
            columns = ", ".join(f'"{name}" {kind}' for name, kind in contract(view).items())
            self.execute(f"create table {schema}.{view} ({columns})")

    def execute(self, statement: str, values: Sequence[Any] | None = None) -> None:
        """Run a statement whose parameters are ``?``."""
        if self.database.engine == "postgres":
            statement = statement.replace("?", "%s")
        self.database.execute(statement, values)

    def configure(
        self,
        receivers: Mapping[str, Mapping[str, Any]],
        user_events: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> None:
        """Write ``alerting.yml``; a webhook is signed with SECRET unless it says otherwise."""
        written = {
            name: {
                "type": "webhook",
                **({"secret": SECRET} if settings.get("type", "webhook") == "webhook" else {}),
                **settings,
            }
            for name, settings in receivers.items()
        }
        # the clock of the machine is long after the dates of these tests
        content = {"clock": None, "receivers": written, "user_events": user_events or {}, **more}
        self.config.write_text(json.dumps(content))

    def judge(self, *alerts: Mapping[str, Any], schema: str = "analytics") -> None:
        """Let the view metric_alerts have these rows: ALERT with other values."""
        self._fill(f"{schema}.metric_alerts", [{**ALERT, **alert} for alert in alerts])

    def reach(self, *users: tuple[str, int], schema: str = "analytics") -> None:
        """Let these users have reached these steps of the funnel onboarding, which has three."""
        self._fill(
            f"{schema}.funnel_users",
            [
                {
                    "funnel": "onboarding",
                    "user_id": user,
                    "step": step,
                    "reached_at": "2026-03-01T10:00:00Z",
                }
                for user, step in users
            ],
        )
        self._fill(
            f"{schema}.funnel_conversion",
            [{"funnel": "onboarding", "step": step} for step in (1, 2, 3)],
        )

    def churn(
        self, *users: tuple[str, str, str], as_of: str = "2026-03-31", schema: str = "analytics"
    ) -> None:
        """Let these users have this status, and have been active last on this date."""
        end = datetime.fromisoformat(as_of)
        self._fill(
            f"{schema}.user_churn",
            [
                {
                    "user_id": user,
                    "churn_status": status,
                    "last_active_date": date,
                    "days_inactive": (end - datetime.fromisoformat(date)).days,
                }
                for user, status, date in users
            ],
        )
        self._fill(
            f"{schema}.churn_summary",
            [{"churn_status": status} for status in ("active", "hard_churn")],
        )

    def run(self, *options: str, code: int = 0, wait: float = 0) -> LoaderResult:
        """Run `query alerts run`, which ends so."""
        arguments = ("alerts", "run", "--config", str(self.config), "--wait", str(wait), *options)
        ran = run_query(*arguments, database=self.database)
        assert ran.exit_code == code, ran.stdout + ran.stderr
        return ran

    def alerts(self, *arguments: str, code: int = 0) -> LoaderResult:
        """Run another command of `query alerts`."""
        ran = run_query("alerts", *arguments, database=self.database)
        assert ran.exit_code == code, ran.stdout + ran.stderr
        return ran

    def outbox(self) -> list[dict[str, Any]]:
        """All messages, as `query alerts outbox` shows them."""
        found: list[dict[str, Any]] = self.alerts("outbox", "--limit", "9999", "--json").json()
        return found

    def age(self, **columns: float) -> None:
        """Let times in the outbox lie so many seconds further back, and nobody be paused."""
        self.execute("delete from alerting.pauses")
        for column, seconds in columns.items():
            self.execute(
                f"update alerting.outbox set {column} = {column} - interval '{seconds:.0f} seconds'"
            )

    def _connect(self) -> Any:
        """Connect, in turns with a process that opens a DuckDB file again and again."""
        connections: list[Any] = []

        def connected() -> bool:
            with suppress(duckdb.IOException):
                connections.append(self.database.connect())
            return bool(connections)

        wait_until(connected, "a connection")
        return connections[0]

    def _fill(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        statements = [f"delete from {table}"]
        for row in rows:
            columns = ", ".join(f'"{name}"' for name in row)
            values = ", ".join(_literal(value) for value in row.values())
            statements.append(f"insert into {table} ({columns}) values ({values})")
        connection = self._connect()
        try:
            for statement in statements:
                connection.execute(statement)
        finally:
            connection.close()


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


def days_ago(days: int) -> str:
    """A date so many days before today, in UTC."""
    return (datetime.now(UTC).date() - timedelta(days=days)).isoformat()
