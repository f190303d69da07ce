//! A workflow with all that it calls: who gets what, and which jobs a run has in the end.

use super::flow::{Cause, Flow, Inputs};
use super::job::{Effective, JobId};
use super::names::CheckName;
use super::{Graph, Job};
use crate::expression::same;
use crate::model::call::{Link, Program};
use crate::model::{At, Call, CallEvent, CallSecret, Entry, Input, Scalar, Secrets};

/// How many jobs of called workflows are listed at most. GitHub bounds the depth of calls, not what they come to.
const MAX_JOBS: usize = 4096;

/// A workflow with all that it calls.
#[derive(Debug, Clone)]
pub struct Family<'d> {
    /// What it was made of.
    pub program: &'d Program<'d>,
    /// The graph of each file, in the order of the program; that of the workflow that all began with first.
    pub graphs: Vec<Graph<'d>>,
    /// Each call, in the order of files and jobs.
    pub calls: Vec<Called<'d>>,
}

/// A call: a job, and what it comes to.
#[derive(Debug, Clone)]
pub struct Called<'d> {
    /// The file of the job.
    pub file: usize,
    /// The job.
    pub job: JobId,
    /// `uses` and what stands beside it.
    pub call: &'d Call<'d>,
    /// The workflow that is called, if it is known.
    pub link: Link,
    /// What the called workflow has as inputs.
    pub inputs: Vec<Bound<'d>>,
    /// What it has as secrets.
    pub secrets: Vec<BoundSecret<'d>>,
}

/// An input of a called workflow, and its value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound<'d> {
    /// The input.
    pub input: &'d Input<'d>,
    /// Where the value is from.
    pub value: Given<'d>,
}

/// Where the value of an input is from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Given<'d> {
    /// The caller gives it.
    Caller(At<Scalar<'d>>),
    /// It is the default.
    Default(At<Scalar<'d>>),
    /// Nobody says: it is empty, false or 0.
    Nothing,
}

/// A secret of a called workflow, and where it is from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoundSecret<'d> {
    /// Its name in the called workflow.
    pub name: &'d str,
    /// Where it is from.
    pub from: SecretFrom<'d>,
}

/// Where a secret is from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SecretFrom<'d> {
    /// The caller names it.
    Caller(At<Scalar<'d>>),
    /// The caller lets all of its own be seen.
    Inherited,
    /// From nowhere: it is empty.
    Nowhere,
}

/// A job of the run, in a workflow that may be called by way of others.
#[derive(Debug, Clone)]
pub struct RunJob {
    /// The calls by which it is reached, the outermost first: file and job.
    pub way: Vec<(usize, JobId)>,
    /// Its file.
    pub file: usize,
    /// The job.
    pub job: JobId,
    /// What its token may do: what it says itself, else its workflow, else what the caller may do.
    pub permissions: Effective,
    /// The names of its check runs: those of the callers, ` / `, and its own.
    pub checks: Vec<CheckName>,
}

impl<'d> Family<'d> {
    /// The graphs of a program.
    #[must_use]
    pub fn of(program: &'d Program<'d>) -> Self {
        let graphs: Vec<_> = program.workflows.iter().map(Graph::of).collect();
        let mut calls = Vec::new();
        for (file, graph) in graphs.iter().enumerate() {
            for job in &graph.jobs {
                if let Some(call) = job.call() {
                    calls.push(Called::of(program, file, job.id, call));
                }
            }
        }
        Self { program, graphs, calls }
    }

