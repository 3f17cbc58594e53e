"""Runs `dbt build` on the driver of a Spark cluster: what spark-submit and the operator start.

The session that dbt uses is the one that spark-submit has configured, so master, executors and
memory are its business; what this project needs of a session it sets itself. Arguments go to dbt.

    spark-submit --master k8s://… deploy/spark/build.py --target spark --select +funnel_conversion
"""

from __future__ import annotations

import sys

from dbt.cli.main import dbtRunner
from pyspark.sql import SparkSession


def main(arguments: list[str]) -> int:
    """Build; 0 if all went well, 1 if something failed, 2 if dbt could not begin."""
    spark = (
        SparkSession.builder.appName("event_analytics")
        .enableHiveSupport()
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
    try:
        ended = dbtRunner().invoke(["build", *arguments])
    finally:
        spark.stop()
    return 0 if ended.success else 2 if ended.exception else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
