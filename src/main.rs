//! The towpath command: reads the command line and hands it on.

mod approve;
mod arguments;
mod clear;
mod cli;
mod demo;
mod drill;
mod exit;
mod failure;
mod history;
mod hold;
mod ledger;
mod lint;
mod migrate;
mod person;
mod promote;
mod reconcile;
mod reference;
mod release;
mod resume;
mod rollback;
mod session;
mod status;
mod target;
mod terminal;
mod unapprove;
mod why;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::Cli;
use crate::terminal::Terminal;

/// Reading many files makes many small values: this takes a quarter off the time.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::try_parse().unwrap_or_else(|error| cli::without_hidden(error).exit());
    let mut terminal = Terminal::standard();
    let exit = cli::run(cli, &mut terminal).unwrap_or_else(|failure| failure.tell(&mut terminal));
    exit.into()
}
