//! What a step runs.

use super::{Pin, Repository, SEPARATORS, StepUses};
use crate::span::Span;
use crate::values::finding::{Finding, Part, whole};
use crate::values::image;

const STEP_FORMS: &str = "write owner/repo@ref, owner/repo/path@ref, ./path, $/path or docker://image";

/// Reads the `uses` of a step.
///
/// # Errors
///
/// With GitHub's text, if it is none of the forms.
pub fn step(text: &str) -> Result<StepUses<'_>, Finding> {
    if text.is_empty() {
        return Err(Finding::unexpected(text, STEP_FORMS));
    }
    if let Some(image) = text.strip_prefix("docker://") {
        return Ok(StepUses::Docker(Part::new(image, text.len() - image.len())));
    }
    if let Some(path) = text.strip_prefix("./").or_else(|| text.strip_prefix(".\\")) {
        return Ok(StepUses::Workspace(Part::new(path, text.len() - path.len())));
    }
    if let Some(path) = text.strip_prefix("$/") {
        return self_repository(text, path).map(StepUses::SelfRepository);
    }
    repository(text).map(StepUses::Repository)
}

/// Nothing behind `$/` is the action at the root of the repository.
fn self_repository<'a>(text: &'a str, path: &'a str) -> Result<Part<'a>, Finding> {
    let part = Part::new(path, text.len() - path.len());
    if let Some(at) = path.find('@') {
        let span = Span::new(part.span.start + at, text.len());
        return Err(Finding::ours(span, format!("'{text}' names a ref behind '$/'"), NO_REF_NEEDED));
    }
    Ok(part)
}

const NO_REF_NEEDED: &str = "leave the @ref away: $/ is always the commit that runs";

fn repository(text: &str) -> Result<Repository<'_>, Finding> {
    let malformed = |span, hint| {
        let message = format!("Expected format {{org}}/{{repo}}[/path]@ref. Actual '{text}'");
        Finding::github(span, message, hint)
    };
    let all = Part::new(text, 0);
    let Some((name, reference)) = all.cut('@') else {
        let local = text.starts_with("../") || text.starts_with('.');
        let hint = if local {
            "a folder of the workspace begins with ./"
        } else {
            "add @ and a branch, tag or commit"
        };
        return Err(malformed(all.span, hint));
    };
    if let Some((_, rest)) = reference.cut('@') {
        return Err(malformed(Span::new(rest.span.start - 1, text.len()), "only one @ may stand in it"));
    }
    let mut segments = name.split(SEPARATORS).filter(|segment| !segment.text.is_empty());
    let (Some(owner), Some(repo)) = (segments.next(), segments.next()) else {
        return Err(malformed(name.span, STEP_FORMS));
    };
    if reference.text.is_empty() {
        return Err(malformed(reference.span, "name a branch, tag or commit behind the @"));
    }
    let start = segments.next().map_or(name.span.end, |segment| segment.span.start);
    let path = Part::new(text.get(start..name.span.end).unwrap_or_default(), start);
    Ok(Repository { owner, name: repo, path, reference })
}

/// What is odd about a reference that GitHub accepts, and what Docker refuses of an image.
#[must_use]
pub fn remarks(text: &str, uses: &StepUses<'_>) -> Vec<Finding> {
    match uses {
        StepUses::Repository(repository) => repository_remarks(text, repository),
        StepUses::Workspace(path) if path.text.split(SEPARATORS).any(|folder| folder == "..") => {
            let message = format!("'{text}' leads out of a folder with '..'");
            vec![Finding::ours(path.span, message, "name the folder from the workspace on").warning()]
        }
        StepUses::SelfRepository(path) if path.text.split(SEPARATORS).any(|folder| folder == "..") => {
            vec![leads_out(text, *path).warning()]
        }
        StepUses::Docker(reference) => image::parse(*reference).err().into_iter().collect(),
        StepUses::Workspace(_) | StepUses::SelfRepository(_) => Vec::new(),
    }
}

