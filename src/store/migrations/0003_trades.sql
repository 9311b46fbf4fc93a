-- Trades: one order with everything that was said and done about it. The body is the whole; the columns find it.
CREATE TABLE trades (
    id {key} PRIMARY KEY,
    key {key} NOT NULL UNIQUE,  -- side, partner, number, and what else tells orders apart
    side {key} NOT NULL,        -- sale, purchase
    partner {key} NOT NULL,
    number {key} NOT NULL,
    test BIGINT NOT NULL,
    state {key} NOT NULL,
    is_closed BIGINT NOT NULL,
    body TEXT NOT NULL,
    events BIGINT NOT NULL,     -- how many events it has: their last position
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX trades_number ON trades (number);
CREATE INDEX trades_partner ON trades (partner, id);
CREATE INDEX trades_open ON trades (id) WHERE is_closed = 0;

-- Every number by which a trade is found.
CREATE TABLE trade_keys (
    key {key} NOT NULL,
    trade {key} NOT NULL,
    PRIMARY KEY (key, trade)
);
CREATE INDEX trade_keys_trade ON trade_keys (trade);

-- Rows that units lock which look for a key that may not be there yet (PostgreSQL; SQLite has one writer).
CREATE TABLE trade_locks (
    key {key} PRIMARY KEY,
    touched BIGINT NOT NULL
);

-- What happened to a trade, in order, never changed: its counters are the fold of this.
CREATE TABLE trade_events (
    trade {key} NOT NULL,
    position BIGINT NOT NULL,   -- in the trade, from 1
    key {key} NOT NULL,
    verdict {key} NOT NULL,     -- applied, refused, conflict
    why TEXT,
    document {key},             -- the one it came by
    body TEXT NOT NULL,
    policy {key} NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (trade, position)
);
CREATE INDEX trade_events_document ON trade_events (document);

-- The terms that events were judged by.
CREATE TABLE policies (
    hash {key} PRIMARY KEY,
    body TEXT NOT NULL
);

-- Events that came before what they belong to.
CREATE TABLE parked_events (
    id {key} PRIMARY KEY,
    partner {key} NOT NULL,
    key {key} NOT NULL,         -- of the event: a second one is a duplicate or a conflict
    awaits {key} NOT NULL,
    target {key} NOT NULL,      -- the trade it is for, by one of its keys
    content {key} NOT NULL,
    kind {key} NOT NULL,        -- of the document, as on the wire; or the command
    number {key},
    sequence BIGINT NOT NULL,   -- of changes, which are applied in their order
    document {key},
    body TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    until BIGINT NOT NULL,
    expired BIGINT NOT NULL,    -- its time is over, and a person knows
    UNIQUE (partner, key)
);
CREATE INDEX parked_events_awaits ON parked_events (awaits, sequence, received_at);
CREATE INDEX parked_events_until ON parked_events (until) WHERE expired = 0;

-- Documents of ours that a trade issued, and how much of their life it was told.
CREATE TABLE trade_documents (
    document {key} PRIMARY KEY,
    trade {key} NOT NULL,
    key {key} NOT NULL,         -- names it within the trade
    noted {key} NOT NULL,       -- transport/functional as the trade knows it
    is_open BIGINT NOT NULL
);
CREATE INDEX trade_documents_open ON trade_documents (document) WHERE is_open = 1;
CREATE INDEX trade_documents_trade ON trade_documents (trade);

-- Cases for a person, filed by business function.
CREATE TABLE cases (
    id {key} PRIMARY KEY,
    number BIGINT NOT NULL UNIQUE, -- what people call it
    trade {key},
    key {key} NOT NULL,         -- names it within the trade
    queue {key} NOT NULL,
    kind {key} NOT NULL,
    partner {key},
    order_number {key},
    line {key},
    words TEXT NOT NULL,
    money TEXT,                 -- at stake, as a decimal
    cause {key},                -- equal causes are one card
    state {key} NOT NULL,       -- open, resolved
    owner {key},
    document {key},             -- the evidence
    opened_at BIGINT NOT NULL,
    closed_at BIGINT,
    closed_by {key},
    note TEXT
);
CREATE INDEX cases_open ON cases (queue, number) WHERE state = 'open';
CREATE INDEX cases_trade ON cases (trade, key);
CREATE INDEX cases_cause ON cases (cause) WHERE state = 'open';

-- What should happen by a time, and how far its escalation has come.
CREATE TABLE deadlines (
    trade {key} NOT NULL,
    key {key} NOT NULL,
    kind {key} NOT NULL,
    queue {key} NOT NULL,
    partner {key} NOT NULL,
    number {key} NOT NULL,      -- of the order
    words TEXT NOT NULL,
    since BIGINT NOT NULL,
    due BIGINT NOT NULL,
    percent BIGINT NOT NULL,    -- the last share that was told: 0, 50, 80, 100
    next_at BIGINT NOT NULL,    -- when the next is told
    PRIMARY KEY (trade, key)
);
CREATE INDEX deadlines_next ON deadlines (next_at) WHERE percent < 100;
CREATE INDEX deadlines_due ON deadlines (due);

-- What we know without a document: items, credit limits, stock.
CREATE TABLE master_data (
    kind {key} NOT NULL,
    key {key} NOT NULL,
    body TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (kind, key)
);
