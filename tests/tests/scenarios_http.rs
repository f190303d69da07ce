//! HTTP gates: what a system outside says, does not say, and for how long that holds.

use serde_json::json;
use towpath_core::decide::{Wait, WaitCode, When};
use towpath_core::journal::state::Phase;
use towpath_core::time::Span;
use towpath_core::verdict::Verdict;
use towpath_engine::EngineError;
use towpath_engine::ports::{HttpError, MAX_BODY};
use towpath_tests::bed::{Bed, Wiring, digest, on_both_with, wait_of, waits};

const SUCCESS: &str = "response.body.approved == true";

/// dev asks for a ticket of each version; an answer holds for five minutes.
fn wiring() -> Wiring {
    let url = "https://changes.example/v1/{{ version }}?in={{ environment }}";
    let gate = format!("{{ http: {{ name: ticket, url: '{url}', success: '{SUCCESS}', interval: 5m }} }}");
    Wiring::web().with("dev", &format!("entry: [{gate}]"))
}

fn url(version: &str) -> String {
    format!("https://changes.example/v1/{version}?in=dev")
}

/// What the system says of a version from now on, and whether the gate takes that for a yes.
fn says(bed: &Bed, version: &str, approved: bool) {
    let body = json!({ "approved": approved }).to_string();
    bed.http.as_ref().unwrap().set(&url(version), 200, &body);
    bed.evaluator.set(SUCCESS, approved);
}

fn asked(bed: &Bed) -> usize {
    bed.http.as_ref().unwrap().asked().len()
}

/// Nothing was promoted, nothing failed.
fn untouched(bed: &Bed) -> bool {
    (bed.count("Promoted"), bed.count("Failed"), bed.version("dev")) == (0, 0, "1.0.0".to_owned())
}

#[test]
fn a_release_enters_once_a_system_says_so() {
    on_both_with(&wiring(), |bed| {
        says(bed, "1.1.0", false);
        let mut replica = bed.released("1.1.0");
        let wait = wait_of(&replica.pass(), "dev", WaitCode::GateNotTrue).unwrap();
        assert!(wait.text.contains("http/ticket") && wait.text.contains("it answered 200"), "{}", wait.text);
        let question = bed.evaluator.last().unwrap();
        assert_eq!(question.values["response"], json!({"status": 200, "body": {"approved": false}}));
        assert_eq!(question.values["release"]["version"], json!("1.1.0"));
        let names: Vec<&str> = question.values.keys().map(String::as_str).collect();
        let gate = bed.pipeline.environments[0].entry.evaluated().next().unwrap();
        assert_eq!(names, gate.names());
        says(bed, "1.1.0", true);
        replica.pass();
        assert!(untouched(bed), "a no holds for its interval too");
        bed.wait("5m");
        replica.pass();
        assert_eq!(bed.version("dev"), "1.1.0");
        assert_eq!(bed.http.as_ref().unwrap().asked(), [url("1.1.0"), url("1.1.0")]);
    });
}

/// Peer row 45, fault F17: what is no answer is waited out, whatever the gate's expression would say of it.
#[test]
fn what_is_no_answer_neither_passes_nor_fails() {
    type Say = fn(&Bed);
    let cases: [(&str, Say); 7] = [
        ("answered 500", |bed| bed.http.as_ref().unwrap().set(&url("1.1.0"), 500, "{}")),
        ("answered 503", |bed| bed.http.as_ref().unwrap().set(&url("1.1.0"), 503, "")),
        ("answered 429", |bed| bed.http.as_ref().unwrap().set(&url("1.1.0"), 429, "{}")),
        ("answered 302", |bed| bed.http.as_ref().unwrap().set(&url("1.1.0"), 302, "{}")),
        ("more than 64 KiB", |bed| {
            bed.http.as_ref().unwrap().set(&url("1.1.0"), 200, &"x".repeat(MAX_BODY + 1));
        }),
        ("nobody answers", |bed| bed.http.as_ref().unwrap().set_down(true)),
        ("no answer within 10s", |bed| {
            let slow = HttpError::Unavailable("no answer within 10s".to_owned());
            bed.http.as_ref().unwrap().fail_next([slow]);
        }),
    ];
    for (why, say) in cases {
        let bed = Bed::memory(&wiring());
        // Even an expression that is true of everything.
        bed.evaluator.set(SUCCESS, true);
        say(&bed);
        let mut replica = bed.released("1.1.0");
        let wait = wait_of(&replica.pass(), "dev", WaitCode::GateUnanswered).expect(why);
        assert!(wait.text.contains(why), "{}", wait.text);
        assert!(
            wait.remedy.contains("changes.example") && !wait.remedy.contains("in=dev"),
            "{}",
            wait.remedy
        );
        assert_eq!(wait.when, When::At(bed.now().plus(Span::seconds(300))), "{why}");
        assert!(untouched(&bed), "{why}");
        bed.http.as_ref().unwrap().set_down(false);
        says(&bed, "1.1.0", true);
        bed.wait("5m");
        replica.pass();
        assert_eq!(bed.version("dev"), "1.1.0", "{why}");
    }
}

