"""dbt in this process, for those who run several of its commands."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import agate
import click

from loader.building.report import show
from loader.building.rows import named, read_all
from loader.building.run import any_text, run_build

PROJECT = "event_analytics"


class Dbt:
    """dbt in this process: its start-up and the parsing of the project are paid once."""

    def __init__(
        self,
        target: str | None,
        *,
        target_path: Path | None = None,
        log_path: Path | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """Parse the project; what is None is as profiles.yml and dbt's own variables say.

        ``variables`` are those of the project that shall have other values.
        """
        from dbt.cli.main import dbtRunner  # noqa: PLC0415 - importing dbt takes seconds

        options = {"--target": target, "--target-path": target_path, "--log-path": log_path}
        self._options = [
            str(part) for item in options.items() if item[1] is not None for part in item
        ]
        if variables:
            self._options += ["--vars", json.dumps(dict(variables))]
        self._runner = dbtRunner()
        self._manifest = self._run("parse").result
        self._runner = dbtRunner(manifest=self._manifest)
        # A number cut to three digits is no truncated text.
        agate.config.set_option("number_truncation_chars", "")

    def build(self, *options: str) -> None:
        """Run `dbt build`, and print warnings, errors and one line of what was done.

        Ends the program with dbt's exit code where something failed.
        """
        click.secho(" ".join(["\n$ dbt build", *options]), bold=True)
        built = run_build([*options, *self._options], self._manifest)
        show([(None, built)])
        if built.exit_code:
            sys.exit(built.exit_code)

    def show(self, title: str, query: str) -> None:
        """Print the rows of a query, which may use `ref()`, as a table."""
        table = self._read(query)
        click.secho(f"\n{title}", bold=True)
        table.print_table(output=sys.stdout, max_rows=None, max_columns=None, max_column_width=None)

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Return the rows of a query, which may use `ref()`; each fraction is a float."""
        table = self._read(query)
        return named(table.column_names, (row.values() for row in table.rows))

    def tables(self, queries: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
        """Return the rows of several queries, as `rows()` does, for the start-up of one.

        Raises:
            click.ClickException: One of them does not compile or cannot be run.
        """
        between = "\n-- the next query --\n"
        compiled = self._run(
            "compile", "--inline", between.join(queries.values()), log_level="none"
        )
        statements = compiled.result.results[0].node.compiled_code.split(between)
        return dict(zip(queries, read_all(statements), strict=True))

    def questions(self) -> dict[str, str]:
        """Return what each public view answers, as its `config.meta` says."""
        return {
            node.name: node.config.meta["question"]
            for node in self._manifest.nodes.values()
            if node.resource_type == "model"
            and node.package_name == PROJECT
            and "question" in node.config.meta
        }

    def descriptions(self) -> dict[str, str]:
        """Return what the project says about each model of its own."""
        return {
            node.name: node.description
            for node in self._manifest.nodes.values()
            if node.resource_type == "model" and node.package_name == PROJECT
        }

    def _read(self, query: str) -> agate.Table:
        # dbt's own print of a result cuts wide columns, so it is told to log nothing.
        shown = self._run("show", "--inline", query, "--limit", "-1", log_level="none")
        return shown.result.results[0].agate_table

    def write_catalog(self) -> None:
        """Write manifest.json, catalog.json and static_index.html into the target path."""
        self._run("docs", "generate", "--static")

    def _run(self, *args: str, log_level: str = "warn") -> Any:
        # dbt types a result as one of many; which one depends on the command.
        with any_text():
            ended: Any = self._runner.invoke(
                [*args, *self._options, "--no-use-colors", "--log-level", log_level]
            )
        if not ended.success:
            reasons = [str(ended.exception)] if ended.exception else []
            if log_level == "none":
                reasons += [result.message for result in getattr(ended.result, "results", [])]
            raise click.ClickException(f"dbt {args[0]} failed. " + " ".join(reasons))
        return ended
