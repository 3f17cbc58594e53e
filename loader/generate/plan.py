"""What to generate: how many events of how many users in which days, and out of which values."""

from __future__ import annotations

import datetime
import hashlib
from dataclasses import astuple, dataclass

from loader.errors import UsageError

MAX_DAYS = 3660
MAX_EVENTS = 1_000_000_000

#: Of so many delivered rows, one is a delivery of an event that came before.
ROWS_PER_REPEAT = 200

_DAY_MS = 86_400_000
_MINUTE_MS = 60_000
_EPOCH = datetime.date(1970, 1, 1)

# Values are drawn from these lists with equal chances: what is listed twice is twice as likely.
_COUNTRIES = [*["US"] * 5, *["DE"] * 3, *["GB"] * 3, *["FR"] * 2, "ES", "BR", "IN"]
_HOURS_FROM_UTC = {"US": -6, "DE": 1, "FR": 1, "ES": 1, "BR": -3, "IN": 5}
_EVENTS_BY_HOUR = (
    3,
    2,
    1,
    1,
    1,
    1,
    3,
    6,
    9,
    11,
    12,
    12,
    13,
    12,
    11,
    11,
    12,
    14,
    17,
    20,
    22,
    20,
    13,
    6,
)
_LISTS: dict[str, list[str] | list[int]] = {
    "countries": _COUNTRIES,
    "utc_offsets": [_HOURS_FROM_UTC.get(country, 0) for country in _COUNTRIES],
    "busy_hours": [hour for hour, times in enumerate(_EVENTS_BY_HOUR) for _ in range(times)],
    "referrers": ["direct", "direct", "search", "search", "search", "newsletter", "social", "ad"],
    "plans": ["free"] * 16 + ["pro"] * 3 + ["team"],
    "devices": ["desktop"] * 4 + ["mobile"] * 5 + ["tablet"],
    "pages": ["home", "home", "home", "deals", "deals", "account", "help", "about"],
    "funnel_steps": ["product_viewed", "cart_added", "checkout_started", "purchase_completed"],
    "other_events": (
        ["page_viewed"] * 9 + ["search_performed"] * 4 + ["product_viewed"] * 5
        + ["review_written", "support_contacted"]
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """How much to generate; UsageError for amounts that do not fit together.

    ``events`` counts delivered rows, repeated deliveries included. ``end`` is the last day (UTC)
    and ``days`` the number of days up to it.
    """

    events: int
    users: int
    days: int
    seed: int
    end: datetime.date

    def __post_init__(self) -> None:
        if self.unique_events < self.users:
            raise UsageError(
                f"{self.events} events are too few for {self.users} users: every user signs up, "
                f"and one row in {ROWS_PER_REPEAT} is a repeated delivery. "
                "Ask for more --events or for fewer --users."
            )

    @property
    def repeats(self) -> int:
        """How many rows deliver an event once more."""
        return self.events // ROWS_PER_REPEAT

    @property
    def unique_events(self) -> int:
        """How many different events there are."""
        return self.events - self.repeats

    def variables(self) -> dict[str, object]:
        """Values that the SQL files beside this one expect, by name."""
        start = self.end - datetime.timedelta(days=self.days - 1)
        end_ms = ((self.end - _EPOCH).days + 1) * _DAY_MS
        # Every amount is part of both salts: other amounts make other events, and the ids of two
        # different plans never meet.
        digest = hashlib.sha256(repr(astuple(self)).encode()).hexdigest()
        return {
            **_LISTS,
            "users": self.users,
            "days": self.days,
            "unique_events": self.unique_events,
            "repeats": self.repeats,
            "activity_events": self.unique_events - self.users,
            "salt": int(digest[:8], 16),
            "id_salt": f"{digest} ",
            "start_ms": (start - _EPOCH).days * _DAY_MS,
            "first_weekday": start.weekday(),
            # The last session still fits into the last day, and so does what follows a signup.
            "last_start_ms": end_ms - 30 * _MINUTE_MS,
            "last_signup_ms": end_ms - 90 * _MINUTE_MS,
        }
