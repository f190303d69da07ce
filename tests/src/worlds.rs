//! Worlds with one reason for waiting each, and what happens in them to end it.

use towpath_core::decide::WaitCode;
use towpath_core::event::RequestKind;
use towpath_core::id::{PipelineId, RefName};
use towpath_core::journal::state::Phase;
use towpath_core::observation::Health;
use towpath_core::time::{Span, Time};
use towpath_core::verdict::Verdict;
use towpath_core::world::{OtherEnvironment, SharedFacts, WentBack};
use towpath_engine::memory::{Fault, ManualClock};
use towpath_engine::people::{NewHold, NewRelease};

use crate::bed::{
    Bed, Wiring, digest, digest_of, freeze, image, image_of, kustomization, name, new_release, overlay, waits,
};

/// Leaves the world to itself.
pub fn nothing(_: &mut Bed) {}

fn web() -> Bed {
    Bed::memory(&Wiring::web())
}

/// 1.1.0 waits for its approval for production.
pub fn awaiting_approval() -> Bed {
    let bed = web();
    bed.awaiting_approval("1.1.0");
    bed
}

/// 1.1.0, of which nobody knows who wrote it, waits for its approval for production.
pub fn nobodys_release() -> Bed {
    let bed = web();
    let mut replica = bed.adopted();
    replica.release_by(&[], vec![image("1.1.0")]);
    replica.until_waits("production", WaitCode::ApprovalNeeded);
    drop(replica);
    bed
}

/// 1.1.0 bakes in production, nothing was good there before, and its metric cannot be read.
pub fn first_bake() -> Bed {
    let bed = web();
    let mut replica = bed.adopted();
    replica.bake("1.1.0");
    bed.metrics.set_down(true);
    replica.until_waits("production", WaitCode::GateError);
    drop(replica);
    bed
}

/// 1.1.0 is the first release of dev, and does not become live.
pub fn stalled_first() -> Bed {
    let bed = web();
    let mut replica = bed.released("1.1.0");
    replica.pass();
    bed.show("web-dev", "1.0.0", Health::Progressing);
    replica.until_waits("dev", WaitCode::SyncStalled);
    drop(replica);
    bed
}

/// A person took 1.1.0 out of staging and put it back, so nobody knows it as Verified there.
pub fn restored() -> Bed {
    let bed = web();
    let mut replica = bed.reverted("1.1.0");
    bed.edit("staging", &kustomization("1.1.0"), "no, keep it");
    replica.pass_every("10m", 12);
    drop(replica);
    bed
}

/// 1.1.0 bakes in production.
pub fn baking() -> Bed {
    let bed = web();
    bed.adopted().bake("1.1.0");
    bed
}

/// The bake of 1.1.0 cannot be read while 1.2.0 is ready for production.
pub fn unread_bake() -> Bed {
    let bed = baking();
    let mut replica = bed.replica("here");
    let newer = replica.verify_in("staging", "1.2.0");
    bed.metrics.set_down(true);
    replica.approve(&newer);
    bed
}

/// The same, and it is the cluster that does not answer.
pub fn unseen_bake() -> Bed {
    let bed = unread_bake();
    bed.metrics.set_down(false);
    bed.live.set_down(true);
    bed
}

/// Nothing was ever pushed to the branch.
pub fn no_branch() -> Bed {
    let bed = web();
    bed.force(bed.branch(), None);
    bed
}

/// The pipeline names a branch that nobody made.
pub fn other_branch() -> Bed {
    web().rewired(|w| w.branch("trunk"))
}

/// Makes the branch, with all folders.
pub fn all_overlays(bed: &mut Bed) {
    let text = kustomization("1.0.0");
    let files = ["dev", "staging", "production"].map(overlay);
    bed.foreign(&files.each_ref().map(|file| (file.as_str(), text.as_str())), "first");
}

/// A person broke dev's file.
pub fn unreadable() -> Bed {
    let bed = web();
    bed.adopted();
    bed.edit("dev", "images: [\n", "a slip");
    bed
}

/// An image that the folders do not know is to be written.
pub fn unmanaged() -> Bed {
    web().rewired(|w| w.images(&["web", "api"]))
}

/// The clock is an hour behind what was journalled.
pub fn slow_clock() -> Bed {
    let bed = web();
    bed.wait("1h");
    bed.released("1.1.0");
    Bed { clock: ManualClock::at(Time::from_unix(bed.now().unix() - 3600)), ..bed }
}