#[test]
fn passes_in_between_do_not_ask_again() {
    let bed = Bed::memory(&wiring());
    says(&bed, "1.1.0", false);
    let mut replica = bed.released("1.1.0");
    let mut last: Option<Wait> = None;
    for _ in 0..5 {
        let wait = wait_of(&replica.pass(), "dev", WaitCode::GateNotTrue);
        assert!(last.is_none() || last == wait, "{last:?}");
        last = wait;
        bed.wait("59s");
    }
    assert_eq!(asked(&bed), 1);
    bed.wait("5s");
    replica.pass();
    assert_eq!(asked(&bed), 2);
    replica.lose_caches();
    replica.pass();
    assert_eq!(asked(&bed), 3, "what was said is nowhere but in memory");
}

#[test]
fn a_new_release_asks_anew() {
    let bed = Bed::memory(&wiring());
    says(&bed, "1.1.0", true);
    let mut replica = bed.released("1.1.0");
    replica.pass();
    assert_eq!(bed.version("dev"), "1.1.0");
    bed.evaluator.set(SUCCESS, false);
    replica.release("1.2.0");
    replica.pass_every("30s", 5);
    assert_eq!(bed.version("dev"), "1.1.0");
    assert_eq!(bed.http.as_ref().unwrap().asked(), [url("1.1.0"), url("1.2.0")]);
}

#[test]
fn an_answer_to_another_question_is_none() {
    let bed = Bed::memory(&wiring());
    says(&bed, "1.1.0", false);
    let mut replica = bed.released("1.1.0");
    replica.pass();
    let changed = bed.rewired(|w| {
        let url = "https://changes.example/v2/{{ version }}";
        w.with("dev", &format!("entry: [{{ http: {{ name: ticket, url: '{url}', success: '{SUCCESS}' }} }}]"))
    });
    let mut other = changed.replica("here");
    other.remembered = replica.remembered.clone();
    bed.http.as_ref().unwrap().set("https://changes.example/v2/1.1.0", 200, "{}");
    bed.evaluator.set(SUCCESS, true);
    other.pass();
    assert_eq!(bed.http.as_ref().unwrap().asked()[1..], ["https://changes.example/v2/1.1.0"]);
    assert_eq!(bed.version("dev"), "1.1.0");
}

#[test]
fn a_host_that_asks_nobody_says_so() {
    let mut bed = Bed::memory(&wiring());
    bed.http = None;
    let mut replica = bed.released("1.1.0");
    let wait = wait_of(&replica.pass(), "dev", WaitCode::GateError).unwrap();
    assert!(wait.text.ends_with("this host asks no HTTP gates"), "{}", wait.text);
    replica.pass_every("10m", 3);
    assert!(untouched(&bed));
}

#[test]
fn who_dies_while_asking_asks_again() {
    let bed = Bed::memory(&wiring());
    says(&bed, "1.1.0", true);
    let mut replica = bed.released("1.1.0");
    bed.http.as_ref().unwrap().fail_next([HttpError::Crashed]);
    assert!(matches!(replica.try_pass(), Err(EngineError::Crashed)));
    assert!(untouched(&bed));
    replica.pass();
    assert_eq!((bed.version("dev"), asked(&bed)), ("1.1.0".to_owned(), 2));
}

#[test]
fn an_answer_that_makes_no_sense_is_asked_for_again() {
    let bed = Bed::memory(&wiring());
    bed.http.as_ref().unwrap().set(&url("1.1.0"), 404, "<html>");
    let mut replica = bed.released("1.1.0");
    let report = replica.pass();
    assert!(waits(&report, "dev", WaitCode::GateError));
    assert_eq!(bed.evaluator.last().unwrap().values["response"], json!({"status": 404, "body": "<html>"}));
    says(&bed, "1.1.0", true);
    bed.wait("5m");
    replica.pass();
    assert_eq!(bed.version("dev"), "1.1.0");
}

#[test]
fn going_back_asks_nobody() {
    let bed = Bed::memory(&wiring());
    says(&bed, "1.1.0", true);
    let mut replica = bed.come_to("1.1.0", "dev", Phase::Settled);
    says(&bed, "1.2.0", true);
    bed.qa.set("smoke", &digest("1.2.0"), Verdict::Failed);
    replica.release("1.2.0");
    replica.pass();
    assert_eq!(bed.version("dev"), "1.2.0");
    bed.http.as_ref().unwrap().set_down(true);
    replica.until_rolled_back("dev", &digest("1.2.0"));
    assert_eq!(bed.version("dev"), "1.1.0");
}

