"""A lake: raw events as Parquet files in a folder or a bucket, and a manifest of deliveries.

Nothing in it is ever changed: each file is written once, under a name that no other has, and is
part of the lake once an object of the manifest lists it.
"""
