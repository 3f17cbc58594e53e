"""How soon `query serve` answers each view's default question: `make bench-query`.

Roll-ups are kept, as they are where events are many. In each round every view is asked through
the API, with its cache of answers turned off, and directly through the engine's own driver on an
open connection; client, server and database share the machine. Then the same answers are asked
for again and again, with the cache.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import Any

import click
import psycopg

from benchmarks.views.__main__ import CACHE, RESULTS, embedded
from benchmarks.views.databases import REPOSITORY, WITHOUT_TESTS, Database
from benchmarks.views.events import SIZES, prepare
from loader import quiet_duckdb
from query.catalog import Catalog, read_catalog
from scripts.postgres import server_from_environment

KEY = "benchmark"
ENGINES = ("duckdb", "postgres")
#: What is aimed at with 10 million events: milliseconds for 95 of 100 answers, and answers from
#: the cache in a second.
GOAL_MS = {"duckdb": 150, "postgres": 300}
GOAL_CACHED = 300
ROWS = 1_000

Read = Callable[[str], int]


@contextmanager
def served(database: Database, *options: str) -> Iterator[int]:
    """A server; the port that it listens on."""
    command = [sys.executable, "-m", "query", "serve", "--port", "0", "--reader-role", ""]
    command += ["--manifest", str(database.directory / "target" / "manifest.json")]
    command += ["--requests-per-second", "0", "--no-log-requests", *options]
    environment = {**database.environment, "QUERY_SERVE_KEY": KEY}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, cwd=REPOSITORY)
    try:
        assert process.stderr is not None  # noqa: S101 (it is a pipe)
        while True:
            line = process.stderr.readline()
            if not line:
                raise RuntimeError("query serve has ended")
            said = json.loads(line)
            if said["message"] == "listening":
                break
        asyncio.run(until_ready(int(said["port"])))
        yield int(said["port"])
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


class Client:
    """One connection, over which one request goes after the other."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str) -> tuple[int, bytes]:
        """Status and body of an answer."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        head = f"GET {path} HTTP/1.1\r\nHost: b\r\nAuthorization: Bearer {KEY}\r\n\r\n"
        writer.write(head.encode())
        top = await reader.readuntil(b"\r\n\r\n")
        length = top.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        return int(top[9:12]), await reader.readexactly(int(length or 0))

    def close(self) -> None:
        """Close the connection."""
        if self._streams is not None:
            self._streams[1].close()


async def until_ready(port: int) -> None:
    """Wait until the server can ask its database."""
    client, is_ready = Client(port), False
    while not is_ready:
        await asyncio.sleep(0.1)
        # Its address is taken a moment before it listens there.
        with suppress(ConnectionRefusedError):
            is_ready = (await client.get("/readyz"))[0] == 200
    client.close()


async def ask(port: int, paths: list[str], times: int) -> dict[str, list[float]]:
    """Milliseconds of each answer; RuntimeError for one that is no success."""
    client, found = Client(port), {path: list[float]() for path in paths}
    for turn in range(times + 1):
        for path in paths:
            started = time.perf_counter()
            status, body = await client.get(path)
            if status != 200:
                raise RuntimeError(f"{path}: {status} {body.decode()}")
            if turn:  # the first one warms up
                found[path].append((time.perf_counter() - started) * 1000)
    client.close()
    return found


async def rush(port: int, paths: list[str], seconds: float, connections: int) -> float:
    """Answers in a second, over some connections at once."""
    ends = time.monotonic() + seconds

    async def one(offset: int) -> int:
        client, number = Client(port), 0
        while time.monotonic() < ends:
            status, body = await client.get(paths[(number + offset) % len(paths)])
            if status != 200:
                raise RuntimeError(f"{status} {body.decode()}")
            number += 1
        client.close()
        return number

    started = time.monotonic()
    counted = await asyncio.gather(*(one(number) for number in range(connections)))
    return sum(counted) / (time.monotonic() - started)


@contextmanager
def directly(database: Database) -> Iterator[Read]:
    """What runs a query on an open connection and counts its rows."""
    if database.server is None:
        with closing(quiet_duckdb.connect(database.path, read_only=True)) as opened:
            yield lambda query: len(opened.execute(query).fetchall())
        return
    server = database.server
    with psycopg.connect(
        host=server.host, port=server.port, user=server.user, dbname=database.name, autocommit=True
    ) as connection:
        connection.execute("set jit = off")
        yield lambda query: len(connection.execute(query.encode()).fetchall())


def measure_directly(read: Read, queries: dict[str, str], times: int) -> dict[str, list[float]]:
    """Milliseconds of each query, with all of its rows fetched."""
    found: dict[str, list[float]] = {name: [] for name in queries}
    for turn in range(times + 1):
        for name, query in queries.items():
            started = time.perf_counter()
            read(query)
            if turn:
                found[name].append((time.perf_counter() - started) * 1000)
    return found


def measure(database: Database, catalog: Catalog, rounds: int, times: int) -> dict[str, Any]:
    """All views of a database that is built."""
    paths = {name: f"/v1/reports/{name}?limit={ROWS}" for name in catalog.views}
    asked: dict[str, list[float]] = {name: [] for name in paths}
    direct: dict[str, list[float]] = {name: [] for name in paths}
    cached = []
    for _ in range(rounds):
        with served(database, "--cache-bytes", "0") as port:
            queries = asyncio.run(statements(port, paths))
            with directly(database) as read:
                for name, more in measure_directly(read, queries, times).items():
                    direct[name] += more
            answered = asyncio.run(ask(port, list(paths.values()), times))
            for name, path in paths.items():
                asked[name] += answered[path]
        with served(database) as port:
            asyncio.run(ask(port, list(paths.values()), 1))
            cached.append(asyncio.run(rush(port, list(paths.values()), 5, 8)))
    return {
        "engine": database.engine,
        "cached_per_second": round(statistics.median(cached)),
        "views": [
            {
                "view": name,
                "api_p50_ms": round(statistics.median(asked[name]), 1),
                "api_p95_ms": round(quantile(asked[name]), 1),
                "direct_p50_ms": round(statistics.median(direct[name]), 1),
                "direct_p95_ms": round(quantile(direct[name]), 1),
            }
            for name in paths
        ],
    }


async def statements(port: int, paths: dict[str, str]) -> dict[str, str]:
    """The SQL of each view's default question, as the API says it."""
    client, found = Client(port), {}
    for name, path in paths.items():
        _, body = await client.get(path)
        found[name] = json.loads(body)["sql"]
    client.close()
    return found


