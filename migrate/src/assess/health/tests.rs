//! The laws of health: a mended place never lowers it, and a copied job changes nothing.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::{BEST, Health, MEASURES, WEIGHTS, health, sites, weight};
use crate::assess::{Profile, WorkflowSight};
use crate::graph::{ActionBundle, Actions, Family};
use crate::model::call::{Bundle, Program, Reference, Rules};
use crate::read::{Limits, read_workflow};
use crate::security::{Security, Severity, Sites, classes};

/// Looks at a workflow.
fn seen<T>(source: &str, look: impl FnOnce(&WorkflowSight<'_>, &Security) -> T) -> T {
    let document = read_workflow(source, &Limits::default());
    let bundle = Bundle::alone(Reference::local(".github/workflows/ci.yml"), document);
    let program = Program::of(&bundle, &Rules::default());
    let family = Family::of(&program);
    let loaded = ActionBundle::load(&family, &(), &Limits::default());
    let (actions, profile) = (Actions::of(&loaded), Profile::default());
    let root = family.root().unwrap().workflow;
    assert_eq!(
        root.all_problems().map(|problem| &*problem.message).collect::<Vec<_>>(),
        Vec::<&str>::new(),
        "{source}"
    );
    look(&WorkflowSight::new(&family, &actions, &profile), &Security::of(root))
}

fn health_of(source: &str) -> Health {
    seen(source, health)
}

fn sites_of(source: &str) -> Sites {
    seen(source, sites)
}

#[test]
fn every_rule_has_a_weight_and_every_weight_a_rule() {
    let classes = classes().map(|class| class.id);
    let mut rules: Vec<_> = classes.chain(MEASURES.iter().map(|measure| measure.id)).collect();
    let mut weights: Vec<_> = WEIGHTS.iter().map(|(rule, _)| *rule).collect();
    rules.sort_unstable();
    weights.sort_unstable();
    assert_eq!(rules, weights);
    assert_eq!((weight("no-timeout"), weight("nothing")), (15, 0));
}

#[test]
fn shares_are_of_the_rules_that_apply() {
    let mut sites = Sites::default();
    assert_eq!(Health::of(&sites), Health { tenths: BEST, deductions: Vec::new(), capped_by: None });
    let place = crate::security::Place::Job;
    sites.add("no-timeout", place(0), Some(Severity::Low));
    sites.add("no-timeout", place(1), None);
    // Half of 15, of 15.
    assert_eq!(Health::of(&sites).tenths, 50);
    sites.add("artipacked", place(0), None);
    // Half of 15, of 25.
    assert_eq!(Health::of(&sites).tenths, 70);
    sites.add("artipacked", place(1), Some(Severity::Medium));
    let capped = Health::of(&sites);
    assert_eq!((capped.tenths, capped.capped_by), (50, None));
    sites.add("unpinned-uses", place(1), None);
    let capped = Health::of(&sites);
    assert_eq!((capped.tenths, capped.capped_by), (60, Some(Severity::Medium)));
    let shown: Vec<_> = capped.deductions.iter().map(|one| (one.rule, one.tenths)).collect();
    assert_eq!(shown, [("no-timeout", 17), ("artipacked", 12)]);
}

const HEADER: &str = "on: push\npermissions: {}\n";

#[test]
fn rules_find_what_they_are_for() {
    let job = |rest: &str| format!("{HEADER}jobs: {{a: {{runs-on: ubuntu-24.04, {rest}}}}}\n");
    let key = format!("AKIA{}", "IOSFODNN7EXAMPLE");
    for (rule, source, violating, applicable) in [
        ("no-timeout", job("steps: [{run: a}]"), 1, 1),
        ("no-timeout", job("timeout-minutes: 5, steps: [{run: a}]"), 0, 1),
        ("no-timeout", job("steps: [{run: a, timeout-minutes: 5}]"), 0, 1),
        ("no-timeout", format!("{HEADER}jobs: {{a: {{uses: ./.github/workflows/b.yml}}}}\n"), 0, 0),
        ("deprecated-command", job("steps: [{run: 'echo \"::set-output name=a::b\"'}]"), 1, 1),
        ("deprecated-command", job("steps: [{run: 'echo \"a=b\" >> $GITHUB_OUTPUT'}]"), 0, 1),
        ("deprecated-command", job("steps: [{run: make}]"), 0, 0),
        ("deprecated-runtime", job("steps: [{uses: actions/checkout@v3}, {uses: actions/cache@v4}]"), 1, 2),
        ("deprecated-runtime", job("steps: [{uses: actions/checkout@main}, {uses: a/b@v1}]"), 0, 1),
        ("retired-runner", format!("{HEADER}jobs: {{a: {{runs-on: [ubuntu-18.04], steps: [{{run: a}}]}}}}\n"), 1, 1),
        ("retired-runner", job("steps: [{run: a}]"), 0, 1),
        ("inline-secret", job(&format!("steps: [{{run: a {key}}}]")), 1, 1),
        ("inline-secret", job("steps: [{run: a}]"), 0, 1),
        ("dead-trigger", job("steps: [{run: a}]").replace("push", "{push: {branches: ['!a']}, fork: }"), 1, 2),
        ("dead-trigger", job("steps: [{run: a}]").replace("push", "{push: {branches: ['!a'], tags: [v1]}}"), 0, 1),
        ("dead-trigger", job("steps: [{run: a}]").replace("push", "{schedule: [{cron: '0 0 30 2 *'}]}"), 1, 1),
        (
            "untrusted-checkout",
            job("steps: [{uses: actions/checkout@v4, with: {ref: '${{ github.event.pull_request.head.sha }}'}}]")
                .replace("push", "pull_request_target"),
            1,
            1,
        ),
        (
            "untrusted-checkout",
            job("steps: [{uses: actions/checkout@v4, with: {ref: '${{ github.event.pull_request.head.sha }}'}}]")
                .replace("push", "pull_request"),
            0,
            1,
        ),
    ] {
        let count = sites_of(&source).of(rule);
        assert_eq!((count.violating, count.applicable), (violating, applicable), "{rule}: {source}");
    }
}

/// A workflow that somebody made up. Every `true` is bad.
#[derive(Debug, Clone)]
struct Made {
    strangers: bool,
    dead: bool,
    /// Whether a tag starts it, which is neither good nor bad.
    tags: bool,
    /// No permissions at the top, or what `top` says.
    silent: bool,
    top: Option<&'static str>,
    jobs: Vec<MadeJob>,
}

#[derive(Debug, Clone)]
struct MadeJob {
    unbounded: bool,
    retired: bool,
    all_rights: bool,
    /// Whether it has permissions of its own.
    own: bool,
    steps: Vec<MadeStep>,
    /// Whether it calls a workflow instead: a bad ref, and all secrets.
    call: Option<(bool, bool)>,
}

#[derive(Debug, Clone)]
struct MadeStep {
    kind: usize,
    unpinned: bool,
    bad: bool,
    text: bool,
}

const COMMIT: &str = "1af3b93b6815bc44a9784bd300feb67ff0d1eeb3";

impl MadeStep {
    fn write(&self, out: &mut String) {
        let at = |name: &str, version: &str| {
            if self.unpinned { format!("{name}@{version}") } else { format!("{name}@{COMMIT} # {version}") }
        };
        let condition = if self.text { "  if: ${{ true }} && x\n" } else { "" };
        let condition = format!("      {condition}");
        let body = match self.kind {
            0 => {
                let keep = if self.bad { "" } else { "\n        with: {persist-credentials: false}" };
                format!("uses: {}{keep}", at("actions/checkout", "v6"))
            }
            1 => format!("run: {}", if self.bad { "echo ${{ github.head_ref }}" } else { "echo \"$REF\"" }),
            2 => format!("run: {}", if self.bad { "echo ${{ env.A }}" } else { "echo \"$A\"" }),
            3 => format!("uses: {}", at("some/thing", if self.bad { "main" } else { "v1" })),
            4 => {
                let with = if self.bad { "" } else { "\n        with: {lookup-only: true}" };
                format!("uses: {}{with}", at("actions/cache", "v4"))
            }
            5 => format!("uses: {}\n        with: {{path: ., name: a}}", at("actions/upload-artifact", "v4")),
            6 => format!(
                "run: {}",
                if self.bad { "echo '::set-output name=a::b'" } else { "echo a=b >> $GITHUB_OUTPUT" }
            ),
            _ => {
                let head = if self.bad {
                    "\n        with: {persist-credentials: false, ref: '${{ github.head_ref }}'}"
                } else {
                    "\n        with: {persist-credentials: false}"
                };
                format!("uses: {}{head}", at("actions/checkout", "v4"))
            }
        };
        writeln!(out, "      - {body}\n{}", condition.trim_end()).unwrap();
    }

    fn flags(&mut self) -> Vec<&mut bool> {
        let pins = !matches!(self.kind, 1 | 2 | 6);
        let mut flags = vec![&mut self.bad, &mut self.text];
        if pins {
            flags.push(&mut self.unpinned);
        }
        flags
    }
}

impl MadeJob {
    fn write(&self, id: usize, out: &mut String) {
        writeln!(out, "  job{id}:").unwrap();
        if self.all_rights {
            writeln!(out, "    permissions: write-all").unwrap();
        } else if self.own {
            writeln!(out, "    permissions: {{contents: read}}").unwrap();
        }
        if let Some((unpinned, inherit)) = self.call {
            let reference = if unpinned { "main" } else { COMMIT };
            writeln!(out, "    uses: o/r/.github/workflows/w.yml@{reference}").unwrap();
            writeln!(out, "    secrets: {}", if inherit { "inherit" } else { "{A: b}" }).unwrap();
            return;
        }
        writeln!(out, "    runs-on: {}", if self.retired { "ubuntu-18.04" } else { "ubuntu-24.04" }).unwrap();
        if !self.unbounded {
            writeln!(out, "    timeout-minutes: 5").unwrap();
        }
        writeln!(out, "    steps:").unwrap();
        self.steps.iter().for_each(|step| step.write(out));
    }

    fn flags(&mut self) -> Vec<&mut bool> {
        let mut flags = vec![&mut self.all_rights];
        match &mut self.call {
            Some((unpinned, inherit)) => flags.extend([unpinned, inherit]),
            None => {
                flags.extend([&mut self.unbounded, &mut self.retired]);
                flags.extend(self.steps.iter_mut().flat_map(MadeStep::flags));
            }
        }
        flags
    }
}

impl Made {
    fn source(&self) -> String {
        let mut out = String::from("on:\n");
        writeln!(out, "  {}:", if self.strangers { "pull_request_target" } else { "pull_request" }).unwrap();
        let filter = match (self.dead, self.tags) {
            (true, _) => "{branches: ['!a']}",
            (false, true) => "{branches: [a], tags: [v1]}",
            (false, false) => "{branches: [a]}",
        };
        writeln!(out, "  push: {filter}").unwrap();
        match self.top {
            _ if self.silent => {}
            None => writeln!(out, "permissions: {{}}").unwrap(),
            Some(top) => writeln!(out, "permissions: {top}").unwrap(),
        }
        out.push_str("jobs:\n");
        self.jobs.iter().enumerate().for_each(|(id, job)| job.write(id, &mut out));
        out
    }

    /// All that is bad, and can be mended.
    fn flags(&mut self) -> Vec<&mut bool> {
        let mut flags = vec![&mut self.strangers, &mut self.silent];
        // With tags, another filter would make it one that publishes.
        if !self.tags {
            flags.push(&mut self.dead);
        }
        flags.extend(self.jobs.iter_mut().flat_map(MadeJob::flags));
        flags
    }
}

fn step() -> impl Strategy<Value = MadeStep> {
    let flag = proptest::bool::weighted(0.5);
    (0_usize..8, flag, flag, proptest::bool::weighted(0.1)).prop_map(|(kind, unpinned, bad, text)| MadeStep {
        kind,
        unpinned,
        bad,
        text,
    })
}

fn job() -> impl Strategy<Value = MadeJob> {
    let steps = proptest::collection::vec(step(), 1..4);
    let call = proptest::option::weighted(0.2, any::<(bool, bool)>());
    (any::<bool>(), any::<bool>(), proptest::bool::weighted(0.2), any::<bool>(), steps, call).prop_map(
        |(unbounded, retired, all_rights, own, steps, call)| MadeJob {
            unbounded,
            retired: retired && unbounded,
            all_rights,
            // A job that is mended says its own: to say nothing is another fault.
            own: own || all_rights,
            steps,
            call,
        },
    )
}

fn made() -> impl Strategy<Value = Made> {
    let top = proptest::sample::select(vec![
        None,
        Some("read-all"),
        Some("write-all"),
        Some("{contents: write}"),
        Some("{statuses: write}"),
    ]);
    let jobs = proptest::collection::vec(job(), 1..4);
    let flags = (any::<bool>(), proptest::bool::weighted(0.2), any::<bool>(), any::<bool>());
    (flags, top, jobs).prop_map(|((strangers, dead, tags, silent), top, jobs)| Made {
        strangers,
        dead,
        tags,
        // Where nothing is said, mending says the least.
        top: top.filter(|_| !silent),
        silent,
        jobs,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_mended_place_never_lowers_health(made in made(), which in any::<prop::sample::Index>()) {
        let before = health_of(&made.source());
        let mut mended = made.clone();
        let mut flags = mended.flags();
        let bad: Vec<_> = flags.iter_mut().filter(|flag| ***flag).collect();
        prop_assume!(!bad.is_empty());
        let at = which.index(bad.len());
        bad.into_iter().enumerate().filter(|(place, _)| *place == at).for_each(|(_, flag)| **flag = false);
        let after = health_of(&mended.source());
        prop_assert!(after.tenths >= before.tenths, "{before:?}\n{}\n{after:?}\n{}", made.source(), mended.source());
    }

    #[test]
    fn a_copied_job_changes_nothing(made in made(), which in any::<prop::sample::Index>()) {
        let mut copied = made.clone();
        copied.jobs.push(made.jobs[which.index(made.jobs.len())].clone());
        prop_assert_eq!(health_of(&copied.source()), health_of(&made.source()), "{}", made.source());
    }
}
