"""Reads ``profiles.yml`` the way dbt does, so that loader and dbt cannot disagree on a target.

Only the chosen target is rendered, as in dbt: a variable that is missing for another target does
no harm. dbt itself is not imported, because its import alone takes seconds.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, StrictUndefined, TemplateError, TemplateSyntaxError, Undefined
from jinja2.nativetypes import NativeEnvironment, NativeTemplate
from jinja2.sandbox import SandboxedEnvironment

from loader.errors import LoaderError

DEFAULT_PROFILE = "event_analytics"
PROFILES_FILE = "profiles.yml"
PROJECT_FILE = "dbt_project.yml"


def read_output(
    target_name: str | None, profiles_dir: Path | None
) -> tuple[str, dict[str, Any], Path]:
    """Find, choose and render one output of the project's profile.

    Returns the target's name, its rendered settings and the file they came from.
    Raises LoaderError when a file, the profile, the target or an environment variable is missing.
    """
    path = _find_profiles_file(profiles_dir)
    profiles = _read_mapping(path)
    profile_name = _profile_name()
    profile = profiles.get(profile_name)
    if not isinstance(profile, Mapping):
        raise LoaderError(
            f"{path} has no profile {profile_name!r} (it has: {_listed(profiles)}). "
            f"Add one, or correct 'profile:' in {PROJECT_FILE}."
        )
    outputs = profile.get("outputs")
    if not isinstance(outputs, Mapping) or not outputs:
        raise LoaderError(
            f"Profile {profile_name!r} in {path} has no 'outputs:'. "
            "Add at least one target of type duckdb or postgres below it."
        )
    where = f"{path}, profile {profile_name!r}"
    chosen = target_name or _render(profile.get("target", "default"), f"{where}, target")
    output = outputs.get(chosen)
    if not isinstance(output, Mapping):
        raise LoaderError(
            f"Unknown target {chosen!r}: profile {profile_name!r} in {path} "
            f"has {_listed(outputs)}. Choose one of these with --target."
        )
    return str(chosen), render_settings(output, f"{where}, target {chosen!r}"), path


def _find_profiles_file(profiles_dir: Path | None) -> Path:
    from_environment = os.environ.get("DBT_PROFILES_DIR")
    if profiles_dir is None and from_environment:
        profiles_dir = Path(from_environment)
    folders = [profiles_dir] if profiles_dir is not None else [Path.cwd(), Path.home() / ".dbt"]
    for folder in folders:
        if (folder / PROFILES_FILE).is_file():
            return folder / PROFILES_FILE
    raise LoaderError(
        f"There is no {PROFILES_FILE} in {' or '.join(str(folder) for folder in folders)}. "
        "Copy profiles.example.yml to profiles.yml, or name its folder with --profiles-dir."
    )


def _profile_name() -> str:
    """The profile that dbt_project.yml names, in the current directory or the nearest above it."""
    for folder in (Path.cwd(), *Path.cwd().parents):
        if (folder / PROJECT_FILE).is_file():
            name = _read_mapping(folder / PROJECT_FILE).get("profile", DEFAULT_PROFILE)
            return str(_render(name, f"{folder / PROJECT_FILE}, profile"))
    return DEFAULT_PROFILE


def _read_mapping(path: Path) -> Mapping[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LoaderError(f"Cannot read {path}: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or "the file is not text in UTF-8"
        raise LoaderError(f"{path}{line} is not valid YAML: {problem}. Correct it.") from error
    if not isinstance(content, Mapping):
        raise LoaderError(f"{path} is empty or no mapping of names to settings. Correct it.")
    return content


def _listed(names: Iterable[object]) -> str:
    return ", ".join(sorted(str(name) for name in names)) or "nothing"


def render_settings(value: Any, where: str) -> Any:
    """Render settings as those of profiles.yml are, in mappings and lists, too.

    ``where`` says whose they are. Raises LoaderError, also for a variable that is not set.
    """
    if isinstance(value, Mapping):
        return {key: render_settings(item, f"{where}, {key}") for key, item in value.items()}
    if isinstance(value, list):
        return [render_settings(item, where) for item in value]
    return _render(value, where)


def _render(value: Any, where: str) -> Any:
    """Render one setting: text stays text unless a filter such as ``as_number`` asks otherwise."""
    if not isinstance(value, str) or not ("{{" in value or "{%" in value or "{#" in value):
        return value
    try:
        return _environment().from_string(value).render(env_var=_env_var)
    except LoaderError as error:
        raise LoaderError(f"{where}: {error.message}") from error
    except TemplateSyntaxError as error:
        if where.endswith(", password"):
            return value  # as in dbt: a password may contain braces that are no template
        raise LoaderError(f"{where}: {value!r} is no valid template: {error.message}.") from error
    except (TemplateError, TypeError) as error:
        raise LoaderError(f"{where}: {value!r} cannot be rendered: {error}.") from error


def _environment() -> Environment:
    environment = _ProfileEnvironment(undefined=StrictUndefined)
    environment.filters.update(
        as_text=str, as_number=_as_number, as_bool=_as_bool, as_native=_as_native
    )
    return environment


def _concatenate(values: Iterable[Any]) -> Any:
    parts = list(values)
    if len(parts) == 1 and not isinstance(parts[0], Undefined):
        return parts[0]
    return "".join(str(part) for part in parts)


class _ProfileEnvironment(SandboxedEnvironment, NativeEnvironment):
    """Sandboxed as in dbt; a single expression keeps the type that its filter gave it."""

    # Jinja's own native concatenation would guess: a password of 0123 became a number.
    concat = staticmethod(_concatenate)


class _ProfileTemplate(NativeTemplate):
    environment_class = _ProfileEnvironment


_ProfileEnvironment.template_class = _ProfileTemplate


def _env_var(name: str, default: object = None) -> str:
    value = os.environ.get(name)
    if value is not None:
        return value
    if default is not None:
        return str(default)
    raise LoaderError(
        f"the environment variable {name} is not set. "
        f"Set it, or give a default: env_var('{name}', '…')."
    )


def _as_number(value: Any) -> int | float:
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    raise LoaderError(f"{value!r} is not a number.")


def _as_bool(value: Any) -> bool:
    text = str(value).strip().lower()
    if text in {"true", "false"}:
        return text == "true"
    raise LoaderError(f"{value!r} is neither true nor false.")


def _as_native(value: Any) -> Any:
    try:
        return ast.literal_eval(value) if isinstance(value, str) else value
    except (ValueError, SyntaxError):
        return value
