use super::*;
use crate::expression::{Availability, Node};
use crate::model::{At, JobKind, Workflow};
use crate::read::{Limits, TokenId, read_workflow};

fn condition(text: Option<&str>) -> Condition {
    let words = [
        "github",
        "job",
        "needs",
        "steps",
        "vars",
        "always(0,0)",
        "failure(0,MAX)",
        "cancelled(0,0)",
        "success(0,MAX)",
        "hashFiles(1,255)",
    ];
    Condition::read(text, &Availability::from_schema(words).unwrap()).unwrap()
}

fn unknown(_: &Node) -> Option<bool> {
    None
}

/// The five conditions, and whether a job runs whose ancestors: all succeeded, some failed, some were skipped, both.
/// Written down from the documentation of status check functions, actions/runner#491 and #2205, and the truth table of
/// TWiStErRob/net.twisterrob.ghlint#814.
const REFERENCE: [(Option<&str>, [bool; 4]); 5] = [
    (None, [true, false, false, false]),
    (Some("always()"), [true, true, true, true]),
    (Some("!cancelled()"), [true, true, true, true]),
    (Some("failure()"), [false, true, false, true]),
    (Some("success() || failure()"), [true, true, false, true]),
];

#[test]
fn all_graphs_of_three_jobs() {
    let conditions = REFERENCE.map(|(text, _)| condition(text));
    let mut rows = 0;
    for edges in 0..8_usize {
        let needs = [vec![], [(0, 1)].iter().filter(|_| edges & 1 != 0).map(|(from, _)| *from).collect(), {
            let bits = [(2, 0), (4, 1)];
            bits.iter().filter(|(bit, _)| edges & bit != 0).map(|(_, from)| *from).collect::<Vec<usize>>()
        }];
        for which in 0..125 {
            let picked = [which / 25, which / 5 % 5, which % 5];
            for ends in 0..8_usize {
                let outcome =
                    |job: usize| if ends >> job & 1 == 0 { Outcome::Success } else { Outcome::Failure };
                let ran = simulate(&needs, &picked.map(|at| &conditions[at]), outcome);
                assert_eq!(ran, reference(&needs, &picked, outcome), "{needs:?} {picked:?} {ends:03b}");
                rows += 1;
            }
        }
    }
    assert_eq!(rows, 8 * 125 * 8);
}

/// What each job comes to by the algebra.
fn simulate(
    needs: &[Vec<usize>; 3],
    conditions: &[&Condition; 3],
    outcome: impl Fn(usize) -> Outcome,
) -> Vec<Outcome> {
    let names = ["a", "b", "c"];
    let mut done: Vec<Outcome> = Vec::new();
    for job in 0..3 {
        let direct: Vec<_> = needs[job].iter().map(|need| (names[*need], done[*need])).collect();
        let far =
            needs[job].iter().flat_map(|need| needs[*need].clone()).filter(|far| !needs[job].contains(far));
        let others: Vec<_> = far.map(|far| (names[far], done[far])).collect();
        let facts = Facts { needs: &direct, others: &others, cancelled: false };
        let runs = runs(conditions[job], facts, unknown).unwrap();
        done.push(if runs { outcome(job) } else { Outcome::Skipped });
    }
    done
}

/// What each job comes to by the table.
fn reference(
    needs: &[Vec<usize>; 3],
    picked: &[usize; 3],
    outcome: impl Fn(usize) -> Outcome,
) -> Vec<Outcome> {
    let mut done: Vec<Outcome> = Vec::new();
    let mut above: Vec<Vec<usize>> = Vec::new();
    for job in 0..3 {
        let mut ancestors = needs[job].clone();
        for need in &needs[job] {
            ancestors.extend(above[*need].iter().copied());
        }
        let has = |wanted| ancestors.iter().any(|at: &usize| done[*at] == wanted);
        let column = usize::from(has(Outcome::Failure)) + 2 * usize::from(has(Outcome::Skipped));
        let runs = REFERENCE[picked[job]].1[column];
        done.push(if runs { outcome(job) } else { Outcome::Skipped });
        above.push(ancestors);
    }
    done
}

