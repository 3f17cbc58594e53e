"""What a token allows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Grant:
    """What the holder of a token may do, for this organisation (None: the default schemas).

    ``source`` names the token without giving it away.
    """

    source: str
    organisation: str | None = None
    scopes: frozenset[str] = frozenset()
