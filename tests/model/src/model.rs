//! What can happen in a state, and what comes of it.

use towpath_core::event::Event;
use towpath_core::id::Actor;
use towpath_core::museum::Bug;
use towpath_core::verdict::Verdict;

use crate::look::Looked;
use crate::node::{Forgery, Node, Pending, Place};
use crate::people::{Act, Commit};
use crate::plan::Plan;
use crate::pool::Recall;
use crate::rules::{Push, Rule, torn, when};
use crate::stage::{Content, DEV, PIPELINES, PLACES, PlaceNo, pipeline_of, places_of};
use crate::world::{Glance, World};

/// The most events of a journal: more than any history of these sizes needs, so whoever gets there does not rest.
const MOST_EVENTS: u64 = 150;

/// What can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// CI makes the next release of a pipeline.
    Release(usize),
    /// A free controller looks at a pipeline and decides: `(who, pipeline)`.
    Look(u8, usize),
    /// A controller's push reaches the host.
    Push(usize),
    /// The same, and the controller hears no answer and crashes before it does what follows.
    PushAndCrash(usize),
    /// A controller crashes before its push.
    Crash(usize),
    /// The cluster runs what the branch says.
    Sync(PlaceNo),
    /// QA comes to an end.
    Finish(PlaceNo, Verdict),
    /// Time passes: all that soaks has soaked.
    Tick,
    /// The person acts.
    Act(Act),
}

/// Someone who walks from state to state, and remembers what came of it before: one for each thread.
pub struct Walker<'w> {
    /// The model.
    pub world: &'w World,
    looks: Recall<Glance>,
    folds: Recall<Option<u32>>,
    releases: Recall<u32>,
    acts: Recall<Option<u32>>,
}

impl<'w> Walker<'w> {
    /// One who remembers nothing yet.
    pub fn new(world: &'w World) -> Self {
        Self {
            world,
            looks: Recall::default(),
            folds: Recall::default(),
            releases: Recall::default(),
            acts: Recall::default(),
        }
    }

    /// The first state: both journals as the production code makes them out of what it finds.
    pub fn first(&mut self) -> Node {
        let mut node = Node::first([0, 1].map(|pipeline| self.world.begin(pipeline)), self.world.size.acts);
        for pipeline in 0..PIPELINES {
            while let Some(plan) = self.look(&node, 0, pipeline).plan {
                node.journals[pipeline] = self.fold(node.journals[pipeline], plan).expect("it begins");
            }
        }
        node
    }

    /// A look in full, for people.
    pub fn look_closely(&self, node: &Node, who: u8, pipeline: usize) -> Looked {
        self.world.look_closely(&self.world.view(node, pipeline), who, pipeline)
    }

    /// All that can happen in a state.
    pub fn successors(&mut self, node: &Node) -> Vec<(Step, Node)> {
        let mut all = Vec::new();
        self.each_successor(node, &mut |step, next| all.push((step, next)));
        all
    }

    /// Hands on all that can happen in a state, always in the same order.
    pub fn each_successor(&mut self, node: &Node, found: &mut impl FnMut(Step, Node)) {
        let mut found = |step, next: Option<Node>| {
            if let Some(next) = next {
                found(step, next.sorted());
            }
        };
        for pipeline in 0..PIPELINES {
            found(Step::Release(pipeline), self.released(node, pipeline));
        }
        self.each_look(node, &mut found);
        self.each_push(node, &mut found);
        for place in 0..PLACES {
            self.each_change(node, place, &mut found);
        }
        found(Step::Tick, self.ticked(node));
        if node.acts > 0 {
            for act in self.world.size.kinds {
                found(Step::Act(*act), self.acted(node, *act));
            }
        }
    }

    fn each_look(&mut self, node: &Node, found: &mut impl FnMut(Step, Option<Node>)) {
        let size = &self.world.size;
        let Some(free) = node.pending.iter().take(size.controllers).position(Option::is_none) else { return };
        for who in 0..if size.owners { 2 } else { 1 } {
            if size.owners && node.pending.iter().flatten().any(|p| p.who == who) {
                continue;
            }
            for pipeline in 0..PIPELINES {
                if size.releases[pipeline] > 0 {
                    found(Step::Look(who, pipeline), self.looked(node, (free, who), pipeline));
                }
            }
        }
    }

    fn each_push(&mut self, node: &Node, found: &mut impl FnMut(Step, Option<Node>)) {
        for slot in 0..node.pending.len() {
            let Some(pending) = node.pending[slot] else { continue };
            found(Step::Push(slot), self.pushed(node, slot, false));
            if !self.world.plan(pending.plan).runs.is_empty() {
                found(Step::PushAndCrash(slot), self.pushed(node, slot, true));
            }
            if self.world.size.crashes {
                let mut after = *node;
                after.pending[slot] = None;
                found(Step::Crash(slot), Some(after));
            }
        }
    }

