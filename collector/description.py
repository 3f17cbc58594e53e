"""The OpenAPI description, kept as YAML because people read and write it."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import yaml


@cache
def openapi() -> dict[str, Any]:
    """The description as JSON values."""
    text = (resources.files("collector") / "openapi.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found
