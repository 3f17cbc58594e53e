"""Stores: how events get into one engine's raw tables."""

from __future__ import annotations

from loader.stores.base import Applied
from loader.stores.open import Store, open_store
from loader.stores.stage import Stage

__all__ = ["Applied", "Stage", "Store", "open_store"]
