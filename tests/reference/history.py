"""The events as reports see them: up to `as_of_date`, on a local calendar, with their meaning."""

from collections.abc import Collection, Iterable
from copy import copy
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .definitions import ActionRow, Definitions, Settings
from .events import Event, property_text
from .identities import links_of, links_of_seed, persons
from .periods import last_date, period_start


class History:
    """What every view starts from.

    `events`: those that exist for reports, by time and id. `as_of_date`: the last date of the
    calendar. `last_complete_date`: the last day that is over. `calendar`: every date from the first
    event's to `as_of_date`, but no more than `max_report_days`. `first_date`: that of the first
    event. `persons`: linked id to person; where ids are merged, users are persons. `signups`: user
    to signup event. Without events the dates are None and the calendar is empty.
    """

    def __init__(self, log: Iterable[Event], definitions: Definitions, settings: Settings) -> None:
        self.definitions = definitions
        self.settings = settings
        self._zone = ZoneInfo(settings.reporting_timezone)
        self._local_dates: dict[datetime, date] = {}  # asked for again and again

        log = list(log)
        arrived = [min(e.event_time, e.ingested_at or e.event_time) for e in log]
        until = settings.as_of_date or (self.local_date(max(arrived)) if arrived else None)
        self.events = sorted(
            (e for e in log if until is None or self.local_date(e.event_time) <= until),
            key=lambda e: (e.event_time, e.event_id),
        )
        self.persons: dict[str, str] = {}
        if settings.identity == "merge":
            self._merge_identities(log)
        self.as_of_date: date | None = None
        self.last_complete_date: date | None = None
        self.first_date: date | None = None
        self.calendar: list[date] = []
        if self.events and until is not None:
            self.as_of_date = until
            self.last_complete_date = settings.as_of_date or until - timedelta(days=1)
            self.first_date = self.local_date(self.events[0].event_time)
            days = min((until - self.first_date).days + 1, settings.max_report_days)
            self.calendar = [until - timedelta(days=n) for n in reversed(range(days))]

        self.signups: dict[str, Event] = {}
        for event in self.events:
            if self._is_signup_event(event):
                self.signups.setdefault(event.user_id, event)
        self.activity = [e for e in self.events if self._is_activity(e)]
        # What a user did in a funnel is the same whoever else there is, so it is asked once.
        self.counted_attempts: dict[tuple[str, str], tuple[datetime, ...]] = {}
        self._list_by_user_and_date()

    def _merge_identities(self, log: list[Event]) -> None:
        """Give each event its person as its user."""
        asked_until = self.settings.as_of_date
        links = [
            link
            for event in log
            if asked_until is None or self.local_date(event.event_time) <= asked_until
            for link in links_of(event, self.definitions)
        ]
        links += links_of_seed(self.definitions)
        self.persons = persons(links, self.settings.max_person_ids)
        self.events = [
            replace(event, user_id=self.persons.get(event.user_id, event.user_id))
            for event in self.events
        ]

    def _list_by_user_and_date(self) -> None:
        self.events_of: dict[str, list[Event]] = {}
        self.active_on: dict[date, set[str]] = {}
        for event in self.events:
            self.events_of.setdefault(event.user_id, []).append(event)
        for event in self.activity:
            self.active_on.setdefault(self.event_date(event), set()).add(event.user_id)

    def of_users(self, users: Collection[str]) -> "History":
        """The same history, on the same calendar, as if there were only these users."""
        part = copy(self)
        part.events = [event for event in self.events if event.user_id in users]
        part.activity = [event for event in self.activity if event.user_id in users]
        part.signups = {user: event for user, event in self.signups.items() if user in users}
        part._list_by_user_and_date()
        return part

    def active_within(self, first: date, last: date) -> set[str]:
        """Users with activity on the local dates from `first` to `last`, both included."""
        days = ((last - first).days + 1) if first <= last else 0
        return set().union(*(self.active_on.get(first + timedelta(n), set()) for n in range(days)))

    def local_date(self, instant: datetime) -> date:
        """Calendar date of an instant in the reporting time zone."""
        if instant not in self._local_dates:
            self._local_dates[instant] = instant.astimezone(self._zone).date()
        return self._local_dates[instant]

    def event_date(self, event: Event) -> date:
        """Local date on which the event happened."""
        return self.local_date(event.event_time)

    def end_of_day(self, day: date) -> datetime:
        """The last microsecond of a local date, as an instant."""
        # Where clocks go back, the next midnight may come twice, and the date after the first.
        next_day = day + timedelta(days=1)
        midnights = [datetime.combine(next_day, time(fold=fold), self._zone) for fold in (0, 1)]
        moments_before = [at.astimezone(UTC) - timedelta(microseconds=1) for at in midnights]
        return max(at for at in moments_before if self.local_date(at) <= day)

    def period_of(self, period: str, day: date) -> date:
        """Start of the period that contains the date."""
        return period_start(period, day, self.settings.week_start)

    def periods(self, period: str) -> list[date]:
        """Starts of all periods that contain a date of the calendar, in order."""
        return sorted({self.period_of(period, day) for day in self.calendar})

    def all_periods(self, period: str) -> list[date]:
        """Starts of all periods from the first event's to that of `as_of_date`, in order."""
        if self.first_date is None or self.as_of_date is None:
            return []
        days = range((self.as_of_date - self.first_date).days + 1)
        return sorted({self.period_of(period, self.first_date + timedelta(n)) for n in days})

    def is_over(self, day: date) -> bool:
        """Whether the whole of this date lies behind us."""
        return self.last_complete_date is not None and day <= self.last_complete_date

    def is_complete(self, period: str, start: date) -> bool:
        """Whether the period that begins on `start` is over."""
        return self.is_over(last_date(period, start))

    def matches(self, event: Event, reference: str) -> bool:
        """Whether an event is what a definition asks for by `reference`.

        A reference is `*` (any event), `$signup` (the one event that is its user's signup), or what
        `is_named` takes. The two signs mean just that, even where an event has such a name.
        """
        if reference == "*":
            return True
        if reference == "$signup":
            return self.signups.get(event.user_id) == event
        return self.is_named(event, reference)

    def is_named(self, event: Event, name: str) -> bool:
        """Whether the event has this name or, where an action has it, does what that asks for."""
        action = [row for row in self.definitions.actions if row.action == name]
        if not action:
            return event.event_name == name
        rows = [row for row in action if row.event_name == event.event_name]
        return bool(rows) and all(_holds(row, event) for row in rows)

    def _is_signup_event(self, event: Event) -> bool:
        wanted = self.settings.signup_event
        return not wanted or self.is_named(event, wanted)

    def _is_activity(self, event: Event) -> bool:
        wanted = self.settings.activity_events
        return not wanted or any(self.is_named(event, name) for name in wanted)


def _holds(row: ActionRow, event: Event) -> bool:
    if row.property is None:
        return True
    text = property_text(event, row.property)
    if row.operator == "exists":
        return event.properties.get(row.property) is not None
    if row.value is None:
        raise ValueError(f"{row} compares with nothing")
    if row.operator == "equals":
        return text == row.value
    if row.operator == "not_equals":
        return text != row.value
    if row.operator == "contains":
        return text is not None and row.value in text
    raise ValueError(f"{row} has an unknown operator")