/// dev asks three systems, each of which takes half a minute.
fn slow(interval: &str, more: &str) -> Bed {
    let gate = |name: &str| {
        let (name, url) =
            (format!("name: {name}"), format!("url: 'https://{name}.example/{{{{ version }}}}'"));
        format!("{{ http: {{ {name}, {url}, success: '{SUCCESS}', interval: {interval}, timeout: 30s }} }}")
    };
    let gates = ["a", "b", "c"].map(gate).join(", ");
    let bed = Bed::memory(&Wiring::web().with("dev", &format!("entry: [{more}{gates}]")));
    let http = bed.http.as_ref().unwrap();
    for host in ["a", "b", "c"] {
        http.set(&format!("https://{host}.example/1.1.0"), 200, "{}");
    }
    bed.evaluator.set(SUCCESS, true);
    http.takes(&bed.clock, Span::seconds(30));
    bed
}

#[test]
fn slow_systems_do_not_keep_a_release_off_a_host_without_atomic_push() {
    let mut bed = slow("5m", "");
    bed.atomic = false;
    let mut replica = bed.released("1.1.0");
    let begun = bed.now();
    replica.pass();
    assert_eq!((bed.version("dev"), asked(&bed)), ("1.1.0".to_owned(), 3));
    assert_eq!(bed.now().since(begun), Span::seconds(90));
    assert_eq!(bed.count("Undone"), 0);
}

#[test]
fn a_window_that_closes_while_systems_are_asked_is_closed() {
    // It opens for a minute at every full hour.
    let bed = slow("5m", "{ window: { timezone: UTC, allow: [{ cron: '0 * * * *', duration: 1m }] } }, ");
    bed.wait(&format!("{}s", 3_600 - bed.now().unix() % 3_600));
    let mut replica = bed.released("1.1.0");
    let report = replica.pass();
    assert!(waits(&report, "dev", WaitCode::WindowClosed), "{:?}", report.answers);
    assert!(untouched(&bed));
    assert_eq!(asked(&bed), 2, "the third had no reason to be asked");
}

#[test]
fn answers_that_hold_for_less_time_than_asking_takes_are_told_of() {
    let bed = slow("45s", "");
    let mut replica = bed.released("1.1.0");
    let wait = wait_of(&replica.pass(), "dev", WaitCode::GateUnanswered).unwrap();
    assert!(wait.text.contains("a longer interval helps"), "{}", wait.text);
    assert_eq!(asked(&bed), 3, "nobody is asked twice in a pass");
    assert!(untouched(&bed));
}

#[test]
fn nobody_is_asked_while_something_else_keeps_a_release_or_has_to_be_done_first() {
    let bed = Bed::memory(&wiring());
    says(&bed, "1.1.0", true);
    let mut replica = bed.come_to("1.1.0", "dev", Phase::Settled);
    says(&bed, "1.2.0", true);
    bed.qa.set("smoke", &digest("1.2.0"), Verdict::Failed);
    bed.qa.wait_for_finish(true);
    replica.release("1.2.0");
    replica.pass();
    assert_eq!((bed.version("dev"), asked(&bed)), ("1.2.0".to_owned(), 2));
    says(&bed, "1.3.0", true);
    replica.release("1.3.0");
    replica.pass_every("60s", 3);
    assert_eq!(asked(&bed), 2, "1.2.0 has no verdict yet");
    bed.qa.finish();
    replica.pass_until(|_, _| bed.version("dev") == "1.1.0");
    assert_eq!(asked(&bed), 2, "going back comes first");
    bed.qa.wait_for_finish(false);
    replica.pass_until(|_, _| bed.version("dev") == "1.3.0");
    assert_eq!(asked(&bed), 3);
}

#[test]
fn no_rollback_waits_for_the_systems_of_another_environment() {
    let gate = |name: &str| {
        let (name, url) =
            (format!("name: {name}"), format!("url: 'https://{name}.example/{{{{ version }}}}'"));
        format!("{{ http: {{ {name}, {url}, success: '{SUCCESS}', interval: 10s, timeout: 30s }} }}")
    };
    let entry = format!("entry: [{}]", ["a", "b"].map(gate).join(", "));
    let bed = Bed::memory(&Wiring::web().with("staging", &entry));
    let http = bed.http.as_ref().unwrap();
    let mut replica = bed.come_to("1.1.0", "dev", Phase::Settled);
    bed.wait("10m");
    replica.pass();
    bed.qa.set("smoke", &digest("1.2.0"), Verdict::Failed);
    bed.qa.wait_for_finish(true);
    replica.release("1.2.0");
    replica.pass_until(|_, _| bed.version("dev") == "1.2.0");
    replica.pass_every("30s", 2);
    assert!(asked(&bed) > 0, "staging wants 1.1.0");
    bed.wait("1m");
    bed.qa.finish();
    http.set_down(true);
    http.takes(&bed.clock, Span::seconds(30));
    let begun = bed.now();
    replica.pass();
    assert_eq!(bed.version("dev"), "1.1.0");
    let back = replica.recorded().into_iter().find(|e| e.event.is_automatic_rollback()).unwrap();
    assert_eq!(back.at, begun, "it went back before anybody was asked");
}
