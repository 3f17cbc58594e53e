"""Taking out what went in by mistake: a delivery (withdraw), or all of a person (erase)."""

from __future__ import annotations

from loader.removing.erasing import erase
from loader.removing.removal import Removal
from loader.removing.rewriting import rewrite
from loader.removing.withdrawing import withdraw

__all__ = ["Removal", "erase", "rewrite", "withdraw"]
