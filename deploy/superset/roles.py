"""Roles: what somebody may do, and whose data they see. A person has one of each at least."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from deploy.superset.api import Superset
from deploy.superset.settings import Connection
from loader.errors import LoaderError

Permission = tuple[str, str]

#: What a guest may do: look at the dashboard that a page of somebody else shows.
GUEST: frozenset[Permission] = frozenset(
    {
        ("can_read", "Dashboard"),
        ("can_read", "Chart"),
        ("can_read", "EmbeddedDashboard"),
        ("can_read", "DashboardFilterStateRestApi"),
        ("can_write", "DashboardFilterStateRestApi"),
        ("can_read", "CssTemplate"),
        ("can_read", "Theme"),
        ("can_read", "CurrentUserRestApi"),
        ("can_read", "SecurityRestApi"),
        ("can_time_range", "Api"),
        ("can_dashboard", "Superset"),
        ("can_explore_json", "Superset"),
        ("can_slice", "Superset"),
    }
)
#: A viewer may look at all dashboards of their data, and take a chart's rows along.
VIEWER: frozenset[Permission] = GUEST | {
    ("can_dashboard_permalink", "Superset"),
    ("can_read", "DashboardPermalinkRestApi"),
    ("can_write", "DashboardPermalinkRestApi"),
    ("can_drill", "Dashboard"),
    ("can_view_chart_as_table", "Dashboard"),
    ("can_view_query", "Dashboard"),
    ("can_read", "Explore"),
    ("can_read", "ExploreFormDataRestApi"),
    ("can_write", "ExploreFormDataRestApi"),
    ("can_explore", "Superset"),
    ("can_csv", "Superset"),
    ("can_get", "Datasource"),
    ("can_get_drill_info", "Dataset"),
    ("can_log", "Superset"),
    ("can_recent_activity", "Log"),
    ("can_userinfo", "UserOAuthModelView"),
    ("can_userinfo", "UserDBModelView"),
    ("menu_access", "Home"),
    ("menu_access", "Dashboards"),
}
#: Superset's own roles that an analyst's is made of: charts of their own, and SQL.
_ANALYST = ("Gamma", "sql_lab")
# Where people log in one way, the pages of the other are not there.
_EITHER = ("UserOAuthModelView", "UserDBModelView")


def set_up_roles(superset: Superset, connections: Iterable[Connection]) -> None:
    """Create the roles, or give them what they should have.

    `nobody`, `viewer`, `analyst` and `guest` say what somebody may do, and one role for each
    connection whose data they see. Superset's own `Admin` is left as it is.

    Raises:
        LoaderError: This Superset does not know one of the permissions.
    """
    numbers = {
        (one["permission"]["name"], one["view_menu"]["name"]): int(one["id"])
        for one in superset.listed("/api/v1/security/permissions-resources/", "id")
    }
    roles = {
        one["name"]: int(one["id"]) for one in superset.listed("/api/v1/security/roles/", "id")
    }
    wanted = {
        "nobody": set[int](),
        "guest": _known(GUEST, numbers),
        "viewer": _known(VIEWER, numbers),
        "analyst": {
            permission for name in _ANALYST for permission in _permissions(superset, roles, name)
        },
    }
    for connection in connections:
        wanted[connection.role] = {
            number
            for (permission, place), number in numbers.items()
            if permission == "database_access" and place.startswith(f"[{connection.name}].(id:")
        }
        if len(wanted[connection.role]) != 1:
            raise LoaderError(f"Superset has no database {connection.name}: import the bundle.")
    for name, permissions in wanted.items():
        if name not in roles:
            made = superset.ask("POST", "/api/v1/security/roles/", json={"name": name})
            roles[name] = int(made["id"])
        superset.ask(
            "POST",
            f"/api/v1/security/roles/{roles[name]}/permissions",
            json={"permission_view_menu_ids": sorted(permissions)},
        )


def _known(permissions: Collection[Permission], numbers: dict[Permission, int]) -> set[int]:
    lacking = [one for one in sorted(permissions) if one not in numbers and one[1] not in _EITHER]
    if lacking:
        said = ", ".join(f"{permission} on {place}" for permission, place in lacking)
        raise LoaderError(f"This Superset has no permission {said}: these roles are for 6.1.")
    return {numbers[one] for one in permissions if one in numbers}


def _permissions(superset: Superset, roles: dict[str, int], name: str) -> Iterable[int]:
    found = superset.ask("GET", f"/api/v1/security/roles/{roles[name]}/permissions/")
    return [int(one["id"]) for one in found["result"]]
