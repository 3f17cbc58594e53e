"""Each engine as the comparison sees it: where events go, where dbt builds, how a view is read."""

from __future__ import annotations

import os
import shutil
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from loader import quiet_duckdb
from scripts.clickhouse import ClickHouseServer
from scripts.clickhouse import embedded_server as embedded_clickhouse
from scripts.postgres import PostgresServer
from tests.engines.rows import Contract, Rows
from tests.support.databases import REPOSITORY, passing_server

SCHEMA = "analytics"


class EnginePlace(ABC):
    """A place of one engine and one source, empty at first.

    Attributes:
        engine: The target of profiles.yml.
        directory: For this place alone; it holds profiles.yml, files of events and of tables.
        name: What dbt calls the database; empty where the engine has schemas only.
        loads: The target that events are appended to.
    """

    engine: str
    name = ""
    loads: str

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(parents=True)
        shutil.copyfile(REPOSITORY / "profiles.example.yml", directory / "profiles.yml")
        self.loads = getattr(type(self), "loads", self.engine)

    def env(self) -> dict[str, str]:
        """The environment in which loader and dbt work here."""
        return {
            "DBT_PROFILES_DIR": str(self.directory),
            "EVENTS_TARGET": self.engine,
            "EVENTS_DUCKDB_PATH": str(self.directory / "events.duckdb"),
            "EVENTS_LAKE_PATH": str(self.directory / "lake"),
            "EVENTS_SPARK_WAREHOUSE": str(self.directory / "warehouse"),
        }

    @abstractmethod
    def read(self, view: str) -> tuple[Sequence[str], Iterable[Sequence[object]]]:
        """Columns and rows of a public view, as the engine's own driver hands them over."""

    def rows(self, view: str, contract: Contract) -> Rows:
        """The same, as the contract of the view promises them.

        Raises:
            tests.engines.rows.ForeignValueError: They are not.
        """
        return Rows.of(contract, *self.read(view))


class DuckDBPlace(EnginePlace):
    """A DuckDB file."""

    engine = "duckdb"
    name = "events"

    def read(self, view: str) -> tuple[Sequence[str], Iterable[Sequence[object]]]:
        """See the base class."""
        connection = quiet_duckdb.connect(self.directory / "events.duckdb")
        try:
            found = connection.execute(f"select * from {SCHEMA}.{view}")
            return [column[0] for column in found.description], found.fetchall()
        finally:
            connection.close()


class LakePlace(DuckDBPlace):
    """Parquet files, and a DuckDB file with views over them."""

    engine = "lake"


class PostgresPlace(EnginePlace):
    """A database of a server."""

    engine = "postgres"

    def __init__(self, directory: Path, server: PostgresServer) -> None:
        super().__init__(directory)
        self._server = server
        self.name = "engine_" + directory.name.replace("-", "_")
        server.create_database(self.name)

    def env(self) -> dict[str, str]:
        """See the base class."""
        return super().env() | self._server.env(self.name)

    def read(self, view: str) -> tuple[Sequence[str], Iterable[Sequence[object]]]:
        """See the base class."""
        with self._server.connect(self.name) as connection:
            found = connection.execute(f"select * from {SCHEMA}.{view}")
            return [column.name for column in found.description or ()], found.fetchall()


class ClickHousePlace(EnginePlace):
    """A server of its own, which is the real engine in a process."""

    engine = "clickhouse"

    def __init__(self, directory: Path, server: ClickHouseServer) -> None:
        super().__init__(directory)
        self._server = server
        # dbt's adapter makes it on the first server of a process only
        client = server.connect()
        client.command(f"create database if not exists {SCHEMA}")
        client.close()

    def env(self) -> dict[str, str]:
        """See the base class."""
        return super().env() | {"EVENTS_LAKE_PATH": self.lake} | self._server.env()

    @property
    def lake(self) -> str:
        """The lake that it reads; none, as the loader appends to the server."""
        return ""

    def read(self, view: str) -> tuple[Sequence[str], Iterable[Sequence[object]]]:
        """See the base class."""
        client = self._server.connect()
        try:
            # else instants of UTC come without a zone
            found = client.query(f"select * from {SCHEMA}.{view}", tz_mode="aware")
            return found.column_names, found.result_rows
        finally:
            client.close()


class ClickHouseLakePlace(ClickHousePlace):
    """Such a server, which reads a lake."""

    loads = "lake"

    @property
    def lake(self) -> str:
        """See the base class."""
        return str(self.directory / "lake")


class SparkPlace(EnginePlace):
    """Spark in this process, which reads a lake and keeps its tables in a warehouse."""

    engine = "spark"
    loads = "lake"

    def read(self, view: str) -> tuple[Sequence[str], Iterable[Sequence[object]]]:
        """See the base class."""
        from pyspark.sql import SparkSession  # noqa: PLC0415 - only who asks for Spark has it

        # the session that dbt has made
        table: Any = SparkSession.builder.getOrCreate().table(f"{SCHEMA}.{view}").toArrow()
        return table.column_names, (list(row.values()) for row in table.to_pylist())


@contextmanager
def _one_each(make: Callable[[Path], EnginePlace]) -> Iterator[Callable[[Path], EnginePlace]]:
    yield make


@contextmanager
def _postgres(directory: Path) -> Iterator[Callable[[Path], EnginePlace]]:
    with passing_server(directory / "server") as server:
        yield lambda place: PostgresPlace(place, server)


@contextmanager
def _clickhouse(
    made: type[ClickHousePlace],
) -> Iterator[Callable[[Path], EnginePlace]]:
    with ExitStack() as stack:
        yield lambda place: made(
            place, stack.enter_context(embedded_clickhouse(place.with_name(f"{place.name}-data")))
        )


@contextmanager
def _spark(_directory: Path) -> Iterator[Callable[[Path], EnginePlace]]:
    # Spark hands instants over in the zone of the process.
    os.environ["TZ"] = "UTC"
    time.tzset()

    def make(place: Path) -> EnginePlace:
        from pyspark.sql import SparkSession  # noqa: PLC0415 - as above

        session = SparkSession.getActiveSession()
        if session is not None:
            # what the last source has left; the session lasts as long as the process
            for name, *_ in session.sql("show databases").collect():
                if name != "default":
                    session.sql(f"drop database {name} cascade")
        return SparkPlace(place)

    yield make


#: Of each engine a context in which places can be made, one for each source; it takes a directory.
ENGINES: dict[str, Callable[[Path], Any]] = {
    "duckdb": lambda _: _one_each(DuckDBPlace),
    "postgres": _postgres,
    "lake": lambda _: _one_each(LakePlace),
    "clickhouse": lambda _: _clickhouse(ClickHousePlace),
    "clickhouse-lake": lambda _: _clickhouse(ClickHouseLakePlace),
    "spark": _spark,
}