/// Another pipeline writes the same image in dev.
pub fn two_writers() -> Bed {
    let bed = web();
    let other = bed.rewired(|w| w.named("other")).pipeline.id;
    let mut shared = SharedFacts::default();
    shared.conflicts.insert(bed.pipeline.environments[0].name.clone(), other);
    Bed { shared, ..bed }
}

/// QA of 1.1.0 runs in dev.
pub fn verifying() -> Bed {
    let bed = web();
    bed.qa.wait_for_finish(true);
    bed.come_to("1.1.0", "dev", Phase::Verifying);
    bed
}

/// QA ends, and so does what is asked of it from now on.
pub fn qa_ends(bed: &mut Bed) {
    bed.qa.wait_for_finish(false);
}

/// 1.1.0 is Degraded in dev while it is verified.
pub fn degraded() -> Bed {
    let bed = verifying();
    bed.show("web-dev", "1.1.0", Health::Degraded);
    bed
}

/// Dev follows the branch again, and QA ends.
pub fn cluster_goes_on(bed: &mut Bed) {
    bed.live.forget(&bed.pipeline.environments[0].applications[0].name);
    bed.qa.wait_for_finish(false);
}

/// 1.1.0 is good in dev, 1.2.0 fails its QA there.
fn fails_in_dev(wiring: &Wiring) -> Bed {
    let bed = Bed::memory(wiring);
    let mut replica = bed.come_to("1.1.0", "dev", Phase::Settled);
    bed.qa.set("smoke", &digest("1.2.0"), Verdict::Failed);
    replica.release("1.2.0");
    replica.until_phase("dev", Phase::Failed);
    bed
}

/// 1.2.0 failed in dev, where only people go back.
pub fn failed_for_people() -> Bed {
    fails_in_dev(&Wiring::web().with("dev", "rollback: { automatic: false }"))
}

/// QA of 1.1.0 in dev used up its tries without an answer.
pub fn silent_qa() -> Bed {
    let bed = verifying();
    bed.replica("here").until_waits("dev", WaitCode::GateError);
    bed
}

/// The bake of 1.2.0 cannot be read until its tries are used up; 1.1.0 was good before.
pub fn broken_bake(down: bool) -> Bed {
    let bed = web();
    let mut replica = bed.baking_after("1.1.0", "1.2.0");
    bed.metrics.set("web-production", bed.now(), None);
    bed.metrics.set_down(down);
    let codes = [WaitCode::GateError, WaitCode::GateInconclusive];
    replica.pass_until(|report, _| codes.iter().any(|code| waits(report, "production", *code)));
    bed
}

/// The metric of staging used up its tries without a number.
pub fn empty_metric() -> Bed {
    let bed = web();
    bed.metrics.set("web-staging", bed.now(), None);
    bed.released("1.1.0").until_waits("staging", WaitCode::GateInconclusive);
    bed
}

/// staging verifies 1.1.0 by a metric, and its source is down.
pub fn unreadable_metric() -> Bed {
    let bed = web();
    bed.metrics.set_down(true);
    bed.released("1.1.0").until_waits("staging", WaitCode::MetricsUnavailable);
    bed
}

/// 1.1.0 could go to dev, and the host takes nothing on the branch.
pub fn guarded() -> Bed {
    let bed = web();
    bed.released("1.1.0");
    bed.guard(true);
    bed
}

/// 1.1.0 could go to dev, which is held.
pub fn held() -> Bed {
    let bed = web();
    bed.released("1.1.0").hold("dev");
    bed
}

fn kept() -> RefName {
    RefName::parse("refs/aside/kept").unwrap()
}

/// Puts a ref back to where it was.
pub fn restore(bed: &Bed, name: RefName) {
    bed.force(&name, bed.tip(&kept()).as_ref());
}

/// The branch was forced back behind staging's promotion.
pub fn rewritten() -> Bed {
    let bed = awaiting_approval();
    bed.force(&kept(), bed.tip(bed.branch()).as_ref());
    let before = bed.log(bed.branch())[1].id.clone();
    bed.force(bed.branch(), Some(&before));
    bed
}

