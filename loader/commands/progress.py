"""Progress bars: on a terminal, and nowhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

#: Called with how much was done since the last call.
Advance = Callable[[int], None]


@contextmanager
def progress_bar(label: str, length: int) -> Iterator[Advance | None]:
    """A bar on standard error; None where that is no terminal, or closed."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=length, label=label, file=sys.stderr) as bar:
        yield bar.update
