//! Several patterns together: what `branches`, `tags-ignore`, `paths` and their like select.

use super::parser::{Pattern, parse};
use crate::span::Span;
use crate::values::finding::Finding;

/// The patterns of one key, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    patterns: Vec<Pattern>,
    ignoring: bool,
}

impl Filter {
    /// Of `branches`, `tags` or `paths`.
    #[must_use]
    pub const fn including(patterns: Vec<Pattern>) -> Self {
        Self { patterns, ignoring: false }
    }

    /// Of `branches-ignore`, `tags-ignore` or `paths-ignore`.
    #[must_use]
    pub const fn ignoring(patterns: Vec<Pattern>) -> Self {
        Self { patterns, ignoring: true }
    }

    /// Reads the patterns of a key.
    ///
    /// # Errors
    ///
    /// The index of the first pattern that cannot be read, and why.
    pub fn parse<'a>(
        texts: impl IntoIterator<Item = &'a str>,
        ignoring: bool,
    ) -> Result<Self, (usize, Finding)> {
        let texts = texts.into_iter().enumerate();
        let patterns = texts.map(|(index, text)| parse(text).map_err(|finding| (index, finding)));
        Ok(Self { patterns: patterns.collect::<Result<_, _>>()?, ignoring })
    }

    /// The patterns.
    #[must_use]
    pub fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }

    /// Whether the key ends with `-ignore`.
    #[must_use]
    pub const fn is_ignoring(&self) -> bool {
        self.ignoring
    }

    /// Whether this name is one that the filter lets through: the last pattern that matches decides.
    #[must_use]
    pub fn selects(&self, name: &str) -> bool {
        let last = self.patterns.iter().rev().find(|pattern| pattern.matches(name));
        last.is_some_and(|pattern| !pattern.is_negative()) != self.ignoring
    }

    /// Whether one of these paths is let through, which is when a filter of paths lets a run begin.
    #[must_use]
    pub fn selects_any<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> bool {
        names.into_iter().any(|name| self.selects(name))
    }

    /// Why nothing can be selected: there are only patterns with `!`, and nothing that they could take out. The
    /// index is that of the pattern.
    #[must_use]
    pub fn remark(&self) -> Option<(usize, Finding)> {
        let first = self.patterns.first()?;
        if self.ignoring || !self.patterns.iter().all(Pattern::is_negative) {
            return None;
        }
        let span = Span::new(0, first.source().len());
        let message = "all patterns begin with '!', so nothing is selected";
        Some((
            0,
            Finding::ours(span, message, "put a pattern such as '**' before them, or use the -ignore key")
                .warning(),
        ))
    }
}

/// What `push` says of refs: `branches` or `branches-ignore`, and `tags` or `tags-ignore`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RefFilter {
    /// Of branches, if there is one.
    pub branches: Option<Filter>,
    /// Of tags, if there is one.
    pub tags: Option<Filter>,
}

impl RefFilter {
    /// Whether a push to this branch is let through. With a filter of tags alone no branch is.
    #[must_use]
    pub fn selects_branch(&self, name: &str) -> bool {
        self.branches.as_ref().map_or(self.tags.is_none(), |filter| filter.selects(name))
    }

    /// Whether a push of this tag is let through. With a filter of branches alone no tag is.
    #[must_use]
    pub fn selects_tag(&self, name: &str) -> bool {
        self.tags.as_ref().map_or(self.branches.is_none(), |filter| filter.selects(name))
    }

