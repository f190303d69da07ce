//! A table of what each class finds and does not find.

use towpath_migrate::read::{Limits, read_workflow};
use towpath_migrate::security::{Severity, class, classes, findings};

/// What is found of one class: how bad, and what it is about, in the order of the source.
fn found(id: &str, source: &str) -> Vec<String> {
    let document = read_workflow(source, &Limits::default());
    assert_eq!(document.problems().len(), 0, "{source}");
    let findings = findings(&document);
    assert!(findings.is_sorted_by_key(|finding| (finding.span.start, finding.span.end)));
    let own = findings.iter().filter(|finding| finding.class.id == id);
    own.map(|finding| format!("{} {}", finding.severity.name(), finding.target)).collect()
}

#[track_caller]
fn check(id: &str, source: &str, expected: &[&str]) {
    assert_eq!(found(id, source), expected, "{id} in\n{source}");
}

/// A workflow of a job with these steps.
fn steps(steps: &str) -> String {
    format!("on: push\npermissions: {{}}\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n{steps}")
}

#[test]
fn classes_are_told_apart() {
    let ids: Vec<_> = classes().map(|class| class.id).collect();
    let expected = [
        "artipacked",
        "cache-poisoning",
        "dangerous-triggers",
        "excessive-permissions",
        "secrets-inherit",
        "template-injection",
        "unpinned-uses",
        "unsound-condition",
    ];
    assert_eq!(ids, expected);
    for class in classes() {
        assert!(!class.why.is_empty() && !class.remedy.is_empty() && class.severity >= Severity::Medium);
    }
    assert_eq!(class("artipacked").map(|class| class.id), Some("artipacked"));
    assert_eq!(class("nothing"), None);
}

#[test]
fn text_becomes_a_part_of_scripts() {
    let id = "template-injection";
    for (script, expected) in [
        ("echo ${{ github.event.issue.title }}", &["high github.event.issue.title"][..]),
        ("echo ${{ github.event['issue'].Title }}", &["high github.event['issue'].Title"]),
        ("echo ${{ github.ref_name }} ${{ github.sha }}", &["medium github.ref_name"]),
        ("echo ${{ github.ref == 'a' && github.head_ref || 'b' }}", &["high github.head_ref"]),
        ("echo ${{ contains(github.head_ref, 'a') }}", &[]),
        ("echo ${{ toJSON(github) }}", &["medium github"]),
        ("echo ${{ github.event.pull_request.number }} ${{ runner.os }}", &[]),
        ("echo ${{ secrets.TOKEN }}", &[]),
        ("echo ${{ steps.x.outputs.y }} ${{ steps.x.outcome }}", &["informational steps.x.outputs.y"]),
        ("echo ${{ env.WRITTEN }} ${{ env.GITHUB_REF }}", &[]),
        (
            "echo ${{ env.MADE }} ${{ env.CI }} ${{ env.NOWHERE }}",
            &["low env.MADE", "low env.CI", "low env.NOWHERE"],
        ),
        ("echo ${{ inputs.nowhere }}", &["low inputs.nowhere"]),
        ("echo ${{ matrix.nowhere }}", &[]),
        ("echo ${{ fromJSON(env.WRITTEN).a }}", &["informational fromJSON(env.WRITTEN).a"]),
        ("echo $TITLE", &[]),
    ] {
        let env = "      env: {WRITTEN: a, MADE: '${{ github.actor }}'}\n";
        check(id, &steps(&format!("    - run: {script}\n{env}")), expected);
    }
}

#[test]
fn inputs_of_actions_are_scripts_too() {
    let id = "template-injection";
    let with = |action: &str, input: &str| {
        steps(&format!("    - uses: {action}\n      with: {{{input}: 'x ${{{{ github.head_ref }}}}'}}\n"))
    };
    check(id, &with("actions/github-script@v7", "script"), &["high github.head_ref"]);
    check(id, &with("Azure/CLI@v2", "inlinescript"), &["high github.head_ref"]);
    check(id, &with("actions/github-script@v7", "github-token"), &[]);
    check(id, &with("some/action@v1", "script"), &[]);
}

