use super::*;
use crate::read::{Limits, read_workflow};

/// Legs as text: values with types as JSON has them, what they depend on behind `?`, what may change them behind `+`.
fn shown(yaml: &str) -> (String, Vec<String>, Vec<String>) {
    let indented: String = yaml.lines().map(|line| format!("        {line}\n")).collect();
    let source = format!(
        "on: push\njobs:\n  a:\n    runs-on: x\n    strategy:\n      matrix:\n{indented}    steps: []\n"
    );
    let document = read_workflow(source, &Limits::default());
    let matrix = document.find(document.root().unwrap(), &["jobs", "a", "strategy", "matrix"]).unwrap();
    let Expanded { expansion, problems } = expand(&document, matrix);
    let problems = problems.into_iter().map(|problem| problem.message).collect();
    let (kind, legs) = match expansion {
        Expansion::Exact(legs) => ("exact".to_owned(), legs),
        Expansion::UpTo(legs) => {
            let more: Vec<_> = legs.more.iter().map(|id| &*legs.unknowns[id.index()].expression).collect();
            (format!("up to{}{}", if more.is_empty() { "" } else { " more by " }, more.join(" ")), legs)
        }
        Expansion::Dynamic(unknown) => {
            return (format!("dynamic {}", unknown.expression), Vec::new(), problems);
        }
    };
    let shown = legs.legs.iter().map(|leg| leg_shown(leg, &legs)).collect();
    (kind, shown, problems)
}

fn leg_shown(leg: &Leg, legs: &Legs) -> String {
    let names = |ids: &Unknowns, sign: &str| -> String {
        ids.iter().map(|id| format!(" {sign}{}", legs.unknowns[id.index()].expression)).collect()
    };
    let value = |cell: &Cell| match &cell.value {
        CellValue::Known(value) => value.to_json().replace([' ', '\n'], ""),
        CellValue::Unknown(ids) => names(ids, "=").trim().to_owned(),
        CellValue::Each(id) => format!("each {}", legs.unknowns[id.index()].expression),
    };
    let values: Vec<_> = leg.values.iter().map(|(key, cell)| format!("{key}:{}", value(cell))).collect();
    format!("{}{}{}", values.join(" "), names(&leg.depends_on, "?"), names(&leg.extra, "+"))
}

#[track_caller]
fn expect(yaml: &str, kind: &str, legs: &[&str]) {
    let (found_kind, found, problems) = shown(yaml);
    assert_eq!(
        (found_kind.as_str(), found),
        (kind, legs.iter().map(|leg| (*leg).to_owned()).collect()),
        "{yaml}"
    );
    assert!(problems.is_empty(), "{yaml}: {problems:?}");
}

