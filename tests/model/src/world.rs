//! One model: its size, its stage, and what is kept once for all threads.

use towpath_core::event::Event;
use towpath_core::id::Actor;
use towpath_core::museum::Bug;

use crate::ledger::Ledger;
use crate::look::{Looked, Looker, Seen, View};
use crate::node::{Forgery, Node};
use crate::plan::Plan;
use crate::pool::{Memo, Pool};
use crate::size::Size;
use crate::stage::{PLACES, Stage, now, places_of};

/// A model of one size, with everything that was computed once.
pub struct World {
    /// How large it is.
    pub size: Size,
    /// The planted bug.
    pub bug: Option<Bug>,
    /// Pipelines and owners.
    pub stage: Stage,
    ledgers: Pool<Ledger>,
    plans: Pool<Plan>,
    looks: Memo<Glance>,
    folds: Memo<Option<u32>>,
    ticks: Memo<u32>,
    plan_ticks: Memo<u32>,
}

/// What is kept of a look.
#[derive(Debug, Clone, Copy)]
pub struct Glance {
    /// What to push.
    pub plan: Option<u32>,
    /// Rules that are broken by deciding so.
    pub broken: u32,
    /// Rules that are broken if nothing more happens by itself.
    pub at_rest: u32,
}

impl World {
    /// A model of this size, with at most one planted bug.
    pub fn new(size: Size, bug: Option<Bug>) -> Self {
        Self {
            size,
            bug,
            stage: Stage::new(&size),
            ledgers: Pool::default(),
            plans: Pool::default(),
            looks: Memo::default(),
            folds: Memo::default(),
            ticks: Memo::default(),
            plan_ticks: Memo::default(),
        }
    }

    /// How many journals, plans and decisions there were.
    pub fn counts(&self) -> (usize, usize, usize) {
        (self.ledgers.len(), self.plans.len(), self.looks.len())
    }

    fn plant(&self) {
        #[cfg(feature = "museum")]
        towpath_core::museum::plant(self.bug);
    }

    /// The first journal of a pipeline.
    pub fn begin(&self, pipeline: usize) -> u32 {
        self.keep(Ledger::begin(&self.stage, pipeline))
    }

    fn keep(&self, ledger: Ledger) -> u32 {
        self.ledgers.number(ledger.mark(), ledger)
    }

    /// What the journal of a pipeline says.
    pub fn ledger(&self, node: &Node, pipeline: usize) -> &Ledger {
        self.ledgers.get(node.journals[pipeline])
    }

    /// A plan.
    pub fn plan(&self, number: u32) -> &Plan {
        self.plans.get(number)
    }

    /// What a controller that looks at a pipeline now sees.
    pub fn view(&self, node: &Node, pipeline: usize) -> View {
        let facts = &self.ledger(node, pipeline).facts;
        let mut places = [None; PLACES];
        for &place in places_of(pipeline) {
            places[place] = Some(Seen::of(&node.places[place], &facts.places[place]));
        }
        let forged = if pipeline == 0 { node.forged } else { Forgery::None };
        View { journal: node.journals[pipeline], places, forged }
    }

    /// A look in full, for people and for the first time.
    pub fn look_closely(&self, view: &View, who: u8, pipeline: usize) -> Looked {
        self.plant();
        let ledger = self.ledgers.get(view.journal);
        Looker { stage: &self.stage, pipeline, ledger, view, who }.look()
    }

    /// A look; `key` is all that it depends on.
    pub fn look(&self, key: u64, view: &View, who: u8, pipeline: usize) -> Glance {
        self.looks.get(key, || {
            let looked = self.look_closely(view, who, pipeline);
            let plan = looked.plan.map(|plan| self.plans.number(plan.mark(), plan));
            Glance { plan, broken: looked.broken, at_rest: looked.at_rest }
        })
    }

    /// The journal after a plan; nothing when it does not fit.
    pub fn fold(&self, key: u64, journal: u32, plan: u32) -> Option<u32> {
        self.folds.get(key, || {
            self.plant();
            let (ledger, plan) = (self.ledgers.get(journal), self.plans.get(plan));
            let by = Actor::towpath();
            let after = ledger.after((&self.stage, plan.pipeline), &by, plan.at, &plan.events);
            after.ok().map(|ledger| self.keep(ledger))
        })
    }

    /// The journal after events that somebody else recorded.
    pub fn recorded(&self, journal: u32, pipeline: usize, by: &str, events: &[Event]) -> u32 {
        let by = Actor::parse(by).expect("a login");
        let after = self.ledgers.get(journal).after((&self.stage, pipeline), &by, now(), events);
        self.keep(after.expect("a person's act fits"))
    }

    /// The journal of a pipeline when a tick has passed.
    pub fn tick(&self, journal: u32, pipeline: usize) -> u32 {
        self.ticks
            .get(journal.into(), || self.keep(self.ledgers.get(journal).after_tick(&self.stage, pipeline)))
    }

    /// A plan when a tick has passed.
    pub fn plan_tick(&self, plan: u32) -> u32 {
        self.plan_ticks.get(plan.into(), || {
            let plan = self.plans.get(plan).after_tick();
            self.plans.number(plan.mark(), plan)
        })
    }
}
