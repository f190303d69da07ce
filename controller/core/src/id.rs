//! Names and ids as types: parsed once at the edge, trusted inside.

use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::hash::short_hash;

/// A text that is not what its type promises.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to parse {kind} from {text:?}: expected {expected}")]
pub struct InvalidId {
    /// What was to be parsed, such as `image digest`.
    pub kind: &'static str,
    /// The text, cut to 80 characters.
    pub text: String,
    /// What a valid one looks like.
    pub expected: &'static str,
}

/// Reads a text and parses it where it stands.
pub(crate) fn from_text<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: FromStr<Err = InvalidId>,
    D: Deserializer<'de>,
{
    struct Text<T>(PhantomData<T>);

    impl<T: FromStr<Err = InvalidId>> serde::de::Visitor<'_> for Text<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(E::custom)
        }
    }

    deserializer.deserialize_string(Text(PhantomData))
}

/// Lets a type stand in documents and journals as the text that it is shown as, and that it is parsed from.
macro_rules! as_text {
    ($name:ident) => {
        impl std::str::FromStr for $name {
            type Err = $crate::id::InvalidId;
            fn from_str(text: &str) -> Result<Self, $crate::id::InvalidId> {
                Self::parse(text)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::id::from_text(deserializer)
            }
        }
    };
}

pub(crate) use as_text;

/// Defines an id: a text with one rule, kept as it was written. Copies of an id share the text.
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $expected:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Parses the text; fails with [`InvalidId`] naming what was expected.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) {
                    Ok(Self(text.into()))
                } else {
                    let text = text.chars().take(80).collect();
                    Err(InvalidId { kind: $kind, text, expected: $expected })
                }
            }

            /// The text as it was parsed.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                from_text(deserializer)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::parse(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0.as_ref().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

/// RFC 1123 label: what Kubernetes accepts as a name and git as a ref component.
fn dns_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn lower_hex(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// `<prefix>` and 20 hexadecimal digits: 80 bits.
fn prefixed_hash(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|hex| hex.len() == 20 && lower_hex(hex))
}

/// A git object id: SHA-1 or SHA-256 in lower-case hexadecimal.
fn object_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && lower_hex(text)
}

fn graphic(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len()) && text.chars().all(|c| !c.is_control() && !c.is_whitespace())
}

text_id!(
    /// The name of a namespace, pipeline or environment: a DNS label.
    Name, "name", "a DNS label: 1-63 of a-z, 0-9 and -, not at the ends", dns_label
);
text_id!(
    /// A content digest of an image manifest, `sha256:` and 64 hexadecimal digits.
    Digest, "image digest", "sha256: and 64 lower-case hexadecimal digits",
    |t| t.strip_prefix("sha256:").is_some_and(|hex| hex.len() == 64 && lower_hex(hex))
);
text_id!(
    /// A repository of images without tag or digest, such as `ghcr.io/acme/web`.
    ImageName, "image name", "a registry path in lower case without tag or digest, such as ghcr.io/acme/web", image_name
);
text_id!(
    /// An image tag, by the rule of the OCI distribution specification.
    Tag, "image tag", "1-128 of letters, digits, _ . -, not starting with . or -",
    |t| (1..=128).contains(&t.len())
        && t.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
        && !t.starts_with(['.', '-'])
);
text_id!(
    /// The id of a commit.
    CommitId, "commit id", "40 or 64 lower-case hexadecimal digits", object_id
);
text_id!(
    /// The id of a tree: equal ids mean equal bytes under a path.
    TreeId, "tree id", "40 or 64 lower-case hexadecimal digits", object_id
);
text_id!(
    /// The id of a ledger, minted once when it is created.
    LedgerId, "ledger id", "l- and 20 hexadecimal digits", |t| prefixed_hash(t, "l-")
);
text_id!(
    /// The id of a release: a hash of ledger and image set.
    ReleaseId, "release id", "r- and 20 hexadecimal digits", |t| prefixed_hash(t, "r-")
);
text_id!(
    /// The id of a promotion: a hash of ledger, environment, release and try.
    Pid, "promotion id", "p- and 20 hexadecimal digits", |t| prefixed_hash(t, "p-")
);
text_id!(
    /// The hash of gate definitions, with the version of the hashing rule in front.
    GateHash, "gate hash", "g1: and 20 hexadecimal digits", |t| prefixed_hash(t, "g1:")
);
text_id!(
    /// The id of a controller or host that may own ledgers.
    OwnerId, "owner id", "1-128 characters without blanks", |t| graphic(t, 128)
);
text_id!(
    /// `towpath` itself or the login of a person; never a mail address.
    Actor, "login", "1-64 characters without blanks, not a mail address",
    |t| graphic(t, 64) && !t.contains('@') && !t.contains('"')
);
text_id!(
    /// The id of a hold or of a request: chosen by its author's host, unique in the ledger.
    ActId, "id of a hold or request", "1-40 of a-z, 0-9 and -",
    |t| (1..=40).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
);
text_id!(
    /// The name of a gate inside an environment, such as `qa/regression` or `bake/http-errors`.
    GateName, "gate name", "1-128 characters without blanks", |t| graphic(t, 128)
);
impl GateName {
    /// The name of an entry gate, which is its kind.
    pub fn of_entry(gate: crate::pipeline::EntryGate) -> Self {
        Self(gate.as_str().into())
    }

