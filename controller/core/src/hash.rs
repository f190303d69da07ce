//! The one hash behind every id that Towpath mints.

use sha2::{Digest as _, Sha256};

/// The first 80 bits of the SHA-256 of the parts, each followed by one NUL byte, in lower-case hexadecimal.
pub(crate) fn short_hash(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update([0u8]);
    }
    let digest = hasher.finalize();
    let digits = digest.iter().take(10).flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}
