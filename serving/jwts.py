"""JSON Web Tokens (RFC 7519) in place of stored ones: who signs them says where they lead.

As RFC 8725 advises, the key decides on the algorithm and the token only has to agree: a secret
takes HS256 and nothing else, a public key takes its own algorithm, and neither takes ``none``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import jwt

from loader.errors import LoaderError, UsageError
from serving.grants import Grant

#: Algorithms of public keys; a key set that lists a shared secret has no place here.
PUBLIC_KEY_ALGORITHMS = frozenset(
    [f"{kind}{bits}" for kind in ("RS", "PS", "ES") for bits in (256, 384, 512)] + ["EdDSA"]
)
#: RFC 7518 section 3.2: as long as the digest.
SHORTEST_SECRET = 32
_SHARED_KEY_ALGORITHM = "HS256"
# Clocks of servers differ a little, and a client that is refused drops its events.
_LEEWAY_SECONDS = 30
_LONGEST = 16 << 10

Key = jwt.PyJWK | bytes


class Keys(Protocol):
    """What signatures are checked with."""

    def refresh(self) -> None:
        """Learn about keys that were exchanged."""
        ...

    def find(self, key_id: object) -> tuple[Key, str] | None:
        """The key that a token names, and its one algorithm."""
        ...


class Secret:
    """A secret that the collector shares with whoever issues tokens; UsageError if too short."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < SHORTEST_SECRET:
            raise UsageError(
                f"The secret for JWTs has {len(secret)} bytes, and HS256 needs {SHORTEST_SECRET} "
                "or more. Make one with: openssl rand -hex 32"
            )
        self._secret = secret

    def refresh(self) -> None:
        """It stays as it is."""

    def find(self, key_id: object) -> tuple[Key, str] | None:
        """The secret, whatever the token calls it."""
        del key_id
        return self._secret, _SHARED_KEY_ALGORITHM


class KeySet:
    """The public keys of a JWKS file (RFC 7517), read again whenever the file has changed.

    Raises LoaderError where there is no such file, or not one key in it that can be used. Later,
    ``notify`` gets the sentence, and the keys stay as they were.
    """

    def __init__(self, path: Path, notify: Callable[[str], None]) -> None:
        self._path = path
        self._notify = notify
        self._stamp = self._look()
        self._keys = _read_keys(path)

    def refresh(self) -> None:
        """Read the file, unless it is as it was."""
        stamp = self._look()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._keys = _read_keys(self._path)
        except LoaderError as error:
            self._notify(error.message)

    def find(self, key_id: object) -> tuple[Key, str] | None:
        """The key of this id; where there is but one key, tokens need not name it."""
        if key_id is None:
            found = next(iter(self._keys.values())) if len(self._keys) == 1 else None
        else:
            found = self._keys.get(key_id) if isinstance(key_id, str) else None
        return None if found is None else (found, found.algorithm_name)

    def _look(self) -> object:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


@dataclass(frozen=True, slots=True)
class Jwts:
    """Reads grants out of tokens that are signed, not expired, and meant for this collector.

    ``organisation_claim`` and ``scope_claim`` name the claims that say what a token allows.
    """

    keys: Keys
    audience: str | None = None
    issuer: str | None = None
    organisation_claim: str = "org"
    scope_claim: str = "scope"

    def refresh(self) -> None:
        """Learn about keys that were exchanged."""
        self.keys.refresh()

    def grant(self, token: str) -> Grant | None:
        """What a token allows; None unless everything about it is right."""
        claims = self._claims(token)
        if claims is None:
            return None
        # Absent: the default schemas. What is there and no text is the name of nobody.
        organisation = claims.get(self.organisation_claim)
        if self.organisation_claim in claims and not isinstance(organisation, str):
            organisation = ""
        return Grant(_source(claims), organisation, _scopes(claims.get(self.scope_claim)))

    def _claims(self, token: str) -> Mapping[str, Any] | None:
        # What cannot be one costs nothing; three parts are what RFC 7515 calls compact.
        if len(token) > _LONGEST or token.count(".") != 2 or not token.isascii():
            return None
        try:
            found = self.keys.find(jwt.get_unverified_header(token).get("kid"))
            if found is None:
                return None
            key, algorithm = found
            claims: Mapping[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=self.audience,
                issuer=self.issuer,
                leeway=_LEEWAY_SECONDS,
                options={"require": ["exp"], "enforce_minimum_key_length": True},
            )
        except (jwt.PyJWTError, ArithmeticError, RecursionError, TypeError, ValueError):
            return None
        return claims


def _source(claims: Mapping[str, Any]) -> str:
    """The same for all tokens of one subject, so that a new token is no new source of events."""
    who = json.dumps([claims.get("iss"), claims.get("sub")])
    return f"jwt-{hashlib.sha256(who.encode()).hexdigest()[:12]}"


def _scopes(claim: object) -> frozenset[str]:
    """Words between blanks (RFC 8693 section 4.2), or an array of words."""
    if isinstance(claim, str):
        return frozenset(claim.split(" "))
    if isinstance(claim, list):
        return frozenset(scope for scope in claim if isinstance(scope, str))
    return frozenset()


def _read_keys(path: Path) -> dict[str, jwt.PyJWK]:
    """The keys of a file by their ids; LoaderError where there is none that can be used."""
    try:
        listed = json.loads(path.read_bytes())["keys"]
        if not isinstance(listed, list):
            raise TypeError("keys is no array")
        found = [key for key in listed if isinstance(key, dict)]
    except OSError as error:
        raise LoaderError(f"Cannot read the JWKS file {path}: {error.strerror}.") from error
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise LoaderError(
            f'The JWKS file {path} is none: {error}. It is JSON such as {{"keys": [...]}}.'
        ) from error
    keys: dict[str, jwt.PyJWK] = {}
    for number, data in enumerate(found, start=1):
        key = _key(data, f"Key {number} of the JWKS file {path}")
        if key is None:
            continue
        key_id = str(data.get("kid", ""))
        if key_id in keys:
            raise LoaderError(f"The JWKS file {path} has two keys with the kid {key_id!r}.")
        keys[key_id] = key
    if not keys:
        raise LoaderError(
            f"The JWKS file {path} has no public key that signatures can be checked with "
            "(RSA, EC or Ed25519)."
        )
    return keys


def _key(data: dict[str, Any], where: str) -> jwt.PyJWK | None:
    """The key; None for one of another purpose, which RFC 7517 says to ignore."""
    if data.get("kty") not in ("RSA", "EC", "OKP") or data.get("use", "sig") != "sig":
        return None
    if data.get("alg") not in (None, *PUBLIC_KEY_ALGORITHMS):
        return None
    if "d" in data:
        raise LoaderError(f"{where} is a private key. Give the collector the public ones only.")
    try:
        key = jwt.PyJWK(data)
    except jwt.PyJWTError:
        return None  # of a curve, say, that is not known here
    if key.algorithm_name not in PUBLIC_KEY_ALGORITHMS:
        return None
    if weak := key.Algorithm.check_key_length(key.key):
        raise LoaderError(f"{where} is too weak: {weak}")
    return key
