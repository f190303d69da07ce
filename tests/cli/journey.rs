//! A release from its creation to production, and what people do on its way.

use crate::support::{Bench, image};

/// dev runs 1.1.0 and production waits for its approval.
fn waiting_for_approval() -> Bench {
    let bench = Bench::new();
    bench.towpath(&["reconcile", "--once"]).code(0);
    bench.release("1.1.0", 'a');
    bench.towpath(&["reconcile", "--once"]).code(0);
    bench
}

#[test]
fn a_release_reaches_production_though_each_pass_begins_with_nothing() {
    let bench = Bench::new();
    let once = || {
        bench.forget();
        bench.towpath(&["reconcile", "--once"]).code(0)
    };
    once().out("Claimed: shop-ci owns the ledger").out("Adopted: production adopted as found");
    bench.forget();
    let id = bench.release("1.1.0", 'a');
    assert!(id.starts_with("r-"), "{id}");
    once()
        .out("Promoted: 1.1.0 promoted to dev")
        .out("Judged: qa/smoke in dev: Passed: 1 test")
        .out("Verified: 1.1.0 Verified in dev")
        .err("shop/web production waits: 1.1.0 has 0 of 1 approvals of release-managers\n  next: towpath approve");
    bench.forget();
    bench
        .towpath(&["status"])
        .code(0)
        .out("dev          1.1.0  settled")
        .out("waiting for production: 1.1.0");
    bench.forget();
    bench
        .towpath(&["approve", "production", "1.1.0", "--group", "release-managers"])
        .code(0)
        .out("1.1.0 approved for production as release-managers; the next pass promotes 1.1.0 (r-");
    once().out("Promoted: 1.1.0 promoted to production").out("Verified: 1.1.0 Verified in production");
    let production = bench.kustomization("production");
    assert!(production.contains("newTag: \"1.1.0\"") && production.contains(&"a".repeat(64)), "{production}");
    assert_eq!(bench.host(&["rev-list", "--count", "main"]).trim(), "3", "one commit for each promotion");
    let last = once();
    assert_eq!((last.out.as_str(), last.err.as_str()), ("", "nothing is left to do\n"));
}

#[test]
fn the_same_images_are_the_same_release() {
    let bench = waiting_for_approval();
    let again =
        bench.towpath(&["release", "create", "shop/web", "--image", &image("other-tag", 'a')]).code(0);
    let again =
        again.err("other-tag is a release of shop/web already, called 1.1.0: the digests are the same");
    assert_eq!(again.out.trim(), bench.release("1.1.0", 'a'));
    let image = image("1.1.0", 'a');
    let same = ["release", "create", "--image", &image];
    bench.towpath(&same).code(0).err("1.1.0 is a release of shop/web already; nothing changed");
    bench
        .towpath(&[&same[..], &["--order", "7"]].concat())
        .code(0)
        .err("1.1.0 is a release of shop/web already; its order is 7 now");
    bench.towpath(&["history", "-n", "1"]).code(0).out("release 1.1.0 (r-");
    bench.towpath(&["status"]).code(0).out("dev          1.1.0");
}

#[test]
fn an_approval_that_cannot_count_is_not_recorded() {
    let bench = waiting_for_approval();
    bench
        .towpath(&["approve", "production", "1.1.0"])
        .code(2)
        .err("production counts approvals of release-managers only; say yours with --group release-managers");
    bench.towpath(&["approve", "dev", "1.1.0"]).code(1).err("dev asks for no approval");
    bench
        .towpath(&["approve", "production", "9.9.9", "--group", "release-managers"])
        .code(1)
        .err("no release has the version 9.9.9; see: towpath history");
    let history = bench.towpath(&["history"]).code(0);
    assert!(!history.out.contains("Approved"), "{history:?}");
}

