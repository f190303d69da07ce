use proptest::prelude::*;

use super::*;

fn doc(json: serde_json::Value) -> WindowDoc {
    serde_json::from_value(json).unwrap()
}

fn window(json: serde_json::Value) -> Window {
    Window::read(json)
}

/// A window with one allow.
fn allow(zone: &str, cron: &str, duration: &str) -> Window {
    window(serde_json::json!({"timezone": zone, "allow": [{"cron": cron, "duration": duration}]}))
}

fn time(text: &str) -> Time {
    Time::parse(text).unwrap()
}

fn open_until(window: &Window, now: &str) -> (bool, String) {
    let opening = window.at(time(now));
    let until = match opening.until {
        Until::Changes(time) => time.to_string(),
        other => format!("{other:?}"),
    };
    (opening.open, until)
}

/// One row: zone, cron, duration; then moments with whether it is open, and when that changes.
type Row = (&'static str, &'static str, &'static str, &'static [(&'static str, bool, &'static str)]);

const CLOCKS: &[Row] = &[
    // Europe/Berlin, 2027-03-28: from 02:00 to 03:00 there is no civil time.
    (
        "Europe/Berlin",
        "30 2 * * *",
        "1h",
        &[
            ("2027-03-28T00:59:59Z", false, "2027-03-28T01:00:00Z"),
            ("2027-03-28T01:00:00Z", true, "2027-03-28T02:00:00Z"),
            ("2027-03-28T02:00:00Z", false, "2027-03-29T00:30:00Z"),
        ],
    ),
    // A day of windows at every quarter of the gap is one window.
    ("Europe/Berlin", "0,15,30,45 2 * * *", "10m", &[("2027-03-28T01:00:00Z", true, "2027-03-28T01:10:00Z")]),
    // Elapsed time: 8 hours from 22:00 end at 07:00 in the short night, at 05:00 in the long one.
    ("Europe/Berlin", "0 22 * * *", "8h", &[("2027-03-27T21:00:00Z", true, "2027-03-28T05:00:00Z")]),
    ("Europe/Berlin", "0 22 * * *", "8h", &[("2027-10-30T20:00:00Z", true, "2027-10-31T04:00:00Z")]),
    // Europe/Berlin, 2027-10-31: from 02:00 to 03:00 twice; it starts the first time only.
    (
        "Europe/Berlin",
        "30 2 * * *",
        "20m",
        &[
            ("2027-10-31T00:29:59Z", false, "2027-10-31T00:30:00Z"),
            ("2027-10-31T00:30:00Z", true, "2027-10-31T00:50:00Z"),
            ("2027-10-31T00:50:00Z", false, "2027-11-01T01:30:00Z"),
            ("2027-10-31T01:30:00Z", false, "2027-11-01T01:30:00Z"),
        ],
    ),
    // What began late in the first pass still covers the second, whose clock shows an earlier time.
    ("Europe/Berlin", "45 2 * * *", "1h", &[("2027-10-31T01:10:00Z", true, "2027-10-31T01:45:00Z")]),
    // New York: the gap on 2027-03-14 at 02:00, the fold on 2027-11-07 at 01:00.
    (
        "America/New_York",
        "15 2 14 3 *",
        "30m",
        &[
            ("2027-03-14T06:59:59Z", false, "2027-03-14T07:00:00Z"),
            ("2027-03-14T07:29:59Z", true, "2027-03-14T07:30:00Z"),
        ],
    ),
    ("America/New_York", "0 1 * * SUN", "30m", &[("2027-11-07T06:00:00Z", false, "2027-11-14T06:00:00Z")]),
    // Lord Howe turns its clock by half an hour: a gap on 2027-10-03 from 02:00, a fold on 2027-04-04 from 01:30.
    ("Australia/Lord_Howe", "10 2 * * *", "5m", &[("2027-10-02T15:29:59Z", false, "2027-10-02T15:30:00Z")]),
    (
        "Australia/Lord_Howe",
        "40 1 * * *",
        "5m",
        &[
            ("2027-04-03T14:40:00Z", true, "2027-04-03T14:45:00Z"),
            ("2027-04-03T15:10:00Z", false, "2027-04-04T15:10:00Z"),
        ],
    ),
    // Kolkata never turns its clock.
    (
        "Asia/Kolkata",
        "0 9 * * MON-FRI",
        "8h",
        &[
            ("2027-03-29T03:29:59Z", false, "2027-03-29T03:30:00Z"),
            ("2027-03-29T03:30:00Z", true, "2027-03-29T11:30:00Z"),
            ("2027-04-02T11:30:00Z", false, "2027-04-05T03:30:00Z"),
        ],
    ),
    // A whole day was left out in Apia.
    ("Pacific/Apia", "0 12 * * *", "1h", &[("2011-12-30T09:00:00Z", false, "2011-12-30T10:00:00Z")]),
];

