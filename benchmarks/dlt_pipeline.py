"""Events from JSON lines into one table, as a user of dlt would write it.

Run by the Python that has dlt: `python -m benchmarks.dlt_pipeline LINES DIRECTORY DATASET`. The
database is that of the loader's environment variables.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from urllib.parse import quote, urlencode

import dlt
from dlt.sources import DltResource
from dlt.sources.filesystem import filesystem, read_jsonl

# dlt has no type for UUIDs. A column of type json gets no tables of its own for what is nested.
COLUMN_TYPES = {
    "event_id": "text",
    "event_name": "text",
    "event_time": "timestamp",
    "user_id": "text",
    "properties": "json",
}


def events(lines: Path) -> DltResource:
    """The lines as dlt's own reader reads them; a column or type besides these is an error."""
    files = filesystem(bucket_url=lines.parent.as_uri(), file_glob=lines.name)
    resource = (files | read_jsonl()).with_name("events")
    resource.max_table_nesting = 0
    resource.apply_hints(
        # insert-only is nearer to the loader, but keeps an id twice that comes twice in one file
        write_disposition={"disposition": "merge", "strategy": "delete-insert"},
        primary_key="event_id",
        columns={
            name: {"data_type": type_, "nullable": False} for name, type_ in COLUMN_TYPES.items()
        },
        schema_contract={"tables": "evolve", "columns": "freeze", "data_type": "freeze"},
    )
    return resource


def postgres_url() -> str:
    """The server of libpq's variables; a socket's directory can only be a parameter."""
    given = os.environ
    user = f"{quote(given['PGUSER'])}:{quote(given['PGPASSWORD'] or 'none', safe='')}"
    parameters = urlencode({"host": given["PGHOST"]})
    return f"postgresql://{user}@localhost:{given['PGPORT']}/{given['PGDATABASE']}?{parameters}"


def main(lines: str, directory: str, dataset: str) -> None:
    """Run the pipeline, whose state is kept in `directory`; raises if any part of it fails."""
    if os.environ["EVENTS_TARGET"] == "duckdb":
        destination = dlt.destinations.duckdb(os.environ["EVENTS_DUCKDB_PATH"])
    else:
        destination = dlt.destinations.postgres(postgres_url())
    pipeline = dlt.pipeline(
        "events", pipelines_dir=directory, destination=destination, dataset_name=dataset
    )
    # Parquet is dlt's fastest way into both; its default is files of INSERT statements.
    pipeline.run(events(Path(lines)), loader_file_format="parquet").raise_on_failed_jobs()


if __name__ == "__main__":
    main(*sys.argv[1:])
