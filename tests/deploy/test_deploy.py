"""What deploy/ holds agrees with the collector's metrics and with the views."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from collector.metrics import Metrics
from tests.conftest import MakeDatabase
from tests.support.databases import REPOSITORY
from tests.support.run import BUILD_UNTESTED, run_dbt, run_loader

DEPLOY = REPOSITORY / "deploy"
EVENTS = REPOSITORY / "examples" / "cofacts" / "events.parquet"
SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}


def panels(name: str) -> list[dict[str, Any]]:
    """The panels of a dashboard."""
    found: list[dict[str, Any]] = json.loads((DEPLOY / "grafana" / f"{name}.json").read_text())[
        "panels"
    ]
    return found


def expressions() -> list[str]:
    """What is asked of Prometheus, by dashboard and alerts."""
    groups = yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"]
    asked = [rule["expr"] for group in groups for rule in group["rules"]]
    return asked + [target["expr"] for panel in panels("collector") for target in panel["targets"]]


def served() -> set[str]:
    """The names of the series that a collector with a stream serves."""
    metrics = Metrics()
    metrics.watch(lambda: 0, lambda: 0)
    metrics.watch_stream()
    return {
        family.name + suffix
        for family in metrics.registry.collect()
        for suffix in SUFFIXES[family.type]
    }


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "config", "prometheus.yml"),
        ("check", "rules", "alerts.yml"),
        ("test", "rules", "alerts_test.yml"),
    ],
    ids=" ".join,
)
def test_promtool_finds_no_fault(arguments: tuple[str, ...]) -> None:
    if shutil.which("promtool") is None:
        pytest.fail("promtool was not found: install the package prometheus")
    ran = subprocess.run(
        ["promtool", *arguments], cwd=DEPLOY, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_every_alert_is_tested() -> None:
    groups = yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"]
    alerts = {rule["alert"] for group in groups for rule in group["rules"]}
    tests = yaml.safe_load((DEPLOY / "alerts_test.yml").read_text())["tests"]
    fired = [
        case["alertname"]
        for test in tests
        for case in test["alert_rule_test"]
        if case.get("exp_alerts")
    ]
    assert sorted(fired) == sorted(alerts)


def test_dashboard_and_alerts_name_what_the_collector_serves_and_all_of_it() -> None:
    named = {name for text in expressions() for name in re.findall(r"\bcollector_\w+", text)}
    there = served()
    assert named <= there
    base = re.compile("_(bucket|sum|count)$")
    assert {base.sub("", name) for name in there} == {base.sub("", name) for name in named}


def test_every_panel_over_the_views_has_rows(make_database: MakeDatabase) -> None:
    database = make_database("postgres")
    run_loader("init", database=database, check=True)
    run_loader("append", EVENTS, database=database, check=True)
    run_dbt(*BUILD_UNTESTED, database=database)
    dashboard = json.loads((DEPLOY / "grafana" / "marts.json").read_text())
    chosen = {"${schema}": "analytics"}
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            values = [value for (value,) in database.query(filled(variable["query"], chosen))]
            assert values, variable["name"]
            # several of one that takes several, else one, as Grafana quotes them
            taken = values if variable["multi"] else values[:1]
            chosen[f"${{{variable['name']}:sqlstring}}"] = ", ".join(f"'{one}'" for one in taken)
    assert len(chosen) == 5
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            query = re.sub(r"\$__timeFilter\(\w+\)", "true", target["rawSql"])
            assert database.query(filled(query, chosen)), panel["title"]


def filled(query: str, chosen: dict[str, str]) -> str:
    """A query as Grafana sends it, with the values of its variables."""
    for name, value in chosen.items():
        query = query.replace(name, value)
    assert "$" not in query, query
    return query
