//! Asks the registry whether what is to be put back is still there (contract C11).

use std::collections::BTreeSet;

use towpath_core::decide::rollback_target;
use towpath_core::event::RequestKind;
use towpath_core::id::{Digest, Name};
use towpath_core::journal::State;
use towpath_core::journal::state::EnvironmentState;

use crate::error::EngineError;
use crate::observe::Observed;
use crate::pass::Engine;
use crate::ports::{Presence, Registry, RegistryError};
use crate::rollbacks::has_failed;

/// What a pass knows of the registry. Nothing is kept beyond it: an image that was there may be gone.
#[derive(Debug, Default)]
pub(crate) struct Images {
    asked: BTreeSet<Digest>,
    pub(crate) gone: BTreeSet<Digest>,
}

impl Engine<'_> {
    /// Asks for what would be put back, and where that is gone for the next best. Answers whether anything was asked.
    pub(crate) fn ask_registry(&self, observed: &Observed, images: &mut Images) -> Result<bool, EngineError> {
        let (Some(registry), Some(head)) = (self.host.registry, observed.head()) else { return Ok(false) };
        let before = images.asked.len();
        for (_, env) in head.state.envs.iter().filter(|(key, env)| looks_back(&head.state, key, env)) {
            ask_for_target(registry, &head.state, env, images)?;
        }
        Ok(images.asked.len() > before)
    }
}

/// Whether an environment is about to go back, by itself or because somebody asked for it.
fn looks_back(state: &State, key: &Name, env: &EnvironmentState) -> bool {
    let asked = |kind| state.requests.iter().any(|q| &q.env == key && q.kind == kind && q.r.is_none());
    !env.removed && (has_failed(env) || asked(RequestKind::Rollback))
}

fn ask_for_target(
    registry: &dyn Registry,
    state: &State,
    env: &EnvironmentState,
    images: &mut Images,
) -> Result<(), EngineError> {
    let Some(at) = &env.at else { return Ok(()) };
    while let Some(target) = rollback_target(state, env, &at.r, &images.gone) {
        let mut known = true;
        for image in &target.images {
            if !images.asked.insert(image.digest.clone()) {
                continue;
            }
            match registry.presence(image) {
                Ok(Presence::Gone) => known = !images.gone.insert(image.digest.clone()),
                Err(RegistryError::Crashed) => return Err(EngineError::Crashed),
                // Not knowing does not keep anything on a release that failed.
                Ok(Presence::There) | Err(RegistryError::Unavailable(_)) => {}
            }
        }
        if known {
            break;
        }
    }
    Ok(())
}