def quantile(values: list[float]) -> float:
    """What 95 of 100 do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * 95 // 100) - 1)]


def table(found: list[dict[str, Any]]) -> str:
    """The results for people."""
    lines = []
    for one in found:
        cached, goal = one["cached_per_second"], GOAL_MS[one["engine"]]
        said = f"{one['engine']}: goal for p95 {goal} ms; {cached:,} cached answers/s (goal "
        said += f"{GOAL_CACHED})"
        lines += [
            said,
            "",
            "| view | API p50 | API p95 | SQL p50 | SQL p95 |",
            "|---|---|---|---|---|",
            *(
                f"| {view['view']} | {view['api_p50_ms']} ms | {view['api_p95_ms']} ms "
                f"| {view['direct_p50_ms']} ms | {view['direct_p95_ms']} ms |"
                for view in one["views"]
            ),
            "",
        ]
    return "\n".join(lines)


@click.command()
@click.option("--size", type=click.Choice(list(SIZES)), default="1m", show_default=True)
@click.option("--engine", type=click.Choice([*ENGINES, "both"]), default="both")
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True)
@click.option("--times", type=click.IntRange(1), default=20, show_default=True)
def main(size: str, engine: str, rounds: int, times: int) -> None:
    """Load, build with roll-ups, ask, and write the table to benchmarks/results."""
    events = prepare(CACHE / "events", SIZES[size], 2, SIZES[size] // 100)
    found = []
    with ExitStack() as stack:
        for one in ENGINES if engine == "both" else (engine,):
            work = CACHE / f"query-{one}-{size}"
            server = None
            if one == "postgres":
                server = server_from_environment(os.environ) or stack.enter_context(embedded())
            database = Database(one, work, server, "event_analytics_bench_query")
            database.create()
            stack.callback(database.drop)
            database.append(events.first)
            database.build("incremental", *WITHOUT_TESTS)
            catalog = read_catalog(work / "target" / "manifest.json")
            found.append(measure(database, catalog, rounds, times))
    settings = {"size": size, "rounds": rounds, "times": times, "cores": os.cpu_count()}
    name = f"query-{size}" if engine == "both" else f"query-{size}-{engine}"
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.json").write_text(
        json.dumps({**settings, "engines": found}, indent=2) + "\n"
    )
    described = ", ".join(f"{key} {value}" for key, value in settings.items())
    text = f"{described}\n\n{table(found)}"
    (RESULTS / f"{name}.md").write_text(text)
    click.echo(text)


if __name__ == "__main__":
    main()
