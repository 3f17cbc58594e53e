"""Fixtures of the tests with real clients: those of the collector's own tests."""

from __future__ import annotations

from tests.collector.conftest import collector, shared_collectors

__all__ = ["collector", "shared_collectors"]