#[test]
fn what_was_measured_on_github() {
    use Outcome::{Failure, Skipped, Success};
    for (text, needs, others, expected, source) in [
        (None, &[("b", Success)][..], &[("a", Skipped)][..], false, "actions/runner#2205: b had always()"),
        (None, &[("b", Success)], &[("a", Failure)], false, "btclib-org/btclib#1470"),
        (
            Some("always() && needs.b.result == 'success'"),
            &[("b", Success)],
            &[("a", Failure)],
            true,
            "the same, other jobs",
        ),
        (
            Some("!cancelled() && needs.b.result == 'success'"),
            &[("b", Success)],
            &[("a", Skipped)],
            true,
            "nanvix/nanvix#1915",
        ),
        (Some("failure()"), &[("b", Skipped)], &[("a", Failure)], true, "documentation: any ancestor"),
        (Some("failure()"), &[("a", Skipped)], &[], false, "net.twisterrob.ghlint#814"),
        (Some("always()"), &[("a", Skipped)], &[], true, "net.twisterrob.ghlint#814"),
    ] {
        let facts = Facts { needs, others, cancelled: false };
        assert_eq!(runs(&condition(text), facts, unknown), Some(expected), "{source}");
    }
}

#[test]
fn data_decide_where_status_does_not() {
    use Outcome::{Cancelled, Failure, Success};
    let good = Facts { needs: &[("a", Success)], ..Facts::default() };
    let bad = Facts { needs: &[("a", Failure), ("b", Success)], ..Facts::default() };
    let stopped = Facts { needs: &[("a", Cancelled)], cancelled: true, ..Facts::default() };
    for (text, facts, data, expected) in [
        ("github.ref == 'x'", good, None, None),
        ("github.ref == 'x'", good, Some(true), Some(true)),
        ("github.ref == 'x'", bad, Some(true), Some(false)),
        ("github.ref == 'x'", bad, None, Some(false)),
        ("always() && github.ref", bad, None, None),
        ("failure() || github.ref", bad, None, Some(true)),
        ("contains(needs.*.result, 'failure')", bad, None, Some(false)),
        ("always() && contains(needs.*.result, 'failure')", bad, None, Some(true)),
        ("always() && contains(needs.*.result, 'FAILURE')", good, None, Some(false)),
        ("always() && needs.A.result == 'failure'", bad, None, Some(true)),
        ("always() && needs.x.result == 'failure'", bad, None, None),
        ("always() && needs.a.outputs.x", bad, Some(false), Some(false)),
        ("failure('b')", bad, None, Some(false)),
        ("failure('A')", bad, None, Some(true)),
        ("success('b') && failure('a', 'b')", bad, None, Some(true)),
        ("cancelled()", stopped, None, Some(true)),
        ("!cancelled()", stopped, None, Some(false)),
        ("success()", stopped, None, Some(false)),
        ("success()", Facts { cancelled: true, ..good }, None, Some(false)),
        ("failure()", Facts { cancelled: true, ..bad }, None, Some(false)),
        ("failure()", stopped, None, Some(false)),
        ("always()", stopped, None, Some(true)),
        ("${{ github.ref }} ", good, None, Some(true)),
        ("${{ github.ref }} ", bad, None, Some(false)),
        ("always() && hashFiles('x')", good, None, None),
        ("always() && fromJSON('x')", good, None, None),
    ] {
        assert_eq!(runs(&condition(Some(text)), facts, |_| data), expected, "{text} {data:?}");
    }
}

/// When something runs, as letters: yes, no, or depends, in the order of the situations that there may be.
fn letters(text: Option<&str>, asker: Asker<'_>) -> String {
    let condition = condition(text);
    let when = When::of(Some(&condition), asker);
    when.situations.iter().map(|situation| letter(when.runs(*situation))).collect()
}

