//! What is in force: grammars, overlays, maps and partners as one immutable snapshot with a hash.
