-- People who may act, by name. Roles are words, one after another.
CREATE TABLE people (
    name {key} PRIMARY KEY,
    roles TEXT NOT NULL,
    is_active BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- Keys of programs that act for somebody. The secret itself is nowhere.
CREATE TABLE api_keys (
    id {key} PRIMARY KEY,
    owner {key} NOT NULL,
    label TEXT NOT NULL,
    hash {key} NOT NULL UNIQUE, -- SHA-256 of the secret
    valid_from BIGINT NOT NULL,
    valid_until BIGINT,
    revoked_at BIGINT,
    created_at BIGINT NOT NULL
);
CREATE INDEX api_keys_owner ON api_keys (owner);

-- Who did what, each entry bound to the one before by its hash; never changed.
CREATE TABLE audit (
    position BIGINT PRIMARY KEY, -- from 1, without gaps
    at BIGINT NOT NULL,
    actor {key} NOT NULL,
    owner {key} NOT NULL,
    action {key} NOT NULL,
    subject {key} NOT NULL,
    detail TEXT NOT NULL,
    previous {key} NOT NULL,
    hash {key} NOT NULL
);
CREATE INDEX audit_subject ON audit (subject, owner);
