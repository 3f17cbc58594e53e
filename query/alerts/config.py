"""Who shall hear of what: ``alerting.yml``, whose settings may be Jinja as in profiles.yml."""

from __future__ import annotations

import base64
import binascii
import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from loader.errors import LoaderError
from loader.profiles import render_settings

DEFAULT_FILE = Path("alerting.yml")
EXAMPLE_FILE = "alerting.example.yml"
KINDS = ("webhook", "alertmanager", "apprise")
#: What organisations are called that have no name: the default schemas.
DEFAULT_ORGANISATION = "default"

_SECRET_PREFIX = "whsec_"  # noqa: S105 (what secrets begin with)
_LEAST_SECRET_BYTES = 24
_RECEIVER_SETTINGS = (
    *("type", "url", "secret", "labels", "headers"),
    *("alerts", "severities", "organisations", "user_events", "remind_hours"),
)
_ONLY_FOR = {"secret": "webhook", "headers": "webhook", "labels": "alertmanager"}
_USER_EVENT_SETTINGS = ("funnel", "step", "churn_status", "backfill")
_MISSING = object()
_UTC = ZoneInfo("UTC")


@dataclass(frozen=True)
class Receiver:
    """Where messages go, and which.

    ``secrets`` sign webhooks, the newest first; ``labels`` are added to those of Alertmanager.
    ``alerts`` are patterns as of file names; an empty tuple of severities or organisations
    stands for all of them. ``remind_hours`` is None where nobody is reminded.
    """

    name: str
    kind: str
    url: str = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    labels: Mapping[str, str] = field(default_factory=dict)
    alerts: tuple[str, ...] = ("*",)
    severities: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    user_events: tuple[str, ...] = ()
    remind_hours: float | None = None

    def wants_alert(self, organisation: str, alert: str, severity: str) -> bool:
        """Whether it shall hear of this alert of an organisation, '' being that of none."""
        return (
            any(fnmatchcase(alert, pattern) for pattern in self.alerts)
            and (not self.severities or severity in self.severities)
            and self._serves(organisation)
        )

    def wants_user_event(self, organisation: str, name: str) -> bool:
        """Whether it shall hear of users to whom this happened: only where it says so."""
        return name in self.user_events and self._serves(organisation)

    def _serves(self, organisation: str) -> bool:
        return not self.organisations or (
            (organisation or DEFAULT_ORGANISATION) in self.organisations
        )


@dataclass(frozen=True)
class UserEvent:
    """What may become of a user: a step of a funnel that is reached, or a status of churn.

    With ``backfill``, users of whom it is true when it is first looked at are told of, too.
    """

    name: str
    funnel: str | None = None
    step: int | None = None
    churn_status: str | None = None
    backfill: bool = False

    @property
    def definition(self) -> str:
        """What it stands for, to notice when a name comes to stand for something else."""
        if self.churn_status is not None:
            return f"churn_status={self.churn_status}"
        return f"funnel={self.funnel} step={self.step}"


@dataclass(frozen=True)
class Config:
    """All of ``alerting.yml``.

    ``clock`` is the time zone whose today ends a silence; None where no clock counts.
    """

    receivers: tuple[Receiver, ...]
    user_events: tuple[UserEvent, ...] = ()
    clock: ZoneInfo | None = _UTC

    def named(self, names: Collection[str]) -> tuple[Receiver, ...]:
        """The receivers of these names, or all where there is none. Raises LoaderError."""
        known = {receiver.name: receiver for receiver in self.receivers}
        for name in names:
            if name not in known:
                raise LoaderError(f"There is no receiver {name!r}.{_nearest(name, known)}")
        return tuple(known[name] for name in names) if names else self.receivers


