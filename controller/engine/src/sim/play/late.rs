//! Whatever the world comes to while a push is on its way, what it brings is held against what there was when it was decided.

use towpath_core::event::{BakeResult, Event};
use towpath_core::journal::JournalMessage;
use towpath_core::museum::{Bug, plant};
use towpath_core::time::Span;

use super::controllers::Weather;
use super::{Play, Step};
use crate::memory::Fault;
use crate::ports::Clock as _;
use crate::sim::openings::{Act, Opening};

/// What the world comes to.
#[derive(Debug, Clone, Copy)]
enum Turn {
    Errors,
    Unread,
}

impl Play {
    fn turns(&mut self, turn: Turn) {
        let now = self.clock.now();
        match turn {
            Turn::Errors => {
                let all = self.environments.clone();
                all.iter().for_each(|name| self.cluster.incident(name, now, now.plus(Span::seconds(30))));
            }
            Turn::Unread => self.cluster.set_metrics_down(true),
        }
    }

    /// A minute in which the push that is on its way arrives after the world took its turn.
    fn late_minute(&mut self, turn: Turn) -> Step {
        for i in 0..self.environments.len() {
            self.sync(i)?;
        }
        for name in self.environments.clone() {
            self.cluster.settle(&name, self.clock.now());
        }
        for _ in 0..3 {
            self.pass(0, &[], Weather::default())?;
            self.check()?;
            if !self.host.on_their_way().is_empty() {
                self.turns(turn);
                self.arrive()?;
            }
        }
        self.clock.advance(Span::seconds(60));
        Ok(())
    }

    /// How many bakes were cut short, by the journal.
    fn cuts(&self) -> usize {
        let log = self.host.tip(&self.journal()).map(|tip| self.host.log(&tip)).unwrap_or_default();
        let events =
            log.into_iter().filter_map(|commit| Some(JournalMessage::parse(&commit.message).ok()?.events));
        let cut = |event: &Event| matches!(event, Event::Baked { result: BakeResult::Cut, .. });
        events.flatten().filter(|recorded| cut(&recorded.event)).count()
    }
}

/// A life in which every environment bakes and a newer release comes while they do; this effect of the controller arrives
/// late, and finds the world turned. Answers how many effects there were, and how many bakes were cut short.
fn life(atomic: bool, late: Option<u64>, turn: Turn) -> Result<(u64, usize), String> {
    let mut play = Play::of(Opening::Storm, atomic, false)?;
    let faults = play.controllers.first().map(|c| c.faults.clone()).ok_or("no controller")?;
    late.iter().for_each(|number| faults.at(*number, Fault::Late));
    play.set_stage()?;
    for release in [1, 2] {
        play.act(Act::Release(release))?;
        (0..10).try_for_each(|_| play.late_minute(turn))?;
    }
    Ok((faults.effects(), play.cuts()))
}

#[test]
fn a_late_push_is_held_against_what_there_was_to_read_when_it_was_decided() {
    for (atomic, turn) in [true, false].into_iter().flat_map(|a| [(a, Turn::Errors), (a, Turn::Unread)]) {
        let (effects, cuts) = life(atomic, None, turn).unwrap();
        assert!(effects > 20 && cuts > 0, "{effects} effects, {cuts} bakes cut short");
        for late in 0..effects {
            let ended = life(atomic, Some(late), turn);
            assert!(ended.is_ok(), "effect {late} is late, atomic: {atomic}, {turn:?}: {ended:?}");
        }
    }
}

/// The same, where nobody can read metrics by the time that the newer release comes.
fn unread_life(atomic: bool) -> Result<usize, String> {
    let mut play = Play::of(Opening::Storm, atomic, false)?;
    play.set_stage()?;
    play.act(Act::Release(1))?;
    (0..10).try_for_each(|_| play.late_minute(Turn::Unread))?;
    play.turns(Turn::Unread);
    play.act(Act::Release(2))?;
    (0..10).try_for_each(|_| play.late_minute(Turn::Unread))?;
    Ok(play.cuts())
}

#[test]
fn who_cuts_a_bake_that_nobody_can_read_is_seen_on_every_host() {
    for atomic in [true, false] {
        assert_eq!(unread_life(atomic), Ok(0));
        plant(Some(Bug::BakeCutUnread));
        let seen = unread_life(atomic).unwrap_err();
        plant(None);
        assert!(seen.starts_with("C9: the bake in dev was cut short"), "{seen}");
    }
}