const fn letter(truth: Truth) -> char {
    match truth {
        Truth::True => 'y',
        Truth::False => 'n',
        Truth::Unknown => '?',
    }
}

/// Jobs of `needs`.
fn needs() -> [Name<'static>; 2] {
    ["a", "b"].map(|name| At { token: TokenId::default(), value: name })
}

#[test]
fn conditions_are_told_by_situation() {
    for (text, expected) in [
        (None, "ynnn"),
        (Some("success()"), "ynnn"),
        (Some("github.ref == 'x'"), "?nnn"),
        (Some("true"), "ynnn"),
        (Some("false"), "nnnn"),
        (Some("${{ github.ref }} "), "ynnn"),
        (Some("always()"), "yyyy"),
        (Some("!cancelled()"), "yyyn"),
        (Some("cancelled()"), "nnny"),
        (Some("failure()"), "nynn"),
        (Some("failure() || cancelled()"), "nyny"),
        (Some("success() || failure()"), "yynn"),
        (Some("always() && github.ref"), "????"),
        (Some("failure() && github.ref"), "n?nn"),
        (Some("always() && needs.a.result == 'success'"), "y???"),
        (Some("always() && contains(needs.*.result, 'failure')"), "n?n?"),
        (Some("always() && needs.a.result == 'failed'"), "nnnn"),
        (Some("always() && needs.x.result == 'failure'"), "nnnn"),
        (Some("always() && needs.x.outputs.y == 'true'"), "nnnn"),
        (Some("always() && needs.x.result != 'failure'"), "yyyy"),
        (Some("needs.x.result == needs.a.result"), "nnnn"),
        (Some("always() && needs.a.outputs.x == 1"), "????"),
        (Some("needs.a.result == 'failure'"), "nnnn"),
        (Some("needs.a.result == 'success'"), "ynnn"),
        (Some("needs.a.result != 'success'"), "nnnn"),
        (Some("contains(needs.*.result, 'failure')"), "nnnn"),
        (Some("!contains(needs.*.result, 'success')"), "nnnn"),
        (Some("contains(needs.*.result, 'failure') || github.ref"), "?nnn"),
        (Some("failure('a')"), "n???"),
        (Some("success() && failure()"), "nnnn"),
        (Some("always() || github.ref"), "yyyy"),
        (Some("failure() == false"), "ynyy"),
        (Some("always() == true && true"), "yyyy"),
        (Some("success() != cancelled()"), "ynny"),
        (Some("case(always(), true, false)"), "yyyy"),
        (Some("case(failure(), github.ref, true)"), "y?yy"),
        (Some("format('{0}', success()) == 'true'"), "ynnn"),
        (Some("fromJSON(toJSON(failure()))"), "nynn"),
        (Some("contains('true', success())"), "ynnn"),
        (Some("fromJSON('[1]')[failure()] == 1"), "ynyy"),
        (Some("failure() == (github.ref == 'x')"), "????"),
    ] {
        assert_eq!(letters(text, Asker::Job(&needs())), expected, "{text:?}");
    }
    for (text, expected) in [
        (None, "yn"),
        (Some("failure()"), "nn"),
        (Some("cancelled()"), "ny"),
        (Some("always()"), "yy"),
        (Some("!success()"), "ny"),
        (Some("needs.a.result == 'failure'"), "nn"),
    ] {
        assert_eq!(letters(text, Asker::Job(&[])), expected, "{text:?} without needs");
    }
}

