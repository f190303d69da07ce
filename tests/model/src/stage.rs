//! The stage: two pipelines on one branch, their environments, releases and what folders say.
//!
//! Pipeline A goes from dev to production, with a soak of one tick between them and two images, so that a rejected
//! image can return inside another set. Pipeline B has one environment without
//! a gate, and is there to move the same branch.

use std::collections::BTreeMap;

use towpath_core::event::Recorded;
use towpath_core::id::{
    Actor, CommitId, Digest, GateName, ImageName, Name, OwnerId, Pid, PipelineId, RefName, ReleaseId,
    RepoPath, TreeId,
};
use towpath_core::journal::{State, genesis};
use towpath_core::pipeline::{
    After, ApplicationRef, Approval, CommitTexts, Delivery, Edge, EdgeMode, EditRule, Entry, Environment,
    Form, Gate, GateKind, MetricGate, Pipeline, PromotionRules, Proof, QaGate, Repository, RollbackRules,
};
use towpath_core::release::{Image, release_id};
use towpath_core::time::{Span, Time};
use towpath_core::world::{ImageFacts, PathFacts};

use crate::size::Size;

/// A place's number: dev and production of pipeline A, the one environment of pipeline B.
pub type PlaceNo = usize;
/// Dev of pipeline A.
pub const DEV: PlaceNo = 0;
/// Production of pipeline A.
pub const PRODUCTION: PlaceNo = 1;
/// The one environment of pipeline B.
pub const OTHER: PlaceNo = 2;
/// How many places there are.
pub const PLACES: usize = 3;
/// How many pipelines there are: A is 0, B is 1.
pub const PIPELINES: usize = 2;

/// What a folder deploys: 0 is what was found there at first, 1, 2, 3 are releases, [`FOREIGN`] is a person's own.
pub type Content = u8;
/// A value that no release has.
pub const FOREIGN: Content = 9;
/// All contents.
pub const CONTENTS: [Content; 5] = [0, 1, 2, 3, FOREIGN];

/// The tick that is now, in seconds.
const NOW: i64 = 1_800_000_000;
/// How long a tick is, and the soak that one tick ends.
pub const TICK: Span = Span::seconds(600);
/// The largest good value of the metric.
pub const GOOD: f64 = 0.5;
/// Longer than anything waits in this model.
const NEVER: Span = Span::seconds(300 * 86_400);

/// Now. Time stands still; what happened grows old instead, see [`aged`].
pub fn now() -> Time {
    Time::from_unix(NOW)
}

/// One tick ago.
pub fn old() -> Time {
    Time::from_unix(NOW - i64::from(TICK.as_seconds()))
}

/// Two ticks ago or more. Nothing depends on how many.
pub fn older() -> Time {
    Time::from_unix(NOW - 2 * i64::from(TICK.as_seconds()))
}

/// After everything that waits for a time.
pub fn at_last() -> Time {
    far().plus(NEVER)
}

/// What a time becomes when a tick passes.
pub fn aged(time: Time) -> Time {
    if time >= now() { old() } else { older() }
}

/// When runs would count as lost. It never comes.
pub fn far() -> Time {
    now().plus(NEVER)
}

/// The stage, made once a run.
pub struct Stage {
    /// Pipelines A and B.
    pub pipelines: [Pipeline; PIPELINES],
    /// Who controllers are; the first owns the ledgers at the beginning.
    pub owners: [OwnerId; 2],
    /// The first journals, of one event.
    pub begun: [State; PIPELINES],
    /// Whether releases soak in dev for a tick before they go to production.
    pub soaks: bool,
    releases: [BTreeMap<ReleaseId, Content>; PIPELINES],
    images: [BTreeMap<Content, Vec<Image>>; PIPELINES],
    folders: [BTreeMap<Content, PathFacts>; PLACES],
}

/// The pipeline of a place.
pub fn pipeline_of(place: PlaceNo) -> usize {
    usize::from(place == OTHER)
}

/// The places of a pipeline.
pub fn places_of(pipeline: usize) -> &'static [PlaceNo] {
    if pipeline == 0 { &[DEV, PRODUCTION] } else { &[OTHER] }
}

/// The place with this environment's name or key.
pub fn place_of(name: &Name) -> PlaceNo {
    match name.as_str() {
        "dev" => DEV,
        "production" => PRODUCTION,
        _ => OTHER,
    }
}

/// The name, and key, of a place's environment.
pub fn name_of(place: PlaceNo) -> Name {
    name(["dev", "production", "other"][place])
}

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

