"""The set-up of a running Superset: bundle, roles, rules, embedding. It can be run at any time."""

from __future__ import annotations

from collections.abc import Mapping

from deploy.superset.api import Answer, Superset
from deploy.superset.bundle import key_of, make_bundle, slug_of
from deploy.superset.project import Project
from deploy.superset.roles import set_up_roles
from deploy.superset.settings import Rule, Settings
from loader.errors import LoaderError, UsageError

# By which the set-up knows the rules that it has made, and may remove.
_OURS = "Made by the set-up of the dashboards; its next run replaces changes."

Table = tuple[str, str]


def set_up(superset: Superset, project: Project, settings: Settings) -> dict[str, str]:
    """Bring a server to what project and settings say; what others have made there stays.

    Returns:
        The uuid of each dashboard that other pages may show, by its slug.

    Raises:
        LoaderError: The server refuses something.
        UsageError: A rule names a view or a role that there is not.
    """
    superset.import_assets(make_bundle(project, settings))
    set_up_roles(superset, settings.connections)
    _set_up_rules(superset, settings)
    return _set_up_embedding(superset, project, settings)


def guest_token(superset: Superset, uuid: str, user: str, clauses: Mapping[int | None, str]) -> str:
    """A token for one embedded dashboard, for five minutes; `clauses` limit rows by dataset."""
    rules = [
        {"clause": clause} | ({"dataset": number} if number is not None else {})
        for number, clause in clauses.items()
    ]
    asked = {
        "user": {"username": user, "first_name": user, "last_name": ""},
        "resources": [{"type": "dashboard", "id": uuid}],
        "rls": rules,
    }
    return str(superset.ask("POST", "/api/v1/security/guest_token/", json=asked)["token"])


def datasets(superset: Superset) -> dict[Table, int]:
    """The numbers of all datasets, by connection and view."""
    return {
        (database["database_name"], one["table_name"]): int(one["id"])
        for database in superset.listed("/api/v1/database/", "database_name")
        for one in superset.listed(
            "/api/v1/dataset/", "table_name", ("database", "rel_o_m", database["id"])
        )
    }


def _set_up_rules(superset: Superset, settings: Settings) -> None:
    names = {one.organisation: one.name for one in settings.connections}
    tables = datasets(superset)
    roles = {
        one["name"]: int(one["id"]) for one in superset.listed("/api/v1/security/roles/", "id")
    }
    path = "/api/v1/rowlevelsecurity/"
    there = {one["name"]: one for one in superset.listed(path, "name")}
    for rule in settings.rules:
        wanted = _rule(rule, names[rule.organisation], tables, roles)
        if rule.name in there:
            superset.ask("PUT", f"{path}{there[rule.name]['id']}", json=wanted)
        else:
            superset.ask("POST", path, json=wanted)
    kept = {rule.name for rule in settings.rules}
    for name, one in there.items():
        if one.get("description") == _OURS and name not in kept:
            superset.ask("DELETE", f"{path}{one['id']}")


def _rule(
    rule: Rule, connection: str, tables: Mapping[Table, int], roles: Mapping[str, int]
) -> Answer:
    for view in rule.views:
        if (connection, view) not in tables:
            raise UsageError(f"The rule {rule.name!r} names {view!r}, which no dashboard shows.")
    for role in rule.roles:
        if role not in roles:
            raise UsageError(f"The rule {rule.name!r} names the role {role!r}: there is none.")
    return {
        "name": rule.name,
        "description": _OURS,
        "filter_type": "Regular",
        "tables": [tables[connection, view] for view in rule.views],
        "roles": [roles[role] for role in rule.roles],
        "clause": rule.clause,
    }


def _set_up_embedding(superset: Superset, project: Project, settings: Settings) -> dict[str, str]:
    there = {one["slug"]: one for one in superset.listed("/api/v1/dashboard/", "dashboard_title")}
    found = {}
    for connection in settings.connections:
        for dashboard in project.dashboards:
            slug = slug_of(connection, dashboard)
            if slug not in there:
                uuid = key_of(connection.name, "dashboard", dashboard.name)
                raise LoaderError(f"Superset took the dashboard {slug} ({uuid}) and has it not.")
            path = f"/api/v1/dashboard/{there[slug]['id']}/embedded"
            if settings.embedded_in:
                domains = {"allowed_domains": list(settings.embedded_in)}
                found[slug] = str(superset.ask("POST", path, json=domains)["result"]["uuid"])
            elif there[slug].get("uuid_embedded"):
                superset.ask("DELETE", path)
    return found
