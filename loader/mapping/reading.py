"""Makes a mapping of what the options say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from loader.contract import DEFAULT_SOURCE
from loader.field_names import ALIASES, REQUIRED, REST, FieldNames
from loader.field_names import Path as KeyPath
from loader.mapping.clock import ISO, Clock
from loader.mapping.layout import Layout, read_layout
from loader.mapping.mapping import Mapping, MappingError
from loader.mapping.places import At, Place, places
from loader.mapping.presets import preset
from loader.mapping.properties import Merge, Rest


@dataclass(frozen=True)
class _Named:
    """What --map options say: places for fields, and whether properties are the rest."""

    places: dict[str, tuple[Place, ...]]
    rest: bool = False


def mapping_from_file(path: Path) -> Layout:
    """The layout that a file holds; MappingError where it cannot be read or used."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise MappingError(f"Cannot read {path}: {error.strerror}.") from error
    except UnicodeDecodeError:
        raise MappingError(f"{path} is not UTF-8. Convert it: iconv -t utf-8.") from None
    return read_layout(text, str(path))


def mapping_from_options(  # noqa: PLR0913 (one parameter for each option)
    *,
    maps: Sequence[str] = (),
    file: Path | None = None,
    from_preset: str | None = None,
    time_formats: Sequence[str] = (),
    time_zone: str | None = None,
    source: str | None = None,
) -> Mapping:
    """The mapping that options of the command stand for; MappingError for what does not fit."""
    if file is not None and from_preset is not None:
        raise MappingError(
            "--from and --mapping are two layouts: give one. To change a preset, begin with its "
            "file: loader presets NAME"
        )
    if source is not None and (not source.strip() or "\n" in source):
        raise MappingError("--source: write a name in one line.")
    named = _named(maps)
    layout = preset(from_preset) if from_preset is not None else None
    layout = mapping_from_file(file) if file is not None else layout
    base = layout.clock if layout is not None else Clock()
    try:
        clock = Clock(tuple(time_formats) or base.formats, time_zone or base.zone)
    except ValueError as error:
        raise MappingError(f"{error}.") from None
    if layout is None:
        made = _without_layout(named, clock)
        return replace(made, source=source or DEFAULT_SOURCE)
    if layout.protocol is not None and maps:
        raise MappingError(
            f"--map does not go with {from_preset or file}, whose protocol says itself where the "
            "fields are. Leave it out, or write a mapping of your own: --mapping FILE"
        )
    label = f"--mapping {file}" if file is not None else f"--from {from_preset}"
    mapping = _overridden(layout, named).mapping(label, from_preset or DEFAULT_SOURCE)
    mapping = replace(
        mapping, translation=_overridden(replace(layout, clock=clock), named).translation()
    )
    if from_preset is not None:
        # Which keys an export has differs; what a person names has to be there.
        explicit = frozenset({*named.places, *(("properties",) if named.rest else ())})
        mapping = replace(mapping, explicit=explicit)
        if explicit:
            mapping = replace(mapping, label="--map")
    return replace(mapping, source=source or mapping.source)


def _named(maps: Sequence[str]) -> _Named:
    found: dict[str, tuple[Place, ...]] = {}
    rest = False
    for text in maps:
        field, separator, where = text.partition("=")
        if not separator:
            raise MappingError(
                f"--map {text}: write FIELD=COLUMN, for instance event_time=createdAt"
            )
        if field not in ALIASES:
            raise MappingError(f"--map: {field!r} is no field; fields are {', '.join(ALIASES)}")
        if field in found:
            raise MappingError(f"--map gives {field} twice")
        if not where and field in REQUIRED:
            raise MappingError(f"--map: {field} is required, so it needs a column")
        if field == "properties" and where == REST:
            rest, found[field] = True, ()
            continue
        try:
            found[field] = places(where)
        except ValueError as error:
            raise MappingError(f"--map {text}: {error}.") from None
        if field == "properties" and not all(isinstance(place, At) for place in found[field]):
            raise MappingError(f"--map {text}: properties are an object, which no text is.")
    return _Named(found, rest)


def _plain_paths(found: tuple[Place, ...]) -> tuple[KeyPath, ...] | None:
    return tuple(p.path for p in found if isinstance(p, At)) if _are_paths(found) else None


def _are_paths(found: tuple[Place, ...]) -> bool:
    return all(isinstance(place, At) and not place.where for place in found)


def _without_layout(named: _Named, clock: Clock) -> Mapping:
    """Names only, if they will do: then the fast lane knows them."""
    paths: dict[str, str | tuple[KeyPath, ...]] = {}
    for field, found in named.places.items():
        plain = _plain_paths(found)
        if plain is not None:
            paths[field] = REST if field == "properties" and named.rest else plain
    names = FieldNames(paths)
    explicit = frozenset(named.places)
    if clock == Clock((ISO,)) and len(paths) == len(named.places):
        return Mapping(names, explicit=explicit)
    layout = _overridden(_empty(clock), named)
    return Mapping(translation=layout.translation(), explicit=explicit)


def _empty(clock: Clock) -> Layout:
    return Layout({}, None, None, frozenset(), clock=clock)


def _overridden(layout: Layout, named: _Named) -> Layout:
    """The layout, with the fields that options name from there."""
    places = {**layout.places, **{k: v for k, v in named.places.items() if k != "properties"}}
    layout = replace(layout, places=places, explicit=layout.explicit | named.places.keys())
    if named.rest:
        return replace(layout, parts=(), rest=Rest())
    if "properties" in named.places:
        paths = _plain_paths(named.places["properties"]) or ()
        return replace(layout, parts=(Merge(paths),) if paths else (), rest=None)
    return layout
