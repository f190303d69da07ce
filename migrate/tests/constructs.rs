//! What a file uses, construct by construct.

use towpath_migrate::features::{Catalogue, Construct, TileKind, constructs, path, tiles};
use towpath_migrate::read::{Document, Limits, read_action, read_workflow};

fn workflow(source: &str) -> Document {
    read_workflow(source, &Limits::default())
}

fn id(construct: &Construct) -> &'static str {
    construct.feature.map_or("?", |feature| Catalogue::get().feature(feature).id.as_str())
}

/// Each construct whose id has one of these beginnings, with what stands there.
fn list(document: &Document, beginnings: &[&str]) -> Vec<String> {
    let all = constructs(document);
    let wanted = |construct: &&Construct| beginnings.iter().any(|start| id(construct).starts_with(start));
    let source = document.tree().source();
    all.iter()
        .filter(wanted)
        .map(|construct| format!("{} {}", id(construct), construct.span.of(source)))
        .collect()
}

#[test]
fn expressions_are_taken_apart() {
    let source = "
on: push
jobs:
  a:
    runs-on: ${{ matrix.os[0] || 'x' }}
    if: github.ref != 'x' && !contains(needs.*.result, fromJSON('[1]')[github.sha])
    steps:
      - run: |
          echo ${{ github['event'].name }}
            b ${{ toJSON(github) }}
        if: ${{ failure() }} x
        name: \"\\x41 ${{ env.A }}\"
      - run: echo
        name: ${{ 'text' }}
";
    let document = workflow(source);
    assert_eq!(document.problems(), []);
    let found = list(&document, &["expression/", "function/", "operator/", "context/", "?"]);
    let expected = [
        "expression/whole ${{ matrix.os[0] || 'x' }}",
        "operator/|| matrix.os[0] || 'x'",
        "context/matrix.<name> matrix.os[0]",
        "expression/bare github.ref != 'x' && !contains(needs.*.result, fromJSON('[1]')[github.sha])",
        "operator/&& github.ref != 'x' && !contains(needs.*.result, fromJSON('[1]')[github.sha])",
        "operator/!= github.ref != 'x'",
        "context/github.ref github.ref",
        "operator/! !contains(needs.*.result, fromJSON('[1]')[github.sha])",
        "function/contains contains(needs.*.result, fromJSON('[1]')[github.sha])",
        "context/needs.<job-id>.result needs.*.result",
        "operator/[] fromJSON('[1]')[github.sha]",
        "function/fromJSON fromJSON('[1]')",
        "context/github.sha github.sha",
        "expression/in-text ${{ github['event'].name }}",
        "context/github.event.name github['event'].name",
        "expression/in-text ${{ toJSON(github) }}",
        "function/toJSON toJSON(github)",
        "context/github github",
        "expression/in-text ${{ failure() }}",
        "function/failure failure()",
        "expression/in-text ${{ env.A }}",
        "context/env.<name> env.A",
        "expression/whole ${{ 'text' }}",
    ];
    assert_eq!(found, expected);
}

#[test]
fn scripts_have_tools_files_and_commands_between_expressions() {
    let source = "
on: push
jobs:
  a:
    runs-on: x
    steps:
      - run: |
          make ${{ github.sha }} # git
          echo \"a=$(git describe)\" >> \"$GITHUB_OUTPUT\"
          echo '::add-mask::${{ secrets.A }}'
          ${{ env.TOOL }}/bin/x
      - run: 'curl \"it''s\" | jq .'
      - {run: 'import os', shell: python}
  b:
    runs-on: [self-hosted, Windows]
    steps:
      - run: Get-Item x
";
    let document = workflow(source);
    assert_eq!(document.problems(), []);
    let found = list(&document, &["script/", "runner-file/", "command/", "context/", "?"]);
    let expected = [
        "script/tool make",
        "context/github.sha github.sha",
        "script/tool git",
        "runner-file/GITHUB_OUTPUT >> \"$GITHUB_OUTPUT\"",
        "command/add-mask ",
        "context/secrets.<name> secrets.A",
        "context/env.<name> env.TOOL",
        "script/tool curl",
        "script/tool jq",
    ];
    // PowerShell has Get-Item itself.
    let begins = |(found, expected): (&String, &&str)| found.starts_with(*expected);
    assert!(found.len() == expected.len() && found.iter().zip(&expected).all(begins), "{found:#?}");
}