#[test]
fn inputs_and_matrices_are_looked_up() {
    let id = "template-injection";
    let source = "on: {workflow_dispatch: {inputs: {a: {type: string}, b: {type: boolean}, c: {type: choice, options: [x]}}},\n\
                  workflow_call: {inputs: {b: {type: string}}}}\n\
                  permissions: {}\njobs:\n  j:\n    runs-on: ubuntu-24.04\n    strategy: {matrix: {os: [x], made: '${{ fromJSON(vars.M) }}', \
                  deep: [{in: '${{ vars.D }}', out: y}], include: [{os: '${{ vars.O }}'}]}}\n    steps:\n    - run: ";
    for (script, expected) in [
        ("${{ inputs.a }} ${{ inputs.c }}", &["medium inputs.a"][..]),
        ("${{ inputs.b }}", &["medium inputs.b"]),
        ("${{ github.event.inputs.c }}", &["medium github.event.inputs.c"]),
        ("${{ matrix.os }}", &["medium matrix.os"]),
        ("${{ matrix.made }}", &["medium matrix.made"]),
        ("${{ matrix.deep.in }} ${{ matrix.deep.out }}", &["medium matrix.deep.in"]),
    ] {
        check(id, &format!("{source}{script}\n"), expected);
    }
    let whole = "on: push\njobs: {j: {runs-on: a, strategy: {matrix: '${{ fromJSON(vars.M) }}'}, steps: [{run: '${{ matrix.x }}'}]}}";
    check(id, whole, &["medium matrix.x"]);
}

#[test]
fn what_never_runs_is_not_looked_at() {
    let id = "template-injection";
    for (condition, is_found) in [
        ("false", false),
        ("${{ false }}", false),
        ("false && github.ref == 'a'", false),
        ("github.ref == 'a'", true),
    ] {
        let source = steps(&format!("    - run: ${{{{ github.ref }}}}\n      if: {condition}\n"));
        assert_eq!(found(id, &source).len(), usize::from(is_found), "{condition}");
    }
}

#[test]
fn strangers_start_runs() {
    let id = "dangerous-triggers";
    let source = |on: &str, step: &str| {
        format!("on: {on}\npermissions: {{}}\njobs: {{a: {{runs-on: ubuntu-24.04, steps: [{step}]}}}}\n")
    };
    for (on, step, expected) in [
        ("pull_request", "{run: a}", &[][..]),
        ("pull_request_target", "{run: a}", &["high pull_request_target"]),
        ("[push, issue_comment]", "{run: a}", &["high issue_comment"]),
        ("{workflow_run: {workflows: [a]}}", "{run: a}", &["high workflow_run"]),
        ("pull_request_target", "{uses: actions/labeler@v5}", &[]),
        ("pull_request_target", "{uses: actions/labeler@v5}, {run: a}", &["high pull_request_target"]),
        ("issue_comment", "{uses: actions/labeler@v5}", &["high issue_comment"]),
    ] {
        check(id, &source(on, step), expected);
    }
}

#[test]
fn tokens_may_do_too_much() {
    let id = "excessive-permissions";
    let job = |permissions: &str| format!("{{runs-on: ubuntu-24.04, {permissions}steps: [{{run: a}}]}}");
    let (bare, own) = (job(""), job("permissions: {contents: write}, "));
    for (top, jobs, expected) in [
        ("", format!("{{a: {bare}}}"), &["medium a"][..]),
        ("", format!("{{a: {bare}, b: {own}}}"), &["medium no permissions", "medium a"]),
        ("", format!("{{a: {own}, b: {own}}}"), &[]),
        ("permissions: {}\n", format!("{{a: {bare}, b: {bare}}}"), &[]),
        ("permissions: read-all\n", format!("{{a: {bare}, b: {bare}}}"), &["medium read-all"]),
        ("permissions: write-all\n", format!("{{a: {bare}, b: {bare}}}"), &["high write-all"]),
        (
            "permissions: {contents: write, checks: write, issues: read}\n",
            format!("{{a: {bare}, b: {bare}}}"),
            &["high contents", "medium checks"],
        ),
        ("permissions: {contents: write}\n", format!("{{a: {bare}}}"), &[]),
        ("permissions: {}\n", format!("{{a: {}}}", job("permissions: write-all, ")), &["high write-all"]),
    ] {
        check(id, &format!("on: push\n{top}jobs: {jobs}\n"), expected);
    }
    let called = format!("on: workflow_call\njobs: {{a: {bare}, b: {{uses: ./.github/workflows/c.yml}}}}\n");
    check(id, &called, &["medium b"]);
}

