"""What metric_anomalies finds, and how often it cries wolf: `python -m benchmarks.anomalies`.

`--detector forecast` judges by forecasts in place of weekdays.

Series of which it is known what is odd about them take the place of int_metric_values, so that what
judges is the view's own SQL, compiled by dbt: generated ones with injected anomalies, and taxi
rides in New York with the five anomalies that the Numenta Anomaly Benchmark labels.
"""

from __future__ import annotations

import csv
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

import click

from loader import quiet_duckdb
from query.alerts.forecasts import forecasts, require_statsforecast

REPOSITORY = Path(__file__).resolve().parents[1]
TAXI = REPOSITORY / "benchmarks" / "data" / "taxi_rides.csv"
DAYS = 540
# What is injected on how many dates of each generated series, and from which date on.
INJECTED, FACTORS, FROM = 12, (0.35, 2.2), 70
BOUND = 3.5
# Weeks and days that lie before the first date that is judged.
SETTLED = 56


@dataclass(frozen=True)
class Kind:
    """A generated series.

    Attributes:
        users: How many a weekday has at the start.
        growth: Of the logarithm, by day.
        weekend: A weekend's part of a weekday.
        noise: Standard deviation of the logarithm.
    """

    users: float
    growth: float
    weekend: float
    noise: float


KINDS = (
    Kind(200, 0.002, 0.4, 0.05),
    Kind(2000, 0.001, 0.6, 0.08),
    Kind(30, 0.0, 0.7, 0.05),
    Kind(5000, 0.004, 0.3, 0.1),
)


@dataclass(frozen=True)
class Labelled:
    """A series by date, and the dates that are anomalies."""

    name: str
    values: Mapping[date, int]
    anomalies: frozenset[date]


@dataclass(frozen=True)
class Found:
    """How a detector did: anomalies found and missed, false alarms, and dates that were judged."""

    hits: int
    misses: int
    false_alarms: int
    dates: int

    @property
    def line(self) -> str:
        """Precision, recall and false alarms in a year of one series."""
        precision = self.hits / max(self.hits + self.false_alarms, 1)
        recall = self.hits / max(self.hits + self.misses, 1)
        a_year = 365 * self.false_alarms / max(self.dates, 1)
        return f"{precision:.2f} | {recall:.2f} | {a_year:.1f}"


def poisson(chance: Random, mean: float) -> int:
    """A count of independent users; beyond 500 as good as normal."""
    if mean > 500:
        return max(0, round(chance.gauss(mean, math.sqrt(mean))))
    count, product, limit = 0, chance.random(), math.exp(-mean)
    while product > limit:
        count, product = count + 1, product * chance.random()
    return count


def generated(seed: int, repeats: int) -> list[Labelled]:
    """Series of each kind with anomalies injected; the same for the same seed."""
    chance = Random(seed)  # noqa: S311 - no secret
    start = date(2025, 1, 1)
    found = []
    for number in range(len(KINDS) * repeats):
        kind = KINDS[number % len(KINDS)]
        odd = set(chance.sample(range(FROM, DAYS), INJECTED))
        values = {}
        for day in range(DAYS):
            when = start + timedelta(days=day)
            weekly = (1, 1, 1, 1, 0.95, kind.weekend, kind.weekend)[when.weekday()]
            noise = math.exp(kind.noise * chance.gauss(0, 1))
            value = poisson(chance, kind.users * math.exp(kind.growth * day) * weekly * noise)
            values[when] = round(value * chance.choice(FACTORS)) if day in odd else value
        found.append(
            Labelled(str(number), values, frozenset(start + timedelta(days=day) for day in odd))
        )
    return found


def taxi() -> Labelled:
    """Taxi rides in New York by date; one row a date, with 1 for those that are labelled."""
    with TAXI.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return Labelled(
        "taxi",
        {date.fromisoformat(row["date"]): int(row["rides"]) for row in rows},
        frozenset(date.fromisoformat(row["date"]) for row in rows if row["labelled"] == "1"),
    )


