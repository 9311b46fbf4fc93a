//! The syntax of mapping files: one line, one parser; all mistakes of a file are told, not only the first.
//!
//! `mappings/README.md` is the language's reference. Parsing knows neither grammars nor canonical documents.

pub mod ast;
mod element;
mod parse;
mod pieces;
mod print;
mod segment;
mod statement;
mod words;

pub use parse::{is_table_file, parse};
pub use print::{Printed, Style, print, print_line, print_marked};
