"""Settings under which the views are compared with the reference."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from tests.reference import Settings


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
    "kathmandu": Variant(
        Settings(
            reporting_timezone="Asia/Kathmandu",
            activity_events=("q_is_5", "C"),  # an action and a name
            signup_event="like_x",
            as_of_date=date(2024, 3, 12),
            max_report_days=20,
            wau_days=1,
            mau_days=3,
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
