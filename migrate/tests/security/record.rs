//! The record of what is found, from which `docs/migration/security.md` is made.

use std::path::PathBuf;
use std::{env, fs};

use serde_json::{Value, json};

use crate::{commit, compare, healths};

/// Where the checked-in record is.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/migration/security.json");

const WRITE: &str = "TOWPATH_SUMMARY=docs/migration/security.json cargo test -p towpath-migrate --test security makes the record anew, \
                     `cargo xtask generate` the page";

#[test]
fn the_record_says_what_is_found_now() {
    let target = env::var_os("TOWPATH_SUMMARY").map(PathBuf::from);
    let Some((ours, health)) = compare::ours().zip(healths::counts()) else {
        assert_eq!(target, None, "there is no corpus of which a record could be made");
        println!("SKIPPED: the record is not compared with anything");
        return;
    };
    let zizmor = compare::agreement(&ours);
    let own = json!({ "own": compare::counts(&ours), "health": health, "weights": healths::weights() });
    if let Some(target) = target {
        let zizmor = zizmor.expect("there is no zizmor to compare with");
        let date = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
        let recorded = json!({ "date": date, "commit": commit::commit() });
        fs::write(
            target,
            format!("{:#}\n", json!({ "recorded": recorded, "counts": own, "zizmor": zizmor })),
        )
        .unwrap();
        return;
    }
    let recorded: Value = serde_json::from_str(&fs::read_to_string(FILE).unwrap()).unwrap();
    assert_eq!(recorded["counts"], own, "{WRITE}");
    match zizmor {
        Some(zizmor) => assert_eq!(recorded["zizmor"], zizmor, "{WRITE}"),
        None => println!("SKIPPED: what the record says of zizmor is not compared with anything"),
    }
}
