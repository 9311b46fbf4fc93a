//! START HERE: what happens to a document, one file per step.
