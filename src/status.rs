//! `towpath status`.

use clap::Args;

use crate::cli::{Format, Global, Output};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;
use crate::terminal::Terminal;

/// Show where each release is.
///
/// One line an environment: what runs there, how far it is, since when, and the first thing in the way. Where
/// PROOF says "tip", a commit on the branch counts as running; where it says "tag only", no digest is written.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  towpath status
  towpath status shop/web -o json")]
pub(crate) struct Status {
    /// The pipeline, as [namespace/]name [default: all of the folder]
    pipeline: Option<String>,
    #[command(flatten)]
    format: Format,
}

impl Status {
    /// Prints the table, or the same as JSON.
    pub(crate) fn run(self, global: &Global, terminal: &mut Terminal) -> Result<Exit, Failure> {
        let mut session = Session::open(global)?;
        let (mut exit, mut views) = (Exit::Done, Vec::new());
        for pipeline in session.pipelines(self.pipeline.as_deref())? {
            match session.status(&pipeline) {
                Ok(view) => views.push(view),
                Err(failure) => exit = exit.worst(failure.tell(terminal)),
            }
        }
        match self.format.output {
            Output::Json => terminal.json(&views)?,
            Output::Text => {
                let texts: Vec<String> = views.iter().map(|view| view.text()).collect();
                terminal.print(texts.join("\n"))?;
            }
        }
        Ok(exit)
    }
}
