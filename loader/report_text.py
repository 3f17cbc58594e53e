"""The closing report of ``loader append``, and the account of a dry run, for people."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator

from loader.contract import Event, time_text
from loader.field_use import DERIVED, NOTHING, REST, shown
from loader.report import CONFLICTING, DECIDED, AppendReport, FileReport, by_reason

# Of many files whose columns or users call for a word, so many get one.
_GROUPS = 10
_WIDTH = 300
_WORDS = (DERIVED, REST, "the message, by ", "the text '")


def closing(report: AppendReport) -> list[str]:
    """What was read and what became of it, in one line, and one more for what was rejected."""
    would = "would append" if report.dry_run else "appended"
    counts = (
        f"Read {report.read:,}: {would} {report.appended:,}, duplicate {report.duplicate:,}, "
        f"conflicting {report.conflicting:,}, rejected {report.rejected.total():,} "
        f"in {report.seconds:.1f} s ({report.rows_per_second:,} rows/s)."
    )
    lines = [counts]
    if report.rejected:
        reasons = ", ".join(f"{key} {n:,}" for key, n in by_reason(report.rejected).items())
        hint = "" if report.dry_run else " See them with: loader rejects"
        lines.append(f"Rejected: {reasons}.{hint}")
    return lines


def notes(report: AppendReport) -> list[str]:
    """What people should know of files that were read: empty ones, unread keys, odd users."""
    read = [file for file in report.files if file.read or file.error is None]
    lines = []
    for files, _ in _grouped(read, lambda file: file.read == 0):
        lines.append(f"Empty: {_names(files)} {'has' if len(files) == 1 else 'have'} no rows.")
    if not report.dry_run:  # where each file's own account says so
        lines += _unread_notes(report, read)
    for file in [file for file in read if file.doubtful_users][:_GROUPS]:
        lines.append(doubtful(file))
    told = [*report.notes, *(note for file in read for note in file.notes)]
    lines += [f"Note: {note}." for note in dict.fromkeys(told)]
    lines += [f"Note: {n:,} {DECIDED[key]}." for key, n in by_reason(report.decided).items()]
    return lines


def _unread_notes(report: AppendReport, read: list[FileReport]) -> list[str]:
    lines = []
    named = len(report.files) > 1
    for files, _ in _grouped(read, lambda file: (*file.unread,)):
        place = f" in {_names(files)}" if named else ""
        lines.append(f"Left unread{place}: {unread(files[0])}.")
    deliveries = [file.delivery_id for file in read if file.unread and file.appended]
    if deliveries:
        name = str(deliveries[0])[:8] if len(deliveries) == 1 else "DELIVERY"
        lines.append(
            f"To append with other columns take out first what is in now (loader withdraw {name}), "
            "or it is there twice."
        )
    return lines


def unread(file: FileReport) -> str:
    """The names of columns or keys that nothing reads, the first of them only, and advice."""
    first, more = shown(file.unread)
    names = ", ".join(map(_printable, first)) + (f" and {more:,} more" if more else "")
    return f"{names}; {file.keeping}" if file.keeping else names


def doubtful(file: FileReport) -> str:
    """The warning of users whose names look like words for nobody."""
    events = file.read - file.rejected.total()
    users = ", ".join(
        f"{_printable(user)!r} ({count:,} of {events:,} events)"
        for user, count in file.doubtful_users.items()
    )
    names = map(_printable, file.doubtful_users)
    mend = (
        " ".join(f"--null '{name}'" for name in names) + " rejects these rows"
        if file.takes_nulls
        else "leave user_id out of these rows"
    )
    return (
        f"Warning: {file.source} has users that look like words for nobody: {users}. "
        f"If they are, {mend}."
    )


def rehearsal(file: FileReport) -> list[str]:
    """What a dry run has found of one source, in a block."""
    counts = (
        f"{file.source}: read {file.read:,}, would append {file.appended:,}, "
        f"duplicate {file.duplicate:,}, conflicting {file.conflicting:,}, "
        f"rejected {file.rejected.total():,}"
    )
    lines = [counts]
    if not file.read:
        return [] if file.error else [*lines, ""]
    lines.append("  Fields")
    for field, keys in file.sources.items():
        lines.append(f"    {field:<12}{_source(field, keys)}")
    if file.unread:
        lines.append(f"  Left unread: {unread(file)}")
    if file.first_events:
        lines.append(f"  First events of {file.appended + file.duplicate + file.conflicting:,}")
    for line, event in file.first_events:
        lines.append(f"    line {line}")
        lines += [f"      {field:<12}{value}" for field, value in _fields(event)]
    if file.first_rejected:
        lines.append("  Not appended")
    reasons = {**by_reason(file.rejected), CONFLICTING: file.conflicting}
    for reason, count in reasons.items():
        row = file.first_rejected.get(reason)
        if row is not None:
            lines.append(f"    {reason} {count:,}, first in line {row.line}: {row.detail}")
            lines.append(f"      {_cut(row.text)}")
    return [*lines, ""]


def _fields(event: Event) -> Iterator[tuple[str, str]]:
    yield "event_id", str(event.event_id)
    yield "event_name", _cut(event.event_name)
    yield "event_time", time_text(event.event_time)
    yield "user_id", _cut(event.user_id)
    yield "properties", _cut(event.properties)


def _source(field: str, keys: list[str]) -> str:
    if keys == [NOTHING]:
        return "from nothing, so it is {}" if field == "properties" else "from nothing"
    words = [key if key.startswith(_WORDS) else f"from {_printable(key)}" for key in keys]
    return (" and " if field == "properties" else ", else ").join(words)


def _grouped(
    files: list[FileReport], key: Callable[[FileReport], Hashable]
) -> list[tuple[list[FileReport], Hashable]]:
    """Files for which there is the same to say, together; of none where there is nothing."""
    groups: dict[Hashable, list[FileReport]] = {}
    for file in files:
        if found := key(file):
            groups.setdefault(found, []).append(file)
    return [(alike, found) for found, alike in list(groups.items())[:_GROUPS]]


def _names(files: list[FileReport]) -> str:
    others = len(files) - 1
    return files[0].source + (f" and {others:,} more" if others else "")


def _cut(text: str) -> str:
    text = _printable(text)
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]}…"


def _printable(text: str) -> str:
    """Without what would move a terminal's cursor or colour it."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
