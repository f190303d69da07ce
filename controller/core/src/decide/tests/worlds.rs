//! Worlds for laws: pipelines of many wirings, and what may happen to them.

use proptest::prelude::*;
use serde_json::json;

use super::stage::{Stage, gate, metric, name};
use crate::event::RequestKind;
use crate::id::{GateName, Name, PipelineId};
use crate::observation::{Health, RunStatus};
use crate::pipeline::{Bake, Delivery, Dependency, Edge, EdgeMode, EntryGate, Expression, Queue, Window};
use crate::time::Span;
use crate::verdict::Verdict;

pub(super) const ENVIRONMENTS: [&str; 3] = ["dev", "staging", "production"];

/// How many worlds a law is tried in; `PROPTEST_CASES` makes it more.
pub(super) fn laws() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: usual.cases / 2, failure_persistence: None, max_shrink_iters: 3000, ..usual }
}

/// What differs between the pipelines.
#[derive(Debug, Clone)]
pub(super) struct Wiring {
    queues: [Queue; 3],
    automatic: [bool; 3],
    delivery: Delivery,
    /// Production comes after dev and staging, of which all or any are needed.
    fan_in: Option<EdgeMode>,
    atomic: bool,
    windowed: [bool; 3],
    two_approvals: bool,
    wait_for_bake: bool,
    dev_bakes: bool,
    expression: bool,
    dependency: bool,
    overrides: bool,
    revalidate: bool,
    automatic_rollback: bool,
}

pub(super) fn wirings() -> impl Strategy<Value = Wiring> {
    let queues = prop::array::uniform3(prop::sample::select(Queue::ALL.to_vec()));
    let fan_in = prop::option::weighted(0.3, prop::sample::select(vec![EdgeMode::All, EdgeMode::Any]));
    let delivery = prop_oneof![2 => Just(Delivery::Push), 1 => Just(Delivery::PullRequest)];
    let mostly = || prop::array::uniform3(prop::bool::weighted(0.85));
    let seldom = || prop::array::uniform3(prop::bool::weighted(0.2));
    let flags = prop::array::uniform9(prop::bool::weighted(0.4));
    (queues, mostly(), delivery, fan_in, seldom(), flags).prop_map(
        |(queues, automatic, delivery, fan_in, windowed, flags)| {
            let [
                apart,
                two_approvals,
                wait_for_bake,
                dev_bakes,
                expression,
                dependency,
                overrides,
                rest @ ..,
            ] = flags;
            let [revalidate, automatic_rollback] = rest;
            Wiring {
                queues,
                automatic,
                delivery,
                fan_in,
                atomic: !apart,
                windowed,
                two_approvals,
                wait_for_bake,
                dev_bakes,
                expression,
                dependency,
                overrides,
                revalidate,
                automatic_rollback,
            }
        },
    )
}

/// Something that happens. Environments and releases are counted, and those that are not there are left out.
#[derive(Debug, Clone)]
pub(super) enum Turn {
    Release(u8),
    Show(usize, Health),
    Silent(usize),
    Qa(usize, Verdict),
    Run(usize, RunStatus),
    Wait(u32),
    /// One step of what is decided.
    Step,
    /// All steps of what is decided.
    Pass,
    /// What is on its way becomes live, and QA comes to this verdict; then so much time goes by.
    Prove(usize, Verdict, u32),
    /// What is new goes through all environments, as far as it can.
    Onward(u32),
    /// A gate comes to this verdict again and again.
    Exhaust(usize, Verdict),
    /// Releases come faster than anything is verified.
    Hurry,
    /// CI gives a release a higher order.
    Raise(u8),
    Approve {
        r: u8,
        by: &'static str,
        until: Option<u32>,
    },
    Unapprove,
    Hold {
        env: Option<usize>,
        subject: Option<u8>,
        rollbacks: bool,
        until: Option<u32>,
    },
    Lift,
    Ask {
        env: usize,
        kind: RequestKind,
        r: Option<u8>,
        past: Option<EntryGate>,
    },
    Edit(usize, u8),
    Restore(usize),
    OtherBytes(usize, u8),
    Clear(usize),
    Metric(Mood),
    Cel(Mood),
    Merge(bool),
    Close,
    Land(bool),
    Elsewhere(bool),
    Storm(u8),
    Unreadable(usize, bool),
    Redefine(usize),
}

/// What is answered when somebody asks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Mood {
    Good,
    Bad,
    Nothing,
    Silence,
}

fn moods() -> impl Strategy<Value = Mood> {
    prop_oneof![4 => Just(Mood::Good), 1 => Just(Mood::Bad), 1 => Just(Mood::Nothing), 1 => Just(Mood::Silence)]
}

fn verdicts() -> impl Strategy<Value = Verdict> {
    prop_oneof![
        5 => Just(Verdict::Passed), 2 => Just(Verdict::Failed), 1 => Just(Verdict::Error),
        1 => Just(Verdict::Inconclusive),
    ]
}

fn healths() -> impl Strategy<Value = Health> {
    use Health as H;
    prop_oneof![8 => Just(H::Healthy), 2 => Just(H::Degraded), 1 => Just(H::Progressing), 1 => Just(H::Unknown)]
}

fn ends() -> impl Strategy<Value = Option<u32>> {
    prop::option::of(1..4000_u32)
}

