"""The loader's tests once more, on ClickHouse: same files, same rows, same reports, same sentences.

All that need nothing but raw tables. What only DuckDB files or PostgreSQL have is tested there.
"""

from __future__ import annotations

import inspect
from types import ModuleType

import pytest

from tests.loader import (
    test_append,
    test_dry_run,
    test_exit_codes,
    test_rejects,
    test_removals,
    test_resend,
    test_ways_in,
)
from tests.loader.test_rejects import rejected

__all__ = ["rejected"]

pytestmark = pytest.mark.slow

MODULES = (
    test_append,
    test_dry_run,
    test_exit_codes,
    test_rejects,
    test_removals,
    test_resend,
    test_ways_in,
)
#: What a test may ask for to be one of raw tables on any engine.
_TABLES = {"raw", "rejected"}


def taken_from(module: ModuleType) -> dict[str, object]:
    """The tests of a module that ask for raw tables, by names that say where they are from."""
    origin = module.__name__.rpartition(".")[2].removeprefix("test_")
    return {
        f"test_{origin}_{name.removeprefix('test_')}": test
        for name, test in vars(module).items()
        if name.startswith("test_") and _TABLES & set(inspect.signature(test).parameters)
    }


for _module in MODULES:
    globals().update(taken_from(_module))
