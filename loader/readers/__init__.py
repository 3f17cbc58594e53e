"""Readers: files and standard input as blocks of rows, with memory that does not grow with them."""

from __future__ import annotations

from loader.readers.archives import members
from loader.readers.block import Block, Reader, RejectedRow
from loader.readers.expand import expand
from loader.readers.options import FORMATS, Format, ReadOptions
from loader.readers.source import Source

__all__ = [
    "FORMATS",
    "Block",
    "Format",
    "ReadOptions",
    "Reader",
    "RejectedRow",
    "Source",
    "expand",
    "members",
]