#[test]
fn refs_move() {
    let id = "unpinned-uses";
    let commit = "1af3b93b6815bc44a9784bd300feb67ff0d1eeb3";
    for (uses, expected) in [
        ("actions/checkout@v4", &["low actions/checkout@v4"][..]),
        ("some/action@v4.1.2", &["medium some/action@v4.1.2"]),
        ("some/action@main", &["high some/action@main"]),
        (&*format!("some/action/path@{commit}"), &[]),
        ("./local", &[]),
        ("docker://alpine", &[]),
    ] {
        check(id, &steps(&format!("    - uses: {uses}\n")), expected);
    }
    let call = "on: push\njobs: {a: {uses: o/r/.github/workflows/w.yml@v1}}\n";
    check(id, call, &["medium o/r/.github/workflows/w.yml@v1"]);
}

#[test]
fn conditions_are_true() {
    let id = "unsound-condition";
    for (condition, is_found) in [
        ("|\n        ${{ github.ref == 'a' }}", true),
        ("|-\n        ${{ github.ref == 'a' }}", false),
        ("|\n        github.ref == 'a'", false),
        ("${{ github.ref == 'a' }} && x", true),
        ("${{ github.ref == 'a' }}", false),
    ] {
        let source = steps(&format!("    - run: a\n      if: {condition}\n"));
        assert_eq!(found(id, &source).len(), usize::from(is_found), "{condition}");
    }
    check(
        id,
        "on: push\njobs: {a: {runs-on: x, if: '${{ true }} ', steps: [{run: a}]}}\n",
        &["high '${{ true }} '"],
    );
}

#[test]
fn checkouts_keep_tokens() {
    let id = "artipacked";
    let kept = "    - uses: actions/checkout@v4\n";
    let new = "    - uses: actions/checkout@v6\n";
    let upload = "    - uses: actions/upload-artifact@v4\n      with: {path: .}\n";
    for (all, expected) in [
        (kept.to_owned(), &["low actions/checkout@v4"][..]),
        (format!("{kept}      with: {{persist-credentials: false}}\n"), &[]),
        (format!("{kept}      with: {{persist-credentials: 'false'}}\n"), &[]),
        (format!("{kept}      with: {{persist-credentials: true}}\n"), &[]),
        (format!("{kept}      with: {{persist-credentials: '${{{{ env.A }}}}'}}\n"), &[]),
        (format!("{kept}{upload}"), &["high actions/checkout@v4"]),
        (format!("{new}{upload}"), &["medium actions/checkout@v6"]),
        (format!("{upload}{kept}"), &[]),
        (format!("{kept}{}", upload.replace("path: .", "path: dist")), &["low actions/checkout@v4"]),
        (
            format!("{kept}{}", upload.replace("path: .", "path: '${{ github.workspace }}'")),
            &["high actions/checkout@v4"],
        ),
        ("    - uses: actions/checkout/sub@v4\n".to_owned(), &[]),
    ] {
        check(id, &steps(&all), expected);
    }
}

#[test]
fn calls_give_all_secrets() {
    let id = "secrets-inherit";
    let call = |secrets: &str| {
        format!("on: push\njobs: {{a: {{uses: o/r/.github/workflows/w.yml@v1, secrets: {secrets}}}}}\n")
    };
    check(id, &call("inherit"), &["medium o/r/.github/workflows/w.yml@v1"]);
    check(id, &call("{A: b}"), &[]);
}