/// The journal was deleted after promotions had landed.
pub fn journal_gone() -> Bed {
    let bed = awaiting_approval();
    bed.force(&kept(), bed.tip(bed.journal()).as_ref());
    bed.force(bed.journal(), None);
    bed
}

/// The journal was forced back behind promotions that had landed.
pub fn journal_behind() -> Bed {
    let bed = awaiting_approval();
    let log = bed.log(bed.journal());
    bed.force(bed.journal(), Some(&log[log.len() - 3].id));
    bed
}

/// A release has the one image that the pipeline had when it was made.
pub fn incomplete() -> Bed {
    let bed = Bed::memory(&Wiring::two_images().images(&["web"]));
    bed.adopted().release_by(&["alice"], vec![image_of("web", "1.2")]);
    bed.with_pipeline(&Wiring::two_images())
}

/// Nobody answers what runs in dev, where 1.1.0 was just committed.
pub fn nobody_knows() -> Bed {
    let bed = syncing();
    cluster_goes_on(&mut bed.clone());
    bed.live.set_down(true);
    bed
}

/// 1.1.0 could go to dev, where nothing goes by itself.
pub fn not_automatic() -> Bed {
    let bed = Bed::memory(&Wiring::web().with("dev", "promotion: { automatic: false }"));
    bed.released("1.1.0");
    bed
}

/// 1.1.0 comes before the hours in which dev takes releases.
pub fn before_hours() -> Bed {
    hours("promotion: {}")
}

/// The same, and dev lets people pass its windows by.
pub fn before_hours_that_may_be_passed_by() -> Bed {
    hours("promotion: { overrides: [window] }")
}

/// dev needs 2.1 of a database of which nothing is known.
pub fn dependent() -> Bed {
    let gate = "{ pipeline: db, environment: production, version: '>=2.1', state: verified }";
    let bed = Bed::memory(&Wiring::web().with("dev", &format!("entry: [{{ dependency: {gate} }}]")));
    bed.released("1.1.0").until_waits("dev", WaitCode::DependencyNotLive);
    bed
}

/// The database has it.
pub fn database_is_there(bed: &mut Bed) {
    let key = (PipelineId::parse("shop/db").unwrap(), name("production"));
    let (version, tags) = ("2.1.0".to_owned(), vec!["2.1.0".to_owned()]);
    let live_since = Some(bed.now());
    bed.shared.others.insert(key, OtherEnvironment { version, tags, live_since, verified: true });
}

/// dev takes releases of which an expression is true, and it is not.
pub fn untrue() -> Bed {
    let bed = Bed::memory(&Wiring::web().with("dev", "entry: [{ expression: { cel: release.order > 5 } }]"));
    bed.evaluator.set("release.order > 5", false);
    bed.released("1.1.0").until_waits("dev", WaitCode::GateNotTrue);
    bed
}

/// The expression makes no sense.
pub fn senseless() -> Bed {
    let bed = Bed::memory(&Wiring::web().with("dev", "entry: [{ expression: { cel: release.age > 5 } }]"));
    bed.released("1.1.0").until_waits("dev", WaitCode::GateError);
    bed
}

/// dev asks a system that is out of order.
pub fn unanswered() -> Bed {
    let gate = "{ name: ticket, url: 'https://changes.example/', success: response.status == 200 }";
    let bed = Bed::memory(&Wiring::web().with("dev", &format!("entry: [{{ http: {gate} }}]")));
    bed.evaluator.set("response.status == 200", true);
    bed.http.as_ref().unwrap().set("https://changes.example/", 500, "");
    bed.released("1.1.0").until_waits("dev", WaitCode::GateUnanswered);
    bed
}

fn hours(promotion: &str) -> Bed {
    let allow = "{ cron: 0 12 * * MON-SUN, duration: 1h }";
    let window = format!("entry: [{{ window: {{ timezone: Europe/Berlin, allow: [{allow}] }} }}]");
    let bed = Bed::memory(&Wiring::web().with("dev", promotion).with("dev", &window));
    bed.released("1.1.0").until_waits("dev", WaitCode::WindowClosed);
    bed
}

/// 1.1.0 failed in dev, and nothing was good there before.
pub fn no_target() -> Bed {
    let bed = web();
    bed.qa.set("smoke", &digest("1.1.0"), Verdict::Failed);
    bed.released("1.1.0").until_waits("dev", WaitCode::NoRollbackTarget);
    bed
}

