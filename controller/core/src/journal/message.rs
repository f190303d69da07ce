//! Journal commits: a subject for people, then one header and one line an event.

use std::fmt;

use crate::event::{MAX_EVENTS_PER_COMMIT, Recorded};
use crate::id::{CommitId, OwnerId, PipelineId};

use super::fold::line;
use super::state::{FORMAT, State};

/// The longest journal message that is read, in bytes: a full commit of the longest events fits.
pub const MAX_MESSAGE_BYTES: usize = 16 * 1024 * 1024;

/// The `Towpath-Ledger` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The pipeline.
    pub pipeline: PipelineId,
    /// The owner after this commit.
    pub owner: OwnerId,
    /// The owner's epoch.
    pub epoch: u32,
    /// Number of the first event in this commit; one above `last` in a rotation, which has none.
    pub first: u64,
    /// Number of the last event.
    pub last: u64,
}

/// A journal commit's message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalMessage {
    /// The header.
    pub header: Header,
    /// The tip that a rotation goes on from.
    pub continues: Option<CommitId>,
    /// The events.
    pub events: Vec<Recorded>,
}

/// Why a commit is no journal commit that this version understands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// Written by a later version.
    #[error(
        "failed to read the journal: it has format {0}, this towpath reads {FORMAT}; use a newer towpath"
    )]
    Newer(String),
    /// Not what the specification says.
    #[error("failed to read the journal: {0}")]
    Malformed(String),
}

fn malformed(reason: impl Into<String>) -> MessageError {
    MessageError::Malformed(reason.into())
}

impl JournalMessage {
    /// The message of a commit that brings the journal to `state` by these events.
    pub fn of(state: &State, events: Vec<Recorded>, continues: Option<CommitId>) -> Self {
        let header = Header {
            pipeline: state.pipeline.clone(),
            owner: state.owner.id.clone(),
            epoch: state.owner.epoch,
            first: events.first().map_or(state.n + 1, |e| e.n),
            last: state.n,
        };
        Self { header, continues, events }
    }

    /// The whole message, under this subject.
    pub fn to_text(&self, subject: &str) -> String {
        let h = &self.header;
        let mut text = format!("{}\n\nTowpath-Ledger: {h}\n", subject.replace(char::is_control, " "));
        if let Some(tip) = &self.continues {
            text.push_str(&format!("Towpath-Continues: {tip}\n"));
        }
        for event in &self.events {
            text.push_str(&format!("Towpath-Event: {}\n", line(event)));
        }
        text
    }

    /// Reads a message. Everything is checked: version, order of the lines, numbers, canonical form of events.
    pub fn parse(text: &str) -> Result<Self, MessageError> {
        if text.len() > MAX_MESSAGE_BYTES {
            return Err(malformed(format!("a message is longer than {MAX_MESSAGE_BYTES} bytes")));
        }
        let body = text.trim_end_matches('\n');
        let last = body.rsplit("\n\n").next().unwrap_or(body);
        let mut lines = last.split('\n');
        let header = lines.next().and_then(|l| l.strip_prefix("Towpath-Ledger: "));
        let header = parse_header(header.ok_or_else(|| malformed("the Towpath-Ledger line is missing"))?)?;
        let (mut continues, mut events) = (None, Vec::new());
        for line in lines {
            let expected = continues.is_none() && events.is_empty();
            if let Some(tip) = line.strip_prefix("Towpath-Continues: ").filter(|_| expected) {
                continues = Some(CommitId::parse(tip).map_err(|e| malformed(e.to_string()))?);
            } else if let Some(json) = line.strip_prefix("Towpath-Event: ") {
                events.push(parse_event(json)?);
            } else {
                return Err(malformed(format!(
                    "unknown line {:?}; use a newer towpath",
                    line.chars().take(60).collect::<String>()
                )));
            }
        }
        let message = Self { header, continues, events };
        message.check_numbers()?;
        Ok(message)
    }

    fn check_numbers(&self) -> Result<(), MessageError> {
        let (first, last) = (self.header.first, self.header.last);
        let numbers = (first..=last).collect::<Vec<_>>();
        if self.events.len() > MAX_EVENTS_PER_COMMIT {
            return Err(malformed(format!("more than {MAX_EVENTS_PER_COMMIT} events in a commit")));
        }
        if self.events.iter().map(|e| e.n).collect::<Vec<_>>() != numbers {
            return Err(malformed(format!("the events are not those of n={first}..{last}")));
        }
        if self.events.is_empty() != self.continues.is_some() {
            return Err(malformed("a rotation, and only a rotation, has no events"));
        }
        if self.events.is_empty() && last.checked_add(1) != Some(first) {
            return Err(malformed("a rotation's range is not empty"));
        }
        Ok(())
    }
}

/// The header's value: what stands behind `Towpath-Ledger: `.
impl fmt::Display for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pipeline, owner, epoch, first, last } = self;
        write!(f, "{FORMAT} {pipeline} owner={owner} epoch={epoch} n={first}..{last}")
    }
}

fn parse_header(text: &str) -> Result<Header, MessageError> {
    let parts: Vec<&str> = text.split(' ').collect();
    let &[version, pipeline, owner, epoch, n] = parts.as_slice() else {
        let version = parts.first().copied().unwrap_or("");
        return match version == FORMAT.to_string() {
            true => Err(malformed("the Towpath-Ledger line does not have five parts")),
            false => Err(MessageError::Newer(version.chars().take(20).collect())),
        };
    };
    if version != FORMAT.to_string() {
        return Err(MessageError::Newer(version.chars().take(20).collect()));
    }
    let (first, last) = n.strip_prefix("n=").and_then(|n| n.split_once("..")).unwrap_or_default();
    let number = |text: &str| text.parse::<u64>().map_err(|_| malformed("a number of the header is none"));
    let epoch = epoch.strip_prefix("epoch=").and_then(|e| e.parse().ok());
    let (first, last) = (number(first)?, number(last)?);
    if last.saturating_sub(first) > MAX_EVENTS_PER_COMMIT as u64 {
        return Err(malformed("the header's range is too long"));
    }
    let header = Header {
        pipeline: PipelineId::parse(pipeline).map_err(|e| malformed(e.to_string()))?,
        owner: OwnerId::parse(owner.strip_prefix("owner=").unwrap_or_default())
            .map_err(|e| malformed(e.to_string()))?,
        epoch: epoch.ok_or_else(|| malformed("the header's epoch is no number"))?,
        first,
        last,
    };
    // No sign, no zero in front, nothing but what would be written.
    match header.to_string() == text {
        true => Ok(header),
        false => Err(malformed("the Towpath-Ledger line is not in canonical form")),
    }
}

fn parse_event(json: &str) -> Result<Recorded, MessageError> {
    let event: Recorded = serde_json::from_str(json)
        .map_err(|e| malformed(format!("an event is unknown or incomplete ({e}); use a newer towpath")))?;
    // What does not read back byte for byte has members or an order that this version does not know.
    if line(&event) != json {
        return Err(malformed(format!(
            "event {} has members that this towpath does not know; use a newer towpath",
            event.n
        )));
    }
    Ok(event)
}
