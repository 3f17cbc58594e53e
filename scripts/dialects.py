"""Whether each engine has what the macros dispatch: `python -m scripts.dialects [--check]`.

A macro that calls `adapter.dispatch('add_days', …)` means the engine's own, `duckdb__add_days`, or
else `default__add_days`. An engine lacks it where there is neither, or where the default only
raises. Nobody would know before a model asks for it there, which may be one that few build.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import click
import yaml

REPOSITORY = Path(__file__).resolve().parents[1]

_DISPATCHED = re.compile(r"adapter\.dispatch\(\s*'(\w+)'")
_MACRO = re.compile(
    r"\{%-?\s*macro\s+(?P<prefix>[a-z0-9]+)__(?P<name>\w+)\s*\((?P<parameters>[^)]*)\)"
    r"(?P<body>.*?)\{%-?\s*endmacro",
    re.DOTALL,
)
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_REFUSES = "raise_unsupported("
DEFAULT = "default"


@dataclass(frozen=True)
class Macro:
    """An engine's macro, or the default.

    Attributes:
        place: File and line.
        parameters: How many it takes.
        refuses: Whether it is there to say that an engine lacks it.
    """

    place: str
    parameters: int
    refuses: bool


@dataclass
class Dialects:
    """What the project dispatches, and what there is of it.

    Attributes:
        engines: dbt's names of them.
        dispatched: By name, where.
        macros: By engine (or `default`) and name.
    """

    engines: tuple[str, ...]
    dispatched: dict[str, str] = field(default_factory=dict)
    macros: dict[tuple[str, str], Macro] = field(default_factory=dict)

    @classmethod
    def read(cls, macros: Path, engines: tuple[str, ...]) -> Dialects:
        """Read the files below a folder of macros."""
        found = cls(engines)
        for path in sorted(macros.rglob("*.sql")):
            # of equal length, so that places stay
            text = _COMMENT.sub(
                lambda comment: re.sub(r"[^\n]", " ", comment[0]), path.read_text(encoding="utf-8")
            )

            def place(at: int, path: Path = path, text: str = text) -> str:
                return f"{path.relative_to(macros.parent)}:{text.count(chr(10), 0, at) + 1}"

            for call in _DISPATCHED.finditer(text):
                found.dispatched.setdefault(call[1], place(call.start()))
            for macro in _MACRO.finditer(text):
                if macro["prefix"] in (*engines, DEFAULT):
                    found.macros[macro["prefix"], macro["name"]] = Macro(
                        place(macro.start()),
                        len([name for name in macro["parameters"].split(",") if name.strip()]),
                        _REFUSES in macro["body"],
                    )
        return found

    def used(self, engine: str, name: str) -> Macro | None:
        """What an engine gets; None where it lacks it."""
        own = self.macros.get((engine, name))
        default = self.macros.get((DEFAULT, name))
        return own or (None if default is None or default.refuses else default)

    def lacking(self) -> Iterator[str]:
        """A sentence for each macro that an engine lacks."""
        for name, place in self.dispatched.items():
            for engine in self.engines:
                if self.used(engine, name) is None:
                    yield (
                        f"{engine} lacks {name}, which {place} dispatches: write {engine}__{name} "
                        f"in macros/dialects/{engine}/"
                    )

    def unlike(self) -> Iterator[str]:
        """A sentence for each macro that takes another number of parameters than the default."""
        for (engine, name), macro in self.macros.items():
            default = self.macros.get((DEFAULT, name))
            if default is not None and default.parameters != macro.parameters:
                yield (
                    f"{macro.place}: {engine}__{name} takes {macro.parameters} parameters, and "
                    f"default__{name} in {default.place} takes {default.parameters}"
                )

    def idle(self, of_adapters: Mapping[str, frozenset[str]]) -> Iterator[str]:
        """A sentence for each macro of an engine that nothing dispatches, neither here nor in dbt.

        Args:
            of_adapters: What dbt and an engine's adapter dispatch; nothing is said of an engine
                whose adapter is not installed.
        """
        for (engine, name), macro in self.macros.items():
            known = engine == DEFAULT or engine in of_adapters
            if known and name not in self.dispatched and name not in of_adapters.get(engine, ()):
                yield f"{macro.place}: nothing dispatches {name}, so {engine}__{name} is never used"

    def table(self) -> str:
        """Macros down, engines across: own, default, or LACKING."""
        lines = [["macro", *self.engines]]
        for name in sorted(self.dispatched):
            row = [name]
            for engine in self.engines:
                own = (engine, name) in self.macros
                there = self.used(engine, name) is not None
                row.append("own" if own else "default" if there else "LACKING")
            lines.append(row)
        widths = [max(len(line[at]) for line in lines) for at in range(len(lines[0]))]
        return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def engines_of_profiles(path: Path) -> tuple[str, ...]:
    """All engines, as dbt names them, that the example of connection settings has a target for."""
    profiles = yaml.safe_load(path.read_text(encoding="utf-8"))
    (profile,) = profiles.values()
    return tuple(dict.fromkeys(output["type"] for output in profile["outputs"].values()))


def dispatched_by_adapters(engines: tuple[str, ...]) -> dict[str, frozenset[str]]:
    """What dbt itself and the adapter of each engine dispatch, of those that are installed."""
    spec = importlib.util.find_spec("dbt.include")
    folders = [Path(folder) for folder in (spec.submodule_search_locations or ())] if spec else []
    found = {}
    for engine in engines:
        own = [folder / engine for folder in folders if (folder / engine).is_dir()]
        if own:
            shared = [folder / "global_project" for folder in folders]
            found[engine] = frozenset(
                name
                for folder in (*own, *shared)
                for path in folder.rglob("*.sql")
                for name in re.findall(
                    r"""dispatch\(\s*(?:macro_name\s*=\s*)?['"](\w+)""",
                    path.read_text(encoding="utf-8"),
                )
            )
    return found


@click.command()
@click.option("--check", is_flag=True, help="Print only what is wrong, and fail where anything is.")
def main(*, check: bool) -> None:
    """List the dispatched macros and which engine has them."""
    engines = engines_of_profiles(REPOSITORY / "profiles.example.yml")
    dialects = Dialects.read(REPOSITORY / "macros", engines)
    if not check:
        click.echo(dialects.table())
    wrong = [
        *dialects.lacking(),
        *dialects.unlike(),
        *dialects.idle(dispatched_by_adapters(engines)),
    ]
    if wrong:
        raise click.ClickException("\n".join(["Macros and engines do not fit:", *wrong]))


if __name__ == "__main__":
    main()
