"""What differs between the tools that events come from: how rows become the contract's own.

`FieldNames` (in `loader.field_names`) is the plain case, names only, which the fast lane knows.
Everything else is translated row by row, and then judged by the contract.
"""

from loader.mapping.clock import Clock
from loader.mapping.mapping import Mapping, MappingError
from loader.mapping.reading import mapping_from_file, mapping_from_options

__all__ = ["Clock", "Mapping", "MappingError", "mapping_from_file", "mapping_from_options"]