#[test]
fn clocks_that_are_turned() {
    for (zone, cron, duration, moments) in CLOCKS {
        let window = allow(zone, cron, duration);
        for (now, open, until) in *moments {
            assert_eq!(open_until(&window, now), (*open, (*until).to_owned()), "{zone} {cron} at {now}");
        }
    }
}

#[test]
fn a_freeze_holds_in_both_passes_through_an_hour_that_comes_twice() {
    let deny = |zone: &str, cron: &str, duration: &str| {
        window(serde_json::json!({"timezone": zone, "deny": [{"cron": cron, "duration": duration}]}))
    };
    // Berlin turns its clock back at 01:00Z, Lord Howe by half an hour at 15:00Z the day before.
    let always = deny("Europe/Berlin", "0 * * * *", "1h");
    let mut now = time("2027-10-30T22:00:00Z");
    while now < time("2027-10-31T04:00:00Z") {
        assert!(!always.is_open(now), "{now}");
        now = now.plus(Span::seconds(600));
    }
    let cases = [
        ("Europe/Berlin", "30 2 * * *", "10m", "2027-10-31T00:35:00Z", false, "2027-10-31T00:40:00Z"),
        ("Europe/Berlin", "30 2 * * *", "10m", "2027-10-31T00:40:00Z", true, "2027-10-31T01:30:00Z"),
        ("Europe/Berlin", "30 2 * * *", "10m", "2027-10-31T01:30:00Z", false, "2027-10-31T01:40:00Z"),
        ("Europe/Berlin", "30 2 * * *", "10m", "2027-10-31T01:40:00Z", true, "2027-11-01T01:30:00Z"),
        // What began before the hour that comes twice holds again when that hour does.
        ("Europe/Berlin", "30 1 * * *", "45m", "2027-10-31T00:15:00Z", true, "2027-10-31T01:00:00Z"),
        ("Europe/Berlin", "30 1 * * *", "45m", "2027-10-31T01:00:00Z", false, "2027-10-31T01:15:00Z"),
        ("Australia/Lord_Howe", "40 1 * * *", "5m", "2027-04-03T15:10:00Z", false, "2027-04-03T15:15:00Z"),
    ];
    for (zone, cron, duration, now, open, until) in cases {
        assert_eq!(open_until(&deny(zone, cron, duration), now), (open, until.to_owned()), "{cron} at {now}");
    }
}

#[test]
fn starts_are_inside_and_ends_outside() {
    let window = allow("UTC", "0 9 * * *", "1h");
    let edges = [("08:59:59", false), ("09:00:00", true), ("09:59:59", true), ("10:00:00", false)];
    for (clock, open) in edges {
        assert_eq!(window.at(time(&format!("2027-03-01T{clock}Z"))).open, open, "{clock}");
    }
}

