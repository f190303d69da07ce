//! Laws of the small languages inside scalars, on any text and on generated values.

use std::collections::BTreeSet;

use jiff::{ToSpan, Zoned};
use proptest::prelude::*;
use towpath_migrate::values::glob::{Filter, Subject};
use towpath_migrate::values::permission::{Level, Permissions, Scope};
use towpath_migrate::values::uses::{JobUses, Pin, StepUses};
use towpath_migrate::values::{Finding, Part, cron, glob, id, image, label, permission, shell, uses};

/// Text made of what the languages are made of, so that much of it can be read.
fn likely() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "a",
        "B",
        "é",
        "0",
        "59",
        "7",
        "/",
        "\\",
        "./",
        "$/",
        "..",
        "@",
        "@v1",
        ":",
        "docker://",
        ".github/workflows/",
        "x.yml",
        "*",
        "**",
        "**/",
        "?",
        "+",
        "[",
        "]",
        "[a-z]",
        "-",
        "!",
        " ",
        "\t",
        "{0}",
        "{",
        "}",
        "{{",
        "bash",
        "pwsh",
        "sh ",
        "-e",
        "0 0 * * *",
        "*/5",
        ",",
        "MON",
        "ubuntu-latest",
        "self-hosted",
        "org",
        "sha256:",
        "ghcr.io",
        "\u{0}",
        "__",
        "_",
        ".",
        "refs/heads/",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "read-all",
    ]);
    prop::collection::vec(pieces, 0..8).prop_map(|pieces| pieces.concat())
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![3 => likely(), 1 => any::<String>()]
}

fn lies_in(text: &str, finding: &Finding) {
    let span = finding.span;
    assert!(span.start <= span.end && text.get(span.start..span.end).is_some(), "{text:?}: {finding:?}");
    assert!(!finding.message.is_empty() && !finding.hint.is_empty());
}

fn stands_in(text: &str, part: Part<'_>) {
    assert_eq!(text.get(part.span.start..part.span.end), Some(part.text), "{text:?}: {part:?}");
}

