"""The options of a server that say which JSON Web Tokens it takes."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loader.commands.options import Command, option
from loader.errors import LoaderError, UsageError

if TYPE_CHECKING:
    from serving.jwts import Jwts

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@dataclass(frozen=True)
class JwtOptions:
    """What was given; ``open`` makes of it what reads tokens."""

    secret: str | None
    secret_file: Path | None
    jwks: Path | None
    audience: str | None
    issuer: str | None
    org_claim: str
    scope_claim: str

    def open(self, notify: Callable[[str], None]) -> Jwts | None:
        """What reads JWTs; None where it takes none.

        ``notify`` gets a sentence whenever a file of keys has changed and cannot be read. Raises
        UsageError for options that contradict each other, LoaderError for keys that are none.
        """
        given = [one for one in (self.secret, self.secret_file, self.jwks) if one]
        if not given:
            if self.audience or self.issuer:
                raise UsageError(
                    "--jwt-audience and --jwt-issuer need something to check JWTs with: add "
                    "--jwt-secret-file or --jwt-jwks."
                )
            return None
        if len(given) > 1:
            raise UsageError(
                "--jwt-secret, --jwt-secret-file and --jwt-jwks exclude each other: name one."
            )
        try:
            from serving.jwts import Jwts, KeySet, Secret  # noqa: PLC0415 (an extra)
        except ModuleNotFoundError as missing:
            if missing.name not in ("jwt", "cryptography"):
                raise
            raise LoaderError(
                f"JWTs need the package {missing.name}. Install it with: "
                "pip install 'dbt-event-analytics[serve,jwt]'"
            ) from missing
        keys = KeySet(self.jwks, notify) if self.jwks else Secret(self._secret())
        return Jwts(keys, self.audience, self.issuer, self.org_claim, self.scope_claim)

    def _secret(self) -> bytes:
        if self.secret:
            return self.secret.encode()
        assert self.secret_file is not None  # noqa: S101 (one of the three was given)
        try:
            # Editors end a file with a line break, which is no part of the secret.
            return self.secret_file.read_bytes().rstrip(b"\r\n")
        except OSError as error:
            raise LoaderError(f"Cannot read {self.secret_file}: {error.strerror}.") from error


def jwt_options(command: Command) -> Command:
    """Add the options; the command receives ``jwt``, a `JwtOptions`."""

    @functools.wraps(command)
    def with_jwt(*arguments: Any, **given: Any) -> Any:
        found = {each.name: given.pop(f"jwt_{each.name}") for each in fields(JwtOptions)}
        return command(*arguments, jwt=JwtOptions(**found), **given)

    decorated: Any = with_jwt
    for one in (
        option(
            "--jwt-scope-claim",
            default="scope",
            show_default=True,
            metavar="NAME",
            help="Claim with the scopes: words between blanks, or an array.",
        ),
        option(
            "--jwt-org-claim",
            default="org",
            show_default=True,
            metavar="NAME",
            help="Claim with the organisation.",
        ),
        option("--jwt-issuer", metavar="TEXT", help="Take JWTs of this issuer (iss) only."),
        option("--jwt-audience", metavar="TEXT", help="Take JWTs for this audience (aud) only."),
        option(
            "--jwt-jwks",
            type=_FILE,
            metavar="FILE",
            help="Take JWTs that are signed with a key of this file (JWKS; RSA, EC or Ed25519).",
        ),
        option(
            "--jwt-secret-file",
            type=_FILE,
            metavar="FILE",
            help="Take JWTs that are signed with the secret in this file (HS256).",
        ),
        option(
            "--jwt-secret",
            metavar="SECRET",
            help="The same; name it in the environment, since others see a command line.",
        ),
    ):
        decorated = one(decorated)
    result: Command = decorated
    return result