/// What brings releases onward, as it does on most days.
fn proofs() -> impl Strategy<Value = Turn> {
    let nothing_said = prop::sample::select(vec![Verdict::Error, Verdict::Inconclusive]);
    let soak = prop_oneof![Just(0_u32), Just(300), Just(900), 0..2000_u32];
    prop_oneof![
        4 => (0..3_usize, verdicts(), soak.clone()).prop_map(|(e, v, s)| Turn::Prove(e, v, s)),
        3 => soak.prop_map(Turn::Onward),
        1 => (0..3_usize, nothing_said).prop_map(|(e, v)| Turn::Exhaust(e, v)),
    ]
}

pub(super) fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let (env, r) = (0..3_usize, 1..6_u8);
    let people = prop::sample::select(vec!["alice", "bob", "carol"]);
    let statuses = vec![RunStatus::Absent, RunStatus::Running, RunStatus::Elsewhere];
    let kinds = vec![RequestKind::Promote, RequestKind::Promote, RequestKind::Rollback, RequestKind::Resume];
    let kind = prop::sample::select(kinds);
    let past = prop::option::of(prop::sample::select(EntryGate::ALL.to_vec()));
    let held = (prop::option::of(0..3_usize), prop::option::of(r.clone()), any::<bool>(), ends());
    let asked = (env.clone(), kind, prop::option::weighted(0.8, r.clone()), past);
    let machines = prop_oneof![
        4 => (env.clone(), healths()).prop_map(|(e, h)| Turn::Show(e, h)),
        1 => env.clone().prop_map(Turn::Silent),
        4 => (env.clone(), verdicts()).prop_map(|(e, v)| Turn::Qa(e, v)),
        1 => (env.clone(), prop::sample::select(statuses)).prop_map(|(e, s)| Turn::Run(e, s)),
        1 => moods().prop_map(Turn::Metric),
        1 => moods().prop_map(Turn::Cel),
        1 => any::<bool>().prop_map(Turn::Merge),
        1 => prop::bool::weighted(0.7).prop_map(Turn::Land),
        1 => any::<bool>().prop_map(Turn::Elsewhere),
        1 => (0..5_u8).prop_map(Turn::Storm),
    ];
    let people = prop_oneof![
        6 => r.clone().prop_map(Turn::Release),
        3 => (r.clone(), people, ends()).prop_map(|(r, by, until)| Turn::Approve { r, by, until }),
        1 => Just(Turn::Unapprove),
        1 => Just(Turn::Hurry),
        3 => r.clone().prop_map(Turn::Raise),
        2 => held.prop_map(|(env, subject, rollbacks, until)| Turn::Hold { env, subject, rollbacks, until }),
        1 => Just(Turn::Lift),
        3 => asked.prop_map(|(env, kind, r, past)| Turn::Ask { env, kind, r, past }),
        1 => (env.clone(), 1..8_u8).prop_map(|(e, n)| Turn::Edit(e, n)),
        2 => env.clone().prop_map(Turn::Restore),
        1 => (env.clone(), 50..60_u8).prop_map(|(e, n)| Turn::OtherBytes(e, n)),
        1 => env.clone().prop_map(Turn::Clear),
        1 => Just(Turn::Close),
        1 => (env.clone(), prop::bool::weighted(0.2)).prop_map(|(e, is)| Turn::Unreadable(e, is)),
        1 => env.prop_map(Turn::Redefine),
    ];
    let time = prop_oneof![3 => 1..700_u32, 1 => 700..8000_u32].prop_map(Turn::Wait);
    let turn = prop_oneof![
        6 => proofs(), 3 => machines, 5 => people, 3 => time, 1 => Just(Turn::Step), 3 => Just(Turn::Pass),
    ];
    prop::collection::vec(turn, 1..40)
}

pub(super) fn of(environment: usize) -> Name {
    name(ENVIRONMENTS[environment])
}

/// Makes the stage's pipeline one of this wiring.
pub(super) fn wire(stage: &mut Stage, wiring: &Wiring) {
    let open = || {
        let allow = json!([{"cron": "*/40 * * * *", "duration": "10m"}]);
        Window::read(json!({"timezone": "UTC", "allow": allow}))
    };
    for (i, environment) in stage.pipeline.environments.iter_mut().enumerate() {
        environment.promotion.queue = wiring.queues[i];
        environment.promotion.automatic = wiring.automatic[i];
        environment.promotion.wait_for_bake = wiring.wait_for_bake;
        environment.promotion.overrides = EntryGate::ALL.into_iter().filter(|_| wiring.overrides).collect();
        environment.rollback.automatic = wiring.automatic_rollback;
        environment.revalidate = wiring.revalidate;
        environment.entry.windows = wiring.windowed[i].then(open).into_iter().collect();
    }
    let [dev, staging, production] = &mut stage.pipeline.environments[..] else { panic!("three") };
    if wiring.dev_bakes {
        let errors = gate("bake/errors", metric(1200));
        dev.bake = Some(Bake { duration: Span::seconds(1200), gates: vec![errors] });
        staging.verify.push(gate("metrics/errors", metric(300)));
    }
    if wiring.expression {
        let (name, cel) = (GateName::parse("expression/1").unwrap(), "1 == 1".to_owned());
        staging.entry.expressions = vec![Expression { name, cel }];
    }
    if wiring.dependency {
        let pipeline = PipelineId::parse("shop/db").unwrap();
        let gate = Dependency {
            pipeline,
            environment: name("production"),
            version: None,
            verified: false,
            policy: None,
        };
        staging.entry.dependencies = vec![gate];
    }
    production.delivery = wiring.delivery;
    production.approvals[0].count = if wiring.two_approvals { 2 } else { 1 };
    if let Some(mode) = wiring.fan_in {
        production.after.mode = mode;
        production.after.edges.push(Edge { environment: name("dev"), soak: Span::seconds(900) });
    }
    stage.shared.atomic = wiring.atomic;
}
