//! The steps of jobs that use actions, themselves or by way of composite actions.

use super::{Workspace, of_target};
use crate::graph::checkout::is_at_hand;
use crate::graph::{Family, Job, Local};
use crate::model::Uses;
use crate::model::call::{Home, Reference};
use crate::values::uses::StepUses;

/// A step of a job.
#[derive(Clone, Copy)]
pub(crate) struct UserStep<'f, 'd> {
    pub(crate) family: &'f Family<'d>,
    /// The file of the job.
    pub(crate) file: usize,
    pub(crate) job: &'f Job<'d>,
    /// The place of the step in it.
    pub(crate) at: usize,
}

impl UserStep<'_, '_> {
    /// The folder of the action that the step uses; `None` where it is an image or only a run knows.
    pub(super) fn folder(self, uses: &Uses<'_>) -> Option<Reference> {
        match uses.target? {
            StepUses::Workspace(path) => self.of_workspace(path.text),
            other => of_target(&self.family.program.bundle.files().get(self.file)?.reference, &other),
        }
    }

    /// The folder that `./path` is when the step runs; `None` where only a run knows.
    pub(super) fn of_workspace(self, path: &str) -> Option<Reference> {
        match self.job.folder(self.at, path) {
            // A called workflow checks out the repository of its caller
            // (https://docs.github.com/en/actions/concepts/workflows-and-actions/reusing-workflow-configurations).
            Local::Own { path, reference } if reference.is_none_or(is_at_hand) => {
                let first = self.family.program.bundle.files().first()?;
                Some(Reference { repository: first.reference.repository.clone(), path })
            }
            Local::Other { repository, reference: Some(reference), path } if !repository.contains("${{") => {
                let (owner, name) = repository.split_once('/')?;
                let home =
                    Home { owner: owner.to_owned(), name: name.to_owned(), reference: reference.to_owned() };
                Some(Reference { repository: Some(home), path })
            }
            _ => None,
        }
    }

