//! What becomes of each construct of a workflow.

mod explained;
mod nest;
mod parts;
mod plain_use;
mod why;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use self::parts::Parts;
pub(in crate::assess) use self::parts::written;
use super::known::Known;
use super::reason::Reason;
use super::rule::Meta;
use super::seen::Seen;
use super::sight::WorkflowSight;
use super::verdict::Verdict;
use super::{AssessedLeg, Rolled};
use crate::features::{Catalogue, Construct, Feature, Role, constructs_with};
use crate::fidelity::Fidelity;
use crate::read::Document;

/// How many constructs have each fidelity, in the order of [`Fidelity::NAMES`].
pub type Fidelities = [usize; Fidelity::NAMES.len()];

/// A construct, and what becomes of it.
#[derive(Debug, Clone, Copy)]
pub struct Fate<'a> {
    /// The construct.
    pub construct: &'a Construct,
    /// What it is; `None` where GitHub refuses it or does not know it.
    pub feature: Option<&'static Feature>,
    /// Who says what becomes of it.
    pub by: By,
}

/// Who says what becomes of a construct.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum By {
    /// The table of features.
    Feature,
    /// The table of features, but for a use like this one, in which it keeps its meaning: why.
    Use(&'static str),
    /// The table of actions.
    Action(&'static Known),
    /// A rule that found something: in it, in its step, in its job, or in the whole workflow.
    Rule(&'static Meta),
    /// Its step runs in no leg.
    Never,
}

impl Fate<'_> {
    /// What becomes of it. `None`: nobody has said.
    #[must_use]
    pub fn fidelity(&self) -> Option<Fidelity> {
        match self.by {
            By::Feature => self.feature?.fidelity,
            By::Use(_) => Some(Fidelity::Exact),
            By::Action(action) => Some(action.fidelity),
            By::Rule(rule) => Some(fidelity(rule.outcome)),
            By::Never => Some(Fidelity::Dropped(NEVER)),
        }
    }

    /// How, or what somebody can do.
    #[must_use]
    pub fn how(&self) -> &'static str {
        match self.by {
            By::Feature => self.feature.map_or("", |feature| feature.how),
            By::Use(why) => why,
            By::Action(action) => action.how,
            By::Rule(rule) => rule.remedy,
            By::Never => NEVER,
        }
    }

    /// The rule that says it.
    #[must_use]
    pub const fn rule(&self) -> Option<&'static Meta> {
        match self.by {
            By::Rule(rule) => Some(rule),
            By::Feature | By::Use(_) | By::Action(_) | By::Never => None,
        }
    }
}

/// What becomes of a step that never runs.
const NEVER: &str = "nothing: its step never runs";

/// The constructs of a workflow with who says what becomes of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Fates {
    constructs: Vec<Construct>,
    by: Vec<By>,
}

impl Fates {
    /// Of a workflow in which rules found these reasons, and steps of which tell this. What
    /// stays stays with all its parts: a job of which all legs stay, and a step whose action asks for something or does nothing there.
    #[must_use]
    pub(super) fn of(
        workflow: &WorkflowSight<'_>,
        reasons: &[Reason],
        seen: &Seen,
        legs: &[AssessedLeg],
        rolled: Rolled,
    ) -> Self {
        let Some(root) = workflow.family.root() else { return Self::default() };
        let scripts = |run| workflow.script(0, run);
        let constructs = constructs_with(root.workflow.document, &scripts);
        let by = Parts::new(workflow, root, &constructs).settle(reasons, seen, legs, rolled);
        Self { constructs, by }
    }