#[test]
fn caches_go_into_what_is_published() {
    let id = "cache-poisoning";
    let source = |on: &str, steps: &str| {
        format!("on: {on}\npermissions: {{}}\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n{steps}")
    };
    let cache = "    - uses: actions/cache@v4\n";
    let go = |cache: &str| format!("    - uses: actions/setup-go@v5\n      with: {{cache: {cache}}}\n");
    let found = &["medium actions/setup-go@v5"][..];
    let tags = "{push: {tags: [v1]}}";
    for (on, steps, expected) in [
        ("push", cache.to_owned(), &[][..]),
        ("release", cache.to_owned(), &["medium actions/cache@v4"]),
        (tags, cache.to_owned(), &["medium actions/cache@v4"]),
        ("{push: {branches: [main, Release/*]}}", cache.to_owned(), &["medium actions/cache@v4"]),
        (
            "push",
            format!("{cache}    - uses: goreleaser/goreleaser-action@v6\n"),
            &["medium actions/cache@v4"],
        ),
        (
            "push",
            format!("{cache}    - uses: docker/build-push-action@v6\n      with: {{push: false}}\n"),
            &[],
        ),
        (tags, format!("{cache}      with: {{lookup-only: true}}\n"), &[]),
        (tags, go("true"), found),
        (tags, go("false"), &[]),
        (tags, go("'${{ env.A }}'"), found),
        (tags, go("\"${{ startsWith(github.ref, 'refs/tags/') }}\""), found),
        (tags, go("\"${{ !startsWith(github.ref, 'refs/tags/') }}\""), &[]),
        (tags, go("\"${{ !(github.ref_type == 'tag' && 'push' == github.event_name) }}\""), &[]),
        (tags, go("'${{ false }}'"), &[]),
        ("{push: {branches: [release], tags: [v1]}}", go("'${{ false }}'"), found),
        (tags, "    - uses: actions/setup-python@v5\n      with: {cache: ''}\n".to_owned(), &[]),
        (
            tags,
            "    - uses: actions/setup-node@v5\n      with: {package-manager-cache: false}\n".to_owned(),
            &[],
        ),
        (tags, "    - uses: actions/setup-go@v2\n".to_owned(), &[]),
        (tags, "    - uses: actions/setup-go@v3.5.0\n      with: {go-version: '1.19'}\n".to_owned(), &[]),
        (tags, go("true").replace("@v5", "@v3"), &["medium actions/setup-go@v3"]),
        (tags, go("'${{ false }}'").replace("@v5", "@v3"), &[]),
        (tags, "    - uses: actions/setup-go@v4\n".to_owned(), &["medium actions/setup-go@v4"]),
        (tags, "    - uses: actions/setup-go@main\n".to_owned(), &["medium actions/setup-go@main"]),
        (tags, format!("    - uses: actions/setup-go@{} # v3\n", "1".repeat(40)), &[]),
        (tags, "    - uses: actions/setup-node@v4\n".to_owned(), &[]),
        (
            tags,
            "    - uses: actions/setup-node@v4\n      with: {cache: npm}\n".to_owned(),
            &["medium actions/setup-node@v4"],
        ),
        (tags, "    - uses: actions/setup-node@v5\n".to_owned(), &["medium actions/setup-node@v5"]),
        (tags, "    - uses: actions/setup-node@main\n".to_owned(), &["medium actions/setup-node@main"]),
        (tags, "    - uses: astral-sh/setup-uv@v10\n".to_owned(), &[]),
        (tags, "    - uses: astral-sh/setup-uv@v7\n".to_owned(), &["medium astral-sh/setup-uv@v7"]),
    ] {
        check(id, &source(on, &steps), expected);
    }
}

#[test]
fn comments_are_obeyed() {
    let id = "unpinned-uses";
    let ignored =
        steps("    - uses: some/a@v1 # zizmor: ignore[unpinned-uses] we own it\n    - uses: some/b@v1\n");
    check(id, &ignored, &["medium some/b@v1"]);
    let other = steps("    - uses: some/a@v1 # zizmor: ignore[artipacked]\n");
    check(id, &other, &["medium some/a@v1"]);
    let inside = steps(
        "    - uses: some/a@v1\n      with:\n        # zizmor: ignore[artipacked, unpinned-uses]\n        x: y\n",
    );
    check(id, &inside, &[]);
    let top = "on:\n  # zizmor: ignore[dangerous-triggers]\n  issue_comment:\njobs: {a: {runs-on: x, steps: [{run: a}]}}\n";
    check("dangerous-triggers", top, &[]);
}
