"""Many runs of `mf query` in one process, by the Python that has the extra `metrics`.

Usage: ask.py QUESTIONS ANSWERS, where QUESTIONS is a JSON file of command lines by name; the answer
to each is ANSWERS/<name>.csv. Starting mf takes seconds, asking takes half of one.
"""

import json
import sys
from pathlib import Path

from dbt_metricflow.cli.main import cli


def main(questions: Path, answers: Path) -> None:
    """Ask each question; exit with mf's own code and message at the first that fails."""
    for name, args in json.loads(questions.read_text()).items():
        command = ["query", *args, "--quiet", "--csv", str(answers / f"{name}.csv")]
        cli(command, standalone_mode=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