/// Releases a fix.
pub fn a_fix(bed: &mut Bed) {
    bed.replica("here").release("1.9.0");
}

/// On a host without atomic push a promotion is journalled, and its process stands still before the branch.
pub fn on_its_way() -> Bed {
    let bed = Bed { atomic: false, ..web() };
    let mut replica = bed.released("1.1.0");
    replica.faults.next([Fault::None, Fault::CrashBefore]);
    assert!(replica.try_pass().is_err());
    drop(replica);
    bed
}

/// The ledger belongs to another host.
pub fn owned_by_other() -> Bed {
    let bed = web();
    bed.replica("there").pass();
    bed
}

/// The pipeline names another folder for dev, which is not there.
pub fn moved_path() -> Bed {
    let bed = web();
    bed.adopted();
    bed.rewired(|w| w.with("dev", "path: apps/web/overlays/moved"))
}

/// A person took 1.1.0 out of staging.
pub fn reverted() -> Bed {
    let bed = web();
    bed.reverted("1.1.0");
    bed
}

/// The pull request of 1.1.0 for production is open, its check green.
pub fn proposed() -> Bed {
    let wiring = Wiring::web().with("production", "delivery: pull-request");
    let bed = Bed::memory(&wiring).with_pull_requests();
    let mut replica = bed.awaiting_approval("1.1.0");
    replica.approve(&replica.find("1.1.0"));
    replica.pass();
    drop(replica);
    bed
}

/// Merges the pull request that is open.
pub fn merge(bed: &mut Bed) {
    let requests = bed.pull_requests.clone().unwrap();
    assert!(requests.merge(&requests.heads()[0]));
}

/// The web 1.2 was rejected in staging, and comes again in another set.
pub fn bad_again() -> Bed {
    let bed = Bed::memory(&Wiring::two_images());
    let mut replica = bed.web_rejected();
    replica.release_both("1.2", "1.2");
    replica.until_waits("staging", WaitCode::Rejected);
    // Once cleared it would fail again, which is another matter.
    bed.qa.set("regression", &digest_of("web", "1.2"), Verdict::Passed);
    drop(replica);
    bed
}

/// 1.2.0 failed in staging, and so did 1.1.0 when it came back.
pub fn failed_rollback() -> Bed {
    let bed = web();
    let mut replica = bed.adopted();
    replica.verify_in("staging", "1.1.0");
    for version in ["1.1.0", "1.2.0"] {
        bed.qa.set("regression", &digest(version), Verdict::Failed);
    }
    replica.release("1.2.0");
    replica.until_waits("staging", WaitCode::RollbackFailed);
    drop(replica);
    bed
}

/// 1.2.0 failed in production, where a person holds rollbacks.
pub fn held_by_a_person() -> Bed {
    let bed = web();
    let mut replica = bed.baking_after("1.1.0", "1.2.0");
    replica.put_up(&NewHold { rollbacks: true, ..freeze("production") });
    bed.spike("web-production");
    replica.pass();
    drop(replica);
    bed
}

/// 1.2.0 failed in production long ago, and nobody looked.
pub fn found_late() -> Bed {
    let bed = web();
    bed.baking_after("1.1.0", "1.2.0");
    bed.metrics.set("web-production", bed.now(), Some(0.5));
    bed.wait("41m");
    bed
}

/// 1.2.0 fails in staging, just after three rollbacks elsewhere.
pub fn storm() -> Bed {
    let bed = web();
    let mut replica = bed.adopted();
    replica.verify_in("staging", "1.1.0");
    bed.qa.set("regression", &digest("1.2.0"), Verdict::Failed);
    replica.release("1.2.0");
    replica.until_phase("staging", Phase::Syncing);
    drop(replica);
    let back = WentBack { destination: name("staging"), at: bed.now().plus(Span::seconds(10)) };
    let shared = SharedFacts { rollbacks: vec![back; 3], ..SharedFacts::default() };
    let stormy = Bed { shared, ..bed };
    stormy.replica("here").until_waits("staging", WaitCode::RollbackStorm);
    stormy
}

/// 1.1.0 soaks in dev.
pub fn soaking() -> Bed {
    let bed = web();
    bed.come_to("1.1.0", "dev", Phase::Settled);
    bed
}

