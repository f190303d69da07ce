//! The labels that are known, as of 2026-11-21.
//!
//! Labels and versions: the table of actions/runner-images and GitHub's reference of hosted runners. Dates: the
//! announcements in actions/runner-images (`#number`) and GitHub's changelog (`changelog date`).

use super::{Architecture, Hosted, Size, System};
use jiff::civil::{Date, date};

const fn hosted(label: &'static str, system: System, version: &'static str, source: &'static str) -> Hosted {
    let (architecture, size) = (Architecture::X64, Size::Standard);
    Hosted {
        label,
        system,
        version,
        architecture,
        size,
        deprecated: None,
        retired: None,
        moving: None,
        source,
    }
}

const fn linux(label: &'static str, version: &'static str, source: &'static str) -> Hosted {
    hosted(label, System::Linux, version, source)
}

const fn windows(label: &'static str, version: &'static str, source: &'static str) -> Hosted {
    hosted(label, System::Windows, version, source)
}

const fn macos(label: &'static str, version: &'static str, source: &'static str) -> Hosted {
    hosted(label, System::MacOs, version, source)
}

impl Hosted {
    const fn arm(self) -> Self {
        Self { architecture: Architecture::Arm64, ..self }
    }

    const fn slim(self) -> Self {
        Self { size: Size::Slim, ..self }
    }

    const fn large(self) -> Self {
        Self { size: Size::Large, ..self }
    }

    const fn extra_large(self) -> Self {
        Self { size: Size::ExtraLarge, architecture: Architecture::Arm64, ..self }
    }

    const fn until(self, deprecated: Date, retired: Date) -> Self {
        Self { deprecated: Some(deprecated), retired: Some(retired), ..self }
    }

    const fn gone(self, retired: Date) -> Self {
        Self { retired: Some(retired), ..self }
    }

    const fn moves(self, version: &'static str, from: Date) -> Self {
        Self { moving: Some((version, from)), ..self }
    }
}

const IMAGES: &str = "actions/runner-images, README.md";

/// GitHub's labels, those that are gone as well.
pub const HOSTED: &[Hosted] = &[
    linux("ubuntu-latest", "24.04", "#14748").moves("26.04", date(2026, 10, 19)),
    linux("ubuntu-slim", "24.04", IMAGES).slim(),
    linux("ubuntu-26.04", "26.04", "#14747"),
    linux("ubuntu-26.04-arm", "26.04", "#14747").arm(),
    linux("ubuntu-24.04", "24.04", IMAGES),
    linux("ubuntu-24.04-arm", "24.04", IMAGES).arm(),
    linux("ubuntu-22.04", "22.04", "#14254").until(date(2026, 9, 17), date(2027, 4, 17)),
    linux("ubuntu-22.04-arm", "22.04", "#14254").arm().until(date(2026, 9, 17), date(2027, 4, 17)),
    linux("ubuntu-20.04", "20.04", "#11101").until(date(2025, 2, 1), date(2025, 4, 15)),
    linux("ubuntu-18.04", "18.04", "#6002").until(date(2022, 8, 8), date(2023, 4, 3)),
    linux("ubuntu-16.04", "16.04", "changelog 2021-04-29").gone(date(2021, 9, 20)),
    windows("windows-latest", "2025", "#14017"),
    windows("windows-2025", "2025", "#14017"),
    windows("windows-2025-vs2026", "2025", "changelog 2026-02-05"),
    windows("windows-2022", "2022", IMAGES),
    windows("windows-11-arm", "11", "#14602").arm(),
    windows("windows-11-vs2026-arm", "11", "#14592").arm(),
    windows("windows-2019", "2019", "#12045").until(date(2025, 6, 1), date(2025, 6, 30)),
    windows("windows-2016", "2016", "changelog 2021-10-19").gone(date(2022, 3, 15)),
    macos("macos-latest", "26", "#14167").arm(),
    macos("macos-latest-large", "26", "#14167").large(),
    macos("macos-latest-xlarge", "26", "#14167").extra_large(),
    macos("macos-26", "26", IMAGES).arm(),
    macos("macos-26-intel", "26", IMAGES),
    macos("macos-26-large", "26", IMAGES).large(),
    macos("macos-26-xlarge", "26", IMAGES).extra_large(),
    macos("xcode-27", "27", "changelog 2026-09-10").arm(),
    macos("xcode-27-xlarge", "27", "changelog 2026-09-10").extra_large(),
    macos("macos-15", "15", IMAGES).arm(),
    macos("macos-15-intel", "15", IMAGES),
    macos("macos-15-large", "15", IMAGES).large(),
    macos("macos-15-xlarge", "15", IMAGES).extra_large(),
    macos("macos-14", "14", "#13518").arm().until(date(2026, 7, 6), date(2026, 11, 2)),
    macos("macos-14-large", "14", "#13518").large().until(date(2026, 7, 6), date(2026, 11, 2)),
    macos("macos-14-xlarge", "14", "#13518").extra_large().until(date(2026, 7, 6), date(2026, 11, 2)),
    macos("macos-13", "13", "changelog 2025-09-19").until(date(2025, 9, 19), date(2025, 12, 4)),
    macos("macos-13-large", "13", "changelog 2025-09-19").large().until(date(2025, 9, 19), date(2025, 12, 4)),
    macos("macos-13-xlarge", "13", "changelog 2025-09-19")
        .extra_large()
        .until(date(2025, 9, 19), date(2025, 12, 4)),
    macos("macos-12", "12", "#10721").until(date(2024, 10, 7), date(2024, 12, 3)),
    macos("macos-12-large", "12", "#10721").large().until(date(2024, 10, 7), date(2024, 12, 3)),
    macos("macos-11", "11", "changelog 2024-05-20").gone(date(2024, 6, 28)),
    macos("macos-11.0", "11", "changelog 2024-05-20").gone(date(2024, 6, 28)),
    macos("macos-10.15", "10.15", "#5583").until(date(2022, 5, 31), date(2022, 12, 1)),
];

