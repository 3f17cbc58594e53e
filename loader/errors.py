"""Errors that people read: one sentence on what is wrong and where, one on what to do.

Exit codes of every command: 0 done, 1 bad data or database, 2 usage. Click prints both kinds of
error as ``Error: …`` on stderr without a traceback.
"""

from __future__ import annotations

import click

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_USAGE = 2

#: Wrong or contradicting options; ends the program with exit code 2.
UsageError = click.UsageError


class LoaderError(click.ClickException):
    """Bad data, or a database or file that cannot be used; ends the program with exit code 1."""

    exit_code = EXIT_FAILED


class UnconfirmedError(LoaderError):
    """A commit that was asked for and never confirmed: it may or may not have happened."""
