"""Cutting JSON apart finds the same parts as reading it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.json_parts import UnreadableError, _members, _pieces, read_array, read_object

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text('[]{},:"\\ aé'),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('[]{},:"a'), inner),
    max_leaves=12,
)
INDENTS = st.sampled_from([None, 0, 2])


@given(st.lists(VALUES), INDENTS)
def test_an_array_is_cut_into_its_elements(values: list[Any], indent: int | None) -> None:
    text = json.dumps(values, indent=indent)
    assert [json.loads(piece) for piece in _pieces(text, "[]")] == values


@given(st.dictionaries(st.text('[]{},:"ab'), VALUES), st.lists(VALUES), INDENTS)
def test_an_object_is_cut_into_its_members(
    members: dict[str, Any], values: list[Any], indent: int | None
) -> None:
    text = json.dumps({**members, "batch": values}, indent=indent)
    cut = _members(text, "batch", 64)
    read = read_object(text, "batch")
    assert [found.value for found in cut.pop("batch")] == values
    assert [found.value for found in read.pop("batch")] == values
    members.pop("batch", None)
    assert cut == read == members


@given(st.text('[]{},:"\\1n ', max_size=30))
def test_any_text_is_cut_or_refused(text: str) -> None:
    for read in (lambda: read_array(text), lambda: read_object(text, "n")):
        try:
            read()
        except UnreadableError:
            continue


@pytest.mark.parametrize("text", ["[" * 200_000, "[" * 100_000 + "]" * 100_000, '["' * 100_000])
def test_deep_nesting_takes_neither_time_nor_stack(text: str) -> None:
    try:
        parts = read_array(text)
    except UnreadableError:
        return
    assert [found.fault and found.fault.reason for found in parts] == ["too_deep"]


def test_only_the_element_that_is_too_deep_is_at_fault() -> None:
    parts = read_array("[1, " + "[" * 70 + "]" * 70 + ", 2]", 64)
    assert [found.value for found in parts] == [1, None, 2]
    assert parts[1].fault is not None
    assert parts[1].fault.reason == "too_deep"