#[test]
fn occurrences_that_touch_or_overlap_are_one() {
    for duration in ["1h", "90m"] {
        let end = if duration == "1h" { "2027-03-01T12:00:00Z" } else { "2027-03-01T12:30:00Z" };
        let window = allow("UTC", "0 9-11 * * *", duration);
        assert_eq!(open_until(&window, "2027-03-01T09:30:00Z"), (true, end.to_owned()));
    }
    let always = allow("UTC", "* * * * *", "2m").at(time("2027-03-01T09:30:00Z"));
    assert!(always.open && matches!(always.until, Until::NotBefore(t) if t > time("2027-03-01T12:00:00Z")));
}

#[test]
fn deny_beats_allow_and_an_exception_beats_both() {
    let window = window(serde_json::json!({
        "timezone": "UTC",
        "allow": [{"cron": "0 9 * * *", "duration": "8h"}],
        "deny": [{"cron": "0 12 * * *", "duration": "1h"}, {"cron": "30 12 * * *", "duration": "1h"}],
        "exceptions": [
            {"from": "2027-03-02T12:15:00Z", "to": "2027-03-02T12:45:00Z", "reason": "the fix"},
            {"from": "2027-03-02T12:40:00Z", "to": "2027-03-02T12:50:00Z", "reason": "the other fix"},
            {"from": "2027-03-03T20:00:00Z", "to": "2027-03-03T20:00:30Z", "reason": "at night"},
        ],
    }));
    let cases = [
        ("2027-03-01T08:00:00Z", false, "2027-03-01T09:00:00Z"),
        ("2027-03-01T09:00:00Z", true, "2027-03-01T12:00:00Z"),
        ("2027-03-01T12:00:00Z", false, "2027-03-01T13:30:00Z"),
        ("2027-03-01T13:30:00Z", true, "2027-03-01T17:00:00Z"),
        ("2027-03-02T12:00:00Z", false, "2027-03-02T12:15:00Z"),
        ("2027-03-02T12:20:00Z", true, "2027-03-02T12:50:00Z"),
        ("2027-03-02T12:50:00Z", false, "2027-03-02T13:30:00Z"),
        ("2027-03-03T17:00:00Z", false, "2027-03-03T20:00:00Z"),
        ("2027-03-03T20:00:29Z", true, "2027-03-03T20:00:30Z"),
    ];
    for (now, open, until) in cases {
        assert_eq!(open_until(&window, now), (open, until.to_owned()), "{now}");
    }
    assert_eq!(window.denied_by(time("2027-03-01T12:10:00Z")).as_deref(), Some("0 12 * * * for 1h"));
    assert_eq!(window.denied_by(time("2027-03-01T18:00:00Z")), None);
}

#[test]
fn without_allow_all_but_deny_is_open() {
    let freeze = window(serde_json::json!({
        "timezone": "Europe/Berlin", "deny": [{"cron": "0 17 * * FRI", "duration": "63h"}],
    }));
    assert_eq!(open_until(&freeze, "2027-03-26T15:59:59Z"), (true, "2027-03-26T16:00:00Z".to_owned()));
    // 63 hours over the night in which an hour is left out.
    assert_eq!(open_until(&freeze, "2027-03-27T12:00:00Z"), (false, "2027-03-29T07:00:00Z".to_owned()));
}

#[test]
fn windows_that_close_each_other_out() {
    let (day, odd) = (allow("UTC", "0 9 * * *", "8h"), allow("UTC", "0 16 * * FRI", "4h"));
    let opens = Window::all_open(&[day.clone(), odd], time("2027-03-01T00:00:00Z"));
    assert_eq!(opens, Until::Changes(time("2027-03-05T16:00:00Z")));
    let night = allow("UTC", "0 20 * * *", "8h");
    let never = Window::all_open(&[day, night], time("2027-03-01T00:00:00Z"));
    assert!(matches!(never, Until::NotBefore(_)), "{never:?}");
}

