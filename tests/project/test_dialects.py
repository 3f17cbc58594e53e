"""The check of what engines lack finds what would else be found where a model is built first."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from scripts.dialects import Dialects, dispatched_by_adapters, main
from tests.support.databases import REPOSITORY

ENGINES = ("duckdb", "postgres", "spark")


def macro(name: str, parameters: str = "x", body: str = "x") -> str:
    return f"{{% macro {name}({parameters}) -%}}\n    {body}\n{{%- endmacro %}}\n"


def dialects(folder: Path, *texts: str) -> Dialects:
    macros = folder / "macros"
    macros.mkdir()
    (macros / "some.sql").write_text("".join(texts))
    return Dialects.read(macros, ENGINES)


def dispatch(name: str) -> str:
    return macro(name, body=f"{{{{ return(adapter.dispatch('{name}', 'event_analytics')(x)) }}}}")


def test_an_engine_without_its_own_macro_lacks_it_where_the_default_raises(tmp_path: Path) -> None:
    raises = "{{ event_analytics.raise_unsupported('add_days') }}"
    found = dialects(
        tmp_path,
        dispatch("add_days"),
        macro("default__add_days", body=raises),
        macro("duckdb__add_days"),
        macro("spark__add_days"),
    )
    (line,) = found.lacking()
    assert line == (
        "postgres lacks add_days, which macros/some.sql:2 dispatches: write postgres__add_days "
        "in macros/dialects/postgres/"
    )


def test_a_default_that_works_does_for_all_and_no_default_for_none(tmp_path: Path) -> None:
    found = dialects(
        tmp_path, dispatch("md5_text"), macro("default__md5_text"), dispatch("no_default")
    )
    assert [line.split(",")[0] for line in found.lacking()] == [
        f"{engine} lacks no_default" for engine in ENGINES
    ]
    assert "no_default  LACKING  LACKING   LACKING" in found.table().splitlines()
    assert "md5_text    default  default   default" in found.table().splitlines()


def test_what_a_comment_shows_is_not_there(tmp_path: Path) -> None:
    found = dialects(
        tmp_path,
        f"{{#- such as\n{macro('default__add_days')} -#}}\n",
        dispatch("add_days"),
    )
    assert len(list(found.lacking())) == len(ENGINES)
    # and places are those of the file as it is
    assert found.dispatched["add_days"] == "macros/some.sql:7"


def test_parameters_are_as_many_as_those_of_the_default(tmp_path: Path) -> None:
    found = dialects(
        tmp_path,
        dispatch("median"),
        macro("default__median", "expression, where"),
        macro("spark__median", "expression"),
    )
    (line,) = found.unlike()
    assert "spark__median takes 1 parameters, and default__median" in line


def test_a_macro_that_nothing_dispatches_is_misspelt(tmp_path: Path) -> None:
    found = dialects(
        tmp_path,
        dispatch("add_days"),
        macro("default__add_days"),
        macro("duckdb__ad_days"),
        macro("duckdb__get_catalog"),
        macro("spark__ad_days"),
    )
    (line,) = found.idle({"duckdb": frozenset({"get_catalog"})})
    assert line.startswith("macros/some.sql:")
    assert line.endswith("nothing dispatches ad_days, so duckdb__ad_days is never used")


def test_what_dbt_itself_dispatches_is_known_of_engines_that_are_installed() -> None:
    known = dispatched_by_adapters(("duckdb", "postgres", "oracle"))
    assert known.keys() == {"duckdb", "postgres"}
    assert "create_table_as" in known["duckdb"]


@pytest.mark.parametrize("check", [True, False])
def test_no_engine_of_the_project_lacks_a_macro(check: bool) -> None:
    ran = CliRunner().invoke(main, ["--check"] if check else [])
    assert ran.exit_code == 0, ran.output
    assert bool(ran.output) != check


def test_the_project_dispatches_nothing_in_a_way_that_the_check_does_not_see() -> None:
    texts = [path.read_text(encoding="utf-8") for path in REPOSITORY.glob("macros/**/*.sql")]
    calls = [call for text in texts for call in re.findall(r"\.dispatch\(\s*(\S+)", text)]
    assert len(calls) > 50
    assert [call for call in calls if not re.match(r"'\w+',", call)] == []
