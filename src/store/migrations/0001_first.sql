-- The first schema. Words in braces are the dialect's (see sql.rs). Numbers, truth values and instants (microseconds
-- UTC) are BIGINT; ids (uuid v7), hashes (hex) and JSON are text. There are no foreign keys: windows of some hundred
-- rows would pay for each; `doctor` checks the references instead.

-- Processes that take jobs, and until when they are believed to live.
CREATE TABLE nodes (
    id {key} PRIMARY KEY,
    started_at BIGINT NOT NULL,
    until BIGINT NOT NULL
);

-- Steps that are owed. A job that was done is gone.
CREATE TABLE jobs (
    id {key} PRIMARY KEY,
    kind {key} NOT NULL,
    subject {key} NOT NULL,
    partner {key} NOT NULL,
    detail TEXT NOT NULL,
    state {key} NOT NULL,       -- waiting (for run_at), ready, running (owner), parked (for a person)
    run_at BIGINT NOT NULL,
    turn BIGINT NOT NULL,       -- the order among those that are ready: fair between partners
    attempts BIGINT NOT NULL,
    owner {key},                -- the node that holds it
    claim BIGINT NOT NULL,      -- rises with every owner: the fence against one that was away
    pokes BIGINT NOT NULL,      -- rises when it is asked for again while it stands
    once {key} UNIQUE,
    side TEXT,
    reason TEXT,
    revision {key},
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX jobs_ready ON jobs (turn) WHERE state = 'ready';
CREATE INDEX jobs_waiting ON jobs (run_at) WHERE state = 'waiting';
CREATE INDEX jobs_running ON jobs (owner) WHERE state = 'running';
CREATE INDEX jobs_parked ON jobs (updated_at) WHERE state = 'parked';

-- Bytes by their SHA-256. Small ones stand here, large ones in files of that name.
CREATE TABLE payloads (
    hash {key} PRIMARY KEY,
    size BIGINT NOT NULL,
    stored {key} NOT NULL,      -- inline, file, erased
    bytes {bytes},
    created_at BIGINT NOT NULL,
    erased_at BIGINT,
    erased_why TEXT
);

-- One file or message as it came through a door.
CREATE TABLE transmissions (
    id {key} PRIMARY KEY,
    door {key} NOT NULL,
    partner {key},
    name TEXT NOT NULL,
    payload {key} NOT NULL,
    size BIGINT NOT NULL,
    state {key} NOT NULL,
    checkpoint TEXT,
    summary TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX transmissions_payload ON transmissions (payload);
CREATE INDEX transmissions_state ON transmissions (state, received_at);

CREATE TABLE interchanges (
    id {key} PRIMARY KEY,
    transmission {key},         -- empty for one that we sent
    position BIGINT NOT NULL,   -- in the transmission, from 1
    direction {key} NOT NULL,
    partner {key},
    syntax {key} NOT NULL,
    version TEXT NOT NULL,
    sender {key} NOT NULL,      -- qualifier:id
    receiver {key} NOT NULL,
    control_number {key} NOT NULL,
    test BIGINT NOT NULL,
    duplicate_of {key},
    span_start BIGINT NOT NULL,
    span_end BIGINT NOT NULL,
    state {key} NOT NULL,
    header TEXT NOT NULL,
    findings TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX interchanges_transmission ON interchanges (transmission, position);
CREATE INDEX interchanges_control_number ON interchanges (control_number, sender);

CREATE TABLE groups_of_sets (
    id {key} PRIMARY KEY,
    interchange {key} NOT NULL,
    position BIGINT NOT NULL,   -- in the interchange, from 1
    direction {key} NOT NULL,
    partner {key},
    functional_id {key} NOT NULL,
    version TEXT NOT NULL,
    sender {key} NOT NULL,
    receiver {key} NOT NULL,
    control_number {key},       -- empty for EDIFACT's implicit group
    state {key} NOT NULL,       -- pending until its trailer was judged: this row decides for all its documents
    sets_stated BIGINT,
    sets_received BIGINT NOT NULL,
    sets_accepted BIGINT NOT NULL,
    acknowledgement {key} NOT NULL,
    header TEXT NOT NULL,
    findings TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX groups_interchange ON groups_of_sets (interchange, position);
CREATE INDEX groups_control_number ON groups_of_sets (control_number, sender);

-- One transaction set, message or XML document, either way. What is read rarely stands in document_contents.
CREATE TABLE documents (
    id {key} PRIMARY KEY,
    direction {key} NOT NULL,
    kind {key},                 -- order, invoice, ...; empty where nothing was understood
    type {key} NOT NULL,
    release {key} NOT NULL,
    partner {key},
    transmission {key},
    interchange {key},
    group_id {key},
    position BIGINT NOT NULL,   -- in the group, from 1
    control_number {key} NOT NULL,
    number {key},
    test BIGINT NOT NULL,
    disposition {key} NOT NULL,
    state {key} NOT NULL,
    transport {key} NOT NULL,
    functional {key} NOT NULL,
    application {key} NOT NULL,
    payload {key},
    span_start BIGINT NOT NULL,
    span_end BIGINT NOT NULL,
    segments BIGINT NOT NULL,
    findings_count BIGINT NOT NULL,
    content_hash {key},
    duplicate_of {key},
    map {key},
    revision {key},
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX documents_group ON documents (group_id, position);
CREATE INDEX documents_number ON documents (number);
CREATE INDEX documents_control_number ON documents (control_number);
CREATE INDEX documents_partner ON documents (partner, id);
CREATE INDEX documents_open ON documents (state, id) WHERE state NOT IN ('done', 'duplicate');

CREATE TABLE document_contents (
    document {key} PRIMARY KEY,
    canonical TEXT,
    findings TEXT NOT NULL,
    coverage TEXT
);

-- What may happen only once: envelope, business key, content. The first subject keeps the key.
CREATE TABLE once (
    scope {key} NOT NULL,
    key {key} NOT NULL,
    subject {key} NOT NULL,
    hash {key} NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (scope, key)
);

-- Acknowledgements that we wrote: stored before they leave, so that a repeat gets the same bytes.
CREATE TABLE replies (
    id {key} PRIMARY KEY,
    kind {key} NOT NULL,        -- TA1, 997, CONTRL
    partner {key},
    interchange {key} NOT NULL, -- the one that is answered
    group_id {key},             -- the group, where one is answered
    disposition {key} NOT NULL,
    control_number {key} NOT NULL,
    payload {key} NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX replies_interchange ON replies (interchange);

-- Where files leave, and the last sequence given out there.
CREATE TABLE outlets (
    name {key} PRIMARY KEY,
    sequence BIGINT NOT NULL
);

-- One file owed to one outlet. They leave in the order of their sequence.
CREATE TABLE deliveries (
    id {key} PRIMARY KEY,
    outlet {key} NOT NULL,
    sequence BIGINT NOT NULL,
    partner {key},
    subject_kind {key} NOT NULL, -- reply, document, interchange
    subject {key} NOT NULL,
    payload {key} NOT NULL,
    file_name TEXT NOT NULL,
    state {key} NOT NULL,       -- queued, delivered, failed, parked, withdrawn
    attempts BIGINT NOT NULL,
    reason TEXT,
    receipt TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX deliveries_queued ON deliveries (outlet, sequence) WHERE state = 'queued';
CREATE INDEX deliveries_subject ON deliveries (subject);

-- Acknowledgements that we wait for.
CREATE TABLE expectations (
    id {key} PRIMARY KEY,
    key {key} NOT NULL,         -- what comes back is matched by this
    level {key} NOT NULL,       -- interchange, group, document
    subject {key} NOT NULL,
    partner {key},
    state {key} NOT NULL,       -- awaiting, accepted, accepted-with-errors, partially, rejected, overdue
    due_at BIGINT NOT NULL,
    answered_by {key},
    outcome TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX expectations_key ON expectations (key);
CREATE INDEX expectations_subject ON expectations (subject);
CREATE INDEX expectations_due ON expectations (due_at) WHERE state = 'awaiting';

-- The next control number of each pair of identities, level and usage.
CREATE TABLE control_numbers (
    counter {key} PRIMARY KEY,
    next BIGINT NOT NULL,
    first BIGINT NOT NULL,
    last BIGINT NOT NULL,
    wraps BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- Control numbers that never left, and where counting began again.
CREATE TABLE control_number_breaks (
    id {key} PRIMARY KEY,
    counter {key} NOT NULL,
    kind {key} NOT NULL,        -- gap, wrap, set
    low BIGINT NOT NULL,
    high BIGINT NOT NULL,
    reason TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX control_number_breaks_counter ON control_number_breaks (counter, id);

-- Cases for a person.
CREATE TABLE holds (
    id {key} PRIMARY KEY,
    desk {key} NOT NULL,
    fault {key} NOT NULL,
    reason TEXT NOT NULL,
    partner {key},
    subject_kind {key} NOT NULL,
    subject {key} NOT NULL,
    told TEXT,
    state {key} NOT NULL,       -- open, released, closed
    closed_by TEXT,
    note TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX holds_open ON holds (desk, id) WHERE state = 'open';
CREATE INDEX holds_subject ON holds (subject);

-- The configuration as immutable sets of files; one is in force.
CREATE TABLE revisions (
    hash {key} PRIMARY KEY,
    created_at BIGINT NOT NULL,
    note TEXT NOT NULL
);
CREATE TABLE revision_files (
    revision {key} NOT NULL,
    path {key} NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (revision, path)
);
CREATE TABLE active_revision (
    one BIGINT PRIMARY KEY,
    revision {key} NOT NULL,
    activated_at BIGINT NOT NULL
);

-- What happened, in order, never changed.
CREATE TABLE events (
    id {key} PRIMARY KEY,
    at BIGINT NOT NULL,
    actor {key} NOT NULL,
    kind {key} NOT NULL,
    subject {key} NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX events_subject ON events (subject, id);
