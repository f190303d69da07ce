//! Addresses of repositories: when two are one.

/// The part of an address that tells repositories apart: `.git`, a `/` at the end and the host's case do not matter.
pub fn comparable(url: &str) -> String {
    let url = url.strip_prefix("file://").unwrap_or(url).trim_end_matches('/');
    let url = url.strip_suffix(".git").unwrap_or(url);
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
            format!("{scheme}://{}/{path}", host.to_ascii_lowercase())
        }
        // What ssh takes as host:path.
        None => match url.split_once(':').filter(|(host, _)| !host.contains('/')) {
            Some((host, path)) => {
                format!("ssh://{}/{}", host.to_ascii_lowercase(), path.trim_start_matches('/'))
            }
            None => url.to_owned(),
        },
    }
}

/// Whether an address is the granted one, or one below it where that ends in `/*`.
pub(super) fn covers(granted: &str, url: &str) -> bool {
    let url = comparable(url);
    let Some(above) = granted.strip_suffix("/*") else { return comparable(granted) == url };
    // What a server or git itself would resolve to somewhere else is covered by nothing.
    let plain = |part: &str| {
        !matches!(part, "" | "." | "..") && !part.contains(|c: char| "%?#\\".contains(c) || c.is_whitespace())
    };
    let above = comparable(above);
    let below = url.strip_prefix(above.trim_end_matches('/')).and_then(|rest| rest.strip_prefix('/'));
    below.is_some_and(|below| below.split('/').all(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_grant_covers() {
        let cases = [
            ("https://github.com/acme/env.git", "https://GitHub.com/acme/env/", true),
            ("https://github.com/acme/env", "https://github.com/acme/env.git", true),
            ("https://github.com/acme/env", "https://github.com/acme/env2", false),
            ("https://github.com/acme/env", "http://github.com/acme/env", false),
            ("https://github.com/acme/env", "git@github.com:acme/env.git", false),
            ("git@github.com:acme/env.git", "ssh://git@github.com/acme/env", true),
            ("https://github.com/acme/*", "https://github.com/acme/env.git", true),
            ("https://github.com/acme/*", "https://github.com/acme/team/env", true),
            ("https://github.com/acme/*", "https://github.com/acme", false),
            ("https://github.com/acme/*", "https://github.com/acme-evil/env", false),
            ("https://github.com/acme/*", "https://github.com/acme/../evil/env", false),
            ("https://github.com/acme/*", "https://github.com/acme/./../evil", false),
            ("https://github.com/acme/*", "https://github.com/acme/%2e%2e/evil", false),
            ("https://github.com/acme/*", "https://github.com/acme//evil", false),
            ("https://github.com/acme/*", "https://github.com/acme/x?y=/../z", false),
            ("https://github.com/*", "https://github.com.evil.example/acme/env", false),
            ("https://github.com/*", "https://github.com/acme/env", true),
            ("/srv/git/*", "/srv/git/env.git", true),
            ("/srv/git/*", "/srv/git/../other", false),
            ("file:///srv/git/*", "/srv/git/env", true),
        ];
        for (granted, url, expected) in cases {
            assert_eq!(covers(granted, url), expected, "{granted} {url}");
        }
    }
}
