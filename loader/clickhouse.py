"""Sessions of a ClickHouse target, and what its driver's errors mean.

Apart from `loader.targets`, so that who works with another engine needs no clickhouse-connect.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from loader.errors import LoaderError, UnconfirmedError
from loader.targets.base import Target

# An append takes as long as it takes; a server that is gone is noticed by the connection.
_ANSWER_SECONDS = 3600
_CONNECT_SECONDS = 10
_SETTINGS = {
    # What was inserted is there, and what was deleted is gone, once the server has answered.
    "async_insert": 0,
    "lightweight_deletes_sync": 2,
    "mutations_sync": 2,
    # A file may hold events of any number of months.
    "max_partitions_per_insert_block": 0,
    # Statements name what they delete.
    "max_query_size": 1 << 26,
    # A name in a condition is that of a column, as in other databases, before that of an alias.
    "prefer_column_name_to_alias": 1,
    # An error in the midst of an answer is an error, and no answer.
    "wait_end_of_query": 1,
}

_UNKNOWN_TABLE, _UNKNOWN_DATABASE = 60, 81
_DENIED, _READ_ONLY = 497, 164
_NO_USER, _WRONG_PASSWORD, _PASSWORD_NEEDED, _NOT_AUTHENTICATED = 192, 193, 194, 516
_NO_ROOM = 243
_SAID = re.compile(r"DB::Exception: (.*?)(?: \(for url [^)]*\))?\Z", re.DOTALL)
_CODE = re.compile(r"code: (\d+)", re.IGNORECASE)


class ClickHouse:
    """A client of a target's server. Each statement stands for itself: there are no transactions.

    Parameters are written ``{name:Type}``, as the server takes them.
    """

    def __init__(self, target: Target) -> None:
        connect = _driver()
        try:
            self._client = connect.get_client(
                **target.connect_kwargs,
                database="default",
                client_name="loader",
                # or a second statement would wait for the first, and need the same replica
                autogenerate_session_id=False,
                connect_timeout=_CONNECT_SECONDS,
                send_receive_timeout=_ANSWER_SECONDS,
                settings=_SETTINGS,
                tz_mode="aware",
            )
        except connect.driver.exceptions.Error as error:
            raise LoaderError(_connection(target.connect_kwargs, error)) from error

    def run(self, statement: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Run a statement that answers nothing."""
        self._client.command(statement, parameters=dict(parameters or {}))

    def rows(
        self, query: str, parameters: Mapping[str, Any] | None = None
    ) -> list[tuple[Any, ...]]:
        """All rows of a query; times have their zone, UTC."""
        found = self._client.query(query, parameters=dict(parameters or {}))
        return [tuple(row) for row in found.result_rows]

    def stream(
        self, query: str, parameters: Mapping[str, Any] | None = None
    ) -> Iterator[tuple[Any, ...]]:
        """The rows of a query as they come, however many they are."""
        with self._client.query_rows_stream(query, parameters=dict(parameters or {})) as rows:
            yield from rows

    def insert(self, table: str, columns: Sequence[str], file: Path, *, token: str) -> None:
        """Insert the rows of a Parquet file; what the same ``token`` has inserted is not again."""
        with file.open("rb") as stream:
            self._client.raw_insert(
                table,
                column_names=columns,
                insert_block=stream,
                fmt="Parquet",
                settings={"insert_deduplication_token": token},
            )

    def answer(self, query: str, sent: Mapping[str, tuple[Path, str]], to: Path) -> None:
        """Write the rows of a query to a Parquet file.

        ``sent`` are tables that go to the server for this query only: a name, the Parquet file
        with their rows, and their columns with types.
        """
        external = _driver().driver.external.ExternalData()
        for name, (file, structure) in sent.items():
            external.add_file(
                file_name=name, data=file.read_bytes(), fmt="Parquet", structure=structure
            )
        settings = {"output_format_parquet_string_as_string": 1}
        found = self._client.raw_query(
            query, fmt="Parquet", external_data=external, settings=settings
        )
        to.write_bytes(found)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()


