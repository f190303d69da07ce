//! What a part needs of the machine or of the checkout.

use std::path::Path;
use std::process::{Command, Stdio};

/// Something without which a part cannot run.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Need {
    /// A program on the path, at least of this version (major, minor).
    Program {
        /// Its name.
        name: &'static str,
        /// The arguments that make it print its version.
        version: &'static [&'static str],
        /// The oldest that will do.
        at_least: (u32, u32),
    },
    /// A file or folder of the repository.
    Path(&'static str),
}

impl Need {
    /// Says why the need is not met, or nothing when it is.
    pub(crate) fn missing(self, root: &Path) -> Option<String> {
        match self {
            Self::Program { name, version, at_least } => missing_program(name, version, at_least),
            Self::Path(path) => match root.join(path).exists() {
                true => None,
                false => Some(format!("{path} is not in this checkout")),
            },
        }
    }
}

fn missing_program(name: &str, version: &[&str], at_least: (u32, u32)) -> Option<String> {
    let (major, minor) = at_least;
    let output = match Command::new(name).args(version).stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => output,
        Ok(output) => return Some(format!("{name} does not work here ({})", output.status)),
        Err(_) => return Some(format!("{name} is not installed ({major}.{minor} or later is needed)")),
    };
    let text = String::from_utf8_lossy(&output.stdout);
    match parse_version(&text) {
        Some(found) if found >= at_least => None,
        Some((a, b)) => Some(format!("{name} is {a}.{b}, and {major}.{minor} or later is needed")),
        None => Some(format!("{name} tells no version, and {major}.{minor} or later is needed")),
    }
}

/// Finds the first `major.minor` in what a program says about itself.
fn parse_version(text: &str) -> Option<(u32, u32)> {
    text.split(|c: char| !(c.is_ascii_digit() || c == '.')).find_map(|word| {
        let (major, rest) = word.split_once('.')?;
        let minor = rest.split('.').next()?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARGO: &[&str] = &["--version"];

    #[test]
    fn versions_are_found_in_what_programs_print() {
        let table = [
            ("git version 2.39.5 (Apple Git-154)", Some((2, 39))),
            ("Python 3.11.7", Some((3, 11))),
            ("go version go1.26.8 linux/amd64", Some((1, 26))),
            ("v20.20.2", Some((20, 20))),
            ("cargo-deny 0.18.3", Some((0, 18))),
            ("nothing here. at all", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(parse_version(text), expected, "{text}");
        }
    }

    #[test]
    fn a_program_is_there_old_or_absent() {
        let need = |name, at_least| Need::Program { name, version: CARGO, at_least }.missing(Path::new("."));
        assert_eq!(need("cargo", (1, 0)), None);
        assert!(need("cargo", (999, 0)).unwrap().ends_with("999.0 or later is needed"));
        let absent = need("towpath-no-such-program", (1, 2)).unwrap();
        assert_eq!(absent, "towpath-no-such-program is not installed (1.2 or later is needed)");
    }

    #[test]
    fn a_path_is_looked_for_in_the_repository() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert_eq!(Need::Path("src/need.rs").missing(root), None);
        assert_eq!(Need::Path("src/no").missing(root).unwrap(), "src/no is not in this checkout");
    }
}
