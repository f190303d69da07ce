//! References of container images, as Docker reads them (distribution/reference, `normalize.go` and
//! `regexp.go`).
//!
//! GitHub hands the text to Docker, but for an empty one and a `docker://` before it.

use super::finding::{Author, Finding, Part, whole};
use crate::span::Span;

/// The longest name, domain left out, in bytes.
const MAX_NAME: usize = 255;
/// The longest tag, in bytes.
const MAX_TAG: usize = 128;
/// Where images come from that name no registry.
const DOCKER_HUB: &str = "docker.io";

/// A reference of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Image<'a> {
    /// The registry with its port, if one is named.
    pub registry: Option<Part<'a>>,
    /// The name in the registry, as written.
    pub name: Part<'a>,
    /// The tag, if one is named.
    pub tag: Option<Part<'a>>,
    /// The digest, if one is named.
    pub digest: Option<Part<'a>>,
}

/// How fast a reference holds the image that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pinned {
    /// A digest: nothing moves it, and a tag beside it says nothing.
    Digest,
    /// A tag, which can be moved.
    Tag,
    /// The tag `latest`, named or not.
    Latest,
}

impl<'a> Image<'a> {
    /// The registry, `docker.io` if none is named.
    #[must_use]
    pub fn registry(&self) -> &'a str {
        match self.registry {
            None | Some(Part { text: "index.docker.io", .. }) => DOCKER_HUB,
            Some(part) => part.text,
        }
    }

    /// The folder that Docker puts before official images: `library/`, else nothing.
    #[must_use]
    pub fn official_prefix(&self) -> &'static str {
        if self.registry() == DOCKER_HUB && !self.name.text.contains('/') { "library/" } else { "" }
    }

    /// How fast it holds.
    #[must_use]
    pub fn pinned(&self) -> Pinned {
        match (self.digest, self.tag) {
            (Some(_), _) => Pinned::Digest,
            (None, None | Some(Part { text: "latest", .. })) => Pinned::Latest,
            (None, Some(_)) => Pinned::Tag,
        }
    }
}

/// Reads the image of a container or a service.
///
/// # Errors
///
/// With the text of GitHub if it is empty, else with that of Docker.
pub fn container(text: &str) -> Result<Image<'_>, Finding> {
    if text.is_empty() {
        let hint = "name an image, or take the container away; an expression that gives an empty text means no container";
        return Err(Finding::github(whole(text), "Container image cannot be empty", hint));
    }
    let image = text.strip_prefix(PREFIX).unwrap_or(text);
    parse(Part::new(image, text.len() - image.len()))
}

/// Reads the `image` of an action: none for the path of a Dockerfile (runner: DockerUtil.cs, `IsDockerfile`).
///
/// # Errors
///
/// With the text of GitHub if it is neither, else with that of Docker.
pub fn action(text: &str) -> Result<Option<Image<'_>>, Finding> {
    if text.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX)) {
        let image = text.get(PREFIX.len()..).unwrap_or_default();
        return parse(Part::new(image, PREFIX.len())).map(Some);
    }
    let name = text.rsplit('/').next().unwrap_or_default();
    let is_file = ["Dockerfile", "dockerfile"].iter().any(|file| {
        name.ends_with(file) || name.strip_prefix(file).is_some_and(|rest| rest.starts_with('.'))
    });
    if is_file {
        return Ok(None);
    }
    let message = format!("'{text}' should be either '[path]/Dockerfile' or 'docker://image[:tag]'.");
    Err(Finding::github(
        whole(text),
        message,
        "name a Dockerfile of the action, or write docker:// before the image",
    ))
}

const PREFIX: &str = "docker://";

const FORM: &str = "write name:tag, registry/name:tag or name@sha256:digest";

fn refused(span: Span, message: impl Into<String>, hint: &'static str) -> Finding {
    Finding::new(Author::Docker, span, message, hint)
}

