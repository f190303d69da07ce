use super::*;
use crate::graph::reads::Site;
use crate::model::Workflow;
use crate::read::{Limits, read_workflow};
use crate::script::{Script, Shell};
use crate::work::steps_of;

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
                    Sink::Again { .. } => "again".to_owned(),
                    Sink::File { file, .. } => format!("file {file:?}"),
                };
                let at = taint.sink.at();
                let job = graph.job(at.job).unwrap().model.id.value;
                let doubt = if taint.cause.is_certain { "" } else { "perhaps " };
                format!(
                    "{doubt}{} {job}.{} {how} {}",
                    taint.cause.path,
                    at.step,
                    taint.cause.via.hops().len()
                )
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

/// A payload is another one for each event: what one of them does not carry, another may.
#[test]
fn a_whole_payload_counts_for_each_event_that_carries_something() {
    for (on, expected) in [
        ("pull_request_target", 1),
        ("pull_request", 1),
        ("issues", 1),
        ("issue_comment", 1),
        ("discussion", 1),
        ("workflow_run: {workflows: [ci]}", 1),
        ("push", 1),
        ("repository_dispatch", 1),
        ("workflow_dispatch", 0),
        ("schedule: [{cron: '0 0 * * *'}]", 0),
    ] {
        let on = if on.contains(':') { format!("{{{on}}}") } else { on.to_owned() };
        for read in ["toJSON(github.event)", "toJSON(github)"] {
            for step in [
                format!("run: echo ${{{{ {read} }}}}"),
                format!("run: echo \"$E\" | bash\n        env: {{E: '${{{{ {read} }}}}'}}"),
                format!("uses: actions/github-script@v7\n        with: {{script: 'log(${{{{ {read} }}}})'}}"),
            ] {
                let found = taints(&on, &job(&format!("      - {step}\n")));
                assert_eq!(found.len(), expected, "{on}: {step}: {found:?}");
            }
        }
    }
    for (on, read, expected) in [
        ("pull_request_target", "github.event.*.body", 1),
        ("pull_request_target", "github.event[vars.K].title", 1),
        ("discussion", "github.event[vars.K].title", 1),
        ("push", "github.event[vars.K].title", 0),
    ] {
        let found = taints(on, &job(&format!("      - run: echo ${{{{ {read} }}}}\n")));
        assert_eq!(found.len(), expected, "{on}: {read}");
    }
    let script = "uses: actions/github-script@v7\n        with: {script: 'exportVariable(\"T\", context.payload[kind].title)'}";
    let steps = format!("      - {script}\n      - run: echo ${{{{ env.T }}}}\n");
    assert_eq!(taints("discussion", &job(&steps)).len(), 1);
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

/// A step that has the title of an issue in `T`, behind what `steps` are.
const TITLE: &str = "env: {T: '${{ github.event.issue.title }}'}\n";

#[test]
fn what_attackers_decide_is_followed_through_matrices() {
    for (matrix, read, expected) in [
        ("{k: ['${{ github.event.issue.title }}', b]}", "${{ matrix.K }}", 1),
        ("{k: ['${{ github.event.issue.title }}', b]}", "${{ matrix.j }}", 0),
        ("{k: [{a: ['${{ github.event.issue.title }}']}]}", "${{ matrix.k.a[0] }}", 1),
        ("{k: '${{ fromJSON(github.event.issue.body) }}'}", "${{ matrix.k }}", 1),
        ("{k: [a], include: [{z: '${{ github.event.issue.title }}'}]}", "${{ matrix.z }}", 1),
        ("{k: [a], include: [{z: '${{ github.event.issue.title }}'}]}", "${{ matrix.k }}", 0),
        ("{k: [a], include: '${{ fromJSON(github.event.issue.body) }}'}", "${{ matrix.z }}", 1),
        ("{k: [a], include: ['${{ fromJSON(github.event.issue.body) }}']}", "${{ matrix.z }}", 1),
        ("'${{ fromJSON(needs.first.outputs.o) }}'", "${{ matrix.anything }}", 1),
        ("{k: '${{ fromJSON(needs.first.outputs.o) }}'}", "${{ matrix.k }}", 1),
        ("{k: '${{ fromJSON(needs.first.outputs.other) }}'}", "${{ matrix.k }}", 0),
        ("{k: [a], exclude: [{k: '${{ github.event.issue.title }}'}]}", "${{ toJSON(matrix) }}", 0),
        ("{k: ['${{ github.event.issue.title }}']}", "${{ toJSON(matrix) }} ${{ matrix }}", 1),
        ("{k: ['${{ github.event.issue.title }}']}", "${{ join(matrix.*) }}", 1),
    ] {
        let jobs = format!(
            "jobs:\n  first:\n    runs-on: x\n    outputs: {{o: '${{{{ github.event.issue.title }}}}', other: x}}\n    steps: [{{run: x}}]\n  \
             a:\n    needs: first\n    runs-on: x\n    strategy: {{matrix: {matrix}}}\n    steps:\n      - run: echo {read}\n"
        );
        let found = taints("issues", &jobs);
        assert_eq!(found.len(), expected, "{matrix} {read}: {found:?}");
    }
}

#[test]
fn what_attackers_decide_is_followed_through_whole_contexts() {
    for (read, expected) in [
        ("${{ toJSON(steps) }}", true),
        ("${{ steps }}", false),
        ("${{ toJSON(steps.s) }}", true),
        ("${{ toJSON(steps.s.outputs) }}", true),
        ("${{ toJSON(steps.clean) }}", false),
        ("${{ steps.s.outputs }}", false),
        ("${{ steps.s.outcome }}", false),
        ("${{ join(steps.*.outputs.title) }}", true),
        ("${{ join(steps.*.outputs.other) }}", false),
        ("${{ steps['s'].outputs['TITLE'] }}", true),
        ("${{ toJSON(needs) }}", true),
        ("${{ toJSON(needs.first) }}", true),
        ("${{ toJSON(needs.clean) }}", false),
        ("${{ join(needs.*.outputs.o) }}", true),
        ("${{ needs.*.result }}", false),
        ("${{ toJSON(env) }}", true),
        ("${{ env.t }}", false),
        ("${{ toJSON(inputs) }}", false),
    ] {
        let jobs = format!(
            "jobs:\n  first:\n    runs-on: x\n    outputs: {{o: '${{{{ github.event.issue.title }}}}'}}\n    steps: [{{run: x}}]\n  \
             clean:\n    runs-on: x\n    outputs: {{o: x}}\n    steps: [{{run: x}}]\n  \
             a:\n    needs: [first, clean]\n    runs-on: x\n    {TITLE}    steps:\n      - {{id: clean, run: 'echo other=1 >> $GITHUB_OUTPUT'}}\n      \
             - {{id: s, run: 'echo title=$T >> $GITHUB_OUTPUT'}}\n      - run: echo {read}\n"
        );
        let found = taints("issues", &jobs);
        assert_eq!(!found.is_empty(), expected, "{read}: {found:?}");
    }
}

#[test]
fn what_scripts_run_again_does_harm() {
    for (script, expected) in [
        ("eval \"$T\"", "a.0 again"),
        ("eval echo $T", "a.0 again"),
        ("bash -c \"echo $T\"", "a.0 again"),
        ("sudo sh -ec \"$T\"", "a.0 again"),
        ("echo \"$T\" | bash", "a.0 again"),
        ("echo \"$T\" | tr a b | sh -s", "a.0 again"),
        ("bash <<< \"$T\"", "a.0 again"),
        ("source <(echo \"$T\")", "a.0 again"),
        ("bash <(echo \"$T\")", "a.0 again"),
        (". /dev/stdin <<< \"$T\"", "a.0 again"),
        ("echo \"$T\" | . /dev/stdin", "a.0 again"),
        ("su -c \"echo $T\" deploy", "a.0 again"),
        ("pwsh -Command \"echo $T\"", "a.0 again"),
        ("ssh host \"echo $T\"", "a.0 again"),
        ("ssh \"$HOST\" make; echo \"$T\"", ""),
        ("docker exec c sh -c \"$T\"", "a.0 again"),
        ("docker exec -e T=\"$T\" c sh -c 'echo \"$T\"'", ""),
        ("uv run python -c \"$T\"", "a.0 again"),
        (". \"./$T.sh\"", "perhaps a.0 again"),
        ("X=$T; eval \"$X\"", "perhaps a.0 again"),
        ("python3 -c \"print('$T')\"", "a.0 again"),
        ("python3 -W ignore -X utf8 -c \"print('$T')\"", "a.0 again"),
        ("ruby -r json -e \"$T\"", "a.0 again"),
        ("bash -euo pipefail -c \"$T\"", "a.0 again"),
        ("bash -O extglob +x -c \"$T\"", "a.0 again"),
        ("bash -c -e \"$T\"", "a.0 again"),
        ("bash -o pipefail script.sh \"$T\"", ""),
        ("/usr/bin/python -uc \"$T\"", "a.0 again"),
        ("perl -lane \"$T\" file", "a.0 again"),
        ("ruby -e \"$T\"", "a.0 again"),
        ("php -r \"$T\"", "a.0 again"),
        ("node --no-warnings -e \"$T\"", "a.0 again"),
        ("$T --version", "perhaps a.0 again"),
        ("`echo $T`", "perhaps a.0 again"),
        ("python -c 'import os; print(os.environ[\"T\"])' \"$T\"", ""),
        ("python script.py -c \"$T\"", ""),
        ("perl -i.bake \"$T\"", ""),
        ("bash -c 'echo \"$T\"'", ""),
        ("echo \"$T\" | cat", ""),
        ("echo \"$T\"; eval \"$X\"", ""),
        ("curl https://x | bash; echo \"$T\"", ""),
    ] {
        let steps = format!("      - run: |\n          {script}\n        {TITLE}");
        let found: Vec<_> = taints("issues", &job(&steps))
            .iter()
            .map(|it| it.replace("github.event.issue.title ", ""))
            .collect();
        let expected = if expected.is_empty() { Vec::new() } else { vec![format!("{expected} 2")] };
        assert_eq!(found, expected, "{script}");
    }
}

#[test]
fn what_scripts_of_other_shells_run_again_does_harm() {
    for (shell, script, expected) in [
        ("pwsh", "iex $env:T", 1),
        ("pwsh", "Invoke-Expression \"echo $env:T\"", 1),
        ("powershell", "echo a; $env:T | iex", 1),
        ("pwsh", "if ($x) { iex $y } else { echo $env:T }", 0),
        ("pwsh", "echo $env:T; iex 'echo a'", 0),
        ("pwsh", "echo $env:T; $x | iex", 0),
        ("python", "import os; os.system(os.environ['T'])", 1),
        ("python", "import os; os.popen('echo ' + os.getenv('T')).read()", 1),
        ("python", "subprocess.run(os.environ['T'], shell=True)", 1),
        ("python", "exec(os.environ['T'])", 1),
        ("python", "subprocess.run(['echo', os.environ['T']])", 0),
        ("python", "os.system('make'); print(os.environ['T'])", 0),
        ("python", "model.eval(os.environ['T'])", 0),
    ] {
        let steps = format!("      - shell: {shell}\n        run: |\n          {script}\n        {TITLE}");
        let found = taints("issues", &job(&steps));
        assert_eq!(found, vec!["github.event.issue.title a.0 again 2"; expected], "{script}");
    }
}

/// Calls within calls are not read to the end of the script each.
#[test]
fn calls_without_an_end_are_bounded() {
    let nested = "os.system(".repeat(400);
    let steps = format!("      - shell: python\n        run: {nested} os.environ['T']\n        {TITLE}");
    assert_eq!(taints("issues", &job(&steps)).len(), 1);
    let script = Script::read(&nested, Shell::Python, &[]);
    let longest = script.unclear.iter().map(|unclear| unclear.span.end - unclear.span.start).max();
    assert!(longest.is_some_and(|longest| longest < 1000), "{longest:?}");
}

#[test]
fn outputs_are_set_in_many_ways() {
    for (step, read, expected) in [
        ("run: echo \"::set-output name=o::$T\"", "o", "github.event.issue.title a.1 script Bare 3"),
        ("run: echo \"o=$T\" | tee -a \"$GITHUB_OUTPUT\"", "o", "github.event.issue.title a.1 script Bare 3"),
        (
            "run: |\n          X=$(echo \"$T\" | tr a b)\n          Y=$X\n          echo o=$Y >> $GITHUB_OUTPUT",
            "o",
            "perhaps github.event.issue.title a.1 script Bare 3",
        ),
        (
            "parallel: [{id: inner, run: 'echo o=$T >> $GITHUB_OUTPUT'}]",
            "o",
            "github.event.issue.title a.1 script Bare 3",
        ),
        (
            "uses: actions/github-script@v8\n        with: {script: 'return context.payload.issue.title'}",
            "result",
            "perhaps github.event.issue.title a.1 script Bare 2",
        ),
        (
            "uses: actions/github-script@v8\n        with: {script: 'core.setOutput(\"o\", context.payload?.issue[\"body\"])'}",
            "o",
            "perhaps github.event.issue.body a.1 script Bare 2",
        ),
        (
            "uses: actions/github-script@v8\n        with: {script: 'core.setOutput(name, process.env.T)'}",
            "o",
            "perhaps github.event.issue.title a.1 script Bare 3",
        ),
        (
            "uses: actions/github-script@v8\n        with: {script: 'return context.payload.issue.number'}",
            "result",
            "",
        ),
        (
            "uses: xt0rted/pull-request-comment-branch@v2",
            "head_ref",
            "xt0rted/pull-request-comment-branch.head_ref a.1 script Bare 2",
        ),
        ("uses: xt0rted/pull-request-comment-branch@v2", "head_sha", ""),
        (
            "uses: Peter-Murray/issue-body-parser-action@v2",
            "any",
            "peter-murray/issue-body-parser-action.* a.1 script Bare 2",
        ),
    ] {
        let id = if step.starts_with("parallel") { "inner" } else { "s" };
        let own = if id == "s" { "        id: s\n" } else { "" };
        let steps = format!("      - {step}\n{own}      - run: echo ${{{{ steps.{id}.outputs.{read} }}}}\n");
        let source = job(&steps).replace("    steps:", &format!("    {TITLE}    steps:"));
        let expected: Vec<_> = Some(expected.to_owned()).into_iter().filter(|it| !it.is_empty()).collect();
        assert_eq!(taints("issues", &source), expected, "{step}");
    }
}

#[test]
fn what_systems_outside_send_is_told() {
    for (read, expected) in [
        ("${{ github.event.client_payload.x }}", "github.event.client_payload.x a.0 script Bare 1"),
        ("${{ github.event.client_payload.x[0].y }}", "github.event.client_payload.x.*.y a.0 script Bare 1"),
        ("${{ toJSON(github.event.client_payload) }}", "github.event.client_payload a.0 script Bare 1"),
        ("${{ github.event.client_payload }}", ""),
    ] {
        let source = job(&format!("      - run: echo {read}\n"));
        let expected: Vec<_> = Some(expected.to_owned()).into_iter().filter(|it| !it.is_empty()).collect();
        assert_eq!(taints("repository_dispatch", &source), expected, "{read}");
        assert_eq!(taints("push", &source), Vec::<String>::new());
    }
}

#[test]
fn a_variable_is_tainted_for_those_behind_the_step_that_sets_it() {
    let steps = "      - run: echo ${{ env.LATER }}\n      - run: echo \"LATER=$T\" >> \"$GITHUB_ENV\"\n      - run: echo ${{ env.LATER }}\n";
    let source = job(steps).replace("    steps:", &format!("    {TITLE}    steps:"));
    assert_eq!(
        taints("issues", &source),
        ["github.event.issue.title a.1 file Env 2", "github.event.issue.title a.2 script Bare 3"]
    );
}

/// Whatever a script does with it in between: the file that holds it, and the step behind that reads the variable.
#[test]
fn a_value_is_followed_to_variables_of_later_steps() {
    for (script, expected) in [
        ("Y=$T\necho \"Q=$Y\" >> $GITHUB_ENV", "perhaps 2, perhaps 3"),
        ("echo \"Q<<X\" >> $GITHUB_ENV\necho \"$T\" >> $GITHUB_ENV\necho X >> $GITHUB_ENV", "2, 3"),
        ("{\n  echo \"Q<<X\"\n  echo \"$T\"\n  echo X\n} >> \"$GITHUB_ENV\"", "2, 3"),
        ("{\n  echo \"Q<<X\"\n  grep \"$T\" a\n  echo X\n} >> \"$GITHUB_ENV\"", "2, 3"),
        ("cat <<EOF >> $GITHUB_ENV\nQ<<X\n$T\nX\nEOF", "2, 3"),
        ("cat <<EOF >> $GITHUB_ENV\nQ<<X\n${{ env.T }}\nX\nEOF", "2, 2, 3"),
        ("printf 'Q=%s\\n' \"$T\" >> $GITHUB_ENV", "2, 3"),
        ("f() { echo \"Q=$1\" >> $GITHUB_ENV; }\nf \"$T\"", "perhaps 3"),
        ("file=\"${GITHUB_ENV}\"\necho \"Q=$T\" >> \"$file\"", "2, 3"),
        ("exec 3>>\"$GITHUB_ENV\"\necho \"Q=$T\" >&3", "2, 3"),
        ("echo \"Q=$T\" > >(tee -a \"$GITHUB_ENV\")", "2, 3"),
        ("npx foo \"$GITHUB_ENV\" \"$T\"", "perhaps 2, perhaps 3"),
        ("echo \"$T\"\nls -l $GITHUB_ENV", ""),
        ("echo \"$T\"\necho \"Q=1\" >> $GITHUB_ENV", ""),
        ("echo \"$T\"; echo \"Q=1\" >> $GITHUB_ENV", ""),
        ("echo \"Q=1\" >> $GITHUB_ENV\necho \"P=$T\" >> $GITHUB_ENV", "2"),
        ("{\n  echo \"Q<<X\"\n  echo 1\n  echo X\n  echo \"P=$T\"\n} >> $GITHUB_ENV", "2"),
        ("cat <<'EOF' >> $GITHUB_ENV\nQ=$T\nEOF", ""),
        ("echo \"$T\"\ncat file >> $GITHUB_ENV", ""),
    ] {
        let lines = script.replace('\n', "\n          ");
        let steps = format!("      - run: |\n          {lines}\n      - run: eval \"$Q\"\n");
        let source = job(&steps).replace("    steps:", &format!("    {TITLE}    steps:"));
        let found = taints("issues", &source).into_iter().map(|it| {
            let hops = it.rsplit(' ').next().unwrap().to_owned();
            if it.starts_with("perhaps") { format!("perhaps {hops}") } else { hops }
        });
        assert_eq!(found.collect::<Vec<_>>().join(", "), expected, "{script}");
    }
}

#[test]
fn a_variable_hides_those_further_out() {
    for (env, expected) in
        [("{T: safe}", 0), ("{OTHER: safe}", 1), ("{T: '${{ github.event.issue.body }}'}", 1)]
    {
        let steps = format!("      - run: echo ${{{{ env.T }}}}\n        env: {env}\n");
        let source = job(&steps).replace("    steps:", &format!("    {TITLE}    steps:"));
        assert_eq!(taints("issues", &source).len(), expected, "{env}");
    }
}

/// How much work a graph and what passes in it are.
fn work_of(source: &str) -> usize {
    let document = read_workflow(source, &Limits::default());
    let workflow = Workflow::of(&document);
    steps_of(|| {
        let _ = Graph::of(&workflow).flow();
    })
}

#[test]
fn names_that_are_read_are_looked_up_and_not_searched() {
    let steps = |count: usize| {
        let step = |at: usize| format!("    - {{id: s{at}, run: 'echo ${{{{ steps.t{at}.outputs.x }}}}'}}\n");
        job(&(0..count).map(step).collect::<String>())
    };
    let outputs = |count: usize| {
        let output = |at: usize| format!("o{at}: x, ");
        let read = |at: usize| format!("    - run: echo ${{{{ needs.a.outputs.O{at} }}}}\n");
        let (outputs, reads): (String, String) =
            ((0..count).map(output).collect(), (0..count).map(read).collect());
        format!(
            "jobs:\n  a: {{runs-on: x, steps: [], outputs: {{{outputs}}}}}\n  \
             b:\n    runs-on: x\n    needs: a\n    steps:\n{reads}"
        )
    };
    let returned = |count: usize| {
        let output = |at: usize| format!("      o{at}: {{value: '${{{{ jobs.j{at}.outputs.x }}}}'}}\n");
        let job = |at: usize| format!("  j{at}: {{runs-on: x, steps: []}}\n");
        let (outputs, jobs): (String, String) =
            ((0..count).map(output).collect(), (0..count).map(job).collect());
        format!("on:\n  workflow_call:\n    outputs:\n{outputs}jobs:\n{jobs}")
    };
    let on = |jobs: String| format!("on: push\n{jobs}");
    for (name, few, many) in [
        ("steps", on(steps(100)), on(steps(400))),
        ("outputs", on(outputs(100)), on(outputs(400))),
        ("returned", returned(100), returned(400)),
    ] {
        let (few, many) = (work_of(&few), work_of(&many));
        assert!(few > 100 && many < 5 * few, "{name}: {few}, {many}");
    }
}
