"""The bundle before any Superset has it: what it is made from, and what is refused."""

from __future__ import annotations

import json
import time
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from deploy.superset.__main__ import main
from deploy.superset.api import Superset
from deploy.superset.bundle import make_bundle
from deploy.superset.project import CHARTS, Project, read_project
from deploy.superset.settings import Connection, Settings, read_settings
from deploy.superset.snapshots import copy_of
from loader import quiet_duckdb
from loader.errors import LoaderError, UsageError
from scripts.steps import REPOSITORY
from tests.support.databases import Database

POSTGRES = "postgresql+psycopg2://bi_acme:a%20secret@db/events"


@pytest.fixture(scope="session")
def manifest(duckdb: Database) -> Path:
    return duckdb.directory / "target" / "manifest.json"


@pytest.fixture(scope="session")
def project(manifest: Path) -> Project:
    return read_project(manifest)


def two() -> Settings:
    connections = (Connection("acme", POSTGRES, "analytics_acme"),)
    return Settings((Connection(None, "duckdb:////srv/events.duckdb", "analytics"), *connections))


def test_each_exposure_is_a_dashboard_of_each_connection_with_all_its_views(
    project: Project,
) -> None:
    exposures = yaml.safe_load((REPOSITORY / "models" / "exposures.yml").read_text())["exposures"]
    wanted = {one["name"] for one in exposures} - {"report"}
    files = make_bundle(project, two()).files
    assert {one.name for one in project.dashboards} == wanted
    for connection in ("events", "events_acme"):
        for dashboard in project.dashboards:
            content = files[f"dashboards/{connection}_{dashboard.name}.yaml"]
            charts = {
                part["meta"]["uuid"]
                for part in content["position"].values()
                if isinstance(part, dict) and part["type"] == "CHART"
            }
            drawn = {files[f"charts/{connection}_{uuid}.yaml"]["dataset_uuid"] for uuid in charts}
            views = {
                files[name]["table_name"]
                for name in files
                if name.startswith(f"datasets/{connection}/") and files[name]["uuid"] in drawn
            }
            assert views == set(dashboard.views)


def test_columns_and_descriptions_are_those_of_the_contracts(project: Project) -> None:
    dataset = make_bundle(project, two()).files["datasets/events/cohort_retention.yaml"]
    view = project.catalog.views["cohort_retention"]
    described = {column["column_name"]: column.get("description") for column in dataset["columns"]}
    assert {column.name: column.description for column in view.columns}.items() <= described.items()
    assert view.question in dataset["description"]
    expressions = {one["metric_name"]: one["expression"] for one in dataset["metrics"]}
    rate = "sum(case when is_complete then retained_users end)"
    assert rate in expressions["retention_rate"]
    assert "min(retention) = max(retention)" in expressions["retention_rate"]


def test_a_bundle_is_the_same_again_and_holds_no_password(project: Project) -> None:
    bundle = make_bundle(project, two())
    again = make_bundle(project, two()).zipped()
    assert bundle.zipped() == again
    assert bundle.passwords == {"databases/events_acme.yaml": "a secret"}
    with zipfile.ZipFile(BytesIO(again)) as archive:
        assert not any(b"secret" in archive.read(name) for name in archive.namelist())


def test_lists_of_users_can_be_left_out(project: Project) -> None:
    settings = Settings(two().connections, user_lists=False)
    for name, content in make_bundle(project, settings).files.items():
        assert "user_id" not in json.dumps(content), name


@pytest.mark.parametrize(
    ("view", "change", "said"),
    [
        ("signups", {"charts": [{"title": "A", "kind": "cake", "metrics": []}]}, "cake"),
        ("signups", {"charts": [{"title": "A", "kind": "bar", "metrics": ["visits"]}]}, "visits"),
        ("signups", {"charts": [{"title": "A", "kind": "bar", "colour": "red"}]}, "colour"),
        ("churn_summary", {"apart": ["churn_stats"]}, "Did you mean 'churn_status'"),
        ("churn_summary", {"charts": [{"title": "A", "kind": "line", "metrics": []}]}, "no date"),
        ("churn_summary", None, "does not say how to draw the view churn_summary"),
    ],
)
def test_a_chart_that_does_not_fit_its_view_is_refused(
    manifest: Path, tmp_path: Path, view: str, change: Any, said: str
) -> None:
    charts = yaml.safe_load(CHARTS.read_text())
    if change is None:
        del charts[view]
    else:
        charts[view] |= change
    written = tmp_path / "charts.yml"
    written.write_text(yaml.safe_dump(charts))
    with pytest.raises(LoaderError, match=said) as refused:
        read_project(manifest, written)
    assert view in refused.value.message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("time_range: x", "names no connections"),
        ("connections: [{uri: 'sqlite:///x'}]", "sqlite"),
        ("connections: [{uri: 'duckdb:///x', colour: red}]", "colour"),
        ("connections: [{organisation: Acme, uri: 'duckdb:///x'}]", "no name for an organisation"),
        ("connections: [{uri: 'postgresql://a:${NOBODY}@b/c'}]", "NOBODY"),
        ("connections: [{uri: 'duckdb:///x'}, {uri: 'duckdb:///y'}]", "two connections"),
        (
            (
                "connections: [{uri: 'duckdb:///x'}]\nrow_level_security: [{name: A,"
                " organisation: b, roles: [viewer], views: [signups], clause: 'true'}]"
            ),
            "without connection",
        ),
    ],
)
def test_settings_that_make_no_sense_are_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "superset.yml"
    path.write_text(text)
    with pytest.raises(UsageError, match=said):
        read_settings(path, {})