fn leads_out(text: &str, path: Part<'_>) -> Finding {
    let message = format!("'{text}' leads out of a folder with '..'");
    Finding::ours(path.span, message, "name the folder from the root of the repository on")
}

/// Whether an owner and a repository may be called so: the names of folders mean nothing on GitHub, and others nobody can have
/// there, so that nothing is ever found.
#[must_use]
pub fn no_repository(repository: &Repository<'_>) -> Option<Finding> {
    let (owner, name) = (repository.owner, repository.name);
    if let Some(part) = [owner, name].into_iter().find(|part| matches!(part.text, "." | "..")) {
        return Some(names_nothing(part).warning());
    }
    if !may_be_owner(owner.text) {
        return Some(names_nothing(owner));
    }
    (!may_be_repository(name.text)).then(|| names_nothing(name))
}

fn names_nothing(part: Part<'_>) -> Finding {
    let message = format!("'{}' names no owner or repository", part.text);
    Finding::ours(part.span, message, "write owner/repo as in the address of the repository")
}

/// Whether a user or an organisation may be called so: 39 letters, digits and dashes at most, without a dash at the start (GitHub's
/// form for new accounts; older ones may end with a dash, or have two side by side). An underscore stands before the short code
/// of an enterprise (GitHub Docs, "Username considerations for external authentication").
fn may_be_owner(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    name.len() <= 39 && name.bytes().all(is_allowed) && !name.starts_with(['-', '_'])
}

/// Whether a repository may be called so: 100 letters, digits, dots, dashes and underscores at most.
fn may_be_repository(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    name.len() <= 100 && name.bytes().all(is_allowed)
}

fn repository_remarks(text: &str, repository: &Repository<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    if repository.owner.text.bytes().all(|byte| byte == b'.') {
        let message = format!("'{text}' is read as a repository of '{}'", repository.owner.text);
        found.push(
            Finding::ours(whole(text), message, "a folder of the workspace begins with ./ and has no @ref")
                .warning(),
        );
    } else {
        found.extend(no_repository(repository));
    }
    if repository.folders().any(|folder| folder == "..") {
        found.push(leads_out(text, repository.path).warning());
    }
    let mut folders = repository.folders();
    if folders.next() == Some(".github") && folders.next() == Some("workflows") {
        let message = "Reusable workflows should be referenced at the top-level `jobs.<job_id>.uses` key, not within steps";
        found.push(Finding::github(repository.path.span, message, "make it a job of its own"));
    }
    found.extend(short_commit(repository));
    found
}

