//! What must survive: one file per noun; the only place with SQL.
