"""The loader: appends raw events, idempotently, to one immutable table.

The commands (``loader.commands``) are thin: they turn options into calls of the modules beside
them, print what came of it, and choose the exit code. No metric and no business rule lives here;
those are dbt models.
"""
