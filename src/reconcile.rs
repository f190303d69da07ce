//! `towpath reconcile`.

use std::collections::BTreeMap;

use clap::Args;
use towpath_core::decide::{Answer, Wait};
use towpath_core::event::{Event, Recorded};
use towpath_core::id::{Name, PipelineId};
use towpath_core::invariant::Violation;
use towpath_core::journal::State;
use towpath_core::time::{Span, Time};
use towpath_local::host::{Reporter, Round, Trouble, Which};
use towpath_local::report::{clean, event_text, status, why_text};
use towpath_local::signals::{Asked, Signals};

use crate::cli::Global;
use crate::exit::Exit;
use crate::failure::{Failure, exit_of_engine};
use crate::session::Session;
use crate::terminal::Terminal;

/// Look at everything and do what can be done now.
///
/// A pass reads the repository, what runs, QA and metrics, and does what follows: commits, starts of QA, verdicts,
/// rollbacks. All facts are in the journal, so passes may overlap and run anywhere, and each goes on where the
/// last one ended. QA that runs as a child of this command is waited for; QA that is polled is not.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  towpath reconcile --local pipelines --once
  towpath reconcile shop/web --wait 30m
  towpath reconcile --dry-run")]
pub(crate) struct Reconcile {
    /// The pipeline, as [namespace/]name [default: all of the folder]
    pipeline: Option<String>,
    /// One pass and the QA that it starts, then end; the default, for scripts that want to say so
    #[arg(long, conflicts_with = "wait")]
    once: bool,
    /// Go on until nothing moves any more without a person, or the time is over [default: no limit]
    #[arg(long, value_name = "DURATION", num_args = 0..=1, value_parser = Span::parse)]
    wait: Option<Option<Span>>,
    /// Show what a pass would do, and do nothing
    #[arg(long, conflicts_with = "wait")]
    dry_run: bool,
}

impl Reconcile {
    /// Works, and says by its exit code how things stand.
    pub(crate) fn run(self, global: &Global, terminal: &mut Terminal) -> Result<Exit, Failure> {
        let mut session = Session::open(global)?;
        let pipelines = session.pipelines(self.pipeline.as_deref())?;
        if self.dry_run {
            return dry_run(&mut session, &pipelines, terminal);
        }
        let only = self.pipeline.and_then(|_| pipelines.first()).map(|pipeline| pipeline.id.clone());
        let limit = self.wait.flatten().map(|span| session.host.now().plus(span));
        let which = Which { only, deadline: limit };
        let signals = listen(&session, terminal);
        let mut teller = Teller::new(&mut *terminal);
        let over = |round: &Round| limit.is_some_and(|limit| round.now >= limit);
        let round = match self.wait {
            None => session.host.once(&which, &mut teller),
            Some(_) => session.host.run_until(&which, &mut teller, |round| {
                // Without a limit, a host that cannot be reached is not waited for.
                let hopeless = limit.is_none() && round.errors().next().is_some();
                round.running == 0 && (over(round) || hopeless || !round.moves())
            }),
        };
        let told = teller.told;
        if let Some(asked) = signals.asked().filter(|_| round.stopped) {
            return Ok(ended(asked, round.running, session, terminal));
        }
        teller.output?;
        let mut exit = if teller.failed { Exit::Alarm } else { Exit::Done };
        if self.wait.is_some() && over(&round) && round.moves() {
            terminal.note("the time is over; the next pass goes on from here");
            exit = exit.worst(Exit::TimedOut);
        }
        if !told {
            terminal.say("nothing is left to do");
        }
        let waits = round.waits().map(|(_, _, wait)| Exit::of_wait(wait));
        let errors = round.errors().map(|(_, error)| exit_of_engine(error));
        Ok(waits.chain(errors).fold(exit, Exit::worst))
    }
}

/// Has signals end the host from now on, and the QA that it runs with it.
fn listen(session: &Session, terminal: &mut Terminal) -> Signals {
    let (stop, abandoned) = (session.host.stop(), session.host.stop());
    let listening = Signals::listen(move || stop.ask(), move || abandoned.kill_now());
    listening.unwrap_or_else(|error| {
        terminal.note(format_args!("signals will end this command without ending its QA: {error}"));
        Signals::default()
    })
}

/// Says what a signal left, once nothing runs any more.
fn ended(asked: Asked, running: usize, session: Session, terminal: &mut Terminal) -> Exit {
    // Waits for the children, which are being killed.
    drop(session);
    let killed = match running {
        0 => String::new(),
        1 => "; 1 QA run was killed and is tried again after its deadline".to_owned(),
        several => format!("; {several} QA runs were killed and are tried again after their deadlines"),
    };
    terminal.note(format_args!("ended by {asked}{killed}; the next pass goes on from here"));
    Exit::Signalled(asked)
}

fn dry_run(
    session: &mut Session,
    pipelines: &[towpath_core::pipeline::Pipeline],
    terminal: &mut Terminal,
) -> Result<Exit, Failure> {
    let mut exit = Exit::Done;
    for pipeline in pipelines {
        let outlook = match session.outlook_with_metrics(pipeline) {
            Ok(outlook) => outlook,
            Err(failure) => {
                exit = exit.worst(failure.tell(terminal));
                continue;
            }
        };
        terminal.print(why_text(&status(pipeline, &session.host.folder().config, &outlook)))?;
        for answer in outlook.decision.envs.values() {
            if let Answer::Wait(waits) = answer {
                exit = waits.iter().map(Exit::of_wait).fold(exit, Exit::worst);
            }
        }
    }
    Ok(exit)
}