#[test]
fn people_read_their_own_clock() {
    let berlin = allow("europe/berlin", "0 9 * * *", "8h");
    assert_eq!(berlin.local(time("2027-03-29T07:00:00Z")), "Mon 2027-03-29 09:00 CEST (Europe/Berlin)");
    assert_eq!(berlin.local(time("2027-10-31T01:30:07Z")), "Sun 2027-10-31 02:30:07 CET (Europe/Berlin)");
    assert_eq!(
        allow("UTC", "0 9 * * *", "8h").local(time("2027-03-29T07:00:00Z")),
        "Mon 2027-03-29 07:00 UTC (UTC)"
    );
}

#[test]
fn mistakes_have_a_place() {
    let one = |cron: &str, duration: &str| serde_json::json!({"cron": cron, "duration": duration});
    let gap =
        |from: &str, to: &str, reason: &str| serde_json::json!({"from": from, "to": to, "reason": reason});
    let with = |key: &str, value: serde_json::Value| {
        let mut json = serde_json::json!({"timezone": "UTC", "allow": [one("0 9 * * *", "1h")]});
        json[key] = value;
        doc(json)
    };
    let (from, to) = ("2027-03-01T00:00:00Z", "2027-03-02T00:00:00Z");
    let cases = [
        (with("timezone", "Europe/Atlantis".into()), "w.timezone", "Europe/Berlin"),
        (with("timezone", "".into()), "w.timezone", "no time zone"),
        (with("allow", vec![one("0 9 * *", "1h")].into()), "w.allow[0].cron", "five fields"),
        (with("deny", vec![one("0 9 * * *", "0s")].into()), "w.deny[0].duration", "31d"),
        (with("deny", vec![one("0 9 * * *", "31d1s")].into()), "w.deny[0].duration", "31d"),
        (with("allow", serde_json::json!([])), "w", "allow or deny"),
        (with("deny", vec![one("0 9 * * *", "1h"); 20].into()), "w", "at most 20"),
        (with("exceptions", vec![gap(to, to, "x")].into()), "w.exceptions[0].to", "after from"),
        (with("exceptions", vec![gap(from, to, " ")].into()), "w.exceptions[0].reason", "why"),
    ];
    for (doc, place, problem) in cases {
        let error = Window::new("w", &doc).unwrap_err();
        assert_eq!(error.place, place, "{error}");
        assert!(error.problem.contains(problem), "{error}");
    }
}

#[test]
fn a_moment_outside_the_calendar_is_closed() {
    for seconds in [i64::MAX, i64::MIN] {
        let freeze = window(serde_json::json!({
            "timezone": "UTC", "deny": [{"cron": "0 9 * * *", "duration": "1h"}],
        }));
        for window in [freeze, allow("Europe/Berlin", "0 9 * * *", "1h")] {
            assert!(!window.at(Time::from_unix(seconds)).open, "{seconds}");
        }
    }
}

fn crons() -> impl Strategy<Value = String> {
    let minute = prop_oneof!["[0-5]?[0-9]", Just("*/15".to_owned()), Just("*".to_owned())];
    let hour = prop_oneof!["1?[0-9]", Just("0-4".to_owned()), Just("*".to_owned()), Just("1,2,3".to_owned())];
    let day = prop_oneof![4 => Just("*"), 1 => Just("1-7"), 1 => Just("L")];
    let weekday = prop_oneof![3 => Just("*"), 1 => Just("MON-FRI"), 1 => Just("SUN"), 1 => Just("SUNL")];
    (minute, hour, day, weekday).prop_map(|(m, h, d, w)| format!("{m} {h} {d} * {w}"))
}

fn times() -> impl Strategy<Value = Vec<serde_json::Value>> {
    let duration = prop_oneof![Just(60_u32), Just(900), Just(3600), 60..200_000_u32];
    let one = (crons(), duration)
        .prop_map(|(cron, s)| serde_json::json!({"cron": cron, "duration": Span::seconds(s)}));
    proptest::collection::vec(one, 0..3)
}

