"""Helpers of the repository itself: a PostgreSQL for tests and demo, the demo, the checks."""