/// Where nothing is before the needs, one of them made the situation what it is.
#[test]
fn what_is_before_all_needs_decides() {
    let letters_of = |condition: &str, jobs: &str| {
        let source = format!(
            "on: push\njobs:\n{jobs}  z: {{needs: [a, b], if: \"{condition}\", runs-on: x, steps: [{{run: x}}]}}\n"
        );
        let document = read_workflow(source.as_str(), &Limits::default());
        let workflow = Workflow::of(&document);
        let graph = crate::graph::Graph::of(&workflow);
        let when = graph.jobs.last().unwrap().when;
        Situation::ALL.map(|situation| letter(when.runs(situation))).into_iter().collect::<String>()
    };
    let first = "  a: {runs-on: x, steps: [{run: x}]}\n  b: {runs-on: x, steps: [{run: x}]}\n";
    let third = "  a: {runs-on: x, steps: [{run: x}]}\n  b: {needs: c, runs-on: x, steps: [{run: x}]}\n  c: {runs-on: x, steps: [{run: x}]}\n";
    for (condition, expected, behind_others) in [
        ("failure()", "nynn", "nynn"),
        ("failure('a', 'B')", "nynn", "n???"),
        ("success('a', 'b')", "ynnn", "y???"),
        ("failure('a')", "n???", "n???"),
        ("always() && contains(needs.*.result, 'failure')", "nyn?", "n?n?"),
        ("always() && needs.a.result == 'failure'", "n?n?", "n?n?"),
        ("always() && needs.a.result == 'success' && needs.b.result == 'success'", "y???", "y???"),
        ("always() && (needs.a.result == 'success') == (needs.b.result == 'failure')", "n???", "n???"),
        ("!cancelled() && join(needs.*.result) == 'success,success'", "ynnn", "y??n"),
    ] {
        assert_eq!(letters_of(condition, first), expected, "{condition}");
        assert_eq!(letters_of(condition, third), behind_others, "{condition} behind others");
    }
}

#[test]
fn conditions_of_steps_know_what_steps_come_to() {
    let source = "on: push\njobs:\n  j:\n    runs-on: x\n    steps:\n    - {id: a, run: x}\n    - {id: b, run: x, continue-on-error: true}\n    - parallel: [{id: c, run: x}]\n";
    let document = read_workflow(source, &Limits::default());
    let workflow = Workflow::of(&document);
    let JobKind::Steps(job) = &workflow.jobs[0].kind else { panic!("steps") };
    for (text, in_job, in_action) in [
        (None, "ynn", "ynn"),
        (Some("steps.a.outcome == 'failure'"), "nnn", "nnn"),
        (Some("steps.b.outcome == 'failure'"), "?nn", "?nn"),
        (Some("steps.b.conclusion == 'failure'"), "nnn", "nnn"),
        (Some("steps.c.outcome == 'failure'"), "?nn", "?nn"),
        (Some("always() && steps.c.outcome == 'failed'"), "nnn", "nnn"),
        (Some("steps.none.outcome == 'failure'"), "?nn", "?nn"),
        (Some("steps.a.outcome == 'success'"), "?nn", "?nn"),
        (Some("always() && steps.a.outcome == 'failure'"), "n??", "n??"),
        (Some("always() && steps.a.outcome == 'failed'"), "nnn", "nnn"),
        (Some("steps.a.conclusion == 'failure' || steps.b.outcome == 'failure'"), "?nn", "?nn"),
        (Some("job.status == 'failure'"), "nnn", "?nn"),
        (Some("always() && job.status == 'failure'"), "nyn", "???"),
        (Some("failure() || steps.a.outputs.x"), "?y?", "?y?"),
    ] {
        assert_eq!(letters(text, Asker::Step(&job.steps)), in_job, "{text:?}");
        assert_eq!(letters(text, Asker::ActionStep(&job.steps)), in_action, "{text:?} in an action");
    }
}

