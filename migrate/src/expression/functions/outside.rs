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

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use crate::expression::{Availability, Status, Value, World, parse};

    /// A world that writes down what it is asked.
    #[derive(Default)]
    struct Asked(RefCell<Vec<String>>);

    impl World for Asked {
        fn context(&self, _name: &str) -> Value {
            Value::Null
        }

        fn status(&self, status: Status, jobs: &[String]) -> Result<bool, String> {
            self.0.borrow_mut().push(format!("{}({})", status.name(), jobs.join(" ")));
            Ok(true)
        }

        fn hash_files(&self, patterns: &[String], follow_links: bool) -> Result<String, String> {
            self.0.borrow_mut().push(format!("{} {follow_links}", patterns.join(" ")));
            Ok("abc".to_owned())
        }
    }

    fn asked(source: &str) -> (Result<Value, String>, Vec<String>) {
        let words = ["hashFiles(1,255)", "success(0,MAX)", "failure(0,MAX)"];
        let expression = parse(source, &Availability::from_schema(words).unwrap()).unwrap();
        let world = Asked::default();
        let value = expression.evaluate(&world).map_err(|error| error.to_string());
        (value, world.0.into_inner())
    }

    #[test]
    fn files_are_asked_for_with_the_option_taken_out() {
        let hash = Ok(Value::text("abc"));
        assert_eq!(asked("hashFiles('a', 1)"), (hash.clone(), vec!["a 1 false".to_owned()]));
        assert_eq!(
            asked("hashFiles('--Follow-Symbolic-Links', 'a', '--b')"),
            (hash, vec!["a --b true".to_owned()])
        );
    }

    #[test]
    fn an_option_that_is_not_known_is_refused() {
        let (value, asked) = asked("hashFiles('--follow', 'a')");
        let why = "Invalid glob option --follow, avaliable option: '--follow-symbolic-links'.";
        assert_eq!((value, asked), (Err(why.to_owned()), Vec::new()));
    }

    #[test]
    fn status_is_asked_for_with_the_names_of_jobs() {
        assert_eq!(asked("success('a', 'b')").1, ["success(a b)"]);
        assert_eq!(asked("success() && failure('c')").1, ["success()", "failure(c)"]);
    }
}
