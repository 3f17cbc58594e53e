"""Superset's settings: SUPERSET_CONFIG_PATH leads here, and the environment says what differs.

Read by Superset's own Python. docs/dashboards.md lists the variables.
"""

from __future__ import annotations

import os
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

from superset.config import TALISMAN_CONFIG as THEIRS

# so that what stands beside this file is found
sys.path.insert(0, str(Path(__file__).resolve().parent))

from snapshots import read_a_copy


def needed(name: str, what: str) -> str:
    """The value of a variable of the environment; ends the program where there is none."""
    value = os.environ.get(name, "")
    if not value:
        sys.exit(f"{name} is not set: give it {what}.")
    return value


def words(name: str) -> list[str]:
    """What stands between the blanks of a variable; none where it is not set."""
    return os.environ.get(name, "").split()


_HOW = "a secret of its own, such as `openssl rand -base64 42` prints, and keep it"

SECRET_KEY = needed("SUPERSET_SECRET_KEY", _HOW)
SQLALCHEMY_DATABASE_URI = needed(
    "SUPERSET_DATABASE_URI", "the address of a database for Superset's own tables"
)
APP_NAME = "Product analytics"

# Plain HTTP is for a trial on one's own machine.
_IS_HTTPS = os.environ.get("SUPERSET_PLAIN_HTTP") != "1"
SESSION_COOKIE_SECURE = _IS_HTTPS
SESSION_COOKIE_SAMESITE = "Lax"
ENABLE_PROXY_FIX = _IS_HTTPS
SHOW_STACKTRACE = False
FAB_API_SWAGGER_UI = False
RATELIMIT_ENABLED = True
# It counts in the process, or in Redis for all of them.
RATELIMIT_STORAGE_URI = os.environ.get("SUPERSET_REDIS_URL", "memory://")

# --- what a page may load: nothing from anywhere else, as nothing here draws a map ---
TALISMAN_ENABLED = True
CONTENT_SECURITY_POLICY_WARNING = False
TALISMAN_CONFIG: dict[str, Any] = deepcopy(THEIRS)
TALISMAN_CONFIG["session_cookie_secure"] = _IS_HTTPS
TALISMAN_CONFIG["content_security_policy"] |= {
    "img-src": ["'self'", "blob:", "data:"],
    "connect-src": ["'self'"],
    "font-src": ["'self'"],
    "style-src": ["'self'", "'unsafe-inline'"],
    "frame-ancestors": ["'self'", *words("SUPERSET_EMBEDDED_IN")],
}
if words("SUPERSET_EMBEDDED_IN"):
    # an older header than frame-ancestors, which knows no list
    TALISMAN_CONFIG["frame_options"] = None

# --- pages of others that show a dashboard ---
FEATURE_FLAGS = {"EMBEDDED_SUPERSET": bool(words("SUPERSET_EMBEDDED_IN"))}
if FEATURE_FLAGS["EMBEDDED_SUPERSET"]:
    GUEST_ROLE_NAME = "guest"
    GUEST_TOKEN_JWT_SECRET = needed("SUPERSET_GUEST_SECRET", _HOW)
    GUEST_TOKEN_JWT_AUDIENCE = "superset"  # noqa: S105 (no secret)
    GUEST_TOKEN_JWT_EXP_SECONDS = 300

# --- answers are kept for as long as a dashboard may be behind the views ---
_SECONDS = int(os.environ.get("SUPERSET_CACHE_SECONDS", "300"))
if "SUPERSET_REDIS_URL" in os.environ:
    _CACHE = {"CACHE_TYPE": "RedisCache", "CACHE_REDIS_URL": os.environ["SUPERSET_REDIS_URL"]}
else:
    _CACHE = {"CACHE_TYPE": "SimpleCache"}
DATA_CACHE_CONFIG: dict[str, Any] = {
    **(_CACHE if _SECONDS else {"CACHE_TYPE": "NullCache"}),
    "CACHE_DEFAULT_TIMEOUT": _SECONDS,
    "CACHE_KEY_PREFIX": "dashboards_data_",
}

# --- databases ---
DB_CONNECTION_MUTATOR = read_a_copy
ROW_LIMIT = 10_000
SQL_MAX_ROW = 100_000
SQLLAB_TIMEOUT = 60
SUPERSET_WEBSERVER_TIMEOUT = 60

# --- single sign-on ---
if "SUPERSET_OIDC_URL" in os.environ:
    from flask_appbuilder.security.manager import AUTH_OAUTH
    from sign_on import ByGroups

    AUTH_TYPE = AUTH_OAUTH
    OAUTH_PROVIDERS = [
        {
            "name": "sso",
            "icon": "fa-key",
            "token_key": "access_token",
            "remote_app": {
                "client_id": needed("SUPERSET_OIDC_CLIENT_ID", "this client's name there"),
                "client_secret": needed("SUPERSET_OIDC_CLIENT_SECRET", "this client's secret"),
                "server_metadata_url": os.environ["SUPERSET_OIDC_URL"],
                "client_kwargs": {
                    "scope": os.environ.get("SUPERSET_OIDC_SCOPES", "openid email profile"),
                    "code_challenge_method": "S256",
                },
            },
        }
    ]
    GROUPS_CLAIM = os.environ.get("SUPERSET_OIDC_GROUPS_CLAIM", "groups")
    GROUPS_PREFIX = os.environ.get("SUPERSET_GROUPS_PREFIX", "analytics-")
    # Whoever the provider lets in may log in; what they may do there, their groups say each time.
    AUTH_USER_REGISTRATION = True
    AUTH_USER_REGISTRATION_ROLE = "nobody"
    AUTH_ROLES_SYNC_AT_LOGIN = True
    AUTH_ROLES_MAPPING = {
        f"{GROUPS_PREFIX}viewer": ["viewer"],
        f"{GROUPS_PREFIX}analyst": ["analyst"],
        f"{GROUPS_PREFIX}admin": ["Admin"],
    }
    CUSTOM_SECURITY_MANAGER = ByGroups