    /// The graph of the workflow that all began with.
    #[must_use]
    pub fn root(&self) -> Option<&Graph<'d>> {
        self.graphs.first()
    }

    /// How a file is called: its path, behind its repository where that is another one.
    #[must_use]
    pub fn file_name(&self, file: usize) -> &'d str {
        self.program.bundle.files().get(file).map_or("", |file| &file.name)
    }

    /// What a job calls.
    #[must_use]
    pub fn call(&self, file: usize, job: JobId) -> Option<&Called<'d>> {
        self.calls.iter().find(|call| call.file == file && call.job == job)
    }

    /// The jobs of a run with those of called workflows, which stand in place of the calls. A call whose workflow is not
    /// known stands for itself. Cycles end where GitHub ends them.
    #[must_use]
    pub fn jobs(&self) -> Vec<RunJob> {
        let mut found = Vec::new();
        let outer = Outer { way: Vec::new(), permissions: None, names: None };
        self.add(0, &outer, &mut found);
        found
    }

    fn add(&self, file: usize, outer: &Outer, found: &mut Vec<RunJob>) {
        let Some(graph) = self.graphs.get(file) else { return };
        for job in &graph.jobs {
            if found.len() >= MAX_JOBS {
                return;
            }
            let permissions = match (job.permissions.given, outer.permissions) {
                (None, Some(caller)) => caller,
                _ => job.permissions,
            };
            let checks = outer.checks(job);
            let called = self.call(file, job.id).map(|call| call.link);
            let is_cycle = |called| called == file || outer.way.iter().any(|(file, _)| *file == called);
            match called {
                Some(Link::Workflow(called)) if !is_cycle(called) => {
                    let mut way = outer.way.clone();
                    way.push((file, job.id));
                    self.add(
                        called,
                        &Outer { way, permissions: Some(permissions), names: Some(checks) },
                        found,
                    );
                }
                _ => found.push(RunJob { way: outer.way.clone(), file, job: job.id, permissions, checks }),
            }
        }
    }

    /// What passes in each file. What an attacker decides passes on to called workflows, by their inputs.
    #[must_use]
    pub fn flows(&self) -> Vec<Flow<'d>> {
        let events: Vec<&str> = self
            .root()
            .and_then(|root| root.workflow.on.as_ref())
            .map(|on| on.list.iter().map(|event| event.name.value).collect())
            .unwrap_or_default();
        let mut inputs: Vec<Vec<(&'d str, Cause<'d>)>> = vec![Vec::new(); self.graphs.len()];
        let mut flows: Vec<Flow<'d>> = Vec::new();
        // Whoever is called stands behind the first one that calls it, so one pass is enough but for calls back.
        for (file, graph) in self.graphs.iter().enumerate() {
            let tainted = inputs.get(file).cloned().unwrap_or_default();
            let flow = graph.flow_with(&Inputs { file, events: &events, tainted: &tainted });
            for (job, name, cause) in &flow.passed {
                let Some(Link::Workflow(called)) = self.call(file, *job).map(|call| call.link) else {
                    continue;
                };
                if let Some(inputs) = inputs.get_mut(called)
                    && !inputs.iter().any(|(known, _)| same(known, name))
                {
                    inputs.push((name, cause.clone()));
                }
            }
            flows.push(flow);
        }
        flows
    }
}

/// What is above a job.
struct Outer {
    way: Vec<(usize, JobId)>,
    permissions: Option<Effective>,
    names: Option<Vec<CheckName>>,
}

impl Outer {
    fn checks(&self, job: &Job<'_>) -> Vec<CheckName> {
        let own = job.check_names();
        let Some(outer) = &self.names else { return own };
        let joined = outer.iter().flat_map(|outer| {
            own.iter().map(move |own| CheckName {
                text: format!("{} / {}", outer.text, own.text),
                is_exact: outer.is_exact && own.is_exact,
            })
        });
        joined.take(MAX_JOBS).collect()
    }
}

impl<'d> Called<'d> {
    fn of(program: &'d Program<'d>, file: usize, job: JobId, call: &'d Call<'d>) -> Self {
        let link = program.link(file, call);
        let event = match link {
            Link::Workflow(called) => {
                program.workflows.get(called).and_then(|of| of.on.as_ref()).and_then(|on| on.call())
            }
            Link::NotThere | Link::NotSupplied => None,
        };
        let inputs = event.map(|event| event.inputs.iter().map(|input| Bound::of(input, call)).collect());
        let secrets = secrets(event, call);
        Self { file, job, call, link, inputs: inputs.unwrap_or_default(), secrets }
    }
}

impl<'d> Bound<'d> {
    fn of(input: &'d Input<'d>, call: &'d Call<'d>) -> Self {
        let given = crate::model::value_of(&call.with, input.name.value);
        let value = match (given, input.default) {
            (Some(given), _) => Given::Caller(given),
            (None, Some(default)) => Given::Default(default),
            (None, None) => Given::Nothing,
        };
        Self { input, value }
    }
}

