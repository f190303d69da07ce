//! `towpath history`.

use clap::Args;
use towpath_local::report::history;

use crate::cli::{Format, Global, Output};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::{Session, environment};
use crate::terminal::Terminal;

/// Show what happened, newest first.
///
/// Each line has the event's number, time, author and name, and what happened in words.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  towpath history
  towpath history shop/web -n 100 --env production")]
pub(crate) struct History {
    /// The pipeline, as [namespace/]name [default: the only one of the folder]
    pipeline: Option<String>,
    /// How many events
    #[arg(short, long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    number: u32,
    /// Only events of this environment
    #[arg(long, value_name = "ENVIRONMENT")]
    env: Option<String>,
    #[command(flatten)]
    format: Format,
}

impl History {
    /// Prints the events, or the same as JSON.
    pub(crate) fn run(self, global: &Global, terminal: &mut Terminal) -> Result<Exit, Failure> {
        let mut session = Session::open(global)?;
        let pipeline = session.pipeline(self.pipeline.as_deref())?;
        let only = self.env.as_deref().map(|name| environment(&pipeline, name)).transpose()?;
        let count = usize::try_from(self.number).unwrap_or(usize::MAX);
        let view = session.with_engine(&pipeline, |engine| history(engine, count, only.as_ref()))?;
        match self.format.output {
            Output::Json => terminal.json(&view)?,
            Output::Text => {
                terminal.print(view.text())?;
                if view.more {
                    terminal.say(format_args!(
                        "there are older events; -n {} shows more",
                        count.saturating_mul(5)
                    ));
                }
            }
        }
        Ok(Exit::Done)
    }
}
