COPY raw.events FROM 'raw_events.csv' (FORMAT 'csv', force_not_null ('event_id', 'event_name', 'event_time', 'user_id', 'properties', 'ingested_at'), quote '"', delimiter ',', header 1);
COPY raw.rejected_events FROM 'raw_rejected_events.csv' (FORMAT 'csv', force_not_null ('rejected_id', 'reason', 'original_text', 'source', 'rejected_at'), quote '"', delimiter ',', header 1);