/// Secrets of the called workflow: those it declares, and those that the caller names all the same. All that the caller has
/// where it says `inherit`; only those that are declared have names here.
fn secrets<'d>(event: Option<&'d CallEvent<'d>>, call: &'d Call<'d>) -> Vec<BoundSecret<'d>> {
    let declared = event.map(|event| event.secrets.as_slice()).unwrap_or_default();
    let given: &[Entry<'d>] = if let Secrets::Given(given) = &call.secrets { &given.value } else { &[] };
    let of_declared = |secret: &CallSecret<'d>| {
        let from = match (crate::model::value_of(given, secret.name.value), &call.secrets) {
            (Some(value), _) => SecretFrom::Caller(value),
            (None, Secrets::Inherit(_)) => SecretFrom::Inherited,
            (None, _) => SecretFrom::Nowhere,
        };
        BoundSecret { name: secret.name.value, from }
    };
    let is_declared = |name: &str| declared.iter().any(|secret| same(secret.name.value, name));
    let others = given.iter().filter_map(|entry| {
        let name = entry.key.value.text().filter(|name| !is_declared(name))?;
        Some(BoundSecret { name, from: SecretFrom::Caller(entry.value) })
    });
    declared.iter().map(of_declared).chain(others).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::job::Origin;
    use crate::model::call::{Bundle, Lookup, Reference, Rules, WorkflowFiles};
    use crate::read::{Limits, read_workflow};
    use crate::values::permission::{Level, Scope};

    /// Files by path, of the repository that all begins with.
    struct Files(&'static [(&'static str, &'static str)]);

    impl WorkflowFiles for Files {
        fn look_up(&self, reference: &Reference) -> Lookup {
            if reference.repository.is_some() {
                return Lookup::NotSupplied;
            }
            let found = self.0.iter().find(|(path, _)| *path == reference.path);
            found.map_or(Lookup::NotThere, |(_, text)| Lookup::Text((*text).into()))
        }
    }

    const ROOT: &str = "\
on: issues
permissions: {contents: read, issues: write}
jobs:
  direct:
    runs-on: x
    steps: [{run: 'true'}]
  call:
    name: Call it
    strategy: {matrix: {v: [1, 2]}}
    uses: ./.github/workflows/called.yml
    with: {TITLE: '${{ github.event.issue.title }}', number: 3}
    secrets: {token: '${{ secrets.T }}', extra: x}
  far:
    permissions: {contents: read}
    uses: o/r/.github/workflows/far.yml@v1
    secrets: inherit
";
    const CALLED: &str = "\
on:
  workflow_call:
    inputs:
      title: {type: string, required: true}
      number: {type: number, default: 1}
      flag: {type: boolean}
      level: {type: string, default: low}
    secrets:
      token: {required: true}
      other: {required: false}
    outputs:
      out: {value: '${{ jobs.inner.outputs.o }}'}
jobs:
  inner:
    runs-on: x
    steps:
      - run: echo ${{ inputs.title }} ${{ inputs.number }}
  less:
    permissions: {issues: read}
    uses: ./.github/workflows/deep.yml
    with: {t: '${{ inputs.title }}'}
";
    const DEEP: &str = "\
on:
  workflow_call:
    inputs:
      t: {type: string}
jobs:
  bottom:
    runs-on: x
    steps: [{run: 'echo ${{ inputs.t }}'}, {run: 'echo ${{ github.event.issue.body }}'}]
";

    fn with<T>(look: impl FnOnce(&Family<'_>) -> T) -> T {
        let files = Files(&[(".github/workflows/called.yml", CALLED), (".github/workflows/deep.yml", DEEP)]);
        let limits = Limits::default();
        let root = Reference::local(".github/workflows/root.yml");
        let bundle = Bundle::load(root, read_workflow(ROOT, &limits), &files, &limits);
        let program = Program::of(&bundle, &Rules::default());
        look(&Family::of(&program))
    }

    #[test]
    fn inputs_and_secrets_are_bound() {
        with(|family| {
            let [call, far, deep] = family.calls.as_slice() else { panic!("three calls") };
            let inputs: Vec<_> = call
                .inputs
                .iter()
                .map(|bound| {
                    let from = match bound.value {
                        Given::Caller(_) => "caller",
                        Given::Default(_) => "default",
                        Given::Nothing => "nothing",
                    };
                    (bound.input.name.value, from)
                })
                .collect();
            assert_eq!(
                inputs,
                [("title", "caller"), ("number", "caller"), ("flag", "nothing"), ("level", "default")]
            );
            let secrets: Vec<_> = call
                .secrets
                .iter()
                .map(|secret| (secret.name, matches!(secret.from, SecretFrom::Caller(_))))
                .collect();
            assert_eq!(secrets, [("token", true), ("other", false), ("extra", true)]);
            assert_eq!((far.link, deep.link), (Link::NotSupplied, Link::Workflow(2)));
        });
    }

    #[test]
    fn jobs_of_called_workflows_stand_in_place_of_calls() {
        with(|family| {
            let jobs: Vec<_> = family
                .jobs()
                .into_iter()
                .map(|job| {
                    let names: Vec<_> = job.checks.into_iter().map(|name| name.text).collect();
                    let given = job.permissions.given.unwrap();
                    (
                        names.join(", "),
                        given.level(Scope::Contents),
                        given.level(Scope::Issues),
                        job.permissions.origin,
                    )
                })
                .collect();
            let row = |names: &str, contents, issues, origin| (names.to_owned(), contents, issues, origin);
            assert_eq!(
                jobs,
                [
                    row("direct", Level::Read, Level::Write, Origin::Workflow),
                    row(
                        "Call it (1) / inner, Call it (2) / inner",
                        Level::Read,
                        Level::Write,
                        Origin::Workflow
                    ),
                    row(
                        "Call it (1) / less / bottom, Call it (2) / less / bottom",
                        Level::None,
                        Level::Read,
                        Origin::Job
                    ),
                    row("far", Level::Read, Level::None, Origin::Job),
                ]
            );
        });
    }

    #[test]
    fn what_attackers_decide_passes_into_called_workflows() {
        with(|family| {
            let shown: Vec<_> = family
                .flows()
                .iter()
                .enumerate()
                .flat_map(|(file, flow)| flow.taints.iter().map(move |taint| (file, taint)))
                .map(|(file, taint)| {
                    let files: Vec<_> = taint.cause.via.iter().map(|hop| hop.file.to_string()).collect();
                    format!("{file}.{} {} by {}", taint.sink.at().step, taint.cause.path, files.join(" "))
                })
                .collect();
            assert_eq!(
                shown,
                [
                    "1.0 github.event.issue.title by 0 1",
                    "2.0 github.event.issue.title by 0 1 2",
                    "2.1 github.event.issue.body by 2",
                ]
            );
        });
    }

    #[test]
    fn called_workflows_are_printed_within_their_callers() {
        let chart = with(crate::graph::mermaid);
        let expected = "\
flowchart LR
  j0[\"direct\"]
  subgraph j1[\"Call it<br/>./.github/workflows/called.yml<br/>2 legs\"]
    j1_j0[\"inner\"]
    subgraph j1_j1[\"less<br/>./.github/workflows/deep.yml\"]
      j1_j1_j0[\"bottom\"]
    end
  end
  j2[[\"far<br/>o/r/.github/workflows/far.yml@v1\"]]
";
        assert_eq!(chart, expected);
        let json: serde_yaml::Value = serde_yaml::from_str(&with(|family| {
            crate::graph::json(family, &crate::graph::Actions::of(&crate::graph::ActionBundle::default()))
        }))
        .unwrap();
        assert_eq!(json["jobs"][1]["calls"]["file"].as_str(), Some(".github/workflows/called.yml"));
        assert_eq!(
            json["jobs"][1]["calls"]["inputs"][3]["at"]["line"].as_u64(),
            Some(7),
            "the default, in its file"
        );
        assert_eq!(json["jobs"][2]["calls"]["unknown"].as_str(), Some("nobody supplied it"));
        assert_eq!(json["called"][1]["untrusted"][0]["via"][0]["at"]["line"].as_u64(), Some(11));
        assert_eq!(json["run"][2]["checks"][1].as_str(), Some("Call it (2) / less / bottom"));
    }

    #[test]
    fn a_cycle_ends() {
        let files = Files(&[(
            ".github/workflows/a.yml",
            "on: workflow_call\njobs:\n  b: {uses: ./.github/workflows/a.yml}\n",
        )]);
        let limits = Limits::default();
        let document = read_workflow("on: push\njobs:\n  a: {uses: ./.github/workflows/a.yml}\n", &limits);
        let bundle = Bundle::load(Reference::local("r.yml"), document, &files, &limits);
        let program = Program::of(&bundle, &Rules::default());
        let jobs = Family::of(&program).jobs();
        assert_eq!(jobs.len(), 1);
        assert_eq!(jobs[0].checks[0].text, "a / b");
    }
}
