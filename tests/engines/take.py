"""One engine's part, in a process of its own: `python -m tests.engines.take ENGINE DIRECTORY`.

For each source that the directory holds: append its events, build its project, and write down what
each public view has. An engine that crashes so takes nobody with it.
"""

from __future__ import annotations

import pickle
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from tests.engines.places import ENGINES, EnginePlace
from tests.engines.rows import Contract, ForeignValueError, Taken
from tests.engines.sources import Source
from tests.support.run import BUILD_UNTESTED, run_dbt, run_loader


def take(place: EnginePlace, source: Source, contracts: dict[str, Contract]) -> Taken:
    """Load, build and read one source at a place that is empty."""
    taken = Taken()
    started = time.monotonic()

    def lap(name: str) -> None:
        nonlocal started
        taken.seconds[name], started = time.monotonic() - started, time.monotonic()

    target = f"--target={place.loads}"
    run_loader("init", target, database=place, check=True)
    run_loader("append", target, *source.files, database=place, check=True)
    lap("load")
    built = run_dbt(
        *BUILD_UNTESTED,
        database=place,
        variables=source.variables,
        project=source.project,
        check=False,
    )
    lap("build")
    if not built.success:
        print(built.output, file=sys.stderr)
    for view, contract in contracts.items():
        status = built.statuses.get(view, "not reached")
        if status != "success":
            taken.refused[view] = f"dbt build: {status}"
            continue
        try:
            taken.rows[view] = place.rows(view, contract)
        except ForeignValueError as error:
            taken.refused[view] = str(error)
        except Exception as error:  # noqa: BLE001 - each driver has its own
            taken.refused[view] = f"{type(error).__name__}: {str(error).splitlines()[0]}"
    lap("read")
    return taken


def main(engine: str, directory: Path) -> None:
    """Take each source of the directory, and write what came of it to DIRECTORY/ENGINE."""
    contracts: dict[str, Contract] = _read(directory / "contracts")
    results = directory / engine
    results.mkdir(parents=True)
    with ENGINES[engine](results) as make:
        for file in sorted(directory.glob("source-*")):
            source: Source = _read(file)
            try:
                taken = take(make(results / source.name), source, contracts)
            except Exception as error:  # noqa: BLE001 - said of each view; the next source has its turn
                traceback.print_exc()
                reason = f"{type(error).__name__}: {(str(error) or '?').splitlines()[0]}"
                taken = Taken(refused=dict.fromkeys(contracts, reason))
            (results / f"{source.name}.taken").write_bytes(pickle.dumps(taken))


def _read(file: Path) -> Any:
    return pickle.loads(file.read_bytes())  # noqa: S301 - written by __main__.py


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
