-- Events are numbered in the order in which they became durable, and owed to the endpoints that want them.
ALTER TABLE events ADD COLUMN sequence BIGINT;
ALTER TABLE events ADD COLUMN key {key};      -- the business key: what is ordered is ordered within it
ALTER TABLE events ADD COLUMN partner {key};
UPDATE events SET key = subject, sequence = numbered.position
    FROM (SELECT id AS of, ROW_NUMBER() OVER (ORDER BY id) AS position FROM events) AS numbered
    WHERE numbered.of = events.id;
CREATE UNIQUE INDEX events_sequence ON events (sequence);
INSERT INTO outlets (name, sequence) SELECT 'events', COUNT(*) FROM events HAVING COUNT(*) > 0;

-- Where events go to, and how far that has come.
CREATE TABLE endpoints (
    name {key} PRIMARY KEY,
    cursor BIGINT NOT NULL,     -- up to here every wanted event has arrived, or stands in owed_events
    state {key} NOT NULL,       -- open, disabled
    answer TEXT,                -- the last one, in words
    answered_at BIGINT,
    delivered BIGINT NOT NULL,  -- how many have arrived
    updated_at BIGINT NOT NULL
);

-- Events behind an endpoint's cursor that have not arrived: the first of each subject is tried, the others wait for it.
CREATE TABLE owed_events (
    endpoint {key} NOT NULL,
    sequence BIGINT NOT NULL,
    key {key} NOT NULL,
    state {key} NOT NULL,       -- due (at next_at), behind (another of its key), failed (for a person)
    attempts BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    reason TEXT,
    since BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (endpoint, sequence)
);
CREATE INDEX owed_events_due ON owed_events (endpoint, next_at) WHERE state = 'due';
CREATE INDEX owed_events_key ON owed_events (endpoint, key, sequence);
