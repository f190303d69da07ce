//! One advertisement for all who ask within a round.
//!
//! A host that works on many pipelines of one repository would read the same refs once for each of them. What may
//! be shared is not told by an age: nobody can say how old is too old, and a test of it needs a clock. Whoever looks
//! over all pipelines says where a look begins and ends instead, and nothing is older than that look. Within it an
//! advertisement is shared until this process pushes, whatever came of that: the refs are others then, or the race
//! that was lost shows that they were others before. So a pass works on refs of its own round at worst, and what it
//! pushes on them moves only what is still as it was read.
//!
//! The one advertisement has to be about the refs of everybody. That costs the host nothing: `git ls-remote` sends
//! no prefixes for names, so that a host tells all of its refs anyway and the git program picks. Narrow to prefixes
//! are the fetches, whose names are the few that have moved.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::ports::{Heads, RepositoryError};
use towpath_core::id::RefName;

/// The round of a repository: for adapters of the port to keep.
#[derive(Default)]
pub struct Round(Mutex<State>);

#[derive(Default)]
struct State {
    open: bool,
    /// Every ref that was announced, or asked for in a round: the next round asks for it again.
    names: BTreeSet<RefName>,
    read: Option<Read>,
}

/// An advertisement, newer than all that was answered in its round before.
struct Read {
    about: BTreeSet<RefName>,
    heads: Heads,
}

impl Round {
    /// Begins a round of readers of these refs, and ends the one before.
    pub fn begin(&self, names: &BTreeSet<RefName>) {
        let mut state = self.state();
        state.open = true;
        state.read = None;
        state.names.extend(names.iter().cloned());
    }

    /// Ends it: from now on everybody asks anew.
    pub fn end(&self) {
        let mut state = self.state();
        state.open = false;
        state.read = None;
    }

    /// Has the next reader ask anew: the refs are not, or may not be, what they were.
    pub fn forget(&self) {
        self.state().read = None;
    }

    /// What was read of these refs in this round; asks when there is nothing, or no round.
    pub fn heads(
        &self,
        names: &BTreeSet<&RefName>,
        ask: impl FnOnce(&BTreeSet<&RefName>) -> Result<Heads, RepositoryError>,
    ) -> Result<Heads, RepositoryError> {
        let state = self.state();
        match &state.read {
            Some(read) if names.iter().all(|name| read.about.contains(*name)) => Ok(pick(&read.heads, names)),
            _ => Self::ask(state, names, ask),
        }
    }

    /// Asks in any case. In a round the answer is for those who come after, too.
    pub fn newest(
        &self,
        names: &BTreeSet<&RefName>,
        ask: impl FnOnce(&BTreeSet<&RefName>) -> Result<Heads, RepositoryError>,
    ) -> Result<Heads, RepositoryError> {
        Self::ask(self.state(), names, ask)
    }

