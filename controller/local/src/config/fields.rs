//! The texts of the file that have a rule of their own.

use std::fmt;
use std::path::Path;

use serde::Deserialize;

use crate::secret::without_secrets;

/// Defines a text that is parsed once and kept as written.
macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl $name {
            /// The text as it was written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;
            fn try_from(text: String) -> Result<Self, String> {
                let check: fn(&str) -> Result<(), String> = $check;
                check(&text).map(|()| Self(text))
            }
        }

        // For people: without the secrets that an address may have in its query.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&without_secrets(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&without_secrets(&self.0), f)
            }
        }
    };
}

checked_text!(
    /// The name of an environment variable; never one of Towpath's own.
    VariableName, check_variable
);
checked_text!(
    /// An `http` or `https` address without user and password.
    HttpUrl, check_http
);
checked_text!(
    /// The address of a repository, without a password in it.
    RepositoryUrl, check_repository
);
checked_text!(
    /// An [`HttpUrl`] with `{{ environment }}`, `{{ namespace }}` and `{{ pipeline }}` to be filled in.
    UrlTemplate, |text| fill(text, ["environment", "namespace", "pipeline"]).map(drop)
);

impl UrlTemplate {
    /// The address for one environment; fails with a sentence when it is none.
    pub fn fill(&self, environment: &str, namespace: &str, pipeline: &str) -> Result<HttpUrl, String> {
        fill(&self.0, [environment, namespace, pipeline])
    }
}

fn fill(template: &str, [environment, namespace, pipeline]: [&str; 3]) -> Result<HttpUrl, String> {
    let mut engine = minijinja::Environment::new();
    engine.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    let values = minijinja::context! { environment, namespace, pipeline };
    let filled = engine.render_str(template, values).map_err(|e| {
        format!(
            "{e}: an address may contain {{{{ environment }}}}, {{{{ namespace }}}} and {{{{ pipeline }}}}"
        )
    })?;
    HttpUrl::try_from(filled)
}

fn check_variable(name: &str) -> Result<(), String> {
    let valid = !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !name.starts_with(|c: char| c.is_ascii_digit());
    if !valid {
        return Err("expected the name of an environment variable: letters, digits and _".to_owned());
    }
    if name.to_ascii_uppercase().starts_with("TOWPATH_") {
        return Err(
            "variables that begin with TOWPATH_ are set by Towpath itself: take another name".to_owned()
        );
    }
    Ok(())
}

fn check_http(url: &str) -> Result<(), String> {
    let uri: ureq::http::Uri =
        url.parse().map_err(|_| "expected an address such as http://127.0.0.1:9090".to_owned())?;
    let authority = uri.authority().map_or("", |a| a.as_str());
    if authority.contains('@') {
        return Err(
            "an address must not contain a user or password: use tokenEnv where there is one".to_owned()
        );
    }
    let known = matches!(uri.scheme_str(), Some("http" | "https"));
    if !known || uri.host().is_none_or(str::is_empty) {
        return Err("expected an address that begins with http:// or https:// and a host".to_owned());
    }
    Ok(())
}

fn check_repository(url: &str) -> Result<(), String> {
    if url.is_empty() || url.starts_with('-') || url.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(
            "expected the address of a repository, such as https://git.example/environments.git".to_owned()
        );
    }
    let authority = url.split_once("://").map_or("", |(_, rest)| rest.split('/').next().unwrap_or(""));
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    let web = url.starts_with("http://") || url.starts_with("https://");
    if user.contains(':') || (web && !user.is_empty()) {
        return Err("the address must not contain a user or password: write username and tokenEnv".to_owned());
    }
    Ok(())
}

/// The part of a repository's address that tells repositories apart.
pub(super) fn comparable(url: &str) -> &str {
    let url = url.trim_end_matches('/');
    url.strip_suffix(".git").unwrap_or(url)
}

/// Whether a token may be sent there: encrypted, or without leaving the machine.
pub(super) fn keeps_secrets(url: &HttpUrl) -> bool {
    url.as_str().starts_with("https://") || is_loopback(url)
}

/// Whether an address is on this machine.
pub(crate) fn is_loopback(url: &HttpUrl) -> bool {
    let Ok(uri) = url.as_str().parse::<ureq::http::Uri>() else { return false };
    let host = uri.host().unwrap_or("").trim_matches(['[', ']']);
    let address = host.parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// A program and its arguments; never a shell line.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct Program {
    /// A path, or a name that is looked up on `PATH`.
    pub program: String,
    /// Its arguments, one by one.
    pub arguments: Vec<String>,
}

impl TryFrom<Vec<String>> for Program {
    type Error = String;
    fn try_from(words: Vec<String>) -> Result<Self, String> {
        if words.iter().any(|word| word.contains('\0')) {
            return Err("a command must not contain NUL characters".to_owned());
        }
        let mut words = words.into_iter();
        match words.next() {
            Some(program) if !program.is_empty() => Ok(Self { program, arguments: words.collect() }),
            _ => Err("expected a program and its arguments, such as [./qa/smoke, --fast]".to_owned()),
        }
    }
}

impl Program {
    /// The same with a relative path made relative to `folder`.
    pub(super) fn resolved(self, folder: &Path) -> Self {
        if !self.program.contains('/') {
            return self;
        }
        let relative = self.program.strip_prefix("./").unwrap_or(&self.program);
        Self { program: folder.join(relative).to_string_lossy().into_owned(), ..self }
    }
}
