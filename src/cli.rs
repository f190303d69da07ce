//! The command line: global options, and one command a file.

use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue};
use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};

use crate::exit::{Exit, TABLE};
use crate::failure::Failure;
use crate::terminal::Terminal;
use crate::{
    approve, clear, demo, drill, history, hold, ledger, lint, migrate, promote, reconcile, reference,
    release, resume, rollback, status, unapprove, why,
};

/// Promotes container images through environments by git commits, gated on QA and metrics, and rolls back by itself.
#[derive(Debug, Parser)]
#[command(
    name = "towpath",
    version,
    after_help = TABLE,
    disable_help_subcommand = true,
    arg_required_else_help = true
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of all commands.
#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// The folder with towpath.yaml and the pipelines
    #[arg(
        long,
        global = true,
        help_heading = "Global options",
        value_name = "DIR",
        default_value = ".",
        env = "TOWPATH_LOCAL",
        hide_env_values = true
    )]
    pub(crate) local: PathBuf,
    /// Where mirrors and logs are kept; may be deleted at any time [default: the user's cache folder]
    #[arg(
        long,
        global = true,
        help_heading = "Global options",
        value_name = "DIR",
        env = "TOWPATH_CACHE",
        hide_env_values = true
    )]
    pub(crate) cache: Option<PathBuf>,
}

/// How data is printed.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Format {
    /// How the answer is printed
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}

/// A form of output: for people, or for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    Text,
    Json,
}

/// All commands, in the order of the help.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(demo::Demo),
    Reconcile(reconcile::Reconcile),
    Status(status::Status),
    Why(why::Why),
    History(history::History),
    #[command(subcommand, arg_required_else_help = true)]
    Release(release::Release),
    Approve(approve::Approve),
    Unapprove(unapprove::Unapprove),
    Promote(promote::Promote),
    Rollback(rollback::Rollback),
    Drill(drill::Drill),
    Hold(hold::Hold),
    Resume(resume::Resume),
    Clear(clear::Clear),
    #[command(subcommand, arg_required_else_help = true)]
    Ledger(ledger::Ledger),
    Lint(lint::Lint),
    #[command(subcommand, arg_required_else_help = true)]
    Migrate(migrate::Migrate),
    /// Print the help of all commands
    #[command(hide = true)]
    Reference,
    #[command(hide = true)]
    DemoQa(demo::DemoQa),
}

/// A mistake that offers the commands there are, without those that are only for the documentation and the demo.
pub(crate) fn without_hidden(mut error: clap::Error) -> clap::Error {
    if let Some(ContextValue::Strings(names)) = error.get(ContextKind::ValidSubcommand) {
        let root = Cli::command();
        let hidden = |name: &String| root.find_subcommand(name).is_some_and(clap::Command::is_hide_set);
        let names = names.iter().filter(|name| !hidden(name)).cloned().collect();
        error.insert(ContextKind::ValidSubcommand, ContextValue::Strings(names));
    }
    error
}

/// Runs a command.
pub(crate) fn run(cli: Cli, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let global = &cli.global;
    match cli.command {
        Command::Demo(command) => command.run(terminal),
        Command::DemoQa(command) => command.run(terminal),
        Command::Reconcile(command) => command.run(global, terminal),
        Command::Status(command) => command.run(global, terminal),
        Command::Why(command) => command.run(global, terminal),
        Command::History(command) => command.run(global, terminal),
        Command::Release(command) => command.run(global, terminal),
        Command::Approve(command) => command.run(global, terminal),
        Command::Unapprove(command) => command.run(global, terminal),
        Command::Promote(command) => command.run(global, terminal),
        Command::Rollback(command) => command.run(global, terminal),
        Command::Drill(command) => command.run(global, terminal),
        Command::Hold(command) => command.run(global, terminal),
        Command::Resume(command) => command.run(global, terminal),
        Command::Clear(command) => command.run(global, terminal),
        Command::Ledger(command) => command.run(global, terminal),
        Command::Lint(command) => command.run(global, terminal),
        Command::Migrate(command) => command.run(terminal),
        Command::Reference => reference::run(terminal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn hidden_commands_are_not_offered() {
        let offered =
            without_hidden(Cli::try_parse_from(["towpath", "--local", "x"]).unwrap_err()).to_string();
        assert!(offered.contains("ledger, lint, migrate]") && !offered.contains("demo-qa"), "{offered}");
    }

    /// What waits tell people to type, by the rules of the core.
    #[test]
    fn remedies_can_be_typed_as_they_are_shown() {
        for remedy in [
            "towpath approve shop/web production r-0123456789abcdef0123",
            "towpath clear shop/web production",
            "towpath ledger claim shop/web --from other",
            "towpath ledger confirm shop/web",
            "towpath promote shop/web production r-0123456789abcdef0123",
            "towpath promote shop/web production r-0123456789abcdef0123 --override window --reason TEXT",
            "towpath reconcile",
            "towpath reconcile --once",
            "towpath resume shop/web --hold h-1-2",
            "towpath resume shop/web production",
            "towpath rollback shop/web production",
        ] {
            Cli::try_parse_from(remedy.split(' ')).unwrap_or_else(|e| panic!("{remedy}: {e}"));
        }
    }
}
