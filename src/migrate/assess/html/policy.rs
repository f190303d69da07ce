//! What a page may do: run its own script, use its own style, and nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// The style of every page.
pub(super) const STYLE: &str = include_str!("report.css");

/// The script of every page.
pub(super) const SCRIPT: &str = include_str!("report.js");

/// The content security policy that lets these two in.
pub(super) fn policy() -> String {
    format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; img-src data:; base-uri 'none'; form-action 'none'",
        hash(SCRIPT),
        hash(STYLE)
    )
}

fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_what_browsers_compute() {
        // From the specification of content security policies, its example for `script-src`.
        assert_eq!(hash("doSomething();"), "sha256-RFWPLDbv2BY+rCkDzsE+0fr8ylGr2R2faWMhq4lfEQc=");
    }

    #[test]
    fn style_and_script_cannot_end_before_their_end() {
        for (text, end) in [(STYLE, "</style"), (SCRIPT, "</script"), (SCRIPT, "<!--"), (SCRIPT, "<script")] {
            assert!(!text.to_ascii_lowercase().contains(end), "{end}");
        }
    }

    #[test]
    fn the_script_makes_elements_of_no_text() {
        for way in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "Function(",
            ".href =",
        ] {
            assert!(!SCRIPT.contains(way), "{way}");
        }
    }
}
