"""Settings and definitions under which the views are compared with the reference."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from tests.reference import Definitions, Settings
from tests.support.databases import Database
from tests.support.run import BUILD_UNTESTED, run_dbt, run_loader

SEEDS = Path(__file__).parent / "seeds"
DEFINITIONS = Definitions.from_seeds(SEEDS)
# No more than the seeds need: each step that funnels may have costs time in every query.
MAX_FUNNEL_STEPS = max(len(funnel.steps) for funnel in DEFINITIONS.funnels)


@dataclass(frozen=True)
class Variant:
    """Settings, instants around which something happens under them, and a session's time zone."""

    settings: Settings
    anchors: tuple[str, ...]
    session_timezone: str = "UTC"

    def instants(self) -> list[datetime]:
        """The anchors as instants."""
        return [datetime.fromisoformat(anchor).astimezone(UTC) for anchor in self.anchors]


VARIANTS = {
    "defaults": Variant(
        # but for this, by which an event of decades ago takes the reference no longer
        Settings(max_report_days=400),
        (
            "2023-01-01T00:00Z",
            "2023-03-01T00:00Z",  # no leap year
            "2024-02-29T00:00Z",
            "2024-03-01T00:00Z",
            "2024-04-01T00:00Z",
            "2024-12-30T00:00Z",  # a Monday, in the first ISO week of the next year
        ),
    ),
    "berlin": Variant(
        Settings(
            reporting_timezone="CET",  # an hour ahead of UTC, and two in summer
            week_start="sunday",
            activity_events=("A", "B"),  # signing up is none
            signup_event="join",
            as_of_date=date(2024, 4, 2),
            max_report_days=500,
            # so that dates of events that are months apart are judged
            anomaly_weeks=3,
            anomaly_days=5,
            alert_report_days=60,
        ),
        (
            "2023-10-29T00:00+02:00",  # a day of 25 hours, the clock goes back at
            "2023-10-29T01:00Z",
            "2024-01-01T00:00+01:00",
            "2024-02-29T00:00+01:00",
            "2024-03-31T00:00+01:00",  # a day of 23 hours, the clock goes forward at
            "2024-03-31T01:00Z",
            "2024-04-03T00:00+02:00",  # where the reports end
        ),
    ),
    "merged": Variant(
        Settings(
            identity="merge",
            max_person_ids=5,
            reporting_timezone="Asia/Tokyo",
            signup_event="join",
            max_report_days=400,
        ),
        ("2024-01-01T00:00+09:00", "2024-02-29T00:00+09:00"),
    ),
    "kathmandu": Variant(
        Settings(
            reporting_timezone="Asia/Kathmandu",
            activity_events=("q_is_5", "C"),  # an action and a name
            signup_event="like_x",
            as_of_date=date(2024, 3, 12),
            max_report_days=20,
            wau_days=1,
            mau_days=3,
            anomaly_weeks=2,
            anomaly_days=3,
            anomaly_least_percent=1,
            session_gap_minutes=60,
            max_path_steps=2,
        ),
        (
            "2023-12-31T00:00+05:45",
            "2024-01-01T00:00+05:45",
            "2024-02-29T00:00+05:45",
            "2024-03-04T00:00+05:45",
        ),
        session_timezone="America/Havana",  # where 2024-03-10 has no midnight
    ),
}


def build(database: Database, project: Path, variant: Variant) -> None:
    """Build all views of the project with a variant's settings, in an empty database."""
    run_loader("init", database=database, check=True)
    variables = variant.settings.as_dbt_vars() | {"max_funnel_steps": MAX_FUNNEL_STEPS}
    run_dbt(*BUILD_UNTESTED, database=database, variables=variables, project=project)
