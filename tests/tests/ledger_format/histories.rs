//! Three ledgers: a small one to explain, one with every event, one whose releases leave for the archive.

use serde_json::{Value, json};
use towpath_core::event::{Cause, Recorded};
use towpath_core::id::PipelineId;
use towpath_core::journal::{State, fold_all, genesis};
use towpath_core::release::Image;

use crate::git::{File, Git};
use crate::writer::{Entry, Writer, digest, environment, gate, kustomization, machine, person};

const WEB: &str = "ghcr.io/acme/web";
const DEV: &str = "apps/web/overlays/dev";
const STAGING: &str = "apps/web/overlays/staging";

fn image(tag: &str, letter: char) -> String {
    format!("{WEB}:{tag}@{}", digest(letter))
}

fn file(path: &str, image: &str) -> File {
    (format!("{path}/kustomization.yaml"), kustomization(&Image::parse(image).unwrap()).into_bytes())
}

fn claimed() -> Entry {
    machine(json!({"e": "Claimed", "owner": "5b1c9f3e-cluster", "epoch": 1, "reason": "first sight"}))
}

fn configured(envs: Value, renamed: Value) -> Entry {
    machine(json!({"e": "Configured", "envs": envs, "images": [WEB], "renamed": renamed}))
}

fn adopted(w: &Writer<'_>, env: &str, path: &str, set: &str) -> Entry {
    let field = |field: &str, raw: &str| json!({"image": WEB, "file": format!("{path}/kustomization.yaml"), "field": field, "raw": raw});
    let image = Image::parse(set).unwrap();
    let fields =
        json!([field("tag", &format!("\"{}\"", image.version())), field("digest", image.digest.as_str())]);
    machine(json!({"e": "Adopted", "env": env, "r": w.release(&[set.to_owned()]), "seq": 0,
        "commit": w.branch(), "images": [set], "fields": fields}))
}

fn released(w: &Writer<'_>, seq: u64, set: &str, authors: &[&str], labels: Value) -> (String, Entry) {
    let r = w.release(&[set.to_owned()]);
    let event =
        json!({"e": "Released", "r": r, "seq": seq, "images": [set], "authors": authors, "labels": labels});
    (r, person("alice", event))
}

/// What happens to one promotion: proof and gates.
struct Proof<'a> {
    env: &'a str,
    pid: String,
    tree: String,
}

impl Proof<'_> {
    fn of<'a>(w: &Writer<'_>, env: &'a str, path: &str, promoted: &Value) -> Proof<'a> {
        Proof { env, pid: promoted["pid"].as_str().unwrap().to_owned(), tree: w.tree(path) }
    }

    fn event(&self, name: &str, members: Value) -> Entry {
        let mut event = json!({"e": name, "env": self.env, "pid": self.pid});
        event.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        machine(event)
    }

    fn live(&self, since: &str) -> Entry {
        self.event("Live", json!({"since": since, "tree": self.tree}))
    }

    fn started(&self, name: &str, attempt: u32, handle: Option<&str>, deadline: &str) -> Entry {
        let gates = gate(name);
        let mut event =
            json!({"gate": name, "gates": gates, "try": attempt, "deadline": deadline, "tree": self.tree});
        if let Some(handle) = handle {
            event["handle"] = json!(handle);
        }
        self.event("Started", event)
    }

    fn judged(&self, name: &str, attempt: u32, verdict: &str, detail: Option<&str>) -> Entry {
        let mut event = json!({"gate": name, "gates": gate(name), "try": attempt, "verdict": verdict});
        if let Some(detail) = detail {
            event["detail"] = json!(detail);
        }
        self.event("Judged", event)
    }
}

/// One release on its way into one environment, without trouble.
pub(crate) fn small(git: &Git) -> Writer<'_> {
    let old = image("1.4.1", '1');
    let mut w = Writer::new(git, &[file(DEV, &old)]);
    w.commit(vec![claimed()]);
    w.commit(vec![configured(json!([environment("dev", "dev", DEV, true)]), json!({}))]);
    w.commit(vec![adopted(&w, "dev", DEV, &old)]);
    let (r, event) = released(&w, 1, &image("1.4.2", '2'), &["bob"], json!({"ci": "run 117"}));
    w.commit(vec![event]);
    let promoted = w.promotion("dev", &r, Cause::Auto, 5, false);
    w.commit(vec![machine(promoted.clone())]);
    w.wait(120);
    let proof = Proof::of(&w, "dev", DEV, &promoted);
    w.commit(vec![proof.live("2026-11-21T09:06:10Z")]);
    w.commit(vec![proof.started("qa/smoke", 1, Some("local/4711"), "2026-11-21T09:39:00Z")]);
    w.wait(600);
    w.commit(vec![proof.judged("qa/smoke", 1, "Passed", Some("12 tests passed"))]);
    let gates = gate(&format!("qa/smoke {}", gate("qa/smoke")));
    w.commit(vec![
        proof.event("Verified", json!({"r": r, "gates": gates})),
        proof.event("Baked", json!({"result": "passed"})),
    ]);
    w
}

