//! Starts listeners, watchers and workers, and stops them in reverse.

mod service;
mod status;
