with $funnel_steps
select funnel, user_id, step, reached_at, $step_seconds from steps