    /// The name of a gate that a policy adds; `own` is what it would be called in a pipeline, such as `qa/smoke`.
    pub fn of_policy(policy: &Name, own: &str) -> Result<Self, InvalidId> {
        Self::parse(&format!("policy-{policy}-{own}"))
    }

    /// The policy that a gate comes from, and what it would be called in a pipeline; `None` for a pipeline's own.
    pub fn policy(&self) -> Option<(&str, &str)> {
        let rest = self.0.strip_prefix("policy-")?;
        let (policy, _) = rest.split_once('/')?.0.rsplit_once('-')?;
        Some((policy, rest.split_at_checked(policy.len() + 1)?.1))
    }
}
text_id!(
    /// What a QA run is found by again after a crash.
    Handle, "run handle", "1-256 characters without blanks", |t| graphic(t, 256)
);
text_id!(
    /// A full ref name, such as `refs/heads/main`.
    RefName, "ref name", "refs/ and components without blanks, control characters or ..", ref_name
);
text_id!(
    /// A path inside a repository: relative, `/`-separated, never leaving the root.
    RepoPath, "path in a repository", "a relative path without empty, . or .. parts and not into .git", repo_path
);

fn image_name(text: &str) -> bool {
    let (host, path) = match text.split_once('/') {
        Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => (Some(host), path),
        _ => (None, text),
    };
    let host_ok = host.is_none_or(|h| {
        let (name, port) = h.split_once(':').unwrap_or((h, "0"));
        !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b".-".contains(&b))
            && port.bytes().all(|b| b.is_ascii_digit())
            && !port.is_empty()
    });
    let part_ok = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b))
            && !part.starts_with(['.', '_', '-'])
            && !part.ends_with(['.', '_', '-'])
    };
    text.len() <= 255 && host_ok && path.split('/').all(part_ok)
}

/// git-check-ref-format(1), for the refs that Towpath reads and writes.
fn ref_name(text: &str) -> bool {
    let part_ok = |part: &str| {
        !part.is_empty() && !part.starts_with(['.', '-']) && !part.ends_with('.') && !part.ends_with(".lock")
    };
    text.starts_with("refs/")
        && text.len() <= 255
        && !text.contains("..")
        && !text.contains("@{")
        && text.chars().all(|c| !c.is_control() && !" ~^:?*[\\".contains(c))
        && text.split('/').all(part_ok)
}

fn repo_path(text: &str) -> bool {
    let part_ok =
        |part: &str| !part.is_empty() && part != "." && part != ".." && !part.eq_ignore_ascii_case(".git");
    text.len() <= 1024
        && !text.contains('\\')
        && text.chars().all(|c| !c.is_control())
        && text.split('/').all(part_ok)
}

impl RepoPath {
    /// This path with a file name behind it.
    pub fn join(&self, file: &str) -> Result<Self, InvalidId> {
        Self::parse(&format!("{}/{file}", self.0))
    }

    /// Whether it is in this folder, at any depth.
    pub fn is_below(&self, folder: &Self) -> bool {
        self.0.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/'))
    }
}

impl CommitId {
    /// The first twelve digits, for people.
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}

impl Digest {
    /// `sha256:` and the first twelve digits, for people.
    pub fn short(&self) -> &str {
        self.0.get(..19).unwrap_or(&self.0)
    }
}

impl Actor {
    /// How many people these are.
    pub fn people<'a>(actors: impl Iterator<Item = &'a Self>) -> usize {
        actors.map(|actor| actor.0.to_ascii_lowercase()).collect::<BTreeSet<_>>().len()
    }

    /// Whether this is the same person: logins have no case on GitHub, and CI and people spell them differently.
    pub fn is(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }

    /// The actor of everything that no person asked for.
    pub fn towpath() -> Self {
        Self("towpath".into())
    }

    /// Whether a person did it.
    pub fn is_person(&self) -> bool {
        self.as_str() != "towpath"
    }
}

text_id!(
    /// What keeps promotion ids apart from those of a lost journal.
    Salt, "salt", "s- and 20 hexadecimal digits", |t| prefixed_hash(t, "s-")
);

/// A pipeline's full name, `namespace/name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PipelineId {
    /// The namespace, `default` in local mode unless the document says otherwise.
    pub namespace: Name,
    /// The name inside the namespace.
    pub name: Name,
}

impl PipelineId {
    /// Parses `namespace/name`.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let invalid = || InvalidId {
            kind: "pipeline",
            text: text.chars().take(80).collect(),
            expected: "namespace/name, each a DNS label",
        };
        let (namespace, name) = text.split_once('/').ok_or_else(invalid)?;
        let parse = |part| Name::parse(part).map_err(|_| invalid());
        Ok(Self { namespace: parse(namespace)?, name: parse(name)? })
    }

    /// The journal ref that a pipeline has unless it is configured otherwise.
    pub fn default_journal(&self) -> RefName {
        RefName(format!("refs/towpath/ledger/{}/{}", self.namespace, self.name).into())
    }
}

