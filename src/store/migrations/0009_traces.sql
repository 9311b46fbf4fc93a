-- The traces by which a payment is found again however many there are.
CREATE TABLE payment_traces (
    trace {key} NOT NULL,
    payment {key} NOT NULL,     -- its key in money
    PRIMARY KEY (trace, payment)
);
-- Payments that were kept before had theirs in the body alone.
INSERT INTO payment_traces (trace, payment)
    SELECT DISTINCT t.value, m.key FROM money m CROSS JOIN {traces of m} WHERE m.kind = 'payment';