@contextmanager
def open_clickhouse(target: Target) -> Iterator[ClickHouse]:
    """A client for the time of a block; LoaderError says why the server cannot be used."""
    with closing(ClickHouse(target)) as client:
        yield client


def time_literal(moment: datetime) -> str:
    """A time as SQL, to the microsecond."""
    text = moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return f"toDateTime64('{text}', 6, 'UTC')"


def text_literal(text: str) -> str:
    """A text as SQL."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def failure(
    target: Target, doing: str, error: Exception, *, committing: bool = False
) -> LoaderError | None:
    """What to tell people of an error while ``doing`` something; None unless it is the driver's."""
    if not isinstance(error, _driver().driver.exceptions.Error):
        return None
    code = _code(error)
    if code is not None:
        return LoaderError(_answered(target, doing, code, _said(error)))
    failed = f"{target.label} failed while {doing}: {_said(error)}. "
    if committing:
        return UnconfirmedError(
            failed + "Once the server is well, run this again: "
            "what it had committed is not appended twice."
        )
    return LoaderError(failed + "Nothing was changed; run this again once the server is well.")


def _answered(target: Target, doing: str, code: int, said: str) -> str:
    """What an error that the server has answered means."""
    if code in (_UNKNOWN_TABLE, _UNKNOWN_DATABASE):
        return target.no_raw_tables
    if code == _NO_ROOM:
        return (
            f"The disk of {target.label} is full ({said}). "
            "Nothing was changed; make room there and run this again."
        )
    advice = ""
    if code in (_DENIED, _READ_ONLY):
        advice = (
            " Use a user who may, or ask an administrator: "
            "which rights are needed says docs/clickhouse.md"
        )
    return f"Error while {doing} in {target.label}: {said}.{advice}"


def _driver() -> Any:
    """The module of the driver with all that is used of it; LoaderError without it."""
    try:
        import clickhouse_connect  # noqa: PLC0415 - only who asks for ClickHouse has it
        import clickhouse_connect.driver.exceptions  # noqa: PLC0415
        import clickhouse_connect.driver.external  # noqa: PLC0415
    except ImportError as error:
        raise LoaderError(
            "A target of type clickhouse needs the package clickhouse-connect, which is not "
            "installed. Install it with: pip install 'dbt-event-analytics[clickhouse]'"
        ) from error
    return clickhouse_connect


def _code(error: Exception) -> int | None:
    """The server's code for an error; None where it was not the server that said so."""
    code = getattr(error, "code", None)
    if isinstance(code, int):
        return code
    found = _CODE.search(str(error))
    return int(found[1]) if found else None


def _said(error: Exception) -> str:
    """What went wrong, in one line without the driver's own words and without a full stop."""
    found = _SAID.search(str(error))
    text = found[1] if found else str(error)
    lines = text.strip().splitlines() or [type(error).__name__]
    return lines[0].strip().rstrip(".")


def _connection(kwargs: Mapping[str, Any], error: Exception) -> str:
    """Why no connection came about, and what to do."""
    server = f"The ClickHouse server at {kwargs['host']}:{kwargs['port']} "
    text = str(error)
    if _code(error) in (_NO_USER, _WRONG_PASSWORD, _PASSWORD_NEEDED, _NOT_AUTHENTICATED):
        return (
            f"{server}refused the password of user {kwargs['username']!r}. Check user and password "
            "of this target in profiles.yml (or the environment variables that it reads, such as "
            "CLICKHOUSE_USER and CLICKHOUSE_PASSWORD)."
        )
    if re.search("NameResolutionError|Name or service not known|getaddrinfo", text):
        return (
            f"{server}cannot be found: its host name is unknown. "
            "Correct 'host:' of this target in profiles.yml."
        )
    if re.search("NewConnectionError|Connection refused|ConnectTimeout|timed out", text):
        return (
            f"{server}does not answer. Start it, or correct host and port of this target in "
            "profiles.yml (or the environment variables that it reads, such as CLICKHOUSE_HOST "
            "and CLICKHOUSE_PORT)."
        )
    return f"{server}refused the connection: {_said(error)}."
