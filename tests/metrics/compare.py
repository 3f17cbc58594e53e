"""Holding the views of built projects against the plain reference."""

from collections.abc import Iterable, Sequence

from tests.metrics.crowds import smallest
from tests.metrics.views import PublicViews, difference, log_as_text
from tests.reference import VIEWS, Definitions, Event, History, Settings, compute


def assert_views_match(
    views: PublicViews,
    names: Iterable[str],
    log: Sequence[Event],
    definitions: Definitions,
    settings: Settings,
    *,
    happened: object = None,
) -> None:
    """Compare these views with the reference, for the events that are there.

    What has happened before is said with what differs.
    """
    for view in names:
        expected = compute(view, log, definitions, settings)
        found = difference(view, expected, views.rows(view), ("reference", views.engine))
        assert not found, f"{found}\nafter {happened}" if happened else found


def differing_views(
    engines: Sequence[PublicViews],
    log: Sequence[Event],
    definitions: Definitions,
    settings: Settings,
) -> list[tuple[PublicViews, str]]:
    """On which engine which views have other rows than the reference, for these events."""
    history = History(log, definitions, settings)
    for views in engines:
        views.replace_events(log)
    found = []
    for view, reference in VIEWS.items():
        expected = list(reference.rows(history))
        found += [
            (views, view)
            for views in engines
            if difference(view, expected, views.rows(view), ("reference", views.engine))
        ]
    return found


def small_difference(
    views: PublicViews,
    view: str,
    log: Sequence[Event],
    definitions: Definitions,
    settings: Settings,
) -> str:
    """How a view differs from the reference for a small part of the log, and the part's events."""

    def differs(some: Sequence[Event]) -> str:
        views.replace_events(some)
        expected = compute(view, some, definitions, settings)
        return difference(view, expected, views.rows(view), ("reference", views.engine))

    small = smallest(log, lambda some: bool(differs(some)))
    return f"{differs(small)}\nfor these events:\n{log_as_text(small)}"
