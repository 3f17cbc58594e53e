"""No input, however odd, is answered with a defect, and every answer is as it is described."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast
from urllib.parse import quote_from_bytes

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,
    positive_data_acceptance,
)

from query.catalog import read_catalog
from tests.query.built import Built
from tests.query.running import KEY, Api
from tests.support.databases import Engine

#: How many requests are made up for each view and engine.
EXAMPLES = 12


@pytest.fixture
def description(server: Api) -> dict[str, Any]:
    """What the server says of itself."""
    found: dict[str, Any] = httpx.get(f"{server.url}/openapi.json").json()
    return found


def test_the_description_is_one_and_names_every_view(
    server: Api, built: Built, description: dict[str, Any]
) -> None:
    validate(description)
    views = {path.removeprefix("/v1/reports/") for path in description["paths"]}
    assert set(read_catalog(built.manifest).views) <= views
    assert [one["name"] for one in server.get("/v1/reports").json()["reports"]] == sorted(
        read_catalog(built.manifest).views
    )


def cannot_be_told(method: str) -> list[Any]:
    """Checks of a request that its description does not decide."""
    # What is meant to be wrong may happen to be right, such as the text true; a question in a body
    # may have the right form and ask for what no metric has.
    if method == "POST":
        return [negative_data_rejection, positive_data_acceptance]
    return [negative_data_rejection]


def test_every_route_keeps_to_its_description(server: Api, description: dict[str, Any]) -> None:
    # nobody makes one up that is one
    for methods in description["paths"].values():
        for method in methods.values():
            parameters = method.get("parameters", [])
            method["parameters"] = [one for one in parameters if one["name"] != "cursor"]
    schema = schemathesis.openapi.from_dict(description, config=SchemathesisConfig())
    operations = [cast(Any, result).ok() for result in schema.get_all_operations()]
    assert len(operations) > 25
    for operation in operations:

        @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), database=None)
        @given(case=operation.as_strategy())
        def holds(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate(
                base_url=server.url,
                headers={"Authorization": f"Bearer {KEY}"},
                excluded_checks=cannot_be_told(case.method),
            )

        holds()


NAMES = st.sampled_from(
    [
        *("user_id", "step", "reached_at", "seconds_from_previous", "funnel", "limit", "sort"),
        *("select", "cursor", "format"),
    ]
)
ENDINGS = st.sampled_from(["", "__eq", "__ne", "__in", "__gt", "__contains", "__null", "__", "__x"])
TEXTS = st.text(max_size=12) | st.sampled_from(
    [
        *("0", "-1", "1e400", "9" * 30, "NaN", "Infinity", "true", "null", "user_id", "-step"),
        *("2026-01-01", "0001-01-01", "9999-12-31T23:59:59-14:00", "2026-13-01", "2026-W01-1"),
        *("'", '"', "';--", '","', "\0", "\ud800", "%s", "$1", "a,b,c", "," * 2000, "x" * 5000),
        *("parquet", "csv", "WyJhIiwiYiIsW11d", "W10", "e30", "bnVsbA", "١٢", "1_000", " 1"),
    ]
)


@pytest.mark.parametrize("engine", ["duckdb", "postgres"])
@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(asked=st.lists(st.tuples(NAMES, ENDINGS, TEXTS), min_size=1, max_size=4))
def test_no_parameter_makes_the_server_fail(
    engine: Engine,
    servers: Callable[[Engine], Api],
    asked: list[tuple[str, str, str]],
) -> None:
    server = servers(engine)
    query = "&".join(
        f"{name}{ending}={quote_from_bytes(text.encode(errors='surrogatepass'))}"
        for name, ending, text in asked
    )
    answer = server.client.get(f"/v1/reports/funnel_users?{query}")
    assert answer.status_code in (200, 400), answer.text


@pytest.mark.parametrize("engine", ["duckdb", "postgres"])
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(name=st.text(max_size=30))
def test_no_name_of_a_view_makes_the_server_fail(
    engine: Engine, servers: Callable[[Engine], Api], name: str
) -> None:
    path = quote_from_bytes(name.encode(errors="surrogatepass"), safe="")
    answer = servers(engine).client.get(f"/v1/reports/{path}")
    assert answer.status_code in (200, 400, 404), answer.text
