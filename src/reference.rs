//! `towpath reference`, from which `docs/cli.md` is made.

use std::fmt::Write as _;

use clap::{Command, CommandFactory as _};

use crate::cli::Cli;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::Terminal;

/// Prints the help of every command that is not hidden, one below the other.
pub(crate) fn run(terminal: &mut Terminal) -> Result<Exit, Failure> {
    let mut root = Cli::command().term_width(100);
    root.build();
    let mut text = String::new();
    add(&mut text, root, true);
    terminal.print(text)?;
    Ok(Exit::Done)
}

/// Options of all commands are shown once, with the first.
fn add(text: &mut String, mut command: Command, first: bool) {
    for option in ["local", "cache", "help"] {
        command = command.mut_arg(option, |argument| argument.hide(!first));
    }
    let name = command.get_display_name().unwrap_or("towpath").replace('-', " ");
    let help = command.render_long_help().to_string();
    let lines = help.trim_end().lines().map(|line| format!("{}\n", line.trim_end()));
    // Writing to a String cannot fail.
    let _ = writeln!(text, "## {name}\n\n{}", lines.collect::<String>());
    for child in command.get_subcommands().filter(|child| !child.is_hide_set()) {
        add(text, child.clone(), false);
    }
}