    /// In a round, others wait for the answer with the lock that is held here: it is theirs as well, and no answer
    /// takes the place of a newer one. A push of another thread ends before or is forgotten after.
    fn ask(
        mut state: MutexGuard<'_, State>,
        names: &BTreeSet<&RefName>,
        ask: impl FnOnce(&BTreeSet<&RefName>) -> Result<Heads, RepositoryError>,
    ) -> Result<Heads, RepositoryError> {
        if !state.open {
            drop(state);
            return ask(names);
        }
        state.names.extend(names.iter().map(|name| (*name).clone()));
        // What cannot be read again is not to be worked on either.
        state.read = None;
        let heads = ask(&state.names.iter().collect())?;
        let picked = pick(&heads, names);
        state.read = Some(Read { about: state.names.clone(), heads });
        Ok(picked)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn pick(heads: &Heads, names: &BTreeSet<&RefName>) -> Heads {
    let here = names.iter().filter_map(|name| heads.get_key_value(*name));
    here.map(|(name, tip)| (name.clone(), tip.clone())).collect()
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use towpath_core::id::CommitId;

    use super::*;

    /// A round, and a host whose refs all move with each question.
    #[derive(Default)]
    struct Bed {
        round: Round,
        asked: RefCell<Vec<String>>,
    }

    impl Bed {
        fn answer(&self, names: &BTreeSet<&RefName>) -> Result<Heads, RepositoryError> {
            let short: Vec<&str> = names.iter().map(|name| &name.as_str()["refs/heads/".len()..]).collect();
            self.asked.borrow_mut().push(short.join(" "));
            let tip = CommitId::parse(&self.asked.borrow().len().to_string().repeat(40)).unwrap();
            Ok(names.iter().map(|name| ((*name).clone(), tip.clone())).collect())
        }

        /// Which question the answer about these refs is of.
        fn read(&self, names: &[&str]) -> usize {
            let names: Vec<RefName> = names.iter().map(|name| full(name)).collect();
            let wanted: BTreeSet<&RefName> = names.iter().collect();
            let heads = self.round.heads(&wanted, |names| self.answer(names)).unwrap();
            assert_eq!(heads.keys().collect::<BTreeSet<_>>(), wanted, "nothing else");
            heads.values().next().unwrap().as_str()[..1].parse().unwrap()
        }

        fn newest(&self, name: &str) {
            let name = full(name);
            self.round.newest(&BTreeSet::from([&name]), |names| self.answer(names)).unwrap();
        }

        fn begin(&self, names: &[&str]) {
            self.round.begin(&names.iter().map(|name| full(name)).collect());
        }

        fn asked(&self) -> Vec<String> {
            self.asked.borrow().clone()
        }
    }

    fn full(name: &str) -> RefName {
        RefName::parse(&format!("refs/heads/{name}")).unwrap()
    }

    #[test]
    fn a_round_is_one_question_about_all_that_was_announced() {
        let bed = Bed::default();
        bed.begin(&["a", "b"]);
        assert_eq!([bed.read(&["a"]), bed.read(&["b"]), bed.read(&["a", "b"])], [1, 1, 1]);
        bed.begin(&[]);
        assert_eq!([bed.read(&["a"]), bed.read(&["b"])], [2, 2], "a round of its own");
        assert_eq!(bed.asked(), ["a b", "a b"]);
    }

    #[test]
    fn without_a_round_everybody_asks_for_their_own() {
        let bed = Bed::default();
        assert_eq!([bed.read(&["a"]), bed.read(&["a"])], [1, 2]);
        bed.begin(&["a", "b"]);
        bed.read(&["a"]);
        bed.round.end();
        assert_eq!([bed.read(&["a"]), bed.read(&["b"])], [4, 5]);
        assert_eq!(bed.asked(), ["a", "a", "a b", "a", "b"]);
    }

    #[test]
    fn what_was_not_announced_is_asked_for_once() {
        let bed = Bed::default();
        bed.begin(&["a"]);
        assert_eq!([bed.read(&["a"]), bed.read(&["c"]), bed.read(&["a"])], [1, 2, 2]);
        bed.begin(&["a"]);
        assert_eq!([bed.read(&["a"]), bed.read(&["c"])], [3, 3]);
        assert_eq!(bed.asked(), ["a", "a c", "a c"]);
    }

    #[test]
    fn a_newer_answer_takes_the_place_of_an_older_one() {
        let bed = Bed::default();
        bed.begin(&["a", "b"]);
        bed.read(&["a"]);
        bed.round.forget();
        assert_eq!(bed.read(&["b"]), 2);
        bed.newest("a");
        assert_eq!([bed.read(&["a"]), bed.read(&["b"])], [3, 3]);
    }

    #[test]
    fn a_question_that_failed_leaves_nothing_behind() {
        let bed = Bed::default();
        bed.begin(&["a"]);
        bed.read(&["a"]);
        let fails = |_: &BTreeSet<&RefName>| Err(RepositoryError::Crashed);
        assert!(bed.round.newest(&BTreeSet::from([&full("a")]), fails).is_err());
        assert_eq!(bed.read(&["a"]), 2);
    }
}
