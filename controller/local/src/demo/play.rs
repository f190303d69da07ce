//! The plot: four releases, what people do about them, and what has to follow.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use towpath_core::event::{BakeResult, Cause, Event};
use towpath_core::id::{Actor, Name, PipelineId, ReleaseId};
use towpath_core::pipeline::Pipeline;
use towpath_engine::people::{NewRelease, Recorded, ReleaseRef};
use towpath_engine::{Engine, EngineError};

use super::DemoError;
use super::bell::{Bell, Wakeful};
use super::catalog;
use super::screen::Screen;
use super::signals::Interrupt;
use super::story::{Happened, Narrator, Story};
use super::transcript::ACT;
use crate::folder::Folder;
use crate::host::{Cache, LocalHost, Ports, Round, Which};
use crate::report::clean;

/// How long anything may take. The longest is a bake of four seconds; a machine that others keep busy takes ten times as
/// long for a push.
const PATIENCE: Duration = Duration::from_secs(60);

/// The releases in the order of the acts: version and what the act is about.
pub(super) const ACTS: [(&str, &str); 4] = [
    ("1.1.0", "a good release goes to production"),
    ("1.2.0", "errors rise under staging's load, so it goes back there and never reaches production"),
    ("1.3.0", "it turns bad after a while in production, and goes back during the bake"),
    ("1.4.0", "the fix goes all the way"),
];

/// The players.
pub(super) struct Play<'p> {
    pub(super) host: LocalHost,
    pub(super) id: PipelineId,
    pub(super) narrator: Narrator,
    pub(super) releases: Vec<ReleaseId>,
    screen: &'p Arc<Screen>,
    bell: &'p Bell,
    interrupt: &'p Interrupt,
}

impl<'p> Play<'p> {
    /// Opens the folder as `towpath reconcile --local` does, with a bell for the host.
    pub(super) fn open(
        folder: &Path,
        narrator: Narrator,
        screen: &'p Arc<Screen>,
        bell: &'p Bell,
        interrupt: &'p Interrupt,
    ) -> Result<Self, DemoError> {
        let read = Folder::load(folder).map_err(|mistakes| {
            let mistakes: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
            DemoError::setup("read the demo's own documents".to_owned(), mistakes.join("; "))
        })?;
        let none = || DemoError::setup("find the demo's pipeline".to_owned(), "there is none");
        let id = read.pipelines.first().map(|pipeline| pipeline.id.clone()).ok_or_else(none)?;
        let opened = Ports::open(&read, &Cache::at(folder.join("cache")), &|_| None);
        let mut ports = opened.map_err(|e| DemoError::setup("open the local host".to_owned(), e))?;
        ports.qa = Box::new(Wakeful::new(ports.qa, bell.clone()));
        let host = LocalHost::with_ports(read, ports);
        Ok(Self { host, id, narrator, releases: Vec::new(), screen, bell, interrupt })
    }

    /// The pipeline.
    pub(super) fn pipeline(&self) -> Result<&Pipeline, DemoError> {
        let found = self.host.folder().pipelines.iter().find(|pipeline| pipeline.id == self.id);
        found.ok_or_else(|| DemoError::setup("find the demo's pipeline".to_owned(), "it is gone"))
    }

    /// Plays it all.
    pub(super) fn perform(&mut self) -> Result<(), DemoError> {
        let adopted = |story: &Story| {
            story.happened.iter().filter(|h| matches!(h.event, Event::Adopted { .. })).count() == 3
        };
        self.until("the ledger to begin", adopted)?;

        self.begin(1)?;
        self.approve(1)?;
        self.until("1.1.0 to be promoted to production", |s| {
            s.has(1, |h| promoted(h, "production", Cause::Auto))
        })?;

        // While production bakes 1.1.0, the next release is on its way.
        self.begin(2)?;
        let back = |h: &Happened| promoted(h, "staging", Cause::Rollback);
        self.until("1.2.0 to be rolled back in staging", |s| s.has(2, back))?;

        self.begin(3)?;
        self.until("the bake of 1.1.0 to pass", |s| s.has(1, |h| baked(h, Cause::Auto)))?;
        self.approve(3)?;
        let back = |h: &Happened| promoted(h, "production", Cause::Rollback);
        self.until("1.3.0 to be rolled back in production", |s| s.has(3, back))?;

        self.begin(4)?;
        self.until("the rollback to be Verified in production", |s| {
            s.has(3, |h| verified(h, "production", Cause::Rollback))
        })?;
        self.approve(4)?;
        self.until("the bake of 1.4.0 to pass", |s| s.has(4, |h| baked(h, Cause::Auto)))?;
        self.until("nothing to be left to do", |s| s.waits.values().all(Vec::is_empty))
    }

    /// Opens an act: CI creates its release.
    fn begin(&mut self, act: usize) -> Result<(), DemoError> {
        let Some((version, about)) = ACTS.get(act.wrapping_sub(1)) else { return Ok(()) };
        self.screen.print(&format!("\n{ACT}{act}: {version}, {about}"));
        let named = |e: towpath_core::id::InvalidId| DemoError::setup("name a release".to_owned(), e);
        let image = catalog::image(version).map_err(named)?;
        let (ci, author) = (Actor::parse("ci").map_err(named)?, Actor::parse("maria").map_err(named)?);
        let new = NewRelease {
            images: vec![image],
            order: None,
            authors: vec![author],
            labels: std::collections::BTreeMap::new(),
        };
        let (release, recorded) =
            self.host.with_engine(&self.id, |engine| engine.create_release(&ci, &new))?;
        self.narrator.story().assign(&release, act);
        self.releases.push(release);
        self.hear(&recorded)
    }

