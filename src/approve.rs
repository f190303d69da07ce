//! `towpath approve`.

use clap::Args;
use towpath_core::id::Name;
use towpath_core::pipeline::Pipeline;
use towpath_core::time::Span;

use crate::arguments;
use crate::cli::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::person::Person;
use crate::session::Session;
use crate::target::ReleaseTarget;
use crate::terminal::Terminal;

/// Approve a release for an environment.
///
/// The approval counts under the entry gates as they are now, until it expires, is taken back, or a release fails
/// there. Local mode takes your word for login and groups: who may push to the journal may approve.
#[derive(Debug, Args)]
#[command(
    override_usage = "towpath approve [OPTIONS] [PIPELINE] <ENVIRONMENT> <RELEASE>",
    after_help = "\
Examples:
  towpath approve production 1.4.2 --group release-managers
  towpath approve shop/web production r-91b04e77c2d1a0b3f4e5 --expires 4h"
)]
pub(crate) struct Approve {
    #[command(flatten)]
    target: ReleaseTarget,
    /// A group that you approve for; may be given several times
    #[arg(long = "group", value_name = "GROUP")]
    groups: Vec<String>,
    /// How long the approval counts [default: as long as nothing voids it]
    #[arg(long, value_name = "DURATION", value_parser = arguments::lasting)]
    expires: Option<Span>,
    #[command(flatten)]
    person: Person,
}

impl Approve {
    /// Records the approval and prints what follows.
    pub(crate) fn run(self, global: &Global, terminal: &mut Terminal) -> Result<Exit, Failure> {
        let mut session = Session::open(global)?;
        let (pipeline, name, release) = self.target.find(&session)?;
        if let Some(why) = uncounted(&pipeline, &name, &self.groups) {
            return Err(Failure::Usage(why));
        }
        let by = self.person.actor()?;
        let until = self.expires.map(|span| session.host.now().plus(span));
        let approve = session
            .with_engine(&pipeline, |engine| engine.approve(&by, &name, &release, &self.groups, until));
        let recorded = approve?;
        session.acted(&pipeline, Some(&name), &recorded, terminal)?;
        Ok(Exit::Done)
    }
}

/// Why no gate would count an approval for these groups; it is not worth recording then.
fn uncounted(pipeline: &Pipeline, name: &Name, groups: &[String]) -> Option<String> {
    let gates = &pipeline.environment(name)?.approvals;
    let counts = |gate: &&towpath_core::pipeline::Approval| {
        gate.groups.is_empty() || gate.groups.iter().any(|group| groups.contains(group))
    };
    if gates.iter().any(|gate| counts(&gate)) {
        return None;
    }
    let wanted: Vec<&str> = gates.iter().flat_map(|gate| &gate.groups).map(String::as_str).collect();
    let first = wanted.first()?;
    Some(format!("{name} counts approvals of {} only; say yours with --group {first}", wanted.join(", ")))
}
