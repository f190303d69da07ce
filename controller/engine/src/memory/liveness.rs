//! What is live, in memory: what it was told last.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use towpath_core::id::Name;
use towpath_core::observation::{Application, Health};
use towpath_core::time::Time;

use crate::ports::{Liveness, LivenessError, LivenessQuery};

#[derive(Default)]
struct Contents {
    seen: BTreeMap<Name, Application>,
    follows: Option<Time>,
    down: bool,
}

/// What is live, in memory; clones are the same cluster.
#[derive(Clone, Default)]
pub struct MemoryLiveness(Rc<RefCell<Contents>>);

impl MemoryLiveness {
    /// A cluster that knows no Application.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says what an Application shows from now on.
    pub fn set(&self, application: Application) {
        self.0.borrow_mut().seen.insert(application.name.clone(), application);
    }

    /// Lets every Application that was not set show the branch's tip, healthy and compared as of this time.
    pub fn follow(&self, now: Option<Time>) {
        self.0.borrow_mut().follows = now;
    }

    /// Lets the cluster answer nothing at all.
    pub fn set_down(&self, down: bool) {
        self.0.borrow_mut().down = down;
    }

    /// Forgets what was set.
    pub fn forget(&self, name: &Name) {
        self.0.borrow_mut().seen.remove(name);
    }
}

impl Liveness for MemoryLiveness {
    fn observe(&self, query: &LivenessQuery) -> Result<Vec<Application>, LivenessError> {
        let contents = self.0.borrow();
        if contents.down {
            return Err(LivenessError::Unavailable("injected fault".to_owned()));
        }
        let following = |name: &Name| {
            contents.follows.map(|now| Application {
                name: name.clone(),
                revision: Some(query.tip.clone()),
                digests: query.digests.clone(),
                health: Health::Healthy,
                health_since: Some(Time::from_unix(0)),
                reconciled_at: Some(now),
            })
        };
        let seen = |name: &Name| contents.seen.get(name).cloned().or_else(|| following(name));
        Ok(query.applications.iter().filter_map(seen).collect())
    }
}
