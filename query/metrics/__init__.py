"""Metrics by name, grouped, filtered and over time: what a query of the semantic layer answers."""
