"""Measures builds on Spark: `python -m benchmarks.spark --executors 2 --skewed 3000000`.

Events are generated, written as lakes, and built by a `local-cluster` of so many executor processes
with a core each. What each of the heaviest models took, how much it exchanged and spilled, and how
unevenly its tasks were laden comes from dbt's and Spark's own records. Run it with the environment
that has dbt-spark.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC
from pathlib import Path
from typing import Any

import click
from dbt.cli.main import dbtRunner
from pyspark.sql import SparkSession

from loader import quiet_duckdb
from loader.profiles import read_output
from scripts.steps import REPOSITORY, run_loader

RESULTS = REPOSITORY / "benchmarks" / "results"
SEEDS = REPOSITORY / "benchmarks" / "seeds"
EVENTS_PER_USER = 60
DAYS = 270
# Of a user who has a tenth of all events.
BUSY_USER = "everybody"
NO_ORGANISATION = "__HIVE_DEFAULT_PARTITION__"
# A stage that reads fewer rows says nothing about how rows are shared out.
FEWEST_ROWS = 10_000
MEGABYTE = 1_000_000
# What grows with events: what is made of each of them and of each user, and all that lies between,
# which would else still be of another lake.
HEAVIEST = (
    *("int_reported_dates", "int_events", "fct_signups", "fct_events", "fct_sessions"),
    *("fct_session_dates", "int_daily_sessions", "fct_user_days", "fct_user_segments"),
    *("agg_event_properties", "fct_reference_periods", "fct_retention_cells"),
    *("agg_retention_cells", "fct_action_events", "int_funnel_step_events", "int_funnel_ties"),
    *("int_funnel_strict_attempts", "int_funnel_unordered_attempts", "int_funnel_attempts"),
    "fct_funnel_progress",
)


@dataclass
class Work:
    """What a model, or all of those that are measured, took.

    Times in seconds, sizes in bytes. ``largest_share`` is the greatest part of the rows of a stage
    that one task got from an exchange, among stages that got many; ``largest_rows`` how many these
    were.
    """

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    shuffled: int = 0
    spilled: int = 0
    largest_share: float = 0.0
    largest_rows: int = 0
    executors: dict[str, float] = field(default_factory=dict)


@click.command()
@click.option("--events", type=int, multiple=True, default=(1_000_000, 3_000_000, 10_000_000))
@click.option("--executors", type=int, default=2)
@click.option("--memory", type=int, default=1536, help="Of each executor, in MB.")
@click.option("--partitions", type=int, default=8, help="Of each exchange of rows.")
@click.option("--skewed", type=int, multiple=True, help="Events of which a tenth is one user's.")
@click.option("--directory", type=click.Path(path_type=Path), default=Path(".cache/bench-spark"))
def main(  # noqa: PLR0913, PLR0917 (one parameter for each option)
    events: tuple[int, ...],
    skewed: tuple[int, ...],
    executors: int,
    memory: int,
    partitions: int,
    directory: Path,
) -> None:
    """Build what the heaviest models read, of the smallest lake, and then these of each."""
    lakes = [(number, False) for number in events] + [(number, True) for number in skewed]
    places = [(make_lake(directory.resolve(), *lake), *lake) for lake in sorted(lakes)]
    place = directory.resolve() / "build"
    shutil.rmtree(place / "log", ignore_errors=True)
    (place / "log").mkdir(parents=True)
    is_built = (place / "built").exists()
    os.environ.update(
        EVENTS_LAKE_PATH=str(places[0][0]),
        EVENTS_SPARK_WAREHOUSE=str(place / "warehouse"),
        EVENTS_SPARK_PARTITIONS=str(partitions),
        EVENTS_SPARK_MASTER=f"local-cluster[{executors},1,{memory + 512}]",
    )
    shutil.copyfile(REPOSITORY / "profiles.example.yml", place / "profiles.yml")
    spark = start(place, memory)
    copy_project(place / "project")
    # once for all numbers of executors: what the heaviest models read besides
    if not is_built:
        # compiling and planning each of these many queries would take longer than running them
        for name in ("spark.sql.codegen.wholeStage", "spark.sql.adaptive.enabled"):
            spark.conf.set(name, "false")
        upstream = [f"+{name}" for name in HEAVIEST]
        dbt(place, "build", "--select", *upstream, "--exclude-resource-type", "test", "unit_test")
        for name in ("spark.sql.codegen.wholeStage", "spark.sql.adaptive.enabled"):
            spark.conf.set(name, "true")
        (place / "built").touch()
    RESULTS.mkdir(exist_ok=True)
    for lake, number, is_skewed in places:
        os.environ["EVENTS_LAKE_PATH"] = str(lake)
        results = dbt(place, "run", "--select", *HEAVIEST)
        # Spark writes down what a stage did as it ends
        models, total = account(results, list(stages(place / "log")))
        size = f"{number // 1_000_000}m{'-skewed' if is_skewed else ''}"
        written = {
            "events": number,
            "skewed": is_skewed,
            "executors": executors,
            "partitions": partitions,
            "all": asdict(total),
            "models": {model: asdict(work) for model, work in models.items()},
        }
        (RESULTS / f"spark-{size}-{executors}.json").write_text(
            json.dumps(written, indent=1) + "\n", encoding="utf-8"
        )
        click.echo(f"\n{size}, {executors} executors")
        show(models, total)
    spark.stop()


def make_lake(directory: Path, events: int, skewed: bool) -> Path:
    """Generated events as the files of one delivery, one for each month; made once."""
    lake = directory / f"lake-{events}{'-skewed' if skewed else ''}"
    if lake.exists():
        return lake
    generated = lake.parent / f"events-{events}.parquet"
    if not generated.exists():
        generated.parent.mkdir(parents=True, exist_ok=True)
        run_loader(
            *("generate", "--events", str(events), "--users", str(events // EVENTS_PER_USER)),
            *("--days", str(DAYS), "--format", "parquet", "--output", str(generated)),
        )
    folder = f"events/org={NO_ORGANISATION}"
    (lake / folder).mkdir(parents=True)
    user = f"case when hash(event_id) % 10 = 0 then '{BUSY_USER}' else user_id end"
    connection = quiet_duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    connection.execute(f"""
        copy (
            select
                cast(event_id as varchar) as event_id, event_name, event_time,
                {user if skewed else "user_id"} as user_id,
                cast(properties as varchar) as properties,
                now() as ingested_at, strftime(event_time, '%Y-%m') as month
            from (select distinct on (event_id) * from read_parquet('{generated}'))
            order by month, user_id, event_time
        ) to '{lake / folder}' (format parquet, compression zstd, partition_by (month))
    """)
    files = [str(path.relative_to(lake)) for path in sorted((lake / folder).glob("*/*.parquet"))]
    states = lake / "_manifest" / f"org={NO_ORGANISATION}" / "states"
    states.mkdir(parents=True)
    (states / "000000000000.json").write_text(
        json.dumps({"keys": [], "files": [{"name": name} for name in files]}), encoding="utf-8"
    )
    return lake


def start(place: Path, memory: int) -> SparkSession:
    """The session that dbt then takes."""
    _, output, _ = read_output("spark", place)
    builder = SparkSession.builder.appName("benchmark").enableHiveSupport()
    given = {
        **output["server_side_parameters"],
        "spark.executor.memory": f"{memory}m",
        "spark.driver.memory": "1g",
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": f"file://{place / 'log'}",
        "spark.eventLog.rolling.enabled": "false",
        "spark.eventLog.compress": "false",
        "spark.log.level": "ERROR",
        "spark.ui.showConsoleProgress": "false",
        # else what is small is put together for one task, and says nothing of how rows divide
        "spark.sql.adaptive.coalescePartitions.enabled": "false",
    }
    for name, value in given.items():
        builder = builder.config(name, str(value))
    return builder.getOrCreate()


def copy_project(project: Path) -> None:
    """The project with the definitions of all benchmarks."""
    for part in ("models", "macros", "seeds"):
        shutil.copytree(REPOSITORY / part, project / part, dirs_exist_ok=True)
    for path in SEEDS.glob("*.csv"):
        shutil.copy(path, project / "seeds")
    for name in ("dbt_project.yml", "selectors.yml"):
        shutil.copy(REPOSITORY / name, project)


def dbt(place: Path, *command: str) -> list[Any]:
    """The results of a command that makes models one after another."""
    ended = dbtRunner().invoke(
        [
            *(*command, "--quiet", "--target", "spark", "--threads", "1"),
            *("--project-dir", str(place / "project"), "--profiles-dir", str(place)),
            *("--target-path", str(place / "target"), "--log-path", str(place / "logs")),
        ]
    )
    results: list[Any] = list(getattr(ended.result, "results", None) or [])
    if not ended.success:
        for result in results:
            if str(result.status) == "error":
                click.echo(f"{result.node.name}: {result.message}", err=True)
        sys.exit(f"dbt failed: {ended.exception or 'see above'}")
    return results


def account(results: Iterable[Any], ran: Iterable[Stage]) -> tuple[dict[str, Work], Work]:
    """What each model took, by when its stages ran, and all of them together."""
    models: dict[str, Work] = {}
    spans: list[tuple[float, float, str]] = []
    for result in results:
        timing = {step.name: step for step in result.timing}.get("execute")
        if timing is not None and result.node.resource_type == "model":
            since = timing.started_at.replace(tzinfo=UTC).timestamp()
            to = timing.completed_at.replace(tzinfo=UTC).timestamp()
            spans.append((since, to, result.node.name))
            models[result.node.name] = Work(seconds=to - since)
    total = Work(seconds=sum(work.seconds for work in models.values()))
    for stage in ran:
        for since, to, name in spans:
            if since <= stage.began <= to:
                stage.add_to(models[name])
                stage.add_to(total)
    return models, total


@dataclass
class Stage:
    """What the tasks of one stage of Spark did."""

    began: float = float("inf")
    shuffled: int = 0
    spilled: int = 0
    rows: list[int] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def add_to(self, work: Work) -> None:
        """Add it to what a model took."""
        work.shuffled += self.shuffled
        work.spilled += self.spilled
        for executor, seconds in self.seconds.items():
            work.cpu_seconds += seconds
            work.executors[executor] = work.executors.get(executor, 0.0) + seconds
        if sum(self.rows) >= FEWEST_ROWS:
            work.largest_share = max(work.largest_share, max(self.rows) / sum(self.rows))
            work.largest_rows = max(work.largest_rows, *self.rows)


def stages(log: Path) -> Iterator[Stage]:
    """All stages of a session, from its event log."""
    found: dict[tuple[int, int], Stage] = defaultdict(Stage)
    [path] = log.glob("*")
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if '"Event":"SparkListenerTaskEnd"' not in line[:60]:
                continue
            task = json.loads(line)
            info, metrics = task["Task Info"], task.get("Task Metrics") or {}
            stage = found[(task["Stage ID"], task["Stage Attempt ID"])]
            stage.began = min(stage.began, info["Launch Time"] / 1000)
            stage.seconds[info["Executor ID"]] += metrics.get("Executor CPU Time", 0) / 1e9
            written = metrics.get("Shuffle Write Metrics", {})
            stage.shuffled += written.get("Shuffle Bytes Written", 0)
            stage.spilled += metrics.get("Disk Bytes Spilled", 0)
            # only what was exchanged: files are shared out by their size, whatever is in them
            stage.rows.append(metrics.get("Shuffle Read Metrics", {}).get("Total Records Read", 0))
    yield from found.values()


def show(models: dict[str, Work], total: Work) -> None:
    """Print the build and its heaviest models."""
    click.echo("| model | seconds | CPU seconds | shuffled MB | spilled MB | largest task |")
    click.echo("| --- | --: | --: | --: | --: | --: |")
    heaviest = sorted(models.items(), key=lambda item: -item[1].cpu_seconds)[:12]
    for name, work in [("all", total), *heaviest]:
        click.echo(
            f"| {name} | {work.seconds:.1f} | {work.cpu_seconds:.1f} | "
            f"{work.shuffled / MEGABYTE:.1f} | {work.spilled / MEGABYTE:.1f} | "
            f"{work.largest_share:.0%} of rows, {work.largest_rows:,} |"
        )


if __name__ == "__main__":
    main()
