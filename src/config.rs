//! `entrepot.toml`: every key with its default; unknown keys are refused.
