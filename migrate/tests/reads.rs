//! What GitHub refuses in a file: its words, its place, our span and hint; and that the reading goes on.

use towpath_migrate::read::{Document, Limits, ProblemKind, TokenKind, read_action, read_workflow};

fn jobs(body: &str) -> Document {
    read_workflow(format!("on: push\njobs:\n  a:\n    runs-on: x\n{body}"), &Limits::default())
}

/// Each problem: its message, what is wrong by its span, and its hint.
fn told(document: &Document) -> Vec<(String, String, Option<String>)> {
    let source = document.tree().source();
    let told = document.problems().iter();
    told.map(|read| (read.message.clone(), read.span.of(source).to_owned(), read.hint.clone())).collect()
}

#[test]
fn keys_and_values_that_may_not_be_here_are_told_with_a_hint() {
    for (body, message, wrong, hint) in [
        ("    step: []\n", "Unexpected value 'step'", "step", Some("did you mean steps?")),
        (
            "    branches: []\n",
            "Unexpected value 'branches'",
            "branches",
            Some(
                "the key is known elsewhere: in on.merge_group, on.pull_request, on.pull_request_target, on.push",
            ),
        ),
        (
            "    uses: a/b@v1\n",
            "Unexpected value 'uses'",
            "uses",
            Some("a job has runs-on and steps, or calls"),
        ),
        ("    <<: x\n", "Unexpected value '<<'", "<<", Some("GitHub knows no merge keys")),
        ("    env: {<<: {A: 1}}\n", "A mapping was not expected", "<<", Some("GitHub knows no merge keys")),
        (
            "    name: it is ${{ github.ref }\n",
            "The expression is not closed. An unescaped ${{ sequence was found, but the closing }} sequence was not found.",
            "${{ github.ref }",
            Some("write }} where the expression ends"),
        ),
        ("    name: a ${{ }}\n", "An expression was expected", "${{ }}", Some("write an expression between")),
        (
            "    steps: [{run: a, uses: a/b@v1}]\n",
            "Unexpected value 'uses'",
            "uses",
            Some("a step has run or uses, not both"),
        ),
        ("    neverheard: 1\n", "Unexpected value 'neverheard'", "neverheard", Some("no key of this name")),
        ("    name: [1]\n", "A sequence was not expected", "[1]", Some("write no list here")),
        ("    needs: {}\n", "A mapping was not expected", "{}", Some("write no keys here")),
        ("    timeout-minutes: soon\n", "Unexpected value 'soon'", "soon", Some("write a number")),
        (
            "    permissions: {contents: wrote}\n",
            "Unexpected value 'wrote'",
            "wrote",
            Some("did you mean write?"),
        ),
        ("    Runs-On: y\n", "'Runs-On' is already defined", "Runs-On", Some("take one of the two away")),
        (
            "    name: it is ${{ nope.x }}\n",
            "Unrecognized named-value: 'nope'. Located at position 1 within expression: nope.x",
            "nope",
            None,
        ),
        (
            "    steps:\n      - run: |\n          a\n          b ${{ github. }}\n",
            "Unexpected end of expression: '.'. Located at position 7 within expression: github.",
            ".",
            None,
        ),
    ] {
        let document = jobs(body);
        let [(said, span, hinted)] = &told(&document)[..] else { panic!("{body}: {:?}", told(&document)) };
        assert_eq!((said.as_str(), span.as_str()), (message, wrong), "{body}");
        match hint {
            Some(hint) => assert!(hinted.as_ref().is_some_and(|told| told.starts_with(hint)), "{hinted:?}"),
            None => assert_eq!(*hinted, None, "{body}"),
        }
    }
}

#[test]
fn reading_goes_on_where_github_stops() {
    let document = jobs("    if: !cancelled()\n    step: []\n    name: *nobody\n    steps: [1\n");
    let said: Vec<_> = document.problems().iter().map(|read| (&read.kind, read.is_beyond)).collect();
    assert!(
        matches!(
            said[..],
            [
                (ProblemKind::Tag, false),
                (ProblemKind::UnexpectedKey, true),
                (ProblemKind::Anchor, true),
                (ProblemKind::Syntax, true)
            ]
        ),
        "{said:?}"
    );
    let root = document.root().unwrap();
    assert!(document.find(root, &["jobs", "a", "runs-on"]).is_some());
}

#[test]
fn what_is_too_much_ends_and_says_so() {
    let deep = format!("on: push\njobs: {}1{}\n", "[".repeat(60), "]".repeat(60));
    let bomb = "a: &a [1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\n\
                d: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e]\n";
    let bomb = format!(
        "on: push\njobs:\n  a:\n    runs-on: x\n    strategy:\n      matrix:\n        x:\n{}",
        indented(bomb)
    );
    let cycle = "on: push\njobs:\n  a:\n    runs-on: x\n    strategy:\n      matrix: &m {x: [*m]}\n";
    for (source, message) in [
        (deep, "Unexpected"),
        (bomb, "Maximum YAML nodes exceeded"),
        (cycle.to_owned(), "Maximum object depth exceeded"),
        (format!("# {}\non: push\njobs: {{}}\n", "x".repeat(1 << 20)), "The maximum file size of 1048576"),
    ] {
        let document = read_workflow(source, &Limits::default());
        let said = told(&document);
        let is_said = said.iter().any(|(said, ..)| said.starts_with(message));
        assert!(is_said || message == "Unexpected", "{message}: {said:?}");
        assert!(document.tokens().count() <= Limits::default().nodes);
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("          - {}\n", &line[3..])).collect()
}

