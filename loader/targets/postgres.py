"""A target of type postgres."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from loader.errors import LoaderError
from loader.targets.base import Target

# Connection settings that dbt and libpq name alike.
_TEXT_KEYS = ("host", "user", "sslmode", "sslcert", "sslkey", "sslrootcert")
_NUMBER_KEYS = ("port", "connect_timeout", "keepalives_idle")

# dbt writes `role:` into its SQL as it stands: a plain name, whose letters do not count as upper or
# lower, or one in quotes.
_PLAIN_ROLE = re.compile(r"[A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_$\u0080-\U0010ffff]*")
_QUOTED_ROLE = re.compile(r"""\"((?:[^"]|"")+)\"|'((?:[^']|'')+)'""")


def postgres_target(name: str, output: Mapping[str, Any], raw_schema: str, where: str) -> Target:
    """The target of these settings; LoaderError, which begins with ``where``, if there is none."""
    database = output.get("dbname", output.get("database"))
    given = {**output, "dbname": database}
    missing = [key for key in ("host", "user", "dbname", "schema") if not given.get(key)]
    if missing:
        raise LoaderError(f"{where} lacks {', '.join(missing)}. Add it there, as dbt needs it too.")
    kwargs: dict[str, str | int] = {"dbname": str(database), "port": 5432, "connect_timeout": 10}
    kwargs.update({key: str(output[key]) for key in _TEXT_KEYS if output.get(key)})
    for key in _NUMBER_KEYS:
        if output.get(key):
            try:
                kwargs[key] = int(output[key])
            except (TypeError, ValueError) as error:
                raise LoaderError(
                    f"{where}: {key} is {output[key]!r}, which is not a whole number."
                ) from error
    password = output.get("password", output.get("pass"))
    if password not in (None, ""):
        kwargs["password"] = str(password)
    if output.get("search_path"):
        kwargs["options"] = "-c search_path=" + str(output["search_path"]).replace(" ", "\\ ")
    return Target(
        name=name,
        engine="postgres",
        schema=str(output["schema"]),
        raw_schema=raw_schema,
        connect_kwargs=kwargs,
        role=_role(str(output["role"]), where) if output.get("role") else None,
    )


def _role(written: str, where: str) -> str:
    """The name of the role that dbt would turn into."""
    text = written.strip()
    if _PLAIN_ROLE.fullmatch(text):
        return "".join(letter.lower() if letter.isascii() else letter for letter in text)
    quoted = _QUOTED_ROLE.fullmatch(text)
    if quoted is None:
        raise LoaderError(
            f"{where}: role is {written!r}, which dbt does not take for a name; write it in "
            "double quotes within single ones: role: '\"…\"'."
        )
    return quoted[1].replace('""', '"') if quoted[1] else quoted[2].replace("''", "'")
