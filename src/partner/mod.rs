//! Who trades with us and what was agreed, as plain TOML.
