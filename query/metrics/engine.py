"""MetricFlow as a library: SQL for a question, from what dbt wrote and without dbt.

Nothing else knows this library, whose Python interface is promised to nobody.
"""

from __future__ import annotations

import copy
import json
import logging
import threading
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, Literal, NoReturn

from metricflow.engine.metricflow_engine import (
    MetricFlowEngine,
    MetricFlowQueryRequest,
    OutputColumnOrderMode,
)
from metricflow.engine.models import Entity
from metricflow.protocols.sql_client import SqlEngine
from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
from metricflow.sql.render.postgres import PostgresSQLSqlPlanRenderer
from metricflow.sql.render.sql_plan_renderer import SqlPlanRenderer
from metricflow_semantics.errors.error_classes import (
    InformativeUserError,
    InvalidQueryException,
)
from metricflow_semantics.model.dbt_manifest_parser import (
    parse_manifest_from_dbt_generated_manifest,
)
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

from serving.errors import HttpError, bad_request

Dialect = Literal["duckdb", "postgres"]

#: Stands in SQL for the relation of this number, until it is known whose is meant.
PLACE = "qa_relations.r{}_"

# For MetricFlow all time begins in 2000, of which it only warns, and ends in 2040, which it means.
_FIRST_DATE = date(1900, 1, 1)
_LAST_DATE = date(2040, 12, 31)
logging.getLogger("metricflow_semantics").setLevel(logging.ERROR)

_RENDERERS: Mapping[Dialect, tuple[SqlEngine, type[SqlPlanRenderer]]] = {
    "duckdb": (SqlEngine.DUCKDB, DuckDbSqlPlanRenderer),
    "postgres": (SqlEngine.POSTGRES, PostgresSQLSqlPlanRenderer),
}


class _Renderer:
    """What MetricFlow takes for a client of a database: it renders, and others run what it says."""

    def __init__(self, dialect: Dialect) -> None:
        self.sql_engine_type, renderer = _RENDERERS[dialect]
        self.sql_plan_renderer = renderer()

    def query(self, *_: object, **__: object) -> NoReturn:
        """MetricFlow is only asked to explain."""
        raise NotImplementedError

    execute = dry_run = close = query

    def render_bind_parameter_key(self, bind_parameter_key: str) -> str:
        """MetricFlow has no parameters where nobody gives it any."""
        return f":{bind_parameter_key}"


class Engine:
    """Says which SQL answers a question, with `PLACE` for what it reads from.

    May be called by several threads: one is served at a time, as the library counts in globals.
    """

    def __init__(self, semantic: Mapping[str, Any], dialect: Dialect) -> None:
        """Take dbt's semantic_manifest.json; `relation_names` has what PLACE's numbers mean."""
        placed = copy.deepcopy(dict(semantic))
        self.relation_names: list[str] = []
        for node in (*placed["semantic_models"], *placed["project_configuration"]["time_spines"]):
            relation = node["node_relation"]
            name = relation["relation_name"]
            if name not in self.relation_names:
                self.relation_names.append(name)
            relation["relation_name"] = PLACE.format(self.relation_names.index(name))
        lookup = SemanticManifestLookup(
            parse_manifest_from_dbt_generated_manifest(json.dumps(placed))
        )
        self._engine = MetricFlowEngine(lookup, _Renderer(dialect))
        self._lock = threading.Lock()

    def group_bys(self, metrics: tuple[str, ...]) -> list[tuple[str, str | None, str]]:
        """What these metrics can be grouped by together.

        Returns:
            The name in a question (of times without a period), the semantic model that it is of
            (None for metric_time), and its name there. An entity has an empty one.
        """
        with self._lock:
            found = self._engine.list_group_bys(list(metrics))
        names: list[tuple[str, str | None, str]] = []
        for one in found:
            model = one.semantic_model_reference
            where = model.semantic_model_name if model is not None else None
            if isinstance(one, Entity):
                names.append((one.name, where, ""))
            else:
                names.append((one.granularity_free_dunder_name, where, one.name))
        return names

    def sql(
        self,
        metrics: tuple[str, ...],
        group_by: tuple[str, ...],
        where: tuple[str, ...],
        between: tuple[date | None, date | None],
    ) -> str:
        """The SQL of a question: a query whose columns are named like what was asked for.

        Args:
            metrics: Names of metrics.
            group_by: Names, of times with their period.
            where: Conditions in MetricFlow's own language; nothing that a client wrote may be in
                them.
            between: First and last date, of whole periods; None where it is open.

        Raises:
            HttpError: 400, MetricFlow sees no way to put these together.
        """
        start, end = between
        if start is not None or end is not None:
            start, end = start or _FIRST_DATE, end or _LAST_DATE
        request = MetricFlowQueryRequest.create(
            metric_names=list(metrics),
            group_by_names=list(group_by),
            where_constraints=list(where) or None,
            time_constraint_start=_midnight(start),
            time_constraint_end=_midnight(end),
            output_column_order_mode=OutputColumnOrderMode.INPUT_ORDER,
        )
        try:
            with self._lock:
                statement = self._engine.explain(request).sql_statement
        except (InformativeUserError, InvalidQueryException) as error:
            raise _refused(str(error)) from error
        return statement.without_descriptions.sql


def _midnight(day: date | None) -> datetime | None:
    # MetricFlow's times have no zone
    return None if day is None else datetime.combine(day, time())


def _refused(text: str) -> HttpError:
    """MetricFlow's own words, of which the first paragraph says what is wrong."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    said = " ".join(lines)[:600]
    return bad_request(
        "invalid_query", "These metrics, groups and filters cannot be put together.", said
    )
