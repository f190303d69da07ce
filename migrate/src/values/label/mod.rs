//! Labels of runners: GitHub's own with what stands behind them, those of self-hosted ones, and those of
//! vendors.

mod table;

use super::finding::{Finding, Part, whole};
pub use super::shell::System;
use jiff::civil::Date;
pub use table::{HOSTED, VENDORS, Vendor};

/// What a processor understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Architecture {
    /// 64 bits, Intel and AMD.
    X64,
    /// 64 bits, Arm.
    Arm64,
    /// 32 bits, Arm.
    Arm,
    /// IBM Z.
    S390x,
    /// IBM Power.
    Ppc64le,
    /// RISC-V.
    Riscv64,
}

/// How much machine there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Size {
    /// One core, fifteen minutes and no Docker: a container, not a machine.
    Slim,
    /// What every account has.
    Standard,
    /// `-large`, paid for.
    Large,
    /// `-xlarge`, paid for.
    ExtraLarge,
}

/// A label of a runner that GitHub hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hosted {
    /// The label, in small letters.
    pub label: &'static str,
    /// The operating system.
    pub system: System,
    /// Its version.
    pub version: &'static str,
    /// The processor.
    pub architecture: Architecture,
    /// How much there is.
    pub size: Size,
    /// From when on GitHub advises against it.
    pub deprecated: Option<Date>,
    /// From when on jobs with it fail.
    pub retired: Option<Date>,
    /// The version that the label moves to, and when that begins.
    pub moving: Option<(&'static str, Date)>,
    /// Where dates and version are from.
    pub source: &'static str,
}

/// Whether a label can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It can.
    Available,
    /// It can until this day.
    Deprecated(Option<Date>),
    /// It cannot since this day.
    Retired(Date),
}

impl Hosted {
    /// Whether it can be used on a day.
    #[must_use]
    pub fn state(&self, on: Date) -> State {
        match (self.retired, self.deprecated) {
            (Some(retired), _) if retired <= on => State::Retired(retired),
            (retired, Some(deprecated)) if deprecated <= on => State::Deprecated(retired),
            _ => State::Available,
        }
    }

    /// Whether it names the newest system rather than one version.
    #[must_use]
    pub fn is_latest(&self) -> bool {
        self.label.contains("-latest")
    }
}

/// What a label is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// One of GitHub's.
    Hosted(&'static Hosted),
    /// One that every self-hosted runner gets by itself: `self-hosted`, a system, or an architecture.
    SelfHosted,
    /// One of a vendor whose runners stand in for GitHub's.
    Vendor(&'static str),
    /// Any other: a larger runner of the organisation, or a self-hosted one.
    Other,
}

/// Says what a label is. Case makes no difference.
#[must_use]
pub fn classify(text: &str) -> Label {
    if let Some(hosted) = HOSTED.iter().find(|hosted| hosted.label.eq_ignore_ascii_case(text)) {
        return Label::Hosted(hosted);
    }
    if table::SELF_HOSTED.iter().any(|label| label.eq_ignore_ascii_case(text)) {
        return Label::SelfHosted;
    }
    let begins =
        |prefix: &str| text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    let vendor = VENDORS.iter().find(|vendor| begins(vendor.prefix));
    vendor.map_or(Label::Other, |vendor| Label::Vendor(vendor.name))
}

/// What the words of a label tell of its runner. Of GitHub's labels [`Hosted`] knows; of all others this is a
/// guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Guess {
    /// The operating system.
    pub system: Option<System>,
    /// The processor.
    pub architecture: Option<Architecture>,
    /// How many cores there are.
    pub cores: Option<u32>,
}

/// The system of a label that each runner of that system has, whoever hosts it (docs.github.com, "Using self-hosted runners in a
/// workflow": default labels).
#[must_use]
pub fn of_system(text: &str) -> Option<System> {
    let systems = [("linux", System::Linux), ("macos", System::MacOs), ("windows", System::Windows)];
    systems.into_iter().find(|(label, _)| label.eq_ignore_ascii_case(text)).map(|(_, system)| system)
}