#[test]
fn examples_of_the_documentation() {
    expect(
        "version: [10, 12, 14]\nos: [ubuntu-latest, windows-latest]",
        "exact",
        &[
            r#"version:10 os:"ubuntu-latest""#,
            r#"version:10 os:"windows-latest""#,
            r#"version:12 os:"ubuntu-latest""#,
            r#"version:12 os:"windows-latest""#,
            r#"version:14 os:"ubuntu-latest""#,
            r#"version:14 os:"windows-latest""#,
        ],
    );
    let fruit = "fruit: [apple, pear]\nanimal: [cat, dog]\ninclude:\n- color: green\n- color: pink\n  animal: cat\n\
                 - fruit: apple\n  shape: circle\n- fruit: banana\n- fruit: banana\n  animal: cat";
    expect(
        fruit,
        "exact",
        &[
            r#"fruit:"apple" animal:"cat" color:"pink" shape:"circle""#,
            r#"fruit:"apple" animal:"dog" color:"green" shape:"circle""#,
            r#"fruit:"pear" animal:"cat" color:"pink""#,
            r#"fruit:"pear" animal:"dog" color:"green""#,
            r#"fruit:"banana""#,
            r#"fruit:"banana" animal:"cat""#,
        ],
    );
    let npm = "os: [windows-latest, ubuntu-latest]\nnode: [14, 16]\ninclude:\n- os: windows-latest\n  node: 16\n  npm: 6";
    expect(
        npm,
        "exact",
        &[
            r#"os:"windows-latest" node:14"#,
            r#"os:"windows-latest" node:16 npm:6"#,
            r#"os:"ubuntu-latest" node:14"#,
            r#"os:"ubuntu-latest" node:16"#,
        ],
    );
    let alone = "include:\n- site: production\n  datacenter: site-a\n- site: staging\n  datacenter: site-b";
    expect(
        alone,
        "exact",
        &[r#"site:"production" datacenter:"site-a""#, r#"site:"staging" datacenter:"site-b""#],
    );
    let more = "os: [macos-latest, windows-latest]\nversion: [12, 14]\ninclude:\n- os: windows-latest\n  version: 17";
    expect(
        more,
        "exact",
        &[
            r#"os:"macos-latest" version:12"#,
            r#"os:"macos-latest" version:14"#,
            r#"os:"windows-latest" version:12"#,
            r#"os:"windows-latest" version:14"#,
            r#"os:"windows-latest" version:17"#,
        ],
    );
    let exclude = "os: [macos-latest, windows-latest]\nversion: [12, 14, 16]\nenvironment: [staging, production]\n\
                   exclude:\n- os: macos-latest\n  version: 12\n  environment: production\n- os: windows-latest\n  version: 16";
    expect(
        exclude,
        "exact",
        &[
            r#"os:"macos-latest" version:12 environment:"staging""#,
            r#"os:"macos-latest" version:14 environment:"staging""#,
            r#"os:"macos-latest" version:14 environment:"production""#,
            r#"os:"macos-latest" version:16 environment:"staging""#,
            r#"os:"macos-latest" version:16 environment:"production""#,
            r#"os:"windows-latest" version:12 environment:"staging""#,
            r#"os:"windows-latest" version:12 environment:"production""#,
            r#"os:"windows-latest" version:14 environment:"staging""#,
            r#"os:"windows-latest" version:14 environment:"production""#,
        ],
    );
}

#[test]
fn examples_of_the_runner() {
    let two = "arch: [x64, x86]\nos: [linux, windows]\n";
    expect(
        &format!("{two}exclude:\n- arch: x86\n  os: linux"),
        "exact",
        &[r#"arch:"x64" os:"linux""#, r#"arch:"x64" os:"windows""#, r#"arch:"x86" os:"windows""#],
    );
    expect(
        &format!("{two}include:\n- arch: x64\n  os: linux\n  publish: true"),
        "exact",
        &[
            r#"arch:"x64" os:"linux" publish:true"#,
            r#"arch:"x64" os:"windows""#,
            r#"arch:"x86" os:"linux""#,
            r#"arch:"x86" os:"windows""#,
        ],
    );
    // The runner's own comment says that `arch: x64` alone is a leg of its own; by its code it matches two.
    expect(
        &format!("{two}include:\n- arch: x64\n- os: macos"),
        "exact",
        &[
            r#"arch:"x64" os:"linux""#,
            r#"arch:"x64" os:"windows""#,
            r#"arch:"x86" os:"linux""#,
            r#"arch:"x86" os:"windows""#,
            r#"os:"macos""#,
        ],
    );
}

#[test]
fn values_keep_their_types_and_compare_as_expressions_do() {
    expect(
        "python: [3.10, '3.10', 0x10, true, null, ~]",
        "exact",
        &["python:3.1", r#"python:"3.10""#, "python:16", "python:true", "python:null", "python:null"],
    );
    // '3.1' equals 3.1, case does not count, and what is not there is null, which is 0.
    expect("a: [3.10, Linux, 2]\nexclude:\n- a: '3.1'\n- a: LINUX", "exact", &["a:2"]);
    expect("A: [1, 2]\nexclude:\n- a: 1", "exact", &["A:2"]);
    expect("a: [{b: 1}, {b: 2}]\nexclude:\n- a: {b: 1, c: 0}", "exact", &[r#"a:{"b":2}"#]);
    expect("a: [[1, 2], [1, 3]]\nexclude:\n- a: [1, 3]", "exact", &["a:[1,2]"]);
    expect("a: [[1, 2]]\ninclude:\n- a: []\n  x: 1\n- a: {'0': 1}\n  y: 1", "exact", &["a:[1,2] x:1 y:1"]);
}

#[test]
fn what_include_added_is_no_filter_later() {
    let yaml = "a: [1, 2]\ninclude:\n- x: 1\n- x: 1\n  y: 2\n- a: 3\n- b: 4\n  a: 3";
    expect(yaml, "exact", &["a:1 x:1 y:2", "a:2 x:1 y:2", "a:3", "a:3 b:4"]);
}

#[test]
fn constant_expressions_are_folded() {
    expect("a: ${{ fromJSON('[1, 2]') }}\nb: ['${{ 1 == 1 }}']", "exact", &["a:1 b:true", "a:2 b:true"]);
    expect("include: ${{ fromJSON('[{\"a\":1.0}]') }}", "exact", &["a:1"]);
    let (kind, legs, problems) = shown("a: ${{ fromJSON('{}') }}\nb: [1]");
    assert_eq!((kind.as_str(), legs.len()), ("exact", 1));
    let text = "Unexpected type 'MappingToken' encountered while reading 'matrix vector value'. The type 'SequenceToken' was expected.";
    assert_eq!(problems, [text]);
}

#[test]
fn unknown_values_leave_the_legs() {
    expect("a: ['${{ github.ref }}', x]\nb: [1]", "up to", &["a:=github.ref b:1", r#"a:"x" b:1"#]);
    expect("a: [{v: '${{ inputs.v }}', w: 1}]", "up to", &["a:=inputs.v"]);
    expect("a: ['v${{ inputs.v }}']", "up to", &["a:=format('v{0}', inputs.v)"]);
}

#[test]
fn unknown_vectors_stand_for_several_legs() {
    expect(
        "os: ${{ fromJSON(inputs.os) }}\nb: [1, 2]\nexclude:\n- os: x\n  b: 1\ninclude:\n- os: y\n  z: 1",
        "up to",
        &[
            "os:each fromJSON(inputs.os) b:1 ?fromJSON(inputs.os) +fromJSON(inputs.os)",
            "os:each fromJSON(inputs.os) b:2 +fromJSON(inputs.os)",
            r#"os:"y" z:1 ?fromJSON(inputs.os)"#,
        ],
    );
}

#[test]
fn unknown_filters_leave_doubt_only_where_they_may_match() {
    expect(
        "os: [l, w]\nv: [1, 2]\nexclude:\n- os: l\n  v: ${{ inputs.v }}",
        "up to",
        &[r#"os:"l" v:1 ?inputs.v"#, r#"os:"l" v:2 ?inputs.v"#, r#"os:"w" v:1"#, r#"os:"w" v:2"#],
    );
    expect("os: [l]\nexclude:\n- os: w\n  v: ${{ inputs.v }}\nv: [1]", "exact", &[r#"os:"l" v:1"#]);
    expect("os: [l]\nexclude: ${{ fromJSON(inputs.x) }}", "up to", &[r#"os:"l" ?fromJSON(inputs.x)"#]);
    expect(
        "os: [l]\ninclude: ${{ fromJSON(inputs.x) }}",
        "up to more by fromJSON(inputs.x)",
        &[r#"os:"l" +fromJSON(inputs.x)"#],
    );
    expect(
        "os: [l]\ninclude:\n- ${{ fromJSON(inputs.x) }}",
        "up to",
        &[r#"os:"l" +fromJSON(inputs.x)"#, " ?fromJSON(inputs.x) +fromJSON(inputs.x)"],
    );
    // Whether the combination is there decides whether the item is a leg of its own.
    expect(
        "os: [l]\nexclude:\n- os: ${{ inputs.o }}\ninclude:\n- os: l\n  x: 1",
        "up to",
        &[r#"os:"l" x:1 ?inputs.o"#, r#"os:"l" x:1 ?inputs.o"#],
    );
}

#[test]
fn a_matrix_that_is_an_expression_is_dynamic() {
    assert_eq!(shown("${{ fromJSON(needs.a.outputs.m) }}").0, "dynamic fromJSON(needs.a.outputs.m)");
    assert_eq!(shown("${{ github.ref }}: [1]").0, "dynamic github.ref");
    assert_eq!(shown("${{ insert }}: {a: [1]}").0, "dynamic insert");
    expect("${{ fromJSON('{\"a\":[1]}') }}", "exact", &["a:1"]);
}

#[test]
fn what_github_refuses() {
    for (yaml, message) in [
        ("a: []", "Matrix vector 'a' does not contain any values"),
        ("include: []", "Matrix must define at least one vector"),
        ("exclude: []", "Matrix must define at least one vector"),
        ("a: [1]\ninclude: [{}]", "Matrix include mapping does not contain any values"),
        ("a: [1]\nexclude: [{}]", "Matrix exclude filter must not be empty"),
        ("a: [1]\nexclude: [{b: 1}]", "Matrix exclude key 'b' does not match any key within the matrix"),
    ] {
        assert_eq!(shown(yaml).2, [message], "{yaml}");
    }
}

#[test]
fn what_is_excluded_does_not_count() {
    let numbers = |count: usize| (0..count).map(|value| value.to_string()).collect::<Vec<_>>().join(", ");
    let one = format!("a: [{}]\nexclude: [{{a: 256}}]", numbers(257));
    let (_, legs, problems) = shown(&one);
    assert_eq!((legs.len(), problems.len()), (256, 0), "the 257th is not there");
    let kept = |a: usize, b: usize| a < 16 && b < 16;
    let pairs = (0..32).flat_map(|a| (0..32).map(move |b| (a, b))).filter(|(a, b)| !kept(*a, *b));
    let excluded: String = pairs.map(|(a, b)| format!("- {{a: {a}, b: {b}}}\n")).collect();
    let many = format!("a: [{0}]\nb: [{0}]\nexclude:\n{excluded}", numbers(32));
    let (_, legs, problems) = shown(&many);
    assert_eq!((legs.len(), problems.len()), (256, 0), "a fourth of the product is left");
}

#[test]
fn legs_are_counted_before_they_are_made() {
    let values: String = (0..300).map(|value| format!("{value}, ")).collect();
    let (_, legs, problems) = shown(&format!("a: [{values}]"));
    assert_eq!((legs.len(), problems.len()), (MAX_LEGS, 1));
    let (_, legs, problems) = shown(&format!("a: [{}]", values.split_at(values.find("256").unwrap()).0));
    assert_eq!((legs.len(), problems.len()), (MAX_LEGS, 0));
    let hostile: String = ('a'..='z').map(|key| format!("{key}: [{values}]\n")).collect();
    let excluded: String = (0..300).map(|value| format!("- a: {value}\n")).collect();
    let (_, legs, problems) = shown(&format!("{hostile}exclude:\n{excluded}"));
    assert_eq!((legs.len(), problems.len()), (0, 0), "every combination is excluded");
}

#[test]
fn legs_are_named_by_their_vectors() {
    let source = "on: push\njobs:\n  a:\n    runs-on: x\n    strategy:\n      matrix:\n        os: [u-1, {a: x, b: [y, null, '']}]\n        \
                  v: [3.10]\n        include:\n        - v: 3.1\n          extra: z\n        - os: m\n          more: w\n    steps: []\n";
    let document = read_workflow(source, &Limits::default());
    let matrix = document.find(document.root().unwrap(), &["jobs", "a", "strategy", "matrix"]).unwrap();
    let Expansion::Exact(legs) = expand(&document, matrix).expansion else { panic!("all is known") };
    let ids: Vec<_> = legs.legs.iter().map(|leg| leg.id.clone().unwrap()).collect();
    assert_eq!(ids, ["u-1_3_1", "x_y_3_1", "m_w"]);
    let names: Vec<_> =
        legs.legs.iter().map(|leg| leg_name("a", leg.texts().iter().map(String::as_str))).collect();
    assert_eq!(names, ["a (u-1, 3.1)", "a (x, y, 3.1)", "a (m, w)"]);
    assert_eq!(document.span(legs.legs[2].value("MORE").unwrap().token).of(source), "w");
}

#[test]
fn what_is_looked_at_is_counted_for_the_whole_file() {
    let expanded = |jobs| {
        let document = read_workflow(hostile(jobs), &Limits::default());
        let workflow = crate::model::Workflow::of(&document);
        crate::work::steps_of(|| drop(crate::graph::Graph::of(&workflow)))
    };
    let (few, many) = (expanded(2), expanded(12));
    assert!(many < few + few / 4, "{few} {many}");
}

#[test]
fn small_matrices_are_known_beside_large_ones() {
    let source = format!(
        "{}  small: {{runs-on: x, strategy: {{matrix: {{a: [1, 2], exclude: [{{a: 1}}]}}}}, steps: [{{run: x}}]}}\n",
        hostile(4)
    );
    let document = read_workflow(source, &Limits::default());
    let workflow = crate::model::Workflow::of(&document);
    let graph = crate::graph::Graph::of(&workflow);
    let small = graph.job_named("small").unwrap();
    assert_eq!((small.has_exact_matrix(), small.legs().len()), (true, 1));
}

#[test]
fn what_was_not_looked_at_may_be_more_legs() {
    let source = hostile(1).replace("exclude:", "include: [{a: 11, z: 1}, {z: 2}], exclude:");
    let document = read_workflow(source, &Limits::default());
    let workflow = crate::model::Workflow::of(&document);
    let graph = crate::graph::Graph::of(&workflow);
    let job = &graph.jobs[0];
    let expansion = &job.matrix.as_ref().unwrap().expansion;
    assert!(matches!(expansion, Expansion::UpTo(_)) && expansion.is_cut() && expansion.may_have_more());
    assert!(!expansion.has_too_many(), "all of them may be excluded");
    assert_eq!(job.legs(), [], "what include adds is not known either");
    assert_eq!(job.count().1, None);
    let names: Vec<_> = job.check_names().into_iter().map(|name| (name.text, name.is_exact)).collect();
    assert_eq!(names, [("j0 (${{ matrix }})".to_owned(), false)]);
}

#[test]
fn legs_that_only_an_expression_gives_have_one_name() {
    let source = "on: push\njobs:\n  a: {runs-on: x, strategy: {matrix: {include: '${{ fromJSON(vars.M) }}'}}, steps: [{run: x}]}\n";
    let document = read_workflow(source, &Limits::default());
    let workflow = crate::model::Workflow::of(&document);
    let graph = crate::graph::Graph::of(&workflow);
    let names = graph.jobs[0].check_names().into_iter().map(|name| (name.text, name.is_exact));
    assert_eq!(names.collect::<Vec<_>>(), [("a (${{ fromJSON(vars.M) }})".to_owned(), false)]);
}

#[test]
fn combinations_are_counted_with_32_bits() {
    let axes = |count: usize| (0..count).map(|key| format!("k{key}: [0, 1], ")).collect::<String>();
    for (matrix, is_refused) in [
        (format!("{{{}}}", axes(30)), false),
        (format!("{{{}}}", axes(31)), true),
        (format!("{{{}exclude: [{{k0: {{}}}}]}}", axes(31)), true),
        (format!("{{{}x: ['${{{{ vars.X }}}}']}}", axes(31)), false),
    ] {
        let source = format!(
            "on: push\njobs:\n  a: {{runs-on: x, strategy: {{matrix: {matrix}}}, steps: [{{run: x}}]}}\n"
        );
        let document = read_workflow(source.as_str(), &Limits::default());
        let workflow = crate::model::Workflow::of(&document);
        let told: Vec<_> = workflow.all_problems().map(|problem| problem.message.as_str()).collect();
        let expected: &[&str] =
            if is_refused { &["Arithmetic operation resulted in an overflow."] } else { &[] };
        assert_eq!(told, expected, "{source}");
    }
}

#[test]
fn items_compare_numbers_by_fifteen_digits() {
    for (matrix, legs) in [
        // The expression of the item has 1.23456789012346, which is another number.
        ("n: [1.23456789012345678]\nexclude:\n- n: 1.23456789012345678", &["n:1.23456789012346"][..]),
        ("n: [12345678901234567890]\nexclude:\n- n: 12345678901234567890", &["n:1.23456789012346E+19"]),
        ("n: [1.23456789012346, 2]\nexclude:\n- n: 1.234567890123456789", &["n:2"]),
        ("n: [123456789012345, 2]\nexclude:\n- n: 123456789012345", &["n:2"]),
        // A text becomes a number with all of its digits.
        ("n: [1.23456789012345678, 2]\nexclude:\n- n: '1.23456789012345678'", &["n:2"]),
        ("n: [.inf, 0.1]\nexclude:\n- n: .inf", &["n:0.1"]),
        (
            "n: [{a: [1.23456789012345678]}]\nexclude:\n- n: {a: [1.23456789012345678]}",
            &[r#"n:{"a":[1.23456789012346]}"#],
        ),
        (
            "n: [1.23456789012345678]\ninclude:\n- n: 1.23456789012345678\n  x: 1",
            &["n:1.23456789012346", "n:1.23456789012346 x:1"],
        ),
    ] {
        assert_eq!(shown(matrix).1, legs, "{matrix}");
    }
}

#[test]
fn where_everything_is_excluded_the_job_starts_once() {
    for (matrix, legs, count, checks) in [
        ("{a: [1], exclude: [{a: 1}]}", 1, (1, Some(1)), &["j"][..]),
        ("{a: [1], exclude: [{a: 1}], include: [{a: 2}]}", 1, (1, Some(1)), &["j (2)"]),
        ("{a: [1], exclude: '${{ fromJSON(vars.X) }}'}", 1, (1, Some(1)), &["j (1)"]),
        ("{a: [1, 2], exclude: '${{ fromJSON(vars.X) }}'}", 2, (1, Some(2)), &["j (1)", "j (2)"]),
        // GitHub refuses it.
        ("{a: []}", 0, (0, Some(0)), &[]),
    ] {
        let source = format!(
            "on: push\njobs:\n  j: {{runs-on: x, strategy: {{matrix: {matrix}}}, environment: 'e-${{{{ matrix }}}}-${{{{ strategy.job-total }}}}', steps: [{{run: x}}]}}\n"
        );
        let document = read_workflow(source.as_str(), &Limits::default());
        let workflow = crate::model::Workflow::of(&document);
        let graph = crate::graph::Graph::of(&workflow);
        let job = &graph.jobs[0];
        assert_eq!((job.legs().len(), job.count()), (legs, count), "{matrix}");
        let names: Vec<_> = job.check_names().into_iter().map(|name| name.text).collect();
        assert_eq!(names, checks, "{matrix}");
        if let [leg] = job.legs()
            && leg.is_alone()
        {
            assert_eq!(leg.id.as_deref(), Some("__default"));
            let environments: Vec<_> = job.environment_names().into_iter().map(|name| name.text).collect();
            assert_eq!(environments, ["e--1"], "matrix is null there");
        }
    }
}