    fn each_change(&self, node: &Node, place: PlaceNo, found: &mut impl FnMut(Step, Option<Node>)) {
        if lags(&node.places[place]) {
            found(Step::Sync(place), Some(synced(node, place)));
        }
        let Some(content) = self.under_test(node, place) else { return };
        let verdicts = [Verdict::Passed, Verdict::Failed, Verdict::Error];
        for verdict in verdicts.into_iter().take(if self.world.size.errors { 3 } else { 2 }) {
            let mut after = *node;
            after.places[place].says[usize::from(content) - 1] = Some(verdict);
            found(Step::Finish(place, verdict), Some(after));
        }
    }

    fn look(&mut self, node: &Node, who: u8, pipeline: usize) -> Glance {
        let world = self.world;
        let view = world.view(node, pipeline);
        let key = view.key(who);
        self.looks.get(key, || world.look(key, &view, who, pipeline))
    }

    fn fold(&mut self, journal: u32, plan: u32) -> Option<u32> {
        let world = self.world;
        let key = u64::from(journal) << 32 | u64::from(plan);
        self.folds.get(key, || world.fold(key, journal, plan))
    }

    /// Whether losers push again, which is what two of the planted bugs are about.
    fn keeps_losers(&self) -> bool {
        let again = matches!(self.world.bug, Some(Bug::NoRecheckAfterLostRace | Bug::HoldIgnored));
        self.world.size.losers || again
    }

    /// Who had looked at the journal before will lose.
    fn journal_moved(&self, node: &mut Node, pipeline: usize, except: Option<usize>) {
        self.each_other(node, except, |p| usize::from(p.pipeline) == pipeline, |p| p.lost = true);
    }

    fn branch_moved(&self, node: &mut Node, except: Option<usize>) {
        let moves = |p: &Pending| !self.world.plan(p.plan).moves.is_empty();
        self.each_other(node, except, moves, |p| p.moved = true);
    }

    fn each_other(
        &self,
        node: &mut Node,
        except: Option<usize>,
        concerned: impl Fn(&Pending) -> bool,
        change: impl Fn(&mut Pending),
    ) {
        for (i, slot) in node.pending.iter_mut().enumerate() {
            let Some(pending) = slot.as_mut().filter(|p| Some(i) != except && concerned(p)) else { continue };
            change(pending);
            if !self.keeps_losers() {
                *slot = None;
            }
        }
    }

    fn released(&mut self, node: &Node, pipeline: usize) -> Option<Node> {
        let (world, journal) = (self.world, node.journals[pipeline]);
        let ledger = world.ledger(node, pipeline);
        let next = ledger.facts.released + 1;
        if next > world.size.releases[pipeline] {
            return None;
        }
        let mut node = *node;
        node.journals[pipeline] = self.releases.get(journal.into(), || {
            let event = Event::Released {
                r: world.stage.release(pipeline, next).clone(),
                seq: u64::from(next),
                order: None,
                images: world.stage.images(pipeline, next).to_vec(),
                authors: vec![Actor::parse("author").expect("a login")],
                labels: Default::default(),
            };
            world.recorded(journal, pipeline, "ci", &[event])
        });
        self.journal_moved(&mut node, pipeline, None);
        Some(node)
    }

    fn looked(&mut self, node: &Node, (free, who): (usize, u8), pipeline: usize) -> Option<Node> {
        let glance = self.look(node, who, pipeline);
        let mut node = *node;
        let pipeline = u8::from(pipeline == 1);
        node.pending[free] = Some(Pending { plan: glance.plan?, pipeline, who, lost: false, moved: false });
        node.broken |= glance.broken;
        Some(node)
    }

    fn pushed(&mut self, node: &Node, slot: usize, crash: bool) -> Option<Node> {
        let pending = node.pending[slot]?;
        let world = self.world;
        let plan = world.plan(pending.plan);
        let mut after = *node;
        after.pending[slot] = None;
        let torn = pending.moved && !plan.moves.is_empty();
        let again = match world.bug {
            Some(Bug::NoRecheckAfterLostRace) => true,
            Some(Bug::HoldIgnored) => !torn,
            _ => false,
        };
        if (pending.lost || torn) && !again {
            return Some(after);
        }
        let before = world.ledger(node, plan.pipeline);
        if plan.events.is_empty() {
            plan.runs.iter().for_each(|place| after.places[*place].started = !crash);
            return Some(after);
        }
        let Some(journal) = self.fold(node.journals[plan.pipeline], pending.plan) else {
            after.broken |= when(!pending.lost, Rule::Fold);
            return Some(after);
        };
        let who = pending.who;
        // What is pushed again is computed anew on the tip of then.
        let push = Push { node, before: &before.facts, plan, moved: false, size: &world.size, who };
        after.broken |= push.broken();
        after.journals[plan.pipeline] = journal;
        self.land(&mut after, plan, crash);
        self.journal_moved(&mut after, plan.pipeline, Some(slot));
        if !plan.moves.is_empty() {
            self.branch_moved(&mut after, Some(slot));
        }
        after.broken |= when(world.ledger(&after, plan.pipeline).facts.n > MOST_EVENTS, Rule::L2);
        Some(after)
    }

