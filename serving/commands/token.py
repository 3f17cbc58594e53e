"""``collector token``: creates, lists and revokes tokens."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from loader.commands.options import epilog, option, target_options
from loader.errors import UsageError
from loader.organisations import check_name
from loader.targets import load_target
from serving.commands.options import variables
from serving.tokens import SCOPES, create_token, list_tokens, revoke_token


class _Expiry(click.ParamType[datetime]):
    """A date or a time in ISO 8601 (UTC without an offset), or a number of days from now."""

    name = "expiry"

    def convert(
        self,
        value: str | datetime,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> datetime:
        """Parse the option's text; a usage error says what is expected."""
        if isinstance(value, datetime):
            return value
        try:
            if value.endswith("d"):
                return datetime.now(UTC) + timedelta(days=int(value[:-1]))
            time = datetime.fromisoformat(value)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no time. Write 90d, or 2027-03-01.", param, ctx)
        return time if time.tzinfo is not None else time.replace(tzinfo=UTC)


@click.group(
    epilog=epilog(
        "collector token create --org acme --scope ingest --expires 365d",
        "collector token list",
        "collector token revoke 3f9a1c0be2d4",
    )
)
def token() -> None:
    """Create, list and revoke the tokens by which clients deliver to collector serve.

    Only a digest of a token is stored. A token belongs to an organisation, or without one to the
    default schemas.
    """


@token.command(epilog=epilog("collector token create --org acme --scope ingest --expires 365d"))
@option("--org", envvar=variables("TOKEN_ORG"), metavar="NAME", help="Organisation; else none.")
@option(
    "--scope",
    "scopes",
    envvar=variables("TOKEN_SCOPE"),
    multiple=True,
    required=True,
    type=click.Choice(SCOPES),
    help="What it allows. May be given several times.",
)
@option(
    "--expires",
    envvar=variables("TOKEN_EXPIRES"),
    type=_Expiry(),
    metavar="TIME",
    help="When it ceases to be valid: 90d, or 2027-03-01. Never, unless given.",
)
@option(
    "--source",
    envvar=variables("TOKEN_SOURCE"),
    metavar="NAME",
    help="Name of what delivers with it. A new token for the same source needs the same name, so "
    "that message ids that are no UUIDs mean the same events as before.",
)
@option(
    "--loader-role",
    envvar=variables("TOKEN_LOADER_ROLE"),
    default="event_loader",
    show_default=True,
    help="PostgreSQL role of the collector, which may then look tokens up, if it exists.",
)
@target_options
def create(  # noqa: PLR0913 (one parameter for each option)
    *,
    org: str | None,
    scopes: tuple[str, ...],
    expires: datetime | None,
    source: str | None,
    loader_role: str,
    target_name: str | None,
    profiles_dir: Path | None,
    raw_schema: str,
) -> None:
    """Create a token and print it: this once, since it is stored nowhere."""
    if expires is not None and expires <= datetime.now(UTC):
        raise UsageError("--expires lies in the past.")
    if source is not None and not (len(source.strip()) > 0 and len(source) <= 100):
        raise UsageError("--source takes 1 to 100 characters.")
    organisation = check_name(org) if org is not None else None
    text, created = create_token(
        load_target(target_name, profiles_dir, raw_schema),
        organisation,
        scopes,
        source=source,
        expires_at=expires,
        reader_role=loader_role,
    )
    click.echo(text)
    click.echo(
        f"Created token {created.token_id}. It is shown this once: keep it, or create another.",
        err=True,
    )


@token.command(name="list", epilog=epilog("collector token list --json"))
@option("--json", "as_json", is_flag=True, envvar=variables("TOKEN_JSON"), help="Print JSON.")
@target_options
def list_(
    *, as_json: bool, target_name: str | None, profiles_dir: Path | None, raw_schema: str
) -> None:
    """List all tokens, the oldest first, also those that have expired or been revoked."""
    now = datetime.now(UTC)
    found = list_tokens(load_target(target_name, profiles_dir, raw_schema))
    rows = [known.as_dict(now) for known in found]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        place = row["organisation"] or "(default)"
        end = f", expires {row['expires_at']}" if row["expires_at"] else ""
        click.echo(
            f"{row['token_id']}  {row['state']:<8} {place:<16} {','.join(row['scopes']):<13} "
            f"{row['source']}  created {row['created_at']}{end}"
        )
    if not rows:
        click.echo("There are no tokens. Create one with: collector token create", err=True)


@token.command(epilog=epilog("collector token revoke 3f9a1c0be2d4"))
@click.argument("token_id")
@target_options
def revoke(
    *, token_id: str, target_name: str | None, profiles_dir: Path | None, raw_schema: str
) -> None:
    """Revoke the token TOKEN_ID (see collector token list); collectors notice within seconds."""
    revoked = revoke_token(load_target(target_name, profiles_dir, raw_schema), token_id)
    click.echo(f"Revoked token {revoked.token_id}.", err=True)
