//! What has happened so far, in which act, and how it is told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anstyle::{AnsiColor, Style};
use towpath_core::decide::{Wait, WaitCode};
use towpath_core::event::{BakeResult, Cause, Event, Recorded};
use towpath_core::id::{Name, Pid, PipelineId, ReleaseId};
use towpath_core::journal::State;
use towpath_core::verdict::Verdict;
use towpath_engine::EngineError;

use super::screen::Screen;
use crate::host::Reporter;
use crate::report::{clean, event_text, version};

pub(super) const HEAD: Style = Style::new().bold();
pub(super) const FAINT: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default();
const BUSY: Style = AnsiColor::Yellow.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const PLAIN: Style = Style::new();

/// Something that was recorded.
#[derive(Debug, Clone)]
pub(super) struct Happened {
    /// When the demo heard of it, after the start.
    pub(super) after: Duration,
    /// The act that it belongs to; 0 before the first.
    pub(super) act: usize,
    /// The promotion that it belongs to, if any.
    pub(super) promotion: Option<Promotion>,
    /// What it is.
    pub(super) event: Event,
}

/// A promotion of the story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Promotion {
    /// The act in which it began.
    pub(super) act: usize,
    /// The environment.
    pub(super) environment: Name,
    /// The release.
    pub(super) r: ReleaseId,
    /// Why it was made.
    pub(super) cause: Cause,
}

/// How an environment looks, for the lines that are redrawn.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Glance {
    /// The version that the ledger says is there.
    pub(super) version: String,
    /// How far that is.
    pub(super) phase: String,
}

/// The story so far.
pub(super) struct Story {
    started: Instant,
    screen: Arc<Screen>,
    /// The act of each release.
    acts: BTreeMap<ReleaseId, usize>,
    promotions: BTreeMap<Pid, Promotion>,
    pub(super) happened: Vec<Happened>,
    pub(super) glances: BTreeMap<Name, Glance>,
    /// What each environment waits for, as of the last pass.
    pub(super) waits: BTreeMap<Name, Vec<Wait>>,
    /// Why the last pass failed, if it did.
    pub(super) trouble: Option<String>,
}

impl Story {
    pub(super) fn new(screen: Arc<Screen>, started: Instant) -> Self {
        Self {
            started,
            screen,
            acts: BTreeMap::new(),
            promotions: BTreeMap::new(),
            happened: Vec::new(),
            glances: BTreeMap::new(),
            waits: BTreeMap::new(),
            trouble: None,
        }
    }

    /// How long the story has lasted.
    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// The releases created so far belong to this act unless they have one.
    pub(super) fn assign(&mut self, release: &ReleaseId, act: usize) {
        self.acts.entry(release.clone()).or_insert(act);
    }

    /// Whether something of this act happened that `is` recognises.
    pub(super) fn has(&self, act: usize, is: impl Fn(&Happened) -> bool) -> bool {
        self.happened.iter().any(|happened| happened.act == act && is(happened))
    }

    /// The wait for a person's consent to this release, if there is one.
    pub(super) fn consent(&self, release: &ReleaseId) -> Option<&Wait> {
        let wanted = |wait: &&Wait| wait.code == WaitCode::ApprovalNeeded && wait.object == release.as_str();
        self.waits.values().flatten().find(wanted)
    }

    /// Takes an event up and tells it if it matters.
    pub(super) fn hear(&mut self, recorded: &Recorded, state: Option<&State>) {
        let event = &recorded.event;
        self.enlist(event);
        let promotion = pid_of(event).and_then(|pid| self.promotions.get(pid)).cloned();
        let act = promotion.as_ref().map_or_else(|| self.act_of(event), |promotion| promotion.act);
        let told = Happened { after: self.elapsed(), act, promotion, event: event.clone() };
        if let Some(style) = style_of(&told) {
            // What a person did stands under their name, all else under the environment's.
            let key = event.environment().filter(|_| !recorded.by.is_person());
            let place = key.and_then(|key| Some(state?.envs.get(key)?.config.name.to_string()));
            let place = place.unwrap_or_else(|| recorded.by.to_string());
            self.tell(act, &place, style, &text_of(event, state));
        }
        self.happened.push(told);
        if let Some(state) = state {
            self.glance(state);
        }
    }

