"""JSON lines: one event on each line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from loader.readers.block import MAX_STORED_BYTES, Block, RejectedRow, stored_text
from loader.readers.text import OTHER_ENCODING, Bytes

_BOM = b"\xef\xbb\xbf"
_CARRIAGE_RETURN = b"\r"


class JsonLinesReader:
    """Cuts a stream into blocks of whole lines of about ``block_bytes``.

    A line longer than ``max_bytes`` is rejected as too_large; only its beginning is kept.
    """

    text_properties = False

    def __init__(self, stream: Bytes, *, block_bytes: int, max_bytes: int) -> None:
        self.notes: list[str] = []
        self.columns: Sequence[str] = ()
        self._stream = stream
        self._block_bytes = block_bytes
        self._max_bytes = max_bytes
        self._line = 1

    def blocks(self) -> Iterator[Block]:
        """The lines of the stream; LoaderError for damaged compression."""
        rest = b""
        # Enough to store as much of a rejected line as of one that ends within a block.
        held = max(self._max_bytes + len(_CARRIAGE_RETURN), MAX_STORED_BYTES)
        chunk = self._stream.read(self._block_bytes).removeprefix(_BOM)
        while chunk:
            end = chunk.rfind(b"\n")
            if end >= 0:
                yield self._block(rest + chunk[:end])
                rest = chunk[end + 1 :]
            else:
                rest += chunk
            if len(rest) > held:
                yield self._reject_long(rest)
                rest = b""
                chunk = self._skip_line()
            else:
                chunk = b""
            chunk = chunk or self._stream.read(self._block_bytes)
        if rest:
            yield self._block(rest)

    def _reject_long(self, beginning: bytes) -> Block:
        """Reject the over-long line that starts with ``beginning``."""
        rejected = RejectedRow(
            self._line,
            "too_large",
            f"longer than {self._max_bytes} bytes",
            stored_text(beginning),
        )
        self._line += 1
        return Block("", (), self._stream.position, [rejected])

    def _skip_line(self) -> bytes:
        """Read up to the end of the line; what has been read of the next ones."""
        while chunk := self._stream.read(self._block_bytes):
            end = chunk.find(b"\n")
            if end >= 0:
                return chunk[end + 1 :]
        return b""

    def _block(self, data: bytes) -> Block:
        first = self._line
        self._line += data.count(b"\n") + 1
        lines = range(first, self._line)
        rejected: list[RejectedRow] = []
        try:
            text = data.decode()
        except UnicodeDecodeError:
            text = self._decode_lines(data, first, rejected)
        return Block(text, lines, self._stream.position, rejected)

    def _decode_lines(self, data: bytes, first: int, rejected: list[RejectedRow]) -> str:
        """Reject the lines that are not UTF-8, leaving blank ones in their place."""
        texts = []
        for line, given in enumerate(data.split(b"\n"), first):
            try:
                texts.append(given.decode())
            except UnicodeDecodeError as error:
                texts.append("")
                row = given.removesuffix(_CARRIAGE_RETURN)
                if len(row) > self._max_bytes:
                    reason, detail = "too_large", f"longer than {self._max_bytes} bytes"
                else:
                    reason = "invalid_utf8"
                    detail = f"byte {error.start + 1} of the row is not UTF-8; {OTHER_ENCODING}"
                rejected.append(RejectedRow(line, reason, detail, stored_text(row)))
        return "\n".join(texts)
