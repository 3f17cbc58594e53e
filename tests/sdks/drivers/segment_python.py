"""segment-analytics-python."""

import os

from segment.analytics.client import Client

analytics = Client(os.environ["WRITE_KEY"], host=os.environ["COLLECTOR"], max_retries=10)
analytics.identify("ada", {"plan": "pro"})
for n in range(5):
    analytics.track("ada", "Order Completed", {"n": n, "total": 12.5, "note": "é\n"})
analytics.group("ada", "acme", {"seats": 5})
analytics.alias("anon", "ada")
analytics.page("ada", "Docs", "Home", {"path": "/"})
analytics.flush()
analytics.join()