fn repository(text: &str, repository: &uses::Repository<'_>) {
    for part in [repository.owner, repository.name, repository.path, repository.reference] {
        stands_in(text, part);
    }
    assert!(!repository.owner.text.is_empty() && !repository.name.text.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn places_lie_in_the_text(text in any_text()) {
        let mut findings = Vec::new();
        match uses::step(&text) {
            Ok(step) => {
                findings.extend(uses::remarks(&text, &step));
                match step {
                    StepUses::Repository(found) => repository(&text, &found),
                    StepUses::Workspace(part) | StepUses::SelfRepository(part) => stands_in(&text, part),
                    StepUses::Docker(part) => {
                        stands_in(&text, part);
                        findings.extend(image::parse(part).err());
                    }
                }
            }
            Err(finding) => findings.push(finding),
        }
        match uses::job(&text) {
            Ok(JobUses::Repository(found)) => repository(&text, &found),
            Ok(JobUses::Local(part) | JobUses::SelfRepository(part)) => stands_in(&text, part),
            Err(finding) => findings.push(finding),
        }
        match glob::parse(&text) {
            Ok(pattern) => {
                findings.extend(pattern.remarks(Subject::Path));
                findings.extend(pattern.remarks(Subject::Reference));
            }
            Err(finding) => findings.push(finding),
        }
        match cron::parse(&text) {
            Ok(schedule) => findings.extend(schedule.too_often(&text)),
            Err(finding) => findings.push(finding),
        }
        findings.extend(cron::timezone(&text).err());
        match shell::parse(&text) {
            Ok(shell) => {
                stands_in(&text, shell.command);
                shell.template.into_iter().for_each(|part| stands_in(&text, part));
            }
            Err(finding) => findings.push(finding),
        }
        findings.extend(id::check(&text).err());
        findings.extend(id::variable_remark(&text));
        findings.extend(id::secret_remark(&text));
        findings.extend(id::input_remark(&text));
        findings.extend(label::group(&text).err());
        findings.extend(label::remark(&text, jiff::civil::date(2026, 11, 21)));
        let _guess = label::guess(&text);
        findings.extend(permission::shorthand(&text).err());
        findings.extend(permission::scope(&text).err());
        findings.extend(permission::level(Scope::Contents, &text).err());
        for finding in &findings {
            lies_in(&text, finding);
        }
    }

    #[test]
    fn an_image_is_its_parts(text in any_text()) {
        match image::container(&text) {
            Ok(found) => {
                let (name, bare) = (found.name.text, text.strip_prefix("docker://").unwrap_or(&text));
                let registry = found.registry.map_or(String::new(), |part| format!("{}/", part.text));
                let tag = found.tag.map_or(String::new(), |part| format!(":{}", part.text));
                let digest = found.digest.map_or(String::new(), |part| format!("@{}", part.text));
                prop_assert_eq!(format!("{registry}{name}{tag}{digest}"), bare);
                for part in [found.registry, Some(found.name), found.tag, found.digest].into_iter().flatten() {
                    stands_in(&text, part);
                }
            }
            Err(finding) => lies_in(&text, &finding),
        }
    }

    #[test]
    fn the_script_is_named(text in any_text()) {
        if let Ok(shell) = shell::parse(&text) {
            let arguments = shell.arguments("/t/script");
            prop_assert!(arguments.contains("/t/script") || text.contains("{{0}"), "{text:?}: {arguments:?}");
        }
    }

    #[test]
    fn generated_ids_are_new_and_short(what in prop::collection::vec(any_text(), 0..20)) {
        let mut ids = id::Ids::default();
        let mut seen = BTreeSet::new();
        for what in &what {
            let generated = ids.generate(what);
            prop_assert!(generated.len() <= id::MAX_LENGTH && generated.starts_with("__"));
            prop_assert!(seen.insert(generated.to_ascii_lowercase()), "{generated}");
        }
    }

    #[test]
    fn only_all_forty_digits_are_a_commit(reference in "[0-9a-fA-F]{6,42}") {
        prop_assert_eq!(Pin::of(&reference) == Pin::Commit, reference.len() == 40);
    }
}

/// Filter patterns over a small alphabet, and names over it.
fn pattern_and_name() -> impl Strategy<Value = (String, String)> {
    let piece = prop::sample::select(vec![
        "a", "b", "/", "*", "**", "**/", "a?", "a+", "/?", "[ab]", "[ab]+", "[a-b/]?", r"\*", r"\?+", "!",
    ]);
    let name = prop::sample::select(vec!['a', 'b', '/', '*', '?', '!']);
    let pattern = prop::collection::vec(piece, 1..7).prop_map(|pieces| pieces.concat());
    (pattern, prop::collection::vec(name, 0..8).prop_map(String::from_iter))
}

#[cfg(test)]
mod reference {
    /// The rules of the cheat sheet, tried one after the other. Slow on hostile patterns, and that is the only thing wrong with it.
    pub(super) fn naive(pattern: &[char], name: &[char]) -> bool {
        let Some(first) = pattern.first() else { return name.is_empty() };
        let suffixes = || (0..=name.len()).map(|taken| &name[taken..]);
        if pattern.starts_with(&['*', '*', '/']) {
            let folders = (1..name.len()).filter(|&at| name[at] == '/').map(|at| &name[at + 1..]);
            return naive(&pattern[3..], name) || folders.into_iter().any(|rest| naive(&pattern[3..], rest));
        }
        if pattern.starts_with(&['*', '*']) {
            return suffixes().any(|rest| naive(&pattern[2..], rest));
        }
        if *first == '*' {
            let until = name.iter().position(|char| *char == '/').unwrap_or(name.len());
            return (0..=until).any(|taken| naive(&pattern[1..], &name[taken..]));
        }
        let (length, set): (usize, Vec<char>) = match first {
            '\\' if pattern.len() > 1 && "[?*+\\!".contains(pattern[1]) => (2, vec![pattern[1]]),
            '[' => {
                let end = pattern.iter().position(|char| *char == ']').unwrap();
                let inside: String = pattern[1..end].iter().collect();
                (end + 1, inside.replace("a-b", "ab").chars().collect())
            }
            char => (1, vec![*char]),
        };
        let one = name.first().is_some_and(|char| set.contains(char));
        let rest = &pattern[length..];
        match rest.first() {
            Some('?') => naive(&rest[1..], name) || one && naive(&rest[1..], &name[1..]),
            Some('+') => {
                let many = name.iter().take_while(|char| set.contains(char)).count();
                (1..=many).any(|taken| naive(&rest[1..], &name[taken..]))
            }
            _ => one && naive(rest, &name[1..]),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40_000))]

    #[test]
    fn matches_as_the_cheat_sheet_says((pattern, name) in pattern_and_name()) {
        let Ok(parsed) = glob::parse(&pattern) else { return Ok(()) };
        let body: Vec<_> = pattern.strip_prefix('!').unwrap_or(&pattern).chars().collect();
        let name_chars: Vec<_> = name.chars().collect();
        prop_assert_eq!(parsed.matches(&name), reference::naive(&body, &name_chars), "{} {}", pattern, name);
    }
}

/// The names above are not all refused, and the answers are not all the same: else the law would say nothing.
#[test]
fn the_law_of_patterns_is_not_vacuous() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (mut readable, mut matching) = (0, 0);
    for _ in 0..10_000 {
        let (pattern, name) = pattern_and_name().new_tree(&mut runner).unwrap().current();
        let Ok(pattern) = glob::parse(&pattern) else { continue };
        readable += 1;
        matching += usize::from(pattern.matches(&name));
    }
    println!("of 10000 patterns {readable} can be read, {matching} match");
    assert!(readable > 6_000 && matching > 600, "{readable} {matching}");
}

/// What takes a matcher that tries one reading after the other longer than anyone waits.
#[test]
fn hostile_patterns_are_no_slower() {
    let count = 2_000;
    let many = "a".repeat(count);
    for pattern in [
        "a?".repeat(count) + &many,
        "**/".repeat(count) + "b",
        "*a".repeat(count) + "b",
        "[a-z]+".repeat(count),
    ] {
        let pattern = glob::parse(&pattern).unwrap();
        assert_eq!(pattern.matches(&many), !pattern.source().ends_with('b'));
    }
}

