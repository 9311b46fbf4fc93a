-- Whether a customer pays late is asked with every order.
CREATE INDEX deadlines_partner ON deadlines (partner, kind, due);
