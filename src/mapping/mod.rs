//! Mapping files: a document with blanks, which reads and writes.
