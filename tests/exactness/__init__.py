"""A search for views that differ from the plain reference, for as many users as it is told."""
