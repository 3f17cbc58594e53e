"""What ends a query before it has rows, as an answer to whoever asked."""

from __future__ import annotations

from serving.errors import HttpError, unavailable

_RETRY_SECONDS = 1


def too_slow(seconds: float) -> HttpError:
    """422: the database was stopped."""
    return HttpError(
        422,
        "too_slow",
        f"The answer took longer than {seconds:g} seconds.",
        "Ask for less: fewer dates, fewer segments. Where events are many, let builds keep "
        "roll-ups (the variable rollups: incremental).",
    )


def stopped(sentence: str) -> HttpError:
    """409: the database, or a view by its own words, refuses."""
    return HttpError(409, "stopped", "The database stopped at this question.", sentence)


def too_large() -> HttpError:
    """422: it needs more memory than the server may have."""
    return HttpError(
        422,
        "too_large",
        "The answer needs more memory than there is.",
        "Ask for less, or give DuckDB more: memory_limit in 'settings:' of profiles.yml.",
    )


def overloaded() -> HttpError:
    """503: other questions are being answered."""
    detail = "Other questions are being answered."
    return unavailable("overloaded", "Too much at once.", _RETRY_SECONDS, detail)


def out_of_reach() -> HttpError:
    """503: no word of the driver's, since that names hosts and users."""
    detail = "The database cannot be used at the moment."
    return unavailable("unavailable", "Try again later.", _RETRY_SECONDS, detail)
