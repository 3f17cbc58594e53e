create schema if not exists {place};

create table if not exists {place}.alert_states (
    organisation text not null,
    alert text not null,
    segment text not null,
    segment_value text not null,
    announced boolean not null,
    changes bigint not null,
    severity text not null,
    since timestamp with time zone not null,
    acknowledged_at timestamp with time zone,
    acknowledged_by text,
    note text,
    primary key (organisation, alert, segment, segment_value)
);

create table if not exists {place}.user_events (
    organisation text not null,
    user_event text not null,
    definition text not null,
    salt text not null,
    watched_since timestamp with time zone not null,
    primary key (organisation, user_event)
);

create table if not exists {place}.user_states (
    organisation text not null,
    user_event text not null,
    user_hash text not null,
    times bigint not null,
    as_of_date date,
    has_left boolean not null,
    primary key (organisation, user_event, user_hash)
);

create table if not exists {place}.outbox (
    message_id text not null,
    receiver text not null,
    organisation text not null,
    name text not null,
    segment_value text,
    subject text not null,
    sequence bigint not null,
    user_hash text,
    body text not null,
    created_at timestamp with time zone not null,
    next_attempt_at timestamp with time zone not null,
    attempts bigint not null,
    claimed_until timestamp with time zone,
    claimed_by text,
    delivered_at timestamp with time zone,
    failed_at timestamp with time zone,
    last_error text,
    primary key (message_id, receiver)
);

create table if not exists {place}.pauses (
    receiver text not null primary key,
    paused_until timestamp with time zone not null
);

create table if not exists {place}.mutes (
    mute_id text not null primary key,
    organisation text not null,
    name text,
    segment_value text,
    until timestamp with time zone not null,
    reason text,
    created_at timestamp with time zone not null,
    created_by text not null,
    ended_at timestamp with time zone
);