    /// Writes one line.
    pub(super) fn tell(&self, act: usize, place: &str, style: Style, text: &str) {
        let act = if act == 0 { "-".to_owned() } else { act.to_string() };
        let seconds = self.elapsed().as_secs_f64();
        let line = format!(
            "{FAINT}{seconds:>5.1}s{FAINT:#}  {act}  {HEAD}{place:<10}{HEAD:#}  {style}{text}{style:#}"
        );
        self.screen.print(&line);
    }

    /// Writes what an environment waits for.
    pub(super) fn tell_wait(&self, act: usize, place: &str, wait: &Wait) {
        self.tell(act, place, BUSY, &format!("waits: {}", clean(&wait.text)));
    }

    /// Remembers which act a promotion belongs to: that of its release, or of the release that it takes out.
    fn enlist(&mut self, event: &Event) {
        let Event::Promoted { pid, env, r, cause, from, .. } = event else { return };
        let about = match cause {
            Cause::Rollback => from.as_ref().unwrap_or(r),
            Cause::Auto | Cause::Manual => r,
        };
        let act = self.acts.get(about).copied().unwrap_or(0);
        let promotion = Promotion { act, environment: env.clone(), r: r.clone(), cause: *cause };
        self.promotions.insert(pid.clone(), promotion);
    }

    fn act_of(&self, event: &Event) -> usize {
        let release = match event {
            Event::Released { r, .. } | Event::Approved { r, .. } | Event::Revoked { r, .. } => Some(r),
            _ => None,
        };
        release.and_then(|r| self.acts.get(r)).copied().unwrap_or(0)
    }

    fn glance(&mut self, state: &State) {
        for env in state.envs.values() {
            let Some(at) = env.committing.as_ref().or(env.at.as_ref()) else { continue };
            let phase = format!("{:?}", at.phase).to_lowercase();
            let glance = Glance { version: version(Some(state), &at.r), phase };
            self.glances.insert(env.config.name.clone(), glance);
        }
    }
}

/// The promotion that an event is about.
fn pid_of(event: &Event) -> Option<&Pid> {
    match event {
        Event::Promoted { pid, .. }
        | Event::Live { pid, .. }
        | Event::Unlive { pid, .. }
        | Event::Started { pid, .. }
        | Event::Judged { pid, .. }
        | Event::Verified { pid, .. }
        | Event::Baked { pid, .. }
        | Event::Failed { pid, .. }
        | Event::Rejected { pid, .. } => Some(pid),
        _ => None,
    }
}

/// How an event is shown; nothing for those that tell a reader little.
fn style_of(happened: &Happened) -> Option<Style> {
    let back = happened.promotion.as_ref().is_some_and(|promotion| promotion.cause == Cause::Rollback);
    match &happened.event {
        Event::Promoted { .. } if back => Some(BAD),
        Event::Judged { verdict: Verdict::Passed, .. } => Some(PLAIN),
        Event::Judged { .. } | Event::Failed { .. } | Event::Rejected { .. } | Event::Unlive { .. } => {
            Some(BAD)
        }
        Event::Verified { .. } => Some(GOOD),
        // The bake of a rollback is cut by the next release or passes: of no interest here.
        Event::Baked { .. } if back => None,
        Event::Baked { result: BakeResult::Passed, .. } if bakes(happened) => Some(GOOD),
        Event::Baked { result: BakeResult::Cut, .. } => Some(BUSY),
        Event::Baked { .. } | Event::Started { .. } | Event::Live { .. } | Event::Configured { .. } => None,
        _ => Some(PLAIN),
    }
}

/// Whether an end of a bake is worth a line: without a bake it comes together with Verified.
fn bakes(happened: &Happened) -> bool {
    happened.promotion.as_ref().is_some_and(|promotion| promotion.environment.as_str() == "production")
}

/// The event in words; where the log of a QA run is matters only as long as the folder exists.
fn text_of(event: &Event, state: Option<&State>) -> String {
    let text = event_text(event, state);
    text.split_once("; log ").map_or(text.as_str(), |(text, _)| text).to_owned()
}

/// Shares a story with the host, which tells it what happens.
#[derive(Clone)]
pub(super) struct Narrator(pub(super) Arc<Mutex<Story>>);

impl Narrator {
    pub(super) fn story(&self) -> MutexGuard<'_, Story> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reporter for Narrator {
    fn recorded(&mut self, _: &PipelineId, event: &Recorded, state: Option<&State>) {
        self.story().hear(event, state);
    }