/// Every event at least once, and the turns that a life takes.
pub(crate) fn whole(git: &Git) -> Writer<'_> {
    let (old, found) = (image("1.0.0", '0'), image("0.9.0", '9'));
    let mut w = Writer::new(git, &[file(DEV, &old), file(STAGING, &found)]);
    let envs = [environment("dev", "dev", DEV, true), environment("staging", "staging", STAGING, false)];
    w.commit(vec![claimed(), configured(json!(envs), json!({}))]);
    w.commit(vec![adopted(&w, "dev", DEV, &old), adopted(&w, "staging", STAGING, &found)]);
    let labels =
        json!({"ci": "run 118", "note": "quote \" backslash \\ tab \t line\nend, é, \u{7f}, \u{2028}"});
    let (first, event) = released(&w, 1, &image("1.1.0", 'a'), &["bob"], labels);
    w.commit(vec![event]);
    people(&mut w, &first);
    let dev = verified_in_dev(&mut w, &first);
    onward(&mut w, &first);
    let second = failing(&mut w);
    by_pull_request(&mut w, &second);
    outside(&mut w, &dev);
    ownership(&mut w, &second);
    w
}

fn people(w: &mut Writer<'_>, r: &str) {
    let approved = |until: Value| {
        let mut event = json!({"e": "Approved", "env": "staging", "r": r, "gates": gate("entry of staging"),
            "groups": ["release-managers"]});
        if until.is_string() {
            event["until"] = until;
        }
        person("carol", event)
    };
    let number = w.next();
    w.commit(vec![approved(Value::Null)]);
    w.commit(vec![person("carol", json!({"e": "Unapproved", "of": number}))]);
    w.commit(vec![approved(json!("2026-11-22T00:00:00Z"))]);
    let held = |id: &str, select: Value, subject: Value, stops: Value| json!({"e": "Held", "id": id, "select": select, "subject": subject, "stops": stops, "reason": "release party"});
    let mut freeze = held(
        "h-1",
        json!({"environments": [], "labels": {"tier": "prod"}}),
        json!("all"),
        json!(["promotions", "rollbacks"]),
    );
    freeze["until"] = json!("2026-11-21T09:30:00Z");
    let select = json!({"environments": ["staging"], "labels": {}});
    let release = held("h-2", select.clone(), json!({"release": r}), json!(["promotions"]));
    let bad = held("h-3", select, json!({"digest": digest('d')}), json!(["promotions"]));
    w.commit(vec![person("dave", freeze), person("dave", release), person("dave", bad)]);
    w.commit(vec![person("dave", json!({"e": "Lifted", "id": "h-2"}))]);
}

/// A first promotion: an error, a break of its health and a change of other bytes on the way.
fn verified_in_dev(w: &mut Writer<'_>, r: &str) -> String {
    let promoted = w.promotion("dev", r, Cause::Auto, w.next(), false);
    w.commit(vec![machine(promoted.clone())]);
    let mut proof = Proof::of(w, "dev", DEV, &promoted);
    let deadline = "2026-11-21T10:00:00Z";
    w.commit(vec![proof.live("2026-11-21T09:10:00Z"), proof.started("qa/smoke", 1, Some("run/1"), deadline)]);
    w.commit(vec![
        proof.started("metrics/errors", 1, None, deadline),
        proof.judged("qa/smoke", 1, "Error", Some("no result before its deadline")),
        proof.started("qa/smoke", 2, Some("run/2"), deadline),
        proof.judged("qa/smoke", 2, "Inconclusive", None),
    ]);
    w.foreign("apps/web/overlays/dev/limits.yaml", "cpu: 2\n".to_owned());
    proof.tree = w.tree(DEV);
    w.commit(vec![proof.event(
        "Unlive",
        json!({"until": "2026-11-21T09:14:00Z", "why": "other files under the path changed"}),
    )]);
    w.commit(vec![
        proof.live("2026-11-21T09:14:30Z"),
        proof.started("qa/smoke", 3, Some("run/3"), deadline),
        proof.started("metrics/errors", 2, None, deadline),
    ]);
    w.commit(vec![
        proof.judged("qa/smoke", 3, "Passed", None),
        proof.judged("metrics/errors", 2, "Passed", Some("5 of 5 samples good")),
        proof.event("Verified", json!({"r": r, "gates": gate("both"), "policy": gate("a policy's")})),
    ]);
    w.wait(3600);
    w.commit(vec![proof.event("Baked", json!({"result": "passed"}))]);
    promoted["pid"].as_str().unwrap().to_owned()
}

