"""Fills the table metric_forecasts, which stands behind metric_anomalies where forecasts judge."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from loader.errors import LoaderError
from loader.organisations import target_of
from loader.targets import Target
from query.alerts.database import Session, alerting, views_of
from query.alerts.deliver import Patience
from query.alerts.forecasts import Forecast, forecasts, require_statsforecast
from query.alerts.run import all_organisations

Key = tuple[str, str, str]

#: Logarithms in the warehouse are in billionths.
_UNIT = 1_000_000_000
_THERE = """
select count(*) from information_schema.tables
where
    table_catalog = current_database()
    and table_schema = $1
    and table_name = 'metric_forecasts'
"""
_VALUES = """
select metric, segment, segment_value, calendar_date, numerator, denominator
from {schema}.int_metric_values
where
    is_complete
    and denominator > 0
    and (metric, segment) in (
        select alerts.metric, alerts.segment
        from {schema}.int_alerts as alerts
        where alerts.rule = 'anomaly'
    )
"""
_INSERT = """
insert into {schema}.metric_forecasts
(metric, segment, segment_value, calendar_date, expected_log, deviation_log)
select
    unnest($1::text[]), unnest($2::text[]), unnest($3::text[]), unnest($4::date[]),
    unnest($5::double precision[]), unnest($6::double precision[])
"""


@dataclass(frozen=True, slots=True)
class Written:
    """What the table of an organisation, '' for the default schemas, holds now."""

    organisation: str
    series: int
    dates: int


def write_forecasts(
    target: Target, organisations: Sequence[str], patience: Patience
) -> list[Written]:
    """Forecast what alerts of rule anomaly watch, for each organisation (none: all).

    All forecasts of an organisation are replaced at once.

    Raises:
        LoaderError: statsforecast is missing, or nothing was built for forecasts.
    """
    require_statsforecast()
    written = []
    for organisation in organisations or all_organisations(target, patience):
        place = _place(target, organisation)
        with alerting(target, "looking for forecasts", wait_seconds=patience.lock) as session:
            if not session.rows(_THERE, place)[0][0]:
                if organisations:
                    raise _not_built(organisation)
                continue
            with views_of(target_of(target, organisation or None)):
                series = _read(session, place)
        # a DuckDB file is nobody's while models are estimated
        found = {key: list(forecasts(values)) for key, values in series.items()}
        with alerting(target, "writing forecasts", wait_seconds=patience.lock) as session:
            _replace(session, place, found)
        dates = sum(map(len, found.values()))
        written.append(Written(organisation, len(found), dates))
    if not written:
        raise _not_built("")
    return written


def _place(target: Target, organisation: str) -> str:
    return f"{target_of(target, organisation or None).schema}_intermediate"


def _not_built(organisation: str) -> LoaderError:
    of = f" of {organisation}" if organisation else ""
    return LoaderError(
        f"No views{of} were built for forecasts. Set the variable anomaly_detector to forecast in "
        "dbt_project.yml, and run: loader build"
    )


def _read(session: Session, schema: str) -> dict[Key, dict[date, float]]:
    series: dict[Key, dict[date, float]] = {}
    query = _VALUES.replace("{schema}", session.target.place(schema))
    for metric, segment, segment_value, day, numerator, denominator in session.rows(query):
        of = series.setdefault((metric, segment, segment_value), {})
        # the scale on which weekdays are compared, too
        of[day] = math.log((1 + numerator) / denominator)
    return series


def _replace(session: Session, schema: str, found: Mapping[Key, Sequence[Forecast]]) -> None:
    place = session.target.place(schema)
    session.rows(f"delete from {place}.metric_forecasts")
    rows = [
        (*key, one.date, float(round(_UNIT * one.expected)), float(round(_UNIT * one.deviation)))
        for key, of in found.items()
        for one in of
    ]
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        session.rows(_INSERT.replace("{schema}", place), *columns)