#[test]
fn keys_are_those_of_the_mapping_that_it_is() {
    let source = "
on: {push: {branches: [main]}, workflow_dispatch: }
jobs:
  call:
    name: n
    uses: ./.github/workflows/x.yml
    secrets: inherit
  build:
    name: n
    runs-on: [self-hosted, x]
    steps:
      - name: n
        uses: actions/checkout@v4
        with: {path: x}
      - uses: docker://alpine
      - uses: ./a
      - uses: $/a
      - {name: n, wait: [a]}
      - parallel:
          - run: x
            shell: bash
permissions: {contents: read}
concurrency: {group: a, queue: max}
";
    let document = workflow(source);
    assert_eq!(document.problems(), []);
    let all = constructs(&document);
    let lines: Vec<_> = (0..)
        .zip(&all)
        .map(|(index, construct)| format!("{} {}", path(&document, &all, index), id(construct)))
        .collect();
    for line in [
        "on.push event/push",
        "on.push.branches workflow/push-mapping.branches",
        "on.push.branches[0] workflow/sequence-of-non-empty-string[]",
        "on.workflow_dispatch event/workflow_dispatch",
        "jobs.call workflow/jobs.<job-id>",
        "jobs.call.name workflow/workflow-job.name",
        "jobs.call.uses workflow/workflow-job.uses",
        "jobs.call.uses uses/local-workflow",
        "jobs.call.secrets workflow/workflow-job-secrets-inherit=inherit",
        "jobs.build.name workflow/job-factory.name",
        "jobs.build.runs-on[1] workflow/sequence-of-non-empty-string[]",
        "jobs.build.steps[0].name workflow/regular-step.name",
        "jobs.build.steps[0].uses uses/action",
        "jobs.build.steps[0].with.path workflow/step-with.<name>",
        "jobs.build.steps[1].uses uses/image",
        "jobs.build.steps[2].uses uses/local",
        "jobs.build.steps[3].uses uses/own",
        "jobs.build.steps[4].name workflow/wait-step.name",
        "jobs.build.steps[5].parallel[0].shell workflow/run-step.shell",
        "permissions.contents workflow/permission-level-read=read",
        "concurrency.queue workflow/concurrency-queue=max",
    ] {
        assert!(lines.iter().any(|found| found == line), "{line} is not among {lines:#?}");
    }
}

#[test]
fn what_nobody_wrote_is_there_where_it_has_effect() {
    let defaults = |source: &str| {
        let document = workflow(source);
        assert_eq!(document.problems(), [], "{source}");
        let all = constructs(&document);
        let implicit = all.iter().filter(|construct| id(construct).starts_with("default/"));
        implicit.map(|construct| (id(construct), construct.span.is_empty())).collect::<Vec<_>>()
    };
    let job = |more: &str, step: &str| {
        format!("jobs:\n  a:\n    runs-on: x\n{more}    steps:\n    - run: y\n{step}")
    };
    let (permissions, timeout, shell) =
        (("default/permissions", true), ("default/timeout-minutes", true), ("default/shell", true));
    let types = ("default/pull-request-types", true);
    for (source, expected) in [
        (format!("on: push\n{}", job("", "")), vec![permissions, timeout, shell]),
        (format!("on: push\n{}permissions: {{}}\n", job("", "")), vec![timeout, shell]),
        (format!("on: push\n{}", job("    permissions: {}\n    timeout-minutes: 5\n", "")), vec![shell]),
        (format!("on: push\n{}", job("", "      shell: sh\n")), vec![permissions, timeout]),
        (format!("on: push\n{}defaults: {{run: {{shell: sh}}}}\n", job("", "")), vec![permissions, timeout]),
        (format!("on: push\n{}", job("    defaults: {run: {shell: sh}}\n", "")), vec![permissions, timeout]),
        (
            format!("on: push\n{}", job("    strategy: {matrix: {a: [1]}}\n", "")),
            vec![permissions, timeout, ("default/fail-fast", true), shell],
        ),
        (
            format!("on: push\n{}", job("    strategy: {fail-fast: true, matrix: {a: [1]}}\n", "")),
            vec![permissions, timeout, shell],
        ),
        (format!("on: pull_request\n{}", job("", "")), vec![types, permissions, timeout, shell]),
        (
            format!("on: [push, pull_request_target]\n{}", job("", "")),
            vec![types, permissions, timeout, shell],
        ),
        (format!("on: {{pull_request: }}\n{}", job("", "")), vec![types, permissions, timeout, shell]),
        (
            format!("on: {{pull_request: {{types: [opened]}}}}\n{}", job("", "")),
            vec![permissions, timeout, shell],
        ),
        ("on: push\njobs:\n  a:\n    uses: ./.github/workflows/x.yml\n".to_owned(), vec![permissions]),
    ] {
        assert_eq!(defaults(&source), expected, "{source}");
    }
}

