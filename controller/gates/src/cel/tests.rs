use proptest::prelude::*;
use serde_json::json;

use super::*;

fn ask(source: &str) -> Result<bool, EvaluatorError> {
    let release = json!({
        "version": "1.4.2",
        "images": [{"name": "ghcr.io/acme/web", "tag": "1.4.2", "digest": "sha256:00"}],
        "tags": ["1.4.2"],
        "labels": {"change": "CHG-17"},
        "authors": ["alice", "bob"],
        "order": null,
        "sequence": 7,
    });
    let values = [
        ("release".to_owned(), release),
        ("environment".to_owned(), json!({"name": "production", "labels": {"tier": "1"}})),
        ("upstream".to_owned(), json!([{"environment": "staging", "version": "1.4.2", "verified": true}])),
    ];
    CelEvaluator.evaluate(&Question { source: source.to_owned(), values: values.into() })
}

#[test]
fn what_people_write() {
    let cases = [
        ("true", true),
        ("release.sequence > 5", true),
        ("release.sequence == 7 && release.order == null", true),
        ("release.version.matches('^1[.]4[.]')", true),
        ("release.version.startsWith('2')", false),
        ("'change' in release.labels && release.labels.change.startsWith('CHG-')", true),
        ("has(release.labels.ticket)", false),
        ("release.authors.all(a, a != 'mallory')", true),
        ("'mallory' in release.authors", false),
        ("size(release.images) == 1 && release.images[0].tag == '1.4.2'", true),
        ("environment.name == 'production' && environment.labels.tier == '1'", true),
        ("upstream.exists(u, u.environment == 'staging' && u.verified)", true),
        ("release.authors.exists(a, upstream.exists(u, u.environment == a))", false),
        ("release.images.map(i, i.name).all(n, n.startsWith('ghcr.io/'))", true),
    ];
    for (source, answer) in cases {
        assert_eq!(ask(source), Ok(answer), "{source}");
    }
}

#[test]
fn what_is_no_answer() {
    let cases = [
        ("", "cannot be read"),
        ("release.sequence >", "cannot be read"),
        ("release.sequence", "no bool"),
        ("'true'", "no bool"),
        ("release.age > 5", "it fails"),
        ("nobody == 1", "it fails"),
        ("1 / 0 == 1", "it fails"),
        ("release.authors[9] == 'x'", "it fails"),
        ("release.version.matches('(')", "it fails"),
        ("9223372036854775807 + 1 == 0", "it fails"),
    ];
    for (source, expected) in cases {
        match ask(source) {
            Err(EvaluatorError::Wrong(why)) => assert!(why.contains(expected), "{source}: {why}"),
            other => panic!("{source}: {other:?}"),
        }
    }
}

#[test]
fn what_would_take_too_long_is_not_begun() {
    let loops = "release.authors.all(a, release.authors.all(b, release.authors.all(c, true)))";
    let cases = [
        ("a".repeat(4097), "4096 bytes"),
        (format!("{}true{}", "(".repeat(33), ")".repeat(33)), "brackets"),
        (format!("{}true{}", "[1].all(a, ".repeat(30), ")".repeat(30)), "500000 steps"),
        (loops.to_owned(), "500000 steps"),
        ("(release.authors + release.authors).all(a, true)".to_owned(), "puts together"),
        (format!("[{}1].all(a, true)", "1,".repeat(100)), "100 entries"),
    ];
    for (source, expected) in cases {
        match ask(&source) {
            Err(EvaluatorError::TooLarge(why)) => assert!(why.contains(expected), "{source}: {why}"),
            other => panic!("{source}: {other:?}"),
        }
    }
    let values = [("x".to_owned(), json!(vec![1; 101]))].into();
    let answer = CelEvaluator.evaluate(&Question { source: "true".to_owned(), values });
    assert!(matches!(answer, Err(EvaluatorError::TooLarge(_))), "{answer:?}");
}

#[test]
fn the_longest_chains_end() {
    let chains = [
        format!("{}true", "!".repeat(4000)),
        format!("{}1 == 1", "-".repeat(4000)),
        format!("1{} == 1", "+1".repeat(2000)),
        format!("release{}", ".a".repeat(2000)),
        format!("{}true", "true?true:".repeat(400)),
        format!("true{}", "||true".repeat(600)),
        format!("release.authors{} == []", "[0]".repeat(1300)),
    ];
    for chain in chains {
        assert!(chain.len() <= MAX_SOURCE);
        let _ = ask(&chain);
    }
}