proptest! {
    #[test]
    fn ignoring_is_the_opposite(patterns in prop::collection::vec(pattern_and_name(), 1..5), name in "[ab/]{0,6}") {
        let readable: Vec<_> = patterns.iter().map(|(pattern, _)| pattern.as_str()).filter(|pattern| glob::parse(pattern).is_ok()).collect();
        let including = Filter::parse(readable.iter().copied(), false).unwrap();
        let ignoring = Filter::parse(readable, true).unwrap();
        prop_assert_ne!(including.selects(&name), ignoring.selects(&name));
    }

    #[test]
    fn narrowing_leaves_nothing_to_exceed(asked in permissions(), allowed in permissions()) {
        let narrowed = asked.narrow(&allowed);
        prop_assert_eq!(narrowed, allowed.narrow(&asked));
        prop_assert!(narrowed.exceeds(&allowed).is_empty() && narrowed.exceeds(&asked).is_empty());
        for excess in asked.exceeds(&allowed) {
            prop_assert!(excess.requested > excess.allowed && narrowed.level(excess.scope) == excess.allowed);
        }
    }
}

fn permissions() -> impl Strategy<Value = Permissions> {
    let levels = prop::sample::select(vec![Level::None, Level::Read, Level::Write]);
    let scopes = (prop::sample::select(Scope::ALL), levels);
    prop::collection::vec(scopes, 0..12).prop_map(|pairs| {
        pairs.into_iter().fold(Permissions::NOTHING, |all, (scope, level)| all.with(scope, level))
    })
}

/// A field of a schedule with the numbers that it means, written down apart from the reader.
fn field(first: u8, last: u8) -> impl Strategy<Value = (String, BTreeSet<u8>)> {
    let number = first..=last;
    let range = (number.clone(), number.clone()).prop_map(|(a, b)| (a.min(b), a.max(b)));
    prop_oneof![
        Just(("*".to_owned(), (first..=last).collect())),
        number.clone().prop_map(|n| (n.to_string(), BTreeSet::from([n]))),
        (number.clone(), number.clone()).prop_map(|(a, b)| (format!("{a},{b}"), BTreeSet::from([a, b]))),
        range.clone().prop_map(|(a, b)| (format!("{a}-{b}"), (a..=b).collect())),
        (range, 1_u8..5).prop_map(move |((a, b), step)| {
            let step = step.max(first);
            (format!("{a}-{b}/{step}"), (a..=b).step_by(step.into()).collect())
        }),
        (number, 1_u8..5).prop_map(move |(a, step)| {
            let step = step.max(first);
            (format!("{a}/{step}"), (a..=last).step_by(step.into()).collect())
        }),
        (1_u8..5).prop_map(move |step| {
            let step = step.max(first);
            (format!("*/{step}"), (first..=last).step_by(step.into()).collect())
        }),
    ]
}

proptest! {
    #[test]
    fn runs_are_those_of_the_calendar(
        (minutes, minute_set) in field(0, 59),
        (hours, hour_set) in field(0, 23),
        (days, day_set) in field(1, 31),
        (months, month_set) in field(1, 12),
        (weekdays, weekday_set) in field(0, 6),
        start in 0_i64..2_000_000,
    ) {
        let text = format!("{minutes} {hours} {days} {months} {weekdays}");
        let schedule = cron::parse(&text).unwrap();
        let after: Zoned = "2024-02-27T23:58:30[UTC]".parse().unwrap();
        let after = after.checked_add(start.minutes()).unwrap();
        let starred = days.starts_with('*') || weekdays.starts_with('*');
        let runs = |time: &Zoned| {
            let has = |set: &BTreeSet<u8>, number: i8| set.contains(&u8::try_from(number).unwrap());
            let day = has(&day_set, time.day());
            let weekday = has(&weekday_set, time.weekday().to_sunday_zero_offset());
            has(&minute_set, time.minute()) && has(&hour_set, time.hour()) && has(&month_set, time.month())
                && (if starred { day && weekday } else { day || weekday })
        };
        // Two days, minute by minute.
        let first = after.checked_add(1.minute()).unwrap().with().second(0).build().unwrap();
        let minutes = (0..2 * 24 * 60).map(|minute: i64| first.checked_add(minute.minutes()).unwrap());
        let expected: Vec<_> = minutes.filter(|time| runs(time)).take(20).collect();
        let end = first.checked_add(2.days()).unwrap();
        let found: Vec<_> = schedule.runs(&after).take_while(|run| *run < end).take(20).collect();
        prop_assert_eq!(&found, &expected, "{}", text);
        let shortest = found.windows(2).map(|pair| (pair[1].timestamp().as_second() - pair[0].timestamp().as_second()) / 60).min();
        prop_assert!(shortest.is_none_or(|shortest| shortest >= schedule.shortest_interval().into()), "{}", text);
        prop_assert!(!schedule.description().is_empty());
    }
}