/// GitHub's warning about what may be a short commit.
#[must_use]
pub fn short_commit(repository: &Repository<'_>) -> Option<Finding> {
    let reference = repository.reference;
    let message = || {
        format!(
            "The provided ref '{}' may be a shortened commit SHA. If so, please use the full 40-character commit SHA instead, \
             as short SHAs are not supported.",
            reference.text
        )
    };
    (repository.pin() == Pin::ShortCommit)
        .then(|| Finding::github(reference.span, message(), "git rev-parse gives all 40 digits").warning())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::{Author, Severity};

    fn forms(text: &str) -> String {
        match step(text) {
            Ok(StepUses::Repository(r)) => {
                format!(
                    "{}|{}|{}|{}",
                    r.owner.text,
                    r.name.text,
                    r.folders().collect::<Vec<_>>().join("/"),
                    r.reference.text
                )
            }
            Ok(StepUses::Workspace(path)) => format!("workspace {}", path.text),
            Ok(StepUses::SelfRepository(path)) => format!("self {}", path.text),
            Ok(StepUses::Docker(image)) => format!("docker {}", image.text),
            Err(finding) => finding.message,
        }
    }

    #[test]
    fn steps() {
        for (text, expected) in [
            ("actions/checkout@v4", "actions|checkout||v4"),
            ("actions/aws/ec2@main", "actions|aws|ec2|main"),
            ("a/b/c/d@releases/v1", "a|b|c/d|releases/v1"),
            // The runner takes either slash and skips empty names; the editor does not.
            (r"a\b\c@v1", "a|b|c|v1"),
            ("/a//b/c//d/@v1", "a|b|c/d|v1"),
            ("../x@v1", "..|x||v1"),
            ("./.github/actions/my-action", "workspace .github/actions/my-action"),
            ("./", "workspace "),
            (r".\windows", "workspace windows"),
            ("$/.github/actions/issues-helper", "self .github/actions/issues-helper"),
            ("$/", "self "),
            ("docker://alpine:3.8", "docker alpine:3.8"),
            ("docker://", "docker "),
        ] {
            assert_eq!(forms(text), expected, "{text}");
        }
    }

    #[test]
    fn refused_steps_have_the_text_of_the_runner() {
        let wrong = [
            "$$docker://alpine:3.8",
            "...docker://alpine:3.8",
            "badrepo@invalid",
            "actions/checkout",
            "actions/checkout@",
            "a/b@c@d",
            "@v1",
            ".",
            "../x",
            ".github/actions/x",
            "Docker://alpine",
        ];
        for text in wrong {
            let finding = step(text).unwrap_err();
            assert_eq!(
                finding.message,
                format!("Expected format {{org}}/{{repo}}[/path]@ref. Actual '{text}'")
            );
            assert_eq!(finding.author, Author::GitHub);
        }
        assert_eq!(step("").unwrap_err().message, "Unexpected value ''");
        assert_eq!(step("$/a@v1").unwrap_err().author, Author::Towpath);
    }

    #[test]
    fn places_are_to_the_byte() {
        let text = "owner/repo/some/path@v1.2";
        let Ok(StepUses::Repository(r)) = step(text) else { panic!("{text}") };
        for part in [r.owner, r.name, r.path, r.reference] {
            assert_eq!(part.span.of(text), part.text);
        }
        assert_eq!((r.path.text, r.path.span), ("some/path", Span::new(11, 20)));
        for (text, at) in [("a/b@c@d", "@d"), ("a/b@", ""), ("a@b", "a"), ("a/b", "a/b"), ("$/a@v1", "@v1")] {
            assert_eq!(step(text).unwrap_err().span.of(text), at, "{text}");
        }
    }

    #[test]
    fn what_is_odd_is_said() {
        let said = |text| {
            let found = remarks(text, &step(text).unwrap());
            found
                .into_iter()
                .map(|finding| (finding.severity, finding.span.of(text).to_owned()))
                .collect::<Vec<_>>()
        };
        assert_eq!(said("actions/checkout@v4"), []);
        assert_eq!(said("actions/checkout@1af3b93b"), [(Severity::Warning, "1af3b93b".to_owned())]);
        let workflow = "a/b/.github/workflows/c.yml@v1";
        assert_eq!(said(workflow), [(Severity::Error, ".github/workflows/c.yml".to_owned())]);
        assert_eq!(said("../x@v1").len(), 1);
        for (text, at) in
            [("./../x", "../x"), ("$/../x", "../x"), ("o/n/../../x@v1", "../../x"), ("o/..@v1", "..")]
        {
            assert_eq!(said(text), [(Severity::Warning, at.to_owned())], "{text}");
        }
        assert_eq!(said("./a..b"), []);
        let long = format!("{}/b@v1", "a".repeat(40));
        for (text, at) in [
            ("-a/b@v1", "-a"),
            ("my org/b@v1", "my org"),
            ("ac.me/b@v1", "ac.me"),
            ("a/b c@v1", "b c"),
            ("a/b~c/d@v1", "b~c"),
            (&long, &long[..40]),
        ] {
            assert_eq!(said(text), [(Severity::Error, at.to_owned())], "{text}");
        }
        for text in ["a--b/c@v1", "a-/c@v1", "octo_acme/c@v1", "a/.github@v1", "a/_x.y-z@v1"] {
            assert_eq!(said(text), [], "{text}");
        }
    }
}
