"""Keys that sign JWTs in the tests, and their public halves as a JWKS."""

from __future__ import annotations

import functools
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PRIVATE: dict[str, Any] = {
    "RS256": rsa.generate_private_key(65537, 2048),
    "PS512": rsa.generate_private_key(65537, 2048),
    "weak RS256": rsa.generate_private_key(65537, 1024),  # noqa: S505 (to be refused)
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "another ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}
#: What an attacker has of a key, as text: the secret of a confused verifier.
PEMS: dict[str, bytes] = {
    name: key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for name, key in PRIVATE.items()
}


def public_keys(*names: str, **more: Any) -> dict[str, Any]:
    """The public halves of some keys, with more members in each."""
    return {"keys": [{**_public(name), **more} for name in names]}


@functools.cache
def _public(name: str) -> dict[str, Any]:
    algorithm = name.rsplit(maxsplit=1)[-1]
    found = jwt.get_algorithm_by_name(algorithm)
    key = found.to_jwk(PRIVATE[name].public_key(), as_dict=True)
    key.pop("key_ops", None)
    return {**key, "alg": algorithm, "kid": name, "use": "sig"}