/// The one gate.
pub fn gate() -> GateName {
    GateName::parse("qa/smoke").expect("a gate")
}

/// Some commit; which one does not matter.
pub fn some_commit() -> CommitId {
    CommitId::parse(&"c0".repeat(20)).expect("a commit")
}

/// The commit of a promotion, whatever else is on the branch.
pub fn commit_of(pid: &Pid) -> CommitId {
    CommitId::parse(&pid.as_str().trim_start_matches("p-").repeat(2)).expect("a commit")
}

/// The images that a content has. Releases 2 and 3 of A share one, as a fix beside a bad image would. Names go against
/// the order: 1.10 comes after 1.9.
fn images(pipeline: usize, content: Content) -> Vec<Image> {
    let image = |name: &str, part: u8| {
        let digest = format!("{part:x}{}", name.bytes().map(|b| format!("{b:02x}")).collect::<String>());
        let digest = digest.repeat(64).chars().take(64).collect::<String>();
        let minor = [8, 9, 10, 11][usize::from(content.min(3))];
        Image::parse(&format!("example.com/{name}:1.{minor}@sha256:{digest}")).expect("an image")
    };
    match (pipeline, content) {
        (0, FOREIGN) => vec![image("x", 9), image("y", 9)],
        (0, n) => vec![image("x", n.min(2)), image("y", [0, 1, 1, 2][usize::from(n)])],
        (_, n) => vec![image("z", n)],
    }
}

/// What a reader of a folder sees.
fn folder(pipelines: &[Pipeline; PIPELINES], place: PlaceNo, content: Content) -> PathFacts {
    let pipeline = pipeline_of(place);
    let environment = &pipelines[pipeline].environments[usize::from(place == PRODUCTION)];
    let facts = |image: Image| {
        let rule = environment.edit.iter().find(|r| r.image() == &image.name).expect("a rule");
        let values = rule.form().values(&image);
        let file = environment.path.join("kustomization.yaml").expect("a path");
        ImageFacts { image: image.name, file, raw: values.clone(), values }
    };
    PathFacts {
        tree: TreeId::parse(&format!("{content:x}{place:x}").repeat(20)).expect("a tree"),
        images: images(pipeline, content).into_iter().map(facts).collect(),
    }
}

fn environment(place: PlaceNo, upstream: Option<PlaceNo>, soak: Span, images: &[ImageName]) -> Environment {
    let qa = QaGate {
        template: "smoke".to_owned(),
        parameters: BTreeMap::new(),
        timeout: NEVER,
        revision: "1".to_owned(),
    };
    let edge = upstream.map(|place| Edge { environment: name_of(place), soak });
    let rule = |image: &ImageName| EditRule::Kustomization { image: image.clone(), form: Form::TagAndDigest };
    Environment {
        name: name_of(place),
        formerly: Vec::new(),
        path: RepoPath::parse(&format!("apps/{}", name_of(place))).expect("a path"),
        labels: BTreeMap::new(),
        applications: vec![ApplicationRef { name: name_of(place), proof: Proof::Revision }],
        edit: images.iter().map(rule).collect(),
        promotion: PromotionRules::default(),
        after: After { mode: EdgeMode::All, edges: edge.into_iter().collect() },
        approvals: Vec::new(),
        entry: Entry::default(),
        verify: if place == OTHER { Vec::new() } else { vec![gate_of(GateKind::Qa(qa))] },
        revalidate: false,
        bake: None,
        rollback: RollbackRules::default(),
        destination: name_of(place),
        stable: Span::seconds(0),
        degraded_grace: NEVER,
        sync_timeout: NEVER,
        delivery: Delivery::Push,
        policies: Default::default(),
    }
}

fn gate_of(kind: GateKind) -> Gate {
    Gate { name: gate(), kind, error_limit: 1, inconclusive_limit: 1 }
}

/// A metric that is read once, at the end of a window that is over at once: all that began is two ticks old.
fn metric() -> MetricGate {
    MetricGate {
        query: "errors".to_owned(),
        max: Some(GOOD),
        min: None,
        interval: TICK,
        window: TICK,
        failure_limit: 0,
        min_samples: 1,
    }
}

