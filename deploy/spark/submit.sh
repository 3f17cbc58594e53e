#!/bin/sh
# One build of all views by a cluster that spark-submit reaches, such as YARN or a standalone master:
#
#     MASTER=spark://spark.internal:7077 EVENTS_LAKE_PATH=s3://events-lake \
#       EVENTS_SPARK_WAREHOUSE=s3a://events-warehouse deploy/spark/submit.sh
#
# Run it in this project's folder, in an environment that has the extra [spark]. The driver runs here,
# since it reads the project; sizes are those of 10 million events a day (docs/spark.md).
set -eu

: "${MASTER:?say where Spark runs, such as yarn or spark://host:7077}"
: "${EVENTS_LAKE_PATH:?name the lake, a folder or an s3:// address}"
: "${EVENTS_SPARK_WAREHOUSE:?name where the tables shall lie, a folder or an s3a:// address}"

export DBT_PROFILES_DIR="${DBT_PROFILES_DIR:-$PWD}" EVENTS_TARGET="${EVENTS_TARGET:-spark}"
export EVENTS_SPARK_MASTER="$MASTER" EVENTS_LAKE_PATH EVENTS_SPARK_WAREHOUSE
# profiles.yml hands it on, so that dbt does not set another one
export EVENTS_SPARK_PARTITIONS="${PARTITIONS:-64}"

exec spark-submit \
  --master "$MASTER" \
  --deploy-mode client \
  --num-executors "${EXECUTORS:-4}" \
  --executor-cores 4 \
  --executor-memory 12g \
  --driver-memory 4g \
  --conf spark.sql.adaptive.enabled=true \
  --conf spark.sql.adaptive.skewJoin.enabled=true \
  --conf spark.sql.warehouse.dir="$EVENTS_SPARK_WAREHOUSE" \
  deploy/spark/build.py "$@"
