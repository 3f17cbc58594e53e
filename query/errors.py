"""Refusals that help: what is wrong with a question, and what it could have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from serving.errors import HttpError, bad_request

__all__ = [
    "ASKED",
    "HttpError",
    "bad_request",
    "named",
    "nearest",
    "not_built",
    "not_granted",
    "unknown",
]

# Of more names than this nobody reads the list.
_MOST_NAMES = 40


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The name that was most likely meant; None where none is like it."""
    known = {one.casefold(): one for one in names}
    found = difflib.get_close_matches(name.casefold()[:200], known, n=1, cutoff=0.5)
    return known[found[0]] if found else None


def unknown(
    kind: str, name: str, names: Iterable[str], *, status: int = 400, of: str = ""
) -> HttpError:
    """There is no such thing: names the nearest one, and all that there are.

    ``kind`` is what it would be (column, view, metric …) in singular, ``of`` where it was looked
    for, such as ``the view daily_churn``.
    """
    known = list(names)
    guess = nearest(name, known)
    where = f" in {of}" if of else ""
    asked = name if len(name) <= 80 else f"{name[:80]}…"
    message = f"There is no {kind} {asked!r}{where}."
    if guess is not None:
        message += f" Did you mean {guess!r}?"
    listed = ", ".join(known[:_MOST_NAMES]) + (", …" if len(known) > _MOST_NAMES else "")
    code = f"unknown_{kind.replace(' ', '_')}"
    return HttpError(status, code, message, f"There are: {listed}." if known else "")


#: What a database calls whatever a query reads.
ASKED = "what was asked for"


def named(error: HttpError, what: str) -> HttpError:
    """The same error, which calls what a query reads by its name."""
    message = error.message
    for found, name in ((ASKED, what), (_sentence(ASKED), _sentence(what))):
        message = message.replace(found, name)
    return HttpError(error.status, error.code, message, error.detail, error.headers)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def not_built(organisation: str | None, what: str = ASKED) -> HttpError:
    """409: nobody has built it yet, or since it was added."""
    options = f" --org {organisation}" if organisation else ""
    return HttpError(
        409,
        "not_built",
        f"{_sentence(what)} is not built{f' for {organisation}' if organisation else ''}.",
        f"Build the views with: loader build{options}",
    )


def not_granted(role: str, what: str = ASKED) -> HttpError:
    """409: PostgreSQL keeps the role from reading it."""
    return HttpError(
        409,
        "not_granted",
        f"The role {role} may not read {what}.",
        "Let it, with a build that names it without the organisation: "
        "EVENTS_READER_ROLES=event_reader loader build",
    )