/// Reads the words of a label.
#[must_use]
pub fn guess(text: &str) -> Guess {
    let mut guess = Guess::default();
    // The one word with an underscore in it that is looked for.
    let text = text.to_ascii_lowercase().replace("x86_64", "x64");
    for word in text.split(|char: char| !char.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        // A version may stand at the end: ubuntu2404, win2022.
        guess.system =
            guess.system.or(system_word(word.trim_end_matches(|char: char| char.is_ascii_digit())));
        guess.architecture = guess.architecture.or(architecture(word));
        let cores = ["vcpu", "cores", "core", "cpu"].iter().find_map(|unit| word.strip_suffix(unit));
        guess.cores = guess.cores.or_else(|| cores?.parse().ok());
    }
    guess
}

fn system_word(word: &str) -> Option<System> {
    match word {
        "linux" | "ubuntu" | "debian" | "centos" | "fedora" | "rhel" | "rocky" | "almalinux" | "alpine"
        | "amazonlinux" | "sles" => Some(System::Linux),
        "macos" | "mac" | "darwin" => Some(System::MacOs),
        "windows" | "win" => Some(System::Windows),
        _ => None,
    }
}

fn architecture(word: &str) -> Option<Architecture> {
    match word {
        "x64" | "amd64" | "intel" | "x86" => Some(Architecture::X64),
        "arm64" | "aarch64" | "arm" => Some(Architecture::Arm64),
        "s390x" => Some(Architecture::S390x),
        "ppc64le" => Some(Architecture::Ppc64le),
        "riscv" | "riscv64" => Some(Architecture::Riscv64),
        _ => None,
    }
}

/// Two labels of a list that no runner has both, by their places: a list asks for one runner with all of them.
#[must_use]
pub fn conflict(labels: &[&str]) -> Option<(usize, usize)> {
    let same = |a: Label, b: Label| match (a, b) {
        (Label::Hosted(a), Label::Hosted(b)) => a.label == b.label,
        (Label::Hosted(_), Label::Vendor(_)) | (Label::Vendor(_), Label::Hosted(_)) => false,
        (Label::Vendor(a), Label::Vendor(b)) => a == b,
        _ => true,
    };
    labels.iter().enumerate().find_map(|(second, label)| {
        let before = labels.iter().take(second);
        let first = before.enumerate().find(|(_, other)| !same(classify(other), classify(label)));
        first.map(|(first, _)| (first, second))
    })
}

/// What is to be said of a label on a day.
#[must_use]
pub fn remark(text: &str, on: Date) -> Option<Finding> {
    let hosted = match classify(text) {
        Label::Hosted(hosted) => hosted,
        Label::Other => return near(text, on),
        Label::SelfHosted | Label::Vendor(_) => return None,
    };
    match hosted.state(on) {
        State::Available => None,
        State::Deprecated(Some(until)) => {
            let message = format!("runners with the label '{text}' are there until {until}");
            Some(Finding::ours(whole(text), message, "name a newer version").warning())
        }
        State::Deprecated(None) => {
            let message = format!("the label '{text}' is deprecated");
            Some(Finding::ours(whole(text), message, "name a newer version").warning())
        }
        State::Retired(since) => {
            let message = format!("there are no runners with the label '{text}' since {since}");
            Some(Finding::ours(
                whole(text),
                message,
                "name a newer version: the job waits for a runner that never comes",
            ))
        }
    }
}

/// A label that may be one of GitHub's with a letter missing or too many. So near are no labels that somebody chose: `macos-m1`.
fn near(text: &str, on: Date) -> Option<Finding> {
    let available = HOSTED.iter().filter(|hosted| hosted.state(on) == State::Available);
    let text = text.trim();
    let hosted =
        available.map(|hosted| hosted.label).find(|label| is_slip(&text.to_ascii_lowercase(), label))?;
    let message = format!("'{text}' is no label of GitHub's runners; did you mean {hosted}?");
    let hint = "without a runner of your own that has the label, the job waits for one that never comes";
    Some(Finding::ours(whole(text), message, hint).warning())
}

/// Whether two texts differ by one letter that is missing, too many or another one, or by two that changed places.
fn is_slip(text: &str, label: &str) -> bool {
    if text.len().abs_diff(label.len()) > 1 {
        return false;
    }
    let (left, right): (Vec<char>, Vec<char>) = (text.chars().collect(), label.chars().collect());
    let same = left.iter().zip(&right).take_while(|(left, right)| left == right).count();
    let (left, right) = (left.get(same..).unwrap_or_default(), right.get(same..).unwrap_or_default());
    match (left, right) {
        ([], []) => false,
        ([a, b, left @ ..], [c, d, right @ ..]) if a == d && b == c && left == right => true,
        _ => {
            left.get(1..) == right.get(1..) && left.len() == right.len()
                || left.get(1..) == Some(right)
                || Some(left) == right.get(1..)
        }
    }
}

