//! `towpath drill`.

use std::time::Instant;

use clap::Args;
use towpath_local::report::DrillView;

use crate::cli::{Format, Global, Output};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;
use crate::target::EnvironmentTarget;
use crate::terminal::Terminal;

/// Rehearse a rollback and time it; nothing is changed.
///
/// Asks what would happen if the release in an environment failed now: the same rules choose where to go back to,
/// the commits are made here, and the host is asked by a dry run of the push whether it would take them. What the host's
/// hooks and branch rules would say is not known before a real push.
#[derive(Debug, Args)]
#[command(
    override_usage = "towpath drill [OPTIONS] [PIPELINE] <ENVIRONMENT>",
    after_help = "\
Examples:
  towpath drill production
  towpath drill shop/web production -o json"
)]
pub(crate) struct Drill {
    #[command(flatten)]
    target: EnvironmentTarget,
    #[command(flatten)]
    format: Format,
}

impl Drill {
    /// Rehearses and prints what was found.
    pub(crate) fn run(self, global: &Global, terminal: &mut Terminal) -> Result<Exit, Failure> {
        let mut session = Session::open(global)?;
        let (pipeline, name) = self.target.find(&session)?;
        let (mut times, mut begun) = (Vec::new(), Instant::now());
        let drilled = session.drill(&pipeline, &name, &mut |part| {
            times.push((part, begun.elapsed()));
            begun = Instant::now();
        })?;
        let view = DrillView::new(&pipeline.id, &name, &drilled, &times);
        match self.format.output {
            Output::Json => terminal.json(&view)?,
            Output::Text => terminal.print(view.text())?,
        }
        Ok(if view.moves() { Exit::Done } else { Exit::Alarm })
    }
}
