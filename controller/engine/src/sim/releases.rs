//! The releases of a run and the truth about them, which the engine has to find out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use towpath_core::id::{Digest, ImageName};
use towpath_core::release::Image;

use super::random::Random;

/// How an image behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nature {
    /// Well, everywhere.
    Good,
    /// Its regression tests fail.
    FailsQa,
    /// Its regression tests come to no end.
    BreaksQa,
    /// Its error rate is high beyond dev.
    Errors,
    /// It gives no numbers beyond dev: NaN.
    Silent,
    /// Its error rate rises beyond dev after some minutes.
    Rots,
    /// It never becomes healthy in dev.
    Sick,
}

/// A version and the truth about it.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub(crate) image: Image,
    pub(crate) nature: Nature,
}

/// The images that pipelines have, the first always; only of the first there are bad ones.
pub(crate) const IMAGES: [&str; 2] = ["ghcr.io/acme/web", "ghcr.io/acme/api"];

/// The image of the pipeline next door.
pub(crate) const NEIGHBOUR: &str = "ghcr.io/acme/lib";

const NATURES: [Nature; 14] = [
    Nature::Good,
    Nature::Good,
    Nature::Good,
    Nature::Good,
    Nature::Good,
    Nature::Good,
    Nature::Good,
    Nature::FailsQa,
    Nature::BreaksQa,
    Nature::Errors,
    Nature::Silent,
    Nature::Rots,
    Nature::Rots,
    Nature::Sick,
];

/// The versions of the first image: their names do not follow their order.
pub(crate) fn versions(random: &mut Random) -> Vec<Version> {
    let mut versions = Vec::new();
    for i in 1..=12_u32 {
        let hex = format!("{i:02x}").repeat(32);
        // Later versions often have smaller names.
        let tag = if random.percent(50) { format!("1.{i}.0") } else { format!("0.{}.{i}", 90 - i) };
        let nature = random.pick(&NATURES).copied().unwrap_or(Nature::Good);
        if let Ok(image) = Image::parse(&format!("{}:{tag}@sha256:{hex}", IMAGES[0])) {
            versions.push(Version { image, nature });
        }
    }
    versions
}

/// The three versions of the second image.
pub(crate) fn companions() -> Vec<Image> {
    let image =
        |i: u32| Image::parse(&format!("{}:2.{i}.0@sha256:{}", IMAGES[1], format!("a{i}").repeat(32))).ok();
    (1..=3).filter_map(image).collect()
}

/// The truth by digest.
pub(crate) fn natures(versions: &[Version]) -> BTreeMap<Digest, Nature> {
    versions.iter().map(|v| (v.image.digest.clone(), v.nature)).collect()
}

/// The file of an environment that deploys images.
pub(crate) fn file(images: &[Image]) -> String {
    let mut text = "images:\n".to_owned();
    for image in images {
        let tag = image.tag.as_ref().map_or("0", |t| t.as_str());
        // Writing to a String cannot fail.
        let _ =
            write!(text, "  - name: {}\n    newTag: \"{tag}\"\n    digest: {}\n", image.name, image.digest);
    }
    text
}

/// What a file deploys of the pipeline that is watched.
pub(crate) fn deployed(text: &str) -> BTreeMap<ImageName, Digest> {
    deployed_of(text, &IMAGES)
}

/// What a file says of the image of the pipeline next door.
pub(crate) fn of_neighbour(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.iter().position(|line| line.trim() == format!("- name: {NEIGHBOUR}"));
    let own = from.and_then(|from| lines.get(from..(from + 3).min(lines.len()))).unwrap_or_default();
    own.iter().map(|line| format!("{line}\n")).collect()
}

/// What a file deploys of these images.
pub(crate) fn deployed_of(text: &str, images: &[&str]) -> BTreeMap<ImageName, Digest> {
    let mut found = BTreeMap::new();
    let mut name = None;
    for line in text.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("- name: ") {
            name = ImageName::parse(text).ok().filter(|_| images.contains(&text));
        }
        let digest = line.strip_prefix("digest: ").and_then(|d| Digest::parse(d.trim_matches('"')).ok());
        if let (Some(name), Some(digest)) = (&name, digest) {
            found.insert(name.clone(), digest);
        }
    }
    found
}

/// Whether what is deployed is exactly these images.
pub(crate) fn is_deployed(images: &[Image], there: &BTreeMap<ImageName, Digest>) -> bool {
    let wanted: BTreeSet<_> = images.iter().map(|i| (&i.name, &i.digest)).collect();
    wanted == there.iter().collect()
}