/// A person's request, on a host without atomic push, with a lost race.
fn onward(w: &mut Writer<'_>, r: &str) {
    w.commit(vec![person(
        "alice",
        json!({"e": "Requested", "q": "q-1", "env": "staging", "r": r,
        "kind": "promote", "overrides": ["window"]}),
    )]);
    for lost in [true, false] {
        let mut promoted = w.promotion("staging", r, Cause::Manual, w.next(), lost);
        promoted["landed"] = json!(false);
        promoted["q"] = json!("q-1");
        let (pid, commit) = (promoted["pid"].clone(), promoted["commit"].clone());
        let reason = "the customer waits";
        let overridden = json!({"e": "Overridden", "pid": pid, "gate": "window", "reason": reason});
        w.commit(vec![machine(promoted), person("alice", overridden)]);
        w.commit(vec![machine(match lost {
            true => json!({"e": "Undone", "pid": pid, "why": "race"}),
            false => json!({"e": "Landed", "pid": pid, "commit": commit}),
        })]);
    }
    w.commit(vec![machine(json!({"e": "Closed", "q": "q-1", "outcome": "done"}))]);
}

/// A release that fails in dev and is taken back; later a person clears it.
fn failing(w: &mut Writer<'_>) -> String {
    let good = w.state().releases.iter().find(|r| r.seq == 1).unwrap().r.to_string();
    let (r, event) = released(w, 2, &image("1.2.0", 'b'), &[], json!({}));
    w.commit(vec![event]);
    let promoted = w.promotion("dev", &r, Cause::Auto, w.next(), false);
    w.commit(vec![machine(promoted.clone())]);
    let proof = Proof::of(w, "dev", DEV, &promoted);
    w.commit(vec![
        proof.live("2026-11-21T10:32:00Z"),
        proof.started("qa/smoke", 1, Some("run/4"), "2026-11-21T11:00:00Z"),
        proof.judged("qa/smoke", 1, "Failed", Some("2 of 12 tests failed")),
    ]);
    let hold = proof.pid.replace("p-", "h-");
    w.commit(vec![
        proof.event("Failed", json!({"phase": "verification", "gate": "qa/smoke"})),
        proof.event("Rejected", json!({"r": r, "digests": [digest('b')]})),
        machine(json!({"e": "Held", "id": hold, "select": {"environments": ["dev"], "labels": {}}, "subject": "all",
            "stops": ["promotions", "rollbacks"], "reason": "found late"})),
    ]);
    w.commit(vec![person("alice", json!({"e": "Lifted", "id": hold}))]);
    let back = w.promotion("dev", &good, Cause::Rollback, w.next(), false);
    w.commit(vec![machine(back.clone())]);
    let proof = Proof::of(w, "dev", DEV, &back);
    w.commit(vec![
        proof.live("2026-11-21T10:36:00Z"),
        proof.event("Verified", json!({"r": good, "gates": gate("none")})),
    ]);
    w.commit(vec![
        proof.event("Baked", json!({"result": "cut"})),
        person(
            "alice",
            json!({"e": "Cleared", "env": "dev", "digests": [digest('b')], "reason": "a flaky test"}),
        ),
    ]);
    r
}

/// A pull request that is closed, and one that is merged.
fn by_pull_request(w: &mut Writer<'_>, r: &str) {
    for closed in [true, false] {
        let mut promoted = w.promotion("staging", r, Cause::Manual, w.next(), true);
        let (pid, head) = (promoted["pid"].clone(), promoted["commit"].clone());
        let mut proposed = json!({"e": "Proposed", "pid": pid, "env": "staging", "r": r, "head": head});
        if !closed {
            proposed["pr"] = json!(7);
        }
        w.commit(vec![machine(proposed)]);
        if closed {
            w.commit(vec![machine(json!({"e": "Undone", "pid": pid, "why": "closed"}))]);
            continue;
        }
        promoted["commit"] =
            json!(w.foreign(&format!("{STAGING}/kustomization.yaml"), "merged\n".to_owned()));
        w.commit(vec![machine(promoted)]);
    }
}

