-- What partners owe us in answer to what left, the most urgent first.
CREATE INDEX expectations_owed ON expectations (due_at, id) WHERE state IN ('awaiting', 'overdue');
-- What is remembered for a time only: answers under idempotency keys, goods ordered of late, codes of packs.
CREATE INDEX notes_api ON notes (updated_at) WHERE scope = 'api';
CREATE INDEX notes_goods ON notes (updated_at) WHERE scope = 'goods';
CREATE INDEX once_sscc ON once (created_at) WHERE scope = 'sscc';
