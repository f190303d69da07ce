//! `towpath ledger`.

use clap::{Args, Subcommand, ValueEnum};
use towpath_core::decide::{Answer, WaitCode};
use towpath_core::event::Confirmable;
use towpath_core::id::OwnerId;
use towpath_core::pipeline::Pipeline;
use towpath_engine::journal::Head;
use towpath_local::report::ledger;

use crate::arguments;
use crate::cli::{Format, Global, Output};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::person::Person;
use crate::session::Session;
use crate::terminal::Terminal;

/// Look after the ledger.
#[derive(Debug, Subcommand)]
pub(crate) enum Ledger {
    Show(Show),
    Claim(Claim),
    Confirm(Confirm),
    Verify(Verify),
    Rotate(Rotate),
}

/// Show where the ledger is and what it says.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  towpath ledger show\n  towpath ledger show shop/web -o json")]
pub(crate) struct Show {
    /// The pipeline, as [namespace/]name [default: the only one of the folder]
    pipeline: Option<String>,
    #[command(flatten)]
    format: Format,
}

/// Take the ledger over from another owner.
///
/// A ledger has one owner, whose passes alone promote. The old owner notices with its next push, and stops.
#[derive(Debug, Args)]
#[command(
    override_usage = "towpath ledger claim [OPTIONS] --from <OWNER> [PIPELINE]",
    after_help = "Examples:\n  towpath ledger claim shop/web --from old-ci --reason \"moved to the cluster\""
)]
pub(crate) struct Claim {
    /// The pipeline, as [namespace/]name [default: the only one of the folder]
    pipeline: Option<String>,
    /// The owner as of now, so that nobody else's ledger is taken by mistake
    #[arg(long, value_name = "OWNER", value_parser = OwnerId::parse)]
    from: OwnerId,
    /// Why, for whoever reads the history
    #[arg(long, value_name = "REASON", value_parser = arguments::reason, default_value = "no reason given")]
    reason: String,
    #[command(flatten)]
    person: Person,
}

/// Accept that the journal was lost or the branch rewritten.
///
/// Nothing is promoted until a person has looked. Restoring the ref is better where it can be done: after a loss,
/// what was Verified, soaked, approved or held is not known any more.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  towpath ledger confirm\n  towpath ledger confirm shop/web --what journal-lost"
)]
pub(crate) struct Confirm {
    /// The pipeline, as [namespace/]name [default: the only one of the folder]
    pipeline: Option<String>,
    /// What is accepted [default: what is wrong now]
    #[arg(long, value_enum)]
    what: Option<Loss>,
    #[command(flatten)]
    person: Person,
}

/// Check the whole journal against its events.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  towpath ledger verify")]
pub(crate) struct Verify {
    /// The pipeline, as [namespace/]name [default: the only one of the folder]
    pipeline: Option<String>,
}

/// Begin the journal anew with the same contents, so that its history stays short.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  towpath ledger rotate")]
pub(crate) struct Rotate {
    /// The pipeline, as [namespace/]name [default: the only one of the folder]
    pipeline: Option<String>,
}

/// What can be accepted.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Loss {
    /// The journal is missing, or older than the branch says
    #[value(alias = "JournalLost")]
    JournalLost,
    /// The branch lost commits that had landed
    #[value(alias = "HistoryRewritten")]
    HistoryRewritten,
}

impl From<Loss> for Confirmable {
    fn from(loss: Loss) -> Self {
        match loss {
            Loss::JournalLost => Self::JournalLost,
            Loss::HistoryRewritten => Self::HistoryRewritten,
        }
    }
}

impl Ledger {
    /// Runs the command.
    pub(crate) fn run(self, global: &Global, terminal: &mut Terminal) -> Result<Exit, Failure> {
        let mut session = Session::open(global)?;
        match self {
            Self::Show(show) => show.run(&mut session, terminal),
            Self::Claim(claim) => claim.run(&mut session, terminal),
            Self::Confirm(confirm) => confirm.run(&mut session, terminal),
            Self::Verify(verify) => verify.run(&mut session, terminal),
            Self::Rotate(rotate) => rotate.run(&mut session, terminal),
        }?;
        Ok(Exit::Done)
    }
}

fn head(session: &mut Session, pipeline: &Pipeline) -> Result<Head, Failure> {
    let head = session.with_engine(pipeline, |engine| engine.read())?;
    head.ok_or_else(|| session.no_ledger(pipeline))
}

