//! One owner a ledger; losses that a person has to accept.

use crate::support::Bench;

const JOURNAL: &str = "refs/towpath/ledger/shop/web";

/// A bench whose ledger has a promotion.
fn promoted() -> Bench {
    let bench = Bench::new();
    bench.towpath(&["reconcile"]).code(0);
    bench.release("1.1.0", 'a');
    bench.towpath(&["reconcile"]).code(0);
    bench
}

#[test]
fn a_second_owner_does_nothing_until_it_claims_the_ledger() {
    let bench = promoted();
    bench.release("1.2.0", 'b');
    bench.replace("pipelines/towpath.yaml", "owner: shop-ci", "owner: cluster");
    let before = bench.host(&["for-each-ref"]);
    let pass = bench
        .towpath(&["reconcile"])
        .code(4)
        .err("the ledger of shop/web belongs to shop-ci, this is cluster")
        .err("  next: towpath ledger claim shop/web --from shop-ci");
    assert_eq!((pass.out.as_str(), bench.host(&["for-each-ref"])), ("", before));
    bench.towpath(&["status"]).code(0).out("owner shop-ci (this folder is cluster)");
    bench.towpath(&["ledger", "rotate"]).code(4).err("it belongs to shop-ci, this folder is cluster");
    let wrong = ["ledger", "claim", "--from", "somebody"];
    bench.towpath(&wrong).code(1).err("the ledger belongs to shop-ci, not to somebody");
    bench.replace("pipelines/towpath.yaml", "owner: cluster", "owner: shop-ci");
    bench.towpath(&wrong).code(1).err("belongs to shop-ci, not to somebody; shop-ci is this folder");
    let own = ["ledger", "claim", "--from", "shop-ci"];
    bench
        .towpath(&own)
        .code(0)
        .out("shop-ci, this folder, owns the ledger of shop/web already; nothing changed");
    bench.replace("pipelines/towpath.yaml", "owner: shop-ci", "owner: cluster");
    let claim = ["ledger", "claim", "shop/web", "--from", "shop-ci", "--reason", "moved"];
    bench.towpath(&claim).code(0).out("cluster took the ledger over from shop-ci (epoch 2): moved");
    bench.towpath(&["reconcile"]).code(0).out("Promoted: 1.2.0 promoted to dev");
    bench.replace("pipelines/towpath.yaml", "owner: cluster", "owner: shop-ci");
    bench.towpath(&["reconcile"]).code(4).err("belongs to cluster, this is shop-ci");
}

#[test]
fn a_lost_journal_stops_everything_until_a_person_accepts_it() {
    for forget in [true, false] {
        let bench = promoted();
        bench.host(&["update-ref", "-d", JOURNAL]);
        if forget {
            bench.forget();
        }
        let pass = bench
            .towpath(&["reconcile"])
            .code(3)
            .err("error: shop/web dev: the journal is missing, but commit ")
            .err("towpath ledger confirm shop/web");
        assert_eq!(pass.out, "");
        says_that_the_ledger_is_lost(&bench);
        let word = ["ledger", "confirm", "JournalLost"];
        bench.towpath(&word).code(2).err("towpath ledger confirm [PIPELINE] --what JournalLost");
        let right = ["ledger", "confirm", "shop/web", "--what", "JournalLost"];
        bench.towpath(if forget { &right } else { &right[..3] }).code(0).out("JournalLost accepted at ");
        bench
            .towpath(&["ledger", "confirm"])
            .code(1)
            .err("shop/web has nothing to confirm, as this host sees it");
        bench.towpath(&["reconcile"]).code(0).out("Adopted: dev adopted as found");
        let id = bench.release("1.2.0", 'b');
        bench.towpath(&["reconcile"]).code(0).out("Promoted: 1.2.0 promoted to dev");
        assert!(id.starts_with("r-"));
    }
}

/// Nobody is sent to a first pass, which would not begin anew.
fn says_that_the_ledger_is_lost(bench: &Bench) {
    for command in [
        &["hold", "--reason", "x"][..],
        &["release", "create", "--image", &crate::support::image("1.2.0", 'b')],
        &["promote", "dev", "1.1.0"],
        &["history"],
        &["ledger", "show"],
        &["ledger", "verify"],
        &["ledger", "rotate"],
        &["ledger", "claim", "--from", "other"],
    ] {
        bench
            .towpath(command)
            .code(1)
            .err("error: the ledger of shop/web is lost: the journal is missing, but commit ")
            .err("  next: restore refs/towpath/ledger/shop/web, or: towpath ledger confirm shop/web");
    }
    let status = bench.towpath(&["status"]).code(0).out("shop/web  the ledger is lost\n");
    assert!(!status.out.contains("no ledger yet"), "{status:#?}");
}

#[test]
fn a_journal_that_is_older_than_one_seen_before_is_a_loss() {
    let bench = promoted();
    let old = bench.host(&["rev-parse", JOURNAL]);
    bench.towpath(&["hold", "--reason", "a hold that must not vanish"]).code(0);
    bench.towpath(&["reconcile"]).code(0);
    bench.host(&["update-ref", JOURNAL, old.trim()]);
    bench.towpath(&["reconcile"]).code(3).err("not a continuation of the one that this host saw before");
    bench.towpath(&["ledger", "confirm"]).code(0).out("JournalLost accepted");
    bench.towpath(&["reconcile"]).code(0);
}

#[test]
fn a_rewritten_branch_is_accepted_by_a_person() {
    let bench = promoted();
    let first = bench.host(&["rev-list", "--max-parents=0", "main"]);
    bench.host(&["update-ref", "refs/heads/main", first.trim()]);
    bench.towpath(&["reconcile"]).code(3).err("refs/heads/main was rewritten");
    bench.towpath(&["ledger", "confirm"]).code(0).out("HistoryRewritten accepted at ");
    bench.towpath(&["reconcile"]).code(6).out("Pinned: dev pinned at ");
}

#[test]
fn a_rotated_journal_goes_on_where_it_was() {
    let bench = promoted();
    bench.towpath(&["ledger", "rotate"]).code(0).out("rotated: the journal goes on from ");
    assert_eq!(bench.host(&["rev-list", "--count", JOURNAL]).trim(), "1");
    bench.towpath(&["reconcile"]).code(0);
    bench.forget();
    bench.towpath(&["status"]).code(0).out("dev          1.1.0  settled");
    bench.towpath(&["ledger", "verify"]).code(0).out("valid: ");
    bench.towpath(&["ledger", "show"]).code(0).out("runs        1.1.0 (r-");
}
