//! Arguments to a command; nothing else.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser;
use entrepot::desk;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    desk::run(desk::Command::parse())
}