/// 1.1.0 has soaked in dev, but nobody answers what runs there.
pub fn soaking_unseen() -> Bed {
    let bed = soaking();
    bed.live.set_down(true);
    bed.wait("10m");
    bed
}

/// 1.1.0 was replaced in dev before it had soaked, and a person wants it in staging all the same.
pub fn soaked_too_little() -> Bed {
    let bed = soaking();
    let mut replica = bed.replica("here");
    replica.verify_in("dev", "1.2.0");
    replica.ask(RequestKind::Promote, "staging", Some("1.1.0"));
    drop(replica);
    bed
}

/// Asks for 1.1.0 in dev once more.
pub fn promote_in_dev(bed: &mut Bed) {
    bed.replica("here").ask(RequestKind::Promote, "dev", Some("1.1.0"));
}

/// 1.1.0 is healthy in dev only now.
pub fn stabilizing() -> Bed {
    let bed = web();
    bed.released("1.1.0").pass();
    bed
}

/// 1.1.0 is on its way in dev.
pub fn syncing() -> Bed {
    let bed = web();
    bed.released("1.1.0").pass();
    bed.show("web-dev", "1.0.0", Health::Progressing);
    bed
}

/// 1.1.0 is settled in dev, and 1.2.0 does not get to run there.
pub fn stalled() -> Bed {
    let (good, version) = ("1.1.0", "1.2.0");
    let bed = web();
    let mut replica = bed.come_to(good, "dev", Phase::Settled);
    replica.release(version);
    replica.pass();
    bed.show("web-dev", good, Health::Progressing);
    replica.until_waits("dev", WaitCode::SyncStalled);
    drop(replica);
    bed
}

/// 1.2.0 was verified in dev while staging ran 1.3.0; a person went back there to 1.1.0.
pub fn stepped_over() -> Bed {
    let bed = web();
    let mut replica = bed.adopted();
    replica.verify_in("staging", "1.1.0");
    let hold = replica.hold("staging");
    replica.verify_in("dev", "1.2.0");
    replica.pass_every("5m", 6);
    replica.verify_in("dev", "1.3.0");
    replica.lift(&hold);
    replica.pass_every("5m", 12);
    replica.ask(RequestKind::Promote, "staging", Some("1.1.0"));
    replica.pass_every("5m", 12);
    drop(replica);
    bed
}

/// 1.1.0 failed in dev after 1.0.1 was good there, and its label says that there is no way back.
pub fn irreversible() -> Bed {
    let bed = web();
    let mut replica = bed.adopted();
    replica.verify_in("dev", "1.0.1");
    bed.qa.set("smoke", &digest("1.1.0"), Verdict::Failed);
    let labels = [("towpath.dev/irreversible".to_owned(), "true".to_owned())].into();
    replica.create(&NewRelease { labels, ..new_release(vec![image("1.1.0")]) }).unwrap();
    replica.until_waits("dev", WaitCode::Irreversible);
    drop(replica);
    bed
}

/// production takes what dev and staging both have; each of them runs something else.
pub fn nothing_in_common() -> Bed {
    let both = "after: { all: [{ environment: dev }, { environment: staging }] }";
    let bed = Bed::memory(&Wiring::web().with("staging", "after: {}").with("production", both));
    let mut replica = bed.adopted();
    let only = |environment: &str| replica.hold(environment);
    let hold = only("staging");
    replica.verify_in("dev", "1.1.0");
    replica.lift(&hold);
    let hold = replica.hold("dev");
    replica.verify_in("staging", "1.2.0");
    replica.lift(&hold);
    bed.qa.set("smoke", &digest("1.2.0"), Verdict::Failed);
    replica.pass_every("5m", 12);
    drop(replica);
    bed
}

/// A release that passes everywhere.
pub fn one_for_all(bed: &mut Bed) {
    let mut replica = bed.replica("here");
    replica.release("1.3.0");
    replica.pass_every("5m", 12);
}

/// dev takes each newest release at once, and none of them ever becomes live.
pub fn starved() -> Bed {
    let bed = Bed::memory(&Wiring::web().with("dev", "promotion: { queue: newest-wins }"));
    let mut replica = bed.adopted();
    bed.live.set_down(true);
    for version in ["1.1.0", "1.2.0", "1.3.0", "1.4.0"] {
        replica.release(version);
        replica.pass();
    }
    drop(replica);
    bed
}
