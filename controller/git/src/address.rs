//! Where a host is: parsed once, without secrets afterwards.

use crate::options::Token;
use crate::reason::without_secrets;

/// How a host is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
    Ssh,
    Git,
    File,
}

/// A host's address that is safe as an argument and in messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// What the git program is given; of an HTTP address without user and password.
    pub url: String,
    /// What people are shown.
    pub shown: String,
    pub scheme: Scheme,
    /// What stood in an HTTP address before `@`.
    pub token: Option<Token>,
}

impl Address {
    /// Parses an address; fails with a sentence that repeats no secret.
    pub(crate) fn parse(url: &str) -> Result<Self, String> {
        if url.is_empty() || url.starts_with('-') || url.chars().any(|c| c.is_control() || c.is_whitespace())
        {
            return Err("the address is empty, starts with - or has blanks: correct the URL".to_owned());
        }
        match url.split_once("://") {
            Some((scheme, rest)) => Self::with_scheme(scheme, rest),
            None => Self::without_scheme(url),
        }
    }

    fn with_scheme(scheme: &str, rest: &str) -> Result<Self, String> {
        let kind = match scheme {
            "https" => Scheme::Https,
            "http" => Scheme::Http,
            "ssh" | "git+ssh" => Scheme::Ssh,
            "git" => Scheme::Git,
            "file" => Scheme::File,
            _ => return Err("the address is not https, http, ssh, git or file: correct the URL".to_owned()),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        if host.starts_with('-') || (host.is_empty() && kind != Scheme::File) {
            return Err("the address has no valid host: correct the URL".to_owned());
        }
        let url = format!("{scheme}://{host}{path}");
        let shown = without_secrets(&url);
        match (kind, user) {
            (Scheme::Http | Scheme::Https, user) => {
                Ok(Self { url, shown, scheme: kind, token: user.map(token_of) })
            }
            (Scheme::Ssh, Some(user)) if !user.contains(':') && !user.starts_with('-') => {
                Ok(Self { url: format!("{scheme}://{user}@{host}{path}"), shown, scheme: kind, token: None })
            }
            (_, Some(_)) => {
                Err("only https addresses may hold a password: take it out of the URL".to_owned())
            }
            (_, None) => Ok(Self { url, shown, scheme: kind, token: None }),
        }
    }

    /// A path, or what scp takes: `user@host:path`.
    fn without_scheme(url: &str) -> Result<Self, String> {
        if url.contains("::") {
            return Err("the address names a transport helper: use https, ssh, file or a path".to_owned());
        }
        let before_path = url.split('/').next().unwrap_or_default();
        if let Some((login, _)) = before_path.split_once(':') {
            let host = login.rsplit('@').next().unwrap_or_default();
            if host.is_empty() || host.starts_with('-') {
                return Err("the address has no valid host: correct the URL".to_owned());
            }
            let shown = without_secrets(url);
            return Ok(Self { url: url.to_owned(), shown, scheme: Scheme::Ssh, token: None });
        }
        let path = std::path::absolute(url).map_err(|e| format!("the path is not valid: {e}"))?;
        let path = path.to_str().ok_or("the path is not UTF-8")?.to_owned();
        Ok(Self { shown: without_secrets(&path), url: path, scheme: Scheme::File, token: None })
    }

    /// Whether a secret may be sent there: encrypted, or not leaving this machine.
    pub(crate) fn keeps_secrets(&self) -> bool {
        let host = self.shown.strip_prefix("http://").unwrap_or_default();
        let host = host.split('/').next().unwrap_or_default();
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        self.scheme == Scheme::Https || matches!(name, "localhost" | "127.0.0.1" | "[::1]")
    }
}

/// `user:password` or, as some hosts have it, only a token.
fn token_of(user: &str) -> Token {
    let (username, secret) = user.split_once(':').unwrap_or((user, ""));
    Token { username: percent_decoded(username), secret: percent_decoded(secret) }
}

/// RFC 3986 section 2.1; what is no valid escape stays as it is.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escape = tail.get(..2).filter(|_| first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        if let Some(byte) = escape.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            bytes.push(byte);
            rest = tail.get(2..).unwrap_or_default();
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_apart() {
        for (text, scheme, url) in [
            ("https://host.example/a/b.git", Scheme::Https, "https://host.example/a/b.git"),
            ("https://bot:hush@host.example:8443/b", Scheme::Https, "https://host.example:8443/b"),
            ("http://127.0.0.1:80/b", Scheme::Http, "http://127.0.0.1:80/b"),
            ("ssh://git@host.example/b", Scheme::Ssh, "ssh://git@host.example/b"),
            ("git@host.example:acme/b.git", Scheme::Ssh, "git@host.example:acme/b.git"),
            ("git://host.example/b", Scheme::Git, "git://host.example/b"),
            ("file:///srv/b.git", Scheme::File, "file:///srv/b.git"),
            ("/srv/b:c.git", Scheme::File, "/srv/b:c.git"),
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!((address.scheme, address.url.as_str()), (scheme, url), "{text}");
        }
        assert!(Address::parse("some/path").unwrap().url.starts_with('/'));
    }

    #[test]
    fn dangerous_addresses_are_refused_without_repeating_secrets() {
        for bad in [
            "",
            "-u/x",
            "--upload-pack=touch /tmp/x",
            "ext::sh -c id",
            "ext::id",
            "fd::7",
            "ftp://host.example/x",
            "ssh://-oProxyCommand=id/x",
            "git@-oProxyCommand=id:x",
            "ssh://bot:hush@host.example/x",
            "https:///x",
            "https://host.example/a b",
            "https://host.example/a\nb",
        ] {
            let error = Address::parse(bad).unwrap_err();
            assert!(!error.contains("hush"), "{error}");
        }
    }

    #[test]
    fn a_password_leaves_the_address() {
        let address = Address::parse("https://bot:a%40b%zz@host.example/x").unwrap();
        assert_eq!(address.token, Some(Token { username: "bot".into(), secret: "a@b%zz".into() }));
        assert_eq!(address.shown, "https://host.example/x");
        let address = Address::parse("https://ghp_x@host.example/x").unwrap();
        assert_eq!(address.token, Some(Token { username: "ghp_x".into(), secret: String::new() }));
    }

    #[test]
    fn a_query_is_sent_and_not_shown() {
        for (url, shown) in [
            ("https://host.example/x?private_token=hush&a", "https://host.example/x?private_token=***&***"),
            ("https://bot:hush@host.example/x?t=hush", "https://host.example/x?t=***"),
            ("git@host.example:x?token=hush", "git@host.example:x?token=***"),
            ("ssh://git@host.example/x?token=hush", "ssh://host.example/x?token=***"),
            ("/srv/x?token=hush", "/srv/x?token=***"),
        ] {
            let address = Address::parse(url).unwrap();
            assert_eq!(address.shown, shown);
            assert!(address.url.contains(url.split_once('?').unwrap().1), "{}", address.url);
        }
    }

    #[test]
    fn secrets_stay_on_encrypted_or_local_ways() {
        for (url, fine) in [
            ("https://host.example/x", true),
            ("http://host.example/x", false),
            ("http://127.0.0.1:4/x", true),
            ("http://localhost/x", true),
            ("http://[::1]:4/x", true),
            ("http://127.0.0.1.evil.example/x", false),
            ("ssh://host.example/x", false),
        ] {
            assert_eq!(Address::parse(url).unwrap().keeps_secrets(), fine, "{url}");
        }
    }
}