/// Two loops over the longest lists, with about as much inside as is allowed.
#[test]
fn the_most_that_may_be_written_ends_soon() {
    let list = format!("[{}1]", "1,".repeat(99));
    let body = |terms| format!("{list}.all(a, {list}.all(b, {}true))", "a+b<0||".repeat(terms));
    let most = (0..20).rev().find(|terms| ask(&body(*terms)) == Ok(true));
    assert!(most.is_some_and(|terms| (3..15).contains(&terms)), "{most:?}");
}

fn does_not_give_up(source: &str) -> bool {
    !matches!(ask(source), Err(EvaluatorError::Wrong(why)) if why.contains("gave up"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_text_panics(source in "[ -~é\n]{0,60}") {
        prop_assert!(does_not_give_up(&source));
    }

    #[test]
    fn no_words_panic(words in proptest::collection::vec(proptest::sample::select(vec![
        "release", ".", "authors", "labels", "all", "map", "filter", "exists", "(", ")", "[", "]", "{", "}", "a", ",",
        "?", ":", "+", "-", "*", "/", "%", "!", "==", "<", "in", "&&", "||", "1", "0", "-9223372036854775808", "1.5",
        "1u", "'x'", "b'x'", "null", "true", "has", "size", "matches", "duration", "timestamp", "int", "string",
    ]), 0..24)) {
        prop_assert!(does_not_give_up(&words.concat()) && does_not_give_up(&words.join(" ")));
    }
}

/// What HTTP gates ask of an answer.
#[test]
fn answers_of_systems_outside() {
    let approved = "response.status == 200 && response.body.approved == true";
    let cases = [
        (approved, json!({"status": 200, "body": {"approved": true}}), Some(true)),
        (approved, json!({"status": 200, "body": {"approved": false}}), Some(false)),
        (approved, json!({"status": 404, "body": ""}), Some(false)),
        (approved, json!({"status": 200, "body": {}}), None),
        (approved, json!({"status": 200, "body": "<html>"}), None),
        ("response.body == 'OK'", json!({"status": 200, "body": "OK"}), Some(true)),
        (
            "response.body.state in ['open', 'new']",
            json!({"status": 200, "body": {"state": "new"}}),
            Some(true),
        ),
        (
            "response.body.all(c, c.ok)",
            json!({"status": 200, "body": [{"ok": true}, {"ok": false}]}),
            Some(false),
        ),
        ("size(response.body) > 0", json!({"status": 200, "body": vec![1; 101]}), None),
    ];
    for (source, response, expected) in cases {
        let values = std::collections::BTreeMap::from([("response".to_owned(), response.clone())]);
        let answer = CelEvaluator.evaluate(&Question { source: source.to_owned(), values });
        assert_eq!(answer.as_ref().ok().copied(), expected, "{source} of {response}: {answer:?}");
    }
}

#[test]
fn what_can_be_said_of_a_text_without_evaluating_it() {
    let names = ["environment", "release", "upstream"];
    let check = |source: &str| CelEvaluator.check(source, &names).map_err(|error| error.to_string());
    for good in [
        "true",
        "release.anything.at.all",
        "upstream.all(u, u.verified && release.authors.exists(a, a != u.environment))",
        "release.images.map(i, i.name).all(n, n in release.tags)",
        "has(release.labels.change) ? environment.name == 'x' : false",
    ] {
        assert_eq!(check(good), Ok(()), "{good}");
    }
    for (bad, why) in [
        ("release.version ==", "it cannot be read"),
        ("relase.version == '1'", "it names relase: there are environment, release, upstream"),
        ("upstream.all(u, u.verified) && u.verified", "it names u"),
        ("upstream.all(u, v.verified)", "it names v"),
        ("response.status == 200", "it names response"),
        ("[1].all(a, [1].all(b, [1].all(c, a == b && b == c)))", "put fewer loops"),
    ] {
        let said = check(bad).unwrap_err();
        assert!(said.contains(why), "{bad}: {said}");
    }
    let large = "1+".repeat(3_000);
    assert!(check(&large).unwrap_err().contains("4096 bytes"));
}