/// Checks the name of a group of runners (`ConvertToRunsOn` in the runner's `WorkflowTemplateConverter.cs`).
///
/// # Errors
///
/// With GitHub's text.
pub fn group(text: &str) -> Result<(), Finding> {
    const HINT: &str = "write the name alone, or organization/name or enterprise/name";
    let all = Part::new(text, 0);
    let Some((level, name)) = all.cut('/') else { return Ok(()) };
    let known = matches!(level.text, "org" | "organization" | "ent" | "enterprise");
    let single = !name.text.contains('/');
    if single && name.text.is_empty() {
        return Err(Finding::github(all.span, format!("Invalid runs-on group name '{text}'."), HINT));
    }
    if !single || !known {
        let message = format!(
            "Invalid runs-on group name '{text}'. Please use 'organization/' or 'enterprise/' prefix to target a single runner group."
        );
        return Err(Finding::github(if single { level.span } else { name.span }, message, HINT));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use std::collections::BTreeSet;

    const TODAY: Date = date(2026, 11, 21);

    #[test]
    fn what_a_label_is() {
        let told = |text| match classify(text) {
            Label::Hosted(h) => format!("{:?} {} {:?} {:?}", h.system, h.version, h.architecture, h.size),
            Label::SelfHosted => "self-hosted".to_owned(),
            Label::Vendor(name) => name.to_owned(),
            Label::Other => "other".to_owned(),
        };
        for (text, expected) in [
            ("ubuntu-latest", "Linux 24.04 X64 Standard"),
            ("Ubuntu-24.04", "Linux 24.04 X64 Standard"),
            ("ubuntu-24.04-arm", "Linux 24.04 Arm64 Standard"),
            ("ubuntu-slim", "Linux 24.04 X64 Slim"),
            ("macOS-latest", "MacOs 26 Arm64 Standard"),
            ("macos-15-intel", "MacOs 15 X64 Standard"),
            ("macos-15-large", "MacOs 15 X64 Large"),
            ("macos-15-xlarge", "MacOs 15 Arm64 ExtraLarge"),
            ("macos-13", "MacOs 13 X64 Standard"),
            ("windows-11-arm", "Windows 11 Arm64 Standard"),
            ("windows-latest", "Windows 2025 X64 Standard"),
            ("self-hosted", "self-hosted"),
            ("Linux", "self-hosted"),
            ("ARM64", "self-hosted"),
            ("depot-ubuntu-24.04-4", "Depot"),
            ("namespace-profile-macos-15", "Namespace"),
            ("nscloud-ubuntu-22.04-amd64-4x16", "Namespace"),
            ("buildjet-4vcpu-ubuntu-2204", "BuildJet"),
            ("blacksmith-4vcpu-ubuntu-2404", "Blacksmith"),
            ("warp-ubuntu-latest-x64-4x", "WarpBuild"),
            ("ubicloud-standard-2", "Ubicloud"),
            ("ghcr.io/cirruslabs/macos-runner:sequoia", "Cirrus Runners"),
            ("runs-on=123/runner=4cpu-linux-x64", "RunsOn"),
            ("ubuntu-2404-2core", "other"),
            ("ubuntu", "other"),
            ("", "other"),
        ] {
            assert_eq!(told(text), expected, "{text}");
        }
    }

    #[test]
    fn the_table_holds_together() {
        let labels: BTreeSet<_> = HOSTED.iter().map(|hosted| hosted.label).collect();
        assert_eq!(labels.len(), HOSTED.len());
        for hosted in HOSTED {
            assert_eq!(hosted.label, hosted.label.to_ascii_lowercase());
            assert!(!hosted.source.is_empty(), "{hosted:?}");
            if let (Some(deprecated), Some(retired)) = (hosted.deprecated, hosted.retired) {
                assert!(deprecated < retired, "{hosted:?}");
            }
            assert_eq!(guess(hosted.label).system.unwrap_or(hosted.system), hosted.system);
        }
    }

    #[test]
    fn vendors_are_sorted_and_have_sources() {
        assert!(VENDORS.is_sorted_by(|one, next| one.prefix < next.prefix));
        for vendor in VENDORS {
            assert_eq!(classify(vendor.prefix), Label::Vendor(vendor.name));
            assert!(!vendor.source.is_empty() && vendor.prefix == vendor.prefix.to_lowercase());
        }
    }

    #[test]
    fn days() {
        let state = |label| match classify(label) {
            Label::Hosted(hosted) => hosted.state(TODAY),
            other => panic!("{other:?}"),
        };
        assert_eq!(state("ubuntu-24.04"), State::Available);
        assert_eq!(state("ubuntu-22.04"), State::Deprecated(Some(date(2027, 4, 17))));
        assert_eq!(state("ubuntu-18.04"), State::Retired(date(2023, 4, 3)));
        assert_eq!(state("macos-14"), State::Retired(date(2026, 11, 2)));
        let Label::Hosted(last) = classify("macos-14") else { panic!() };
        assert_eq!(last.state(date(2026, 11, 1)), State::Deprecated(Some(date(2026, 11, 2))));
        assert_eq!(last.state(date(2026, 11, 2)), State::Retired(date(2026, 11, 2)));
        assert_eq!(last.state(date(2026, 7, 5)), State::Available);
        let said = |label| remark(label, TODAY).map(|finding| finding.message);
        assert_eq!(said("ubuntu-latest"), None);
        assert_eq!(said("my-runner"), None);
        assert_eq!(
            said("Ubuntu-20.04").unwrap(),
            "there are no runners with the label 'Ubuntu-20.04' since 2025-04-15"
        );
        assert_eq!(
            said("ubuntu-22.04-arm").unwrap(),
            "runners with the label 'ubuntu-22.04-arm' are there until 2027-04-17"
        );
    }

    #[test]
    fn a_slip_is_told() {
        for (text, near) in [
            ("ubuntu-lastest", Some("ubuntu-latest")),
            ("ubunut-latest", Some("ubuntu-latest")),
            ("Ubuntu-Lates", Some("ubuntu-latest")),
            ("ubuntu-24-04", Some("ubuntu-24.04")),
            ("ubuntu-2404", Some("ubuntu-24.04")),
            ("windows-2026", Some("windows-2025")),
            ("macos-16", Some("macos-26")),
            ("macos-m1", None),
            ("ubuntu", None),
            ("ubuntu-24.04-8core", None),
            ("ubuntu-latest", None),
            ("self-hosted", None),
            ("", None),
        ] {
            let found = remark(text, TODAY);
            let expected =
                near.map(|near| format!("'{text}' is no label of GitHub's runners; did you mean {near}?"));
            assert_eq!(found.map(|finding| finding.message), expected, "{text}");
        }
    }

    #[test]
    fn words() {
        let guessed = |text| {
            let Guess { system, architecture, cores } = guess(text);
            (system, architecture, cores)
        };
        for (text, expected) in [
            ("github-ubuntu-24.04-aarch64-4", (Some(System::Linux), Some(Architecture::Arm64), None)),
            ("windows-2022-16core", (Some(System::Windows), None, Some(16))),
            ("oracle-vm-8cpu-32gb-x86-64", (None, Some(Architecture::X64), Some(8))),
            ("ubuntu-24.04-s390x", (Some(System::Linux), Some(Architecture::S390x), None)),
            ("blacksmith-4vcpu-ubuntu-2404-arm", (Some(System::Linux), Some(Architecture::Arm64), Some(4))),
            ("self-hosted", (None, None, None)),
        ] {
            assert_eq!(guessed(text), expected, "{text}");
        }
    }

    #[test]
    fn conflicts() {
        assert_eq!(conflict(&["ubuntu-latest", "windows-latest", "macos-latest"]), Some((0, 1)));
        assert_eq!(conflict(&["self-hosted", "linux", "x64", "gpu"]), None);
        assert_eq!(conflict(&["ubuntu-latest"]), None);
        assert_eq!(conflict(&["ubuntu-latest", "Ubuntu-Latest"]), None);
        assert_eq!(conflict(&["depot-ubuntu-24.04", "ubuntu-24.04"]), Some((0, 1)));
    }

    #[test]
    fn groups() {
        for text in ["my-group", "org/my-group", "organization/g", "ent/g", "enterprise/g"] {
            assert_eq!(group(text), Ok(()), "{text}");
        }
        let prefix = " Please use 'organization/' or 'enterprise/' prefix to target a single runner group.";
        for (text, rest) in [("ent/org/my-group", prefix), ("asdf/my-group", prefix), ("ent/", "")] {
            assert_eq!(
                group(text).unwrap_err().message,
                format!("Invalid runs-on group name '{text}'.{rest}")
            );
        }
    }
}
