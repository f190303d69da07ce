//! The model itself: what can happen in a state, and what comes of it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use stateright::{Model, Property};
use towpath_core::event::Event;
use towpath_core::id::Actor;
use towpath_core::museum::Bug;
use towpath_core::release::release_id;
use towpath_core::verdict::Verdict;

use crate::ledger::Ledger;
use crate::look::{Looked, Looker, Seen, View};
use crate::node::{Forgery, Node, Pending, Place};
use crate::people::{Act, Deed};
use crate::plan::Plan;
use crate::pool::{Memo, Pool};
use crate::rules::{Push, Rule, torn, when};
use crate::stage::{Content, DEV, PIPELINES, PLACES, PlaceNo, Stage, images, now, pipeline_of, places_of};

/// The most events of a journal: more than any history of these sizes needs, so whoever gets there does not rest.
const MOST_EVENTS: u64 = 150;

/// How large the model is.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// What it is called.
    pub name: &'static str,
    /// How many releases CI makes, for each pipeline.
    pub releases: [u8; PIPELINES],
    /// How many controllers there are: 1 or 2.
    pub controllers: usize,
    /// How many acts the person has.
    pub acts: u8,
    /// Which.
    pub kinds: &'static [Act],
    /// Whether releases soak in dev, for a tick, before they go to production.
    pub soaks: bool,
    /// Whether production wants an approval.
    pub approval: bool,
    /// Whether QA may also end without telling.
    pub errors: bool,
    /// Whether the two controllers have owners of their own.
    pub owners: bool,
    /// Whether a controller whose push is bound to lose is kept until it does. It changes nothing when it loses, so
    /// it may as well look again at once.
    pub losers: bool,
}

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

/// The model, with what was computed once.
pub struct World {
    /// How large it is.
    pub size: Size,
    /// The planted bug.
    pub bug: Option<Bug>,
    until: Instant,
    cut: AtomicBool,
    ended: AtomicBool,
    stage: Stage,
    ledgers: Pool<Ledger>,
    plans: Pool<Plan>,
    looks: Memo<(u8, u8, View), Glance>,
    folds: Memo<(u32, u32), Option<u32>>,
    ticks: Memo<u32, u32>,
    plan_ticks: Memo<u32, u32>,
}

/// What is kept of a look.
#[derive(Debug, Clone, Copy)]
struct Glance {
    plan: Option<u32>,
    broken: u32,
    at_rest: u32,
}

impl World {
    /// A model of this size, with at most one planted bug. After `limit` nothing happens in it any more.
    pub fn new(size: Size, bug: Option<Bug>, limit: Duration) -> Self {
        Self {
            size,
            bug,
            until: Instant::now() + limit,
            cut: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            stage: Stage::new(size.approval, size.soaks),
            ledgers: Pool::default(),
            plans: Pool::default(),
            looks: Memo::default(),
            folds: Memo::default(),
            ticks: Memo::default(),
            plan_ticks: Memo::default(),
        }
    }

    /// Ends the search, so that its paths can be walked again without a limit. Answers whether time was up before all
    /// was looked at.
    pub fn end(&self) -> bool {
        self.ended.store(true, Ordering::Relaxed);
        self.cut.load(Ordering::Relaxed)
    }

    /// How many journals, plans and decisions there were.
    pub fn counts(&self) -> (usize, usize, usize) {
        (self.ledgers.len(), self.plans.len(), self.looks.len())
    }

    fn plant(&self) {
        #[cfg(feature = "museum")]
        towpath_core::museum::plant(self.bug);
    }

    /// Whether losers push again, which is what two of the planted bugs are about.
    fn keeps_losers(&self) -> bool {
        self.size.losers || matches!(self.bug, Some(Bug::NoRecheckAfterLostRace | Bug::HoldIgnored))
    }

    fn keep(&self, ledger: Ledger) -> u32 {
        self.ledgers.number(ledger.key(), ledger)
    }

    fn view(&self, node: &Node, pipeline: usize) -> View {
        let journal = node.journals[pipeline];
        let ledger = self.ledgers.get(journal);
        let mut places = [None; PLACES];
        for &place in places_of(pipeline) {
            places[place] = Some(Seen::of(&node.places[place], &ledger.facts.places[place]));
        }
        let forged = if pipeline == 0 { node.forged } else { Forgery::None };
        View { journal, places, forged }
    }

