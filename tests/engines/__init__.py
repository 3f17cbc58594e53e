"""Every public view, row for row, on every engine: `python -m tests.engines`."""
