-- The books: entries in the order in which they were posted, never changed.
CREATE TABLE entries (
    position BIGINT PRIMARY KEY, -- from 1, without gaps
    id {key} NOT NULL UNIQUE,
    reverses {key} UNIQUE,       -- an entry is mirrored once
    source {key} NOT NULL,
    body TEXT NOT NULL,
    at BIGINT NOT NULL
);

-- What the books speak of: open items, payments, advices, deductions, what is remembered of a payer.
CREATE TABLE money (
    kind {key} NOT NULL,
    party {key} NOT NULL,
    key {key} NOT NULL,
    is_open BIGINT NOT NULL,
    body TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (kind, party, key)
);
CREATE INDEX money_open ON money (kind, party) WHERE is_open = 1;
CREATE INDEX money_key ON money (kind, key);