#[test]
fn what_github_does_not_know_has_no_feature() {
    let source = "
on: push
jobs:
  a:
    runs-on: x
    time: 1
    steps:
      - run: x
        name: ${{ github.nothing }} ${{ nothing.x }}
        if: nothing.x
      - uses: nothing
      - [run]
";
    let document = workflow(source);
    let unknown: Vec<_> = list(&document, &["?"]);
    let expected =
        ["? time: 1", "? ${{ github.nothing }} ${{ nothing.x }}", "? nothing.x", "? nothing", "? run"];
    assert_eq!(unknown, expected);
}

#[test]
fn what_an_alias_repeats_is_counted_once() {
    let source = "
on: push
jobs:
  a: &job
    runs-on: x
    steps: &steps
      - &step {run: 'echo ${{ github.sha }}'}
      - *step
  b: *job
  c:
    runs-on: x
    steps: *steps
";
    let document = workflow(source);
    assert_eq!(document.problems(), []);
    assert_eq!(list(&document, &["context/"]), ["context/github.sha github.sha"]);
    let entries = list(&document, &["workflow/jobs."]);
    assert_eq!(entries.iter().filter(|line| line.ends_with("b: *job")).count(), 1);
    let items = list(&document, &["workflow/steps[]"]);
    assert_eq!(items, ["workflow/steps[] &step {run: 'echo ${{ github.sha }}'}", "workflow/steps[] *step"]);
}

#[test]
fn actions_have_conditions_and_keys_of_their_own() {
    let source = "
name: x
description: x
inputs: {a: {default: '${{ github.token }}', deprecationMessage: no}}
outputs: {b: {value: '${{ steps.c.outputs.d }}'}}
runs:
  using: composite
  steps:
    - {run: x, shell: bash, if: always()}
    - {uses: a/b@c, with: {d: e}}
";
    let document = read_action(source, &Limits::default());
    assert_eq!(document.problems(), []);
    let found = list(&document, &["action/", "expression/bare", "context/", "uses/", "default/", "?"]);
    for start in [
        "action/action-root.name ",
        "action/inputs.<name> a: ",
        "context/github.token ",
        "context/steps.<step-id>.outputs.<name> ",
        "action/using=composite ",
        "expression/bare always()",
        "uses/action a/b@c",
        "action/step-with.<name> d: e",
    ] {
        assert!(found.iter().any(|line| line.starts_with(start)), "{start} is not among {found:#?}");
    }
    assert!(!found.iter().any(|line| line.starts_with('?') || line.starts_with("default/")), "{found:#?}");
}

/// The beginning of a file is a file, too, and mostly a wrong one.
#[test]
fn constructs_of_every_beginning_of_a_file_are_nested_and_tile_it() {
    let source = "on: {push: , pull_request: }\njobs:\n  é: &a\n    if: \"a\\x41 == 'é' && !b\"\n    runs-on: [*a, ${{ x }}]\n    steps:\n    # c\n    - run: >-\n        x ${{ a }}\n         ${{ format('}}', github.a) }}\n    - ? |\n       uses\n      : 'a''/b@${{ c }}'\n";
    for end in (0..=source.len()).filter(|end| source.is_char_boundary(*end)) {
        let document = workflow(source.get(..end).unwrap());
        let all = constructs(&document);
        for construct in &all {
            if let Some(parent) = construct.parent {
                assert!(
                    all.get(parent as usize).unwrap().span.contains(construct.span),
                    "{end}: {construct:?}"
                );
            }
        }
        let tiles = tiles(document.tree(), &all);
        let ends =
            tiles.iter().fold(0, |at, tile| if tile.span.start == at { tile.span.end } else { usize::MAX });
        assert_eq!(ends, end);
    }
}

#[test]
fn tiles_have_each_byte_once_also_where_yaml_ends() {
    for source in [
        "\u{feff}# c\non: push # d\njobs: {}\n...\n",
        "on: [push\njobs: }{ # e\n",
        "on: !!str push\njobs: &a {b: *a}\n",
        "\t% x\n",
        "",
        "--- \n--- x\n",
    ] {
        let document = workflow(source);
        let all = constructs(&document);
        let tiles = tiles(document.tree(), &all);
        let bytes: String = tiles.iter().map(|tile| tile.span.of(source)).collect();
        assert_eq!(bytes, source);
        let comments = tiles.iter().filter(|tile| tile.kind == TileKind::Comment);
        let comments: Vec<_> = comments.map(|tile| tile.span.of(source)).collect();
        assert!(comments.iter().all(|comment| comment.starts_with('#')), "{comments:?}");
        for tile in tiles.iter().filter(|tile| tile.construct.is_some()) {
            let construct = all.get(tile.construct.unwrap() as usize).unwrap();
            assert!(construct.span.contains(tile.span), "{source:?}");
        }
    }
}
