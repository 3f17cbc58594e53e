"""A plain reading of DESIGN.md in Python: every public view, computed the slow and obvious way.

The SQL models are held against this package. It therefore shares nothing with them: no SQL, no
data frames, no clever passes. Where a definition says "any", it tries all.

`compute("daily_active_users", log, definitions, settings)` returns the rows of one view, and
`VIEWS` lists the views with the columns that identify a row. A new family of views is a new module
with functions under `@view(...)`, imported below.
"""

from collections.abc import Iterable

from . import alerts, catalog, churn, engagement, funnels, people, retention, segments, sessions
from .definitions import (
    ActionRow,
    Alert,
    ChurnWindow,
    Definitions,
    Funnel,
    IdentityLink,
    Retention,
    Segment,
    Settings,
    Step,
)
from .events import Event
from .history import History
from .registry import VIEWS, Row, Value

__all__ = [
    "VIEWS",
    "ActionRow",
    "Alert",
    "ChurnWindow",
    "Definitions",
    "Event",
    "Funnel",
    "History",
    "IdentityLink",
    "Retention",
    "Row",
    "Segment",
    "Settings",
    "Step",
    "Value",
    "alerts",
    "catalog",
    "churn",
    "compute",
    "engagement",
    "funnels",
    "people",
    "retention",
    "segments",
    "sessions",
]


def compute(
    name: str, log: Iterable[Event], definitions: Definitions, settings: Settings
) -> list[Row]:
    """Rows of the public view `name` for these events, in no particular order.

    Raises KeyError for a view that has no reference.
    """
    return list(VIEWS[name].rows(History(log, definitions, settings)))
