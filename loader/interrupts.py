"""Ctrl-C, and being told to end: one sentence, after everything was put in order."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from loader.errors import LoaderError

_AGAIN_SECONDS = 0.5
# SIGHUP comes when the terminal is closed.
_ENDING = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def ending_with(sentence: str) -> Iterator[None]:
    """Turn Ctrl-C, SIGTERM and SIGHUP within the block into a LoaderError that says this.

    All blocks within are left in their order, so that they can roll back and remove files.
    Signals that are ignored, as under nohup, stay ignored.
    """
    before: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        for ending in (signal.SIGINT, *_ENDING):
            handler = signal.getsignal(ending)
            if handler in (signal.SIG_DFL, signal.default_int_handler):
                before[ending] = signal.signal(ending, _interrupt)
        before[signal.SIGALRM] = signal.signal(signal.SIGALRM, _interrupt_again)
    shown = sys.unraisablehook
    if before:
        sys.unraisablehook = _quietly(shown)
    try:
        yield
    except KeyboardInterrupt:
        raise LoaderError(sentence) from None
    except RuntimeError as error:
        # DuckDB's own word for a Ctrl-C that arrives while it works.
        if isinstance(error.__cause__, KeyboardInterrupt):
            raise LoaderError(sentence) from None
        raise
    finally:
        sys.unraisablehook = shown
        if before:
            signal.setitimer(signal.ITIMER_REAL, 0)
        for changed, handler in before.items():
            signal.signal(changed, handler)


@contextmanager
def not_now() -> Iterator[None]:
    """Let Ctrl-C and the like wait until the block has ended.

    For what takes an exception of any kind for something else, as imports in DuckDB do, which
    take it for the absence of a module, and go on.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[tuple[int, FrameType | None]] = []
    before = {}
    for number in (signal.SIGINT, *_ENDING):
        if callable(handler := signal.getsignal(number)):
            before[number] = handler
            signal.signal(number, lambda *call: came.append(call))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for arrived, frame in came:
        before[signal.Signals(arrived)](arrived, frame)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    signal.setitimer(signal.ITIMER_REAL, _AGAIN_SECONDS, _AGAIN_SECONDS)
    raise KeyboardInterrupt


def _quietly(shown: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Python's report of what it could raise to nobody, but for what `_interrupt_again` repeats.

    So it is with what comes while an object is removed, as the lock of a module is by an import.
    """

    def show(unraisable: Any) -> None:
        if not issubclass(unraisable.exc_type, KeyboardInterrupt):
            shown(unraisable)

    return show


def _interrupt_again(_number: int, _frame: FrameType | None) -> None:
    """DuckDB loses one now and then; while an exception is handled, this one was not lost."""
    if sys.exc_info()[0] is None:
        raise KeyboardInterrupt
