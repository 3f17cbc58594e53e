"""What stands where on the page: sections, their figures, and the views that these show."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A chart or a table.

    Attributes:
        key: Its id in the page, and the name under which the script draws it.
        title: What it shows, in plain words.
        view: The view whose question it answers and whose definition stands behind the (i).
        others: Views that it shows as well.
        is_wide: Whether it takes the page's whole width.
        chooses: What one can choose in it: `retention`, `funnel` or `steps`.
        is_table: Whether it is a table already, of which there is no picture.
    """

    key: str
    title: str
    view: str
    others: tuple[str, ...] = ()
    is_wide: bool = False
    chooses: str = ""
    is_table: bool = False


@dataclass(frozen=True)
class Section:
    """Figures under a heading; `needs` is a table without whose rows there is none."""

    key: str
    title: str
    figures: tuple[Figure, ...]
    needs: str = ""


SECTIONS = (
    Section(
        "use",
        "Active users",
        (
            Figure(
                "active",
                "How many people use it",
                "daily_active_users",
                ("active_users", "daily_active_users_by_segment"),
                is_wide=True,
            ),
            Figure("sticky", "How much of a month's users come on a day", "daily_active_users"),
            Figure("frequency", "On how many days they come", "stickiness"),
        ),
    ),
    Section(
        "growth",
        "Growth",
        (
            Figure("signups", "New users", "signups"),
            Figure("next-day", "Back the next day", "day_1_retention", ("basic_retention",)),
            Figure("lifecycle", "New, kept, won back, lost", "user_lifecycle", is_wide=True),
        ),
    ),
    Section(
        "retention",
        "Retention",
        (
            Figure(
                "cohorts",
                "How many come back",
                "cohort_retention",
                is_wide=True,
                chooses="retention",
            ),
            Figure(
                "curves",
                "How fast they are lost",
                "cohort_retention",
                ("cohort_retention_by_segment",),
                is_wide=True,
                chooses="retention",
            ),
        ),
        needs="retentions",
    ),
    Section(
        "funnels",
        "Funnels",
        (
            Figure(
                "funnel",
                "How far they get",
                "funnel_conversion",
                ("funnel_conversion_daily", "funnel_conversion_by_segment"),
                chooses="funnel",
            ),
            Figure(
                "entries",
                "Whether that changes",
                "funnel_conversion_daily",
                chooses="funnel",
            ),
        ),
        needs="funnels",
    ),
    Section(
        "visits",
        "Visits",
        (
            Figure("sessions", "Visits and visitors", "daily_sessions"),
            Figure("length", "How long and how busy a visit is", "daily_sessions"),
            Figure("paths", "What people do next", "event_paths", is_wide=True, chooses="steps"),
        ),
    ),
    Section(
        "churn",
        "Churn",
        (
            Figure("away", "Who stays away", "daily_churn", is_wide=True),
            Figure(
                "away-now",
                "Where everybody is now",
                "churn_summary",
                ("churn_summary_by_segment",),
                is_wide=True,
            ),
        ),
        needs="churn_windows",
    ),
    Section(
        "segments",
        "Segments",
        (
            Figure(
                "values",
                "How the groups differ",
                "daily_active_users_by_segment",
                ("churn_summary_by_segment", "funnel_conversion_by_segment"),
                is_wide=True,
            ),
        ),
        needs="segments",
    ),
    Section(
        "events",
        "Events",
        (
            Figure(
                "catalog",
                "What is recorded",
                "event_catalog",
                ("event_properties",),
                is_wide=True,
                is_table=True,
            ),
        ),
    ),
)