def compiled(directory: Path, detector: str) -> str:
    """The SQL of int_metric_scores for DuckDB, over tables `metric_values`, `metric_forecasts`."""
    dbt = Path(sys.executable).with_name("dbt")
    shutil.copyfile(REPOSITORY / "profiles.example.yml", directory / "profiles.yml")
    models = ("int_metric_scores", "int_weekday_expectations")
    subprocess.run(
        [
            *(dbt, "compile", "--quiet", "--target", "duckdb", "--select", *models),
            *("--vars", json.dumps({"anomaly_detector": detector})),
            *("--profiles-dir", directory, "--target-path", directory, "--log-path", directory),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=REPOSITORY,
        env=os.environ | {"EVENTS_DUCKDB_PATH": str(directory / "none.duckdb")},
    )
    scores, by_weekday = (
        (directory / f"compiled/event_analytics/models/counts/{model}.sql").read_text("utf-8")
        for model in models
    )
    place = '"analytics_intermediate"."{}"'
    read = {place.format("int_metric_values"): "metric_values"}
    if detector == "forecast":
        read['"none".' + place.format("metric_forecasts")] = "metric_forecasts"
    else:
        read = {place.format("int_weekday_expectations"): f"({by_weekday})"} | read
    for relation, table in read.items():
        if relation not in scores:
            raise click.ClickException(
                f"int_metric_scores no longer reads {relation}; mend this benchmark."
            )
        scores = scores.replace(relation, table)
    return scores


def scores(sql: str, detector: str, series: Sequence[Labelled]) -> dict[tuple[str, date], float]:
    """The score of each date that is judged, by series."""
    with quiet_duckdb.connect() as connection:
        connection.execute(
            "create table metric_values (metric text, segment text, segment_value text,"
            " calendar_date date, numerator bigint, denominator bigint, is_complete boolean)"
        )
        connection.execute(
            "create table metric_forecasts (metric text, segment text, segment_value text,"
            " calendar_date date, expected_log double, deviation_log double)"
        )
        connection.executemany(
            "insert into metric_values values ('dau', 'series', ?, ?, ?, 1, true)",
            [(one.name, day, value) for one in series for day, value in one.values.items()],
        )
        if detector == "forecast":
            connection.executemany(
                "insert into metric_forecasts values ('dau', 'series', ?, ?, ?, ?)",
                [
                    (one.name, found.date, 1e9 * found.expected, 1e9 * found.deviation)
                    for one in series
                    for found in forecasts(
                        {day: math.log(1 + value) for day, value in one.values.items()}
                    )
                ],
            )
        rows = connection.execute(
            f"select segment_value, calendar_date, score from ({sql}) where score is not null"
        ).fetchall()
    return {(name, day): score for name, day, score in rows}


def judged(series: Sequence[Labelled], by_date: Mapping[tuple[str, date], float]) -> Found:
    """Hold what a detector scores against the labels."""
    hits = misses = false_alarms = dates = 0
    for one in series:
        for day in sorted(one.values)[SETTLED:]:
            score = by_date.get((one.name, day))
            is_found = score is not None and abs(score) >= BOUND
            is_odd = day in one.anomalies
            hits += is_found and is_odd
            misses += is_odd and not is_found
            false_alarms += is_found and not is_odd
            dates += 1
    return Found(hits, misses, false_alarms, dates)


@click.command()
@click.option("--detector", type=click.Choice(["weekday", "forecast"]), default="weekday")
@click.option("--seed", default=7, show_default=True, help="Of the first generated series.")
@click.option("--repeats", default=2, show_default=True, help="Series of each kind.")
@click.option("--rounds", default=5, show_default=True, help="Seeds, one after the other.")
def main(detector: str, seed: int, repeats: int, rounds: int) -> None:
    """Print precision, recall and false alarms of metric_anomalies on labelled series.

    Forecasts need the environment that `make test-forecast` has made.
    """
    if detector == "forecast":
        require_statsforecast()
    with tempfile.TemporaryDirectory() as directory:
        sql = compiled(Path(directory), detector)
    click.echo("| series | precision | recall | false alarms a year |\n|---|---|---|---|")
    for number in range(seed, seed + rounds):
        series = generated(number, repeats)
        click.echo(
            f"| generated, seed {number} | {judged(series, scores(sql, detector, series)).line} |"
        )
    rides = taxi()
    by_date = scores(sql, detector, [rides])
    click.echo(f"| taxi rides | {judged([rides], by_date).line} |")
    for (_, day), score in sorted(by_date.items()):
        if abs(score) >= BOUND or day in rides.anomalies:
            label = "labelled" if day in rides.anomalies else ""
            click.echo(f"{day:%a} {day} {rides.values[day]:>8,} score {score:+.1f} {label}")


if __name__ == "__main__":
    main()
