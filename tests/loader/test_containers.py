"""Compressions and archives: what they hold is read, and what cannot be read says what it is."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import random
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from loader.errors import UsageError
from tests.loader.raw_tables import RawTables, event
from tests.loader.reading import read, read_content
from tests.support.databases import REPOSITORY

LINES = "".join(f"{event(f'u{n}')}\n" for n in range(3)).encode()
CSV = b"event_name,event_time,user_id\nseen,2025-03-01T12:00:00Z,c0\n"
USERS = ["u0", "u1", "u2"]
COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "zst": zstandard.ZstdCompressor(write_checksum=True).compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
}
# Ends that a tar archive may have, and the compression that each stands for.
TARS = {
    "tar": None,
    **dict.fromkeys(("tar.gz", "tgz"), "gz"),
    **dict.fromkeys(("tar.bz2", "tbz2"), "bz2"),
    **dict.fromkeys(("tar.xz", "txz"), "xz"),
    **dict.fromkeys(("tar.zst", "tzst"), "zst"),
}


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def tarred(members: dict[str, bytes], compression: str | None = None) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return COMPRESSIONS[compression](file.getvalue()) if compression else file.getvalue()


@pytest.mark.parametrize("ending", COMPRESSIONS)
def test_compressions(tmp_path: Path, ending: str) -> None:
    compress = COMPRESSIONS[ending]
    content = compress(LINES) + compress(LINES)  # one stream behind another
    for name, options in ((f"x.jsonl.{ending}", {}), ("x", {"format": "jsonl"})):
        assert read_content(tmp_path, name, content, **options).users == USERS * 2
    assert read_content(tmp_path, f"y.csv.{ending}", compress(CSV)).users == ["c0"]


@pytest.mark.parametrize("ending", COMPRESSIONS)
def test_a_compressed_file_that_is_not_whole_is_not_read(tmp_path: Path, ending: str) -> None:
    noise = random.Random(1).randbytes(50_000).hex().encode()  # noqa: S311 (no secret)
    whole = COMPRESSIONS[ending](LINES + b'{"x":"' + noise + b'"}\n')
    name = f"x.jsonl.{ending}"
    cut = read_content(tmp_path, name, whole[:-9])
    assert f"{name} is cut off" in cut.errors[0]
    broken = bytearray(whole)
    broken[len(whole) // 2] ^= 0xFF
    damaged = read_content(tmp_path, name, bytes(broken))
    assert f"{name} is damaged near byte" in damaged.errors[0]
    behind = read_content(tmp_path, name, whole + b"rubbish" * 9)
    assert f"{name} is damaged near byte" in behind.errors[0]
    empty = read_content(tmp_path, name, b"")
    assert f"{name} is empty (0 bytes)" in empty.errors[0]
    assert [found.texts for found in (cut, damaged, behind, empty)] == [[]] * 4


def test_padding_behind_gzip_is_none_of_its_data(tmp_path: Path) -> None:
    content = gzip.compress(LINES) + bytes(1000)
    assert read_content(tmp_path, "x.jsonl.gz", content).users == USERS


def test_compressed_twice(tmp_path: Path) -> None:
    assert read_content(tmp_path, "x.jsonl.gz", gzip.compress(bz2.compress(LINES))).users == USERS
    content = LINES
    for _ in range(4):
        content = gzip.compress(content)
    found = read_content(tmp_path, "x.jsonl.gz", content)
    assert "compressed more than 3 times" in found.errors[0]


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_zip(tmp_path: Path, method: int) -> None:
    members = {
        "day1.jsonl": LINES,
        "more/day2.csv": CSV,
        "day3.json.gz": gzip.compress(LINES),
        "a/": b"",
        "README.txt": b"x",
        "__MACOSX/._day1.jsonl": b"x",
        ".hidden.jsonl": b"x",
    }
    found = read_content(tmp_path, "export.zip", zipped(members, method))
    names = ("day1.jsonl", "more/day2.csv", "day3.json.gz")
    assert found.sources == [f"{tmp_path}/export.zip:{name}" for name in names]
    assert found.errors == []
    assert found.users == [*USERS, "c0", *USERS]
    assert found.notes == [
        f"left out of {tmp_path}/export.zip: README.txt, __MACOSX/._day1.jsonl, .hidden.jsonl"
    ]


@pytest.mark.parametrize(("ending", "compression"), TARS.items())
def test_tar(tmp_path: Path, ending: str, compression: str | None) -> None:
    content = tarred({"a/day1.jsonl": LINES, "day2.csv": CSV, "x.md": b""}, compression)
    found = read_content(tmp_path, f"export.{ending}", content)
    assert found.errors == []
    assert found.sources == [
        f"{tmp_path}/export.{ending}:{name}" for name in ("a/day1.jsonl", "day2.csv")
    ]
    assert found.users == [*USERS, "c0"]
    # whatever it is called, and whichever format is named for it
    assert read_content(tmp_path, "1424730535387.gz", content, format="jsonl").sources != []
    assert read_content(tmp_path, "named.jsonl", content).users == [*USERS, "c0"]


def test_links_and_devices_of_a_tar_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "secret.jsonl").write_bytes(LINES)
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, kind in (("a.jsonl", tarfile.SYMTYPE), ("b.jsonl", tarfile.FIFOTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, str(tmp_path / "secret.jsonl")
            archive.addfile(info)
        info = tarfile.TarInfo("../../out.jsonl")
        info.size = len(LINES)
        archive.addfile(info, io.BytesIO(LINES))
    found = read_content(tmp_path, "x.tar", file.getvalue())
    assert found.errors == []
    assert found.sources == [f"{tmp_path}/x.tar:../../out.jsonl"]
    assert found.notes == [f"left out of {tmp_path}/x.tar: a.jsonl, b.jsonl"]
    assert {path.name for path in tmp_path.iterdir()} == {"secret.jsonl", "x.tar"}


def test_a_member_may_have_any_name(tmp_path: Path) -> None:
    members = {"a\nb.jsonl": LINES, "ü[1]*.jsonl": LINES, "s3:/x.jsonl": LINES}
    found = read_content(tmp_path, "x.zip", zipped(members))
    assert found.users == USERS * 3
    assert [name.rpartition("x.zip:")[2] for name in found.sources] == [
        *("a\\nb.jsonl", "ü[1]*.jsonl", "s3:/x.jsonl")
    ]


def test_a_format_that_is_named_is_that_of_all_members(tmp_path: Path) -> None:
    found = read_content(tmp_path, "x.zip", zipped({"part-0": LINES, "b": LINES}), format="jsonl")
    assert found.users == USERS * 2


def test_an_archive_within_an_archive_is_refused_and_the_others_are_read(tmp_path: Path) -> None:
    inner = zipped({"a.jsonl": LINES})
    for ending in ("zip", "tgz", "7z"):
        content = zipped({f"inner.{ending}": inner, "b.jsonl": LINES})
        found = read_content(tmp_path, "x.zip", content)
        assert found.users == USERS
        [error] = found.errors
        assert f"x.zip:inner.{ending} is an archive within an archive" in error
    hidden = read_content(tmp_path, "y.zip", zipped({"inner.jsonl": inner}))
    assert hidden.texts == []
    assert "y.zip:inner.jsonl is an archive" in hidden.errors[0]


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    content = bytearray(zipped({"a.jsonl": LINES}, zipfile.ZIP_STORED))
    content[6] |= 1  # the flag in the member's own header, and in the directory's
    content[content.index(b"PK\x01\x02") + 8] |= 1
    found = read_content(tmp_path, "x.zip", bytes(content))
    assert found.errors == [
        f"{tmp_path}/x.zip:a.jsonl is encrypted. Unpack it with its password first."
    ]


def test_a_method_that_nothing_here_knows_is_refused(tmp_path: Path) -> None:
    content = bytearray(zipped({"a.jsonl": LINES}, zipfile.ZIP_STORED))
    content[8] = 97  # the method: WavPack
    content[content.index(b"PK\x01\x02") + 10] = 97
    found = read_content(tmp_path, "x.zip", bytes(content))
    assert "Cannot read" in found.errors[0]
    assert "x.zip:a.jsonl" in found.errors[0]


@pytest.mark.parametrize("ending", ["zip", *TARS])
def test_a_broken_archive_is_said_to_be_one(tmp_path: Path, ending: str) -> None:
    noise = random.Random(2).randbytes(100_000).hex().encode()  # noqa: S311 (no secret)
    members = {"a.jsonl": LINES, "b.jsonl": b'{"x":"' + noise + b'"}'}
    whole = zipped(members) if ending == "zip" else tarred(members, TARS[ending])
    name = f"x.{ending}"
    cut = read_content(tmp_path, name, whole[: len(whole) // 2])
    assert any(name in error for error in cut.errors)
    assert all("noise" not in text for text in cut.texts)
    assert cut.users in ([], USERS)  # what lies before the fault may be read
    none = read_content(tmp_path, name, b"no archive at all")
    assert name in none.errors[0]
    empty = read_content(tmp_path, name, b"")
    assert name in empty.errors[0]
    assert (none.texts, empty.texts) == ([], [])


def test_a_member_whose_bytes_are_damaged(tmp_path: Path) -> None:
    content = bytearray(zipped({"a.jsonl": LINES, "b.jsonl": LINES}, zipfile.ZIP_STORED))
    content[content.index(b"u1")] ^= 1
    found = read_content(tmp_path, "x.zip", bytes(content))
    assert found.users == USERS
    assert "x.zip:a.jsonl is damaged" in found.errors[0]


def test_a_tar_that_ends_between_members_is_told(tmp_path: Path) -> None:
    whole = tarred({"a.jsonl": LINES})
    found = read_content(tmp_path, "x.tar", whole[:1024])
    assert found.users == USERS
    assert "x.tar has no end mark" in found.errors[0]


def test_an_archive_of_nothing_that_can_be_read(tmp_path: Path) -> None:
    found = read_content(tmp_path, "x.zip", zipped({"README.txt": b"x"}))
    assert "x.zip holds no file of a known ending; it holds README.txt" in found.errors[0]
    assert "x.tar holds no file" in read_content(tmp_path, "x.tar", tarred({})).errors[0]


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("x.7z", b"7z\xbc\xaf\x27\x1c....", "a 7-Zip archive"),
        ("x.rar", b"Rar!\x1a\x07....", "a RAR archive"),
        ("x.jsonl.lz4", b"\x04\x22\x4d\x18....", "compressed by LZ4"),
        ("x.jsonl.br", b"....", "compressed by Brotli"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes, what: str) -> None:
    with pytest.raises(UsageError, match=f"{name} is {what}, which cannot be read"):
        read_content(tmp_path, name, content)
    if not content.startswith(b"."):
        found = read_content(tmp_path, name, content, format="jsonl")
        assert f"{name} is {what}, which cannot be read. Unpack it first." in found.errors[0]
        renamed = read_content(tmp_path, "x.jsonl", content)
        assert f"x.jsonl is {what}" in renamed.errors[0]


def test_a_bomb_takes_no_memory(tmp_path: Path) -> None:
    blank = bz2.compress(b" " * (64 << 20) + b"\n") * 8 + bz2.compress(LINES)
    (tmp_path / "x.zip").write_bytes(zipped({"a.jsonl.bz2": blank}))
    script = (
        "import resource, sys\n"
        "from tests.loader.reading import read\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print(read('x.zip', block_bytes=1 << 20).users)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        check=True,
        text=True,
    )
    users, grown = ran.stdout.split("\n")[:2]
    assert users == str(USERS)
    assert int(grown) < 150 << 10


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_each_member_is_a_source_of_the_report(raw: RawTables, kind: str) -> None:
    members = {
        "day1.jsonl": LINES,
        "day2.csv": CSV,
        "bad.jsonl": b"x\n" + event("b").encode(),
        "broken.csv": b"a,b\n",
    }
    raw.write(f"export.{kind}", zipped(members) if kind == "zip" else tarred(members, "gz"))
    ran = raw.append(f"export.{kind}", "--json", exit_code=1)
    files = {file["source"]: file for file in ran.json()["files"]}
    assert list(files) == [f"export.{kind}:{name}" for name in members]
    assert [file["appended"] for file in files.values()] == [3, 1, 1, 0]
    assert raw.users() == ["b", "c0", *USERS]
    assert [(row.source, row.line) for row in raw.rejected()] == [(f"export.{kind}:bad.jsonl", 1)]

    refused = raw.append(f"export.{kind}", "--strict", exit_code=1)
    assert "export." in refused.stderr

    again = raw.append("-", stdin=(raw.directory / f"export.{kind}").read_bytes(), exit_code=1)
    assert "duplicate 5" in again.stderr


def test_archives_from_a_pipe(tmp_path: Path) -> None:
    for name, content in (("x.zip", zipped({"a.jsonl": LINES})), ("x.tar.gz", None)):
        data = content or tarred({"a.jsonl": LINES}, "gz")
        pipe = tmp_path / name
        os.mkfifo(pipe)
        with subprocess.Popen(
            [
                sys.executable,
                "-c",
                f"import sys; open({str(pipe)!r}, 'wb').write(sys.stdin.buffer.read())",
            ],
            stdin=subprocess.PIPE,
        ) as writer:
            assert writer.stdin is not None
            writer.stdin.write(data)
            writer.stdin.close()
            assert read(pipe).users == USERS
