//! Window gates: a release enters while all of them are open.

use super::View;
use super::answer::{Wait, WaitCode, When};
use super::entry::by_policy;
use crate::journal::state::Release;
use crate::museum::{Bug, planted};
use crate::pipeline::{EntryGate, Until, Window};
use crate::time::Time;

impl View<'_> {
    /// The first window that is closed, and when all will be open together.
    pub(super) fn window_closed(&self, release: &Release) -> Option<Wait> {
        let windows = &self.environment.entry.windows;
        let by_hand = self.promotion_request().filter(|_| planted(Bug::WindowIgnoredOnRequest));
        let closed = |time: Time| {
            let mut closed = windows.iter().enumerate().filter(|(_, window)| !is_open(window, time));
            Some((time, closed.next()?))
        };
        // Where this clock is behind the journal's, nobody can tell which of the two is right.
        let (time, (i, closed)) =
            closed(self.now).or_else(|| closed(self.recorded())).filter(|_| by_hand.is_none())?;
        let why = match closed.denied_by(time) {
            Some(deny) => format!("closed by {deny}"),
            None => "outside its windows".to_owned(),
        };
        let (opens, when) = match Window::all_open(windows, time) {
            Until::Changes(time) => (format!("it opens {}", closed.local(time)), When::at(time, self.now)),
            Until::NotBefore(time) => {
                (format!("it does not open before {}", closed.local(time)), When::at(time, self.now))
            }
            Until::Never => ("nothing says when it opens".to_owned(), When::resync(self.now)),
        };
        let by = by_policy(closed.policy.as_ref());
        let text = format!("{} is {why}{by}, so {} waits; {opens}", self.environment.name, release.version());
        let object = match windows.len() {
            1 => "window".to_owned(),
            _ => format!("window/{}", i + 1),
        };
        let remedy = self.passing_by(EntryGate::Window, release);
        Some(self.wait(WaitCode::WindowClosed, text, remedy, when).about(object))
    }

    /// When the windows that are open close, where nothing is in the way before them.
    pub(super) fn windows_close(&self, first: Option<&Wait>) -> Option<Time> {
        use WaitCode as W;
        let behind = |wait: &Wait| matches!(wait.code, W::DependencyNotLive | W::GateNotTrue | W::GateError);
        if !first.is_none_or(behind) {
            return None;
        }
        let changes = |window: &Window| match window.at(self.now).until {
            Until::Changes(time) | Until::NotBefore(time) => Some(time),
            Until::Never => None,
        };
        self.environment.entry.windows.iter().filter_map(changes).min()
    }

    /// The command that passes a gate by, where the environment allows that.
    pub(super) fn passing_by(&self, gate: EntryGate, release: &Release) -> String {
        if !self.environment.promotion.overrides.contains(&gate) {
            return String::new();
        }
        let (target, r, gate) = (self.target(), &release.r, gate.as_str());
        format!("if it cannot wait: towpath promote {target} {r} --override {gate} --reason TEXT")
    }
}

fn is_open(window: &Window, time: Time) -> bool {
    let before = Time::from_unix(time.unix() - 1);
    window.is_open(time) || (planted(Bug::WindowEdgeInclusive) && window.is_open(before))
}
