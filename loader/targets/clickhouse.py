"""Targets on a ClickHouse server, whose databases are dbt's schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loader.errors import LoaderError
from loader.targets.base import Target

_HTTP, _HTTPS = 8123, 8443
# What dbt-clickhouse takes for ports of the native protocol.
_NATIVE_PORTS = (9000, 9440)
_TRUE = frozenset({"true", "yes", "on", "1"})


def clickhouse_target(name: str, output: Mapping[str, Any], raw_schema: str, where: str) -> Target:
    """The target with these settings, which are dbt-clickhouse's.

    ``where`` says who names it. Raises LoaderError for what cannot be used.
    """
    secure = _flag(output.get("secure", False))
    kwargs: dict[str, str | int | bool] = {
        "host": str(output.get("host") or "localhost"),
        "port": _port(output, where) or (_HTTPS if secure else _HTTP),
        "username": str(output.get("user") or "default"),
        "password": str(output.get("password") or ""),
        "secure": secure,
        "verify": _flag(output.get("verify", True)),
    }
    if output.get("driver") == "native" or kwargs["port"] in _NATIVE_PORTS:
        raise LoaderError(
            f"{where} names the native protocol, and the loader speaks HTTP. Set 'driver: http' "
            f"and the port of the HTTP interface there, mostly {_HTTP}, or {_HTTPS} with TLS."
        )
    for key in ("client_cert", "client_cert_key", "server_host_name"):
        if output.get(key):
            kwargs[key] = str(output[key])
    return Target(
        name=name,
        engine="clickhouse",
        schema=str(output.get("schema") or "default"),
        raw_schema=raw_schema,
        connect_kwargs=kwargs,
    )


def _port(output: Mapping[str, Any], where: str) -> int | None:
    if not output.get("port"):
        return None
    try:
        return int(output["port"])
    except (TypeError, ValueError) as error:
        raise LoaderError(
            f"{where}: port is {output['port']!r}, which is not a whole number."
        ) from error


def _flag(value: object) -> bool:
    """A setting as YAML has it, or a text of an environment variable."""
    return value if isinstance(value, bool) else str(value).strip().lower() in _TRUE
