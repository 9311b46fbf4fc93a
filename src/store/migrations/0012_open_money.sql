-- Pages of what is open in a book, by party and key, however much of it is settled.
DROP INDEX money_open;
CREATE INDEX money_open ON money (kind, party, key) WHERE is_open = 1;