/// What every self-hosted runner gets by itself, as GitHub's documentation of self-hosted runners lists it.
pub(super) const SELF_HOSTED: [&str; 7] = ["self-hosted", "linux", "windows", "macos", "x64", "arm", "arm64"];

/// A vendor whose runners stand in for GitHub's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vendor {
    /// How its labels begin, in small letters.
    pub prefix: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Where the prefix is from.
    pub source: &'static str,
}

const fn vendor(prefix: &'static str, name: &'static str, source: &'static str) -> Vendor {
    Vendor { prefix, name, source }
}

/// The vendors that are known, by how their labels begin.
pub const VENDORS: &[Vendor] = &[
    vendor("actuated-", "Actuated", "docs.actuated.com"),
    vendor("blacksmith-", "Blacksmith", "docs.blacksmith.sh"),
    vendor("buildjet-", "BuildJet", "buildjet.com/for-github-actions/docs"),
    vendor("cirun-", "Cirun", "docs.cirun.io"),
    vendor("codspeed-", "CodSpeed", "codspeed.io/docs"),
    vendor("depot-", "Depot", "depot.dev/docs/github-actions/runner-types"),
    vendor("ghcr.io/cirruslabs/", "Cirrus Runners", "cirrus-runners.app"),
    vendor("namespace-", "Namespace", "namespace.so/docs"),
    vendor("nscloud-", "Namespace", "namespace.so/docs"),
    vendor("oracle-vm-", "CNCF on Oracle Cloud", "workflows of its projects"),
    vendor("runs-on,", "RunsOn", "runs-on.com/configuration/job-labels"),
    vendor("runs-on/", "RunsOn", "runs-on.com/configuration/job-labels"),
    vendor("runs-on=", "RunsOn", "runs-on.com/configuration/job-labels"),
    vendor("shipfox-", "Shipfox", "docs.shipfox.io"),
    vendor("starsling-", "StarSling", "workflows that use it"),
    vendor("tenki-", "Tenki", "tenki.cloud/docs"),
    vendor("ubicloud", "Ubicloud", "ubicloud.com/docs/github-actions-integration"),
    vendor("warp-", "WarpBuild", "warpbuild.com/docs"),
];