    /// All, in the order of the source.
    pub fn iter(&self) -> impl Iterator<Item = Fate<'_>> {
        self.constructs.iter().zip(&self.by).map(|(construct, by)| {
            let feature = construct.feature.map(|id| Catalogue::get().feature(id));
            Fate { construct, feature, by: *by }
        })
    }

    /// The way to each construct, in the same order: `jobs.build.steps[2].run`. Each is made of the one around it.
    #[must_use]
    pub fn ways(&self, document: &Document) -> Vec<String> {
        let mut ways: Vec<String> = Vec::with_capacity(self.constructs.len());
        for construct in &self.constructs {
            let around = construct.parent.and_then(|parent| ways.get(parent as usize));
            let mut way = around.cloned().unwrap_or_default();
            match construct.role {
                Role::Pair(key) => {
                    if !way.is_empty() {
                        way.push('.');
                    }
                    way.push_str(document.tree().text(key).unwrap_or_default());
                }
                // Writing to a String cannot fail.
                Role::Item(place) => drop(write!(way, "[{place}]")),
                Role::Part | Role::Implicit => {}
            }
            ways.push(way);
        }
        ways
    }

    /// How many have each fidelity.
    #[must_use]
    pub fn count(&self) -> Fidelities {
        let mut counts = Fidelities::default();
        for fidelity in self.iter().filter_map(|fate| fate.fidelity()) {
            counts.get_mut(fidelity.index()).into_iter().for_each(|count| *count += 1);
        }
        counts
    }

    /// The features that keep their meaning nearly, or lose it, each once.
    #[must_use]
    pub fn inexact(&self) -> Vec<&'static str> {
        let is_inexact =
            |fate: &Fate<'_>| matches!(fate.fidelity(), Some(Fidelity::Approximate | Fidelity::Dropped(_)));
        let ids = self.iter().filter(is_inexact).filter_map(|fate| Some(fate.feature?.id.as_str()));
        ids.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