def read_config(path: Path) -> Config:
    """Read it. Raises LoaderError that says which setting is wrong, and what to do."""
    if not path.exists():
        raise LoaderError(
            f"There is no {path}, which says where alerts go. Copy {EXAMPLE_FILE} there, "
            "or name another file with --config."
        )
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LoaderError(f"Cannot read {path}: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise LoaderError(f"{path} is not valid YAML: {error}. Correct it.") from error
    where = str(path)
    settings = _mapping(render_settings(content, where), where)
    _check_names(settings, ("clock", "receivers", "user_events"), where)
    user_events = tuple(
        _user_event(name, item, f"{where}, user_events, {name}")
        for name, item in _mapping(settings.get("user_events") or {}, where).items()
    )
    receivers = tuple(
        _receiver(name, item, f"{where}, receivers, {name}", [event.name for event in user_events])
        for name, item in _mapping(settings.get("receivers") or {}, where).items()
    )
    if not receivers:
        raise LoaderError(f"{where} names no receivers. Add one as in {EXAMPLE_FILE}.")
    return Config(receivers, user_events, _clock(settings.get("clock", "UTC"), where))


def _clock(name: Any, where: str) -> ZoneInfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise LoaderError(
            f"{where}: clock is {name!r}, which is no time zone. Write that of reports, such as "
            "Europe/Berlin, or null where no clock shall count."
        ) from None


def _receiver(name: str, item: Any, where: str, user_events: list[str]) -> Receiver:
    settings = _mapping(item, where)
    _check_names(settings, _RECEIVER_SETTINGS, where)
    kind = str(settings.get("type", ""))
    if kind not in KINDS:
        raise LoaderError(f"{where}: type is {kind!r}. Use one of {', '.join(KINDS)}.")
    for setting, only in _ONLY_FOR.items():
        if setting in settings and kind != only:
            raise LoaderError(f"{where}: {setting} is for receivers of type {only}. Remove it.")
    url = settings.get("url")
    if not isinstance(url, str) or "://" not in url:
        raise LoaderError(f"{where}: url is no address. Write one, such as https://…")
    if kind != "apprise" and not url.lower().startswith(("http://", "https://")):
        raise LoaderError(f"{where}: url does not begin with https:// or http://.")
    wanted = _texts(settings, "user_events", where)
    if wanted and kind == "alertmanager":
        raise LoaderError(f"{where}: what becomes of a user is no alert. Remove user_events.")
    for event in wanted:
        if event not in user_events:
            raise LoaderError(
                f"{where}: user_events names {event!r}, which is not defined under user_events "
                f"of this file.{_nearest(event, user_events)}"
            )
    return Receiver(
        name=str(name),
        kind=kind,
        url=url,
        secrets=_secrets(settings, where) if kind == "webhook" else (),
        headers=_plain(settings, "headers", where),
        labels=_plain(settings, "labels", where),
        alerts=_texts(settings, "alerts", where, ("*",)),
        severities=_texts(settings, "severities", where),
        organisations=_texts(settings, "organisations", where),
        user_events=wanted,
        remind_hours=_hours(settings, where),
    )


def _secrets(settings: Mapping[str, Any], where: str) -> tuple[str, ...]:
    """The secrets of a webhook, in the form of the specification: base64 after a prefix."""
    found = _texts(settings, "secret", where)
    if not found:
        raise LoaderError(
            f"{where}: a webhook needs a secret that signs it. Make one with: query alerts secret"
        )
    for secret in found:
        try:
            raw = base64.b64decode(secret.removeprefix(_SECRET_PREFIX), validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        if not secret.startswith(_SECRET_PREFIX) or len(raw) < _LEAST_SECRET_BYTES:
            raise LoaderError(
                f"{where}: secret is none of Standard Webhooks: {_SECRET_PREFIX} and at least "
                f"{_LEAST_SECRET_BYTES} bytes in base64. Make one with: query alerts secret"
            )
    return found


def _user_event(name: str, item: Any, where: str) -> UserEvent:
    settings = _mapping(item, where)
    _check_names(settings, _USER_EVENT_SETTINGS, where)
    funnel, step, status = (settings.get(key) for key in ("funnel", "step", "churn_status"))
    backfill = settings.get("backfill", False)
    if not isinstance(backfill, bool):
        raise LoaderError(f"{where}: backfill is {backfill!r}. Write true or false.")
    if status is not None and funnel is None and step is None:
        return UserEvent(str(name), churn_status=str(status), backfill=backfill)
    is_step = isinstance(step, int) and not isinstance(step, bool) and step >= 1
    if funnel is None or status is not None or not is_step:
        raise LoaderError(
            f"{where}: write either funnel and step (a number from 1), or churn_status."
        )
    return UserEvent(str(name), funnel=str(funnel), step=step, backfill=backfill)


def _hours(settings: Mapping[str, Any], where: str) -> float | None:
    hours = settings.get("remind_hours")
    if hours is None:
        return None
    if isinstance(hours, bool) or not isinstance(hours, (int, float)) or not hours > 0:
        raise LoaderError(f"{where}: remind_hours is {hours!r}. Write a number above 0.")
    return float(hours)


def _texts(
    settings: Mapping[str, Any], key: str, where: str, default: tuple[str, ...] = ()
) -> tuple[str, ...]:
    found = settings.get(key, _MISSING)
    if found is _MISSING or found is None:
        return default
    items = found if isinstance(found, list) else [found]
    if not all(isinstance(item, (str, int)) for item in items):
        raise LoaderError(f"{where}: {key} is no list of texts. Write ['…', '…'].")
    return tuple(str(item) for item in items)


def _plain(settings: Mapping[str, Any], key: str, where: str) -> dict[str, str]:
    return {
        str(name): str(value)
        for name, value in _mapping(settings.get(key) or {}, f"{where}, {key}").items()
    }


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise LoaderError(f"{where} is no mapping of names to settings. See {EXAMPLE_FILE}.")
    return value


def _check_names(settings: Mapping[str, Any], known: Collection[str], where: str) -> None:
    for name in settings:
        if name not in known:
            raise LoaderError(f"{where}: unknown setting {name!r}.{_nearest(str(name), known)}")


def _nearest(name: str, known: Collection[str]) -> str:
    """A sentence with the name that was probably meant, or with all that there are."""
    close = difflib.get_close_matches(name, list(known), n=1)
    if close:
        return f" Did you mean {close[0]!r}?"
    return f" There is {', '.join(sorted(known))}." if known else " There is none."
