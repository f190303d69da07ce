//! The one hash behind every id that Towpath mints.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// The first 80 bits of the SHA-256 of the parts, each followed by one NUL byte, in lower-case hexadecimal.
pub(crate) fn short_hash(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update([0u8]);
    }
    let mut hex = String::with_capacity(20);
    for byte in hasher.finalize().iter().take(10) {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}
