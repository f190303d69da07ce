//! What addresses may have in them never reaches an output or a name of a file.

use crate::support::{Bench, Ran, closed_port};

#[track_caller]
fn hides(ran: Ran) -> Ran {
    assert!(!ran.out.contains("hush") && !ran.err.contains("hush"), "{ran:#?}");
    ran
}

/// A bench whose repository is on a host that is down, with a secret in the address.
fn with_secret_address() -> Bench {
    let bench = Bench::new();
    let url =
        format!("\"http://127.0.0.1:{}/environments.git?private_token=hush&depth=hush\"", closed_port());
    bench.replace("pipelines/web.yaml", "../environments.git", &url);
    bench
}

#[test]
fn values_of_a_repositorys_query_are_hidden_where_it_cannot_be_reached() {
    let bench = with_secret_address();
    for command in [&["reconcile"][..], &["status"], &["why", "-o", "json"], &["hold", "--reason", "x"]] {
        hides(bench.towpath(command)).code(1).err("/environments.git?private_token=***&depth=***");
    }
    hides(bench.towpath(&["lint"])).code(0);
    let mirrors = std::fs::read_dir(bench.path("cache/mirrors")).unwrap();
    for entry in mirrors {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(name.starts_with("environments-") && !name.contains("hush"), "{name}");
    }
}

#[test]
fn the_lines_that_a_mistake_shows_have_keys_only() {
    let bench = with_secret_address();
    bench.replace("pipelines/web.yaml", "branch: main", "brunch: main");
    let ran = hides(bench.towpath(&["lint"])).code(2).err("unknown field `brunch`");
    assert!(ran.err.contains("?private_token=****&depth=****\""), "{ran:#?}");
    let bench = Bench::new();
    let metrics =
        "metrics: { prometheus: { url: \"http://127.0.0.1:9/?access_token=hush\", password: hush } }\n";
    bench.replace("pipelines/towpath.yaml", "kind: Local\n", &format!("kind: Local\n{metrics}"));
    hides(bench.towpath(&["reconcile"])).code(2).err("unknown field `password`").err("?access_token=****\"");
}

#[test]
fn a_branch_that_is_missing_is_told_without_the_address_of_a_token() {
    let bench = Bench::empty();
    let url = format!("\"file://{}?private_token=hush\"", bench.path("environments.git").display());
    bench.replace("pipelines/web.yaml", "../environments.git", &url);
    std::fs::rename(bench.path("environments.git"), bench.path("environments.git?private_token=hush"))
        .unwrap();
    for command in [&["reconcile"][..], &["status"], &["why", "-o", "json"]] {
        let ran = hides(bench.towpath(command));
        assert!(format!("{ran:?}").contains("does not exist in file://"), "{ran:#?}");
    }
}
