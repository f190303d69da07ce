//! What people do in scenarios: `ci` releases what `alice` wrote, `bob` approves, `carol` operates.

use std::collections::BTreeMap;

use towpath_core::event::{Confirmable, Event, RequestKind};
use towpath_core::hold::{Select, Stop, Subject};
use towpath_core::id::{ActId, ReleaseId};
use towpath_core::pipeline::EntryGate;
use towpath_core::release::Image;
use towpath_core::time::Time;
use towpath_engine::EngineError;
use towpath_engine::people::{NewHold, NewRelease, ReleaseRef};

use super::{Replica, digest, image, image_of, name, person};

/// A hold of all releases in an environment, on promotions only.
pub fn freeze(environment: &str) -> NewHold {
    NewHold {
        environments: vec![name(environment)],
        labels: BTreeMap::new(),
        release: None,
        digest: None,
        rollbacks: false,
        reason: "a freeze".to_owned(),
        until: None,
    }
}

/// A release of images without an order, authors and labels.
pub fn new_release(images: Vec<Image>) -> NewRelease {
    NewRelease { images, order: None, authors: Vec::new(), labels: BTreeMap::new() }
}

impl Replica<'_> {
    /// Creates a release by `alice`.
    pub fn release(&self, version: &str) -> ReleaseId {
        self.release_by(&["alice"], vec![image(version)])
    }

    /// Creates a release of images by these authors.
    pub fn release_by(&self, authors: &[&str], images: Vec<Image>) -> ReleaseId {
        let authors = authors.iter().map(|login| person(login)).collect();
        self.create(&NewRelease { authors, ..new_release(images) }).unwrap()
    }

    /// Creates a release of an api and a web.
    pub fn release_both(&self, api: &str, web: &str) -> ReleaseId {
        self.release_by(&["alice"], vec![image_of("api", api), image_of("web", web)])
    }

    /// Creates a release by `alice` with CI's number; a repeat raises it.
    pub fn release_numbered(&self, version: &str, order: i64) -> ReleaseId {
        let authors = vec![person("alice")];
        self.create(&NewRelease { order: Some(order), authors, ..new_release(vec![image(version)]) }).unwrap()
    }

    /// Creates a release.
    pub fn create(&self, new: &NewRelease) -> Result<ReleaseId, EngineError> {
        self.engine(|e| e.create_release(&person("ci"), new)).map(|(release, _)| release)
    }

    /// The release of a version.
    pub fn find(&self, version: &str) -> ReleaseId {
        ReleaseRef::parse(version).find(&self.state()).unwrap().r.clone()
    }

    /// Lets `bob` approve a release for production.
    pub fn approve(&self, release: &ReleaseId) {
        self.approve_as("bob", "production", release.as_str()).unwrap();
    }

    /// Lets this person approve a release for an environment.
    pub fn approve_as(&self, login: &str, environment: &str, version: &str) -> Result<(), EngineError> {
        let release = ReleaseRef::parse(version);
        self.engine(|e| e.approve(&person(login), &name(environment), &release, &[], None)).map(drop)
    }

    /// Lets `carol` hold all promotions into an environment.
    pub fn hold(&self, environment: &str) -> ActId {
        self.put_up(&freeze(environment))
    }

    /// Lets `carol` hold an environment, rollbacks too, until some time.
    pub fn hold_with(&self, environment: &str, rollbacks: bool, until: Option<Time>) -> ActId {
        self.put_up(&NewHold { rollbacks, until, ..freeze(environment) })
    }

    /// Lets `carol` put up a hold.
    pub fn put_up(&self, hold: &NewHold) -> ActId {
        self.engine(|e| e.hold(&person("carol"), hold)).unwrap().0
    }

    /// Lets `carol` put up so many holds that stop nothing: of digests that nobody releases. Answers the last one.
    pub fn put_up_idle(&self, number: usize, until: Option<Time>) -> Option<ActId> {
        let idle = |i: usize| {
            let (id, select) =
                (ActId::parse(&format!("h-idle-{i}")).unwrap(), Select::environment(&name("dev")));
            let subject = Subject::Digest(digest(&format!("9.{i}")));
            let (stops, reason) = (vec![Stop::Promotions], "because".to_owned());
            let held = Event::Held { id: id.clone(), select, subject, stops, reason, until };
            self.engine(|e| e.record(&person("carol"), |_, _| Ok(vec![held.clone()]))).unwrap();
            id
        };
        let ids: Vec<ActId> = (0..number).map(idle).collect();
        ids.last().cloned()
    }

    /// Lets `carol` lift a hold.
    pub fn lift(&self, hold: &ActId) {
        self.engine(|e| e.lift(&person("carol"), hold)).unwrap();
    }

    /// Lets `carol` ask for something in an environment.
    pub fn ask(&self, kind: RequestKind, environment: &str, version: Option<&str>) -> ActId {
        let release = version.map(ReleaseRef::parse);
        self.engine(|e| e.request(&person("carol"), &name(environment), kind, release.as_ref())).unwrap().0
    }

    /// Lets `carol` ask for a promotion past a gate.
    pub fn promote_past(&self, environment: &str, release: &str, gate: &str) {
        let past = [(EntryGate::parse(gate).expect("a gate"), "it cannot wait".to_owned())];
        let release = ReleaseRef::parse(release);
        self.engine(|e| e.promote_past(&person("carol"), &name(environment), &release, &past)).unwrap();
    }

    /// Lets `carol` take everything off an environment's rejected list.
    pub fn clear(&self, environment: &str) {
        self.engine(|e| e.clear(&person("carol"), &name(environment), &[], "QA was wrong")).unwrap();
    }

    /// How a request was closed; `None` while it is open.
    pub fn outcome(&self, request: &ActId) -> Option<String> {
        let closed = |e| match e {
            Event::Closed { q, outcome } if &q == request => Some(outcome),
            _ => None,
        };
        self.bed.picked(closed).pop()
    }

    /// Lets `carol` accept a loss.
    pub fn confirm(&self, what: Confirmable) {
        self.engine(|e| e.confirm(&person("carol"), what)).unwrap();
    }
}
