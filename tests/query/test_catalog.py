"""What the server knows of the views, and where it refuses to start."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from loader.errors import LoaderError
from query.catalog import read_catalog
from query.errors import nearest, unknown
from serving.errors import HttpError
from tests.query.built import Built
from tests.support.databases import Database
from tests.support.run import LoaderResult, run_loader, start_loader


def node(name: str, data_type: str = "text", **changes: Any) -> dict[str, Any]:
    """A model as dbt's manifest has it."""
    config = {"access": "public", "contract": {"enforced": True}, "meta": {"grain": "user"}}
    return {
        "name": name,
        "resource_type": "model",
        "package_name": "event_analytics",
        "original_file_path": f"models/marts/churn/{name}.sql",
        "description": "",
        "columns": {"a": {"name": "a", "data_type": data_type, "description": " What \n it is. "}},
        "config": {**config, **changes.pop("config", {})},
        **changes,
    }


def write(path: Path, *nodes: dict[str, Any]) -> Path:
    content = {
        "metadata": {"generated_at": "2026-01-01T00:00:00Z"},
        "nodes": {f"model.{one['name']}": one for one in nodes},
    }
    path.write_text(json.dumps(content))
    return path


def test_a_view_is_a_public_model_with_a_contract(tmp_path: Path) -> None:
    manifest = write(
        tmp_path / "manifest.json",
        node("open", config={"schema": "marts"}),
        node("protected", config={"access": "protected"}),
        node("loose", config={"contract": {"enforced": False}}),
        node("seed", resource_type="seed"),
        node("theirs", package_name="shop"),
        node("theirs_of_other_types", "numeric(10, 2)", package_name="shop"),
    )
    catalog = read_catalog(manifest)
    assert list(catalog.views) == ["open", "theirs"]
    view = catalog.view("open")
    assert (view.custom_schema, view.area, view.grain, view.key) == ("marts", "churn", "user", ())
    assert view.columns[0].description == "What it is."


def test_a_view_of_a_type_that_no_answer_has_stops_the_server(tmp_path: Path) -> None:
    manifest = write(tmp_path / "manifest.json", node("open", "numeric(10, 2)"))
    with pytest.raises(LoaderError, match=r"column a of the view open has the type 'numeric"):
        read_catalog(manifest)


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "Write it with: loader build"), ("[]", "no manifest"), ("{", "no manifest")],
)
def test_what_is_no_manifest_is_said(tmp_path: Path, content: str | None, said: str) -> None:
    path = tmp_path / "manifest.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(LoaderError, match=said):
        read_catalog(path)


def test_every_view_of_the_project_has_a_key_and_says_what_it_answers(
    all_built: Callable[[str], Built],
) -> None:
    catalog = read_catalog(all_built("duckdb").manifest)
    for view in catalog.views.values():
        assert view.key, view.name
        assert set(view.key) <= {column.name for column in view.columns}
        assert view.question, view.name
        assert view.grain, view.name


def test_the_nearest_name_is_the_one_that_was_meant() -> None:
    names = ["daily_active_users", "daily_churn", "churn_summary"]
    assert nearest("daily_active_user", names) == "daily_active_users"
    assert nearest("Churn_Sumary", names) == "churn_summary"
    assert nearest("xyz", names) is None
    with pytest.raises(HttpError, match="Did you mean 'daily_churn'"):
        raise unknown("view", "daily_chrun", names)


def serve(database: Database, *options: str) -> LoaderResult:
    """A server that does not start: how it ended."""
    with start_loader("serve", "--port", "0", *options, database=database, program="query") as run:
        stdout, stderr = run.communicate(timeout=60)
    return LoaderResult(run.returncode, stdout.decode(), stderr.decode())


def test_a_server_that_cannot_work_says_what_to_do(database: Database, tmp_path: Path) -> None:
    manifest = str(write(tmp_path / "manifest.json", node("open")))
    absent = serve(database, "--key", "k", "--manifest", str(tmp_path / "absent.json"))
    assert absent.exit_code == 1
    assert "loader build" in absent.stderr
    wide = serve(database, "--open", "--host", "0.0.0.0", "--manifest", manifest)  # noqa: S104
    assert wide.exit_code == 2
    assert "--key" in wide.stderr
    both = serve(database, "--open", "--key", "k", "--manifest", manifest)
    assert both.exit_code == 2
    if database.engine == "postgres":
        run_loader("init", database=database, check=True)
        role = f"{database.name}-none"
        lacking = serve(database, "--key", "k", "--manifest", manifest, "--reader-role", role)
        said = "loader init --roles"
    else:
        lacking = serve(database, "--key", "k", "--manifest", manifest)
        said = "loader init"
    assert lacking.exit_code == 1, lacking.stderr
    assert said in lacking.stderr
    assert "Traceback" not in lacking.stderr
