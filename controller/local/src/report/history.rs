//! What happened, newest first.

use serde::Serialize;
use towpath_core::event::Recorded;
use towpath_core::id::{CommitId, Name};
use towpath_core::journal::{JournalMessage, State};
use towpath_engine::ports::{RefQuery, Since};
use towpath_engine::{Engine, EngineError};

use super::layout::{Cell, FAINT, HEAD, PLAIN, table};
use super::{environment_name, event_text};

/// The most commits that are read in one go.
const STRETCH: usize = 5_000;

/// Events of a journal.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryView {
    /// Newest first.
    pub events: Vec<EventView>,
    /// Whether there are older ones.
    pub more: bool,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EventView {
    /// The event as the journal has it.
    #[serde(flatten)]
    pub recorded: Recorded,
    /// The name of its environment, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// What happened, in words.
    pub text: String,
}

/// Reads the newest `count` events, of one environment if that is given.
///
/// Fetches the whole journal when the part that is here does not do.
pub fn history(
    engine: &Engine<'_>,
    count: usize,
    environment: Option<&Name>,
) -> Result<HistoryView, EngineError> {
    let Some(head) = engine.read()? else {
        let id = &engine.pipeline.id;
        let remedy = "its first pass makes one: towpath reconcile --once";
        return Err(EngineError::Impossible(format!("{id} has no ledger yet; {remedy}")));
    };
    let key = environment.map(|name| key(&head.state, name)).transpose()?;
    let (view, complete) = read(engine, &head.tip, &head.state, count, key.as_ref())?;
    if view.events.len() >= count || complete {
        return Ok(view);
    }
    let name = engine.pipeline.repository.journal.clone();
    engine.host.repository.refresh(&[RefQuery { name, since: Since::Beginning }])?;
    Ok(read(engine, &head.tip, &head.state, count, key.as_ref())?.0)
}

fn key(state: &State, name: &Name) -> Result<Name, EngineError> {
    let known = state.environment(name).map(|(key, _)| key.clone());
    known.ok_or_else(|| {
        let names: Vec<&str> =
            state.envs.values().filter(|env| !env.removed).map(|env| env.config.name.as_str()).collect();
        EngineError::Impossible(format!("no environment is called {name}; there are {}", names.join(", ")))
    })
}

/// The events that the mirror has, and whether it has all commits.
fn read(
    engine: &Engine<'_>,
    tip: &CommitId,
    state: &State,
    count: usize,
    key: Option<&Name>,
) -> Result<(HistoryView, bool), EngineError> {
    let stretch = engine.host.repository.history(tip, None, STRETCH)?;
    let mut events = Vec::new();
    for commit in &stretch.commits {
        let message = JournalMessage::parse(&commit.message).map_err(|e| EngineError::Journal {
            journal: engine.pipeline.repository.journal.clone(),
            reason: format!("commit {}: {e}", commit.id.short()),
        })?;
        let wanted = |event: &Recorded| key.is_none() || event.event.environment() == key;
        events.extend(message.events.into_iter().rev().filter(wanted).map(|event| view(event, state)));
        if events.len() > count {
            break;
        }
    }
    let more = events.len() > count || !stretch.complete;
    events.truncate(count);
    Ok((HistoryView { events, more }, stretch.complete))
}

fn view(recorded: Recorded, state: &State) -> EventView {
    let environment = recorded.event.environment().map(|key| environment_name(Some(state), key));
    EventView { text: event_text(&recorded.event, Some(state)), environment, recorded }
}

impl HistoryView {
    /// The events as lines.
    pub fn text(&self) -> String {
        let row = |event: &EventView| {
            vec![
                Cell::new(event.recorded.n.to_string(), FAINT),
                Cell::new(event.recorded.at.to_string(), PLAIN),
                Cell::new(event.recorded.by.as_str(), PLAIN),
                Cell::new(event.recorded.event.name(), HEAD),
                Cell::new(event.text.as_str(), PLAIN),
            ]
        };
        table(&self.events.iter().map(row).collect::<Vec<_>>())
    }
}
