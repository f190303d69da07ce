//! `towpath promote`.

use clap::Args;
use towpath_core::pipeline::EntryGate;

use crate::arguments;
use crate::cli::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::person::Person;
use crate::session::Session;
use crate::target::ReleaseTarget;
use crate::terminal::Terminal;

/// Ask for a release to go to an environment.
///
/// All entry gates apply; the owner's next pass does it as soon as they are satisfied. A gate that the environment lists
/// in promotion.overrides may be passed by with a reason, which stands in the journal and in the commit.
#[derive(Debug, Args)]
#[command(
    override_usage = "towpath promote [OPTIONS] [PIPELINE] <ENVIRONMENT> <RELEASE>",
    after_help = "\
Examples:
  towpath promote production 1.4.2
  towpath promote shop/web production r-91b04e77c2d1a0b3f4e5
  towpath promote production 1.4.2 --override soak --reason \"the site is down\""
)]
pub(crate) struct Promote {
    #[command(flatten)]
    target: ReleaseTarget,
    /// An entry gate to pass by: upstream, soak, approval, window, dependency, expression or http; may be given
    /// several times
    #[arg(long = "override", value_name = "GATE", requires = "reason", value_parser = gate)]
    overrides: Vec<EntryGate>,
    /// Why a gate is passed by
    #[arg(long, value_name = "TEXT", requires = "overrides", value_parser = arguments::reason)]
    reason: Option<String>,
    #[command(flatten)]
    person: Person,
}

fn gate(word: &str) -> Result<EntryGate, String> {
    let all = || EntryGate::ALL.map(EntryGate::as_str).join(", ");
    EntryGate::parse(word).ok_or_else(|| format!("expected one of {}", all()))
}

impl Promote {
    /// Records the request and prints what follows.
    pub(crate) fn run(self, global: &Global, terminal: &mut Terminal) -> Result<Exit, Failure> {
        let mut session = Session::open(global)?;
        let (pipeline, name, release) = self.target.find(&session)?;
        let by = self.person.actor()?;
        let ask = session.with_engine(&pipeline, |engine| {
            let reason = self.reason.clone().unwrap_or_default();
            let past: Vec<_> = self.overrides.iter().map(|gate| (*gate, reason.clone())).collect();
            engine.promote_past(&by, &name, &release, &past)
        });
        let (_, recorded) = ask?;
        session.acted(&pipeline, Some(&name), &recorded, terminal)?;
        Ok(Exit::Done)
    }
}