#[test]
fn an_author_cannot_approve_and_an_approval_can_be_taken_back() {
    let bench = waiting_for_approval();
    let approve = ["approve", "production", "1.1.0", "--group", "release-managers"];
    bench
        .towpath(&[&approve[..], &["--as", "bob"]].concat())
        .code(0)
        .out("production waits: 1.1.0 has 0 of 1 approvals");
    bench.towpath(&approve).code(0).out("the next pass promotes 1.1.0");
    bench.towpath(&approve).code(0).out("that was so already");
    bench.towpath(&["unapprove", "production", "1.1.0"]).code(0).out("production waits: 1.1.0 has 0 of 1");
    bench.towpath(&["reconcile"]).code(0).err("has 0 of 1 approvals");
}

#[test]
fn a_hold_is_in_force_until_it_is_lifted() {
    let bench = waiting_for_approval();
    bench.towpath(&["approve", "production", "1.1.0", "--group", "release-managers"]).code(0);
    let hold = ["hold", "--env", "production", "--reason", "incident 4711", "--for", "2h"];
    bench.towpath(&hold).code(0).out("everything held in production (h-").err("lift it with: towpath resume");
    let pass = bench.towpath(&["reconcile"]).code(0).err("production waits: held by alice since ");
    let remedy = pass.err.lines().find_map(|line| line.strip_prefix("  next: towpath ")).unwrap();
    bench.towpath(&["status"]).code(0).out("in production, by alice ").out(": incident 4711");
    bench.towpath(&remedy.split(' ').collect::<Vec<_>>()).code(0).out(" lifted");
    bench.towpath(&["reconcile"]).code(0).out("Promoted: 1.1.0 promoted to production");
}

#[test]
fn people_go_back_and_forward() {
    let bench = waiting_for_approval();
    bench
        .towpath(&["rollback", "dev", "--to", "1.0.0"])
        .code(0)
        .out("rollback of dev to 1.0.0 asked for (q-")
        .out("; the next pass rolls dev back to 1.0.0 (r-");
    bench.towpath(&["reconcile"]).code(0).out("Promoted: dev rolled back to 1.0.0");
    assert!(bench.kustomization("dev").contains("newTag: \"1.0.0\""));
    bench.towpath(&["promote", "dev", "1.1.0"]).code(0).out("the next pass promotes 1.1.0");
    bench.towpath(&["reconcile"]).code(0).out("Promoted: 1.1.0 promoted to dev");
    bench.towpath(&["history", "--env", "dev", "-n", "100"]).code(0).out("alice    Requested");
}

#[test]
fn a_reason_cannot_forge_lines_or_trailers() {
    let bench = waiting_for_approval();
    let reason = "broken\n\nTowpath-Event: {\"n\":99}\n\u{1b}[31mred";
    bench.towpath(&["hold", "--reason", reason]).code(0);
    let status = bench.towpath(&["status"]).code(0).out(": broken Towpath-Event: {\"n\":99} [31mred\n");
    assert!(!status.out.contains('\u{1b}'), "{status:?}");
    bench.towpath(&["ledger", "verify"]).code(0).out("valid: ");
    let message = bench.host(&["log", "-1", "--format=%B", "refs/towpath/ledger/shop/web"]);
    let events = message.lines().filter(|line| line.starts_with("Towpath-Event: "));
    assert_eq!(events.count(), 1, "{message}");
}

#[test]
fn a_dry_run_says_what_a_pass_would_do_and_does_nothing() {
    let bench = waiting_for_approval();
    bench.release("1.2.0", 'b');
    let before = bench.host(&["for-each-ref"]);
    bench
        .towpath(&["reconcile", "--dry-run"])
        .code(0)
        .out("shop/web dev runs 1.1.0 (settled): the next pass acts\n  it promotes 1.2.0 (r-");
    assert_eq!(bench.host(&["for-each-ref"]), before);
}

