"""Readers: files and standard input as blocks of rows, with memory that does not grow with them."""

from __future__ import annotations

from loader.readers.block import Block, Reader, RejectedRow
from loader.readers.source import FORMATS, Format, Source, expand

__all__ = ["FORMATS", "Block", "Format", "Reader", "RejectedRow", "Source", "expand"]
