//! Events of the ledger itself: its owner, its wiring, what a person confirmed.

use super::{FoldError, Step, end_live, line};
use crate::event::{Confirmable, EnvironmentConfig};
use crate::id::{CommitId, ImageName, OwnerId, Salt};
use crate::journal::state::{EnvironmentState, Owner};
use crate::release::Rank;

impl Step<'_> {
    pub(super) fn claimed(
        &mut self,
        owner: &OwnerId,
        epoch: u32,
        was: Option<&OwnerId>,
    ) -> Result<(), FoldError> {
        let next = self.state.owner.epoch + 1;
        if epoch != next || was != Some(&self.state.owner.id) {
            return Err(self.refuse(format!("expected epoch {next} from {}", self.state.owner.id)));
        }
        self.state.owner = Owner { id: owner.clone(), epoch };
        Ok(())
    }

    pub(super) fn configured(
        &mut self,
        envs: &[EnvironmentConfig],
        images: &[ImageName],
    ) -> Result<(), FoldError> {
        let images_changed = !self.state.images.is_empty() && self.state.images != images;
        self.state.images = images.to_vec();
        for env in self.state.envs.values_mut() {
            env.removed = true;
        }
        for (i, config) in envs.iter().enumerate() {
            if envs.iter().take(i).any(|e| e.key == config.key || e.name == config.name) {
                return Err(self.refuse(format!("{} stands twice, as key or as name", config.key)));
            }
            self.configure(config, images_changed);
        }
        let at = self.recorded.at;
        // Nobody looks at what was taken out, so its time as live ends.
        self.state.envs.values_mut().filter(|e| e.removed).for_each(|e| end_live(e, at));
        Ok(())
    }

    fn configure(&mut self, config: &EnvironmentConfig, images_changed: bool) {
        let at = self.recorded.at;
        let Some(env) = self.state.envs.get_mut(&config.key) else {
            self.state.envs.insert(config.key.clone(), new_environment(config));
            return;
        };
        env.removed = false;
        let moved = env.config.path != config.path
            || env.config.branch != config.branch
            || env.config.edit != config.edit;
        env.config = config.clone();
        if moved || images_changed {
            // What is there now has to be looked at anew; what is known of releases stays.
            end_live(env, at);
            env.at = None;
            env.committing = None;
            env.pin = None;
        }
    }

    pub(super) fn confirmed(&mut self, what: Confirmable, tip: &CommitId) -> Result<(), FoldError> {
        let branches: Vec<String> = self.state.envs.values().map(|e| e.config.branch.to_string()).collect();
        for branch in branches {
            self.see(branch, tip);
        }
        match what {
            Confirmable::JournalLost => self.state.salt = Some(Salt::mint(&line(self.recorded))),
            Confirmable::HistoryRewritten => {
                for env in self.state.envs.values_mut() {
                    env.committing = None;
                }
            }
        }
        Ok(())
    }
}

fn new_environment(config: &EnvironmentConfig) -> EnvironmentState {
    EnvironmentState {
        config: config.clone(),
        removed: false,
        hw: Rank::default(),
        at: None,
        committing: None,
        proposed: None,
        pin: None,
        good: Vec::new(),
        ok: Default::default(),
        tries: Default::default(),
        rejected: Vec::new(),
        voids: 0,
        forgotten: 0,
        churn: 0,
    }
}
