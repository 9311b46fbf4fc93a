//! The desk: what people and scripts use.
