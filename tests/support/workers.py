"""How tests are shared out, where several workers run them (`pytest --numprocesses`)."""

from __future__ import annotations

import re

from xdist.scheduler import LoadScopeScheduling

# What takes so long to make that only one worker should: whose tests need it, longest first.
_SHARED = {
    "demo": (
        "project/test_catalog",
        "project/test_demo",
        "project/test_report",
        "metrics/test_engines_agree",
        "metrics/test_analyses",
    ),
}
_PARAMETERS = re.compile(r"\[(?:\w+-)*?(duckdb|postgres)\b(?:-(defaults|berlin|kathmandu)\b)?")


def group_of(node_id: str) -> str:
    """The group of a test; all tests of a group run on one worker.

    That is its file, divided by engine and variant of the settings, as each has databases of its
    own; or what several files share.
    """
    path, _, name = node_id.partition("::")
    for group, files in _SHARED.items():
        if path.removeprefix("tests/").removesuffix(".py") in files:
            return group
    found = _PARAMETERS.search(name)
    return "-".join([path, *filter(None, found.groups() if found else ())])


def shares_what_takes_long(node_id: str) -> bool:
    """Whether a test needs what only one worker should make."""
    return group_of(node_id) in _SHARED


def longest_first(node_id: str) -> int:
    """A key to sort tests by, so that no worker is left with a long group at the end."""
    group = group_of(node_id)
    return list(_SHARED).index(group) if group in _SHARED else len(_SHARED)


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Shares out groups in the order in which they were collected."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
