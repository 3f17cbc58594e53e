comment on table {raw}.events is
'Events as they were appended, one row for each event; never changed. Read the public views instead.';
comment on column {raw}.events.event_id is
'Identifies the event: its own UUID or one derived from its content. The first row of an id stays.';
comment on column {raw}.events.event_name is
'What happened, for instance product_viewed.';
comment on column {raw}.events.event_time is
'When it happened.';
comment on column {raw}.events.user_id is
'Who did it.';
comment on column {raw}.events.properties is
'Everything else that is known about the event: a JSON object, {} where there is nothing.';
comment on column {raw}.events.ingested_at is
'When the loader appended the row; for incremental builds and freshness, never for a metric.';

comment on table {raw}.rejected_events is
'Rows that the loader did not append to events, with the reason. Count them with: loader rejects';
comment on column {raw}.rejected_events.rejected_id is
'Derived from reason, source, line and text, so that rejecting the same row again adds nothing.';
comment on column {raw}.rejected_events.reason is
'Reason code, for instance missing_user_id; loader rejects explains each.';
comment on column {raw}.rejected_events.detail is
'What exactly was wrong with this row.';
comment on column {raw}.rejected_events.original_text is
'The row as it came.';
comment on column {raw}.rejected_events.source is
'The file it came from, or - for standard input.';
comment on column {raw}.rejected_events.line is
'Its line in the source, counted from 1; null where the source has no lines.';
comment on column {raw}.rejected_events.rejected_at is
'When the loader rejected it.';
