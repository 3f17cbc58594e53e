"""`make test-engines`: build the project on every engine, and compare the rows of all public views.

DuckDB's rows are what the others are held against, and so is the reference implementation where it
is asked. Exits with 1 where a row differs or a view could not be compared.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from tests.engines.places import ENGINES
from tests.engines.rows import Contract, Taken, compare, contracts
from tests.engines.sources import NAMES, SMALL, Source, prepare
from tests.engines.table import Cell, Cells, Outcome, as_table, differences, without_rows
from tests.reference import VIEWS
from tests.support.databases import REPOSITORY

STANDARD = "duckdb"
REFERENCE = "reference"


class Names(click.ParamType[tuple[str, ...]]):
    """Some of several names, with commas between them."""

    name = "names"

    def __init__(self, known: Sequence[str]) -> None:
        self._known = known

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Split and check them."""
        if isinstance(value, tuple):
            return value
        names = tuple(str(value).split(","))
        unknown = [name for name in names if name not in self._known]
        if unknown:
            self.fail(f"{unknown[0]!r} is none of {', '.join(self._known)}", param, ctx)
        return names


def prepared(names: Sequence[str], directory: Path, *, small: bool) -> list[Source]:
    """Write down sources and contracts for the engines."""
    promised = contracts(REPOSITORY / "models")
    (directory / "contracts").write_bytes(pickle.dumps(promised))
    sources = []
    for name in names:
        own = directory / name
        own.mkdir()
        source = prepare(name, own, promised, small)
        (directory / f"source-{name}").write_bytes(pickle.dumps(source))
        sources.append(source)
    return sources


def take_on(engine: str, directory: Path, sources: Sequence[Source]) -> dict[str, Taken]:
    """Let a process of its own take all sources on an engine."""
    command = [sys.executable, "-m", "tests.engines.take", engine, str(directory)]
    started = time.monotonic()
    log = directory / f"{engine}.log"
    with log.open("wb") as output:
        subprocess.run(command, cwd=REPOSITORY, stdout=output, stderr=output, check=False)
    results = {}
    for source in sources:
        file = directory / engine / f"{source.name}.taken"
        if file.exists():
            results[source.name] = pickle.loads(file.read_bytes())  # noqa: S301 - written by take.py
    said = ", ".join(
        f"{name} {' + '.join(f'{seconds:.0f}' for seconds in taken.seconds.values())}"
        for name, taken in results.items()
    )
    click.echo(f"{engine}: {time.monotonic() - started:.0f} s (load + build + read: {said})")
    if len(results) < len(sources) or any(taken.refused for taken in results.values()):
        click.echo(log.read_text(encoding="utf-8", errors="replace")[-4000:], err=True)
    return results


def cells_of(
    results: Mapping[str, Mapping[str, Taken]],
    sources: Sequence[Source],
    promised: Mapping[str, Contract],
) -> Cells:
    """Compare each engine with the standard, and that with the reference."""
    standard = results[STANDARD]

    def outcome(view: str, source: Source, taken: Taken | None) -> Outcome:
        ours = standard.get(source.name, Taken())
        expected = ours.rows.get(view)
        if expected is None:
            return f"{STANDARD} has no rows: {ours.refused.get(view, 'it has ended early')}"
        if taken is None:
            return "the engine has ended early"
        if view not in taken.rows:
            return taken.refused[view]
        return compare(expected, taken.rows[view], VIEWS[view].grain)

    others = {
        engine: {source.name: taken.get(source.name) for source in sources}
        for engine, taken in results.items()
        if engine != STANDARD
    }
    asked = [source for source in sources if source.reference is not None]
    by_reference = {source.name: Taken(dict(source.reference or {})) for source in asked}
    cells = {
        engine: {
            view: Cell(
                {source.name: outcome(view, source, taken[source.name]) for source in sources}
            )
            for view in promised
        }
        for engine, taken in others.items()
    }
    if asked:
        cells[REFERENCE] = {
            view: Cell(
                {source.name: outcome(view, source, by_reference[source.name]) for source in asked}
            )
            for view in promised
        }
    return cells


@click.command()
@click.option("--engines", type=Names(list(ENGINES)), default=",".join(ENGINES), show_default=True)
@click.option("--sources", type=Names(NAMES), help=f"Some of {', '.join(NAMES)}; by default all.")
@click.option("--small", is_flag=True, help=f"Few events, by default of {', '.join(SMALL)} alone.")
@click.option(
    "--jobs",
    type=click.IntRange(1),
    default=max(1, (os.cpu_count() or 1) // 2),
    show_default="half of the processors",
    help="Engines at once.",
)
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the table there, too."
)
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    help="Leave what is made there.",
)
def main(
    engines: tuple[str, ...],
    sources: tuple[str, ...] | None,
    jobs: int,
    output: Path | None,
    keep: Path | None,
    *,
    small: bool,
) -> None:
    """Compare all public views of the engines named with DuckDB's, row for row."""
    chosen = sources or (SMALL if small else NAMES)
    with TemporaryDirectory(prefix="event-analytics-engines-") as temporary:
        directory = (keep or Path(temporary)).resolve()
        directory.mkdir(parents=True, exist_ok=True)
        made = prepared(chosen, directory, small=small)
        named = [STANDARD, *(engine for engine in engines if engine != STANDARD)]
        with ThreadPoolExecutor(jobs) as threads:
            taken = threads.map(lambda engine: take_on(engine, directory, made), named)
            results = dict(zip(named, taken, strict=True))
        cells = cells_of(results, made, contracts(REPOSITORY / "models"))
    table = as_table(cells)
    click.echo(f"\nRows compared with those of {STANDARD} / rows that differ\n\n{table}\n")
    for line in differences(cells):
        click.echo(line)
    if output is not None:
        output.write_text(table + "\n", encoding="utf-8")
    same = bool(cells) and all(cell.is_same for of in cells.values() for cell in of.values())
    empty = without_rows(cells)
    if empty and sources is None and not small:
        # two empty views would agree, too
        click.echo(f"No row was compared of: {', '.join(empty)}", err=True)
        same = False
    sys.exit(0 if same else 1)


if __name__ == "__main__":
    main()