/// What a reason for a verdict makes of the construct that it is found in. What never runs as it is written nobody can tell of.
const fn fidelity(outcome: Verdict) -> Fidelity {
    match outcome {
        Verdict::Keep => Fidelity::Keep,
        Verdict::Redesign | Verdict::Edits => Fidelity::NeedsPerson,
        Verdict::Broken | Verdict::Template | Verdict::Undetermined | Verdict::Automatic => {
            Fidelity::Undetermined
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::{Assessment, Profile};
    use crate::graph::{ActionBundle, Actions, Family};
    use crate::model::call::{Bundle, Program, Reference, Rules};
    use crate::read::{Limits, read_workflow};

    /// Each construct with its way, what becomes of it, and the rule that says so.
    fn fates(source: &str) -> Vec<(String, &'static str, &'static str)> {
        fates_of(source, &Profile::default())
    }

    /// The same for a profile.
    fn fates_of(source: &str, profile: &Profile) -> Vec<(String, &'static str, &'static str)> {
        look(source, profile, |fates, document| {
            assert_eq!(fates.count().iter().sum::<usize>(), fates.iter().count(), "each has a fidelity");
            let paths =
                (0..fates.constructs.len()).map(|at| crate::features::path(document, &fates.constructs, at));
            let ways = fates.ways(document);
            assert_eq!(ways, paths.collect::<Vec<_>>());
            let all = fates.iter().zip(ways);
            let told =
                |fate: Fate<'_>| (fate.fidelity().unwrap().name(), fate.rule().map_or("", |rule| rule.id));
            all.map(|(fate, way)| (way, told(fate).0, told(fate).1)).collect()
        })
    }

    /// Looks at what becomes of the constructs of a workflow, for a profile.
    fn look<T>(source: &str, profile: &Profile, look: impl FnOnce(&Fates, &Document) -> T) -> T {
        let limits = Limits::default();
        let bundle =
            Bundle::alone(Reference::local(".github/workflows/ci.yml"), read_workflow(source, &limits));
        let program = Program::of(&bundle, &Rules::default());
        let family = Family::of(&program);
        let loaded = ActionBundle::load(&family, &(), &limits);
        let actions = Actions::of(&loaded);
        let assessment = Assessment::of(&WorkflowSight::new(&family, &actions, profile));
        look(&assessment.fates, family.root().unwrap().workflow.document)
    }

    fn of(source: &str, wanted: &str) -> (&'static str, &'static str) {
        let all = fates(source);
        // The innermost of those with this way.
        let found = all.iter().rev().find(|(way, ..)| way == wanted);
        found.map(|(_, fidelity, rule)| (*fidelity, *rule)).unwrap()
    }

    #[test]
    fn tables_name_what_the_catalogue_and_the_rules_have() {
        let catalogue = Catalogue::get();
        let ids = explained::SETTLED.iter().map(|(id, _)| *id);
        let ids = ids.chain(plain_use::VALUES.iter().map(|(id, ..)| *id)).chain(plain_use::EMPTY);
        let ids =
            ids.chain(plain_use::BODIES.iter().map(|(id, _)| *id)).chain(parts::OTHERS).chain(parts::GITHUBS);
        for id in ids.chain([parts::USED]) {
            assert!(catalogue.named(id).is_some(), "there is no feature {id}");
        }
        let valued: BTreeSet<_> = plain_use::VALUES.iter().map(|(id, ..)| *id).collect();
        assert_eq!(
            valued.len(),
            plain_use::VALUES.len(),
            "a feature has one value for which nothing differs"
        );
        let begins = explained::FEATURES.iter().map(|(begin, _)| *begin).chain([plain_use::RIGHT]);
        for begin in begins {
            let has = catalogue.features().any(|(_, feature)| feature.id.starts_with(begin));
            assert!(has, "no feature begins with {begin}");
        }
        for (key, ..) in explained::BELOW {
            let has = catalogue.features().any(|(_, feature)| feature.id.ends_with(&format!(".{key}")));
            assert!(has, "there is no key {key}");
        }
        let rules = explained::BELOW.iter().map(|(.., rules)| *rules);
        for rule in rules.chain(explained::FEATURES.iter().map(|(_, rules)| *rules)).flatten() {
            assert!(crate::assess::rules::named(rule).is_some(), "there is no rule {rule}");
        }
    }

    #[test]
    fn parts_of_the_context_that_webhooks_have_differ_without_one() {
        for (part, _) in plain_use::BODIES {
            let below = format!("{part}.");
            let is_part = |id: &str| id == part || id.starts_with(&below);
            let features = Catalogue::get().features().filter(|(_, feature)| is_part(&feature.id));
            for (_, feature) in features {
                assert_eq!(feature.fidelity, Some(Fidelity::Approximate), "{}", feature.id);
            }
        }
    }

    fn job(runs_on: &str, steps: &str) -> String {
        format!(
            "on: push\njobs:\n  a:\n    runs-on: {runs_on}\n    steps:\n{steps}  b:\n    runs-on: ubuntu-24.04\n    steps: [{{run: make}}]\n"
        )
    }

    #[test]
    fn what_is_found_counts_for_its_script_its_step_or_what_the_step_uses() {
        let script = "    - name: x\n      run: kubectl get\n";
        let stale = "    - uses: actions/stale@v9\n      with: {days: 3}\n    - run: make\n";
        let unknown = "    - uses: a/b@v9\n      with: {c: 3}\n";
        let build = "    - if: failure()\n      uses: docker/build-push-action@v6\n      with: {tags: x}\n";
        let known = "    - uses: Actions/Checkout@v4\n      with: {ref: x}\n    - uses: jlumbroso/free-disk-space@v1\n      with: {a: b}\n";
        for (steps, way, fidelity, rule) in [
            (script, "steps[0].run", "needs-person", "tool-missing"),
            (script, "steps[0].name", "approximate", ""),
            (stale, "steps[0].with.days", "keep", "keep-action"),
            (unknown, "steps[0].with.c", "undetermined", "unknown-action"),
            // What somebody has to change of an action leaves the rest of its step.
            (build, "steps[0].with.tags", "needs-person", "docker-daemon"),
            (build, "steps[0].if", "exact", ""),
            // The table of actions counts before that of features.
            (known, "steps[0].uses", "approximate", ""),
            (known, "steps[0].with.ref", "exact", ""),
            (known, "steps[1].with.a", "dropped", ""),
        ] {
            let source = job("ubuntu-24.04", steps);
            assert_eq!(of(&source, &format!("jobs.a.{way}")), (fidelity, rule), "{way} of {steps}");
            for other in ["jobs.b.runs-on", "jobs.b.steps[0].run"] {
                assert_eq!(of(&source, other).1, "", "{steps}");
            }
        }
    }

    #[test]
    fn a_program_is_that_of_the_image_unless_it_is_another() {
        let image = "perhaps of another version";
        for (container, program, expected) in [
            ("", "make", "approximate"),
            ("", "/opt/x/y", "approximate"),
            ("", "./gradlew", "exact"),
            ("", "vendor/bin/phpunit", "exact"),
            ("container: ruby:3.4", "bundle", "exact"),
        ] {
            let source = format!(
                "on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    {container}\n    steps: [{{run: {program} test}}]\n"
            );
            look(&source, &Profile::default(), |fates, _| {
                let tool = Catalogue::get().tool();
                let fate = fates.iter().find(|fate| fate.construct.feature == tool).unwrap();
                assert_eq!(fate.fidelity().unwrap().name(), expected, "{program}: {}", fate.how());
                assert_eq!(
                    fate.how().contains(image),
                    expected == "approximate",
                    "{program}: {}",
                    fate.how()
                );
            });
        }
    }

    #[test]
    fn a_step_that_runs_only_in_legs_that_stay_stays() {
        let source = "on: push\njobs:\n  a:\n    strategy: {matrix: {os: [ubuntu-24.04, windows-2025]}}\n    \
                      runs-on: '${{ matrix.os }}'\n    steps:\n    - {if: runner.os == 'Windows', shell: cmd, run: vcpkg install x}\n    \
                      - {if: runner.os == 'Linux', run: kubectl get pods}\n    - run: make\n";
        for (way, fidelity, rule) in [
            ("steps[0].shell", "keep", "keep-os"),
            ("steps[0].run", "keep", "keep-os"),
            ("steps[1].run", "needs-person", "tool-missing"),
            ("steps[2].run", "approximate", ""),
        ] {
            assert_eq!(of(source, &format!("jobs.a.{way}")), (fidelity, rule), "{way}");
        }
    }

    #[test]
    fn what_github_ignores_below_an_event_asks_nobody() {
        for (on, way) in [
            ("{workflow_dispatch: {branches: [main]}}", "on.workflow_dispatch.branches"),
            ("{create: {tags: [v1]}}", "on.create.tags"),
            ("{release: {types: [published], branches: [main]}}", "on.release.branches"),
            ("{merge_group: {paths-ignore: [x]}}", "on.merge_group.paths-ignore"),
            ("{issues: {types: [shut]}}", "on.issues.types"),
        ] {
            let source =
                format!("on: {on}\njobs: {{a: {{runs-on: ubuntu-24.04, steps: [{{run: make}}]}}}}\n");
            for (at, fidelity, rule) in fates(&source) {
                assert_ne!((fidelity, rule), ("needs-person", "needs-person"), "{on}: {at}");
            }
            assert_ne!(of(&source, way).0, "needs-person", "{on}");
        }
    }

    #[test]
    fn the_name_of_a_group_is_as_its_parts() {
        let source = "on: push\njobs:\n  a:\n    strategy: {matrix: {x: [1, 2]}}\n    concurrency: {group: 'a-${{ github.ref }}-${{ matrix.x }}'}\n    \
                      runs-on: ubuntu-24.04\n    steps: [{run: make}]\n";
        assert_eq!(of(source, "jobs.a.concurrency.group").1, "group-over-needs");
        let named = fates(source).into_iter().filter(|(_, _, rule)| *rule == "group-over-needs").count();
        assert!((2..=4).contains(&named), "{named}");
    }

    #[test]
    fn what_stays_stays_with_all_its_parts() {
        let mac = job("macos-15", "    - run: kubectl get\n");
        assert_eq!(of(&mac, "jobs.a.steps[0].run"), ("keep", "keep-os"));
        assert_eq!(of(&mac, "jobs.b.steps[0].run").1, "");
        assert_eq!(of(&mac, "on").1, "");
        let all = "on: push\njobs: {a: {runs-on: macos-15, steps: [{run: make}]}}\n";
        assert_eq!(of(all, "on"), ("keep", "keep-os"));
    }

    #[test]
    fn some_values_leave_no_difference() {
        let source = |permissions: &str, fail_fast: &str| {
            format!(
                "on: push\npermissions: {permissions}\njobs:\n  a:\n    strategy: {{fail-fast: {fail_fast}, matrix: {{x: [1]}}}}\n    runs-on: ubuntu-24.04\n    steps: [{{run: make}}]\n"
            )
        };
        for (permissions, fail_fast, way, fidelity) in [
            ("{contents: read}", "true", "permissions", "approximate"),
            ("{}", "true", "permissions", "exact"),
            ("&rights { }", "true", "permissions", "exact"),
            ("{contents: read}", "true", "permissions.contents", "approximate"),
            ("{contents: none}", "true", "permissions.contents", "exact"),
            ("{contents: \"none\"}", "true", "permissions.contents", "exact"),
            ("{contents: &none none, issues: *none}", "true", "permissions.issues", "exact"),
            ("{}", "true", "jobs.a.strategy.fail-fast", "approximate"),
            ("{}", "false", "jobs.a.strategy.fail-fast", "exact"),
            ("{}", "False", "jobs.a.strategy.fail-fast", "exact"),
        ] {
            assert_eq!(
                of(&source(permissions, fail_fast), way).0,
                fidelity,
                "{permissions} {fail_fast}: {way}"
            );
        }
    }

    #[test]
    fn what_has_a_body_for_each_event_is_exact() {
        let source = |on: &str| {
            format!(
                "on: {on}\njobs: {{a: {{runs-on: ubuntu-24.04, steps: [{{run: make, if: github.event.repository.private}}]}}}}\n"
            )
        };
        let of = |on: &str| {
            fates(&source(on))
                .iter()
                .filter(|(way, fidelity, _)| way == "jobs.a.steps[0].if" && *fidelity == "approximate")
                .count()
        };
        assert_eq!(of("push"), 0);
        assert!(of("[push, workflow_dispatch]") > 0);
    }

    #[test]
    fn of_a_job_that_runs_nobody_knows_where_nobody_can_tell() {
        let source = job("${{ vars.RUNNER }}", "    - run: make\n");
        assert_eq!(of(&source, "jobs.a.steps[0].run"), ("undetermined", "unknown-runner"));
        assert_eq!(of(&source, "jobs.b.steps[0].run").1, "");
    }

    #[test]
    fn of_what_never_runs_as_it_is_written_nobody_can_tell() {
        let template =
            "on: {push: {branches: [$default-branch]}}\njobs: {a: {runs-on: x, steps: [{run: make}]}}\n";
        assert_eq!(of(template, "jobs.a.steps[0].run"), ("undetermined", "template"));
    }

    #[test]
    fn words_of_a_row_are_those_of_the_use() {
        let source = "on: pull_request\npermissions: {contents: write}\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    permissions: {}\n    steps:\n\
                      \x20   - uses: actions/checkout@v4\n      with:\n        persist-credentials: False\n\
                      \x20   - run: pip install pytest\n    - run: pytest\n      if: github.actor == 'x'\n    - run: jq .\n";
        for (way, fidelity) in [
            ("jobs.a.steps[0].uses", "exact"),
            ("jobs.a.steps[2].run", "exact"),
            ("jobs.a.steps[2].if", "exact"),
            ("jobs.a.steps[3].run", "approximate"),
            ("permissions", "exact"),
            ("permissions.contents", "exact"),
        ] {
            assert_eq!(of(source, way).0, fidelity, "{way}");
        }
    }

    #[test]
    fn an_action_that_is_given_another_token_does_the_same_with_it() {
        for (token, fidelity) in [
            ("'${{ secrets.PAT }}'", "exact"),
            ("'${{ steps.app.outputs.token }}'", "exact"),
            ("'${{ secrets.GITHUB_TOKEN }}'", "approximate"),
            ("'${{ secrets.github_token }}'", "approximate"),
            ("\"${{ github['token'] }}\"", "approximate"),
            ("'${{ secrets.PAT || github.token }}'", "approximate"),
            ("'${{ inputs.token }}'", "approximate"),
            ("'${{ env.TOKEN }}'", "approximate"),
            ("''", "approximate"),
        ] {
            let steps =
                format!("    - uses: actions/github-script@v7\n      with: {{github-token: {token}}}\n");
            assert_eq!(of(&job("ubuntu-24.04", &steps), "jobs.a.steps[0].uses").0, fidelity, "{token}");
        }
    }

    #[test]
    fn what_somebody_has_said_or_supplied_asks_for_nobody() {
        let source = job("ubuntu-24.04", "    - uses: docker/build-push-action@v6\n");
        let profile = Profile { has_docker: true, ..Profile::default() };
        assert_eq!(of_profile(&source, "jobs.a.steps[0].uses", &profile), "exact");
        assert_eq!(of(&source, "jobs.a.steps[0].uses"), ("needs-person", "docker-daemon"));
    }

    /// The fidelity of the innermost construct with this way, for a profile.
    fn of_profile(source: &str, wanted: &str, profile: &Profile) -> &'static str {
        let all = fates_of(source, profile);
        all.iter().rev().find(|(way, ..)| way == wanted).map(|(_, fidelity, _)| *fidelity).unwrap()
    }
}
