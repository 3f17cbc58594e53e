"""The views beside hand-written queries, and refreshes beside rebuilds: `make bench`."""
