"""How times are written where events come from: layouts, and the zone of those without offset."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import pytz  # type: ignore[import-untyped]

from loader.refusals import RefusedError, kind
from loader.strict_json import shorten
from loader.times import EPOCH_SECONDS, EPOCH_UNITS, moment_at, parse_parts, parse_time, time_text

#: The layout that the contract takes.
ISO = "iso"
#: What the report counts: local times that came twice, and that never were.
AMBIGUOUS = "ambiguous_time"
SKIPPED = "skipped_time"

_NUMBER = re.compile(r"([+-]?)([0-9]{1,20})(?:\.([0-9]+))?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND_DIGITS = {"epoch-s": 6, "epoch-ms": 3, "epoch-us": 0, "epoch-ns": -3}


@dataclass(frozen=True)
class Clock:
    """Reads times as they are written.

    ``formats`` are tried in their order: ``iso``, one of `EPOCH_UNITS`, or a layout of strptime;
    the first that fits counts (of several epochs the one that makes a time from 1990 to 2100).
    ``zone`` is the zone of times without an offset. Of a local time that comes twice the first is
    meant; one that is skipped when clocks go forward is read as if they had not been (02:30 in
    Berlin is 03:30 by the new time). ValueError for a format or a zone that there is not.
    """

    formats: tuple[str, ...] = (ISO,)
    zone: str | None = None

    def __post_init__(self) -> None:
        for name in self.formats:
            if name != ISO and name not in EPOCH_UNITS and "%" not in name:
                known = ", ".join((ISO, *EPOCH_UNITS))
                raise ValueError(
                    f"{name!r} is no format of times; there are {known}, and layouts "
                    "such as '%d.%m.%Y %H:%M'"
                )
            if "%" in name:
                _check_layout(name)
        if self.zone is not None:
            _zone(self.zone)

    @property
    def is_plain(self) -> bool:
        """Whether it reads nothing but what the contract itself does."""
        return self.formats == (ISO,) and self.zone is None

    def text(self, value: Any, notes: Counter[str]) -> Any:
        """The time as the contract takes it; None stays None.

        Raises RefusedError for what no format fits. ``notes`` counts local times that the change
        of clocks makes unclear.
        """
        if value is None or value == "":
            return None
        if len(self.formats) == 1:
            return time_text(self._moment(self.formats[0], value, notes))
        for name in self.formats:
            if name in EPOCH_UNITS and not _plausible(name, value):
                continue
            try:
                return time_text(self._moment(name, value, notes))
            except RefusedError:
                continue
        detail = f"{_shown(value)} is no time as {' or '.join(self.formats)}"
        raise RefusedError("invalid_event_time", detail)

    def _moment(self, name: str, value: Any, notes: Counter[str]) -> datetime:
        if name in EPOCH_UNITS:
            return _epoch(name, value)
        if name == ISO:
            if self.zone is None or not isinstance(value, str):
                return parse_time(value)
            local, offset = parse_parts(value)
        else:
            local, offset = _by_layout(name, value)
            if offset is None and self.zone is None:
                detail = f"{shorten(str(value))} has no offset from UTC: --time-zone NAME says it"
                raise RefusedError("event_time_without_offset", detail)
        if offset is not None or self.zone is None:
            return moment_at(local, offset or timedelta(), str(value))
        return _in_zone(local, self.zone, notes)


def _check_layout(layout: str) -> None:
    """Raise ValueError for what strptime does not know."""
    try:
        datetime.strptime("", layout)  # noqa: DTZ007 (only whether it can be read)
    except (ValueError, re.error) as error:
        if "does not match" not in str(error):
            raise ValueError(f"{layout!r} is no layout of times: {error}") from None


def _plausible(name: str, value: Any) -> bool:
    match = _NUMBER.fullmatch(_digits(value))
    if match is None:
        return False
    first, last = (bound * EPOCH_UNITS[name] for bound in EPOCH_SECONDS)
    return not match[1].startswith("-") and first <= int(match[2]) <= last


def _digits(value: Any) -> str:
    """A number as it was written: its shortest digits, which make the same double."""
    if isinstance(value, bool):
        return ""
    if isinstance(value, float):
        return repr(value) if abs(value) < 1e16 else str(int(value))
    return str(value) if isinstance(value, int | str) else ""


def _epoch(name: str, value: Any) -> datetime:
    match = _NUMBER.fullmatch(_digits(value))
    if match is None:
        given = shorten(value) if isinstance(value, str) else kind(value)
        detail = f"{given} is no number of {name}"
        raise RefusedError("invalid_event_time", detail)
    sign, whole, fraction = match.groups(default="")
    shift = _MICROSECOND_DIGITS[name]
    digits = whole + fraction[:shift].ljust(shift, "0") if shift >= 0 else whole[:shift] or "0"
    try:
        since = timedelta(microseconds=int(digits))
        return _EPOCH - since if sign == "-" else _EPOCH + since
    except OverflowError:
        detail = f"{_shown(value)} is out of range as {name}"
        raise RefusedError("invalid_event_time", detail) from None


def _by_layout(layout: str, value: Any) -> tuple[datetime, timedelta | None]:
    """The local time of a text in a layout of strptime, and its offset if it has one."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)  # such as 20240301 as %Y%m%d
    if not isinstance(value, str):
        detail = f"event_time must be a text like {layout}, not {kind(value)}"
        raise RefusedError("invalid_event_time", detail)
    try:
        found = datetime.strptime(value, layout)  # noqa: DTZ007 (the zone is applied later)
    except (ValueError, OverflowError):
        detail = f"{shorten(value)} is no time like {layout}"
        raise RefusedError("invalid_event_time", detail) from None
    if isinstance(found.tzinfo, timezone):
        return found.replace(tzinfo=None), found.utcoffset()
    return found.replace(tzinfo=None), None


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    """A zone by its name; ValueError, with one that is alike, where there is none."""
    if name not in pytz.all_timezones_set:
        alike = difflib.get_close_matches(name, pytz.all_timezones, n=1)
        advice = f"; is it {alike[0]}?" if alike else ", such as Europe/Berlin or UTC"
        raise ValueError(f"{name!r} is no time zone{advice}")
    # pytz brings the rules along, which not every system has.
    with pytz.open_resource(name) as rules:
        return ZoneInfo.from_file(rules, key=name)


def _in_zone(local: datetime, name: str, notes: Counter[str]) -> datetime:
    zone = _zone(name)
    first, second = (local.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    if first is None or second is None:  # no zone of the database leaves it open
        raise RefusedError("invalid_event_time", f"{name} does not say its offset")
    if first > second:
        notes[AMBIGUOUS] += 1
    elif first < second:
        notes[SKIPPED] += 1
    try:
        return (local - first).replace(tzinfo=UTC)
    except OverflowError as error:
        raise RefusedError("invalid_event_time", f"{local} in {name}: {error}") from None


def _shown(value: Any) -> str:
    return shorten(value if isinstance(value, str) else str(value))
