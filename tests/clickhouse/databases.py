"""ClickHouse as tests of the loader see a database: raw schemas of their own on one server."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.clickhouse import ClickHouseServer
from tests.support.databases import REPOSITORY, Database

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client


@dataclass(frozen=True)
class ClickHouseDatabase(Database):
    """A server and a folder with profiles.yml.

    Attributes:
        clickhouse: Where it listens.
    """

    clickhouse: ClickHouseServer | None = None

    @property
    def listening(self) -> ClickHouseServer:
        """The server."""
        if self.clickhouse is None:
            raise ValueError("no server")
        return self.clickhouse

    def env(self) -> dict[str, str]:
        """Return the environment in which loader and dbt both work on this server."""
        return {
            "DBT_PROFILES_DIR": str(self.directory),
            "EVENTS_TARGET": "clickhouse",
            **self.listening.env(),
        }

    def query(self, statement: str, parameters: Sequence[Any] | None = None) -> list[Any]:
        """Run one statement; times have a zone, as those of the other engines do."""
        if parameters:
            raise ValueError("ClickHouse has no parameters without names")
        client = client_of(self.listening)
        if not statement.lstrip().lower().startswith(("select", "with", "show", "explain")):
            client.command(statement)
            return []
        found = client.query(statement, tz_mode="aware")
        return [tuple(row) for row in found.result_rows]

    def columns(self, relation: str) -> list[tuple[str, str]]:
        """Return name and type of each column of `schema.relation`, in order."""
        schema, name = relation.split(".")
        return self.query(
            f"select name, type from system.columns where database = '{schema}' "
            f"and table = '{name}' order by position"
        )


@cache
def client_of(server: ClickHouseServer) -> Client:
    """A client that all tests share, since one asks for all settings of the server first."""
    return server.connect()


def clickhouse_database(server: ClickHouseServer, directory: Path) -> ClickHouseDatabase:
    """A folder for a server's settings; raw schemas are made in it by `loader init`."""
    shutil.copyfile(REPOSITORY / "profiles.example.yml", directory / "profiles.yml")
    # of the two that tests know, the one that has no roles and triggers either
    return ClickHouseDatabase("duckdb", directory, "default", clickhouse=server)
