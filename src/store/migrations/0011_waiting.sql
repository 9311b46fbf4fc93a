-- What waits for a person, in the order in which it is listed, however much is settled.
CREATE INDEX cases_waiting ON cases (number) WHERE state = 'open';
CREATE INDEX holds_waiting ON holds (id) WHERE state = 'open';
