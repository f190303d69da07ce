//! What a caller gives: inputs and secrets (runner: `ConvertToWorkflowJobInputs` and `ValidateWorkflowJobSecrets`).

use std::collections::{HashMap, HashSet};

use super::check::Walk;
use crate::expression::folded;
use crate::model::convert::did_you_mean;
use crate::model::event::{CallEvent, CallSecret};
use crate::model::input::Input;
use crate::model::job::{Call, Secrets};
use crate::model::value::{At, Entry, Scalar};

impl<'d> Walk<'_, 'd> {
    /// Each input has its type, none is missing, none is unknown.
    pub(super) fn check_inputs(
        &mut self,
        caller: usize,
        call: &Call<'d>,
        called: usize,
        event: &CallEvent<'d>,
    ) {
        let given = by_name(&call.with);
        for input in &event.inputs {
            if let Some(default) = input.default {
                self.check_type(called, input, default);
            }
            let is_required = input.required.is_some_and(|required| required.value);
            match given.get(&folded(input.name.value)).copied() {
                Some(value) => self.check_type(caller, input, value),
                None if is_required => {
                    let message =
                        format!("Input {} is required, but not provided while calling.", input.name.value);
                    self.refuse(caller, call.uses.token, message);
                    self.hint(format!("add {} under with", input.name.value));
                }
                None => {}
            }
        }
        let names = event.inputs.iter().map(|input| input.name.value);
        self.check_unknown(caller, &call.with, "input", names);
    }

    /// None is missing, none is unknown.
    pub(super) fn check_secrets(&mut self, caller: usize, call: &Call<'d>, event: &CallEvent<'d>) {
        let given: &[Entry<'d>] = match &call.secrets {
            Secrets::Inherit(_) => return,
            Secrets::None => &[],
            Secrets::Given(given) => &given.value,
        };
        let is_required = |secret: &&CallSecret<'d>| secret.required.is_some_and(|required| required.value);
        let by_name = by_name(given);
        for secret in event.secrets.iter().filter(is_required) {
            if !by_name.contains_key(&folded(secret.name.value)) {
                let message =
                    format!("Secret {} is required, but not provided while calling.", secret.name.value);
                self.refuse(caller, call.uses.token, message);
                self.hint(format!("add {} under secrets, or write secrets: inherit", secret.name.value));
            }
        }
        let names = event.secrets.iter().map(|secret| secret.name.value);
        self.check_unknown(caller, given, "secret", names);
    }

    fn check_unknown<'a>(
        &mut self,
        caller: usize,
        given: &[Entry<'d>],
        what: &str,
        names: impl Iterator<Item = &'a str> + Clone,
    ) {
        if given.is_empty() {
            return;
        }
        let known: HashSet<_> = names.clone().map(folded).collect();
        let is_unknown = |name: &&str| !known.contains(&folded(name));
        for entry in given {
            let Some(name) = entry.key.value.text().filter(is_unknown) else { continue };
            let message = format!("Invalid {what}, {name} is not defined in the referenced workflow.");
            self.refuse(caller, entry.value.token, message);
            let near = did_you_mean(name, names.clone());
            self.hint(
                near.unwrap_or_else(|| {
                    format!("take it away, or add it to the {what}s of the called workflow")
                }),
            );
        }
    }

    /// A value is of the type of its input. Any scalar can be text.
    fn check_type(&mut self, file: usize, input: &Input<'d>, value: At<Scalar<'d>>) {
        if !input.kind.takes(value.value) {
            self.refuse(file, value.token, format!("Unexpected value '{}'", value.value.shown()));
            self.hint(input.kind.remedy());
        }
    }
}

fn by_name<'d>(given: &[Entry<'d>]) -> HashMap<String, At<Scalar<'d>>> {
    given.iter().filter_map(|entry| Some((folded(entry.key.value.text()?), entry.value))).collect()
}
