"""``loader init``: creates the raw tables and, in PostgreSQL, the roles."""

from __future__ import annotations

from pathlib import Path

import click

from loader.commands.options import epilog, option, target_options
from loader.errors import UsageError
from loader.organisations import check_name, organisations, target_of
from loader.roles import RoleNames, create_tables_and_roles
from loader.schema import create_tables
from loader.targets import load_target


@click.command(
    epilog=epilog(
        "loader init",
        "loader init --target postgres --roles",
        "loader init --target postgres --roles --org acme",
        'psql events -c "grant event_loader to ingest" -c "grant event_reader to metabase"',
    )
)
@option(
    "--roles",
    is_flag=True,
    help="Also create the PostgreSQL roles for loading, transforming and reading.",
)
@option("--loader-role", default="event_loader", show_default=True, help="May append events.")
@option("--transformer-role", default="event_transformer", show_default=True, help="May run dbt.")
@option("--reader-role", default="event_reader", show_default=True, help="May read the marts.")
@option(
    "--org",
    metavar="NAME",
    help="Create the raw schema of this organisation instead (raw_NAME, and marts likewise).",
)
@target_options
def init(  # noqa: PLR0913 (one parameter for each option)
    *,
    roles: bool,
    loader_role: str,
    transformer_role: str,
    reader_role: str,
    org: str | None,
    target_name: str | None,
    profiles_dir: Path | None,
    raw_schema: str,
) -> None:
    """Create the raw schema and its tables: events, rejected_events, deliveries and removals.

    Creates what is missing, also in the raw schemas of all organisations, and leaves alone what is
    there: running it again changes nothing. What an earlier version has appended stays as it is,
    and is one delivery from then on, called before; whoever was let at it gets at what is new.
    In PostgreSQL, triggers refuse to update, delete or truncate the tables, whoever asks.

    With --roles (PostgreSQL only) it also creates three group roles without login, to be granted
    to users: the loader role reads and inserts raw rows, and nothing else; the transformer role
    reads raw rows and owns the schemas that dbt builds in, with all that dbt has built there, so
    that what one user builds another may rebuild (set `role:` in dbt's target to it); the reader
    role may read the marts, and what metrics are made of once a build has granted it (environment
    variable EVENTS_READER_ROLES). Nobody else gets at the raw tables. The user must own the
    database and have CREATEROLE, or be a superuser, and becomes a member of the transformer role.
    Where a right is missing, nothing is changed at all.

    With --org, schemas and reader role are the organisation's own: raw_NAME, marts in the
    target's schema followed by _NAME, and event_reader_NAME, which sees nothing of any other.
    """
    target = load_target(target_name, profiles_dir, raw_schema)
    if org is not None:
        target = target_of(target, check_name(org))
        reader_role = f"{reader_role}_{org}"
    if roles and target.engine != "postgres":
        kind = "a DuckDB file" if target.engine == "duckdb" else "a lake of files"
        why = f"is {kind}: it has no users, whoever may read it may read all of it"
        if target.engine == "clickhouse":
            why = "is a ClickHouse server, whose administrator grants rights (docs/clickhouse.md)"
        raise UsageError(
            f"--roles needs PostgreSQL, and target {target.name!r} {why}. Leave out --roles, or "
            "choose another target with --target."
        )
    names = RoleNames(loader_role, transformer_role, reader_role)
    created = create_tables_and_roles(target, names) if roles else create_tables(target)
    if org is None:
        # those of an earlier version lack what this one needs
        for organisation in organisations(target):
            created += create_tables(target_of(target, organisation))
    for part in created:
        click.echo(f"Created {part}", err=True)
    if not created:
        click.echo(f"Nothing to do: {target.label} has everything already.", err=True)
