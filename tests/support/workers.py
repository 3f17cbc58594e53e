"""Which tests belong on one worker, where several run side by side (`pytest --numprocesses`)."""

from __future__ import annotations

import pytest

# What takes so long to make that only one worker should, with the fixtures that bring it.
_EXPENSIVE = {
    "demo": {"demo", "duckdb_demo", "postgres_demo"},
    "cofacts": {"cofacts"},
}
# Parameters by which the fixtures of a file differ, so that its tests may be spread over workers.
_DIVIDING = ("engine", "session_engine", "variant", "project")


def group_tests(items: list[pytest.Item]) -> None:
    """Mark each test with its group, and put the group that takes longest first."""
    groups = {item: _group(item) for item in items}
    for item, group in groups.items():
        item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: groups[item] != "demo")


def _group(item: pytest.Item) -> str:
    fixtures = set(getattr(item, "fixturenames", ()))
    for group, names in _EXPENSIVE.items():
        if names & fixtures:
            return group
    call = getattr(item, "callspec", None)
    parameters = call.params if call is not None else {}
    # xdist writes the group behind an @ into the test's id
    divided = [str(parameters[name]) for name in _DIVIDING if name in parameters]
    return "-".join([item.path.stem, *divided])
