"""Whether a text names a person: an id that stands for itself, not as a part of a longer one."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import Any

# Between letters and digits they make one longer id: u1-2, ann@example.org, auth0|7.
_JOINERS = r"[-.@+~:|]"
_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))')
_LETTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
# A text in JSON may hold JSON as a text, as properties in a column of a table do.
_DEPTH = 3


class People:
    """The ids of persons, and what names them."""

    def __init__(self, ids: Collection[str]) -> None:
        self.ids = frozenset(ids)
        either = "|".join(re.escape(person) for person in sorted(self.ids, key=len, reverse=True))
        self._whole = re.compile(rf"(?<!\w)(?<!\w{_JOINERS})(?:{either})(?!\w)(?!{_JOINERS}\w)")
        self._in_name = re.compile(rf"(?<![^\W_])(?:{either})(?![^\W_])")

    def are_named_in(self, text: str) -> bool:
        """Whether a row as it came, or what was wrong with it, names one of them.

        Either as a value of JSON, be it a text or a number, or anywhere in the text, escaped or
        not. An id next to letters, digits or ``_``, or joined to them by one of ``-.@+~:|``, is
        another one.
        """
        unescaped = text
        for _ in range(_DEPTH):
            if self._whole.search(unescaped):
                return True
            if "\\" not in unescaped:
                break
            unescaped = _unescaped(unescaped)
        return any(value in self.ids for value in _numbers(text))

    def name(self, source: str) -> bool:
        """Whether a source is called after one of them, as a file ``export-ann@example.org.csv``.

        More freely than above, since only the name goes: just letters and digits make a longer id.
        """
        return bool(self._in_name.search(source))


def _unescaped(text: str) -> str:
    """The text with the escapes of JSON taken for what they mean; pairs of surrogates are one."""

    def character(found: re.Match[str]) -> str:
        code, letter = found.groups()
        return chr(int(code, 16)) if code else _LETTERS.get(letter, letter)

    plain = _ESCAPE.sub(character, text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _numbers(text: str) -> Iterator[str]:
    """The numbers in a text that is JSON, as the contract writes them: 7.0 is 7."""
    numbers: list[str] = []

    def keep(number: str) -> str:
        numbers.append(number)
        if "." in number:
            numbers.append(number.rstrip("0").rstrip("."))
        return number

    def parse(given: str) -> Any:
        return json.loads(given, parse_int=keep, parse_float=keep)

    try:
        parse(text)
    except (ValueError, RecursionError):
        return
    yield from numbers
