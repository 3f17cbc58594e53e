"""Holds a DuckDB file as a writer does: `python -m tests.query.holding FILE [SECONDS]`.

Lets it go after a line on standard input, or after so many seconds.
"""

from __future__ import annotations

import sys
import time

import duckdb

if __name__ == "__main__":
    connection = duckdb.connect(sys.argv[1])
    print("held", flush=True)
    if len(sys.argv) > 2:
        time.sleep(float(sys.argv[2]))
    else:
        sys.stdin.readline()
        connection.execute("update numbers set number = 2")
    connection.close()