    fn failed(&mut self, _: &PipelineId, error: &EngineError) {
        self.story().trouble = Some(error.to_string());
    }
}

#[cfg(test)]
mod tests {
    use towpath_core::decide::When;
    use towpath_core::id::Actor;
    use towpath_core::time::Time;

    use super::super::screen::Look;
    use super::*;

    fn story() -> Story {
        let look = Look { live: false, colour: false };
        Story::new(Arc::new(Screen::new(Box::new(std::io::sink()), look)), Instant::now())
    }

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    fn release(digit: char) -> ReleaseId {
        ReleaseId::parse(&format!("r-{}", digit.to_string().repeat(20))).unwrap()
    }

    fn hear(story: &mut Story, json: &str) {
        let json = json
            .replace("COMMIT", &"c".repeat(40))
            .replace("R1", release('1').as_str())
            .replace("R2", release('2').as_str())
            .replace("P1", &format!("p-{}", "1".repeat(20)))
            .replace("P2", &format!("p-{}", "2".repeat(20)));
        let event: Event = serde_json::from_str(&json).unwrap();
        let by = Actor::parse("towpath").unwrap();
        story.hear(&Recorded { n: 1, at: Time::from_unix(0), by, event }, None);
    }

    fn promoted(story: &mut Story, pid: &str, r: &str, cause: &str, from: &str) {
        hear(
            story,
            &format!(
                r#"{{"e":"Promoted","pid":"{pid}","env":"staging","r":"{r}","try":1,"cause":"{cause}",
                "commit":"COMMIT","base":"COMMIT","gates":"{}","from":"{from}","landed":true}}"#,
                towpath_core::id::GateHash::of(&[])
            ),
        );
    }

    #[test]
    fn a_rollback_belongs_to_the_act_of_what_it_takes_out() {
        let mut story = story();
        story.assign(&release('1'), 1);
        story.assign(&release('2'), 2);
        promoted(&mut story, "P1", "R2", "auto", "R1");
        promoted(&mut story, "P2", "R1", "rollback", "R2");
        let baked = r#"{"e":"Baked","env":"staging","pid":"P2","result":"passed"}"#;
        hear(&mut story, baked);
        let acts: Vec<usize> = story.happened.iter().map(|happened| happened.act).collect();
        assert_eq!(acts, [2, 2, 2]);
        assert!(story.has(2, |h| h.promotion.as_ref().is_some_and(|p| p.cause == Cause::Rollback)));
        assert!(!story.has(1, |_| true));
    }

    #[test]
    fn what_tells_little_is_not_told() {
        let mut story = story();
        story.assign(&release('2'), 2);
        promoted(&mut story, "P1", "R2", "auto", "R1");
        promoted(&mut story, "P2", "R1", "rollback", "R2");
        let told = |event: &str| {
            let mut story = self::story();
            story.promotions = [("P1", "auto"), ("P2", "rollback")]
                .map(|(pid, cause)| {
                    let cause = if cause == "auto" { Cause::Auto } else { Cause::Rollback };
                    let pid =
                        Pid::parse(&pid.replacen('P', "p-", 1).replace(['1', '2'], &pid[1..].repeat(20)));
                    let environment = name("production");
                    (pid.unwrap(), Promotion { act: 1, environment, r: release('1'), cause })
                })
                .into();
            hear(&mut story, event);
            style_of(&story.happened[0]).is_some()
        };
        assert!(told(r#"{"e":"Baked","env":"production","pid":"P1","result":"passed"}"#));
        assert!(!told(r#"{"e":"Baked","env":"production","pid":"P2","result":"cut"}"#));
        assert!(told(r#"{"e":"Failed","env":"production","pid":"P1","phase":"bake"}"#));
        assert!(!told(r#"{"e":"Configured","envs":[],"images":[],"renamed":{}}"#));
    }

    #[test]
    fn consent_is_looked_for_by_release() {
        let mut story = story();
        let wait = Wait::new(WaitCode::ApprovalNeeded, "", "", When::resync(Time::from_unix(0)));
        story.waits.insert(name("production"), vec![wait.about(release('1'))]);
        assert!(story.consent(&release('1')).is_some() && story.consent(&release('2')).is_none());
    }
}
