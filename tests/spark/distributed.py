"""Builds the project on a Spark of several processes, and writes its public views as Parquet.

`python -m tests.spark.distributed DIRECTORY MASTER`: the directory has a lake in it; Spark's event
log comes into `events`, each view into a folder of `views`. A process of its own, as there is one
Spark in a process.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.metrics.views import SCHEMA
from tests.reference import VIEWS
from tests.spark.sessions import new_spark_database, session
from tests.support.run import BUILD_UNTESTED, run_dbt


def main(directory: Path, master: str) -> None:
    """Build, and write what the views hold."""
    database = new_spark_database(directory)
    log = directory / "events"
    log.mkdir()
    spark = session(
        database,
        {
            "spark.master": master,
            "spark.executor.memory": "768m",
            "spark.eventLog.enabled": "true",
            "spark.eventLog.dir": f"file://{log}",
            "spark.eventLog.rolling.enabled": "false",
            "spark.eventLog.compress": "false",
            # each query in parts, however few its rows are, so that parts lie on either executor
            "spark.sql.adaptive.coalescePartitions.enabled": "false",
        },
    )
    run_dbt(*BUILD_UNTESTED, database=database)
    for view in VIEWS:
        place = str(directory / "views" / view)
        spark.sql(f"select * from {SCHEMA}.{view}").write.parquet(place)
    spark.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
