//! What a repository is opened with.

use std::ffi::OsString;
use std::fmt;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::reason::Redactor;

/// How a repository is opened.
#[derive(Clone)]
pub struct GitOptions {
    /// Where the host is: `https`, `http`, `ssh`, `git` or `file` URL, `user@host:path`, or a path.
    pub url: String,
    /// Where the bare mirror is kept; made when missing. Several processes may share one.
    pub mirror: PathBuf,
    /// What the host wants to see, for `https` (and `http` on this machine) only.
    pub credentials: Option<Token>,
    /// How long one command of the git program may take.
    pub deadline: Duration,
    /// The git program: a path, or a name on `PATH`.
    pub program: OsString,
    /// How much history is fetched.
    pub depth: HistoryDepth,
    /// Whether the host is expected to move several refs in one atomic push.
    pub atomic: bool,
    /// Variables for the git program beside those it inherits, such as another `HOME`.
    pub env: Vec<(OsString, OsString)>,
}

impl GitOptions {
    /// Options for a host and a mirror: no credentials, a minute a command, shallow from 50 commits, atomic.
    pub fn new(url: impl Into<String>, mirror: impl AsRef<Path>) -> Self {
        Self {
            url: url.into(),
            mirror: mirror.as_ref().to_owned(),
            credentials: None,
            deadline: Duration::from_secs(60),
            program: "git".into(),
            depth: HistoryDepth::Shallow(NonZeroU32::MIN.saturating_add(49)),
            atomic: true,
            env: Vec::new(),
        }
    }
}

impl fmt::Debug for GitOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GitOptions")
            .field("url", &Redactor::default().line(&self.url))
            .field("mirror", &self.mirror)
            .field("credentials", &self.credentials)
            .field("deadline", &self.deadline)
            .field("depth", &self.depth)
            .field("atomic", &self.atomic)
            .finish_non_exhaustive()
    }
}

/// How much history a mirror holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryDepth {
    /// At first so many commits of a branch, then four times as many until a query is answered.
    Shallow(NonZeroU32),
    /// Everything.
    Full,
}

/// A name and a secret for HTTP basic authentication.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// The name that the host expects beside the secret, such as `x-access-token`.
    pub username: String,
    /// The secret. It reaches the git program in its environment only: never in arguments, files or messages.
    pub secret: String,
}

impl Token {
    /// The value of the `Authorization` header (RFC 7617).
    pub(crate) fn header(&self) -> String {
        format!("Basic {}", base64(format!("{}:{}", self.username, self.secret).as_bytes()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Some hosts take a token as the name.
        f.debug_struct("Token").finish_non_exhaustive()
    }
}

/// RFC 4648 section 4, with padding.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit =
        |bits: u32, shift: u32| ALPHABET.get((bits >> shift) as usize & 63).copied().map_or('=', char::from);
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        text.extend([digit(bits, 18), digit(bits, 12)]);
        text.push(if chunk.len() > 1 { digit(bits, 6) } else { '=' });
        text.push(if chunk.len() > 2 { digit(bits, 0) } else { '=' });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_follows_the_vectors_of_its_rfc() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
        assert_eq!(base64(&[0xff, 0xef, 0xfe]), "/+/+");
    }

    #[test]
    fn a_secret_is_not_shown() {
        let token = Token { username: "bot".into(), secret: "hush".into() };
        let mut options = GitOptions::new("https://bot:hush@host.example/r.git", "/tmp/m");
        options.credentials = Some(token.clone());
        assert!(!format!("{token:?} {options:?}").contains("hush"));
        assert_eq!(token.header(), "Basic Ym90Omh1c2g=");
    }
}
