//! The environment variables that QA commands get (`docs/local.md`).

use std::collections::BTreeMap;

use towpath_core::id::Handle;
use towpath_core::time::Time;
use towpath_engine::ports::{QaError, QaRequest};

/// Names and values, in the order of names.
pub(super) type Variables = BTreeMap<String, String>;

/// What every QA command gets.
pub(super) fn of_handle(handle: &Handle, template: &str, junit: Option<String>) -> Variables {
    let mut variables = Variables::from([
        ("TOWPATH_HANDLE".to_owned(), handle.to_string()),
        ("TOWPATH_TEMPLATE".to_owned(), template.to_owned()),
    ]);
    variables.extend(junit.map(|path| ("TOWPATH_JUNIT".to_owned(), path)));
    variables
}

/// What a command that starts a run gets besides; `deadline` is the time at which it is given up.
pub(super) fn of_request(request: &QaRequest, deadline: Time) -> Result<Variables, QaError> {
    let mut variables = parameters(&request.parameters)?;
    let images: Vec<_> = request.digests.iter().map(|(name, digest)| format!("{name}@{digest}")).collect();
    let named = [
        ("PIPELINE", request.pipeline.to_string()),
        ("ENVIRONMENT", request.environment.to_string()),
        ("RELEASE", request.release.to_string()),
        ("VERSION", request.version.clone()),
        ("PROMOTION", request.pid.to_string()),
        ("COMMIT", request.commit.to_string()),
        ("DIGESTS", json(&request.digests)?),
        ("IMAGES", images.join(" ")),
        ("DEADLINE", deadline.to_string()),
        ("PARAMETERS", json(&request.parameters)?),
    ];
    variables.extend(named.map(|(name, value)| (format!("TOWPATH_{name}"), value)));
    match variables.iter().find(|(_, value)| value.contains('\0')) {
        Some((name, _)) => Err(QaError::Invalid(format!("{name} contains a NUL character"))),
        None => Ok(variables),
    }
}

fn parameters(parameters: &BTreeMap<String, String>) -> Result<Variables, QaError> {
    let mut variables = Variables::new();
    for (name, value) in parameters {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
        let variable = format!("TOWPATH_PARAM_{}", name.chars().map(plain).collect::<String>());
        if variables.insert(variable.clone(), value.clone()).is_some() {
            return Err(QaError::Invalid(format!(
                "two parameters are both called {variable}: rename one of them"
            )));
        }
    }
    Ok(variables)
}

fn json(value: &impl serde::Serialize) -> Result<String, QaError> {
    serde_json::to_string(value).map_err(|e| QaError::Invalid(e.to_string()))
}