    /// Whether a push of this full ref is let through; false for what is neither branch nor tag.
    #[must_use]
    pub fn selects(&self, reference: &str) -> bool {
        match (reference.strip_prefix("refs/heads/"), reference.strip_prefix("refs/tags/")) {
            (Some(branch), _) => self.selects_branch(branch),
            (_, Some(tag)) => self.selects_tag(tag),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Subject;
    use super::*;

    fn including(patterns: &[&str]) -> Filter {
        Filter::parse(patterns.iter().copied(), false).unwrap()
    }

    /// Every row of GitHub's filter pattern cheat sheet.
    #[test]
    fn cheat_sheet() {
        let rows: &[(&[&str], &[&str])] = &[
            (&["Octo*"], &["Octocat"]),
            (&["[CB]at"], &["Cat", "Bat"]),
            (&["[1-2]00"], &["100", "200"]),
            (&["feature/*"], &["feature/my-branch", "feature/your-branch"]),
            (
                &["feature/**"],
                &["feature/beta-a/my-branch", "feature/your-branch", "feature/mona/the/octocat"],
            ),
            (&["main", "releases/mona-the-octocat"], &["main", "releases/mona-the-octocat"]),
            (&["*"], &["main", "releases", "README.md", "server.rb"]),
            (&["**"], &["all/the/branches", "every/tag", "all/the/files.md"]),
            (&["*feature"], &["mona-feature", "feature", "ver-10-feature"]),
            (&["v2*"], &["v2", "v2.0", "v2.9"]),
            (&["v[12].[0-9]+.[0-9]+"], &["v1.10.1", "v2.0.0"]),
            (&["*.jsx?"], &["page.js", "page.jsx"]),
            (&["*.js"], &["app.js", "index.js"]),
            (&["**.js"], &["index.js", "js/index.js", "src/js/app.js"]),
            (&["docs/*"], &["docs/README.md", "docs/file.txt"]),
            (&["docs/**"], &["docs/README.md", "docs/mona/octocat.txt"]),
            (&["docs/**/*.md"], &["docs/README.md", "docs/mona/hello-world.md", "docs/a/markdown/file.md"]),
            (&["**/docs/**"], &["docs/hello.md", "dir/docs/my-file.txt", "space/docs/plan/space.doc"]),
            (&["**/README.md"], &["README.md", "js/README.md"]),
            (&["**/*src/**"], &["a/src/app.js", "my-src/code/js/app.js"]),
            (&["**/*-post.md"], &["my-post.md", "path/their-post.md"]),
            (&["**/migrate-*.sql"], &["migrate-10909.sql", "db/migrate-v1.0.sql", "db/sept/migrate-v1.sql"]),
            (&["*.md", "!README.md"], &["hello.md"]),
            (&["*.md", "!README.md", "README*"], &["hello.md", "README.md", "README.doc"]),
        ];
        for (patterns, names) in rows {
            for name in *names {
                assert!(including(patterns).selects(name), "{patterns:?} {name}");
            }
        }
    }

    #[test]
    fn what_does_not_match() {
        let rows: &[(&[&str], &[&str])] = &[
            (&["*"], &["path/with/slash", "feature/x"]),
            (&["feature/*"], &["feature/a/b", "feature", "xfeature/a"]),
            (&["feature/**"], &["feature"]),
            (&["*.js"], &["js/index.js", "app.jsx"]),
            (&["*.jsx?"], &["page.jsxx", "page.jsx?"]),
            (&["docs/*"], &["docs/a/b", "xdocs/a"]),
            (&["**/README.md"], &["xREADME.md", "a/xREADME.md", "README.md/a"]),
            (&["docs/**/*.md"], &["docs.md", "xdocs/a.md"]),
            (&["v[12].[0-9]+.[0-9]+"], &["v3.1.0", "v1..0", "v1.1", "v1x1x1"]),
            (&[".yml"], &["fyml"]),
            (&["main"], &["Main", "main2", ""]),
            (&["*.md", "!README.md"], &["README.md", "docs/hello.md"]),
            (&["!README.md", "*.md", "!a.md"], &["a.md"]),
            (&["!a", "!b"], &["c", "a"]),
        ];
        for (patterns, names) in rows {
            for name in *names {
                assert!(!including(patterns).selects(name), "{patterns:?} {name}");
            }
        }
        // A later pattern puts back what an earlier one took out.
        assert!(including(&["!README.md", "*.md"]).selects("README.md"));
    }

    #[test]
    fn escapes() {
        for (pattern, name) in [
            (r"\!file", "!file"),
            (r"escape\\backslash", r"escape\backslash"),
            (r"a\*b", "a*b"),
            (r"a\?b", "a?b"),
            (r"a\++", "a++"),
            (r"\[a]", "[a]"),
            (r"foo\bar", r"foo\bar"),
            ("a!b", "a!b"),
            ("a]", "a]"),
            ("[a]]", "a]"),
            ("é?x", "x"),
            ("[à-ö]", "é"),
            ("[^a]", "^"),
        ] {
            assert!(including(&[pattern]).selects(name), "{pattern} {name}");
        }
        assert!(!including(&[r"a\*b"]).selects("axb"));
        assert!(!including(&["[^a]"]).selects("b"));
    }

    #[test]
    fn refused_with_place() {
        for (pattern, at) in [
            ("", ""),
            ("!", "!"),
            ("?a", "?"),
            ("+", "+"),
            ("!+a", "+"),
            ("v*+", "+"),
            ("a**?", "?"),
            ("a++", "+"),
            ("a?+", "+"),
            ("v[0-9", "[0-9"),
            ("v[9-1]x", "9-1"),
            ("v[0-]", "0-"),
            ("v[]", "[]"),
            ("éa[b", "[b"),
        ] {
            assert_eq!(parse(pattern).unwrap_err().span.of(pattern), at, "{pattern}");
        }
        assert_eq!(Filter::parse(["a", "[", "b"], true).unwrap_err().0, 1);
    }

    #[test]
    fn what_is_odd_is_said() {
        let said = |pattern: &str, subject| {
            let found = parse(pattern).unwrap().remarks(subject);
            found.into_iter().map(|finding| finding.span.of(pattern).to_owned()).collect::<Vec<_>>()
        };
        for (pattern, subject, expected) in [
            ("main", Subject::Reference, &[][..]),
            ("releases/**", Subject::Reference, &[]),
            ("^foo-", Subject::Reference, &["^"]),
            ("refs/heads/main", Subject::Reference, &["refs/heads/"]),
            ("a b:c", Subject::Reference, &[" ", ":"]),
            ("!/main/", Subject::Reference, &["/", "/"]),
            ("v1.", Subject::Reference, &["."]),
            ("**", Subject::Path, &[]),
            ("a b.md", Subject::Path, &[]),
            ("./foo/bar.txt", Subject::Path, &["."]),
            ("!a/../b", Subject::Path, &[".."]),
            ("/src/**", Subject::Path, &["/"]),
            ("docs/", Subject::Path, &["/"]),
            ("**/*.{js,ts}", Subject::Path, &["{"]),
            ("[^a]b", Subject::Path, &["[^"]),
        ] {
            assert_eq!(said(pattern, subject), expected, "{pattern}");
        }
        assert!(including(&["!a", "!b"]).remark().is_some());
        assert!(including(&["!a", "b"]).remark().is_none());
        assert!(Filter::parse(["!a"], true).unwrap().remark().is_none());
    }

    #[test]
    fn ignoring_turns_it_around() {
        let filter = Filter::parse(["docs/**", "*.md"], true).unwrap();
        assert!(filter.selects("src/a.rs") && !filter.selects("README.md") && !filter.selects("docs/a/b"));
        assert!(!filter.selects_any(["README.md", "docs/a"]));
        assert!(filter.selects_any(["README.md", "src/a.rs"]));
        assert!(!including(&["src/**"]).selects_any(["README.md"]));
        assert!(!including(&["**"]).selects_any([]));
    }

    #[test]
    fn a_filter_of_one_kind_of_ref_leaves_the_other_out() {
        let some = || Some(including(&["v*"]));
        for (branches, tags, branch, tag) in [
            (None, None, true, true),
            (some(), None, true, false),
            (None, some(), false, true),
            (some(), some(), true, true),
        ] {
            let filter = RefFilter { branches, tags };
            assert_eq!(filter.selects("refs/heads/v1"), branch, "{filter:?}");
            assert_eq!(filter.selects("refs/tags/v1"), tag, "{filter:?}");
            assert!(!filter.selects("refs/pull/1/merge"));
        }
    }
}
