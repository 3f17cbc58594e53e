r"""JSON as RFC 8259 and I-JSON want it, read strictly and written in one canonical form.

The canonical form is what PostgreSQL's jsonb and DuckDB's JSON both keep and give back alike:

* no white space; strings as UTF-8, escaping only ``"``, ``\`` and control characters;
* whole numbers with the digits they came with (``-0`` becomes ``0``);
* other numbers as the nearest double, in its shortest digits, in plain decimal notation
  (``1e2`` is ``100.0``, ``1.10`` is ``1.1``, ``1e-7`` is ``0.0000001``, ``-0.0`` is ``0.0``); from
  1e21 on they are whole numbers, since DuckDB would turn ``1e21`` itself into an exponent again.
"""

from __future__ import annotations

import json
import re
import sys
import threading
from collections.abc import Callable
from decimal import Decimal
from itertools import chain
from json.encoder import encode_basestring
from typing import Any

_INFINITY = float("inf")
_LARGEST_INTEGER = int(sys.float_info.max)
_LARGEST_DIGITS = len(str(_LARGEST_INTEGER))
_FIRST_WHOLE_DOUBLE = 1e21
# Escapes that may name NUL, or half of a pair.
_ODD_ESCAPES = ("\\u0000", "\\ud", "\\uD")
_CONTAINERS = (dict, list)
# White space, and such before a colon, where a member's key and colon do not meet. One character is
# looked for in much less time than two.
_LOOSE_COLONS = ((" ", " :"), ("\t", "\t:"), ("\n", "\n:"), ("\r", "\r:"))
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


