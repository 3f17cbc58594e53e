"""JSON Web Tokens: signed, in time, meant for this collector, of an organisation; else nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.jwts import Jwts, Secret
from tests.collector.conftest import StartCollector
from tests.collector.jwks import PEMS, PRIVATE, public_keys
from tests.collector.running import TIME, Collector, basic, event
from tests.support.databases import Database
from tests.support.run import run_collector
from tests.support.servers import bearer, wait_until

SECRET = "8f3c" * 16
SCHEMAS = ("raw", "raw_acme", "raw_globex")


def claims(**changes: Any) -> dict[str, Any]:
    """Claims that let in, unless changed; None takes one away."""
    now = time.time()
    found = {"org": "acme", "scope": "ingest", "sub": "shop", "exp": now + 600, "iat": now}
    return {key: value for key, value in (found | changes).items() if value is not None}


def signed(secret: str = SECRET, headers: dict[str, Any] | None = None, **changes: Any) -> str:
    return jwt.encode(claims(**changes), secret, algorithm="HS256", headers=headers)


def unsigned(**headers: Any) -> str:
    return jwt.encode(claims(), "", algorithm="none", headers=headers)


def by_hand(payload: object, header: object = None, secret: bytes = SECRET.encode()) -> str:
    """A token that no library would make."""
    header = {"alg": "HS256"} if header is None else header
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
        for part in (header, payload)
    ]
    signature = hmac.new(secret, b".".join(parts), hashlib.sha256).digest()
    return b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()


def assert_nothing_stored(collector: Collector) -> None:
    for schema in SCHEMAS:
        assert collector.users(schema) == []
        assert collector._select(f"select * from {schema}.rejected_events") == []


def test_a_jwt_leads_to_its_organisation_wherever_a_token_may_be(
    two: Database, start_collector: StartCollector
) -> None:
    collector = start_collector(two, keys=(), env={"COLLECTOR_SERVE_JWT_SECRET": SECRET})
    message = {"type": "track", "event": "e", "userId": "segment", "messageId": "m"}
    capture = {"event": "e", "distinct_id": "posthog"}
    for org in ("acme", "globex", None):
        token = signed(org=org, scope="query ingest" if org else ["ingest"])
        for path, body, headers in (
            ("/v1/events", event("native"), bearer(token)),
            ("/v1/batch", {"batch": [message]}, basic(token)),
            ("/v1/track", {**message, "messageId": "n", "writeKey": token}, {}),
            ("/batch/", {"api_key": token, "batch": [capture, {"event": token}]}, {}),
        ):
            assert collector.post(path, body, headers=headers).status_code == 200
        assert token not in collector.raw_log.decode()
        schema = f"raw_{org}" if org else "raw"
        assert collector.users(schema) == ["native", "posthog", "segment", "segment"]
        [(kept,)] = collector._select(f"select original_text from {schema}.rejected_events")
        assert kept == '{"event":"[token]"}'
    stored = run_collector(
        "token", "create", "--org", "acme", "--scope", "ingest", database=two, check=True
    ).stdout.strip()
    wait_until(
        lambda: collector.post("/v1/events", [], headers=bearer(stored)).status_code == 200,
        "the token beside them",
    )


def refusals() -> dict[str, tuple[str, int]]:
    """Tokens with the status that they are answered with."""
    now = time.time()
    good = signed()
    head, payload, signature = good.split(".")
    other = base64.urlsafe_b64encode(json.dumps(claims(org="globex")).encode()).rstrip(b"=")
    return {
        "expired": (signed(exp=now - 60), 401),
        "without an end": (signed(exp=None), 401),
        "an end that is no number": (by_hand(claims(exp="x")), 401),
        "not yet valid": (signed(nbf=now + 60), 401),
        "issued in the future": (signed(iat=now + 60), 401),
        "of another secret": (signed("9" * 64), 401),
        "unsigned": (unsigned(), 401),
        "signature left out": (f"{head}.{payload}.", 401),
        "signature of another payload": (f"{head}.{other.decode()}.{signature}", 401),
        "another algorithm": (jwt.encode(claims(), SECRET, algorithm="HS512"), 401),
        "an extension that nobody knows": (signed(headers={"crit": ["x"], "x": 1}), 401),
        "for somebody else": (signed(aud="shop"), 401),
        "claims that are no object": (by_hand([1]), 401),
        "a subject that is no text": (by_hand(claims(sub=7)), 401),
        "two parts": (f"{head}.{payload}", 401),
        "too long": (signed(more="x" * 20_000), 401),
        "another scope": (signed(scope="query"), 403),
        "no scope": (signed(scope=None), 403),
        "a scope that holds the word": (signed(scope="ingest:all"), 403),
        "a scope that is no text": (signed(scope={"ingest": True}), 403),
        "an organisation that is not there": (signed(org="initech"), 403),
        "an organisation in capitals": (signed(org="Acme"), 403),
        "an empty organisation": (signed(org=""), 403),
        "an organisation that is no text": (signed(org=["acme"]), 403),
        "no organisation, said so": (by_hand(claims() | {"org": None}), 403),
        "the default schema by name": (signed(org="raw"), 403),
        "SQL": (signed(org='acme"; drop schema raw; --'), 403),
    }  # fmt: skip


def test_a_jwt_that_is_not_right_in_everything_stores_nothing(
    two: Database, start_collector: StartCollector, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET}\n")
    collector = start_collector(two, "--jwt-secret-file", str(secret), keys=())
    for name, (token, status) in refusals().items():
        for path, body, headers in (
            ("/v1/events", [event(), {}], bearer(token)),
            ("/v1/track", {"event": "e", "userId": "u", "writeKey": token}, {}),
            ("/e/", {"event": "e", "distinct_id": "u", "token": token}, {}),
        ):
            answer = collector.post(path, body, headers=headers)
            assert answer.status_code == status, (name, path, answer.text)
            assert answer.json()["code"] == ("forbidden" if status == 403 else "unauthorized")
            assert token not in answer.text
    assert_nothing_stored(collector)
    # Clocks may differ by some seconds.
    now = time.time()
    for token in (signed(exp=now - 5), signed(nbf=now + 5), signed(iat=now + 5)):
        assert collector.post("/v1/events", [], headers=bearer(token)).status_code == 200


def test_audience_and_issuer_are_asked_for_and_claims_may_have_other_names(
    two: Database, start_collector: StartCollector
) -> None:
    collector = start_collector(
        two,
        *("--jwt-secret", SECRET, "--jwt-audience", "collector", "--jwt-issuer", "https://id"),
        *("--jwt-org-claim", "https://id/org", "--jwt-scope-claim", "scp"),
        keys=(),
    )
    right = {"aud": "collector", "iss": "https://id", "https://id/org": "acme", "scp": ["ingest"]}
    cases: list[tuple[dict[str, Any], int]] = [
        ({}, 200),
        ({"aud": ["other", "collector"]}, 200),
        *(({"aud": aud}, 401) for aud in ("other", ["other"], "collect", None)),
        *(({"iss": iss}, 401) for iss in ("https://i", "https://id/", None)),
        ({"scp": None}, 403),
        ({"https://id/org": "initech"}, 403),
    ]
    for changes, status in cases:
        token = signed(**{**right, "org": "globex", "scope": None, **changes})
        answer = collector.post("/v1/events", event("u"), headers=bearer(token))
        assert answer.status_code == status, changes
    assert [collector.users(schema) for schema in SCHEMAS] == [[], ["u", "u"], []]


def test_only_the_holder_of_a_listed_private_key_is_believed(
    two: Database, start_collector: StartCollector, tmp_path: Path
) -> None:
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps(public_keys("RS256", "PS512", "ES256", "EdDSA")))
    collector = start_collector(two, "--jwt-jwks", str(path), keys=())

    def status(token: str) -> int:
        answer = collector.post("/v1/events", event("u"), headers=bearer(token))
        return answer.status_code

    def token(key: str, algorithm: str | None = None, **headers: Any) -> str:
        named = {"kid": key, **headers}
        return jwt.encode(claims(), PRIVATE[key], algorithm=algorithm or key, headers=named)

    for key in ("RS256", "PS512", "ES256", "EdDSA"):
        assert status(token(key)) == 200
    assert collector.users("raw_acme") == ["u"] * 4
    public = json.loads(path.read_text())["keys"]
    confused = [
        by_hand(claims(), {"alg": algorithm, "kid": "RS256"}, secret)
        for algorithm in ("HS256", "RS256")
        for secret in (PEMS["RS256"], PEMS["RS256"].strip(), json.dumps(public[0]).encode())
    ]
    for refused in (
        *confused,
        unsigned(kid="RS256"),
        token("RS256", "RS512"),
        token("RS256", "PS256"),
        token("RS256", kid="PS512"),
        token("ES256", kid="unknown"),
        token("ES256", kid=""),
        jwt.encode(claims(), PRIVATE["ES256"], algorithm="ES256"),
        jwt.encode(claims(), PRIVATE["another ES256"], algorithm="ES256", headers={"kid": "ES256"}),
        signed(headers={"kid": "ES256"}),
    ):
        assert status(refused) == 401, jwt.get_unverified_header(refused)
    assert collector.users("raw_acme") == ["u"] * 4


def test_keys_are_exchanged_while_it_runs(
    duckdb_database: Database, start_collector: StartCollector, tmp_path: Path
) -> None:
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps(public_keys("RS256")))
    collector = start_collector(duckdb_database, "--jwt-jwks", str(path), keys=())
    # A key that stands alone need not be named.
    old = jwt.encode(claims(org=None), PRIVATE["RS256"], algorithm="RS256")
    new = jwt.encode(claims(org=None), PRIVATE["ES256"], algorithm="ES256")

    def statuses() -> list[int]:
        return [
            collector.post("/v1/events", [], headers=bearer(token)).status_code
            for token in (old, new)
        ]

    assert statuses() == [200, 401]
    path.write_text("{")
    assert statuses() == [200, 401]
    assert str(path) in collector.wait_for_log("keys not read")["problem"]
    assert len(collector.lines("keys not read")) == 1
    path.write_text(json.dumps(public_keys("ES256")))
    assert statuses() == [401, 200]
    path.unlink()
    assert statuses() == [401, 200]


def test_a_renewed_jwt_is_the_same_source_and_another_subject_is_not(
    duckdb_database: Database, start_collector: StartCollector
) -> None:
    collector = start_collector(duckdb_database, "--jwt-secret", SECRET, keys=())
    message = {"type": "track", "event": "e", "userId": "u", "messageId": "no uuid"}
    message["timestamp"] = TIME
    answers = [
        collector.post("/v1/batch", {"batch": [message]}, headers=basic(token)).json()
        for token in (
            signed(org=None, exp=time.time() + 100),
            signed(org=None, exp=time.time() + 200),
            signed(org=None, sub="app"),
        )
    ]
    assert [answer["accepted"] for answer in answers] == [1, 0, 1]
    assert answers[1]["duplicates"] == 1


def _file(directory: Path, content: object) -> str:
    path = directory / "given"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)


@pytest.mark.parametrize(
    ("option", "content", "more", "exit_code", "words"),
    [
        ("--jwt-secret-file", "too short", (), 2, "openssl rand"),
        ("--jwt-secret-file", SECRET, ("--jwt-secret", SECRET), 2, "exclude each other"),
        ("--jwt-secret-file", SECRET, ("--write-key", "x"), 2, "--write-key"),
        ("--jwt-secret-file", SECRET, ("--open",), 2, "--open"),
        ("--jwt-jwks", "{", (), 1, "JWKS"),
        ("--jwt-jwks", [], (), 1, "JWKS"),
        ("--jwt-jwks", {"keys": {}}, (), 1, "JWKS"),
        ("--jwt-jwks", {"keys": []}, (), 1, "no public key"),
        ("--jwt-jwks", {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}, (), 1, "no public key"),
        ("--jwt-jwks", {"keys": [{"kty": "RSA", "alg": "HS256"}, 7]}, (), 1, "no public key"),
        ("--jwt-jwks", public_keys("ES256", use="enc"), (), 1, "no public key"),
        ("--jwt-jwks", public_keys("ES256", d="x"), (), 1, "private key"),
        ("--jwt-jwks", public_keys("ES256", "ES256"), (), 1, "two keys"),
        ("--jwt-jwks", public_keys("weak RS256"), (), 1, "weak"),
    ],
)
def test_mistakes_are_explained(  # noqa: PLR0917 (the columns of the table)
    duckdb_database: Database,
    tmp_path: Path,
    option: str,
    content: object,
    more: tuple[str, ...],
    exit_code: int,
    words: str,
) -> None:
    given = (option, _file(tmp_path, content), *more)
    result = run_collector("serve", "--port", "0", *given, database=duckdb_database)
    assert result.exit_code == exit_code, result.stderr
    assert words in result.stderr
    assert SECRET not in result.stderr


def test_an_audience_without_keys_is_a_mistake(duckdb_database: Database) -> None:
    result = run_collector("serve", "--jwt-audience", "x", database=duckdb_database)
    assert result.exit_code == 2
    assert "--jwt-jwks" in result.stderr


JWTS = Jwts(Secret(SECRET.encode()))
GOOD = signed(exp=time.time() + 3600)
HEADERS = st.recursive(
    st.none() | st.booleans() | st.floats() | st.sampled_from(["HS256", "none", ""]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["alg", "kid", "crit", "typ", "b64", "exp"]), inner),
)  # fmt: skip


@given(
    token=st.text(max_size=40)
    | st.tuples(HEADERS, HEADERS).map(lambda pair: by_hand(pair[0], pair[1], b"another"))
    | st.integers(0, len(GOOD)).map(lambda cut: GOOD[:cut])
    | st.integers(1, 8000).map(lambda deep: base64.urlsafe_b64encode(b"[" * deep).decode() + ".x.y")
)
@settings(max_examples=300)
def test_nothing_that_the_secret_did_not_sign_is_believed_and_none_is_a_defect(token: str) -> None:
    assert JWTS.grant(token) is None or token == GOOD


@given(payload=HEADERS)
@settings(max_examples=200)
def test_whatever_is_signed_is_either_a_grant_or_none(payload: object) -> None:
    grant = JWTS.grant(by_hand(payload))
    assert grant is None or "exp" in dict(payload)  # type: ignore[call-overload]
