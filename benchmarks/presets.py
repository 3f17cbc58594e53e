"""`loader append --from …` beside plain `loader append` of as many events, in the same rounds.

The same generated events are written once more in the layouts of Segment, PostHog, Mixpanel and
Amplitude. Each case is a process of its own, into an empty DuckDB file; the cases take turns.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from benchmarks.loading import CACHE, REPOSITORY, RESULTS, SIZES, prepare
from benchmarks.loading_targets import DuckDB, Input, loader
from benchmarks.measure import Case, Run, Work, run, write_results

_GOAL = 3.0
PLAIN = "loader append"


def _segment(event: dict[str, Any]) -> dict[str, Any]:
    return {
        "anonymousId": event["user_id"],
        "context": {"library": {"name": "analytics.js", "version": "2.11.1"}, "ip": "198.51.100.7"},
        "event": event["event_name"],
        "integrations": {},
        "messageId": event["event_id"],
        "originalTimestamp": event["event_time"],
        "properties": event["properties"],
        "receivedAt": event["event_time"],
        "sentAt": event["event_time"],
        "timestamp": event["event_time"],
        "type": "track",
        "userId": event["user_id"],
        "version": 2,
    }


def _posthog(event: dict[str, Any]) -> dict[str, Any]:
    return {
        "uuid": event["event_id"],
        "event": event["event_name"],
        "properties": {**event["properties"], "$lib": "web", "$ip": "198.51.100.7"},
        "distinct_id": event["user_id"],
        "timestamp": event["event_time"],
        "created_at": event["event_time"],
    }


def _mixpanel(event: dict[str, Any]) -> dict[str, Any]:
    properties = {
        "time": int(datetime.fromisoformat(event["event_time"]).timestamp()),
        "distinct_id": event["user_id"],
        "$insert_id": event["event_id"],
        **event["properties"],
    }
    return {"event": event["event_name"], "properties": properties}


def _amplitude(event: dict[str, Any]) -> dict[str, Any]:
    time = event["event_time"].replace("T", " ").removesuffix("Z")
    return {
        "uuid": event["event_id"],
        "event_id": 7,
        "event_type": event["event_name"],
        "event_time": time,
        "user_id": event["user_id"],
        "device_id": "d1",
        "amplitude_id": 300,
        "platform": "Web",
        "country": "Germany",
        "event_properties": event["properties"],
        "user_properties": {"plan": "pro"},
    }


LAYOUTS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "segment": _segment,
    "posthog": _posthog,
    "mixpanel": _mixpanel,
    "amplitude": _amplitude,
}


def written(work: Input, name: str) -> Path:
    """The events in a layout, unless a run before has left them."""
    path = work.lines.with_suffix(f".{name}.jsonl")
    if not path.exists():
        unfinished = path.with_suffix(".unfinished")
        with work.lines.open() as lines, unfinished.open("w") as file:
            for line in lines:
                row = LAYOUTS[name](json.loads(line))
                file.write(json.dumps(row, separators=(",", ":")) + "\n")
        unfinished.rename(path)
    return path


@click.command()
@click.option("--size", type=click.Choice(list(SIZES)), default="1m", show_default=True)
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True)
def main(size: str, rounds: int) -> None:
    """Measure the presets beside the plain layout, and write the table to benchmarks/results."""
    work = prepare(SIZES[size], CACHE)
    profiles = CACHE / "profiles"
    profiles.mkdir(exist_ok=True)
    shutil.copyfile(REPOSITORY / "profiles.example.yml", profiles / "profiles.yml")
    duckdb = DuckDB(CACHE, work, profiles)

    def append(*arguments: str) -> Callable[[], Run]:
        def work_of() -> Run:
            duckdb.restart()
            measured = run(loader("append", *arguments), duckdb.environment)
            duckdb.check()
            return measured

        return work_of

    measured: list[Work] = [(Case(PLAIN, shows_memory=True), append(str(work.lines)))]
    for name in LAYOUTS:
        case = Case(f"{PLAIN} --from {name}", PLAIN, _GOAL, shows_memory=True)
        measured.append((case, append("--from", name, str(written(work, name)))))
    try:
        for number in range(1, rounds + 1):
            for case, work_of in measured:
                case.runs.append(work_of())
                seconds = f"{case.runs[-1].seconds:.2f} s"
                click.echo(f"round {number} of {rounds}: {case.name}: {seconds}", err=True)
    finally:
        duckdb.close()
    settings: dict[str, object] = {
        "events": SIZES[size],
        "rounds": rounds,
        "cores": os.cpu_count(),
        "load average": f"{os.getloadavg()[2]:.1f} in the last 15 minutes",
    }
    click.echo(write_results(RESULTS / f"presets-{size}", settings, [case for case, _ in measured]))


if __name__ == "__main__":
    main()
