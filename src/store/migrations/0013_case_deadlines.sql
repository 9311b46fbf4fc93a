-- By when somebody should have dealt with a case, and whether other systems were told that nobody has.
ALTER TABLE cases ADD COLUMN due BIGINT;
ALTER TABLE cases ADD COLUMN breached BIGINT NOT NULL DEFAULT 0;
CREATE INDEX cases_due ON cases (due) WHERE state = 'open' AND breached = 0;
