use serde_json::{Value, json};

use super::*;

/// A pipeline of one image with these trailers and so many environments.
fn pipeline(trailers: &Value, environments: usize) -> Result<Pipeline, PipelineError> {
    let environment = |i: usize| json!({"name": format!("e{i}"), "path": format!("apps/web/{i}"), "applications": [{"name": "a"}]});
    let environments: Vec<Value> = (0..environments).map(environment).collect();
    let document: Document = serde_json::from_value(json!({
        "apiVersion": "towpath.dev/v1alpha1",
        "kind": "Pipeline",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {
            "images": [{"name": "web"}],
            "repository": {"url": "https://git.example/environments.git", "branch": "main"},
            "edit": [{"kustomization": {"image": "web"}}],
            "commit": {"trailers": trailers},
            "environments": environments,
        },
    }))
    .unwrap();
    Pipeline::new(&document, &Templates { metrics: &BTreeMap::new(), qa: &BTreeMap::new() })
}

#[test]
fn keys_that_git_reads_as_trailers() {
    let long = "a".repeat(64);
    for (key, good) in [
        ("Reviewed-by", true),
        ("x1", true),
        (long.as_str(), true),
        (&format!("{long}a"), false),
        ("", false),
        ("1st", false),
        ("-a", false),
        ("two words", false),
        ("a:b", false),
        ("a\nb", false),
        ("\u{e9}", false),
        ("Towpath-Release", false),
        ("towpath-x", false),
        ("towpath", true),
    ] {
        let found = pipeline(&json!({key: "x"}), 1);
        match found {
            Ok(_) => assert!(good, "{key:?}"),
            Err(error) => {
                assert!(!good && error.problem.contains("no key for a trailer"), "{key:?}: {error}");
                assert_eq!(error.place, "spec.commit.trailers");
            }
        }
    }
}

#[test]
fn the_wiring_fits_into_one_event() {
    let fits = |count: usize| pipeline(&json!({}), count);
    let most = (1..400).rev().find(|count| fits(*count).is_ok()).unwrap();
    let error = fits(most + 1).unwrap_err();
    assert_eq!(error.place, "spec.environments");
    assert!(error.problem.contains("split the pipeline"), "{error}");
    // The journal takes what was let through.
    let pipeline = fits(most).unwrap();
    let one = |e: &Environment| EnvironmentConfig::of(e.name.clone(), e, &pipeline);
    let event = Event::Configured {
        envs: pipeline.environments.iter().map(one).collect(),
        images: pipeline.images.clone(),
        renamed: pipeline.environments.iter().map(|e| (e.name.clone(), e.name.clone())).collect(),
    };
    let at = crate::time::Time::from_unix(1_800_000_000);
    let recorded = crate::event::Recorded { n: u64::MAX, at, by: crate::id::Actor::towpath(), event };
    assert!(crate::journal::fold::line(&recorded).len() <= MAX_EVENT_BYTES);
}
