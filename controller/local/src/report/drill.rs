//! What a drill found, with how long each part took.

use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;
use towpath_core::id::{Name, PipelineId, ReleaseId};
use towpath_engine::drill::{DrillOutcome, DrillPart, Drilled};

use super::layout::{BAD, BUSY, FAINT, GOOD, HEAD, styled};
use super::{WaitView, clean};

/// A rehearsed rollback.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DrillView {
    /// The pipeline.
    pub pipeline: PipelineId,
    /// The environment.
    pub environment: Name,
    /// What is there.
    pub from: ReleaseId,
    /// What would be there after it failed; none when nothing would come.
    pub to: Option<ReleaseId>,
    /// How long each part took.
    pub parts: Vec<PartView>,
    /// What would happen.
    pub found: FoundView,
    #[serde(skip)]
    versions: (String, String),
}

/// How long a part took.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PartView {
    /// `look`, `decide`, `commit` or `push`.
    pub part: &'static str,
    /// Seconds.
    pub seconds: f64,
}

/// What would happen.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "result", rename_all = "lowercase")]
pub enum FoundView {
    /// It would go back.
    Back {
        /// Whether only when a person asks for it.
        asked: bool,
        /// The commit's message, a line each, without its trailers.
        message: Vec<String>,
    },
    /// It would go back, but the commit cannot be made or would not be taken.
    Blocked {
        /// Place and cause.
        why: String,
    },
    /// A release would come that a person asked for.
    Forward,
    /// Nothing would move.
    Waits {
        /// What is in the way.
        waits: Vec<WaitView>,
    },
}

impl DrillView {
    /// The view of a drill; `times` has the parts that it came to.
    pub fn new(
        pipeline: &PipelineId,
        environment: &Name,
        drilled: &Drilled,
        times: &[(DrillPart, Duration)],
    ) -> Self {
        let (to, found) = match &drilled.outcome {
            DrillOutcome::Back { to, asked, message } => {
                (Some(to), FoundView::Back { asked: *asked, message: for_people(message) })
            }
            DrillOutcome::Blocked { to, why } => (Some(to), FoundView::Blocked { why: clean(why) }),
            DrillOutcome::Forward(to) => (Some(to), FoundView::Forward),
            DrillOutcome::Waits(waits) => {
                (None, FoundView::Waits { waits: waits.iter().map(WaitView::new).collect() })
            }
        };
        let part = |(part, time): &(DrillPart, Duration)| PartView {
            part: word(*part),
            seconds: (time.as_secs_f64() * 1e6).round() / 1e6,
        };
        Self {
            pipeline: pipeline.clone(),
            environment: environment.clone(),
            from: drilled.from.r.clone(),
            to: to.map(|release| release.r.clone()),
            parts: times.iter().map(part).collect(),
            found,
            versions: (
                clean(&drilled.from.version()),
                to.map_or_else(String::new, |release| clean(&release.version())),
            ),
        }
    }

    /// Whether something would bring the environment to another release.
    pub fn moves(&self) -> bool {
        matches!(self.found, FoundView::Back { .. } | FoundView::Forward)
    }

    /// The view for people.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let mut line = |text: String| {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "{text}");
        };
        let title = styled(HEAD, &format!("{} {}", self.pipeline, self.environment));
        line(format!("{title}: {}; nothing was changed", self.sentence()));
        match &self.found {
            FoundView::Back { message, .. } => {
                message.iter().for_each(|text| line(format!("  {} {text}", styled(FAINT, "|"))));
            }
            FoundView::Waits { waits } => {
                for wait in waits {
                    line(format!("  {}: {}", styled(BUSY, &wait.code.to_string()), wait.text));
                    if !wait.remedy.is_empty() {
                        line(format!("    {} {}", styled(FAINT, "do    "), wait.remedy));
                    }
                }
            }
            FoundView::Blocked { .. } | FoundView::Forward => {}
        }
        for part in &self.parts {
            line(format!("  {:<6}  {:7.3} s  {}", part.part, part.seconds, about(part.part)));
        }
        out
    }

    fn sentence(&self) -> String {
        let (from, to) = &self.versions;
        let total: f64 = self.parts.iter().map(|part| part.seconds).sum();
        match &self.found {
            FoundView::Back { asked: false, .. } => {
                styled(GOOD, &format!("if {from} failed, {to} would be in git {total:.3} s later"))
            }
            FoundView::Back { asked: true, .. } => styled(
                GOOD,
                &format!(
                    "if {from} failed and a person asked for it, {to} would be in git {total:.3} s later"
                ),
            ),
            FoundView::Blocked { why } => {
                styled(BAD, &format!("if {from} failed, {to} would come back, but cannot: {why}"))
            }
            FoundView::Forward => {
                styled(GOOD, &format!("if {from} failed, {to} would come, which a person asked for"))
            }
            FoundView::Waits { .. } => styled(BAD, &format!("if {from} failed, nothing would come back")),
        }
    }
}

/// A commit's message without the trailers at its end.
fn for_people(message: &str) -> Vec<String> {
    let trailer = |line: &&str| !line.starts_with("Towpath-");
    let lines = message.lines().take_while(trailer).filter(|line| !line.is_empty());
    lines.map(clean).collect()
}

fn word(part: DrillPart) -> &'static str {
    match part {
        DrillPart::Look => "look",
        DrillPart::Decide => "decide",
        DrillPart::Commit => "commit",
        DrillPart::Push => "push",
    }
}

fn about(part: &str) -> &'static str {
    match part {
        "look" => "at the repository and at what is live",
        "decide" => "by the rules that a real failure would meet",
        "commit" => "made here only",
        _ => "as a dry run: hooks and branch rules of the host are not asked",
    }
}
