"""IANA's time zones as pytz has them, which builds compare a database's with, read by zoneinfo."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytz  # type: ignore[import-untyped]

NAMES: tuple[str, ...] = tuple(pytz.all_timezones)
#: The years that zones are looked at in.
FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2027, 11, 1, tzinfo=UTC)
#: The shortest time that there is.
TICK = timedelta(microseconds=1)


@cache
def zone_info(zone: str) -> ZoneInfo:
    """A zone by its name."""
    with pytz.open_resource(zone) as file:
        return ZoneInfo.from_file(file, key=zone)


@cache
def changes(zone: str) -> tuple[datetime, ...]:
    """The instants from FIRST to LAST at which the clocks of a zone are changed."""
    rules = zone_info(zone)
    written = getattr(pytz.timezone(zone), "_utc_transition_times", ())
    instants = [at.replace(tzinfo=UTC) for at in written if at.year >= FIRST.year]
    return tuple(
        at
        for at in instants
        if FIRST < at < LAST
        and at.astimezone(rules).utcoffset() != (at - TICK).astimezone(rules).utcoffset()
    )


@cache
def days(zone: str) -> tuple[date, ...]:
    """Dates around which clocks are changed."""
    near = {at.astimezone(zone_info(zone)).date() for at in (*changes(zone), FIRST)}
    return tuple(sorted({day + timedelta(days=n) for day in near for n in (-1, 0, 1)}))


@cache
def start_of_day(zone: str, day: date) -> datetime:
    """The instant since which the dates before `day` are over."""
    midnights = [datetime.combine(day, time(fold=fold), zone_info(zone)) for fold in (0, 1)]
    return max(
        at
        for at in (midnight.astimezone(UTC) for midnight in midnights)
        if (at - TICK).astimezone(zone_info(zone)).date() < day
    )


@cache
def instants(zone: str) -> tuple[datetime, ...]:
    """Instants at which another rule would show: around changes, and at midnights near them."""
    found = {datetime(year, 1, 1, tzinfo=UTC) for year in range(FIRST.year, LAST.year + 1)}
    found |= {change + timedelta(hours=hours) for change in changes(zone) for hours in (-1, 0, 1)}
    found |= {start_of_day(zone, day) for day in days(zone)}
    return tuple(sorted(found | {at - TICK for at in found}))
