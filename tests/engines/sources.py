"""What the views are compared for: logs of events, definitions and settings."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from loader.strict_json import canonical
from tests.engines.rows import Contract, Rows
from tests.exactness.definitions import LONGEST, write_funnels
from tests.metrics.crowds import crowd
from tests.metrics.variants import VARIANTS
from tests.metrics.views import copy_project
from tests.reference import VIEWS, Definitions, Event, History, Row
from tests.support.databases import REPOSITORY
from tests.support.run import run_loader

COFACTS = REPOSITORY / "examples" / "cofacts" / "events.parquet"
# One more than the reference's own tests have, where clocks change and ids are linked.
_MIXED = "mixed"
_CASES = VARIANTS | {
    _MIXED: replace(
        VARIANTS["berlin"],
        settings=replace(VARIANTS["berlin"].settings, identity="merge", max_person_ids=5),
    )
}
NAMES = ("generated", "cofacts", *(f"cases-{variant}" for variant in _CASES))
# Clocks change, funnels are of each kind; no ids are linked, which takes long.
SMALL = ("cases-berlin",)
_FUNNELS = 12
_FEW_FUNNELS = 6
_SHORT = 4


@dataclass(frozen=True)
class Source:
    """Events and the project that is to be built from them.

    Attributes:
        name: One of `NAMES`.
        files: What is appended, in this order.
        project: A copy of the dbt project with the definitions of this source.
        variables: Values for `dbt --vars`.
        reference: The rows that the reference implementation has, by view; None where it is not
            asked, as it takes too long for logs of many users.
    """

    name: str
    files: tuple[Path, ...]
    project: Path
    variables: Mapping[str, Any]
    reference: Mapping[str, Rows] | None = None


def prepare(name: str, directory: Path, contracts: Mapping[str, Contract], small: bool) -> Source:
    """Write a source's events and project.

    Args:
        name: One of `NAMES`.
        directory: An existing directory for this source alone.
        contracts: Those of the public views.
        small: A part of the users and shorter funnels, for those who cannot wait.
    """
    project = directory / "project"
    if name == "cofacts":
        copy_project(project, REPOSITORY / "seeds")
        return Source(name, (COFACTS,), project, {})
    if name == "generated":
        copy_project(project, REPOSITORY / "benchmarks" / "seeds")
        events, users = ("2000", "60") if small else ("40000", "900")
        file = directory / "events.parquet"
        size = ("--events", events, "--users", users, "--days", "120")
        run_loader("generate", *size, "--output", file, check=True)
        return Source(name, (file,), project, {})
    return _cases(name, directory, contracts, small=small)


def _cases(name: str, directory: Path, contracts: Mapping[str, Contract], *, small: bool) -> Source:
    """A crowd in which much happens at one instant, funnels that nobody would define."""
    variant = _CASES[name.removeprefix("cases-")]
    random = Random(name)  # noqa: S311 - no secret
    project = directory / "project"
    copy_project(project, REPOSITORY / "tests" / "metrics" / "seeds")
    longest = _SHORT if small else LONGEST
    write_funnels(random, project / "seeds", _FEW_FUNNELS if small else _FUNNELS, longest)
    # When an event arrives the loader says itself: now, after all of them.
    log = [
        replace(event, ingested_at=None)
        for event in _log(random, variant.instants(), 60 if small else 400)
    ]
    file = directory / "events.jsonl"
    file.write_text("".join(f"{_line(event)}\n" for event in log), encoding="utf-8")
    history = History(log, Definitions.from_seeds(project / "seeds"), variant.settings)
    reference = {view: _rows(contracts[view], VIEWS[view].rows(history)) for view in VIEWS}
    variables = variant.settings.as_dbt_vars() | {"max_funnel_steps": longest}
    return Source(name, (file,), project, variables, reference)


def _log(random: Random, instants: Sequence[datetime], users: int) -> Iterator[Event]:
    """A crowd around each of the instants, so that reports reach from the first to the last."""
    for number, instant in enumerate(instants):
        for event in crowd(random, [instant], max(1, users // len(instants))):
            yield replace(
                event,
                event_id=UUID(int=event.event_id.int >> 4 | number << 124),
                user_id=f"{event.user_id} of {number}",
            )


def _rows(contract: Contract, rows: Iterable[Row]) -> Rows:
    """Rows by name; Python's whole numbers are doubles where the contract says so."""
    return Rows.of(
        contract,
        list(contract),
        (
            [
                float(row[name])  # type: ignore[arg-type]
                if promised == "double precision" and row[name] is not None
                else row[name]
                for name, promised in contract.items()
            ]
            for row in rows
        ),
    )


def _line(event: Event) -> str:
    fields = {
        "event_id": str(event.event_id),
        "event_name": event.event_name,
        "event_time": event.event_time.isoformat(),
        "user_id": event.user_id,
    }
    return f'{json.dumps(fields)[:-1]}, "properties": {canonical(event.properties)}}}'


def clear(directory: Path) -> None:
    """Remove what a source has needed."""
    shutil.rmtree(directory, ignore_errors=True)
