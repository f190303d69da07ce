//! `towpath why`.

use clap::Args;
use towpath_local::report::why_text;

use crate::cli::{Format, Global, Output};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;
use crate::target::EnvironmentTarget;
use crate::terminal::Terminal;

/// Explain what each environment waits for, and what to do about it.
///
/// Each reason has a sentence, the object in the way, the next thing to type or do, and when Towpath looks again.
#[derive(Debug, Args)]
#[command(
    override_usage = "towpath why [OPTIONS] [PIPELINE] [ENVIRONMENT]",
    after_help = "\
Examples:
  towpath why
  towpath why production
  towpath why shop/web production -o json"
)]
pub(crate) struct Why {
    #[command(flatten)]
    target: EnvironmentTarget,
    #[command(flatten)]
    format: Format,
}

impl Why {
    /// Prints the reasons, or the same as JSON.
    pub(crate) fn run(self, global: &Global, terminal: &mut Terminal) -> Result<Exit, Failure> {
        let mut session = Session::open(global)?;
        let (pipelines, environment) = self.target.scope(&session)?;
        let (mut exit, mut views) = (Exit::Done, Vec::new());
        for pipeline in pipelines {
            match session.status(&pipeline) {
                Ok(mut view) => {
                    view.environments.retain(|e| environment.as_ref().is_none_or(|name| &e.name == name));
                    views.push(view);
                }
                Err(failure) => exit = exit.worst(failure.tell(terminal)),
            }
        }
        match self.format.output {
            Output::Json => terminal.json(&views)?,
            Output::Text => terminal.print(views.iter().map(why_text).collect::<String>())?,
        }
        Ok(exit)
    }
}
