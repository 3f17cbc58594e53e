"""The lists of views say what the models' YAML says, of every view."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from scripts.metrics_page import (
    BEGIN,
    CATALOG,
    END,
    TABLES,
    overview,
    page,
    views,
    with_table,
)
from scripts.steps import REPOSITORY


def node(name: str, area: str, **changes: Any) -> dict[str, Any]:
    return {
        "resource_type": "model",
        "name": name,
        "original_file_path": f"models/marts/{area}/{name}.sql",
        "config": {"meta": {"question": f"Why {name}?", "grain": "date"}},
        "description": f"About {name}.\n",
        "columns": {
            "users": {"name": "users", "data_type": "bigint", "description": "How\nmany | who."}
        },
        **changes,
    }


def nodes(*listed: dict[str, Any]) -> dict[str, Any]:
    return {f"model.p.{one['name']}": one for one in listed}


def test_views_are_listed_by_area_and_name() -> None:
    listed = views(
        nodes(
            node("event_catalog", "catalog"),
            node("signups", "engagement"),
            node("active_users", "engagement"),
            node("int_users", "x", original_file_path="models/facts/x/int_users.sql"),
            node("a_test", "engagement", resource_type="test"),
        )
    )
    assert [view.name for view in listed] == ["active_users", "signups", "event_catalog"]


def test_a_section_has_question_grain_description_and_columns() -> None:
    written = page(views(nodes(node("signups", "engagement"))))
    assert "- **Engagement**: [signups](#signups)" in written
    assert "*Why signups?* One row per date.\n\nAbout signups.\n" in written
    assert "| `users` | bigint | How many \\| who. |" in written


@pytest.mark.parametrize("key", ["question", "grain"])
def test_a_view_without_question_or_grain_is_named(key: str) -> None:
    lacking = node("signups", "engagement")
    del lacking["config"]["meta"][key]
    with pytest.raises(ValueError, match=rf"engagement/signups\.yml: .*config\.meta\.{key}"):
        views(nodes(lacking))


def test_a_folder_that_has_no_place_in_the_order_is_named() -> None:
    with pytest.raises(ValueError, match="name the folder billing in AREAS"):
        views(nodes(node("invoices", "billing")))


def test_the_table_replaces_what_is_between_the_markers_and_nothing_else() -> None:
    content = overview(views(nodes(node("signups", "engagement"))))
    before = f"top\n{BEGIN}\nold\n{END}\nbottom\n"
    after = with_table(before, content, Path("README.md"))
    assert after.startswith(f"top\n{BEGIN}\n\n| view | one row per | answers |\n")
    assert after.endswith(f"| `signups` | date | Why signups? |\n\n{END}\nbottom\n")
    assert with_table(after, content, Path("README.md")) == after


def test_the_catalog_has_links_and_markers_that_it_does_not_show() -> None:
    content = overview(views(nodes(node("signups", "engagement"))), TABLES[CATALOG])
    before = (
        "{% docs __overview__ %}\n{# views: written by `make metrics-page` from models/marts #}"
    )
    after = with_table(f"{before}\n{{# end of views #}}\n", content, CATALOG)
    assert "| [signups](#!/model/model.event_analytics.signups) | date |" in after
    assert "<!--" not in (REPOSITORY / CATALOG).read_text()


def test_a_file_without_markers_is_named() -> None:
    with pytest.raises(ValueError, match=r"README\.md: put the table of views between"):
        with_table("no markers", "", Path("README.md"))
