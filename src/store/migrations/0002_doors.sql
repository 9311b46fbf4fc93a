-- What doors remember: the answer given to a message, how far a mailbox was read.
CREATE TABLE notes (
    scope {key} NOT NULL,
    key {key} NOT NULL,
    value TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (scope, key)
);

-- Bytes that prove what happened at a door: requests, headers, receipts, mails.
CREATE TABLE evidence (
    id {key} PRIMARY KEY,
    subject {key} NOT NULL,     -- a transmission or a delivery
    kind {key} NOT NULL,
    payload {key} NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX evidence_subject ON evidence (subject, id);