/// Reads a reference, such as that behind `docker://`.
///
/// # Errors
///
/// With the text of Docker.
pub fn parse(text: Part<'_>) -> Result<Image<'_>, Finding> {
    let malformed = |part: Part<'_>, hint| refused(part.span, "invalid reference format", hint);
    if text.text.len() == 64 && text.text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        let message =
            format!("invalid repository name ({}), cannot specify 64-byte hexadecimal strings", text.text);
        return Err(refused(text.span, message, "an image is pulled by its name, not by its id"));
    }
    let (registry, remainder) = registry(text);
    let remote = remainder.text.split(':').next().unwrap_or_default();
    if remote.chars().any(char::is_uppercase) {
        let official = if registry.is_none() && !remainder.text.contains('/') { "library/" } else { "" };
        let message =
            format!("invalid reference format: repository name ({official}{remote}) must be lowercase");
        let span = Part::new(remote, remainder.span.start).span;
        return Err(refused(span, message, "write the name in small letters; tags may have capital ones"));
    }
    let (named, digest) =
        remainder.cut('@').map_or((remainder, None), |(named, digest)| (named, Some(digest)));
    let (name, tag) = named.cut(':').map_or((named, None), |(name, tag)| (name, Some(tag)));
    if let Some(part) = registry.filter(|part| !is_domain(part.text)) {
        return Err(malformed(part, "what stands before the first / is a host and a port"));
    }
    if !name.text.split('/').all(is_component) {
        let hint = if text.text.contains("://") { "no scheme stands before an image" } else { FORM };
        return Err(malformed(name, hint));
    }
    if let Some(tag) = tag.filter(|tag| !is_tag(tag.text)) {
        return Err(malformed(
            tag,
            "a tag is letters, digits, '_', '-' and '.', 128 at most, and begins with no '.' or '-'",
        ));
    }
    if name.text.len() > MAX_NAME {
        return Err(refused(name.span, "repository name must not be more than 255 characters", FORM));
    }
    if let Some(digest) = digest {
        check_digest(digest)?;
    }
    Ok(Image { registry, name, tag, digest })
}

/// What stands before the first `/`, if it looks like a host: it holds `.` or `:`, a capital letter, or is
/// `localhost`.
fn registry(text: Part<'_>) -> (Option<Part<'_>>, Part<'_>) {
    let host = |part: &Part<'_>| {
        part.text == "localhost"
            || part.text.contains(['.', ':'])
            || part.text.chars().any(char::is_uppercase)
    };
    match text.cut('/') {
        Some((registry, rest)) if host(&registry) => (Some(registry), rest),
        _ => (None, text),
    }
}

fn is_domain(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) => {
            let valid =
                !address.is_empty() && address.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':');
            return valid && (port.is_empty() || port.strip_prefix(':').is_some_and(is_number));
        }
        None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
    };
    let label = |label: &str| {
        let inner = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        inner && !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
    };
    host.split('.').all(label) && port.is_none_or(is_number)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Small letters and digits, with one `.`, one or two `_`, or any number of `-` between them.
fn is_component(text: &str) -> bool {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends =
        text.bytes().next().is_some_and(alphanumeric) && text.bytes().next_back().is_some_and(alphanumeric);
    let separators =
        |text: &str| matches!(text, "" | "." | "_" | "__") || text.bytes().all(|byte| byte == b'-');
    ends && text.split(|char: char| char.is_ascii_lowercase() || char.is_ascii_digit()).all(separators)
}

fn is_tag(text: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.len() <= MAX_TAG
        && text.bytes().next().is_some_and(word)
        && text.bytes().all(|byte| word(byte) || byte == b'.' || byte == b'-')
}

