with $user_segments
select user_id, segment, segment_value from user_segments