    /// A look in full, for people and for the first time.
    pub fn look_closely(&self, node: &Node, who: u8, pipeline: usize) -> Looked {
        self.plant();
        let view = self.view(node, pipeline);
        let ledger = self.ledgers.get(view.journal);
        Looker { stage: &self.stage, pipeline, ledger, view: &view, who }.look()
    }

    fn look(&self, node: &Node, who: u8, pipeline: usize) -> Glance {
        let view = self.view(node, pipeline);
        self.looks.get((who, u8::from(pipeline == 1), view), || {
            let looked = self.look_closely(node, who, pipeline);
            let plan = looked.plan.map(|plan| self.plans.number(plan.key(), plan));
            Glance { plan, broken: looked.broken, at_rest: looked.at_rest }
        })
    }

    /// The first state: both journals as the production code makes them out of what it finds.
    fn first(&self) -> Node {
        let place = Place {
            content: 0,
            by_person: false,
            runs: 0,
            contains: true,
            age: 0,
            started: false,
            says: [None; 3],
        };
        let journals = [0, 1].map(|pipeline| self.keep(Ledger::begin(&self.stage, pipeline)));
        let mut node = Node {
            journals,
            places: [place; PLACES],
            pending: [None; 2],
            forged: Forgery::None,
            acts: self.size.acts,
            taken_out: 0,
            ran: 0,
            broken: 0,
        };
        for pipeline in 0..PIPELINES {
            while let Some(plan) = self.look(&node, 0, pipeline).plan {
                node.journals[pipeline] = self.fold(node.journals[pipeline], plan).expect("it begins");
            }
        }
        node
    }

    /// The journal after a plan; nothing when it does not fit.
    fn fold(&self, journal: u32, plan: u32) -> Option<u32> {
        self.folds.get((journal, plan), || {
            self.plant();
            let (ledger, plan) = (self.ledgers.get(journal), self.plans.get(plan));
            let by = Actor::towpath();
            let after = ledger.after((&self.stage, plan.pipeline), &by, plan.at, &plan.events);
            after.ok().map(|ledger| self.keep(ledger))
        })
    }

    fn record(&self, node: &mut Node, pipeline: usize, by: &str, events: &[Event]) {
        let ledger = self.ledgers.get(node.journals[pipeline]);
        let by = Actor::parse(by).expect("a login");
        let after = ledger.after((&self.stage, pipeline), &by, now(), events).expect("a person's act fits");
        node.journals[pipeline] = self.keep(after);
        self.journal_moved(node, pipeline, None);
    }

    /// Who had looked at the journal before will lose.
    fn journal_moved(&self, node: &mut Node, pipeline: usize, except: Option<usize>) {
        self.each_other(node, except, |p| usize::from(p.pipeline) == pipeline, |p| p.lost = true);
    }