/// What other people do to the branch, and to the pipeline.
fn outside(w: &mut Writer<'_>, dev: &str) {
    let good = w.state().releases.iter().find(|r| r.seq == 1).unwrap().r.to_string();
    assert!(dev.starts_with("p-"));
    let theirs = image("1.3.0-rc.1", 'c');
    let commit =
        w.foreign(&format!("{DEV}/kustomization.yaml"), String::from_utf8(file(DEV, &theirs).1).unwrap());
    w.commit(vec![
        machine(
            json!({"e": "Pinned", "env": "dev", "commit": commit, "set": [theirs.replace(['@', ':'], " ")]}),
        ),
        machine(json!({"e": "Revoked", "env": "dev", "r": good, "why": "taken out by a foreign commit"})),
    ]);
    w.commit(vec![person(
        "bob",
        json!({"e": "Requested", "q": "q-2", "env": "dev", "kind": "resume", "overrides": []}),
    )]);
    w.commit(vec![
        machine(json!({"e": "Unpinned", "env": "dev", "how": "resumed"})),
        adopted(w, "dev", DEV, &theirs),
        machine(json!({"e": "Closed", "q": "q-2", "outcome": "resumed"})),
    ]);
    let moved = "apps/web/overlays/integration";
    let helm = json!({"helm": {"digest": "image.digest", "file": "values.yaml", "form": "tag@digest",
        "image": WEB, "tag": "image.tag"}});
    let mut integration = environment("dev", "integration", moved, true);
    integration["edit"] = json!([helm]);
    w.commit(vec![configured(json!([integration]), json!({"integration": "dev"}))]);
    // What cannot be named by digest is kept by its bytes.
    let opaque = json!([{"image": WEB, "file": format!("{moved}/values.yaml"), "field": "tag", "raw": "'latest'"},
        {"image": WEB, "file": format!("{moved}/values.yaml"), "field": "digest"}]);
    w.commit(vec![machine(json!({"e": "Adopted", "env": "dev", "r": "r-0123456789abcdef0123", "seq": 0,
        "commit": w.branch(), "images": [], "fields": opaque}))]);
}

/// Losses, another owner, and the first promotion after them.
fn ownership(w: &mut Writer<'_>, r: &str) {
    let confirmed = |what: &str| json!({"e": "Confirmed", "what": what, "tip": w.branch()});
    let rewritten = machine(confirmed("HistoryRewritten"));
    let lost = person("erin", confirmed("JournalLost"));
    w.commit(vec![rewritten, lost]);
    w.commit(vec![person(
        "erin",
        json!({"e": "Claimed", "owner": "77aa-new-cluster", "epoch": 2,
        "was": "5b1c9f3e-cluster", "reason": "the old cluster burnt down"}),
    )]);
    let promoted = w.promotion("dev", r, Cause::Manual, w.next(), false);
    w.commit(vec![machine(promoted)]);
}

/// A journal that was rotated just before its thousandth release, and goes on.
pub(crate) fn archiving(git: &Git) -> Writer<'_> {
    let set = |i: u64| format!("web@sha256:{i:064x}");
    let mut w = Writer::rotated(git, nearly_full());
    let release = |w: &Writer<'_>, seq: u64, order: i64| {
        machine(json!({"e": "Released", "r": w.release(&[set(seq)]), "seq": seq, "order": order,
            "images": [set(seq)], "authors": [], "labels": {}}))
    };
    w.commit(vec![release(&w, 1000, 2000)]);
    assert_eq!(w.state().archive.chunks, 1);
    // The same set with a higher order is the same release, further up.
    let raised = release(&w, 999, 2002);
    // A release comes back from the archive because somebody wrote it by hand: its tries are not made again.
    let back = w.release(&[set(5)]);
    let adopted = json!({"e": "Adopted", "env": "dev", "r": back, "seq": 0, "commit": w.branch(),
        "images": [set(5)], "fields": []});
    let pid = w.state().pid(&"production".parse().unwrap(), &back.parse().unwrap(), 2);
    let promoted = json!({"e": "Promoted", "pid": pid, "env": "production", "r": back, "try": 2, "cause": "manual",
        "commit": "ab".repeat(20), "base": w.branch(), "gates": gate("none"), "landed": true});
    w.commit(vec![raised, machine(adopted), machine(promoted)]);
    w
}

