"""Settings (the dbt variables) and definitions (the seeds) as the reference sees them."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """The variables of dbt_project.yml, with the same names and defaults."""

    reporting_timezone: str = "UTC"
    week_start: str = "monday"
    activity_events: tuple[str, ...] = ()
    signup_event: str = ""
    as_of_date: date | None = None
    max_report_days: int = 3653
    wau_days: int = 7
    mau_days: int = 30
    session_gap_minutes: int = 30
    max_path_steps: int = 20
    identity: str = "none"
    max_person_ids: int = 1000
    anomaly_weeks: int = 8
    anomaly_days: int = 28
    anomaly_least_percent: int = 12
    alert_report_days: int = 400

    def as_dbt_vars(self) -> dict[str, object]:
        """The same settings as a value for `dbt --vars`."""
        return {
            "reporting_timezone": self.reporting_timezone,
            "week_start": self.week_start,
            "activity_events": list(self.activity_events),
            "signup_event": self.signup_event,
            "as_of_date": self.as_of_date.isoformat() if self.as_of_date else "",
            "max_report_days": self.max_report_days,
            "wau_days": self.wau_days,
            "mau_days": self.mau_days,
            "session_gap_minutes": self.session_gap_minutes,
            "max_path_steps": self.max_path_steps,
            "identity": self.identity,
            "max_person_ids": self.max_person_ids,
            "anomaly_weeks": self.anomaly_weeks,
            "anomaly_days": self.anomaly_days,
            "anomaly_least_percent": self.anomaly_least_percent,
            "alert_report_days": self.alert_report_days,
        }


@dataclass(frozen=True)
class ActionRow:
    """One row of an action; without a property it takes every event of that name."""

    action: str
    event_name: str
    property: str | None = None
    operator: str | None = None
    value: str | None = None


@dataclass(frozen=True)
class Step:
    """One funnel step: the event it asks for, and on which day after the first step's."""

    event: str
    on_day: int | None = None


@dataclass(frozen=True)
class Funnel:
    """Steps in order; `window` is the time from first to last step, None for no limit."""

    funnel: str
    steps: tuple[Step, ...]
    window: timedelta | None = None
    step_order: str = "ordered"


@dataclass(frozen=True)
class Retention:
    """Who forms a cohort, what counts as coming back, and in which periods."""

    retention: str
    cohort_event: str
    cohort_kind: str
    return_event: str
    period: str
    periods: int


@dataclass(frozen=True)
class ChurnWindow:
    """A status and the days of inactivity it covers, edges included; None is no upper end."""

    churn_status: str
    min_days_inactive: int
    max_days_inactive: int | None


@dataclass(frozen=True)
class Segment:
    """A property that tells users apart, and which of a user's values counts: first or latest."""

    segment: str
    property: str
    pick: str


@dataclass(frozen=True)
class Alert:
    """What is watched, by which rule, and from where on it fires.

    `segment` is empty for all users; `direction` is empty and `days` None where the rule has none.
    """

    alert: str
    metric: str
    segment: str
    rule: str
    direction: str
    bound: float
    days: int | None
    severity: str
    description: str


@dataclass(frozen=True)
class IdentityLink:
    """Events of a name (or `*`) whose property holds another id of the same person.

    `known_id` says which of the two ids may name the person: user_id or property.
    """

    event_name: str
    property: str
    known_id: str


@dataclass(frozen=True)
class Definitions:
    """Everything that the seeds define."""

    funnels: tuple[Funnel, ...] = ()
    retentions: tuple[Retention, ...] = ()
    churn_windows: tuple[ChurnWindow, ...] = ()
    actions: tuple[ActionRow, ...] = ()
    segments: tuple[Segment, ...] = ()
    alerts: tuple[Alert, ...] = ()
    identity_links: tuple[IdentityLink, ...] = ()
    #: Pairs of ids of one person, the one that names the person first.
    identities: tuple[tuple[str, str], ...] = ()

    @classmethod
    def from_seeds(cls, folder: Path) -> "Definitions":
        """Read the seed files in `folder`; OSError, KeyError or ValueError if they are bad."""
        steps = sorted(_rows(folder / "funnel_steps.csv"), key=lambda row: int(row["step"]))
        return cls(
            funnels=tuple(
                Funnel(
                    funnel=row["funnel"],
                    steps=tuple(
                        Step(step["event"], _optional_int(step["on_day"]))
                        for step in steps
                        if step["funnel"] == row["funnel"]
                    ),
                    window=_optional_seconds(row["window_seconds"]),
                    step_order=row["step_order"],
                )
                for row in _rows(folder / "funnels.csv")
            ),
            retentions=tuple(
                Retention(
                    retention=row["retention"],
                    cohort_event=row["cohort_event"],
                    cohort_kind=row["cohort_kind"],
                    return_event=row["return_event"],
                    period=row["period"],
                    periods=int(row["periods"]),
                )
                for row in _rows(folder / "retentions.csv")
            ),
            churn_windows=tuple(
                ChurnWindow(
                    churn_status=row["churn_status"],
                    min_days_inactive=int(row["min_days_inactive"]),
                    max_days_inactive=_optional_int(row["max_days_inactive"]),
                )
                for row in _rows(folder / "churn_windows.csv")
            ),
            actions=tuple(
                ActionRow(
                    action=row["action"],
                    event_name=row["event_name"],
                    property=row["property"] or None,
                    operator=row["operator"] or None,
                    value=row["value"] or None,
                )
                for row in _rows(folder / "actions.csv")
            ),
            segments=tuple(
                Segment(segment=row["segment"], property=row["property"], pick=row["pick"])
                for row in _rows(folder / "segments.csv")
            ),
            alerts=tuple(
                Alert(
                    alert=row["alert"],
                    metric=row["metric"],
                    segment=row["segment"],
                    rule=row["rule"],
                    direction=row["direction"],
                    bound=float(row["bound"]),
                    days=_optional_int(row["days"]),
                    severity=row["severity"],
                    description=row["description"],
                )
                for row in _rows(folder / "alerts.csv")
            ),
            identity_links=tuple(
                IdentityLink(row["event_name"], row["property"], row["known_id"])
                for row in _rows(folder / "identity_links.csv")
            ),
            identities=tuple(
                (row["user_id"], row["other_id"]) for row in _rows(folder / "identities.csv")
            ),
        )


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _optional_int(text: str) -> int | None:
    return int(text) if text else None


def _optional_seconds(text: str) -> timedelta | None:
    return timedelta(seconds=int(text)) if text else None