fn windows() -> impl Strategy<Value = Window> {
    let zones =
        vec!["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia"];
    // Around both changes of the clock in Europe and the one in Australia between them.
    let exceptions = proptest::collection::vec((0..300_i64, 1..300_i64), 0..2);
    (proptest::sample::select(zones), times(), times(), exceptions).prop_filter_map(
        "neither allow nor deny",
        |(zone, allow, deny, exceptions)| {
            let exception = |(from, length): &(i64, i64)| {
                let from = SPRING + from * 1800;
                let (from, to) = (Time::from_unix(from), Time::from_unix(from + length * 60));
                serde_json::json!({"from": from, "to": to, "reason": "x"})
            };
            let exceptions: Vec<_> = exceptions.iter().map(exception).collect();
            let json = serde_json::json!({
                "timezone": zone, "allow": allow, "deny": deny, "exceptions": exceptions,
            });
            Window::new("w", &doc(json)).ok()
        },
    )
}

/// 2027-03-25T00:00:00Z and 2027-09-28T00:00:00Z, days before clocks are turned.
const SPRING: i64 = 1_805_932_800;
const AUTUMN: i64 = 1_822_089_600;

/// Whether it is open, said as simply as possible: every start of the last days is looked at.
fn plainly_open(window: &Window, now: Time) -> bool {
    let covers_at = |recurring: &Recurring, now: Time| {
        let mut civil = window.zone.to_datetime(Timestamp::from_second(now.unix() - 6 * 86_400).unwrap());
        let end = window.zone.to_datetime(Timestamp::from_second(now.unix() + 2 * 86_400).unwrap());
        while let Some(start) = recurring.cron.first_from(civil).filter(|start| *start < end) {
            let at = window.instant(start).unwrap();
            if at <= now && now < at.plus(recurring.duration) {
                return true;
            }
            civil = start.checked_add(jiff::Span::new().seconds(1)).unwrap();
        }
        false
    };
    let covers = |recurring: &Recurring| covers_at(recurring, now);
    // A freeze holds for both times that a clock shows the same.
    let civil = |time: Time| window.zone.to_datetime(Timestamp::from_second(time.unix()).unwrap());
    let earlier = [1800, 3600, 7200].map(|back| Time::from_unix(now.unix() - back));
    let denies = |deny: &Recurring| {
        covers(deny) || earlier.iter().any(|then| civil(*then) == civil(now) && covers_at(deny, *then))
    };
    window.exceptions.iter().any(|e| e.from <= now && now < e.to)
        || (!window.deny.iter().any(denies) && (window.allow.is_empty() || window.allow.iter().any(covers)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_answer_changes_when_it_says_and_not_before(
        window in windows(),
        season in proptest::sample::select(vec![SPRING, AUTUMN]),
        minutes in 0..20_000_i64,
        between in proptest::collection::vec(0.0..1.0_f64, 8),
    ) {
        let now = Time::from_unix(season + minutes * 60);
        let opening = window.at(now);
        prop_assert_eq!(opening.open, plainly_open(&window, now));
        let (end, changes) = match opening.until {
            Until::Changes(time) => (time, true),
            Until::NotBefore(time) => (time, false),
            Until::Never => (now.plus(Span::seconds(30 * 86_400)), false),
        };
        prop_assert!(end > now);
        if changes {
            prop_assert_ne!(plainly_open(&window, end), opening.open);
        }
        let length = end.unix() - now.unix();
        let inside = between.iter().map(|part| (length as f64 * part) as i64).chain([length - 1]);
        for seconds in inside {
            let then = Time::from_unix(now.unix() + seconds.clamp(0, length - 1));
            prop_assert_eq!(plainly_open(&window, then), opening.open, "{}", then);
        }
    }

    #[test]
    fn no_text_breaks_the_reading(text in "[ -~éL*/,#-]{0,40}") {
        let _ = Cron::parse(&text);
    }
}
