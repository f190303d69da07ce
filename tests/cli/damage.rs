//! Journals that cannot be read: each command says where it breaks and what to do, and that helps.

use crate::support::{Bench, Ran};

const JOURNAL: &str = "refs/towpath/ledger/shop/web";

/// A bench whose journal has a commit on top that `message` and `state` changed.
fn damaged(message: impl Fn(&str) -> String, state: impl Fn(&str) -> String) -> (Bench, String) {
    let bench = Bench::new();
    bench.towpath(&["reconcile"]).code(0);
    let good = bench.host(&["rev-parse", JOURNAL]).trim().to_owned();
    bench.write("message", &message(&bench.host(&["log", "-1", "--format=%B", &good])));
    let folded = state(&bench.host(&["show", &format!("{good}:state.json")]));
    let clone = bench.path("journal");
    bench.git(&bench.path("."), &["clone", "--quiet", "--no-checkout", "environments.git", "journal"]);
    bench.git(&clone, &["fetch", "--quiet", "origin", JOURNAL]);
    bench.git(&clone, &["checkout", "--quiet", &good]);
    bench.write("journal/state.json", &folded);
    bench.git(&clone, &["commit", "--quiet", "--all", "--allow-empty", "--file=../message"]);
    bench.git(&clone, &["push", "--quiet", "origin", &format!("HEAD:{JOURNAL}")]);
    let broken = bench.git(&clone, &["rev-parse", "HEAD"]).trim().to_owned();
    (bench, broken)
}

fn same(text: &str) -> String {
    text.to_owned()
}

/// What every command says that reads the journal.
#[track_caller]
fn each(bench: &Bench, check: impl Fn(Ran)) {
    for command in [&["status"][..], &["reconcile"], &["ledger", "verify"], &["hold", "--reason", "x"]] {
        check(bench.towpath(command).code(1).err(&format!("failed to read the journal {JOURNAL}: ")));
    }
}

#[test]
fn a_newer_format_asks_for_a_newer_towpath_and_for_nothing_else() {
    let header = |text: &str| text.replace("Towpath-Ledger: 1 ", "Towpath-Ledger: 2 ");
    let version = |text: &str| text.replacen("\"v\":1", "\"v\":2", 1);
    for (bench, broken) in [damaged(header, same), damaged(same, version)] {
        each(&bench, |ran| {
            let ran = ran.err(&format!("commit {}: ", &broken[..12])).err("has format 2");
            let ran =
                ran.err("  next: install a newer towpath (this is 0.1.0, for format 1); nothing is lost");
            assert!(!ran.err.contains("ledger verify") && !ran.err.contains("git push"), "{ran:#?}");
        });
    }
}

#[test]
fn a_broken_commit_is_named_with_the_good_one_before_it_and_the_remedy_helps() {
    let header = |text: &str| text.replace("Towpath-Ledger", "Towpath-Leger");
    let field = |text: &str| text.replacen("\"owner\"", "\"onwer\"", 1);
    for (bench, broken) in [damaged(header, same), damaged(same, field)] {
        each(&bench, |ran| {
            let ran = ran.err(&format!("commit {}: ", &broken[..12]));
            assert!(!ran.err.contains("ledger verify"), "{ran:#?}");
        });
        let ran = bench.towpath(&["status"]).code(1);
        let next = ran.err.split("in a clone: ").nth(1).and_then(|rest| rest.split("; ").next()).unwrap();
        for command in next.split(" && ") {
            let words: Vec<&str> = command.split(' ').skip(1).collect();
            bench.git(&bench.path("journal"), &[&words[..1], &["--quiet"], &words[1..]].concat());
        }
        bench.towpath(&["status"]).code(0).out("event 4");
        bench.towpath(&["ledger", "verify"]).code(0).out("valid: 4 events");
    }
}

#[test]
fn an_event_that_this_version_does_not_know_may_be_of_a_newer_one() {
    let event = |text: &str| text.replacen("\"e\":\"", "\"e\":\"Un", 1);
    let (bench, _) = damaged(event, same);
    each(&bench, |ran| {
        drop(ran.err("  next: try the newest towpath (this is 0.1.0); otherwise put it back to "))
    });
}

#[test]
fn a_ref_that_leads_to_no_commit_is_not_blamed_on_the_mirror() {
    for thing in ["HEAD^{tree}", "HEAD:apps/web/overlays/dev/kustomization.yaml"] {
        let bench = Bench::new();
        bench.towpath(&["reconcile"]).code(0);
        let id = bench.host(&["rev-parse", thing]);
        bench.host(&["update-ref", JOURNAL, id.trim()]);
        each(&bench, |ran| {
            let ran =
                ran.err("is not a commit").err(&format!("  next: put {JOURNAL} back to its last commit"));
            assert!(!ran.err.contains("mirror"), "{ran:#?}");
        });
        bench.host(&["update-ref", "-d", JOURNAL]);
        bench.towpath(&["ledger", "confirm", "shop/web", "--what", "journal-lost"]).code(0);
        bench.towpath(&["reconcile"]).code(0);
    }
}

#[test]
fn a_ref_without_any_journal_commit_has_nothing_to_go_back_to() {
    let bench = Bench::new();
    bench.towpath(&["reconcile"]).code(0);
    bench.host(&["update-ref", JOURNAL, "main"]);
    each(&bench, |ran| drop(ran.err("  next: no commit of it can be read: restore ")));
}
