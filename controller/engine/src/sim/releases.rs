//! The releases of a run and the truth about them, which the engine has to find out.

use std::collections::BTreeMap;

use towpath_core::id::{Digest, ImageName};
use towpath_core::release::Image;

/// How an image behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nature {
    /// Well, everywhere.
    Good,
    /// Its QA fails in staging.
    FailsQa,
    /// Its error rate is high in staging and beyond.
    Errors,
    /// It gives no numbers in staging and beyond: NaN.
    Silent,
    /// Its error rate rises in production after some minutes.
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

/// The name of the image.
pub(crate) const IMAGE: &str = "ghcr.io/acme/web";

/// The versions of a run: their names do not follow their order.
pub(crate) fn versions(random: &mut super::random::Random) -> Vec<Version> {
    let natures = [
        Nature::Good,
        Nature::Good,
        Nature::Good,
        Nature::Good,
        Nature::Good,
        Nature::Good,
        Nature::FailsQa,
        Nature::Errors,
        Nature::Silent,
        Nature::Rots,
        Nature::Sick,
    ];
    let mut versions = Vec::new();
    for i in 1..=12_u32 {
        let hex = format!("{i:02x}").repeat(32);
        // Later versions often have smaller names.
        let tag = if random.percent(50) { format!("1.{i}.0") } else { format!("0.{}.{i}", 90 - i) };
        let nature = random.pick(&natures).copied().unwrap_or(Nature::Good);
        if let Ok(image) = Image::parse(&format!("{IMAGE}:{tag}@sha256:{hex}")) {
            versions.push(Version { image, nature });
        }
    }
    versions
}

/// The truth by digest.
pub(crate) fn natures(versions: &[Version]) -> BTreeMap<Digest, Nature> {
    versions.iter().map(|v| (v.image.digest.clone(), v.nature)).collect()
}

/// The file of an environment that deploys an image.
pub(crate) fn file(image: &Image) -> String {
    let tag = image.tag.as_ref().map_or("0", |t| t.as_str());
    format!("images:\n  - name: {IMAGE}\n    newTag: \"{tag}\"\n    digest: {}\n", image.digest)
}

/// The digest that a file deploys.
pub(crate) fn deployed(text: &str) -> Option<Digest> {
    let line = text.lines().find_map(|l| l.trim().strip_prefix("digest: "))?;
    Digest::parse(line.trim().trim_matches('"')).ok()
}

/// The image's name as an id.
pub(crate) fn image_name() -> Option<ImageName> {
    ImageName::parse(IMAGE).ok()
}
