//! Functions that ask the world.

use super::{Call, Status};
use crate::expression::error::{ExpressionError, Kind};
use crate::expression::evaluate::Outcome;

/// The only option that `hashFiles` has (runner: HashFilesFunction.cs).
const FOLLOW_LINKS: &str = "--follow-symbolic-links";

pub(super) fn status(call: &mut Call<'_, '_>, status: Status) -> Result<Outcome, ExpressionError> {
    let jobs = texts(call)?;
    let holds = call.evaluation.world.status(status, &jobs);
    holds.map(Outcome::boolean).map_err(|why| call.failed(Kind::World(why)))
}

pub(super) fn hash_files(call: &mut Call<'_, '_>) -> Result<Outcome, ExpressionError> {
    let mut patterns = texts(call)?;
    let option = patterns.first().filter(|first| first.starts_with("--"));
    let follow = option.is_some_and(|option| option.eq_ignore_ascii_case(FOLLOW_LINKS));
    if let Some(option) = option.filter(|_| !follow) {
        let why = format!("Invalid glob option {option}, avaliable option: '{FOLLOW_LINKS}'.");
        return Err(call.failed(Kind::World(why)));
    }
    if follow {
        patterns.remove(0);
    }
    let hash = call.evaluation.world.hash_files(&patterns, follow);
    hash.map(|hash| Outcome::text(&hash)).map_err(|why| call.failed(Kind::World(why)))
}

/// All arguments as texts.
fn texts(call: &mut Call<'_, '_>) -> Result<Vec<String>, ExpressionError> {
    (0..call.arguments.len()).map(|index| Ok(call.argument(index)?.to_text().into_owned())).collect()
}
