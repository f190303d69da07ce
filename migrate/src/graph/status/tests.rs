use super::*;
use crate::expression::Availability;

fn condition(text: Option<&str>) -> Condition {
    let words = [
        "github",
        "needs",
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

/// When something runs, as four letters: yes, no, or depends, in the order of the situations.
fn letters(text: Option<&str>) -> String {
    let letter = |truth| match truth {
        Truth::True => 'y',
        Truth::False => 'n',
        Truth::Unknown => '?',
    };
    When::of(&condition(text)).runs.map(letter).iter().collect()
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
        (Some("always() && contains(needs.*.result, 'failure')"), "n???"),
        (Some("always() && needs.a.outputs.x == 1"), "????"),
        (Some("failure('a')"), "n???"),
        (Some("success() && failure()"), "nnnn"),
        (Some("always() || github.ref"), "yyyy"),
    ] {
        assert_eq!(letters(text), expected, "{text:?}");
    }
}

#[test]
fn odd_conditions_are_told() {
    for (text, expected) in [
        (None, None),
        (Some("always()"), None),
        (Some("github.ref"), None),
        (Some("failure()"), None),
        (Some("true"), Some(Oddity::AlwaysTrue)),
        (Some("always() || github.ref"), Some(Oddity::AlwaysTrue)),
        (Some("github.ref == 'a' || 'b'"), Some(Oddity::AlwaysTrue)),
        (Some("${{ github.ref == 'x' }} "), Some(Oddity::TextAround)),
        (Some("!${{ github.ref }}"), Some(Oddity::TextAround)),
        (Some("false"), Some(Oddity::NeverTrue)),
        (Some("success() && failure()"), Some(Oddity::NeverTrue)),
        (Some("github.ref && false"), Some(Oddity::NeverTrue)),
    ] {
        let condition = condition(text);
        assert_eq!(oddity(&condition, &When::of(&condition)), expected, "{text:?}");
    }
}
