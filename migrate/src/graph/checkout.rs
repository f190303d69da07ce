//! What `./path` of a step is: it depends on what the job checked out before.
//!
//! `uses: ./path` is a folder of the workspace. `actions/checkout` puts the repository of the workflow there, or another
//! one, at the root or in a folder of its own.

use super::flow::{action, input, uses};
use super::job::Job;
use crate::expression::Truth;
use crate::model::Uses;
use crate::values::uses::StepUses;

/// What a folder of the workspace is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Local<'d> {
    /// A folder of the repository that the workflow runs for, at the commit that runs unless `reference` says otherwise.
    Own {
        /// The folder there; empty for the root.
        path: String,
        /// `ref` of the checkout, as it is written.
        reference: Option<&'d str>,
    },
    /// A folder of another repository.
    Other {
        /// `repository` of the checkout, as it is written.
        repository: &'d str,
        /// `ref` of the checkout, as it is written.
        reference: Option<&'d str>,
        /// The folder there; empty for the root.
        path: String,
    },
    /// Nothing was checked out there before: a script may have put something there.
    NotCheckedOut,
    /// Only a run knows where the checkout went.
    Unknown,
}

/// A checkout of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout<'d> {
    /// The place of the step.
    pub step: usize,
    /// `repository`, as it is written; `None`: the one that the workflow runs for.
    pub repository: Option<&'d str>,
    /// `ref`, as it is written.
    pub reference: Option<&'d str>,
    /// `path` as a folder of the workspace, empty for the root; `None` where it is an expression.
    pub path: Option<String>,
    /// Whether it leaves what is there, if that is of the same repository: `clean: false`.
    pub keeps: bool,
    /// Whether it runs whenever the steps behind it do: it has no condition.
    pub is_certain: bool,
}

/// Whether a step uses `actions/checkout`.
pub(super) fn is_checkout(uses: &Uses<'_>) -> bool {
    action(uses).is_some_and(|(name, _)| name == "actions/checkout")
}

/// What a job checks out with `actions/checkout`, where that ever runs.
pub(super) fn checkouts<'d>(job: &Job<'d>) -> Vec<Checkout<'d>> {
    let document = job.workflow.document;
    let found = uses(job).filter(|(_, uses)| is_checkout(uses)).filter_map(|(step, uses)| {
        let condition = job.steps()?.steps.get(step)?.condition.as_ref();
        let truth = condition.map_or(Truth::True, |condition| condition.value.truth());
        if truth == Truth::False {
            return None;
        }
        let text = |key| {
            input(document, uses.with.as_ref(), key).map(|(_, text)| text).filter(|text| !text.is_empty())
        };
        let path = text("path").unwrap_or_default();
        Some(Checkout {
            step,
            repository: text("repository").filter(|name| !is_own(name)),
            reference: text("ref"),
            path: (!path.contains("${{")).then(|| folder(path)),
            keeps: text("clean").is_some_and(|clean| clean.trim() == "false"),
            is_certain: truth == Truth::True,
        })
    });
    found.collect()
}

impl<'d> Job<'d> {
    /// What the job checks out with `actions/checkout`, in the order of its steps.
    #[must_use]
    pub fn checkouts(&self) -> &[Checkout<'d>] {
        &self.checked_out
    }

    /// What a step's `uses: ./path` is; `None` if it uses something else. `at` is the place of the step.
    #[must_use]
    pub fn local(&self, at: usize, uses: &Uses<'_>) -> Option<Local<'d>> {
        let Some(StepUses::Workspace(path)) = uses.target else { return None };
        Some(self.folder(at, path.text))
    }

    /// What `./path` is when the step at a place runs.
    pub(super) fn folder(&self, at: usize, path: &str) -> Local<'d> {
        let wanted = folder(path);
        // One of these is what is there, the last one unless it did not run.
        let mut perhaps: Vec<(&Checkout<'d>, &str)> = Vec::new();
        for checkout in self.checked_out.iter().take_while(|checkout| checkout.step < at) {
            let Some(base) = &checkout.path else { return Local::Unknown };
            let Some(rest) = below(&wanted, base) else { continue };
            if perhaps.last().is_some_and(|(inner, _)| self.is_spared(inner, checkout)) {
                continue;
            }
            if checkout.is_certain {
                perhaps.clear();
            }
            perhaps.push((checkout, rest));
        }
        let Some(((last, path), others)) = perhaps.split_last() else { return Local::NotCheckedOut };
        let is_same = |(other, rest): &(&Checkout<'d>, &str)| {
            (other.repository, other.reference, rest) == (last.repository, last.reference, path)
        };
        if !others.iter().all(is_same) {
            return Local::Unknown;
        }
        let (path, reference) = ((*path).to_owned(), last.reference);
        match last.repository {
            Some(repository) => Local::Other { repository, reference, path },
            None => Local::Own { path, reference },
        }
    }

    /// Whether a checkout in a folder outlives a later one around it. That takes away whatever is there, unless it is to leave it and
    /// finds its own repository (actions/checkout: src/git-directory-helper.ts, `prepareExistingDirectory`).
    fn is_spared(&self, inner: &Checkout<'d>, later: &Checkout<'d>) -> bool {
        let length = |checkout: &Checkout<'_>| checkout.path.as_ref().map_or(0, String::len);
        let was_there = |checkout: &Checkout<'_>| {
            (&checkout.path, checkout.repository) == (&later.path, later.repository)
        };
        let mut before = self.checked_out.iter().take_while(|checkout| checkout.step < later.step);
        later.keeps && length(inner) > length(later) && before.any(was_there)
    }

