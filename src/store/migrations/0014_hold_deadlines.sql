-- Who has what is held, by when somebody should have dealt with it, and whether other systems were told that nobody has.
ALTER TABLE holds ADD COLUMN owner {key};
ALTER TABLE holds ADD COLUMN due BIGINT;
ALTER TABLE holds ADD COLUMN breached BIGINT NOT NULL DEFAULT 0;
CREATE INDEX holds_undated ON holds (id) WHERE state = 'open' AND due IS NULL;
CREATE INDEX holds_due ON holds (due) WHERE state = 'open' AND breached = 0;
CREATE INDEX cases_document ON cases (document) WHERE state = 'open';