class JsonError(ValueError):
    """A text that is no JSON for us: ``reason`` is the reason code, ``detail`` is for people."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class _Parser(threading.local):
    """Remembers the first thing in a text that JSON's grammar allows and the contract does not.

    One for each thread, since making a decoder takes longer than most texts.
    """

    def __init__(self) -> None:
        self._fault: JsonError | None = None
        #: How many numbers of the last text were NaN or infinite.
        self.not_finite = 0
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_int=self._integer,
            parse_float=self._double,
            parse_constant=self._constant,
        )
        # Without a call for each object.
        self._plain = json.JSONDecoder(
            parse_int=self._integer, parse_float=self._double, parse_constant=self._constant
        )

    def plainly(self, text: str) -> Any:
        """The value if nothing but a repeated key can be wrong with it; else a ValueError."""
        self._fault = None
        self.not_finite = 0
        value = self._plain.decode(text)
        if self._fault is not None:
            raise self._fault
        return value

    def parse(self, text: str) -> Any:
        self._fault = None
        self.not_finite = 0
        try:
            value = self._decoder.decode(text)
        except json.JSONDecodeError as error:
            detail = f"{error.msg} at character {error.pos + 1}"
            raise JsonError("not_json", detail) from None
        if self._fault is not None:
            raise self._fault
        return value

    def _remember(self, reason: str, detail: str) -> None:
        if self._fault is None:
            self._fault = JsonError(reason, detail)

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            seen: set[str] = set()
            for key, _ in pairs:
                if key in seen:
                    self._remember("duplicate_key", f"the key {shorten(key)} comes twice")
                    break
                seen.add(key)
        return found

    def _integer(self, digits: str) -> int:
        if len(digits) < _LARGEST_DIGITS:
            return int(digits)
        if len(digits) <= _LARGEST_DIGITS + 1:
            value = int(digits)
            if -_LARGEST_INTEGER <= value <= _LARGEST_INTEGER:
                return value
        self._out_of_range(digits)
        return 0

    def _double(self, digits: str) -> float:
        value = float(digits)
        if not -_INFINITY < value < _INFINITY:
            self._out_of_range(digits)
        return value

    def _out_of_range(self, digits: str) -> None:
        detail = f"the number {shorten(digits)} is beyond the range of a double"
        self._remember("number_out_of_range", detail)

    def _constant(self, name: str) -> None:
        # Programs write NaN and Infinity where a number is missing, though JSON has neither.
        del name
        self.not_finite += 1


_PARSER = _Parser()


def parse(text: str, *, max_depth: int) -> Any:
    """Read one JSON value from ``text``; raises JsonError.

    The first of these that applies decides: too_deep, not_json, duplicate_key or
    number_out_of_range (whichever ends first in the text), null_character, lone_surrogate.
    """
    try:
        value = _PARSER.plainly(text)
    except (ValueError, RecursionError):
        return _parse_slowly(text, max_depth)
    # Each member has a key, whose quote its colon follows at once: so if there are no more such
    # pairs of characters than members were found, no key came twice.
    loose = [colon for blank, colon in _LOOSE_COLONS if blank in text and colon in text]
    if loose or _members(value, max_depth) != text.count('":'):
        return _parse_slowly(text, max_depth)
    _check_characters(text, value)
    return value


def not_finite() -> int:
    """How many numbers of the text that this thread parsed last were not finite, so are null."""
    return _PARSER.not_finite


def canonical(value: Any, *, sort_keys: bool = False) -> str:
    """Write a parsed JSON value in the canonical form; ``sort_keys`` sorts by code points."""
    scalar = _SCALARS.get(type(value))
    if scalar is not None:
        return scalar(value)
    if isinstance(value, dict):
        items = sorted(value.items()) if sort_keys else value.items()
        members = [
            f"{encode_basestring(key)}:{found(item)}"
            if (found := _SCALARS.get(type(item))) is not None
            else f"{encode_basestring(key)}:{canonical(item, sort_keys=sort_keys)}"
            for key, item in items
        ]
        return f"{{{','.join(members)}}}"
    return f"[{','.join([canonical(item, sort_keys=sort_keys) for item in value])}]"


def shorten(text: str, limit: int = 60) -> str:
    """``text`` as it may stand in a message: quoted, one line, at most ``limit`` characters."""
    return repr(text if len(text) <= limit else text[:limit] + "…")


def _double_text(value: float) -> str:
    if value == 0:
        return "0.0"
    digits = repr(value)
    if "e" in digits:
        digits = format(Decimal(digits), "f")
        if "." not in digits and abs(value) < _FIRST_WHOLE_DOUBLE:
            digits += ".0"
    return digits


_SCALARS: dict[type, Callable[[Any], str]] = {
    str: encode_basestring,
    int: str,
    float: _double_text,
    bool: lambda value: "true" if value else "false",
    type(None): lambda _: "null",
}


def _members(value: Any, max_depth: int) -> int:
    """How many members all objects in a value have; -1 where it is nested too deep."""
    members = 0
    level = [value] if type(value) in _CONTAINERS else []
    for _ in range(max_depth):
        objects = [container for container in level if type(container) is dict]
        arrays = [container for container in level if type(container) is list]
        members += sum(map(len, objects))
        items = chain(chain.from_iterable(map(dict.values, objects)), chain.from_iterable(arrays))
        level = [item for item in items if type(item) in _CONTAINERS]
        if not level:
            return members
    return -1


def _parse_slowly(text: str, max_depth: int) -> Any:
    """The same as `parse`, which knows the faults by name."""
    if _depth_exceeds(text, max_depth):
        raise JsonError("too_deep", f"nested more than {max_depth} levels deep")
    value = _PARSER.parse(text)
    _check_characters(text, value)
    return value


def _depth_exceeds(text: str, limit: int) -> bool:
    if text.count("{") + text.count("[") <= limit:
        return False
    depth = 0
    for match in _BRACKETS.finditer(text):
        first = match[0][0]
        if first in "[{":
            depth += 1
            if depth > limit:
                return True
        elif first in "]}":
            depth -= 1
    return False


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_characters(text: str, value: Any) -> None:
    # Raw control characters are no JSON, so a NUL or half a pair can only come from an escape,
    # or from a str that was never UTF-8.
    odd = "\\" in text and any(escape in text for escape in _ODD_ESCAPES)
    if not odd and (text.isascii() or _is_unicode(text)):
        return
    surrogate: str | None = None
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            pending.extend(item.keys())
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)
        elif isinstance(item, str):
            if "\x00" in item:
                raise JsonError("null_character", "a text holds the character U+0000")
            if surrogate is None and not _is_unicode(item):
                surrogate = item
    if surrogate is not None:
        raise JsonError("lone_surrogate", f"the text {shorten(surrogate)} holds half a pair")
