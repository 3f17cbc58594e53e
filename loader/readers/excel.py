"""Spreadsheets (.xlsx, .xls, .xlsb, .ods), read by calamine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from loader.errors import LoaderError
from loader.readers.block import Block
from loader.readers.columnar import seekable
from loader.readers.csv_dialect import column_names
from loader.readers.extras import needed
from loader.readers.given import Given
from loader.readers.python_rows import blocks_of

# Beyond it, a double is not a whole number that somebody typed.
_MAX_WHOLE = 2**53


class ExcelReader:
    """The rows of one sheet, the first if none is named; the sheet is held in memory.

    Spreadsheets know doubles only, so whole ones are written as whole numbers; their times have
    no offset.
    """

    text_properties = True

    def __init__(self, given: Given) -> None:
        self.notes: list[str] = []
        self.columns: Sequence[str] = ()
        self._given = given
        self._calamine = needed("python_calamine", given.name, "files")

    def blocks(self) -> Iterator[Block]:
        """The rows below the header, numbered from 1; LoaderError for a damaged file."""
        yield from blocks_of(
            self._rows(),
            block_bytes=self._given.block_bytes,
            position=lambda: self._given.source.size,
        )

    def _rows(self) -> Iterator[dict[str, Any]]:
        name = self._given.name
        with seekable(self._given.source, self._given.stream) as file:
            try:
                book = self._calamine.CalamineWorkbook.from_filelike(file)
                rows = iter(self._sheet(book).to_python(skip_empty_area=True))
            except (LoaderError, GeneratorExit):
                raise
            except Exception as error:
                detail = (str(error) or type(error).__name__).splitlines()[0]
                raise LoaderError(
                    f"Cannot read {name} as a spreadsheet: {detail}. Save or fetch it again."
                ) from error
        header = self._given.reading.header or [str(cell) for cell in next(rows, [])]
        if not header:
            return
        columns = column_names(header)
        extra = self._given.added(columns)
        self.columns = [*columns, *extra]
        self._given.check_columns(columns)
        for row in rows:
            if any(cell != "" for cell in row):
                yield {
                    **{key: self._value(cell) for key, cell in zip(columns, row, strict=False)},
                    **extra,
                }

    def _sheet(self, book: Any) -> Any:
        wanted = self._given.reading.sheet
        sheets = list(book.sheet_names)
        if wanted is not None and wanted not in sheets:
            raise LoaderError(
                f"{self._given.name} has no sheet {wanted}. Its sheets are {', '.join(sheets)}."
            )
        if not sheets:
            raise LoaderError(f"{self._given.name} has no sheets.")
        chosen = wanted or sheets[0]
        others = [sheet for sheet in sheets if sheet != chosen]
        if others and wanted is None:
            self.notes.append(
                f"only the sheet {chosen} of {self._given.name} is read, not "
                f"{', '.join(others)}; --sheet names another"
            )
        return book.get_sheet_by_name(chosen)

    def _value(self, cell: Any) -> Any:
        if isinstance(cell, float) and cell.is_integer() and abs(cell) <= _MAX_WHOLE:
            return int(cell)
        if isinstance(cell, str) and cell in self._given.reading.nulls:
            return None
        return cell
