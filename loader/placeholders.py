"""Users who are probably nobody: the words that programs write where they know no user."""

from __future__ import annotations

import duckdb

from loader.stores.stage import Stage

#: Small letters stand for capitals, too, and blanks around a word do not count.
PLACEHOLDERS = (
    # what languages, data frames and databases call nothing
    *("null", "(null)", "<null>", "[null]", "\\n", "nil", "<nil>", "none", "(none)", "nan", "nat"),
    *("na", "<na>", "n/a", "#n/a", "undefined", "void", "[object object]", "true", "false"),
    # numbers and marks in place of nothing
    *("0", "0.0", "-1", "-", "--", "?", "''", '""', "00000000-0000-0000-0000-000000000000"),
    # what people call nobody
    *("unknown", "(unknown)", "unset", "not set", "(not set)", "missing", "empty", "(empty)"),
    *("anonymous", "anon", "guest", "not_authenticated", "unauthenticated"),
    # the name of a field in place of its value
    *("id", "userid", "user_id", "distinctid", "distinct_id", "email"),
)
#: Of a source's events, so many are too many for somebody of such a name: one in a hundred, or
#: a hundred of them however many there are in all.
DOUBTFUL_SHARE = 0.01
DOUBTFUL_EVENTS = 100

_LONGEST = max(map(len, PLACEHOLDERS)) + 2
_AT_MOST = 10


def doubtful_users(cursor: duckdb.DuckDBPyConnection, stage: Stage) -> dict[str, int]:
    """Users of a stage that look like words for nobody and have many events: name to events.

    The ten with the most events, these first.
    """
    words = ", ".join("'" + word.replace("'", "''") + "'" for word in PLACEHOLDERS)
    enough = min(DOUBTFUL_EVENTS, stage.events * DOUBTFUL_SHARE)
    # Ids are mostly longer than these words, and their length is known without looking at them.
    found = cursor.execute(
        f"""
        select user_id, count(*) as events from {stage.events_table}
        where row is null and strlen(user_id) <= {_LONGEST} and lower(trim(user_id)) in ({words})
        group by user_id
        having count(*) >= ?
        order by events desc, user_id
        limit {_AT_MOST}
        """,
        [enough],
    ).fetchall()
    return dict(found)
