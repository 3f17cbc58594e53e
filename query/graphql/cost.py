"""What a question in GraphQL may cost: known before anything is asked of the database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)

from serving.errors import HttpError, bad_request

#: Levels of fields; of the schema's own description GraphQL says how many.
MAX_DEPTH = 5
#: Queries of the database in one request.
MAX_QUERIES = 10
#: Values in its answer: rows times columns, of all of them.
MAX_VALUES = 200_000
DEFAULT_ROWS = 100


# Fields and fragments that a query may have once all fragments stand where they are named: each may
# name the next one twice.
_MAX_SELECTIONS = 5_000


def check_cost(document: DocumentNode, variables: Mapping[str, Any], name: str | None) -> None:
    """Refuse what asks for too much at once, as HttpError 400 that says how much is too much."""
    walk = _Walk(document)
    for operation in document.definitions:
        if not isinstance(operation, OperationDefinitionNode):
            continue
        if name is not None and (operation.name is None or operation.name.value != name):
            continue
        asked = [
            field
            for field in walk.fields(operation.selection_set)
            if not field.name.value.startswith("__")
        ]
        if len(asked) > MAX_QUERIES:
            raise _too_costly(f"It has {len(asked)} parts; {MAX_QUERIES} are the most.")
        values = sum(
            _limit(field, variables) * max(walk.leaves(field.selection_set), 1) for field in asked
        )
        if values > MAX_VALUES:
            raise _too_costly(
                f"It asks for {values} values (limit times fields); {MAX_VALUES} are the most."
            )


def _too_costly(detail: str) -> HttpError:
    return bad_request("too_costly", "The query asks for too much.", detail)


def _limit(field: FieldNode, variables: Mapping[str, Any]) -> int:
    for argument in field.arguments or ():
        if argument.name.value != "limit":
            continue
        given: Any = None
        if isinstance(argument.value, IntValueNode):
            given = int(argument.value.value[:12])
        elif isinstance(argument.value, VariableNode):
            given = variables.get(argument.value.name.value)
        # whatever else it is, GraphQL itself refuses, or takes the default for
        if isinstance(given, int):
            return max(given, 1)
    return DEFAULT_ROWS


class _Walk:
    """Goes through what is selected, fragments included; HttpError 400 where that has no end."""

    def __init__(self, document: DocumentNode) -> None:
        self._left = _MAX_SELECTIONS
        self._fragments = {
            one.name.value: one
            for one in document.definitions
            if isinstance(one, FragmentDefinitionNode)
        }

    def fields(self, selected: SelectionSetNode | None) -> Iterator[FieldNode]:
        """The fields of one level."""
        for one in selected.selections if selected else ():
            self._left -= 1
            if self._left < 0:
                raise _too_costly(f"It selects more than {_MAX_SELECTIONS} fields.")
            if isinstance(one, FieldNode):
                yield one
            elif isinstance(one, InlineFragmentNode):
                yield from self.fields(one.selection_set)
            elif isinstance(one, FragmentSpreadNode) and one.name.value in self._fragments:
                yield from self.fields(self._fragments[one.name.value].selection_set)

    def leaves(self, selected: SelectionSetNode | None, depth: int = 2) -> int:
        """How many fields there are that have none themselves."""
        if depth > MAX_DEPTH:
            raise _too_costly(f"It is more than {MAX_DEPTH} levels deep.")
        return sum(
            1 if field.selection_set is None else self.leaves(field.selection_set, depth + 1)
            for field in self.fields(selected)
        )