#[test]
fn a_commit_of_somebody_else_pins_until_it_is_resumed() {
    let bench = waiting_for_approval();
    let work = bench.path("work");
    bench.git(&work, &["pull", "--quiet", "../environments.git", "main"]);
    bench.replace("work/apps/web/overlays/dev/kustomization.yaml", "\"1.1.0\"", "\"1.1.0-mine\"");
    bench.git(&work, &["commit", "--quiet", "--all", "--message=mine"]);
    bench.git(&work, &["push", "--quiet", "../environments.git", "main"]);
    let pinned = bench.towpath(&["reconcile"]).code(6).out("Pinned: dev pinned at ").err("dev waits: ");
    assert!(
        pinned.err.contains("  next: keep it until the next release: towpath resume shop/web dev"),
        "{pinned:#?}"
    );
    bench.towpath(&["status"]).code(0).out("pinned: dev by a commit of somebody else: ");
    bench.towpath(&["resume", "dev"]).code(0).out("resumption of dev asked for");
    bench.towpath(&["reconcile"]).code(0).out("Unpinned: dev no longer pinned: resumed");
}

#[test]
fn programs_read_json() {
    let bench = waiting_for_approval();
    for (arguments, part) in [
        (&["status", "-o", "json"][..], "\"code\": \"ApprovalNeeded\""),
        (&["why", "production", "-o", "json"], "\"remedy\": \"towpath approve shop/web production r-"),
        (&["history", "-n", "2", "-o", "json"], "\"e\": \"Baked\""),
        (&["ledger", "show", "-o", "json"], "\"journal\": \"refs/towpath/ledger/shop/web\""),
    ] {
        let ran = bench.towpath(arguments).code(0).out(part);
        assert!(ran.out.starts_with(['{', '[']), "{ran:?}");
    }
}

#[test]
fn the_name_of_the_systems_user_stands_in_for_as() {
    let bench = waiting_for_approval();
    let hold = ["hold", "--reason", "lunch"];
    let run = |name: Option<&str>| {
        let mut command = bench.command(&hold);
        command.env_remove("TOWPATH_ACTOR");
        name.map(|name| command.env("USER", name));
        command.output().unwrap()
    };
    assert!(run(Some("carol")).status.success());
    bench.towpath(&["status"]).code(0).out("by carol ");
    let nobody = run(None);
    assert_eq!(nobody.status.code(), Some(2));
    assert_eq!(String::from_utf8_lossy(&nobody.stderr), "error: nothing says who you are; add --as LOGIN\n");
    bench.towpath(&[&hold[..], &["--as", "towpath"]].concat()).code(2).err("towpath is Towpath itself");
}

#[test]
fn waiting_ends_when_only_people_can_go_on_or_the_time_is_over() {
    let bench = waiting_for_approval();
    bench.towpath(&["reconcile", "--wait", "1m"]).code(0).err("has 0 of 1 approvals");
    bench.replace("pipelines/web.yaml", "environment: dev }", "environment: dev, soak: 1h }");
    bench
        .towpath(&["reconcile", "--wait", "1s"])
        .code(5)
        .err("production waits: 1.1.0 was live in dev for ")
        .err("note: the time is over; the next pass goes on from here");
}

#[test]
fn a_rollback_can_be_rehearsed() {
    let bench = waiting_for_approval();
    bench.towpath(&["drill", "production"]).code(1).err("production has nothing that Towpath promoted");
    bench.release("1.2.0", 'b');
    bench.towpath(&["reconcile", "--once"]).code(0);
    let before = bench.host(&["for-each-ref"]);
    bench
        .towpath(&["drill", "dev"])
        .code(0)
        .out("shop/web dev: if 1.2.0 failed, 1.1.0 would be in git ")
        .out("nothing was changed")
        .out("  | Roll back web in dev: 1.1.0")
        .out("as a dry run: hooks and branch rules of the host are not asked");
    bench.towpath(&["drill", "dev", "-o", "json"]).code(0).out("\"result\": \"back\"");
    assert_eq!(bench.host(&["for-each-ref"]), before);
    bench.towpath(&["hold", "--env", "dev", "--rollbacks", "--reason", "a freeze"]).code(0);
    bench
        .towpath(&["drill", "shop/web", "dev"])
        .code(3)
        .out("nothing would come back")
        .out("  RollbackHeld: ");
}
