//! Expressions that nobody wrote, answered by us and by npm's `@actions/expressions`.
//!
//! The package differs from the runner, and the runner counts. So each known difference is mended in scripts beside the
//! package (`npm/`), one switch for each, written from the runner's source and apart from our code. We have to say what the
//! mended package says, always; where the package as it is says something else, the switches that make the difference are
//! found, and each must stand in `expression-differences.yaml`. Thus an entry explains nothing but what it says.

#[cfg(test)]
mod answer;
#[cfg(test)]
mod cells;
#[path = "../commit/mod.rs"]
mod commit;
#[cfg(test)]
mod differences;
#[cfg(test)]
mod generate;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod material;
#[cfg(test)]
mod mutate;
#[cfg(test)]
mod node;
#[cfg(test)]
mod random;
#[cfg(test)]
mod record;
#[cfg(test)]
mod related;
#[cfg(test)]
mod shrink;
#[cfg(test)]
mod tally;
#[cfg(test)]
mod tree;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;
    use std::sync::LazyLock;

    use towpath_migrate::expression::museum::{ALL, Bug, plant};

    use crate::answer::Asked;
    use crate::cells::{self, Cell};
    use crate::generate::{Made, expressions};
    use crate::node::{Reply, ask};
    use crate::record::Found;
    use crate::tally::Tally;
    use crate::{differences, record, shrink};

    /// The seed, unless `TOWPATH_SEED` has another.
    const SEED: u64 = 1;
    /// How many expressions, unless `TOWPATH_EXPRESSIONS` has another number.
    const COUNT: usize = 100_000;
    /// Within how many expressions each planted bug has to be found.
    const MUSEUM_COUNT: usize = 20_000;
    /// How many of those that fail are shown as they are, before one is made smaller.
    const SHOWN: usize = 10;

    /// A number from outside.
    fn number(name: &str, otherwise: u64) -> u64 {
        std::env::var(name).ok().map_or(otherwise, |number| number.parse().unwrap())
    }

    struct Run {
        cells: Vec<Cell>,
        made: Vec<Made>,
        replies: Vec<Reply>,
    }

    /// All expressions with their replies, which all tests share.
    static RUN: LazyLock<Run> = LazyLock::new(|| {
        let count = number("TOWPATH_EXPRESSIONS", COUNT as u64);
        let cells = cells::all();
        let made = expressions(number("TOWPATH_SEED", SEED), usize::try_from(count).unwrap(), &cells);
        let questions: Vec<_> = made.iter().map(|made| (made.contexts, made.source.as_str())).collect();
        let replies = ask(&questions);
        Run { cells, made, replies }
    });

    #[test]
    fn each_listed_difference_is_one() {
        let mistakes = differences::mistakes();
        assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
    }

    #[test]
    fn expressions_say_what_npm_says_but_for_the_list() {
        let Run { cells, made, replies } = &*RUN;
        let tally = Tally::of(made, replies, cells);
        println!("{}", tally.report(cells));
        let all = differences::all();
        let listed: BTreeSet<_> = all.iter().map(|difference| difference.id.as_str()).collect();
        let sets = Asked::sets();
        let mut failing = Vec::new();
        for (made, reply) in made.iter().zip(replies) {
            let why = shrink::failure(&listed, &sets[made.contexts], &made.source, reply);
            failing.extend(why.map(|why| (made, why)));
        }
        failing.sort_by_key(|(made, _)| made.source.len());
        for (made, why) in failing.iter().take(SHOWN) {
            println!("contexts {}: {}\n  {why}", made.contexts, made.source);
        }
        if let Some((made, _)) = failing.first() {
            let (source, why) = shrink::shrunk(&listed, made.contexts, &made.source);
            panic!("{} fail, the smallest: contexts {}: {source}\n{why}", failing.len(), made.contexts);
        }
        let failed = tally.failed_gates(cells);
        assert!(failed.is_empty(), "{}", failed.join("\n"));
        // A smaller run need not show everything.
        let whole = made.len() >= COUNT;
        let never: Vec<_> = listed.iter().filter(|id| !tally.by.contains_key(**id)).collect();
        assert!(!whole || never.is_empty(), "differences that no expression shows: {never:?}");
    }

    /// The first expression that shows the bug, and what it makes us say.
    fn shown(bug: Bug, sets: &[Asked]) -> Option<(Found, String)> {
        plant(Some(bug));
        let pairs = RUN.made.iter().zip(&RUN.replies).take(MUSEUM_COUNT).enumerate();
        let told = |(at, (made, reply)): (usize, (&Made, &Reply))| {
            let ours = sets[made.contexts].answer(&made.source).0;
            let why = format!("{ours} instead of {}", reply.runner());
            (ours != *reply.runner()).then(|| ((bug, at, made.source.clone()), why))
        };
        let found = pairs.into_iter().find_map(told);
        plant(None);
        found
    }

    /// Text of one short line.
    fn short(text: &str) -> String {
        let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(120).collect();
        if line.len() < text.len() { format!("{line}...") } else { line }
    }

    #[test]
    fn every_planted_bug_is_found() {
        let sets = Asked::sets();
        let mut missed = Vec::new();
        for bug in ALL {
            match shown(bug, &sets) {
                Some(((_, at, source), why)) => {
                    println!("{bug:?}: expression {at}: {}: {}", short(&source), short(&why));
                }
                None => missed.push(bug),
            }
        }
        println!("planted bugs: {} of {} found", ALL.len() - missed.len(), ALL.len());
        assert!(missed.is_empty(), "not found within {MUSEUM_COUNT} expressions: {missed:?}");
    }

    /// Whoever adds a difference or plants a bug has to record anew what the documentation shows.
    #[test]
    fn the_documented_record_is_of_these_differences_and_bugs() {
        if let Some(path) = std::env::var_os("TOWPATH_SUMMARY") {
            let sets = Asked::sets();
            let found = |bug| shown(bug, &sets).map(|((bug, at, source), _)| (bug, at, short(&source)));
            let found: Vec<Found> = ALL.into_iter().filter_map(found).collect();
            let tally = Tally::of(&RUN.made, &RUN.replies, &RUN.cells);
            record::write(Path::new(&path), number("TOWPATH_SEED", SEED), &tally.record(&RUN.cells), &found);
            return;
        }
        let record = record::checked_in();
        let all = differences::all();
        let listed: BTreeSet<_> = all.iter().map(|difference| difference.id.as_str()).collect();
        let shown = record["run"]["differences"].as_object().unwrap();
        assert_eq!(shown.keys().map(String::as_str).collect::<BTreeSet<_>>(), listed);
        let bugs: Vec<_> =
            record["museum"].as_array().unwrap().iter().map(|bug| bug["bug"].as_str().unwrap()).collect();
        assert_eq!(bugs, ALL.map(|bug| format!("{bug:?}")));
        assert_eq!(record["run"]["expressions"], COUNT);
    }

    #[test]
    fn trees_have_the_kinds_that_they_are_made_for() {
        let sets = Asked::sets();
        for made in expressions(SEED, 5_000, &cells::all()) {
            let (answer, kind) = sets[made.contexts].answer(&made.source);
            if let (Some(expected), Some(kind)) = (made.kind, kind) {
                assert_eq!(kind, expected, "{}: {answer}", made.source);
            }
        }
    }
}
