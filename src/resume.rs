//! `towpath resume`.

use clap::Args;
use towpath_core::event::RequestKind;
use towpath_core::id::ActId;

use crate::cli::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::person::Person;
use crate::session::Session;
use crate::target::EnvironmentTarget;
use crate::terminal::Terminal;

/// Lift a hold, or let a stopped environment go on.
///
/// With --hold, that hold is lifted at once. With an environment, the owner's next pass ends a pin there by taking
/// up what is on the branch, lifts the hold that Towpath put up after a failure, and tries gates again that ended
/// in Error.
#[derive(Debug, Args)]
#[command(
    override_usage = "towpath resume [OPTIONS] [PIPELINE] [ENVIRONMENT]",
    after_help = "\
Examples:
  towpath resume --hold h-42-81000
  towpath resume shop/web production"
)]
pub(crate) struct Resume {
    #[command(flatten)]
    target: EnvironmentTarget,
    /// The hold to lift
    #[arg(long, value_name = "ID", value_parser = ActId::parse)]
    hold: Option<ActId>,
    #[command(flatten)]
    person: Person,
}

impl Resume {
    /// Records it and prints what follows.
    pub(crate) fn run(self, global: &Global, terminal: &mut Terminal) -> Result<Exit, Failure> {
        let mut session = Session::open(global)?;
        let (mut pipelines, name) = self.target.scope(&session)?;
        let pipeline = match (pipelines.pop(), pipelines.is_empty()) {
            (Some(pipeline), true) => pipeline,
            _ => return Err(Failure::Usage("the folder has several pipelines; name one".to_owned())),
        };
        let by = self.person.actor()?;
        let recorded = session.with_engine(&pipeline, |engine| match (&self.hold, &name) {
            (Some(hold), _) => engine.lift(&by, hold).map(Some),
            (None, Some(name)) => {
                engine.request(&by, name, RequestKind::Resume, None).map(|(_, recorded)| Some(recorded))
            }
            (None, None) => Ok(None),
        })?;
        let Some(recorded) = recorded else {
            let choice = session.choice();
            return Err(Failure::Usage(format!("name an environment, or a hold with --hold ID{choice}")));
        };
        session.acted(&pipeline, name.as_ref(), &recorded, terminal)?;
        Ok(Exit::Done)
    }
}
