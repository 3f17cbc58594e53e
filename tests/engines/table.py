"""What the comparison found, as a table of views and engines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.engines.rows import Comparison

#: A view on an engine: what was compared, or why nothing was.
Outcome = Comparison | str


@dataclass(frozen=True)
class Cell:
    """One view on one engine, over all sources.

    Attributes:
        outcomes: By source.
    """

    outcomes: Mapping[str, Outcome]

    @property
    def compared(self) -> int:
        """Rows compared."""
        return sum(one.compared for one in self.outcomes.values() if isinstance(one, Comparison))

    @property
    def differing(self) -> int:
        """Rows that differ."""
        return sum(one.differing for one in self.outcomes.values() if isinstance(one, Comparison))

    @property
    def nearly(self) -> int:
        """Rows that are the same but for the last binary digit of a double."""
        return sum(one.nearly for one in self.outcomes.values() if isinstance(one, Comparison))

    @property
    def uncompared(self) -> Sequence[str]:
        """Sources of which the view was not compared."""
        return [source for source, one in self.outcomes.items() if isinstance(one, str)]

    @property
    def is_same(self) -> bool:
        """Whether every source was compared, and none differs."""
        return bool(self.outcomes) and not self.differing and not self.uncompared

    def __str__(self) -> str:
        parts = [f"{self.compared:,} / {self.differing:,}"]
        if self.nearly:
            parts.append(f"{self.nearly:,} nearly")
        if self.uncompared:
            parts.append(f"{len(self.uncompared)} NOT COMPARED")
        return ", ".join(parts)


#: By engine, then by view.
Cells = Mapping[str, Mapping[str, Cell]]


def as_table(cells: Cells) -> str:
    """Views down, engines across: rows compared / rows that differ; a table of Markdown.

    Args:
        cells: By engine, then by view.
    """
    engines = list(cells)
    views = sorted({view for of_engine in cells.values() for view in of_engine})
    lines = [["view", *engines]]
    lines += [
        [view, *(str(cells[engine].get(view, Cell({}))) for engine in engines)] for view in views
    ]
    equal = [
        f"{sum(cell.is_same for cell in cells[engine].values())} of {len(views)} the same"
        for engine in engines
    ]
    lines.append(["**all**", *equal])
    widths = [max(len(line[at]) for line in lines) for at in range(len(engines) + 1)]
    rows = ["| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in lines]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([rows[0], rule, *rows[1:]])


def without_rows(cells: Cells) -> list[str]:
    """Views that are empty on an engine for every source, so that nothing was compared."""
    return sorted(
        {
            view
            for of_engine in cells.values()
            for view, cell in of_engine.items()
            if not cell.compared
        }
    )


def differences(cells: Cells) -> list[str]:
    """Say which views have other rows, and which, and why others were not compared."""
    lines: list[str] = []
    uncompared: dict[tuple[str, str, str], list[str]] = {}
    for engine, of_engine in cells.items():
        for view, cell in of_engine.items():
            for source, outcome in cell.outcomes.items():
                if isinstance(outcome, str):
                    uncompared.setdefault((engine, source, outcome), []).append(view)
                elif outcome.differing:
                    differs = f"differs in {outcome.differing:,} rows:"
                    lines.append(f"{view} on {engine} for {source} {differs}")
                    lines += [f"    {row}" for row in outcome.shown]
    for (engine, source, reason), views in uncompared.items():
        lines.append(f"Not compared on {engine} for {source}, {reason}: {', '.join(views)}")
    return lines