impl fmt::Display for PipelineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

as_text!(PipelineId);

impl LedgerId {
    /// Mints the id from the pipeline's name and the line of the journal's first event.
    pub fn mint(pipeline: &PipelineId, first_event: &str) -> Self {
        Self(format!("l-{}", short_hash(&["towpath ledger", &pipeline.to_string(), first_event])).into())
    }
}

impl Salt {
    /// Mints the salt from the line of the event that accepted the loss.
    pub fn mint(event: &str) -> Self {
        Self(format!("s-{}", short_hash(&["towpath salt", event])).into())
    }
}

impl ReleaseId {
    /// The id of the release that consists of these lines (`name@digest`, or the fields of an opaque baseline).
    pub fn of(ledger: &LedgerId, lines: &[String]) -> Self {
        let mut parts = vec!["towpath release", ledger.as_str()];
        parts.extend(lines.iter().map(String::as_str));
        Self(format!("r-{}", short_hash(&parts)).into())
    }
}

impl Pid {
    /// The id of the `attempt`-th promotion of a release into an environment; there is a `salt` once the loss of a
    /// journal was accepted.
    pub fn of(
        ledger: &LedgerId,
        salt: Option<&Salt>,
        environment: &Name,
        release: &ReleaseId,
        attempt: u32,
    ) -> Self {
        let attempt = attempt.to_string();
        let mut parts =
            vec!["towpath promotion", ledger.as_str(), environment.as_str(), release.as_str(), &attempt];
        parts.extend(salt.map(Salt::as_str));
        Self(format!("p-{}", short_hash(&parts)).into())
    }
}

impl GateHash {
    /// The hash of canonical gate definitions.
    pub fn of(definitions: &[String]) -> Self {
        let mut parts = vec!["towpath gate"];
        parts.extend(definitions.iter().map(String::as_str));
        Self(format!("g1:{}", short_hash(&parts)).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_dns_labels() {
        for good in ["a", "web", "web-2", "0"] {
            assert!(Name::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "a-", "A", "a.b", "a/b", "a b", &"x".repeat(64)] {
            assert!(Name::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn image_names_have_neither_tag_nor_digest() {
        for good in
            ["nginx", "ghcr.io/acme/web", "localhost:5000/a/b-c", "library/redis", "k8s.gcr.io/a_b/c.d"]
        {
            assert!(ImageName::parse(good).is_ok(), "{good}");
        }
        for bad in
            ["", "ghcr.io/acme/web:1", "a@sha256:x", "Acme/Web", "ghcr.io//web", "ghcr.io/web/", "a b", "/a"]
        {
            assert!(ImageName::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn paths_stay_inside_the_repository() {
        for good in ["a", "apps/web/overlays/dev", "a b/c"] {
            assert!(RepoPath::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "/a", "a/", "../a", "a/../b", "./a", "a//b", ".git/x", "a/.GIT", "a\\b", "a\nb"] {
            assert!(RepoPath::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn gates_of_policies_tell_their_policy() {
        let name = |text: &str| Name::parse(text).unwrap();
        for (policy, own) in
            [("prod", "qa/smoke"), ("a-b", "expression/1"), ("qa", "metrics/a-b"), ("x", "http/y/z")]
        {
            let gate = GateName::of_policy(&name(policy), own).unwrap();
            assert_eq!(gate.policy(), Some((policy, own)), "{gate}");
        }
        for own in ["qa/smoke", "qa/policy-a-qa/x", "policy-x", "policy-/x", "policy-a/x", "bake/errors"] {
            assert_eq!(GateName::parse(own).unwrap().policy(), None, "{own}");
        }
    }

    #[test]
    fn actors_are_logins() {
        assert!(Actor::parse("alice").is_ok());
        for bad in ["", "a@b.example", "two words", "a\nb"] {
            assert!(Actor::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn ids_are_stable_for_ever() {
        let pipeline = PipelineId::parse("shop/web").unwrap();
        let ledger = LedgerId::mint(&pipeline, "{\"n\":1}");
        let release = ReleaseId::of(&ledger, &["a@sha256:1".into()]);
        let dev = Name::parse("dev").unwrap();
        assert_eq!(
            (ledger.as_str(), release.as_str(), Pid::of(&ledger, None, &dev, &release, 1).as_str()),
            GOLDEN
        );
        assert_ne!(Pid::of(&ledger, None, &dev, &release, 1), Pid::of(&ledger, None, &dev, &release, 2));
    }

    /// Computed once and written down in docs/ledger.md: a change breaks every ledger in the world.
    const GOLDEN: (&str, &str, &str) =
        ("l-c4a3895f2e385711b520", "r-882ab5362b81c4b68ea0", "p-16e3c782b420f0b4e22d");
}