/// Releases so large that they leave for the archive long before there are a thousand.
pub(crate) fn large(git: &Git) -> Writer<'_> {
    let old = image("1.0.0", '0');
    let mut w = Writer::new(git, &[file(DEV, &old)]);
    let envs = json!([environment("dev", "dev", DEV, true)]);
    w.commit(vec![claimed(), configured(envs, json!({}))]);
    w.commit(vec![adopted(&w, "dev", DEV, &old)]);
    for round in 0..6u64 {
        let mut last = String::new();
        let mut entries = Vec::new();
        for seq in round * 10 + 1..=round * 10 + 10 {
            let set = format!("{WEB}:1.{seq}@sha256:{seq:064x}");
            let labels = json!({"notes": "é\n".repeat(3_800 + seq as usize), "ci": seq.to_string()});
            let (r, entry) = released(&w, seq, &set, &["bob", "carol"], labels);
            entries.push(entry);
            last = r;
        }
        w.commit(entries);
        let promoted = w.promotion("dev", &last, Cause::Auto, w.next(), false);
        w.commit(vec![machine(promoted.clone())]);
        let proof = Proof::of(&w, "dev", DEV, &promoted);
        let verified = proof.event("Verified", json!({"r": last, "gates": gate("none")}));
        w.commit(vec![verified, proof.event("Baked", json!({"result": "cut"}))]);
    }
    w
}

fn nearly_full() -> State {
    let mut events: Vec<Value> = vec![
        json!({"e": "Claimed", "owner": "5b1c9f3e-cluster", "epoch": 1, "reason": "first sight"}),
        json!({"e": "Configured", "images": ["web"], "renamed": {}, "envs": [
            environment("dev", "dev", DEV, true), environment("production", "production", STAGING, false)]}),
    ];
    let parsed = |event: &Value, i: usize| -> Recorded {
        let mut event = event.clone();
        event["n"] = json!(i + 1);
        event["at"] = json!("2026-11-20T08:00:00Z");
        event["by"] = json!("towpath");
        serde_json::from_value(event).unwrap()
    };
    let mut state = genesis(&PipelineId::parse("shop/web").unwrap(), &parsed(&events[0], 0)).unwrap();
    let release = |seq: u64| {
        let set = format!("web@sha256:{seq:064x}");
        let r = towpath_core::release::release_id(&state.ledger, &[Image::parse(&set).unwrap()]).to_string();
        (r, set)
    };
    for seq in 1..=999u64 {
        let (r, set) = release(seq);
        events.push(
            json!({"e": "Released", "r": r, "seq": seq, "order": 2 * seq, "images": [set], "authors": [],
            "labels": {}}),
        );
    }
    for (env, seq) in [("production", 5), ("dev", 5), ("dev", 40), ("dev", 990)] {
        let (r, _) = release(seq);
        let pid = state.pid(&env.parse().unwrap(), &r.parse().unwrap(), 1);
        events.push(json!({"e": "Promoted", "pid": pid, "env": env, "r": r, "try": 1, "cause": "auto",
            "commit": format!("{seq:040x}"), "base": "00".repeat(20), "gates": gate("none"), "landed": true}));
        if env == "dev" {
            events.push(json!({"e": "Live", "env": env, "pid": pid, "since": "2026-11-20T08:00:00Z",
                "tree": "cd".repeat(20)}));
            events.push(json!({"e": "Verified", "env": env, "pid": pid, "r": r, "gates": gate("none")}));
        }
    }
    let (r, _) = release(5);
    events.push(
        json!({"e": "Revoked", "env": "dev", "r": r, "why": "to have one release that nothing refers to"}),
    );
    let (r, _) = release(990);
    let pid = state.pid(&"production".parse().unwrap(), &r.parse().unwrap(), 1);
    events.push(json!({"e": "Promoted", "pid": pid, "env": "production", "r": r, "try": 1, "cause": "auto",
        "commit": format!("{:040x}", 991), "base": "00".repeat(20), "gates": gate("none"), "landed": true}));
    let events: Vec<Recorded> = events.iter().enumerate().skip(1).map(|(i, e)| parsed(e, i)).collect();
    assert!(fold_all(&mut state, &events).unwrap().is_empty());
    state
}
