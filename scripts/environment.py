"""Which environment has dbt's adapter for a target: `python -m scripts.environment [TARGET]`.

The adapters for ClickHouse and Spark bring a gigabyte with them, so `make` installs them apart from
`.venv`, and only for whoever builds there.
"""

from __future__ import annotations

import sys

from loader.errors import LoaderError
from loader.profiles import read_output

ENVIRONMENTS = {"clickhouse": ".cache/engines", "spark": ".cache/engines"}
DEFAULT = ".venv"


def environment_of(target: str | None) -> str:
    """The folder of the environment for a target of profiles.yml, by default the one it names.

    Raises LoaderError where there is no such target.
    """
    _, output, _ = read_output(target, None)
    return ENVIRONMENTS.get(str(output.get("type")), DEFAULT)


if __name__ == "__main__":
    try:
        print(environment_of(sys.argv[1] if sys.argv[1:] else None))
    except LoaderError as error:
        sys.exit(error.message)
