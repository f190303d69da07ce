//! `towpath promote`.

use clap::Args;
use towpath_core::event::RequestKind;

use crate::cli::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::person::Person;
use crate::session::Session;
use crate::target::ReleaseTarget;
use crate::terminal::Terminal;

/// Ask for a release to go to an environment.
///
/// All entry gates apply; the owner's next pass does it as soon as they are satisfied.
#[derive(Debug, Args)]
#[command(
    override_usage = "towpath promote [OPTIONS] [PIPELINE] <ENVIRONMENT> <RELEASE>",
    after_help = "\
Examples:
  towpath promote production 1.4.2
  towpath promote shop/web production r-91b04e77c2d1a0b3f4e5"
)]
pub(crate) struct Promote {
    #[command(flatten)]
    target: ReleaseTarget,
    #[command(flatten)]
    person: Person,
}

impl Promote {
    /// Records the request and prints what follows.
    pub(crate) fn run(self, global: &Global, terminal: &mut Terminal) -> Result<Exit, Failure> {
        let mut session = Session::open(global)?;
        let (pipeline, name, release) = self.target.find(&session)?;
        let by = self.person.actor()?;
        let ask = session.with_engine(&pipeline, |engine| {
            engine.request(&by, &name, RequestKind::Promote, Some(&release))
        });
        let (_, recorded) = ask?;
        session.acted(&pipeline, Some(&name), &recorded, terminal)?;
        Ok(Exit::Done)
    }
}