    /// What a push that won leaves outside of the journal.
    fn land(&self, node: &mut Node, plan: &Plan, crash: bool) {
        let accounts = |e: &Event| matches!(e, Event::Promoted { .. } | Event::Adopted { .. });
        if plan.pipeline == 0 && plan.events.iter().any(accounts) {
            node.forged = Forgery::None;
        }
        for one in &plan.moves {
            let place = &mut node.places[one.place];
            (place.content, place.by_person, place.contains) = (one.content, false, false);
            if one.place == DEV {
                node.taken_out &= !(1 << one.content);
            }
        }
        plan.runs.iter().for_each(|place| node.places[*place].started = !crash);
        // A metric needs nobody to start it.
        let watched = |event: &Event| matches!(event, Event::Started { handle: None, .. });
        node.places[DEV].started |= plan.events.iter().any(watched);
        let facts = &self.world.ledger(node, plan.pipeline).facts;
        for &place in places_of(plan.pipeline) {
            let at = facts.places[place].at;
            let there = &mut node.places[place];
            there.started &= at.is_some_and(|at| at.run.is_some());
            // What the journal has taken for its own, or what was put back, is nobody's change any more.
            there.by_person &= at.is_none_or(|at| at.content != there.content);
        }
    }

    fn ticked(&self, node: &Node) -> Option<Node> {
        if !self.world.size.soaks {
            return None;
        }
        let mut after = *node;
        for (pipeline, journal) in after.journals.iter_mut().enumerate() {
            *journal = self.world.tick(*journal, pipeline);
        }
        for pending in after.pending.iter_mut().flatten() {
            pending.plan = self.world.plan_tick(pending.plan);
        }
        let dev = &mut after.places[DEV];
        dev.age = (dev.age + 1).min(2);
        after.ran |= 1 << dev.runs;
        (after != *node).then_some(after)
    }

    fn acted(&mut self, node: &Node, act: Act) -> Option<Node> {
        let mut after = *node;
        after.acts -= 1;
        let world = self.world;
        let ledger = world.ledger(node, 0);
        if act.is_commit() {
            self.committed(&mut after, act.commit(node, ledger)?);
            return Some(after);
        }
        let journal = node.journals[0];
        let key = u64::from(journal) << 32 | u64::from(node.acts) << 8 | u64::from(act.number());
        after.journals[0] = self.acts.get(key, || {
            let event = act.event(&world.stage, ledger, node.acts)?;
            Some(world.recorded(journal, 0, "person", &[event]))
        })?;
        self.journal_moved(&mut after, 0, None);
        Some(after)
    }

    fn committed(&self, node: &mut Node, commit: Commit) {
        let at = self.world.ledger(node, 0).facts.places[commit.place].at.map(|at| at.content);
        let there = &mut node.places[commit.place];
        (there.content, there.by_person) = (commit.content, true);
        if let (DEV, Some(at)) = (commit.place, at) {
            let bit = 1 << at;
            node.taken_out = if at == commit.content { node.taken_out & !bit } else { node.taken_out | bit };
        }
        if commit.forged != Forgery::None {
            node.forged = commit.forged;
        }
        self.branch_moved(node, None);
    }

    /// The rules that a state breaks by itself, or by being one of rest.
    pub fn broken_in(&mut self, node: &Node) -> u32 {
        let facts = [0, 1].map(|pipeline| &self.world.ledger(node, pipeline).facts);
        torn(node, &facts) | self.at_rest(node, facts[0].claims)
    }

    /// The rules that staying like this breaks, when nothing more happens by itself.
    fn at_rest(&mut self, node: &Node, claims: u32) -> u32 {
        let changes = |place| lags(&node.places[place]) || self.under_test(node, place).is_some();
        let moving = node.pending.iter().any(Option::is_some) || (0..PLACES).any(changes);
        if moving || self.ticked(node).is_some() {
            return 0;
        }
        // Whoever may act looks; the other owner only ever waits.
        let owners = [u8::from(claims % 2 == 1), 0];
        let glances = [0, 1].map(|pipeline| self.look(node, owners[pipeline], pipeline));
        match glances.iter().any(|glance| glance.plan.is_some()) {
            true => 0,
            false => glances.iter().fold(0, |bits, glance| bits | glance.at_rest),
        }
    }

    /// The release whose QA run is on its way, and not decided.
    fn under_test(&self, node: &Node, place: PlaceNo) -> Option<Content> {
        let ledger = self.world.ledger(node, pipeline_of(place));
        let at = ledger.facts.places[place].at.filter(|at| at.run.is_some())?;
        let there = &node.places[place];
        (there.started && there.says(at.content).is_none()).then_some(at.content)
    }

    /// What a controller is about to push, for people.
    pub fn plan_text(&self, node: &Node, slot: usize) -> String {
        node.pending[slot].map_or_else(String::new, |p| self.world.plan(p.plan).text())
    }
}

fn lags(place: &Place) -> bool {
    place.runs != place.content || !place.contains
}

fn synced(node: &Node, place: PlaceNo) -> Node {
    let mut node = *node;
    let there = &mut node.places[place];
    if there.runs != there.content {
        there.age = 0;
    }
    (there.runs, there.contains) = (there.content, true);
    node
}
