//! `towpath unapprove`.

use clap::Args;

use crate::cli::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::person::Person;
use crate::session::Session;
use crate::target::ReleaseTarget;
use crate::terminal::Terminal;

/// Take your approval of a release back.
///
/// A release that has been promoted already stays where it is; see towpath rollback.
#[derive(Debug, Args)]
#[command(
    override_usage = "towpath unapprove [OPTIONS] [PIPELINE] <ENVIRONMENT> <RELEASE>",
    after_help = "\
Examples:
  towpath unapprove production 1.4.2"
)]
pub(crate) struct Unapprove {
    #[command(flatten)]
    target: ReleaseTarget,
    #[command(flatten)]
    person: Person,
}

impl Unapprove {
    /// Records it and prints what follows.
    pub(crate) fn run(self, global: &Global, terminal: &mut Terminal) -> Result<Exit, Failure> {
        let mut session = Session::open(global)?;
        let (pipeline, name, release) = self.target.find(&session)?;
        let by = self.person.actor()?;
        let recorded = session.with_engine(&pipeline, |engine| engine.unapprove(&by, &name, &release))?;
        session.acted(&pipeline, Some(&name), &recorded, terminal)?;
        Ok(Exit::Done)
    }
}
