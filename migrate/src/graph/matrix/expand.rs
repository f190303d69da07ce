//! The product of the vectors, less what `exclude` says, and what `include` adds.

use std::collections::HashMap;

use super::budget::{Allowance, Budget};
use super::filter::{Match, matches};
use super::id::IdBuilder;
use super::spec::{Item, Pair, Spec, problem};
use super::{
    Cell, CellValue, Expansion, Leg, Legs, MAX_LEGS, Unknown, UnknownId, Unknowns, too_many as too_many_legs,
};
use crate::expression::{Value, folded, same};
use crate::read::{Document, Problem};

/// Expands a matrix.
pub(super) fn expand(
    spec: &Spec,
    unknowns: Vec<Unknown>,
    problems: &mut Vec<Problem>,
    document: &Document,
    budget: &Budget,
) -> Expansion {
    let include = includes(spec, problems, document);
    check_excludes(spec, problems, document);
    let mut builder = Builder { spec, include, legs: Vec::new(), too_many: false, is_cut: false };
    builder.product(Allowance::new(budget, spec));
    // Those that matched nothing so far may match what was not looked at.
    if !builder.is_cut {
        builder.unmatched();
    }
    let Builder { mut legs, too_many, is_cut, .. } = builder;
    if too_many {
        problems.push(problem(document, spec.token, too_many_legs()));
    }
    let more: Unknowns = spec.include.unknown.into_iter().collect();
    let is_exact = !is_cut && more.is_empty() && legs.iter().all(Leg::is_exact);
    if is_exact {
        name(&mut legs);
    }
    // What GitHub refuses has no legs at all.
    if is_exact && legs.is_empty() && problems.is_empty() {
        legs.push(Leg::alone());
    }
    let legs = Legs { legs, unknowns, more, too_many, is_cut };
    if is_exact { Expansion::Exact(legs) } else { Expansion::UpTo(legs) }
}

fn name(legs: &mut [Leg]) {
    let mut ids = IdBuilder::default();
    for leg in legs {
        let texts = leg.texts();
        leg.id = ids.build(texts.iter().map(String::as_str));
    }
}

impl Leg {
    /// The one that starts where everything is excluded: a job as if there were no matrix (runner:
    /// WorkflowTemplateEvaluator.cs, `EvaluateStrategy`, and `DefaultJobName` of WorkflowConstants.cs).
    fn alone() -> Self {
        Self {
            values: Vec::new(),
            naming: 0,
            id: Some("__default".to_owned()),
            is_included: false,
            depends_on: Unknowns::new(),
            extra: Unknowns::new(),
        }
    }

    /// The values that name the leg, as GitHub prints them; empty ones are left out. Unknown ones are printed as the
    /// expression that stands for them.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        let mut texts = Vec::with_capacity(self.naming);
        for (key, cell) in self.values.iter().take(self.naming) {
            match &cell.value {
                CellValue::Known(value) => leaves(value, &mut texts),
                CellValue::Unknown(_) | CellValue::Each(_) => texts.push(format!("${{{{ matrix.{key} }}}}")),
            }
        }
        texts
    }
}

/// The values in a value, in order, without keys (runner: `Traverse(omitKeys: true)`).
fn leaves(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::Null => {}
        Value::Array(array) => array.items().iter().for_each(|item| leaves(item, texts)),
        Value::Object(object) => object.iter().for_each(|(_, item)| leaves(item, texts)),
        simple => texts.extend(Some(simple.to_text().into_owned()).filter(|text| !text.is_empty())),
    }
}

/// An item of `include`.
struct Include<'s> {
    item: &'s Item,
    /// The keys that the vectors have: which legs are meant.
    filter: Vec<&'s Pair>,
    /// The other keys, each with its number among all of them: what these legs get.
    extra: Vec<(usize, &'s Pair)>,
    matched: Match,
}

fn includes<'s>(spec: &'s Spec, problems: &mut Vec<Problem>, document: &Document) -> Vec<Include<'s>> {
    let mut includes = Vec::with_capacity(spec.include.items.len());
    let mut numbers = HashMap::new();
    for item in &spec.include.items {
        if item.pairs.is_empty() && item.unknown.is_empty() {
            let message = "Matrix include mapping does not contain any values".to_owned();
            problems.push(problem(document, item.token, message));
            continue;
        }
        let (filter, others): (Vec<_>, Vec<_>) = item.pairs.iter().partition(|pair| spec.has(&pair.key));
        let extra = others.into_iter().map(|pair| {
            let next = numbers.len();
            (*numbers.entry(folded(&pair.key)).or_insert(next), pair)
        });
        let extra = extra.collect();
        includes.push(Include { item, filter, extra, matched: Match::No });
    }
    includes
}

fn check_excludes(spec: &Spec, problems: &mut Vec<Problem>, document: &Document) {
    for item in &spec.exclude.items {
        if item.pairs.is_empty() && item.unknown.is_empty() {
            let message = "Matrix exclude filter must not be empty".to_owned();
            problems.push(problem(document, item.token, message));
        }
        for pair in item.pairs.iter().filter(|pair| !spec.has(&pair.key)) {
            let message =
                format!("Matrix exclude key '{}' does not match any key within the matrix", pair.key);
            problems.push(problem(document, pair.key_token, message));
        }
    }
}

impl Spec {
    fn has(&self, key: &str) -> bool {
        self.vectors.iter().any(|vector| same(&vector.name, key))
    }
}

