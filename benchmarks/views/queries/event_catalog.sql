select event_name, count(*), count(distinct user_id), min(event_time), max(event_time)
from raw.events group by event_name