fn check_digest(digest: Part<'_>) -> Result<(), Finding> {
    const HINT: &str = "a digest is sha256: and 64 digits, 0 to 9 and a to f";
    let Some((algorithm, hex)) = digest.text.split_once(':') else {
        return Err(refused(digest.span, "invalid reference format", HINT));
    };
    let word = |word: &str| {
        word.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic())
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let hexadecimal = hex.len() >= 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !hexadecimal || !algorithm.split(['-', '_', '+', '.']).all(word) {
        return Err(refused(digest.span, "invalid reference format", HINT));
    }
    let length = match algorithm {
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        _ => return Err(refused(digest.span, "unsupported digest algorithm", HINT)),
    };
    if hex.len() != length {
        return Err(refused(digest.span, "invalid checksum digest length", HINT));
    }
    if hex.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(refused(digest.span, "invalid checksum digest format", HINT));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "28bd5fe8b56d1bd048e5babf5b10710ebe0bae67db86916198a6eec434943f8b";

    #[test]
    fn parts() {
        let digest = format!("sha256:{HEX}");
        let both = format!("alpine:latest@{digest}");
        let bare = format!("ghcr.io/a/b@{digest}");
        for (text, expected, pinned) in [
            ("ubuntu", "docker.io|library/|ubuntu||", Pinned::Latest),
            ("fedora:39", "docker.io|library/|fedora|39|", Pinned::Tag),
            ("python:latest", "docker.io|library/|python|latest|", Pinned::Latest),
            ("opensuse/tumbleweed", "docker.io||opensuse/tumbleweed||", Pinned::Latest),
            ("docker.io/ubuntu", "docker.io|library/|ubuntu||", Pinned::Latest),
            ("index.docker.io/ubuntu", "docker.io|library/|ubuntu||", Pinned::Latest),
            ("quay.io/pypa/manylinux2014:1.2-x_Y", "quay.io||pypa/manylinux2014|1.2-x_Y|", Pinned::Tag),
            ("localhost/x", "localhost||x||", Pinned::Latest),
            ("localhost:5000/a/b:c", "localhost:5000||a/b|c|", Pinned::Tag),
            ("Registry/x", "Registry||x||", Pinned::Latest),
            ("[2001:db8::1]:5000/x", "[2001:db8::1]:5000||x||", Pinned::Latest),
            ("x/a__b.c---d", "docker.io||x/a__b.c---d||", Pinned::Latest),
            (&both, &format!("docker.io|library/|alpine|latest|{digest}"), Pinned::Digest),
            (&bare, &format!("ghcr.io||a/b||{digest}"), Pinned::Digest),
            ("docker://alpine:3.8", "docker.io|library/|alpine|3.8|", Pinned::Tag),
        ] {
            let image = container(text).unwrap();
            let part = |part: Option<Part<'_>>| part.map_or(String::new(), |part| part.text.to_owned());
            let told = [image.registry(), image.official_prefix()].join("|");
            let told = format!("{told}|{}|{}|{}", image.name.text, part(image.tag), part(image.digest));
            assert_eq!((told.as_str(), image.pinned()), (expected, pinned), "{text}");
            for part in [image.registry, Some(image.name), image.tag, image.digest].into_iter().flatten() {
                assert_eq!(part.span.of(text), part.text);
            }
        }
    }

    #[test]
    fn images_of_actions_are_files_or_images() {
        for text in ["Dockerfile", "./a/dockerfile", "a/Dockerfile.alpine", "My-Dockerfile"] {
            assert_eq!(action(text), Ok(None), "{text}");
        }
        let image = action("DOCKER://ghcr.io/a/b:1").unwrap().unwrap();
        assert_eq!((image.registry(), image.name.span), ("ghcr.io", Span::new(17, 20)));
        for (text, message) in [
            ("docker://", "invalid reference format"),
            ("docker://a:b:c", "invalid reference format"),
            ("alpine:3", "'alpine:3' should be either '[path]/Dockerfile' or 'docker://image[:tag]'."),
        ] {
            assert_eq!(action(text).unwrap_err().message, message);
        }
    }

    #[test]
    fn refused() {
        let format = "invalid reference format";
        let long = format!("a/{}", "b".repeat(255));
        let short = format!("a@sha256:{}", &HEX[..40]);
        let capital = format!("a@sha256:{}", HEX.to_uppercase());
        let unknown = format!("a@md5:{HEX}");
        for (text, message, at) in [
            ("", "Container image cannot be empty", ""),
            ("docker://", format, ""),
            (
                "Ubuntu",
                "invalid reference format: repository name (library/Ubuntu) must be lowercase",
                "Ubuntu",
            ),
            (
                "ghcr.io/Owner/x:1",
                "invalid reference format: repository name (Owner/x) must be lowercase",
                "Owner/x",
            ),
            (
                HEX,
                &format!("invalid repository name ({HEX}), cannot specify 64-byte hexadecimal strings"),
                HEX,
            ),
            ("image:", format, ""),
            ("image:-a", format, "-a"),
            ("image:a:b", format, "a:b"),
            ("a//b", format, "a//b"),
            ("/a", format, "/a"),
            ("a/", format, "a/"),
            ("a..b", format, "a..b"),
            ("a___b", format, "a___b"),
            ("-a", format, "-a"),
            ("a b", format, "a b"),
            ("foo:bar/baz", format, "foo:bar"),
            ("https://github.com/x", format, "https:"),
            ("a@sha256:abc", format, "sha256:abc"),
            ("a@b@c", format, "b@c"),
            (&long, "repository name must not be more than 255 characters", &long),
            (&short, "invalid checksum digest length", &short[2..]),
            (&capital, "invalid checksum digest format", &capital[2..]),
            (&unknown, "unsupported digest algorithm", &unknown[2..]),
        ] {
            let finding = container(text).unwrap_err();
            assert_eq!((finding.message.as_str(), finding.span.of(text)), (message, at), "{text}");
        }
    }
}