struct Builder<'s> {
    spec: &'s Spec,
    include: Vec<Include<'s>>,
    legs: Vec<Leg>,
    /// There are more legs than GitHub starts.
    too_many: bool,
    /// Not all combinations were looked at.
    is_cut: bool,
}

impl<'s> Builder<'s> {
    /// All combinations: the last vector changes fastest.
    fn product(&mut self, mut allowance: Allowance<'_>) {
        let vectors = &self.spec.vectors;
        if vectors.is_empty() || vectors.iter().any(|vector| vector.cells.is_empty()) {
            return;
        }
        let mut at = vec![0; vectors.len()];
        loop {
            if !allowance.spend() {
                self.is_cut = true;
                return;
            }
            let pairs = vectors.iter().zip(&at);
            let values: Vec<_> =
                pairs.filter_map(|(vector, at)| Some((&*vector.name, vector.cells.get(*at)?))).collect();
            self.combination(&values);
            // What `exclude` takes away does not count, so the legs tell, and not the product.
            if self.legs.len() > MAX_LEGS {
                self.legs.truncate(MAX_LEGS);
                self.too_many = true;
                return;
            }
            if !advance(&mut at, |index| vectors.get(index).map_or(0, |vector| vector.cells.len())) {
                return;
            }
        }
    }

    fn combination(&mut self, values: &[(&'s str, &'s Cell)]) {
        let mut depends_on: Unknowns = self.spec.exclude.unknown.into_iter().collect();
        for item in &self.spec.exclude.items {
            if item.pairs.is_empty() && item.unknown.is_empty() {
                continue;
            }
            match matches(values, &item.pairs, &item.unknown) {
                Match::Yes => return,
                Match::No => {}
                Match::Maybe(unknowns) => depends_on.extend(unknowns),
            }
        }
        let mut leg = Leg {
            values: values.iter().map(|(key, cell)| (Box::from(*key), (*cell).clone())).collect(),
            naming: values.len(),
            id: None,
            is_included: false,
            depends_on,
            extra: self.spec.include.unknown.into_iter().collect(),
        };
        // Where a leg has each of the other keys.
        let mut places = HashMap::new();
        for include in &mut self.include {
            include.add_to(&mut leg, values, &mut places);
        }
        self.legs.push(leg);
    }

    /// The items of `include` that no combination matched are legs of their own.
    fn unmatched(&mut self) {
        for include in &self.include {
            let depends_on = match &include.matched {
                Match::Yes => continue,
                Match::No => Unknowns::new(),
                Match::Maybe(unknowns) => unknowns.clone(),
            };
            if self.legs.len() >= MAX_LEGS {
                self.too_many = true;
                return;
            }
            let pairs = include.filter.iter().copied().chain(include.extra.iter().map(|(_, pair)| *pair));
            let values: Vec<_> = pairs.map(|pair| (pair.key.clone(), pair.cell.clone())).collect();
            let naming = values.len();
            let extra = include.item.unknown.clone();
            self.legs.push(Leg { values, naming, id: None, is_included: true, depends_on, extra });
        }
    }
}

impl Include<'_> {
    /// Adds what the item adds to a leg, if it means this leg.
    fn add_to(&mut self, leg: &mut Leg, values: &[(&str, &Cell)], places: &mut HashMap<usize, usize>) {
        let found = matches(values, self.filter.iter().copied(), &self.item.unknown);
        match &found {
            Match::No => return,
            Match::Yes => self.extra.iter().for_each(|(number, pair)| leg.set(*number, pair, places)),
            // What comes later may set the same key: it is said of the leg that it may be otherwise.
            Match::Maybe(unknowns) => {
                if !self.extra.is_empty() || !self.item.unknown.is_empty() {
                    leg.extra.extend(unknowns);
                }
            }
        }
        self.matched = match (std::mem::replace(&mut self.matched, Match::No), found) {
            (Match::Yes, _) => Match::Yes,
            (_, Match::Yes) if leg.depends_on.is_empty() => Match::Yes,
            (before, Match::Maybe(unknowns)) => before.or(&unknowns, &leg.depends_on),
            (before, _) => before.or(&Unknowns::new(), &leg.depends_on),
        };
    }
}

impl Match {
    fn or(self, some: &Unknowns, others: &Unknowns) -> Self {
        let before = if let Self::Maybe(unknowns) = self { unknowns } else { Unknowns::new() };
        Self::Maybe(before.into_iter().chain(some.iter().copied()).chain(others.iter().copied()).collect())
    }
}

impl Leg {
    fn set(&mut self, number: usize, pair: &Pair, places: &mut HashMap<usize, usize>) {
        let next = self.values.len();
        let place = *places.entry(number).or_insert(next);
        match self.values.get_mut(place) {
            Some((_, cell)) => *cell = pair.cell.clone(),
            None => self.values.push((pair.key.clone(), pair.cell.clone())),
        }
    }
}

/// The next combination; tells whether there is one.
fn advance(at: &mut [usize], length: impl Fn(usize) -> usize) -> bool {
    for (index, place) in at.iter_mut().enumerate().rev() {
        *place += 1;
        if *place < length(index) {
            return true;
        }
        *place = 0;
    }
    false
}

impl Legs {
    /// What is unknown.
    #[must_use]
    pub fn unknown(&self, id: UnknownId) -> Option<&Unknown> {
        self.unknowns.get(id.index())
    }
}
