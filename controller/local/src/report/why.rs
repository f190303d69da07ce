//! Why nothing happens, or what happens next.

use std::fmt::Write as _;

use serde::Serialize;
use towpath_core::decide::{Answer, Effect, Wait, WaitCode, When};
use towpath_core::journal::State;
use towpath_core::time::Time;

use super::layout::{BAD, BUSY, FAINT, GOOD, HEAD, styled};
use super::status::EnvironmentView;
use super::{StatusView, clean, effect_text, when_text};

/// The answer for one environment.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum AnswerView {
    /// The next pass does these.
    Acts {
        /// One line each.
        actions: Vec<String>,
        /// Which of them says most.
        #[serde(skip)]
        main: usize,
    },
    /// These are in the way.
    Waits {
        /// The first is the one to look at.
        waits: Vec<WaitView>,
    },
    /// Nothing is left to do.
    Settled,
    /// The ledger comes first; the environment is decided after that.
    Undecided,
}

/// One thing that is in the way.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WaitView {
    /// The reason, for programs.
    pub code: WaitCode,
    /// The reason, a sentence for people.
    pub text: String,
    /// What is in the way.
    pub object: String,
    /// The next thing to type or do; empty where only time helps.
    pub remedy: String,
    /// Whether only a person can end it.
    pub needs_person: bool,
    /// Whether somebody should look at it now.
    pub alarm: bool,
    /// When it is looked at again, at the latest.
    pub again: Time,
    #[serde(skip)]
    when: When,
}

impl WaitView {
    pub(super) fn new(wait: &Wait) -> Self {
        Self {
            code: wait.code,
            text: clean(&wait.text),
            object: clean(&wait.object),
            remedy: clean(&wait.remedy),
            needs_person: wait.code.needs_person(),
            alarm: wait.code.is_alarm(),
            again: wait.when.latest(),
            when: wait.when,
        }
    }
}

impl AnswerView {
    /// The view of an answer.
    pub fn new(answer: &Answer, state: Option<&State>) -> Self {
        match answer {
            Answer::Settled => Self::Settled,
            Answer::Act(effects) => Self::Acts {
                actions: effects.iter().map(|effect| effect_text(effect, state)).collect(),
                // A record beside something that reaches further is its bookkeeping.
                main: effects.iter().position(|e| !matches!(e, Effect::Record(_))).unwrap_or(0),
            },
            Answer::Wait(waits) => Self::Waits { waits: waits.iter().map(WaitView::new).collect() },
        }
    }

    /// The shortest form: the first reason or action; empty when settled.
    pub fn brief(&self) -> String {
        match self {
            Self::Settled => String::new(),
            Self::Undecided => "decided after that".to_owned(),
            Self::Acts { actions, main } => {
                actions.get(*main).map_or_else(String::new, |action| format!("the next pass {action}"))
            }
            Self::Waits { waits } => waits.first().map_or_else(String::new, |wait| wait.text.clone()),
        }
    }
}

/// The reasons of all environments of a status, with objects, remedies and times.
pub fn why_text(status: &StatusView) -> String {
    let mut out = String::new();
    for line in &status.first {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{}: the next pass first {line}", styled(HEAD, &status.pipeline.to_string()));
    }
    for environment in &status.environments {
        explain(&mut out, status, environment);
    }
    out
}

fn explain(out: &mut String, status: &StatusView, environment: &EnvironmentView) {
    let title = styled(HEAD, &format!("{} {}", status.pipeline, environment.name));
    let ours = environment.runs.as_ref().filter(|_| environment.pin.is_none());
    let foreign = if environment.pin.is_some() { " runs somebody else's images (pinned)" } else { "" };
    let runs = ours.map_or_else(
        || foreign.to_owned(),
        |runs| format!(" runs {} ({})", runs.version, environment.phase.as_deref().unwrap_or("unknown")),
    );
    let mut line = |text: String| {
        let _ = writeln!(out, "{text}");
    };
    match &environment.answer {
        AnswerView::Settled => line(format!("{title}{runs}: {}", styled(GOOD, "nothing is left to do"))),
        AnswerView::Undecided => line(format!("{title}{runs}: {}", styled(BUSY, "decided after that"))),
        AnswerView::Acts { actions, .. } => {
            line(format!("{title}{runs}: {}", styled(BUSY, "the next pass acts")));
            actions.iter().for_each(|action| line(format!("  it {action}")));
        }
        AnswerView::Waits { waits } => {
            line(format!("{title}{runs}: {}", styled(BUSY, "waits")));
            for wait in waits {
                let style = if wait.alarm { BAD } else { BUSY };
                line(format!("  {}: {}", styled(style, &wait.code.to_string()), wait.text));
                let mut detail = |name: &str, text: &str| {
                    if !text.is_empty() {
                        line(format!("    {} {text}", styled(FAINT, &format!("{name:6}"))));
                    }
                };
                detail("object", &wait.object);
                detail("do", &wait.remedy);
                detail("again", &when_text(wait.when, status.now));
            }
        }
    }
}
