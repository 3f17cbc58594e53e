"""Which format and which container a source has, by its first bytes and by its name."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Literal

from loader.readers.options import FORMATS, Format

Container = Literal["zip", "tar"]
Compression = Literal["gzip", "zstd", "bzip2", "xz"]

_ENDINGS: dict[str, Format] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".psv": "csv",
    ".parquet": "parquet",
    ".avro": "avro",
    ".arrow": "arrow",
    ".arrows": "arrow",
    ".feather": "arrow",
    ".orc": "orc",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".xlsb": "excel",
    ".xls": "excel",
    ".ods": "excel",
}
COMPRESSION_ENDINGS: dict[str, Compression] = {
    ".gz": "gzip",
    ".zst": "zstd",
    ".bz2": "bzip2",
    ".xz": "xz",
}
_COMPRESSION_MAGIC: dict[bytes, Compression] = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
}
_CONTAINER_ENDINGS: dict[str, Container] = {
    ".zip": "zip",
    ".tar": "tar",
    ".tgz": "tar",
    ".tbz": "tar",
    ".tbz2": "tar",
    ".txz": "tar",
    ".tzst": "tar",
}
_ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_TAR_MAGIC = b"ustar"
_TAR_MAGIC_AT = 257
#: As many of the first bytes as tell a format or a container.
HEAD_BYTES = 512

# What no library here reads, and what it is called.
_REFUSED_MAGIC = {
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
    b"\x04\x22\x4d\x18": "compressed by LZ4",
    b"\xff\x06\x00\x00sNaPpY": "compressed by Snappy",
    b"\x1f\x9d": "compressed by compress",
    b"LZIP": "compressed by lzip",
    b"\x89LZO": "compressed by lzop",
    b"SQLite format 3\x00": "a database of SQLite",
    b"%PDF": "a PDF document",
}
_REFUSED_ENDINGS = {
    ".7z": "a 7-Zip archive",
    ".rar": "a RAR archive",
    ".lz4": "compressed by LZ4",
    ".sz": "compressed by Snappy",
    ".snappy": "compressed by Snappy",
    ".br": "compressed by Brotli",
    ".lzma": "compressed by LZMA",
    ".lz": "compressed by lzip",
    ".lzo": "compressed by lzop",
    ".z": "compressed by compress",
    ".cab": "a Cabinet archive",
    ".dmg": "a disk image",
}
_FORMAT_MAGIC: dict[bytes, Format] = {
    b"PAR1": "parquet",
    b"Obj\x01": "avro",
    b"ARROW1": "arrow",
    b"FEA1": "arrow",
    b"ORC": "orc",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "excel",
}

_JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\[\s*)?\{")

# Formats that are zip archives themselves, or that a compression stands inside of.
_ZIPPED: tuple[Format, ...] = ("excel",)


def compression_of(head: bytes) -> Compression | None:
    """How bytes that begin with ``head`` are compressed."""
    return next(
        (kind for magic, kind in _COMPRESSION_MAGIC.items() if head.startswith(magic)), None
    )


def container_of(head: bytes) -> Container | None:
    """Which archive the decompressed bytes that begin with ``head`` are."""
    if head.startswith(_ZIP_MAGIC):
        return "zip"
    if head[_TAR_MAGIC_AT:].startswith(_TAR_MAGIC):
        return "tar"
    return None


def refused_of(head: bytes) -> str | None:
    """What bytes that begin with ``head`` are, where nothing here reads them."""
    return next((what for magic, what in _REFUSED_MAGIC.items() if head.startswith(magic)), None)


def format_of(head: bytes) -> Format | None:
    """The format of decompressed bytes, if their beginning leaves no doubt."""
    found = next((kind for magic, kind in _FORMAT_MAGIC.items() if head.startswith(magic)), None)
    return "jsonl" if found is None and _JSON.match(head) else found


def claimed_compression(name: str) -> Compression | None:
    """How the file is compressed, if its ending says it."""
    return COMPRESSION_ENDINGS.get(_suffix(name))


def claimed_container(name: str) -> Container | None:
    """Which archive the file is, if its ending says it."""
    return _CONTAINER_ENDINGS.get(_suffix(_decompressed(name)))


def claimed_format(name: str) -> Format | None:
    """The format that a file's ending says, whatever compresses it."""
    return _ENDINGS.get(_suffix(_decompressed(name)))


def claimed_refused(name: str) -> str | None:
    """What a file is by its ending, where nothing here reads such files."""
    return _REFUSED_ENDINGS.get(_suffix(name))


def is_hidden(part: str) -> bool:
    """Whether a file or folder of this name is no data by custom, as ``.crc`` and ``_SUCCESS``."""
    return part.startswith((".", "_")) and part not in (".", "..")


def may_be_zip(given: Format | None) -> bool:
    """Whether a file of this format may be a zip archive itself."""
    return given in _ZIPPED


def how_to_choose(name: str) -> str:
    """A sentence for a source whose format nobody knows."""
    return (
        f"The ending of {name} says no format. Choose one with --format {'|'.join(FORMATS)} "
        "(compression and archives are found out)."
    )


def _decompressed(name: str) -> str:
    lower = name.lower()
    while _suffix(lower) in COMPRESSION_ENDINGS:
        lower = lower.removesuffix(_suffix(lower))
    return lower


def _suffix(name: str) -> str:
    return PurePosixPath(name.lower()).suffix
