//! Labels of runners by who has them, system and architecture.

use crate::values::label::{Architecture, Label, Size, System, classify, guess};

/// Who has the runners of a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Provider {
    /// GitHub, for every account.
    Hosted,
    /// GitHub, paid for by size.
    Larger,
    /// Whoever runs the workflow: one of the labels that such runners get by themselves.
    SelfHosted,
    /// A vendor whose runners stand in for GitHub's.
    Vendor(&'static str),
    /// A label that somebody chose: for a larger runner, or one of their own.
    Custom,
    /// An expression: only a run knows.
    Unknown,
}

/// What a label stands for, as far as it tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunnerKind {
    /// Who has it.
    pub provider: Provider,
    /// Its system.
    pub system: Option<System>,
    /// Its processor.
    pub architecture: Option<Architecture>,
    /// Whether system and processor are guessed from the words of the label.
    pub is_guess: bool,
}

impl Provider {
    /// A word for programs, which stays the same.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Hosted => "github",
            Self::Larger => "github-larger",
            Self::SelfHosted => "self-hosted",
            Self::Vendor(_) => "vendor",
            Self::Custom => "custom",
            Self::Unknown => "unknown",
        }
    }

    /// The vendor, where it is one.
    #[must_use]
    pub const fn vendor(self) -> Option<&'static str> {
        match self {
            Self::Vendor(name) => Some(name),
            _ => None,
        }
    }
}

impl RunnerKind {
    /// What a label stands for; an expression stands for nothing that is known.
    #[must_use]
    pub fn of(label: &str) -> Self {
        if label.contains("${{") {
            return Self { provider: Provider::Unknown, system: None, architecture: None, is_guess: false };
        }
        let provider = match classify(label) {
            Label::Hosted(hosted) => {
                let is_standard = matches!(hosted.size, Size::Standard | Size::Slim);
                let provider = if is_standard { Provider::Hosted } else { Provider::Larger };
                let (system, architecture) = (Some(hosted.system), Some(hosted.architecture));
                return Self { provider, system, architecture, is_guess: false };
            }
            Label::SelfHosted => Provider::SelfHosted,
            Label::Vendor(name) => Provider::Vendor(name),
            Label::Other => Provider::Custom,
        };
        let guess = guess(label);
        let is_guess = guess.system.is_some() || guess.architecture.is_some();
        Self { provider, system: guess.system, architecture: guess.architecture, is_guess }
    }
}

/// The name of a processor for programs.
#[must_use]
pub const fn architecture_code(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::X64 => "x64",
        Architecture::Arm64 => "arm64",
        Architecture::Arm => "arm",
        Architecture::S390x => "s390x",
        Architecture::Ppc64le => "ppc64le",
        Architecture::Riscv64 => "riscv64",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels() {
        for (label, expected) in [
            ("ubuntu-latest", "github linux x64"),
            ("ubuntu-slim", "github linux x64"),
            ("windows-11-arm", "github windows arm64"),
            ("macos-15", "github macos arm64"),
            ("macos-15-large", "github-larger macos x64"),
            ("macos-latest-xlarge", "github-larger macos arm64"),
            ("self-hosted", "self-hosted - -"),
            ("linux", "self-hosted linux - ?"),
            ("arm64", "self-hosted - arm64 ?"),
            ("depot-ubuntu-24.04-arm-4", "vendor Depot linux arm64 ?"),
            ("namespace-profile-windows-2022-x86-64-4", "vendor Namespace windows x64 ?"),
            ("oracle-vm-16cpu-64gb-arm64", "vendor CNCF on Oracle Cloud - arm64 ?"),
            ("windows-2022-16core", "custom windows - ?"),
            ("gpu", "custom - -"),
            ("", "custom - -"),
            ("${{ matrix.os }}", "unknown - -"),
        ] {
            let kind = RunnerKind::of(label);
            let vendor = kind.provider.vendor().map(|vendor| format!(" {vendor}")).unwrap_or_default();
            let system = kind.system.map_or("-", System::code);
            let architecture = kind.architecture.map_or("-", architecture_code);
            let guess = if kind.is_guess { " ?" } else { "" };
            assert_eq!(
                format!("{}{vendor} {system} {architecture}{guess}", kind.provider.code()),
                expected,
                "{label}"
            );
        }
    }
}