    /// The steps that use a folder of the workspace, with what it is.
    pub fn locals(&self) -> impl Iterator<Item = (usize, &'d Uses<'d>, Local<'d>)> + '_ {
        uses(self).filter_map(|(at, uses)| Some((at, uses, self.local(at, uses)?)))
    }
}

/// Whether an expression is the repository of the workflow itself.
fn is_own(repository: &str) -> bool {
    let inner = repository.strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}"));
    inner.is_some_and(|inner| inner.trim().eq_ignore_ascii_case("github.repository"))
}

/// Values that name the commit or the change which a run is about.
const AT_HAND: [&str; 12] = [
    "github.sha",
    "github.ref",
    "github.ref_name",
    "github.head_ref",
    "github.workflow_sha",
    "github.event.after",
    "github.event.merge_group.head_sha",
    "github.event.pull_request.head.ref",
    "github.event.pull_request.head.sha",
    "github.event.pull_request.merge_commit_sha",
    "github.event.workflow_run.head_branch",
    "github.event.workflow_run.head_sha",
];

/// The same of a pull request, by its number.
const PULL_REQUEST: [&str; 2] =
    ["refs/pull/${{github.event.pull_request.number}}/merge", "refs/pull/${{github.event.number}}/merge"];

/// So many bytes of a `ref` are looked at.
const MAX_REFERENCE: usize = 256;

/// Whether a `ref` is the commit or the change that a run is about: what it has is taken to be as in the files at hand. The first
/// two are what a checkout takes by itself (README of actions/checkout).
pub(crate) fn is_at_hand(reference: &str) -> bool {
    // Each step that uses a folder asks.
    if reference.len() > MAX_REFERENCE {
        return false;
    }
    let dense: String = reference.split_whitespace().collect();
    let dense = dense.to_ascii_lowercase();
    let inner = dense.strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}"));
    let is_value = inner.is_some_and(|inner| inner.split("||").all(|value| AT_HAND.contains(&value)));
    is_value || PULL_REQUEST.contains(&dense.replace("/head", "/merge").as_str())
}

/// A path without `.`, and with `..` taken away as far as it goes.
fn folder(path: &str) -> String {
    let mut names: Vec<&str> = Vec::new();
    for name in path.split(['/', '\\']) {
        match name {
            "" | "." => {}
            ".." if names.last().is_some_and(|last| *last != "..") => {
                names.pop();
            }
            name => names.push(name),
        }
    }
    names.join("/")
}