def test_the_example_of_settings_can_be_read() -> None:
    example = REPOSITORY / "deploy" / "superset" / "setup.example.yml"
    settings = read_settings(example, {"BI_PASSWORD": "a", "BI_ACME_PASSWORD": "b"})
    assert [one.name for one in settings.connections] == ["events", "events_acme"]
    assert settings.connections[1].schema == "analytics_acme"


def test_errors_are_for_people(tmp_path: Path, manifest: Path) -> None:
    settings = tmp_path / "superset.yml"
    settings.write_text("connections: [{uri: 'duckdb:////x.duckdb'}]")
    options = ["--settings", str(settings), "--manifest", str(manifest)]
    nobody = [*options, "--url", "http://127.0.0.1:9"]
    ran = CliRunner().invoke(main, ["set-up", *nobody])
    assert (ran.exit_code, "SUPERSET_PASSWORD" in ran.output) == (2, True)
    ran = CliRunner(env={"SUPERSET_PASSWORD": "x"}).invoke(main, ["set-up", *nobody])
    assert (ran.exit_code, "does not answer" in ran.output) == (1, True), ran.output
    output = tmp_path / "bundle.zip"
    ran = CliRunner().invoke(main, ["bundle", *options, "--output", str(output)])
    assert (ran.exit_code, zipfile.is_zipfile(output)) == (0, True), ran.output


def test_a_copy_is_renewed_when_nobody_writes_any_more(tmp_path: Path) -> None:
    file = tmp_path / "events.duckdb"

    def rows(path: Path) -> int:
        with quiet_duckdb.connect(path, read_only=True) as reader:
            return int(reader.execute("select count(*) from events.main.t").fetchall()[0][0])

    with quiet_duckdb.connect(file) as writer:
        writer.execute("create table t as select 1 as a")
    first = copy_of(file)
    assert (first.name, rows(first)) == ("events.duckdb", 1)
    assert copy_of(file) == first
    with quiet_duckdb.connect(file) as writer:
        writer.execute("insert into t values (2)")
    # as soon as the file has rested for a moment
    second, until = copy_of(file), time.monotonic() + 60
    while second == first and time.monotonic() < until:
        time.sleep(0.05)
        second = copy_of(file)
    assert (rows(first), rows(second)) == (1, 2)
    with pytest.raises(FileNotFoundError):
        copy_of(tmp_path / "none.duckdb")


def listing(*orders: list[int]) -> Superset:
    """A Superset whose list has these ids, page by page in each order that it is asked in."""
    left = iter(orders)
    asked: list[int] = []

    class Listing(Superset):
        def __init__(self) -> None:
            """Log in nowhere."""

        def ask(self, method: str, path: str, **options: Any) -> dict[str, Any]:
            del method, path
            page = int(options["params"]["q"].split("page:")[1].split(",")[0])
            if page == 0:
                asked[:] = next(left)
            part = asked[100 * page : 100 * (page + 1)]
            return {"count": 250, "result": [{"id": number} for number in part]}

    return Listing()


def test_a_list_is_whole_though_its_order_changed_between_pages() -> None:
    once = [*range(100), *range(150), *range(50)]
    superset = listing(once[:250], list(range(250)))
    assert {one["id"] for one in superset.listed("/api/v1/chart/", "slice_name")} == set(range(250))


def test_a_list_that_keeps_changing_is_refused() -> None:
    superset = listing(*([0] * 250 for _ in range(100)))
    with pytest.raises(LoaderError, match=r"other entries of /api/v1/chart/ each time"):
        superset.listed("/api/v1/chart/", "slice_name")
