"""Realistic synthetic events: for benchmarks, and for those who have no data yet."""
