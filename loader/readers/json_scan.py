"""JSON values one behind another in a stream, found one at a time, with memory that is bounded."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator

from loader.errors import LoaderError
from loader.readers.text import Bytes

_DECODER = json.JSONDecoder()
_BLANK = re.compile(r"[ \t\r\n]*")
# What a number or a word may go on with, so that it is whole only before something else.
_GOES_ON = re.compile(r"[A-Za-z0-9+.-]*")
_MARKS = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]', re.DOTALL)
# A fault as near as this to the end of the window may come of what the window lacks.
_CUT = 16
_SMALLEST_CHUNK = 1 << 16


class Scanner:
    """A window over a stream of JSON, which moves on value by value.

    Values are handed over as they are written, so numbers stay exact, and what is wrong within one
    is the contract's to find. A value of more than ``max_chars`` stops the source.
    """

    def __init__(self, stream: Bytes, *, chunk_bytes: int, max_chars: int) -> None:
        self._stream = stream
        self._chunk_bytes = max(chunk_bytes, _SMALLEST_CHUNK)
        self._max_chars = max_chars
        # Bytes that are not UTF-8 become lone surrogates, for the row to be rejected later.
        self._utf8 = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape")
        self._window = ""
        self._at = 0
        self._ended = False
        self._lines_before = 1

    @property
    def line(self) -> int:
        """The line that the window has come to."""
        return self._lines_before + self._window.count("\n", 0, self._at)

    @property
    def position(self) -> int:
        """Bytes taken from the source so far."""
        return self._stream.position

    def first_window(self) -> str:
        """The beginning of the stream, which is handed over later all the same."""
        self._more()
        return self._window

    def next(self) -> str:
        """The next character that is not blank; empty at the end. It is not taken."""
        while True:
            found = _BLANK.match(self._window, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._window):
                return self._window[self._at]
            if not self._more():
                return ""

    def take(self, mark: str) -> bool:
        """Take the next character that is not blank if it is ``mark``."""
        if self.next() != mark:
            return False
        self._at += 1
        return True

    def value(self) -> str:
        """Take one value, as it is written, on one line. Raises LoaderError."""
        self.next()
        end = self._end()
        while end is None and len(self._window) - self._at < self._max_chars and not self._ended:
            self._more()  # at the end, a number is whole that might have gone on
            end = self._end()
        if end is None:
            raise self.error(
                f"a value of more than {self._max_chars >> 20} MiB"
                if not self._ended
                else "a value that is not JSON, or cut off"
            )
        text = self._window[self._at : end]
        self._at = end
        # Line breaks within texts are no JSON, so these are blanks.
        return text.replace("\r", " ").replace("\n", " ") if "\n" in text or "\r" in text else text

    def skip(self) -> None:
        """Pass over one value of any size. Raises LoaderError."""
        opened = self.next()
        if self._end() is not None or opened not in ("{", "["):
            self.value()
        elif opened == "{":
            for _ in self.members():
                self.skip()
        else:
            for _ in self.elements():
                self.skip()

    def members(self) -> Iterator[str]:
        """Enter an object: each key, after which its value must be taken. Raises LoaderError."""
        self._must_take("{")
        if self.take("}"):
            return
        while True:
            if self.next() != '"':
                raise self.error("a key is missing")
            key = json.loads(self.value())
            self._must_take(":")
            yield str(key)
            if self.take("}"):
                return
            self._must_take(",")

    def elements(self) -> Iterator[int]:
        """Enter an array: the number of each element, which must then be taken.

        A comma after the last one does no harm. Raises LoaderError.
        """
        self._must_take("[")
        number = 0
        while not self.take("]"):
            yield number
            number += 1
            if not self.take(","):
                self._must_take("]")
                return

    def error(self, what: str) -> LoaderError:
        """What is wrong at this place, for people."""
        return LoaderError(
            f"{self._stream.name}, line {self.line}: {what}. Nothing after it can be told apart; "
            "mend it, or write each event as one JSON object on a line."
        )

    def _must_take(self, mark: str) -> None:
        if not self.take(mark):
            found = repr(self.next()) if self.next() else "the end of the source"
            raise self.error(f"{mark!r} is missing before {found}")

    def _end(self) -> int | None:
        """Where the value at hand ends; None where the window does not hold it whole."""
        try:
            _, end = _DECODER.raw_decode(self._window, self._at)
        except json.JSONDecodeError as error:
            if error.pos < len(self._window) - _CUT and "Unterminated" not in error.msg:
                self._at = error.pos
                raise self.error(f"no JSON ({error.msg})") from error
            return None
        except RecursionError:
            return self._end_of_nested()
        if self._window[self._at] in '{["':
            return int(end)
        # A number or a word at the end of the window may go on in the next one.
        rest = _GOES_ON.match(self._window, end)
        if rest and rest.end() == len(self._window) and not self._ended:
            return None
        return int(end)

    def _end_of_nested(self) -> int | None:
        """The end of a value that is nested too deep for the decoder, by its brackets."""
        depth = 0
        for match in _MARKS.finditer(self._window, self._at):
            if match[0] in "{[":
                depth += 1
            elif match[0] in "}]":
                depth -= 1
            if depth == 0:
                return match.end()
        return None

    def _more(self) -> bool:
        """Make the window longer at its end, and drop what lies behind; False at the end."""
        if self._ended:
            return False
        # Twice as much each time, since a value that does not end is looked at from its beginning.
        chunk = self._stream.read(max(self._chunk_bytes, len(self._window) - self._at))
        self._ended = not chunk
        text = self._utf8.decode(chunk, final=self._ended)
        self._lines_before = self.line
        self._window = self._window[self._at :] + text
        self._at = 0
        return bool(text) or self._more()
