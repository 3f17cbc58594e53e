"""The file that says which databases there are, who sees which rows, and where pages are shown."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from loader.errors import LoaderError, UsageError
from loader.organisations import check_name

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_KEYS = {
    "": {"time_range", "user_lists", "embedded_in", "connections", "row_level_security"},
    "connections": {"organisation", "uri", "schema"},
    "row_level_security": {"name", "organisation", "roles", "views", "clause"},
}


@dataclass(frozen=True, slots=True)
class Connection:
    """A database, as one organisation's reader sees it; organisation None: the default schemas."""

    organisation: str | None
    uri: str
    schema: str

    @property
    def name(self) -> str:
        """What Superset calls it."""
        return f"events_{self.organisation}" if self.organisation else "events"

    @property
    def role(self) -> str:
        """The role of those who see its data."""
        return f"data_{self.organisation}" if self.organisation else "data"

    @property
    def is_duckdb(self) -> bool:
        """Whether it is a file, which has no users."""
        return self.uri.startswith("duckdb:")


@dataclass(frozen=True, slots=True)
class Rule:
    """Whoever has one of the roles sees of these views only the rows for which a clause holds."""

    name: str
    organisation: str | None
    roles: tuple[str, ...]
    views: tuple[str, ...]
    clause: str


@dataclass(frozen=True, slots=True)
class Settings:
    """All of it.

    Attributes:
        connections: At least one.
        rules: Row-level security.
        time_range: The range of dates of a dashboard when it is opened.
        user_lists: Whether lists of single users are shown.
        embedded_in: Addresses of pages that may show dashboards; none: nobody's.
    """

    connections: tuple[Connection, ...]
    rules: tuple[Rule, ...] = ()
    time_range: str = "Last 180 days"
    user_lists: bool = True
    embedded_in: tuple[str, ...] = ()


def read_settings(path: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the file; `${NAME}` in it stands for a variable of the environment.

    Raises:
        LoaderError: It cannot be read.
        UsageError: It lacks something, has something that nothing reads, or names a variable that
            is not set.
    """
    try:
        content = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise LoaderError(f"Cannot read {path}: {error}") from error
    if not isinstance(content, dict) or not content.get("connections"):
        raise UsageError(f"{path} names no connections: see setup.example.yml beside this program.")
    filled = _filled(content, path, environment)
    _check_keys(filled, "", path)
    for part in ("connections", "row_level_security"):
        for one in filled.get(part) or ():
            _check_keys(one, part, path)
    try:
        connections = tuple(_connection(one) for one in filled["connections"])
        rules = tuple(_rule(one) for one in filled.get("row_level_security") or ())
    except KeyError as error:
        raise UsageError(f"{path}: {error.args[0]} is missing.") from error
    names = [connection.name for connection in connections]
    if len(set(names)) < len(names):
        raise UsageError(f"{path} has two connections of one organisation.")
    for rule in rules:
        if rule.organisation not in {one.organisation for one in connections}:
            raise UsageError(f"{path}: {rule.name!r} is about an organisation without connection.")
    given = {key: filled[key] for key in ("time_range", "user_lists") if key in filled}
    embedded_in = tuple(filled.get("embedded_in") or ())
    return Settings(connections, rules, embedded_in=embedded_in, **given)


def _connection(one: Mapping[str, Any]) -> Connection:
    organisation = one.get("organisation")
    if organisation is not None:
        check_name(organisation)
    default = f"analytics_{organisation}" if organisation else "analytics"
    uri = one["uri"]
    if urlsplit(uri).scheme.partition("+")[0] not in ("postgresql", "duckdb"):
        raise UsageError(f"{uri.partition(':')[0]}: an address begins with postgresql or duckdb.")
    return Connection(organisation, uri, one.get("schema", default))


def _rule(one: Mapping[str, Any]) -> Rule:
    roles, views = tuple(one["roles"]), tuple(one["views"])
    return Rule(one["name"], one.get("organisation"), roles, views, one["clause"])


def _check_keys(one: Mapping[str, Any], part: str, path: Path) -> None:
    unknown = sorted(set(one) - _KEYS[part])
    if unknown:
        where = f" in {part}" if part else ""
        raise UsageError(f"{path}: nothing reads {unknown[0]!r}{where}; there are {_KEYS[part]}.")


def _filled(value: Any, path: Path, environment: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(one, path, environment) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, path, environment) for one in value]
    if not isinstance(value, str):
        return value
    for name in _VARIABLE.findall(value):
        if name not in environment:
            raise UsageError(f"{path} names the variable {name}, which is not set.")
    return _VARIABLE.sub(lambda found: environment[found[1]], value)
