//! The end of a run: faults stop, people go home, the cluster follows.

use towpath_core::event::Confirmable;
use towpath_core::time::Span;

use super::{Play, Step, person};
use crate::ports::Clock as _;

/// How many minutes the world has to come to rest.
const MINUTES: u32 = 80;

impl Play {
    /// The world has to come to rest and stay there.
    pub(super) fn calm(&mut self) -> Step {
        self.cluster.set_metrics_down(false);
        self.confirm_all()?;
        let mut pushes = 0;
        for _ in 0..MINUTES {
            pushes = self.host.pushes();
            for i in 0..self.environments.len() {
                self.sync(i)?;
            }
            for name in self.environments.clone() {
                self.cluster.settle(&name, self.clock.now());
            }
            self.pass(0, &[])?;
            self.check()?;
            self.clock.advance(Span::seconds(60));
            if self.waits_for_confirmation {
                // A forgery may claim more than the journal says: a person looks, and says so.
                self.journal_touched = true;
                self.confirm_all()?;
            }
        }
        self.pass(1, &[])?;
        self.pass(0, &[])?;
        self.check()?;
        if self.host.pushes() != pushes {
            return Err("L2: the world does not come to rest: it is still pushing".to_owned());
        }
        self.observer.at_rest(&self.host, &self.requests, self.clock.now())
    }

    fn confirm_all(&mut self) -> Step {
        let erin = person("erin")?;
        if self.journal_touched {
            self.people("erin confirms the loss", |e| e.confirm(&erin, Confirmable::JournalLost))?;
            self.observer.confirmed(&self.host);
            // A ledger that is lost cannot be claimed, so that comes second.
            let strange = self.state().map(|s| s.owner.id.clone()).filter(|id| id.as_str() == "stranger");
            if let Some(from) = strange {
                self.people("erin claims the ledger back", |e| e.claim(&erin, &from, "it is ours"))?;
            }
        }
        self.people("erin confirms the branch", |e| e.confirm(&erin, Confirmable::HistoryRewritten))
    }
}
