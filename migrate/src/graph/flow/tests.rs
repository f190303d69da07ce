use super::*;
use crate::graph::reads::Site;
use crate::model::Workflow;
use crate::read::{Limits, read_workflow};

fn with<T>(source: &str, look: impl FnOnce(&Graph<'_>, &Flow<'_>) -> T) -> T {
    let document = read_workflow(source, &Limits::default());
    let workflow = Workflow::of(&document);
    assert_eq!(workflow.all_problems().collect::<Vec<_>>(), Vec::<&crate::read::Problem>::new());
    let graph = Graph::of(&workflow);
    let flow = graph.flow();
    look(&graph, &flow)
}

#[test]
fn outputs_are_followed_to_where_they_are_set() {
    let source = "\
on: push
jobs:
  a:
    runs-on: x
    outputs:
      sha: ${{ steps.s.outputs.sha }}
      bad: ${{ steps.none.outputs.x }}
    steps:
      - if: steps.s.outputs.sha
        run: echo
      - id: S
        run: echo sha=1 >> $GITHUB_OUTPUT
      - run: echo ${{ steps.s.outputs.sha }} ${{ steps.s.outcome }}
  b:
    needs: a
    if: needs.a.outputs.sha != ''
    runs-on: x
    steps:
      - run: echo ${{ needs.a.outputs.nope }} ${{ needs.c.outputs.x }} ${{ needs.z.outputs.x }}
  c:
    runs-on: x
    steps: [{run: 'true'}]
";
    with(source, |graph, flow| {
        let shown: Vec<_> = flow
            .links
            .iter()
            .map(|link| {
                let from = match link.from {
                    Source::Step(at, output) => format!("step {} {output}", at.step),
                    Source::Job(job, output) => format!("job {} {output}", job.index()),
                    Source::NoStep(name) => format!("no step {name}"),
                    Source::NoJob(name) => format!("no job {name}"),
                };
                let site = match link.site {
                    Site::Step(step) => format!("step {step}"),
                    Site::Output(name) | Site::Key(name) => name.to_owned(),
                };
                let job = graph.job(link.to).unwrap().model.id.value;
                format!(
                    "{from} -> {job} {site}{}",
                    link.doubt.map_or(String::new(), |doubt| format!(": {doubt:?}"))
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                "step 1 sha -> a sha",
                "no step none -> a bad: NoSuchStep",
                "step 1 sha -> a step 0: LaterStep",
                "step 1 sha -> a step 2",
                "job 0 sha -> b if",
                "job 0 nope -> b step 0: NoSuchOutput",
                "no job c -> b step 0: NotNeeded",
                "no job z -> b step 0: NoSuchJob",
            ]
        );
        let document = graph.workflow.document;
        for (job, reads) in flow.reads.iter().enumerate() {
            for read in reads.iter().filter(|read| read.path.starts_with(&["needs", "a", "outputs", "nope"]))
            {
                assert_eq!(
                    (job, read.span(document).of(document.tree().source())),
                    (1, "needs.a.outputs.nope")
                );
            }
        }
    });
}

#[test]
fn artifacts_and_caches_are_those_of_githubs_actions() {
    let source = "\
on: push
jobs:
  a:
    runs-on: x
    steps:
      - uses: actions/upload-artifact@v4
        with: {name: bin-linux, path: out}
      - uses: Actions/Upload-Artifact@v4
        with: {path: out}
      - uses: actions/upload-artifact@v4
        with: {name: 'bin-${{ github.sha }}', path: out}
      - uses: actions/cache@v4
        with: {path: ~/.cargo, key: '${{ runner.os }}-${{ hashFiles(''**/Cargo.lock'') }}', restore-keys: x}
      - uses: actions/setup-go@v5
      - uses: actions/setup-go@v5
        with: {cache: false}
      - uses: actions/setup-node@v4
        with: {cache: npm}
      - uses: actions/setup-node@v4
  b:
    needs: a
    runs-on: x
    steps:
      - uses: actions/download-artifact@v4
        with: {name: bin-linux}
      - uses: actions/download-artifact@v4
      - uses: actions/download-artifact@v4
        with: {pattern: bin-*}
      - uses: actions/download-artifact@v4
        with: {name: bin-linux, run-id: 1, github-token: x}
";
    with(source, |_, flow| {
        let uploads = &flow.artifacts[..3];
        let matches: Vec<Vec<_>> =
            flow.artifacts[3..].iter().map(|down| uploads.iter().map(|up| down.gets(up)).collect()).collect();
        assert_eq!(
            matches,
            [
                vec![Match::Yes, Match::No, Match::Maybe],
                vec![Match::Yes, Match::Yes, Match::Yes],
                vec![Match::Yes, Match::No, Match::Maybe],
                vec![Match::No, Match::No, Match::No],
            ]
        );
        let caches: Vec<_> =
            flow.caches.iter().map(|cache| (cache.at.step, cache.usage, cache.key)).collect();
        assert_eq!(
            caches,
            [
                (3, CacheUse::Both, Some("${{ runner.os }}-${{ hashFiles('**/Cargo.lock') }}")),
                (4, CacheUse::BySetup, None),
                (6, CacheUse::BySetup, Some("npm")),
            ]
        );
    });
}

/// Harm as text: the source, whether it is certain, the step, and how.
fn taints(on: &str, jobs: &str) -> Vec<String> {
    with(&format!("on: {on}\n{jobs}"), |graph, flow| {
        flow.taints
            .iter()
            .map(|taint| {
                let how = match &taint.sink {
                    Sink::Script { quoting, .. } => format!("script {quoting:?}"),
                    Sink::JavaScript { .. } => "javascript".to_owned(),
                    Sink::File { file, .. } => format!("file {file:?}"),
                };
                let at = taint.sink.at();
                let job = graph.job(at.job).unwrap().model.id.value;
                let doubt = if taint.cause.is_certain { "" } else { "perhaps " };
                format!("{doubt}{} {job}.{} {how} {}", taint.cause.path, at.step, taint.cause.via.len())
            })
            .collect()
    })
}

fn job(steps: &str) -> String {
    format!("jobs:\n  a:\n    runs-on: x\n    steps:\n{steps}")
}

#[test]
fn what_attackers_decide_is_seen_in_scripts() {
    for (on, step, expected) in [
        (
            "issues",
            "run: echo \"${{ github.event.issue.title }}\"",
            &["github.event.issue.title a.0 script Double 1"][..],
        ),
        ("push", "run: echo ${{ github.event.issue.title }}", &[]),
        (
            "workflow_call",
            "run: echo ${{ github.event.issue.title }}",
            &["github.event.issue.title a.0 script Bare 1"],
        ),
        ("issues", "run: echo ${{ github.event.issue.number }}", &[]),
        ("issues", "run: echo ${{ contains(github.event.issue.title, 'x') }}", &[]),
        ("issues", "run: echo ${{ github.event.issue.title == 'x' && 'y' || 'z' }}", &[]),
        (
            "issues",
            "run: echo ${{ github.event.issue.title && 'y' || github.event.issue.body }}",
            &["github.event.issue.body a.0 script Bare 1"],
        ),
        (
            "issues",
            "run: echo ${{ format('{0}', github.event.issue.title) }}",
            &["github.event.issue.title a.0 script Bare 1"],
        ),
        ("issues", "run: echo ${{ toJSON(github.event) }}", &["github.event a.0 script Bare 1"]),
        ("issues", "run: echo ${{ github.event }}", &[]),
        (
            "pull_request",
            "run: git checkout ${{ github['HEAD_ref'] }}",
            &["github.HEAD_ref a.0 script Bare 1"],
        ),
        (
            "push",
            "run: echo ${{ github.event.commits[0].message }}",
            &["github.event.commits.*.message a.0 script Bare 1"],
        ),
        ("issues", "run: echo \"$T\"\n        env: {T: '${{ github.event.issue.title }}'}", &[]),
        (
            "issues",
            "run: echo ${{ env.T }}\n        env: {T: '${{ github.event.issue.title }}'}",
            &["github.event.issue.title a.0 script Bare 2"],
        ),
        ("issues", "run: echo ${{ github.token }}\n        if: github.event.issue.title", &[]),
        (
            "issues",
            "uses: actions/github-script@v7\n        with: {script: 'log(`${{ github.event.issue.body }}`)'}",
            &["github.event.issue.body a.0 javascript 1"],
        ),
        (
            "issues",
            "run: echo \"T=$T\" >> $GITHUB_ENV\n        env: {T: '${{ github.event.issue.title }}'}",
            &["github.event.issue.title a.0 file Env 2"],
        ),
    ] {
        assert_eq!(taints(on, &job(&format!("      - {step}\n"))), expected, "{on}: {step}");
    }
}

#[test]
fn what_attackers_decide_is_followed() {
    let jobs = "\
env:
  TITLE: ${{ github.event.issue.title }}
jobs:
  last:
    needs: first
    runs-on: x
    steps:
      - run: echo ${{ needs.first.outputs.title }} ${{ needs.first.outputs.other }}
  first:
    runs-on: x
    outputs:
      title: ${{ steps.t.outputs.title }}
      other: ${{ steps.t.outputs.sha }}
    steps:
      - id: t
        run: |
          echo \"title=$TITLE\" >> \"$GITHUB_OUTPUT\"
          echo \"sha=$(git rev-parse HEAD)\" >> \"$GITHUB_OUTPUT\"
      - run: echo \"LATER=$TITLE\" >> \"$GITHUB_ENV\"
      - run: echo ${{ env.LATER }}
";
    assert_eq!(
        taints("issues", jobs),
        [
            "github.event.issue.title last.0 script Bare 4",
            "perhaps github.event.issue.title last.0 script Bare 4",
            "github.event.issue.title first.1 file Env 2",
            "github.event.issue.title first.2 script Bare 3",
        ]
    );
    assert!(taints("push", jobs).is_empty());
}
