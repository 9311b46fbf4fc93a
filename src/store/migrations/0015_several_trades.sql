-- A document of ours may belong to several trades: an invoice for two orders, an advice that pays bills of several.
CREATE TABLE trade_documents_of (
    document {key} NOT NULL,
    trade {key} NOT NULL,
    key {key} NOT NULL,         -- names it within the trade
    noted {key} NOT NULL,       -- transport/functional as the trade knows it
    is_open BIGINT NOT NULL,
    PRIMARY KEY (document, trade)
);
INSERT INTO trade_documents_of (document, trade, key, noted, is_open)
    SELECT document, trade, key, noted, is_open FROM trade_documents;
DROP TABLE trade_documents;
ALTER TABLE trade_documents_of RENAME TO trade_documents;
CREATE INDEX trade_documents_open ON trade_documents (document, trade) WHERE is_open = 1;
CREATE INDEX trade_documents_trade ON trade_documents (trade);

-- What was held is found by what people call it, settled or not.
CREATE INDEX holds_name ON holds (substr(id, 29));