#[test]
fn aliases_are_read_where_they_stand() {
    let source = "on: push\njobs:\n  a: &job\n    runs-on: x\n    steps:\n      - run: echo\n  b: *job\n";
    let document = read_workflow(source, &Limits::default());
    assert_eq!(document.problems(), []);
    let root = document.root().unwrap();
    let (first, second) = (document.find(root, &["jobs", "a"]), document.find(root, &["jobs", "b"]));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_ne!(first, second);
    assert_eq!(document.span(first), document.span(second), "what an alias brings is written at its anchor");
    let refused = read_workflow(source, &Limits { anchors: false, ..Limits::default() });
    assert_eq!(refused.problems()[0].message, "Anchors are not currently supported. Remove the anchor 'job'");
}

#[test]
fn scalars_are_typed_as_the_schema_wants() {
    let document = jobs(
        "    name: 010\n    continue-on-error: true\n    env: {A: 1.50, B: ~, C: 0x10, D: '1'}\n    \
         steps:\n      - run: ${{ 'it''s' }}\n        with: {}\n",
    );
    let root = document.root().unwrap();
    let text = |way: &[&str]| {
        let way: Vec<_> = ["jobs", "a"].iter().chain(way).copied().collect();
        document.text(document.find(root, &way).unwrap()).map(str::to_owned)
    };
    assert_eq!(text(&["name"]).as_deref(), Some("10"), "a number as text is the runner's");
    let steps = document.find(root, &["jobs", "a", "steps"]).unwrap();
    let step = document.children(steps).next().unwrap();
    assert_eq!(document.get(step, "run").and_then(|run| document.text(run)), Some("it's"));
    let kind = |way: &[&str]| document.token(document.find(root, way).unwrap()).kind;
    assert_eq!(kind(&["jobs", "a", "continue-on-error"]), TokenKind::Boolean(true));
}

#[test]
fn files_that_hold_nothing_or_too_much_are_named() {
    for (source, message) in [
        ("", "Expected document start parse event"),
        ("# nothing\n", "Expected document start parse event"),
        ("on: push\njobs: {}\n---\nname: second\n", "Expected stream end parse event"),
        ("- a\n", "A sequence was not expected"),
        ("text", "Unexpected value 'text'"),
        ("? [a]\n: b\n", "Expected mapping end"),
        ("on: push\n", "Required property is missing: jobs"),
    ] {
        let document = read_workflow(source, &Limits::default());
        let said = told(&document);
        assert!(said.iter().any(|(said, ..)| said == message), "{source:?}: {said:?}");
    }
}

#[test]
fn metadata_of_actions_has_its_own_schema() {
    let source = "name: A\ndescription: b\ninputs: {x: {default: '${{ github.token }}'}}\n\
                  runs:\n  using: composite\n  steps:\n    - run: echo ${{ inputs.x }}\n      shell: bash\n";
    let document = read_action(source, &Limits::default());
    assert_eq!(document.problems(), []);
    let wrong = read_action("name: A\nruns: {using: node20, man: x.js}\n", &Limits::default());
    assert!(!wrong.problems().is_empty());
}

/// One step with an anchor, and as many aliases of it; behind them a step that stands written, with a slip.
fn repeated(times: usize) -> String {
    let aliases = "      - *s\n".repeat(times);
    format!(
        "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - &s {{run: 'echo ${{{{ github.sha }}}}'}}\n{aliases}      \
         - {{run: a, nam: b}}\n  b:\n    runs-on: y\n    env: {{*s : 1, B: *s}}\n    step: []\n"
    )
}

#[test]
fn what_is_too_large_is_not_read_again_by_aliases() {
    let limits = Limits { bytes: 20_000, ..Limits::default() };
    let [few, many] = [200, 2_000].map(|times| read_workflow(repeated(times), &limits));
    assert_eq!(few.tokens().count(), many.tokens().count());
    for (document, times) in [(few, 200), (many, 2_000)] {
        let said: Vec<_> = told(&document).into_iter().map(|(said, wrong, _)| (said, wrong)).collect();
        let said: Vec<_> = said.iter().map(|(said, wrong)| (said.as_str(), wrong.as_str())).collect();
        assert!(
            matches!(
                said[..],
                [
                    ("Maximum object size exceeded", _),
                    ("Unexpected value 'nam'", "nam"),
                    ("Unexpected value 'step'", "step")
                ]
            ),
            "{times}: {said:?}"
        );
        let root = document.root().unwrap();
        assert!(document.find(root, &["jobs", "b", "runs-on"]).is_some(), "what stands written is read");
    }
}

#[test]
fn keys_that_are_repeated_by_aliases_end() {
    let key = format!("&k '{}'", "${{ x }}".repeat(1_000));
    let source = format!("on: push\nrun-name: {key}\njobs:\n  ${{{{ y }}}}: 1\n");
    let source = source + &"  *k : 1\n".repeat(5_000);
    let limits = Limits { bytes: 100_000, ..Limits::default() };
    let told = read_workflow(source, &limits).problems().len();
    assert!(told < 50, "{told}");
}

#[test]
fn what_was_not_read_is_not_said_to_be_missing() {
    let aliases = "      - *s\n".repeat(200);
    let source = format!(
        "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - &s {{name: a, run: b}}\n{aliases}"
    );
    for nodes in 500..520 {
        let document = read_workflow(source.clone(), &Limits { nodes, ..Limits::default() });
        let [(said, _, hint)] = &told(&document)[..] else { panic!("{nodes}: {:?}", told(&document)) };
        assert_eq!(said, "Maximum YAML nodes exceeded");
        assert!(hint.as_ref().is_some_and(|hint| hint.contains("alias")), "{hint:?}");
    }
}
