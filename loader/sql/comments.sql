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

comment on table {raw}.deliveries is
'What was appended together: one row for each file or request. List them with: loader deliveries';
comment on column {raw}.deliveries.delivery_id is
'Names the delivery, for instance to loader withdraw.';
comment on column {raw}.deliveries.source is
'The file it came from, - for standard input, or who sent the request.';
comment on column {raw}.deliveries.delivered_at is
'When it was appended: the ingested_at of its events, and the rejected_at of its rejected rows.';
comment on column {raw}.deliveries.read is
'Rows read: the sum of the four other counts.';
comment on column {raw}.deliveries.appended is
'Events that were new.';
comment on column {raw}.deliveries.duplicate is
'Events that were there already, or that were erased and came again.';
comment on column {raw}.deliveries.conflicting is
'Events whose id was there already, with other content.';
comment on column {raw}.deliveries.rejected is
'Rows that are no events.';

comment on table {raw}.removals is
'What loader withdraw and loader erase have taken out; says nothing of any person.';
comment on column {raw}.removals.removal_id is
'Identifies the removal.';
comment on column {raw}.removals.action is
'withdraw (a delivery) or erase (persons).';
comment on column {raw}.removals.delivery_id is
'The delivery that was withdrawn; null otherwise.';
comment on column {raw}.removals.removed_at is
'When.';
comment on column {raw}.removals.removed_by is
'Who: the user of the database, or of the machine for a DuckDB file.';
comment on column {raw}.removals.users is
'How many users had events among them.';
comment on column {raw}.removals.events is
'How many events went.';
comment on column {raw}.removals.rejected is
'How many rejected rows went.';

comment on table {raw}.removed_users is
'Whom the next build with roll-ups computes anew, after a removal; hashes, no names.';
comment on column {raw}.removed_users.removal_id is
'The removal that took events of theirs out.';
comment on column {raw}.removed_users.user_hash is
'MD5 of the removal_id, a blank and the user_id: says nothing without both.';

comment on table {raw}.removed_events is
'From which deliveries a removal took events, for the next build with roll-ups.';
comment on column {raw}.removed_events.removal_id is
'The removal.';
comment on column {raw}.removed_events.ingested_at is
'When the events had been appended.';
comment on column {raw}.removed_events.events is
'How many.';

comment on table {raw}.erased_events is
'Events that were erased lately: who sends them again is told that they are there already.';
comment on column {raw}.erased_events.event_hash is
'MD5 of the event_id as text.';
comment on column {raw}.erased_events.erased_at is
'When; forgotten after the days that loader erase --remember-days said.';