    fn branch_moved(&self, node: &mut Node, except: Option<usize>) {
        let moves = |p: &Pending| !self.plans.get(p.plan).moves.is_empty();
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

    fn released(&self, node: &Node, pipeline: usize) -> Node {
        let mut node = *node;
        let ledger = self.ledgers.get(node.journals[pipeline]);
        let next = ledger.facts.released + 1;
        let images = images(pipeline, next);
        let event = Event::Released {
            r: release_id(&ledger.state.ledger, &images),
            seq: u64::from(next),
            order: None,
            images,
            authors: vec![Actor::parse("author").expect("a login")],
            labels: Default::default(),
        };
        self.record(&mut node, pipeline, "ci", &[event]);
        node
    }

    fn looked(&self, node: &Node, who: u8, pipeline: usize) -> Option<Node> {
        let glance = self.look(node, who, pipeline);
        let mut node = *node;
        let free = node.pending.iter().position(Option::is_none)?;
        let pipeline = u8::from(pipeline == 1);
        node.pending[free] = Some(Pending { plan: glance.plan?, pipeline, who, lost: false, moved: false });
        node.broken |= glance.broken;
        Some(node)
    }

    fn pushed(&self, node: &Node, slot: usize, crash: bool) -> Option<Node> {
        let pending = node.pending[slot]?;
        let plan = self.plans.get(pending.plan);
        let mut after = *node;
        after.pending[slot] = None;
        let torn = pending.moved && !plan.moves.is_empty();
        let again = match self.bug {
            Some(Bug::NoRecheckAfterLostRace) => true,
            Some(Bug::HoldIgnored) => !torn,
            _ => false,
        };
        if (pending.lost || torn) && !again {
            return Some(after);
        }
        let before = self.ledgers.get(node.journals[plan.pipeline]);
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
        let push = Push { node, before: &before.facts, plan, moved: false, size: &self.size, who };
        after.broken |= push.broken();
        after.journals[plan.pipeline] = journal;
        self.land(&mut after, plan, crash);
        self.journal_moved(&mut after, plan.pipeline, Some(slot));
        if !plan.moves.is_empty() {
            self.branch_moved(&mut after, Some(slot));
        }
        after.broken |= when(self.ledgers.get(journal).facts.n > MOST_EVENTS, Rule::L2);
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
        let facts = self.ledgers.get(node.journals[plan.pipeline]);
        for &place in places_of(plan.pipeline) {
            let at = facts.facts.places[place].at;
            let there = &mut node.places[place];
            there.started &= at.is_some_and(|at| at.run.is_some());
            // What the journal has taken for its own, or what was put back, is nobody's change any more.
            there.by_person &= at.is_none_or(|at| at.content != there.content);
        }
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

    fn ticked(&self, node: &Node) -> Option<Node> {
        if !self.size.soaks {
            return None;
        }
        let mut after = *node;
        for (pipeline, journal) in after.journals.iter_mut().enumerate() {
            *journal = self
                .ticks
                .get(*journal, || self.keep(self.ledgers.get(*journal).after_tick(&self.stage, pipeline)));
        }
        for pending in after.pending.iter_mut().flatten() {
            pending.plan = self.plan_ticks.get(pending.plan, || {
                let plan = self.plans.get(pending.plan).after_tick();
                self.plans.number(plan.key(), plan)
            });
        }
        let dev = &mut after.places[DEV];
        dev.age = (dev.age + 1).min(2);
        after.ran |= 1 << dev.runs;
        (after != *node).then_some(after)
    }

    fn acted(&self, node: &Node, act: Act) -> Option<Node> {
        let ledger = self.ledgers.get(node.journals[0]);
        let mut after = *node;
        after.acts -= 1;
        match act.deed(&self.stage, node, ledger)? {
            Deed::Record(events) => self.record(&mut after, 0, "person", &events),
            Deed::Commit(place, content, forged) => {
                let at = ledger.facts.places[place].at.map(|at| at.content);
                let there = &mut after.places[place];
                (there.content, there.by_person) = (content, true);
                if let (DEV, Some(at)) = (place, at) {
                    let bit = 1 << at;
                    after.taken_out =
                        if at == content { after.taken_out & !bit } else { after.taken_out | bit };
                }
                if forged != Forgery::None {
                    after.forged = forged;
                }
                self.branch_moved(&mut after, None);
            }
        }
        Some(after)
    }

    /// Puts controllers in order, and holds the state against what must be so in every state and in every state of
    /// rest.
    fn finished(&self, node: Node) -> Node {
        let mut node = node.sorted();
        let ledgers = node.journals.map(|journal| self.ledgers.get(journal));
        node.broken |= torn(&node, &[&ledgers[0].facts, &ledgers[1].facts]);
        node.broken |= self.at_rest(&node);
        node
    }

    /// The rules that staying like this breaks, when nothing more happens by itself.
    fn at_rest(&self, node: &Node) -> u32 {
        let moving = node.pending.iter().any(Option::is_some)
            || (0..PLACES).any(|place| self.lags(node, place) || self.under_test(node, place).is_some())
            || self.ticked(node).is_some();
        if moving {
            return 0;
        }
        // Whoever may act looks; the other owner only ever waits.
        let owner = self.ledgers.get(node.journals[0]).facts.claims % 2;
        let owners = [u8::from(owner == 1), 0];
        let glances = [0, 1].map(|pipeline| self.look(node, owners[pipeline], pipeline));
        match glances.iter().any(|glance| glance.plan.is_some()) {
            true => 0,
            false => glances.iter().fold(0, |bits, glance| bits | glance.at_rest),
        }
    }

    fn lags(&self, node: &Node, place: PlaceNo) -> bool {
        let there = &node.places[place];
        there.runs != there.content || !there.contains
    }

    /// The release whose QA run is on its way, and not decided.
    fn under_test(&self, node: &Node, place: PlaceNo) -> Option<Content> {
        let ledger = self.ledgers.get(node.journals[pipeline_of(place)]);
        let at = ledger.facts.places[place].at.filter(|at| at.run.is_some())?;
        let there = &node.places[place];
        (there.started && there.says(at.content).is_none()).then_some(at.content)
    }

    fn judged(&self, node: &Node, place: PlaceNo, verdict: Verdict) -> Option<Node> {
        let content = self.under_test(node, place)?;
        let mut node = *node;
        node.places[place].says[usize::from(content) - 1] = Some(verdict);
        Some(node)
    }

    /// What the journals of a state say, for people and for the model's own reach.
    pub fn ledger(&self, node: &Node, pipeline: usize) -> &Ledger {
        self.ledgers.get(node.journals[pipeline])
    }

    /// What a controller is about to push, for people.
    pub fn plan_text(&self, node: &Node, slot: usize) -> String {
        node.pending[slot].map_or_else(String::new, |p| self.plans.get(p.plan).text())
    }

    fn look_steps(&self, node: &Node, steps: &mut Vec<Step>) {
        let busy = node.pending.iter().flatten().count();
        if busy >= self.size.controllers {
            return;
        }
        let is_busy = |who: u8| node.pending.iter().flatten().any(|p| p.who == who);
        let free =
            (0..if self.size.owners { 2 } else { 1 }).filter(|who| !self.size.owners || !is_busy(*who));
        for who in free {
            for pipeline in 0..PIPELINES {
                if self.size.releases[pipeline] > 0 && self.look(node, who, pipeline).plan.is_some() {
                    steps.push(Step::Look(who, pipeline));
                }
            }
        }
    }
}

impl Model for World {
    type State = Node;
    type Action = Step;

    fn init_states(&self) -> Vec<Node> {
        vec![self.first()]
    }

    fn actions(&self, node: &Node, steps: &mut Vec<Step>) {
        if node.broken != 0 {
            return;
        }
        // The checker's own limit is not heard by a thread that never runs out of work.
        if Instant::now() > self.until && !self.ended.load(Ordering::Relaxed) {
            self.cut.store(true, Ordering::Relaxed);
            return;
        }
        for pipeline in 0..PIPELINES {
            if self.ledger(node, pipeline).facts.released < self.size.releases[pipeline] {
                steps.push(Step::Release(pipeline));
            }
        }
        self.look_steps(node, steps);
        for (slot, pending) in node.pending.iter().enumerate() {
            let Some(pending) = pending else { continue };
            steps.push(Step::Push(slot));
            steps.push(Step::Crash(slot));
            if !self.plans.get(pending.plan).runs.is_empty() {
                steps.push(Step::PushAndCrash(slot));
            }
        }
        for place in 0..PLACES {
            if self.lags(node, place) {
                steps.push(Step::Sync(place));
            }
            if self.under_test(node, place).is_some() {
                steps.push(Step::Finish(place, Verdict::Passed));
                steps.push(Step::Finish(place, Verdict::Failed));
                if self.size.errors {
                    steps.push(Step::Finish(place, Verdict::Error));
                }
            }
        }
        steps.push(Step::Tick);
        if node.acts > 0 {
            steps.extend(self.size.kinds.iter().map(|act| Step::Act(*act)));
        }
    }

    fn next_state(&self, node: &Node, step: Step) -> Option<Node> {
        let after = match step {
            Step::Release(pipeline) => Some(self.released(node, pipeline)),
            Step::Look(who, pipeline) => self.looked(node, who, pipeline),
            Step::Push(slot) => self.pushed(node, slot, false),
            Step::PushAndCrash(slot) => self.pushed(node, slot, true),
            Step::Crash(slot) => {
                let mut after = *node;
                after.pending[slot] = None;
                Some(after)
            }
            Step::Sync(place) => Some(Self::synced(node, place)),
            Step::Finish(place, verdict) => self.judged(node, place, verdict),
            Step::Tick => self.ticked(node),
            Step::Act(act) => self.acted(node, act),
        };
        after.map(|after| self.finished(after))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        crate::properties::all()
    }
}