/// The rest of a path below a folder.
fn below<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    if folder.is_empty() {
        return (!path.starts_with("..")).then_some(path);
    }
    let rest = path.strip_prefix(folder)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Graph;
    use crate::model::Workflow;
    use crate::read::{Limits, read_workflow};
    use crate::work::steps_of;

    #[test]
    fn refs_of_the_run_are_at_hand() {
        for (reference, expected) in [
            ("${{ github.sha }}", true),
            ("${{GitHub.Ref}}", true),
            ("${{ github.event.pull_request.head.sha || github.sha }}", true),
            ("refs/pull/${{ github.event.pull_request.number }}/head", true),
            ("refs/pull/${{ github.event.number }}/merge", true),
            ("main", false),
            ("${{ inputs.ref || github.sha }}", false),
            ("${{ github.base_ref }}", false),
            ("release-${{ github.sha }}", false),
            ("", false),
        ] {
            assert_eq!(is_at_hand(reference), expected, "{reference}");
        }
    }

    const CHECKOUT: &str = "uses: actions/checkout@v4";
    const OTHER: &str = "uses: actions/checkout@v4\n        with: {repository: o/r, ref: v1}";
    const OTHER_IN_X: &str = "uses: actions/checkout@v4\n        with: {path: x, repository: o/r, ref: v1}";
    const IN_SRC: &str = "uses: actions/checkout@v4\n        with: {path: src}";
    const UNCLEAN: &str = "uses: actions/checkout@v4\n        with: {clean: false}";
    const ON_PUSH: &str = "uses: actions/checkout@v4\n        if: github.event_name == 'push'";

    fn own(path: &str) -> Local<'static> {
        Local::Own { path: path.to_owned(), reference: None }
    }

    fn other(path: &str) -> Local<'static> {
        Local::Other { repository: "o/r", reference: Some("v1"), path: path.to_owned() }
    }

    /// The only `./PATH` of a job with these steps.
    fn assert_found(steps: &[&str], expected: &Local<'_>) {
        let steps: String = steps.iter().map(|step| format!("      - {step}\n")).collect();
        let source = format!("on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n{steps}");
        let document = read_workflow(source.clone(), &Limits::default());
        let workflow = Workflow::of(&document);
        let graph = Graph::of(&workflow);
        let found: Vec<_> = graph.jobs[0].locals().map(|(_, _, local)| local).collect();
        assert_eq!(found, std::slice::from_ref(expected), "{source}");
    }

    #[test]
    fn local_actions_are_found_through_the_checkout_of_their_folder() {
        for (steps, expected) in [
            (&[CHECKOUT, "uses: ./a/b"][..], own("a/b")),
            (&[CHECKOUT, "uses: ./"], own("")),
            (&[CHECKOUT, "uses: ./a/../b/"], own("b")),
            (&["uses: ./a"], Local::NotCheckedOut),
            (&["uses: ./a", CHECKOUT], Local::NotCheckedOut),
            (&["uses: Actions/Checkout@v4\n        with: {path: src}", "uses: ./src/a"], own("a")),
            (&["uses: actions/checkout@v4\n        with: {path: ./src/}", "uses: ./src"], own("")),
            (&[IN_SRC, "uses: ./srcs/a"], Local::NotCheckedOut),
            (
                &[
                    "uses: actions/checkout@v4\n        with: {repository: '${{ github.repository }}'}",
                    "uses: ./a",
                ],
                own("a"),
            ),
            (
                &["uses: actions/checkout@v4\n        with: {path: '${{ matrix.p }}'}", "uses: ./a"],
                Local::Unknown,
            ),
        ] {
            assert_found(steps, &expected);
        }
    }

    #[test]
    fn a_later_checkout_deletes_what_is_in_its_folder() {
        for (steps, expected) in [
            (&[CHECKOUT, OTHER, "uses: ./a"][..], other("a")),
            (&[CHECKOUT, OTHER_IN_X, "uses: ./x/a"], other("a")),
            (&[OTHER_IN_X, CHECKOUT, "uses: ./x/a"], own("x/a")),
            (&[CHECKOUT, OTHER_IN_X, UNCLEAN, "uses: ./x/a"], other("a")),
            // The first of a folder deletes in any case.
            (&[OTHER_IN_X, UNCLEAN, "uses: ./x/a"], own("x/a")),
        ] {
            assert_found(steps, &expected);
        }
    }

    #[test]
    fn a_checkout_that_never_runs_is_none_and_of_one_that_may_run_nobody_knows() {
        let never = format!("{CHECKOUT}\n        if: false");
        let never_other = format!("{OTHER}\n        if: false");
        let other_on_push = format!("{OTHER}\n        if: github.event_name == 'push'");
        for (steps, expected) in [
            (&[CHECKOUT, &never_other, "uses: ./a"][..], own("a")),
            (&[&never, "uses: ./a"], Local::NotCheckedOut),
            (&[CHECKOUT, &other_on_push, "uses: ./a"], Local::Unknown),
            (&[ON_PUSH, "uses: ./a"], own("a")),
            (&[ON_PUSH, CHECKOUT, "uses: ./a"], own("a")),
        ] {
            assert_found(steps, &expected);
        }
    }

    #[test]
    fn checkouts_are_looked_for_once() {
        let work = |count: usize| {
            let steps = "      - uses: ./a\n".repeat(count);
            let source = format!("on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n{steps}");
            let document = read_workflow(source, &Limits::default());
            let workflow = Workflow::of(&document);
            steps_of(|| assert_eq!(Graph::of(&workflow).jobs[0].locals().count(), count))
        };
        let (few, many) = (work(50), work(200));
        assert!(few >= 50 && many < 5 * few, "{few}, {many}");
    }
}
