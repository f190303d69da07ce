//! What people are told: one line, short, without secrets.

/// The longest reason in characters.
const LONGEST: usize = 300;

/// Takes secrets out of texts.
#[derive(Clone, Default)]
pub(crate) struct Redactor {
    secrets: Vec<String>,
}

impl Redactor {
    /// Knows these secrets; empty ones are none.
    pub(crate) fn new(secrets: impl IntoIterator<Item = String>) -> Self {
        Self { secrets: secrets.into_iter().filter(|s| !s.is_empty()).collect() }
    }

    /// The text on one line, with blanks folded, secrets taken out, cut to 300 characters.
    pub(crate) fn line(&self, text: &str) -> String {
        let mut line = String::new();
        for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()) {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&without_secrets(word));
        }
        for secret in &self.secrets {
            line = line.replace(secret.as_str(), "***");
        }
        match line.char_indices().nth(LONGEST) {
            Some(_) => line.chars().take(LONGEST - 1).chain(['…']).collect(),
            None => line,
        }
    }

    /// The telling lines of what the git program wrote, as one line.
    pub(crate) fn told(&self, stderr: &str) -> String {
        let telling = |line: &&str| {
            ["fatal: ", "error: ", "remote: ", "ssh: "].iter().any(|start| line.starts_with(start))
        };
        let lines: Vec<&str> = stderr.lines().filter(telling).map(str::trim_end).collect();
        let text = if lines.is_empty() { stderr.trim().to_owned() } else { lines.join("; ") };
        match text.as_str() {
            "" => "git gave no reason".to_owned(),
            text if text.contains(MOVED) => {
                self.line(&format!("the repository moved, correct the URL: {text}"))
            }
            text => self.line(text),
        }
    }
}

/// The word with `user:password@` of an address, and the values of its query, taken out.
pub(crate) fn without_secrets(word: &str) -> String {
    let end = word.find(['?', '#']).filter(|_| is_address(word)).unwrap_or(word.len());
    let (place, query) = word.split_at_checked(end).unwrap_or((word, ""));
    format!("{}{}", without_user(place), without_values(query))
}

/// Whether what follows `?` is likely a query, not the end of a question.
fn is_address(word: &str) -> bool {
    word.contains("://") || word.split_once(['?', '#']).is_some_and(|(_, query)| query.contains('='))
}

fn without_user(place: &str) -> String {
    let Some((before, rest)) = place.split_once("://") else { return place.to_owned() };
    let end = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{before}://{host}{path}")
}

/// A query with its keys only, up to what a sentence puts behind an address.
fn without_values(query: &str) -> String {
    let end = query.find(['\'', '"', '`']).unwrap_or(query.len());
    let (query, after) = query.split_at_checked(end).unwrap_or((query, ""));
    let mut out = String::new();
    for part in query.split_inclusive(['?', '#', '&', ';']) {
        let (pair, separator) = match part.char_indices().next_back() {
            Some((at, c)) if "?#&;".contains(c) => part.split_at_checked(at).unwrap_or((part, "")),
            _ => (part, ""),
        };
        match pair.split_once('=') {
            Some((key, _)) => out.extend([key, "=***"]),
            None if pair.is_empty() => {}
            None => out.push_str("***"),
        }
        out.push_str(separator);
    }
    out + after
}

/// An HTTP redirection that was not followed.
const MOVED: &str = "returned error: 30";

/// Parts of messages (in the C locale) that say that a person has to act; anything else is tried again.
const DENIED: [&str; 19] = [
    "authentication failed",
    "could not read username",
    "could not read password",
    "terminal prompts disabled",
    "permission denied",
    "access denied",
    "permission to",
    "not authorized",
    MOVED,
    "returned error: 401",
    "returned error: 403",
    "returned error: 404",
    "repository not found",
    "' not found",
    "does not appear to be a git repository",
    "host key verification failed",
    "certificate",
    "from redirection",
    "dubious ownership",
];

/// Whether a failed command says that a person has to act.
pub(crate) fn is_denial(stderr: &str) -> bool {
    let text = stderr.to_lowercase();
    DENIED.iter().any(|part| text.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_one_short_line_without_secrets() {
        let redactor = Redactor::new(["hush".to_owned(), String::new()]);
        assert_eq!(redactor.line("a\n b\t\x1b[31mhush c"), "a b [31m*** c");
        assert_eq!(
            redactor.line("unable to access 'https://u:p@h.example/x@y/': no"),
            "unable to access 'https://h.example/x@y/': no"
        );
        for (text, shown) in [
            (
                "access 'https://h.example/x?private_token=abc&a=b/': no",
                "access 'https://h.example/x?private_token=***&a=***': no",
            ),
            ("https://h.example/x?abc#d", "https://h.example/x?***#***"),
            ("repository 'x?token=abc' not found", "repository 'x?token=***' not found"),
            ("why? #1", "why? #1"),
        ] {
            assert_eq!(redactor.line(text), shown);
        }
        let long = redactor.line(&"ä".repeat(500));
        assert_eq!((long.chars().count(), long.ends_with('…')), (300, true));
    }

    #[test]
    fn the_telling_lines_are_kept() {
        let redactor = Redactor::default();
        let text = "hint: noise\nremote: no entry   \nfatal: stopped\n";
        assert_eq!(redactor.told(text), "remote: no entry; fatal: stopped");
        assert_eq!(redactor.told("odd"), "odd");
        assert_eq!(redactor.told("\n"), "git gave no reason");
    }

    #[test]
    fn denials_are_told_from_outages() {
        for (text, denied) in [
            ("fatal: Authentication failed for 'https://h.example/x'", true),
            ("fatal: could not read Username for 'https://h.example': terminal prompts disabled", true),
            ("fatal: unable to access 'https://h/x/': The requested URL returned error: 403", true),
            ("fatal: repository 'https://h/x/' not found", true),
            ("git@h.example: Permission denied (publickey).", true),
            ("fatal: '/srv/x' does not appear to be a git repository", true),
            ("Host key verification failed.", true),
            ("fatal: unable to access 'https://h/x/': The requested URL returned error: 503", false),
            ("fatal: unable to access 'https://h/': Could not resolve host: h", false),
            ("ssh: connect to host h port 22: Connection refused", false),
            ("fatal: the remote end hung up unexpectedly", false),
        ] {
            assert_eq!(is_denial(text), denied, "{text}");
        }
    }
}
