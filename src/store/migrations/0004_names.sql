-- What else master data is known by: an item by the customer's number or its GTIN, stock by its item.
CREATE TABLE master_names (
    kind {key} NOT NULL,
    name {key} NOT NULL,
    key {key} NOT NULL,         -- of the record in master_data
    PRIMARY KEY (kind, name, key)
);
