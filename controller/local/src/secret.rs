//! Values that never reach a log.

use std::fmt;

use crate::error::LocalError;

/// Looks an environment variable up; a function, so that tests need no process-wide state.
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A token from an environment variable; its debug form does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Reads the variable that the field `place` names; an unset, empty or unprintable value is
    /// [`LocalError::MissingSecret`].
    pub fn read(place: &str, variable: &str, variables: Variables<'_>) -> Result<Self, LocalError> {
        let missing = || LocalError::MissingSecret { place: place.to_owned(), variable: variable.to_owned() };
        let value = variables(variable).ok_or_else(missing)?;
        let value = value.trim();
        if value.is_empty() || !value.chars().all(|c| c.is_ascii_graphic()) {
            return Err(missing());
        }
        Ok(Self(value.to_owned()))
    }

    /// The value itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// The text with what addresses in it may keep secret replaced by `***`: users, passwords, and the values of
/// queries and fragments. Keys stay, so that it can still be told which address is meant.
pub fn without_secrets(text: &str) -> String {
    masked(text, &|secret| if secret.is_empty() { String::new() } else { "***".to_owned() })
}

/// The same with a star for each character, so that lines and columns stay.
pub(crate) fn starred(text: &str) -> String {
    masked(text, &stars)
}

/// A star for each character.
pub(crate) fn stars(secret: &str) -> String {
    secret.chars().map(|_| '*').collect()
}

/// How a secret is shown.
type Hide<'a> = &'a dyn Fn(&str) -> String;

fn masked(text: &str, hide: Hide<'_>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = address_start(rest) {
        let (before, from) = rest.split_at_checked(start).unwrap_or((rest, ""));
        out.push_str(before);
        let (address, after) = from.split_at_checked(end_of(from, before)).unwrap_or((from, ""));
        out.push_str(&hidden(address, hide));
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Where the next thing stands that may hold a secret: what follows `://`, or a query behind a path.
fn address_start(text: &str) -> Option<usize> {
    let query = |at: &usize| {
        let key = text.get(at + 1..).unwrap_or_default().split('=').next().unwrap_or_default();
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        !key.is_empty() && key.chars().all(plain) && text.get(at + 1 + key.len()..).unwrap_or_default() != ""
    };
    let query = text.match_indices('?').map(|(at, _)| at).find(query);
    let address = text.find("://").map(|at| at + 3);
    [query, address].into_iter().flatten().min()
}

/// The length of an address at the start of `text`. In quotes it ends with them; otherwise at a blank, or where
/// a list or map of YAML goes on.
fn end_of(text: &str, before: &str) -> usize {
    let word = before.trim_end_matches(|c: char| !c.is_whitespace() && !"\"'`".contains(c));
    let quote = word.chars().next_back().filter(|c| "\"'`".contains(*c));
    let ends = |(at, c): &(usize, char)| {
        let next = text.get(at + c.len_utf8()..).and_then(|rest| rest.chars().next());
        let goes_on = next.is_none_or(|c| c.is_whitespace() || ",}]:;)".contains(c));
        match (quote, c) {
            (Some(quote), c) => *c == quote || *c == '\n',
            (None, c) => c.is_whitespace() || "\"'`".contains(*c) || (",}]".contains(*c) && goes_on),
        }
    };
    text.char_indices().find(ends).map_or(text.len(), |(at, _)| at)
}

/// An address without its scheme, its secrets hidden.
fn hidden(address: &str, hide: Hide<'_>) -> String {
    let query = address.find(['?', '#']).unwrap_or(address.len());
    let (place, query) = address.split_at_checked(query).unwrap_or((address, ""));
    let mut out = without_user(place, hide);
    for part in query.split_inclusive(['?', '#', '&', ';']) {
        let (pair, separator) = match part.char_indices().next_back() {
            Some((at, c)) if "?#&;".contains(c) => part.split_at_checked(at).unwrap_or((part, "")),
            _ => (part, ""),
        };
        match pair.split_once('=') {
            Some((key, value)) => out.extend([key, "=", &hide(value)]),
            None => out.push_str(&hide(pair)),
        }
        out.push_str(separator);
    }
    out
}

/// Host and path without what stands before `@`, or what stands where only a port may.
fn without_user(place: &str, hide: Hide<'_>) -> String {
    let end = place.find('/').unwrap_or(place.len());
    let (authority, path) = place.split_at_checked(end).unwrap_or((place, ""));
    let no_port = |(_, port): (&str, &str)| !port.chars().all(|c| c.is_ascii_digit() || c == ']');
    let odd = !authority.contains('@') && authority.rsplit_once(':').is_some_and(no_port);
    // A password may have a slash in it, which makes the rest look like a path.
    let (authority, path) = if odd && place.contains('@') { (place, "") } else { (authority, path) };
    match authority.rsplit_once('@') {
        Some((user, host)) => {
            let user: Vec<String> = user.split(':').map(hide).collect();
            format!("{}@{host}{path}", user.join(":"))
        }
        None if odd => {
            let (host, secret) = authority.split_once(':').unwrap_or((authority, ""));
            format!("{host}:{}{path}", hide(secret))
        }
        None => format!("{authority}{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lose_their_secrets_and_nothing_else() {
        for (text, shown) in [
            ("see https://h.example/a/b.git: no", "see https://h.example/a/b.git: no"),
            ("https://bot:hush@h.example/x@y", "https://***:***@h.example/x@y"),
            ("https://hush@h.example", "https://***@h.example"),
            ("https://bot:hu/sh@h.example/x", "https://***:***@h.example/x"),
            ("https://bot:hush#x", "https://bot:***#***"),
            ("http://[::1]:9090/x http://h:80/", "http://[::1]:9090/x http://h:80/"),
            ("'https://h/x?private_token=hush&a=b/': no", "'https://h/x?private_token=***&a=***': no"),
            ("http://h/?hush", "http://h/?***"),
            ("http://h/#access_token=hush;b", "http://h/#access_token=***;***"),
            ("{ url: https://h?t=hush,hush, b: c }", "{ url: https://h?t=***, b: c }"),
            ("{ url: https://h?t=hush}", "{ url: https://h?t=***}"),
            ("url: \"https://h?t=hush hush, hush\", b: c", "url: \"https://h?t=***\", b: c"),
            ("../x.git?private_token=hush then", "../x.git?private_token=*** then"),
            ("git@h.example:x.git?t=hush", "git@h.example:x.git?t=***"),
            ("really? a=b", "really? a=b"),
            ("two http://h?a=1 http://h?a=2", "two http://h?a=*** http://h?a=***"),
        ] {
            assert_eq!(without_secrets(text), shown, "{text}");
            let starred = starred(text);
            assert_eq!(starred.chars().count(), text.chars().count(), "{text}");
            assert!(!starred.contains("hush"), "{starred}");
        }
    }

    #[test]
    fn reads_and_hides() {
        let secret = Secret::read("metrics", "T", &|_| Some("abc123\n".into())).unwrap();
        assert_eq!(secret.expose(), "abc123");
        assert!(!format!("{secret:?}").contains("abc123"));
    }

    #[test]
    fn unusable_values_are_missing_and_never_shown() {
        for value in [None, Some(""), Some(" \n"), Some("a b"), Some("a\r\nX-Injected: 1")] {
            let error = Secret::read("metrics.prometheus", "T", &|_| value.map(str::to_owned)).unwrap_err();
            assert_eq!(
                error.to_string(),
                "failed to find the secret of metrics.prometheus: the environment variable T is not set, is empty or has blanks"
            );
        }
    }
}
