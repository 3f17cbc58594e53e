"""``query alerts forecast``: what anomalies are judged by, where that is forecasts."""

from __future__ import annotations

from pathlib import Path

import click

from loader.commands.options import epilog, target_options
from loader.targets import load_target
from query.alerts.deliver import Patience
from query.alerts.forecasting import write_forecasts
from query.commands.alerting.options import chosen, organisations_options


@click.command(
    epilog=epilog(
        "loader build && query alerts forecast && query alerts run",
        "query alerts forecast --org acme",
    )
)
@organisations_options
@target_options
def forecast(
    *,
    names: tuple[str, ...],
    default: bool,
    target_name: str | None,
    profiles_dir: Path | None,
    raw_schema: str,
) -> None:
    """Forecast each date of the metrics that alerts of rule anomaly watch, by the dates before it.

    To be run after each build, where the variable anomaly_detector is forecast; metric_anomalies
    and metric_alerts then judge by it at once. Needs the extra [forecast], which is statsforecast.
    """
    target = load_target(target_name, profiles_dir, raw_schema)
    for written in write_forecasts(target, chosen(names, default=default), Patience()):
        of = f" of {written.organisation}" if written.organisation else ""
        click.echo(f"Forecast{of}: {written.series:,} series, {written.dates:,} dates.")
