//! `towpath migrate`.

mod around;
mod assess;
mod eval;
mod excerpt;
mod explain;
mod graph;
mod list_features;
mod outline;
mod parse;
mod record;
mod report;
mod understand;

use clap::Subcommand;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::Terminal;

/// Understand workflows of GitHub Actions.
#[derive(Debug, Subcommand)]
pub(crate) enum Migrate {
    Parse(parse::Parse),
    Eval(eval::Eval),
    Graph(graph::Show),
    Assess(assess::Assess),
    Explain(explain::Explain),
    ListFeatures(list_features::ListFeatures),
}

impl Migrate {
    /// Does it.
    pub(crate) fn run(self, terminal: &mut Terminal) -> Result<Exit, Failure> {
        match self {
            Self::Parse(parse) => parse.run(terminal),
            Self::Eval(eval) => eval.run(terminal),
            Self::Graph(show) => show.run(terminal),
            Self::Assess(assess) => assess.run(terminal),
            Self::Explain(explain) => explain.run(terminal),
            Self::ListFeatures(list) => list.run(terminal),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::{Command, Subcommand as _};

    use super::*;

    #[test]
    fn the_help_of_each_command_has_its_exit_codes() {
        let migrate = Migrate::augment_subcommands(Command::new("migrate"));
        for command in migrate.get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.starts_with("Exit codes:\n  0  "), "{}: {help}", command.get_name());
        }
    }
}
