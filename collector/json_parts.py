"""Takes JSON apart without reading it, so that one bad event does not spoil the others.

`read_array` and `read_object` try the strict parser on the whole text, which is fast. Only where
it finds a fault is the text cut at its top level, and each part read on its own.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from loader.contract import MAX_DEPTH, Rejection
from loader.strict_json import JsonError, canonical, not_finite, parse

_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{},]', re.DOTALL)
# What `collector.body.decoded` makes of a byte that belongs to no character.
_NOT_UTF8 = re.compile("[\udc80-\udcff]")
_MEMBER = re.compile(r'\s*("(?:[^"\\]|\\.)*+")\s*:', re.DOTALL)


class UnreadableError(ValueError):
    """A text that is no JSON as a whole."""


@dataclass(slots=True)
class Part:
    """An element of an array: its value, or why it has none.

    ``text`` is the element as it came, where it had to be cut out.
    """

    value: Any
    fault: Rejection | None = None
    text: str | None = None

    def original(self) -> str:
        """The element as it came, or as good as that."""
        return self.text if self.text is not None else canonical(self.value)

    def leniently(self) -> Any:
        """The value, read with more patience where strictness failed; None where that fails too.

        For looking up what says whose event it is, never for what is stored.
        """
        if self.fault is None or self.text is None:
            return self.value
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError):
            return None


def part(text: str, max_depth: int = MAX_DEPTH) -> Part:
    """Read one element."""
    try:
        return Part(parse(text, max_depth=max_depth), text=text)
    except JsonError as error:
        if _NOT_UTF8.search(text):
            original = text.encode(errors="surrogateescape").decode(errors="backslashreplace")
            return Part(None, Rejection("invalid_utf8", "the row is not UTF-8"), original)
        return Part(None, Rejection(error.reason, error.detail), text)


def read_array(text: str, max_depth: int = MAX_DEPTH) -> list[Part]:
    """The elements of a JSON array, each at most ``max_depth`` levels deep.

    Raises UnreadableError where the text is no array.
    """
    try:
        value = parse(text, max_depth=max_depth)
    except JsonError:
        return [part(piece, max_depth) for piece in _pieces(text, "[]")]
    if not_finite():  # or what is rejected would not be kept as it came
        return [part(piece, max_depth) for piece in _pieces(text, "[]")]
    if not isinstance(value, list):
        raise UnreadableError("a JSON array was expected")
    return [Part(element) for element in value]


def read_object(text: str, array: str, max_depth: int = MAX_DEPTH) -> dict[str, Any]:
    """The members of a JSON object; the one called ``array`` as a list of parts.

    A member that breaks the contract is left out: none but ``array`` holds events. Raises
    UnreadableError where the text is no object, has a key twice, or holds no array there.
    """
    try:
        whole = parse(text, max_depth=max_depth)
    except JsonError:
        return _members(text, array, max_depth)
    if not_finite():
        return _members(text, array, max_depth)
    if not isinstance(whole, dict):
        raise UnreadableError("a JSON object was expected")
    if array in whole:
        if not isinstance(whole[array], list):
            raise UnreadableError(f"{array} is no array")
        whole[array] = [Part(element) for element in whole[array]]
    return whole


def _members(text: str, array: str, max_depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for piece in _pieces(text, "{}"):
        match = _MEMBER.match(piece)
        if match is None:
            raise UnreadableError("a member of the object has no name")
        try:
            name = str(json.loads(match[1]))
        except ValueError as error:
            raise UnreadableError(str(error)) from None
        if name in found:
            raise UnreadableError(f"the key {name!r} comes twice")
        rest = piece[match.end() :]
        if name == array:
            found[name] = [part(element, max_depth) for element in _pieces(rest, "[]")]
        else:
            found[name] = part(rest, max_depth).value
    return found


def _pieces(text: str, brackets: str) -> list[str]:
    """What stands between the outermost brackets, cut at the commas there.

    Linear in the text, and no deeper for nested values.
    """
    text = text.strip(" \t\r\n")
    if text[:1] != brackets[0]:
        kind = "array" if brackets == "[]" else "object"
        raise UnreadableError(f"a JSON {kind} was expected")
    depth = 0
    pieces: list[str] = []
    start = 1
    for match in _TOKENS.finditer(text):
        mark = match[0]
        if mark in ("[", "{"):
            depth += 1
        elif mark in ("]", "}"):
            depth -= 1
            if depth == 0:
                if match.end() != len(text) or mark != brackets[1]:
                    raise UnreadableError(f"the brackets end at character {match.end()}")
                return _last(pieces, text[start : match.start()])
        elif mark == "," and depth == 1:
            pieces.append(text[start : match.start()])
            start = match.end()
    raise UnreadableError("the text ends before its brackets are closed")


def _last(pieces: list[str], rest: str) -> list[str]:
    """Add the last piece; nothing at all between the brackets is no piece."""
    return [*pieces, rest] if pieces or rest.strip() else pieces
