-- What partners owe us in answer to what left, the most urgent first.
CREATE INDEX expectations_owed ON expectations (due_at, id) WHERE state IN ('awaiting', 'overdue');