fn pipeline(id: &str, places: &[(PlaceNo, Option<PlaceNo>)], images: &[&str], soak: Span) -> Pipeline {
    let id = PipelineId::parse(id).expect("a pipeline");
    let image = |text: &&str| ImageName::parse(&format!("example.com/{text}")).expect("an image");
    let images: Vec<ImageName> = images.iter().map(image).collect();
    let environments =
        places.iter().map(|(place, upstream)| environment(*place, *upstream, soak, &images)).collect();
    Pipeline {
        repository: Repository {
            url: "model".to_owned(),
            branch: RefName::parse("refs/heads/main").expect("a ref"),
            journal: id.default_journal(),
        },
        id,
        images,
        commit: CommitTexts { subject: "x".to_owned(), trailers: BTreeMap::new() },
        environments,
    }
}

impl Stage {
    /// Builds it as a size wants it.
    pub fn new(size: &Size) -> Self {
        let soak = if size.soaks { TICK } else { Span::default() };
        let mut a = pipeline("shop/a", &[(DEV, None), (PRODUCTION, Some(DEV))], &["x", "y"], soak);
        if size.approval {
            a.environments[PRODUCTION].approvals =
                vec![Approval { count: 1, groups: Vec::new(), not_author: true, policy: None }];
        }
        if size.metric {
            a.environments[DEV].verify = vec![gate_of(GateKind::Metric(metric()))];
        }
        a.environments.iter_mut().for_each(|environment| environment.promotion.queue = size.queue);
        let pipelines = [a, pipeline("shop/b", &[(OTHER, None)], &["z"], soak)];
        let owners = ["one", "two"].map(|text| OwnerId::parse(text).expect("an owner"));
        let begun = [0, 1].map(|pipeline: usize| begin(&pipelines[pipeline], &owners[0]));
        let all = |pipeline| CONTENTS.map(|content| (content, images(pipeline, content))).into();
        let release = |pipeline: usize, c| (release_id(&begun[pipeline].ledger, &images(pipeline, c)), c);
        Self {
            releases: [0, 1].map(|pipeline| CONTENTS.map(|c| release(pipeline, c)).into()),
            images: [0, 1].map(all),
            folders: [DEV, PRODUCTION, OTHER]
                .map(|place| CONTENTS.map(|content| (content, folder(&pipelines, place, content))).into()),
            pipelines,
            owners,
            begun,
            soaks: size.soaks,
        }
    }

    /// The images that a content has.
    pub fn images(&self, pipeline: usize, content: Content) -> &[Image] {
        &self.images[pipeline][&content]
    }

    /// What a release is.
    pub fn content(&self, pipeline: usize, release: &ReleaseId) -> Content {
        *self.releases[pipeline].get(release).expect("a release of the model")
    }

    /// The id of what is in a folder.
    pub fn release(&self, pipeline: usize, content: Content) -> &ReleaseId {
        let found = self.releases[pipeline].iter().find(|(_, c)| **c == content);
        found.map(|(id, _)| id).expect("a content of the model")
    }

    /// Which contents share a digest with one, as bits.
    pub fn relatives(&self, pipeline: usize, digests: &[Digest]) -> u16 {
        let shares =
            |(_, images): &(&Content, &Vec<Image>)| images.iter().any(|i| digests.contains(&i.digest));
        self.images[pipeline].iter().filter(shares).fold(0, |bits, (content, _)| bits | 1 << content)
    }

    /// What a reader of a folder sees.
    pub fn folder(&self, place: PlaceNo, content: Content) -> &PathFacts {
        &self.folders[place][&content]
    }
}

/// The journal after its first event.
fn begin(pipeline: &Pipeline, owner: &OwnerId) -> State {
    let event = towpath_core::decide::first_claim(owner, "model");
    let first = Recorded { n: 1, at: older(), by: Actor::towpath(), event };
    genesis(&pipeline.id, &first).expect("a journal begins")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::SMALL;

    #[test]
    fn releases_two_and_three_share_an_image_and_others_do_not() {
        let stage = Stage::new(&SMALL);
        let digests = |n| stage.images(0, n).iter().map(|i| i.digest.clone()).collect::<Vec<_>>();
        let x2 = &digests(2)[..1];
        assert_eq!(stage.relatives(0, x2), 0b1100);
        assert_eq!(stage.relatives(0, &digests(1)), 0b0110);
        assert_eq!(stage.relatives(0, &digests(FOREIGN)), 1 << FOREIGN);
    }

    #[test]
    fn contents_are_different() {
        let stage = Stage::new(&SMALL);
        for pipeline in 0..PIPELINES {
            assert_eq!(stage.releases[pipeline].len(), CONTENTS.len());
            for content in CONTENTS {
                assert_eq!(stage.content(pipeline, stage.release(pipeline, content)), content);
            }
        }
    }
}