impl Show {
    fn run(self, session: &mut Session, terminal: &mut Terminal) -> Result<(), Failure> {
        let pipeline = session.pipeline(self.pipeline.as_deref())?;
        let view = ledger(&pipeline, &head(session, &pipeline)?);
        match self.format.output {
            Output::Json => terminal.json(&view)?,
            Output::Text => terminal.print(view.text())?,
        }
        Ok(())
    }
}

impl Claim {
    fn run(self, session: &mut Session, terminal: &mut Terminal) -> Result<(), Failure> {
        let pipeline = session.pipeline(self.pipeline.as_deref())?;
        let by = self.person.actor()?;
        let owner = head(session, &pipeline)?.state.owner.id.clone();
        if owner == session.host.folder().config.owner {
            return self.owned_already(&pipeline, &owner, terminal);
        }
        let claim = session.with_engine(&pipeline, |engine| engine.claim(&by, &self.from, &self.reason));
        session.acted(&pipeline, None, &claim?, terminal)
    }
}

impl Claim {
    /// Nothing is to be claimed; that is only right if the owner was known.
    fn owned_already(
        &self,
        pipeline: &Pipeline,
        owner: &OwnerId,
        terminal: &mut Terminal,
    ) -> Result<(), Failure> {
        let id = &pipeline.id;
        if &self.from != owner {
            let from = &self.from;
            let why = format!("the ledger of {id} belongs to {owner}, not to {from}; {owner} is this folder");
            return Err(Failure::Impossible(why));
        }
        terminal
            .print(format_args!("{owner}, this folder, owns the ledger of {id} already; nothing changed"))?;
        Ok(())
    }
}

impl Confirm {
    fn run(self, session: &mut Session, terminal: &mut Terminal) -> Result<(), Failure> {
        // The word that `why` shows, in the place of a pipeline.
        if let Some(word) = self.pipeline.as_deref().filter(|word| Loss::from_str(word, true).is_ok()) {
            let why = format!("{word} is no pipeline; say: towpath ledger confirm [PIPELINE] --what {word}");
            return Err(Failure::Usage(why));
        }
        let pipeline = session.pipeline(self.pipeline.as_deref())?;
        let by = self.person.actor()?;
        let what = match self.what {
            Some(loss) => loss.into(),
            None => wrong_now(session, &pipeline)?,
        };
        let recorded = session.with_engine(&pipeline, |engine| engine.confirm(&by, what))?;
        session.acted(&pipeline, None, &recorded, terminal)
    }
}

/// What the ledger waits for a person to accept.
fn wrong_now(session: &mut Session, pipeline: &Pipeline) -> Result<Confirmable, Failure> {
    let outlook = session.outlook(pipeline)?;
    let waits = outlook.decision.envs.values().flat_map(|answer| match answer {
        Answer::Wait(waits) => waits.as_slice(),
        Answer::Act(_) | Answer::Settled => &[],
    });
    let found = waits.map(|wait| wait.code).find_map(|code| match code {
        WaitCode::JournalLost => Some(Confirmable::JournalLost),
        WaitCode::HistoryRewritten => Some(Confirmable::HistoryRewritten),
        _ => None,
    });
    let id = &pipeline.id;
    let remedy = "as this host sees it; what another host waits for is named by --what";
    found.ok_or_else(|| Failure::Impossible(format!("{id} has nothing to confirm, {remedy}")))
}

impl Verify {
    fn run(self, session: &mut Session, terminal: &mut Terminal) -> Result<(), Failure> {
        let pipeline = session.pipeline(self.pipeline.as_deref())?;
        let verified = session.with_engine(&pipeline, |engine| engine.verify())?;
        let since = if verified.complete { "" } else { ", as far back as the host has it" };
        let (commits, events) = (verified.commits, verified.events);
        terminal.print(format_args!(
            "valid: {events} events in {commits} commits, and each state is their fold{since}"
        ))?;
        Ok(())
    }
}

impl Rotate {
    fn run(self, session: &mut Session, terminal: &mut Terminal) -> Result<(), Failure> {
        let pipeline = session.pipeline(self.pipeline.as_deref())?;
        let owner = head(session, &pipeline)?.state.owner.id.clone();
        let me = &session.host.folder().config.owner;
        if &owner != me {
            let id = &pipeline.id;
            return Err(Failure::NotAllowed(
                format!("failed to rotate the journal of {id}: it belongs to {owner}, this folder is {me}"),
                format!("ask {owner}, or take it over: towpath ledger claim {id} --from {owner}"),
            ));
        }
        let rotated = session.with_engine(&pipeline, |engine| engine.rotate())?;
        terminal.print(format_args!("rotated: the journal goes on from {}", rotated.tip))?;
        Ok(())
    }
}
