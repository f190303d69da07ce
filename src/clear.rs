//! `towpath clear`.

use clap::Args;
use towpath_core::id::Digest;

use crate::arguments;
use crate::cli::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::person::Person;
use crate::session::Session;
use crate::target::EnvironmentTarget;
use crate::terminal::Terminal;

/// Let rejected images into an environment again.
///
/// Digests that failed in an environment do not go there again by themselves until they are cleared.
#[derive(Debug, Args)]
#[command(
    override_usage = "towpath clear [OPTIONS] [PIPELINE] <ENVIRONMENT>",
    after_help = "\
Examples:
  towpath clear production --reason \"the test was wrong\"
  towpath clear shop/web production --digest sha256:3f1c... --reason \"fixed by configuration\""
)]
pub(crate) struct Clear {
    #[command(flatten)]
    target: EnvironmentTarget,
    /// A digest; may be given several times [default: all that are rejected there]
    #[arg(long = "digest", value_name = "DIGEST", value_parser = Digest::parse)]
    digests: Vec<Digest>,
    /// Why, for whoever reads the history
    #[arg(long, value_name = "REASON", value_parser = arguments::reason, default_value = "no reason given")]
    reason: String,
    #[command(flatten)]
    person: Person,
}

impl Clear {
    /// Records it and prints what follows.
    pub(crate) fn run(self, global: &Global, terminal: &mut Terminal) -> Result<Exit, Failure> {
        let mut session = Session::open(global)?;
        let (pipeline, name) = self.target.find(&session)?;
        let by = self.person.actor()?;
        let clear =
            session.with_engine(&pipeline, |engine| engine.clear(&by, &name, &self.digests, &self.reason));
        let recorded = clear?;
        session.acted(&pipeline, Some(&name), &recorded, terminal)?;
        Ok(Exit::Done)
    }
}