    /// What tells its workspace from those of other steps.
    pub(super) fn workspace(self) -> Workspace {
        let before = self.job.checkouts().iter().take_while(|checkout| checkout.step < self.at);
        (self.file, self.job.id, before.count())
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::{ActionBundle, ActionFiles, Actions, Family, Target};
    use crate::model::StepKind;
    use crate::model::call::{Bundle, Lookup, Program, Reference, Rules, WorkflowFiles};
    use crate::read::{Limits, read_workflow};

    /// Composite actions by their folders, with what they use; and a workflow of another repository.
    struct Folders<'f>(&'f [(&'f str, &'f [&'f str])], &'f str);

    impl ActionFiles for Folders<'_> {
        fn look_up(&self, folder: &Reference) -> Lookup {
            let Some((_, uses)) = self.0.iter().find(|(name, _)| *name == folder.to_string()) else {
                return Lookup::NotThere;
            };
            let steps: String = uses.iter().map(|uses| format!("    - uses: {uses}\n")).collect();
            let steps = if steps.is_empty() { "    - {run: make, shell: sh}\n".to_owned() } else { steps };
            let text = format!("name: x\ndescription: x\nruns:\n  using: composite\n  steps:\n{steps}");
            Lookup::Text(text.into())
        }
    }

    impl WorkflowFiles for Folders<'_> {
        fn look_up(&self, reference: &Reference) -> Lookup {
            if reference.repository.is_some() { Lookup::Text(self.1.into()) } else { Lookup::NotThere }
        }
    }

    /// The actions that are read for a workflow, and what the first step of the first of them came to.
    fn read(steps: &str, folders: &[(&str, &[&str])], called: &str) -> (Vec<String>, Option<Target>) {
        let source = match called {
            "" => format!("on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n{steps}"),
            _ => "on: push\njobs:\n  a:\n    uses: o/w/.github/workflows/w.yml@v1\n".to_owned(),
        };
        let (limits, files) = (Limits::default(), Folders(folders, called));
        let path = Reference::local(".github/workflows/ci.yml");
        let bundle = Bundle::load(path, read_workflow(source, &limits), &files, &limits);
        let program = Program::of(&bundle, &Rules::default());
        let family = Family::of(&program);
        let loaded = ActionBundle::load(&family, &files, &limits);
        let actions = Actions::of(&loaded);
        let names = loaded.files().iter().map(|file| file.folder.to_string()).collect();
        let nested = actions.models.first().and_then(|model| {
            let (file, graph) = family.graphs.iter().enumerate().next_back()?;
            let (job, at) = (graph.jobs.first()?, graph.jobs.first()?.steps()?.steps.len() - 1);
            let crate::model::Runs::Composite { steps, .. } = &model.runs.as_ref()?.value else {
                return None;
            };
            let StepKind::Uses(uses) = &steps.first()?.kind else { return None };
            actions.nested_target(0, uses, Some(super::UserStep { family: &family, file, job, at }))
        });
        (names, nested)
    }

    const CHECKOUT: &str = "      - uses: actions/checkout@v5\n";

    #[test]
    fn a_folder_that_an_action_uses_is_one_of_the_workspace() {
        let (inner, none): (&[&str], &[&str]) = (&["./b"], &[]);
        for (steps, folders, expected, nested) in [
            // The repository is at the root of the workspace.
            (
                format!("{CHECKOUT}      - uses: ./a\n"),
                [("a", inner), ("b", none)],
                &["a", "b"][..],
                Some(Target::Action(1)),
            ),
            // It is in a folder: ./b is not in it.
            (
                format!("{CHECKOUT}        with: {{path: src}}\n      - uses: ./src/a\n"),
                [("a", inner), ("b", none)],
                &["a"],
                None,
            ),
            (
                format!("{CHECKOUT}        with: {{path: src}}\n      - uses: ./src/a\n"),
                [("a", &["./src/b"]), ("b", none)],
                &["a", "b"],
                Some(Target::Action(1)),
            ),
            // An action of another repository has the same workspace.
            (
                format!("{CHECKOUT}      - uses: o/r@v1\n"),
                [("o/r@v1", inner), ("b", none)],
                &["o/r@v1", "b"],
                Some(Target::Action(1)),
            ),
            // The commit that runs is named, and another one.
            (
                format!("{CHECKOUT}        with: {{ref: '${{{{ github.sha }}}}'}}\n      - uses: ./a\n"),
                [("a", none), ("b", none)],
                &["a"],
                None,
            ),
            (
                format!("{CHECKOUT}        with: {{ref: main}}\n      - uses: ./a\n"),
                [("a", none), ("b", none)],
                &[],
                None,
            ),
            // Nothing is checked out.
            ("      - uses: o/r@v1\n".to_owned(), [("o/r@v1", inner), ("b", none)], &["o/r@v1"], None),
            // It is not there.
            (
                format!("{CHECKOUT}      - uses: ./a\n"),
                [("a", inner), ("c", none)],
                &["a"],
                Some(Target::NotThere),
            ),
        ] {
            let (names, target) = read(&steps, &folders, "");
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            assert_eq!((names.as_slice(), target), (expected, nested), "{steps}");
        }
    }

    #[test]
    fn two_workspaces_of_one_action_are_both_looked_at() {
        let steps = format!(
            "{CHECKOUT}      - uses: o/r@v1\n  c:\n    runs-on: x\n    steps:\n{CHECKOUT}        with: {{path: src}}\n      - uses: o/r@v1\n"
        );
        let (names, _) = read(&steps, &[("o/r@v1", &["./b", "./src/c"]), ("b", &[]), ("c", &[])], "");
        assert_eq!(names, ["o/r@v1", "b", "c"]);
    }

    #[test]
    fn actions_that_use_each_other_end() {
        let steps = format!("{CHECKOUT}      - uses: ./a\n");
        let (names, _) = read(&steps, &[("a", &["./b"]), ("b", &["./a", "./b"])], "");
        assert_eq!(names, ["a", "b"]);
    }

    /// A called workflow of another repository checks out the repository of its caller.
    #[test]
    fn a_called_workflow_has_the_workspace_of_its_caller() {
        let called = format!(
            "on: workflow_call\njobs:\n  a:\n    runs-on: x\n    steps:\n{CHECKOUT}      - uses: ./a\n"
        );
        let (names, target) = read("", &[("a", &["./b"]), ("b", &[])], &called);
        assert_eq!(names, ["a", "b"]);
        assert_eq!(target, Some(Target::Action(1)));
    }
}
