//! The documented JSON about what runs (`docs/local.md`).

use std::collections::BTreeSet;

use serde::Deserialize;
use towpath_core::id::{CommitId, Digest, ImageName, Name};
use towpath_core::time::Time;
use towpath_engine::ports::{Application, Health, LivenessQuery};

#[derive(Deserialize)]
struct RawAnswer {
    applications: Vec<RawApplication>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawApplication {
    name: String,
    revision: Option<CommitId>,
    #[serde(default)]
    images: Vec<String>,
    health: Option<String>,
    healthy_since: Option<Time>,
    reconciled_at: Option<Time>,
}

/// The queried applications of an answer; fails with a sentence when any of it cannot be trusted.
pub(super) fn applications(json: &[u8], query: &LivenessQuery) -> Result<Vec<Application>, String> {
    let raw: RawAnswer =
        serde_json::from_slice(json).map_err(|e| format!("its answer is not the JSON expected: {e}"))?;
    let mut seen = BTreeSet::new();
    let mut wanted = Vec::new();
    for application in raw.applications {
        let Some(name) = query.applications.iter().find(|name| name.as_str() == application.name) else {
            continue;
        };
        if !seen.insert(name) {
            return Err(format!("its answer has the application {name} twice"));
        }
        wanted.push(application_of(name, application)?);
    }
    Ok(wanted)
}

fn application_of(name: &Name, raw: RawApplication) -> Result<Application, String> {
    let images = raw.images.iter().filter_map(|image| digest_of(image).transpose());
    let digests = images.collect::<Result<_, _>>().map_err(|why| format!("application {name}: {why}"))?;
    Ok(Application {
        name: name.clone(),
        revision: raw.revision,
        digests,
        health: health_of(raw.health.as_deref()),
        health_since: raw.healthy_since,
        reconciled_at: raw.reconciled_at,
    })
}

/// The digest of `name@sha256:...`, with or without a tag between; nothing for an image without one, which
/// says as little as an image that is not there.
fn digest_of(image: &str) -> Result<Option<(ImageName, Digest)>, String> {
    let Some((name, digest)) = image.split_once('@') else { return Ok(None) };
    let file = name.rfind('/').map_or(0, |slash| slash + 1);
    let tag = name.get(file..).and_then(|last| last.find(':')).map(|colon| file + colon);
    let name = tag.and_then(|end| name.get(..end)).unwrap_or(name);
    let name = ImageName::parse(name).map_err(|e| e.to_string())?;
    Ok(Some((name, Digest::parse(digest).map_err(|e| e.to_string())?)))
}

/// The words of Argo CD, gitops-engine `pkg/health`; all others are unknown.
fn health_of(word: Option<&str>) -> Health {
    match word {
        Some("Healthy") => Health::Healthy,
        Some("Progressing") => Health::Progressing,
        Some("Degraded") => Health::Degraded,
        Some("Suspended") => Health::Suspended,
        Some("Missing") => Health::Missing,
        _ => Health::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_read_with_and_without_tag() {
        let digest = format!("sha256:{}", "a".repeat(64));
        for (image, name) in [
            ("ghcr.io/acme/web@D", Some("ghcr.io/acme/web")),
            ("ghcr.io/acme/web:1.2@D", Some("ghcr.io/acme/web")),
            ("localhost:5000/web@D", Some("localhost:5000/web")),
            ("localhost:5000/web:1@D", Some("localhost:5000/web")),
            ("nginx:1@D", Some("nginx")),
            ("ghcr.io/acme/web:1.2", None),
            ("", None),
        ] {
            let read = digest_of(&image.replace('D', &digest)).unwrap();
            assert_eq!(read.map(|(name, _)| name.to_string()).as_deref(), name, "{image}");
        }
        for bad in ["web@sha256:short", "Web@D", "@D", "web@D@D"] {
            assert!(digest_of(&bad.replace('D', &digest)).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_known_words_are_health() {
        for (word, health) in [
            (Some("Healthy"), Health::Healthy),
            (Some("Progressing"), Health::Progressing),
            (Some("Degraded"), Health::Degraded),
            (Some("Suspended"), Health::Suspended),
            (Some("Missing"), Health::Missing),
            (Some("healthy"), Health::Unknown),
            (Some("Splendid"), Health::Unknown),
            (None, Health::Unknown),
        ] {
            assert_eq!(health_of(word), health, "{word:?}");
        }
    }
}
