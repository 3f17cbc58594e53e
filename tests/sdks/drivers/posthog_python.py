"""posthog (Python)."""

import os

from posthog import Posthog

posthog = Posthog(os.environ["WRITE_KEY"], host=os.environ["COLLECTOR"], gzip=True, max_retries=10)
posthog.set(distinct_id="ada", properties={"plan": "pro"})
for n in range(5):
    posthog.capture(
        "Order Completed", distinct_id="ada", properties={"n": n, "total": 12.5, "note": "é\n"}
    )
posthog.group_identify("company", "acme", {"seats": 5}, distinct_id="ada")
posthog.alias("anon", "ada")
posthog.flush()
posthog.join()
