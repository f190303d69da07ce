//! Models against those of another reader of workflows (github-actions-models): the same jobs, steps and what they need.

use github_actions_models::common::Uses;
use github_actions_models::common::expr::LoE;
use github_actions_models::workflow::job::{ParallelStep, RunsOn, Step as OtherStep};
use github_actions_models::workflow::{Job as OtherJob, Workflow as Other};
use towpath_migrate::model::{Job, JobKind, Step, StepKind, Workflow};
use towpath_migrate::read::{Document, Limits, TokenId, read_workflow};

/// What both tell of a job, as lines.
type Lines = Vec<String>;

/// The text of a scalar as it is written, expressions and all.
fn written(document: &Document, token: TokenId) -> &str {
    document.tree().text(document.token(token).node).unwrap_or_default()
}

fn ours(document: &Document, job: &Job<'_>) -> Lines {
    let mut lines = vec![format!("job {}", job.id.value)];
    lines.extend(job.needs.iter().map(|need| format!("needs {}", need.value)));
    match &job.kind {
        JobKind::Call(call) => lines.push(format!("calls {}", call.uses.value)),
        JobKind::Steps(of) => {
            if let Some(runs_on) = &of.runs_on {
                let labels = runs_on.labels.as_ref();
                let group = runs_on.group.map(|group| format!("group {}", written(document, group.token)));
                lines.extend(group);
                lines.extend(
                    labels
                        .into_iter()
                        .flat_map(|labels| match labels.value.literal() {
                            Some(labels) => labels.iter().map(|label| label.token).collect(),
                            None => vec![labels.token],
                        })
                        .map(|token| format!("label {}", written(document, token))),
                );
            }
            of.steps.iter().for_each(|step| our_step(document, step, &mut lines));
        }
    }
    lines
}

fn our_step(document: &Document, step: &Step<'_>, lines: &mut Lines) {
    match &step.kind {
        StepKind::Run(run) => lines.push(format!("run {}", written(document, run.script.token))),
        StepKind::Uses(uses) => lines.push(format!("uses {}", uses.uses.value)),
        StepKind::Wait(_) | StepKind::WaitAll(_) | StepKind::Cancel(_) => lines.push("waits".to_owned()),
        StepKind::Parallel(steps) => steps.iter().for_each(|step| our_step(document, step, lines)),
        StepKind::Unknown => lines.push("unknown".to_owned()),
    }
}

/// As it is written: the other reader takes the scheme away.
fn written_there(uses: &Uses) -> String {
    match uses {
        Uses::Docker(image) => format!("docker://{}", image.raw()),
        other => other.raw().to_owned(),
    }
}

fn theirs(id: &str, job: &OtherJob) -> Lines {
    let mut lines = vec![format!("job {id}")];
    match job {
        OtherJob::ReusableWorkflowCallJob(call) => {
            lines.extend(call.needs.iter().map(|need| format!("needs {need}")));
            lines.push(format!("calls {}", call.uses.raw()));
        }
        OtherJob::NormalJob(job) => {
            lines.extend(job.needs.iter().map(|need| format!("needs {need}")));
            let label = |label: &str| format!("label {label}");
            match &job.runs_on {
                LoE::Expr(expression) => lines.push(label(expression.as_raw())),
                LoE::Literal(RunsOn::Target(labels)) => lines.extend(labels.iter().map(|text| label(text))),
                LoE::Literal(RunsOn::Group { group, labels }) => {
                    lines.extend(group.iter().map(|group| format!("group {group}")));
                    lines.extend(labels.iter().map(|text| label(text)));
                }
            }
            job.steps.iter().for_each(|step| their_step(step, &mut lines));
        }
    }
    lines
}

fn their_step(step: &OtherStep, lines: &mut Lines) {
    match step {
        OtherStep::Uses(uses) => lines.push(format!("uses {}", written_there(&uses.uses))),
        OtherStep::Run(run) => lines.push(format!("run {}", run.run)),
        OtherStep::Parallel { parallel } => lines.extend(parallel.iter().map(|step| match step {
            ParallelStep::Uses(uses) => format!("uses {}", written_there(&uses.uses)),
            ParallelStep::Run(run) => format!("run {}", run.run),
        })),
        _ => lines.push("waits".to_owned()),
    }
}

/// What the other reader does not take, and GitHub does: an input of the type int.
const UNREAD: [&str; 1] = ["workflows/etcd-io+etcd/antithesis-test.yml"];

#[test]
fn models_are_those_of_another_reader() {
    let Some(files) = crate::files("models") else { return };
    let (mut same, mut only_ours, mut differ) = (0, Vec::new(), Vec::new());
    for (name, source) in files.iter().filter(|(name, _)| name.starts_with("workflows/")) {
        let document = read_workflow(source.as_str(), &Limits::default());
        let workflow = Workflow::of(&document);
        if workflow.all_problems().any(|problem| problem.is_refusal()) {
            continue;
        }
        match serde_yaml::from_str::<Other>(source) {
            Err(why) => only_ours.push((name.as_str(), why.to_string())),
            Ok(other) => {
                let ours: Vec<_> = workflow.jobs.iter().map(|job| ours(&document, job)).collect();
                let theirs: Vec<_> = other.jobs.iter().map(|(id, job)| theirs(id, job)).collect();
                if ours == theirs {
                    same += 1;
                } else {
                    let pair = ours.into_iter().flatten().zip(theirs.into_iter().flatten());
                    let first = pair.into_iter().find(|(ours, theirs)| ours != theirs);
                    differ.push((name.as_str(), first));
                }
            }
        }
    }
    println!("{same} workflows are the same, {} are read here only", only_ours.len());
    assert_eq!(differ, []);
    let names: Vec<_> = only_ours.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, UNREAD, "{only_ours:#?}");
    assert!(same >= 760, "the corpus is smaller than it was: {same}");
}
