//! The record of all counts, from which `docs/migration/coverage.md` is made.

use std::path::PathBuf;
use std::{env, fs};

use serde_json::{Value, json};

use crate::{
    accepts, commit, constructs, examples, graphs, matrices, parser_cases, published, published_schema,
    runner_cases, scripts, values, yaml,
};

/// Where the checked-in record is.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/migration/coverage.json");

/// All counts. `None` where there is no corpus.
fn counts() -> Option<Value> {
    Some(json!({
        "expressions": {
            "published": published::counts()?.record(),
            "own": runner_cases::counts().record(),
        },
        "parserCases": parser_cases::counts()?.record(),
        "corpus": accepts::counts()?.record(),
        "yaml": yaml::counts()?.record(),
        "constructs": constructs::counts()?.record(),
        "examples": examples::counts()?.record(),
        "values": values::counts()?.record(),
        "scripts": scripts::counts()?.record(),
        "graphs": graphs::counts()?.record(),
        "matrices": matrices::counts()?.record(),
        "schema": published_schema::record(),
    }))
}

/// The places at which two values differ, each with both.
fn differences(place: &str, recorded: &Value, now: &Value, out: &mut Vec<String>) {
    match (recorded, now) {
        (Value::Object(old), Value::Object(new)) => {
            let more = new.keys().filter(|key| !old.contains_key(*key));
            for key in old.keys().chain(more) {
                let of = |map: &serde_json::Map<String, Value>| map.get(key).cloned().unwrap_or_default();
                differences(&format!("{place}/{key}"), &of(old), &of(new), out);
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                differences(&format!("{place}/{index}"), old, new, out);
            }
        }
        _ if recorded != now => out.push(format!("{place}: recorded {recorded}, now {now}")),
        _ => {}
    }
}

#[test]
fn the_record_says_what_is_counted_now() {
    let target = env::var_os("TOWPATH_SUMMARY").map(PathBuf::from);
    let Some(now) = counts() else {
        assert_eq!(target, None, "there is no corpus of which a record could be made");
        println!("SKIPPED: the record is not compared with anything");
        return;
    };
    if let Some(target) = target {
        let date = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
        let recorded = json!({ "date": date, "commit": commit::commit() });
        fs::write(target, format!("{:#}\n", json!({ "recorded": recorded, "counts": now }))).unwrap();
        return;
    }
    let recorded: Value = serde_json::from_str(&fs::read_to_string(FILE).unwrap()).unwrap();
    let mut stale = Vec::new();
    differences("", &recorded["counts"], &now, &mut stale);
    assert!(
        stale.is_empty(),
        "{}\n`cargo xtask coverage --summary docs/migration/coverage.json` makes the record anew, `cargo xtask generate` the page",
        stale.join("\n")
    );
}

#[test]
fn differences_have_their_places() {
    let mut found = Vec::new();
    let (old, new) = (json!({ "a": [1, 2], "b": 1 }), json!({ "a": [1, 3], "c": 1 }));
    differences("", &old, &new, &mut found);
    assert_eq!(found, ["/a/1: recorded 2, now 3", "/b: recorded 1, now null", "/c: recorded null, now 1"]);
}
