//! The words of all scenarios: names, people, versions with their digests, and the files that deploy them.

use sha2::{Digest as _, Sha256};
use towpath_core::id::{Actor, Digest, Name, RepoPath};
use towpath_core::release::Image;

/// Parses a name.
pub fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

/// Parses a path.
pub fn path(text: &str) -> RepoPath {
    RepoPath::parse(text).unwrap()
}

/// The file of an environment's folder.
pub fn overlay(environment: &str) -> String {
    format!("apps/web/overlays/{environment}/kustomization.yaml")
}

/// A person.
pub fn person(login: &str) -> Actor {
    Actor::parse(login).unwrap()
}

/// The digest that stands for a version in all scenarios.
pub fn digest(version: &str) -> Digest {
    digest_of("web", version)
}

/// The same for one of several images.
pub fn digest_of(app: &str, version: &str) -> Digest {
    let hash = Sha256::digest(format!("ghcr.io/acme/{app}:{version}"));
    let hex: String = hash.iter().map(|b| format!("{b:02x}")).collect();
    Digest::parse(&format!("sha256:{hex}")).unwrap()
}

/// The image of a version.
pub fn image(version: &str) -> Image {
    image_of("web", version)
}

/// The same for one of several images.
pub fn image_of(app: &str, version: &str) -> Image {
    Image::parse(&format!("ghcr.io/acme/{app}:{version}@{}", digest_of(app, version))).unwrap()
}

/// A kustomization that deploys a version.
pub fn kustomization(version: &str) -> String {
    format!(
        "# kept by people\nresources:\n  - ../../base\nimages:\n  - name: ghcr.io/acme/web # ours\n    newTag: \"{version}\"\n    digest: {}\n",
        digest(version)
    )
}

/// A kustomization that deploys a version of both images.
pub fn two_images(version: &str) -> String {
    format!(
        "images:\n  - name: ghcr.io/acme/api\n    newTag: \"{version}\"\n    digest: {}\n  - name: ghcr.io/acme/web\n    newTag: \"{version}\"\n    digest: {}\n",
        digest_of("api", version),
        digest_of("web", version)
    )
}
