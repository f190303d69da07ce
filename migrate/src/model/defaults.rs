//! `defaults`

use super::convert::Converter;
use super::value::{At, Text, Value};
use crate::read::TokenId;

/// `defaults` of a workflow or a job.
#[derive(Debug, Clone, PartialEq)]
pub struct Defaults<'d> {
    /// All of it.
    pub token: TokenId,
    /// `run`
    pub run: Option<At<Value<'d, RunDefaults<'d>>>>,
}

/// `defaults.run`
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunDefaults<'d> {
    /// `shell`
    pub shell: Option<Text<'d>>,
    /// `working-directory`
    pub working_directory: Option<Text<'d>>,
}

impl<'d> Defaults<'d> {
    pub(super) fn read(converter: &mut Converter<'d>, token: TokenId) -> Self {
        let run = converter.document.get(token, "run");
        let run = run.and_then(|run| converter.structure(run, RunDefaults::read));
        Self { token, run }
    }
}

impl<'d> RunDefaults<'d> {
    fn read(converter: &mut Converter<'d>, token: TokenId) -> Self {
        let mut defaults = Self::default();
        for (key, value) in converter.properties(token) {
            match key.value {
                "shell" => defaults.shell = converter.text(value),
                "working-directory" => defaults.working_directory = converter.text(value),
                _ => {}
            }
        }
        defaults
    }
}
