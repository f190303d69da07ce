//! Remedies as people follow them: the command that a wait names, typed as it stands there.

use towpath_core::decide::{Wait, WaitCode};
use towpath_core::event::{Confirmable, RequestKind};
use towpath_core::id::{ActId, OwnerId};

use towpath_core::release::Image;

use super::{Replica, person};

impl Replica<'_> {
    /// Does what the command in the remedy of a wait does.
    pub fn follow(&mut self, wait: &Wait) {
        let (_, typed) = wait.remedy.split_once("towpath ").expect("a command");
        let words: Vec<&str> = typed.split([' ', ';']).collect();
        let pipeline = self.bed.pipeline.id.to_string();
        match words.as_slice() {
            ["approve", id, environment, release, ..] if *id == pipeline => {
                self.approve_as("bob", environment, release).unwrap();
            }
            ["clear", id, environment, ..] if *id == pipeline => self.clear(environment),
            ["ledger", "claim", id, "--from", owner, ..] if *id == pipeline => {
                let from = OwnerId::parse(owner).unwrap();
                self.engine(|e| e.claim(&person("carol"), &from, "it took over")).unwrap();
            }
            ["ledger", "confirm", id, ..] if *id == pipeline => self.confirm(loss(wait.code)),
            ["promote", id, environment, release, "--override", gate, ..] if *id == pipeline => {
                self.promote_past(environment, release, gate);
            }
            ["promote", id, environment, release, ..] if *id == pipeline => {
                self.ask(RequestKind::Promote, environment, Some(release));
            }
            ["reconcile", ..] => drop(self.pass()),
            ["resume", id, "--hold", hold, ..] if *id == pipeline => {
                self.lift(&ActId::parse(hold).unwrap());
            }
            ["resume", id, environment, ..] if *id == pipeline => {
                self.ask(RequestKind::Resume, environment, None);
            }
            ["release", "create", id, rest @ ..] if *id == pipeline => self.create_as_typed(rest),
            ["rollback", id, environment, "--to", to, ..] if *id == pipeline => {
                self.ask(RequestKind::Rollback, environment, Some(to));
            }
            ["rollback", id, environment, ..] if *id == pipeline => {
                self.ask(RequestKind::Rollback, environment, None);
            }
            other => panic!("nobody knows what this does: {other:?}"),
        }
    }
}

impl Replica<'_> {
    fn create_as_typed(&self, words: &[&str]) {
        let after = |flag: &str| {
            let pairs = words.windows(2).filter(|pair| pair[0] == flag);
            pairs.map(|pair| pair[1].to_owned()).collect::<Vec<_>>()
        };
        let images = after("--image").iter().map(|image| Image::parse(image).unwrap()).collect();
        assert_eq!(after("--author"), ["LOGIN"], "who it is, is for a person to say");
        self.release_by(&["alice"], images);
    }
}

/// What `ledger confirm` accepts where it is told to look for itself.
fn loss(code: WaitCode) -> Confirmable {
    match code {
        WaitCode::JournalLost => Confirmable::JournalLost,
        WaitCode::HistoryRewritten => Confirmable::HistoryRewritten,
        other => panic!("{other} is nothing to confirm"),
    }
}
