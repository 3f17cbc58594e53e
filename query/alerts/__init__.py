"""Alerts: what changed since it was last said, said once to whoever shall hear of it.

`evaluate.py` and `people.py` compare the views with what is known in the schema ``alerting`` and
put messages into its outbox, in one transaction; `deliver.py` takes them from there and sends them.
"""