#[test]
fn a_result_that_no_step_has_is_told_among_the_results_of_all() {
    let steps: Vec<_> = (0..9).map(|at| format!("{{id: s{at}, run: x}}")).collect();
    let source = format!("on: push\njobs: {{j: {{runs-on: x, steps: [{}]}}}}\n", steps.join(", "));
    let document = read_workflow(source.as_str(), &Limits::default());
    let workflow = Workflow::of(&document);
    let JobKind::Steps(job) = &workflow.jobs[0].kind else { panic!("steps") };
    let none = Some(Oddity::NoSuchResult);
    for (text, expected) in [
        ("always() && contains(steps.*.outcome, 'failed')", none),
        ("contains(steps.*.conclusion, 'failed')", none),
        ("failure() && contains(Steps.*.Outcome, 'succeeded')", none),
        ("always() && !contains(steps.*.outcome, 'failed')", Some(Oddity::AlwaysTrue)),
        ("always() && contains(steps.*.outcome, 'FAILURE')", None),
        ("always() && contains(steps.*.outcome, '')", None),
        ("always() && contains(steps.*.outcome, github.ref)", None),
        ("always() && contains(steps.*.outputs, 'failed')", None),
        ("always() && contains(steps.s0.outcome, 'fail')", None),
    ] {
        let condition = condition(Some(text));
        for asker in [Asker::Step(&job.steps), Asker::ActionStep(&job.steps)] {
            let when = When::of(Some(&condition), asker);
            assert_eq!(oddity(&condition, &when, asker), expected, "{text}");
        }
    }
}

#[test]
fn odd_conditions_are_told() {
    let needs = needs();
    for (text, expected, alone) in [
        (None, None, None),
        (Some("always()"), None, None),
        (Some("github.ref"), None, None),
        (Some("failure()"), None, Some(Oddity::NothingBefore)),
        (Some("failure() && github.ref"), None, Some(Oddity::NothingBefore)),
        (Some("failure() || cancelled()"), None, None),
        (Some("true"), Some(Oddity::AlwaysTrue), Some(Oddity::AlwaysTrue)),
        (Some("always() || github.ref"), Some(Oddity::AlwaysTrue), Some(Oddity::AlwaysTrue)),
        (Some("always() == true"), Some(Oddity::AlwaysTrue), Some(Oddity::AlwaysTrue)),
        (Some("github.ref == 'a' || 'b'"), Some(Oddity::AlwaysTrue), Some(Oddity::AlwaysTrue)),
        (Some("${{ github.ref == 'x' }} "), Some(Oddity::TextAround), Some(Oddity::TextAround)),
        (Some("!${{ github.ref }}"), Some(Oddity::TextAround), Some(Oddity::TextAround)),
        (Some("false"), Some(Oddity::NeverTrue), Some(Oddity::NeverTrue)),
        (Some("success() && failure()"), Some(Oddity::NeverTrue), Some(Oddity::NeverTrue)),
        (Some("github.ref && false"), Some(Oddity::NeverTrue), Some(Oddity::NeverTrue)),
        (Some("needs.a.result == 'failure'"), Some(Oddity::ImpliedSuccess), Some(Oddity::NeverTrue)),
        (Some("needs.c.result == 'success'"), Some(Oddity::NeverTrue), Some(Oddity::NeverTrue)),
        (Some("${{ false }}${{ false }}"), Some(Oddity::TextAround), Some(Oddity::TextAround)),
        (
            Some("${{ github.ref == 'a' }}${{ github.ref == 'b' }}"),
            Some(Oddity::TextAround),
            Some(Oddity::TextAround),
        ),
        (Some("contains(needs.*.result, 'failure')"), Some(Oddity::ImpliedSuccess), Some(Oddity::NeverTrue)),
        (Some("needs.a.result != 'success'"), Some(Oddity::ImpliedSuccess), None),
        (Some("success() && needs.a.result == 'failure'"), Some(Oddity::NeverTrue), Some(Oddity::NeverTrue)),
        (Some("always() && needs.a.result == 'failure'"), None, Some(Oddity::NeverTrue)),
        (Some("needs.a.result == 'failed'"), Some(Oddity::NoSuchResult), Some(Oddity::NoSuchResult)),
        (
            Some("always() && contains(needs.*.result, 'failed')"),
            Some(Oddity::NoSuchResult),
            Some(Oddity::NoSuchResult),
        ),
    ] {
        let condition = condition(text);
        for (asker, expected) in [(Asker::Job(&needs), expected), (Asker::Job(&[]), alone)] {
            let when = When::of(Some(&condition), asker);
            assert_eq!(oddity(&condition, &when, asker), expected, "{text:?} of {asker:?}");
        }
    }
}
