"""Whom the identity provider sends, and which roles their groups are here."""

from __future__ import annotations

from typing import Any

from flask import current_app
from superset.security import SupersetSecurityManager


class ByGroups(SupersetSecurityManager):  # type: ignore[misc]
    """Roles follow groups at each login; a group that means nothing here gives nothing.

    `analytics-viewer`, `-analyst` and `-admin` say what somebody may do, `analytics-data` and
    `analytics-data-acme` whose data they see.
    """

    def get_oauth_user_info(self, provider: str, resp: dict[str, Any]) -> dict[str, Any]:
        """Name, address and groups of a user, from the signed token or the provider's page."""
        claims = dict(resp.get("userinfo") or {})
        claims |= self.oauth_remotes[provider].userinfo(token=resp)
        groups = claims.get(current_app.config["GROUPS_CLAIM"]) or []
        return {
            "username": claims["sub"],
            "email": claims.get("email") or claims["sub"],
            "first_name": claims.get("given_name") or claims.get("name") or claims["sub"],
            "last_name": claims.get("family_name") or "",
            "role_keys": [groups] if isinstance(groups, str) else list(groups),
        }

    # Under this name it is called; Flask-AppBuilder puts its own there otherwise.
    oauth_user_info = get_oauth_user_info

    def get_roles_from_keys(self, role_keys: list[str]) -> set[Any]:
        """The roles of these groups, with those of connections, which the set-up creates."""
        roles: set[Any] = super().get_roles_from_keys(role_keys)
        prefix = current_app.config["GROUPS_PREFIX"] + "data"
        for key in role_keys:
            if key == prefix or key.startswith(f"{prefix}-"):
                role = self.find_role("data" + key.removeprefix(prefix).replace("-", "_", 1))
                roles |= {role} if role else set()
        return roles