    /// Waits until the act's release needs consent for production, and gives it.
    fn approve(&mut self, act: usize) -> Result<(), DemoError> {
        let gone = || DemoError::setup(format!("play act {act}"), "it has no release");
        let release = self.releases.get(act.wrapping_sub(1)).cloned().ok_or_else(gone)?;
        let version = ACTS.get(act.wrapping_sub(1)).map_or("", |(version, _)| version);
        self.until(&format!("{version} to wait for approval"), |story| story.consent(&release).is_some())?;
        let story = self.narrator.story();
        if let Some(wait) = story.consent(&release) {
            story.tell_wait(act, "production", wait);
        }
        drop(story);
        let named = |e: towpath_core::id::InvalidId| DemoError::setup("name an approver".to_owned(), e);
        let (person, name) =
            (Actor::parse("jonas").map_err(named)?, Name::parse("production").map_err(named)?);
        let group = ["release-managers".to_owned()];
        let approve =
            |engine: &Engine<'_>| engine.approve(&person, &name, &ReleaseRef::Id(release), &group, None);
        let recorded = self.host.with_engine(&self.id, approve)?;
        self.hear(&recorded)
    }

    /// Tells what a person's act recorded.
    fn hear(&mut self, recorded: &Recorded) -> Result<(), DemoError> {
        let head = self.host.with_engine(&self.id, |engine| engine.read())?;
        let mut story = self.narrator.story();
        for event in recorded {
            story.hear(event, head.as_ref().map(|head| &*head.state));
        }
        self.bell.ring();
        Ok(())
    }

    /// Lets the host work until `done`. Says what it waited for, and why that did not come, otherwise.
    fn until(&mut self, what: &str, done: impl Fn(&Story) -> bool) -> Result<(), DemoError> {
        let start = Instant::now();
        let deadline = start + PATIENCE;
        let (narrator, screen, interrupt) = (self.narrator.clone(), self.screen, self.interrupt);
        let over = |round: &Round| {
            let mut story = narrator.story();
            look(&mut story, round);
            // What fails in a way that no time mends is not waited for.
            let hopeless = round.errors().next().is_some() && !round.moves();
            let ended = hopeless || screen.failed() || interrupt.asked();
            ended || done(&story) || Instant::now() >= deadline
        };
        self.host.run_until(&Which::default(), &mut narrator.clone(), over);
        if let Some(error) = self.screen.take_error() {
            return Err(DemoError::Output(error));
        }
        let story = self.narrator.story();
        match () {
            () if self.interrupt.asked() => Err(DemoError::Interrupted),
            () if done(&story) => Ok(()),
            () => Err(DemoError::Missed {
                what: what.to_owned(),
                seconds: start.elapsed().as_secs(),
                why: reasons(&story),
            }),
        }
    }
}

/// Takes up what a round found.
fn look(story: &mut Story, round: &Round) {
    let reports = round.passes.values().filter_map(|pass| pass.as_ref().ok());
    let names: Vec<Name> = reports.flat_map(|report| report.answers.keys().cloned()).collect();
    if !names.is_empty() {
        story.trouble = None;
        story.waits = names.into_iter().map(|name| (name, Vec::new())).collect();
    }
    for (_, name, wait) in round.waits() {
        story.waits.entry(name.clone()).or_default().push(wait.clone());
    }
}

/// Why nothing happens, as far as the host can tell.
fn reasons(story: &Story) -> String {
    let waits = story.waits.iter().flat_map(|(name, waits)| waits.iter().map(move |wait| (name, wait)));
    let waits = waits.map(|(name, wait)| format!("{name} waits: {} ({})", clean(&wait.text), wait.code));
    let lines: Vec<String> = story.trouble.iter().map(|why| clean(why)).chain(waits).collect();
    if lines.is_empty() {
        "nothing is in the way any more, so it ended differently".to_owned()
    } else {
        lines.join("; ")
    }
}

fn of(happened: &Happened, environment: &str, cause: Cause) -> bool {
    let fits = |p: &super::story::Promotion| p.environment.as_str() == environment && p.cause == cause;
    happened.promotion.as_ref().is_some_and(fits)
}

fn promoted(happened: &Happened, environment: &str, cause: Cause) -> bool {
    matches!(happened.event, Event::Promoted { .. }) && of(happened, environment, cause)
}

fn verified(happened: &Happened, environment: &str, cause: Cause) -> bool {
    matches!(happened.event, Event::Verified { .. }) && of(happened, environment, cause)
}

fn baked(happened: &Happened, cause: Cause) -> bool {
    let passed = matches!(happened.event, Event::Baked { result: BakeResult::Passed, .. });
    passed && of(happened, "production", cause)
}

impl From<EngineError> for DemoError {
    fn from(error: EngineError) -> Self {
        Self::setup("act as a person".to_owned(), error)
    }
}
