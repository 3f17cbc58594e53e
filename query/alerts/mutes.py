"""What somebody does about alerts: mute them for a while, or say that they have taken one up."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from loader.errors import LoaderError
from query.alerts.database import Session

_COLUMNS = "mute_id, organisation, name, segment_value, until, reason, created_at, created_by"


@dataclass(frozen=True)
class Mute:
    """Nothing is said of ``name`` (None: of anything) until then; of one segment value, or all."""

    mute_id: str
    organisation: str
    name: str | None
    segment_value: str | None
    until: datetime
    reason: str | None
    created_at: datetime
    created_by: str

    def covers(self, name: str, segment_value: str) -> bool:
        """Whether it mutes this."""
        return (self.name is None or self.name == name) and (
            self.segment_value is None or self.segment_value == segment_value
        )


def mute(  # noqa: PLR0913 (what, and who and why)
    session: Session,
    organisation: str,
    name: str | None,
    segment_value: str | None,
    *,
    now: datetime,
    until: datetime,
    by: str,
    reason: str | None,
) -> Mute:
    """Mute an alert, a user event, or everything of an organisation."""
    made = Mute(secrets.token_hex(4), organisation, name, segment_value, until, reason, now, by)
    session.rows(
        f"insert into {{place}}.mutes ({_COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8)",
        *(made.mute_id, organisation, name, segment_value, until, reason, now, by),
    )
    return made


def unmute(session: Session, mute_id: str, now: datetime) -> Mute:
    """End a mute. Raises LoaderError where there is none of this id."""
    found = [known for known in mutes(session, now) if known.mute_id == mute_id]
    if not found:
        raise LoaderError(
            f"No mute {mute_id!r} is in force. See those that are with: query alerts list"
        )
    session.rows("update {place}.mutes set ended_at = $2 where mute_id = $1", mute_id, now)
    return found[0]


def mutes(session: Session, now: datetime) -> list[Mute]:
    """Those in force, the oldest first."""
    return [
        Mute(*row)
        for row in session.rows(
            f"select {_COLUMNS} from {{place}}.mutes "
            "where ended_at is null and until > $1 order by created_at, mute_id",
            now,
        )
    ]


def acknowledge(  # noqa: PLR0913 (what, and who and why)
    session: Session,
    organisation: str,
    alert: str,
    segment_value: str | None,
    *,
    now: datetime,
    by: str,
    note: str | None,
) -> list[str]:
    """Note who has taken up an alert that fires, for one segment value or all that fire.

    Returns the segment values. Raises LoaderError where it does not fire.
    """
    changed = session.rows(
        """
        update {place}.alert_states set acknowledged_at = $4, acknowledged_by = $5, note = $6
        where
            organisation = $1 and alert = $2 and announced
            and (cast($3 as text) is null or segment_value = $3)
        returning segment_value
        """,
        *(organisation, alert, segment_value, now, by, note),
    )
    if not changed:
        raise LoaderError(
            f"No alert {alert!r} has been said to fire"
            + (f" for {segment_value!r}" if segment_value is not None else "")
            + ". See those that do with: query alerts list"
        )
    return sorted(value for (value,) in changed)