/// Tells of progress: what was recorded on one side, what is waited for on the other.
struct Teller<'t> {
    terminal: &'t mut Terminal,
    /// Whether there was anything to tell.
    told: bool,
    /// The last trouble of each pipeline, which is not told again while it lasts.
    troubles: BTreeMap<PipelineId, Trouble>,
    /// Whether a promotion failed.
    failed: bool,
    output: std::io::Result<()>,
}

impl<'t> Teller<'t> {
    fn new(terminal: &'t mut Terminal) -> Self {
        Self { terminal, told: false, troubles: BTreeMap::new(), failed: false, output: Ok(()) }
    }
}

impl Reporter for Teller<'_> {
    fn recorded(&mut self, pipeline: &PipelineId, event: &Recorded, state: Option<&State>) {
        self.told = true;
        self.failed |= matches!(event.event, Event::Failed { .. });
        let line =
            format!("{pipeline} {} {}: {}", event.n, event.event.name(), event_text(&event.event, state));
        // Work is not stopped because nobody listens any more.
        if self.output.is_ok() {
            self.output = self.terminal.print(line);
        }
    }

    fn waits(&mut self, pipeline: &PipelineId, environment: &Name, waits: &[Wait]) {
        self.told = true;
        for wait in waits.iter().filter(|wait| !wait.code.is_alarm()) {
            let remedy = clean(&wait.remedy);
            let remedy = if remedy.is_empty() { remedy } else { format!("\n  next: {remedy}") };
            self.terminal.say(format_args!("{pipeline} {environment} waits: {}{remedy}", clean(&wait.text)));
        }
    }

    fn alarm(&mut self, pipeline: &PipelineId, environment: &Name, wait: &Wait) {
        let what = format!("{pipeline} {environment}: {}", clean(&wait.text));
        let remedy = clean(&wait.remedy);
        self.terminal.error(what, Some(remedy.as_str()).filter(|remedy| !remedy.is_empty()));
    }

    /// Told as often as the count has doubled: what is refused is so in every pass until it is mended.
    fn refused(&mut self, pipeline: &PipelineId, violation: &Violation, total: u64) {
        self.told = true;
        if total.is_power_of_two() {
            let Violation { environment, rule, what } = violation;
            let what = format!("{pipeline} {environment}: invariant {rule}: {}", clean(what));
            self.terminal.error(format_args!("{what} (effects refused so far: {total})"), None);
        }
    }

    fn trouble(&mut self, pipeline: &PipelineId, trouble: &Trouble) {
        self.told = true;
        if self.troubles.insert(pipeline.clone(), trouble.clone()).as_ref() != Some(trouble) {
            self.terminal.error(format_args!("{pipeline}: {}", trouble.what), trouble.next.as_deref());
        }
    }

    fn sleeps(&mut self, until: Time, running: usize) {
        if running > 0 {
            let runs = if running == 1 { "run" } else { "runs" };
            self.terminal.say(format_args!("waiting for {running} QA {runs}"));
        } else {
            self.terminal.say(format_args!("looking again at {until}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused_is_counted_and_told_less_and_less() {
        let told = tempfile::NamedTempFile::new().unwrap();
        let mut terminal = Terminal::talking_to(Box::new(told.reopen().unwrap()));
        let mut teller = Teller::new(&mut terminal);
        let (id, environment) = (PipelineId::parse("shop/web").unwrap(), Name::parse("dev").unwrap());
        let violation = Violation { environment, rule: "S9", what: "1.2 is held in dev".to_owned() };
        (1..=9).for_each(|total| teller.refused(&id, &violation, total));
        let text = std::fs::read_to_string(told.path()).unwrap();
        assert!(
            text.contains("shop/web dev: invariant S9: 1.2 is held in dev (effects refused so far: 1)"),
            "{text}"
        );
        let counts = text.lines().filter_map(|line| line.split_once("so far: ")?.1.split(')').next());
        assert_eq!(counts.collect::<Vec<_>>(), ["1", "2", "4", "8"]);
    }

    #[test]
    fn trouble_that_lasts_is_told_once() {
        let told = tempfile::NamedTempFile::new().unwrap();
        let mut terminal = Terminal::talking_to(Box::new(told.reopen().unwrap()));
        let mut teller = Teller::new(&mut terminal);
        let id = PipelineId::parse("shop/web").unwrap();
        for what in ["down", "down", "away", "down"] {
            teller.trouble(&id, &Trouble { what: what.to_owned(), next: Some("wait".to_owned()) });
        }
        let text = std::fs::read_to_string(told.path()).unwrap();
        let lines = text.lines().filter_map(|line| line.split("shop/web: ").nth(1));
        assert_eq!(lines.collect::<Vec<_>>(), ["down", "away", "down"], "{text}");
        assert_eq!(text.matches("  next: wait").count(), 3);
    }
}
