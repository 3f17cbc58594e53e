"""Stores: how events get into one engine's raw tables."""

from __future__ import annotations

from loader.stores.base import Applied, Stage, Store
from loader.stores.open import open_store

__all__ = ["Applied", "Stage", "Store", "open_store"]
