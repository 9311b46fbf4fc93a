//! XML as the same tree of named places with byte ranges, by quick-xml, with limits and without outside entities.
