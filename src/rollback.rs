//! `towpath rollback`.

use clap::Args;
use towpath_core::event::RequestKind;
use towpath_engine::people::ReleaseRef;

use crate::cli::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::person::Person;
use crate::session::Session;
use crate::target::EnvironmentTarget;
use crate::terminal::Terminal;

/// Ask for an environment to go back.
///
/// The owner's next pass does it, past everything but a hold that stops rollbacks. What leaves is not promoted
/// onward from here any more.
#[derive(Debug, Args)]
#[command(
    override_usage = "towpath rollback [OPTIONS] [PIPELINE] <ENVIRONMENT>",
    after_help = "\
Examples:
  towpath rollback production
  towpath rollback shop/web production --to 1.4.1"
)]
pub(crate) struct Rollback {
    #[command(flatten)]
    target: EnvironmentTarget,
    /// Where to, by id or version [default: the newest release that was good there]
    #[arg(long, value_name = "RELEASE")]
    to: Option<String>,
    #[command(flatten)]
    person: Person,
}

impl Rollback {
    /// Records the request and prints what follows.
    pub(crate) fn run(self, global: &Global, terminal: &mut Terminal) -> Result<Exit, Failure> {
        let mut session = Session::open(global)?;
        let (pipeline, name) = self.target.find(&session)?;
        let to = self.to.as_deref().map(ReleaseRef::parse);
        let by = self.person.actor()?;
        let ask = session
            .with_engine(&pipeline, |engine| engine.request(&by, &name, RequestKind::Rollback, to.as_ref()));
        let (_, recorded) = ask?;
        session.acted(&pipeline, Some(&name), &recorded, terminal)?;
        Ok(Exit::Done)
    }
}
