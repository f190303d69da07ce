//! How far a change reaches: for each thing that jobs need, which jobs, workflows, repositories and check runs.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::needs::{Kind, Needs};

/// A workflow of the estate.
#[derive(Debug, Clone, Copy)]
pub struct Member<'e> {
    /// The repository or folder that it is of.
    pub unit: &'e str,
    /// What its jobs need.
    pub needs: &'e Needs,
}

/// A job of the estate: the places of its workflow and of itself in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct JobAt {
    /// The place of the workflow in what was given.
    pub workflow: usize,
    /// The place of the job in [`Needs::jobs`].
    pub job: usize,
}

/// What a change of a thing reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach<'e> {
    /// What it is.
    pub kind: Kind,
    /// Its name.
    pub name: &'e str,
    /// The repository, where the name means another thing in each.
    pub unit: Option<&'e str>,
    /// Its versions, and how many workflows have each.
    pub versions: BTreeMap<&'e str, usize>,
    /// The jobs that need it, in order.
    pub jobs: Vec<JobAt>,
    /// How many workflows.
    pub workflows: usize,
    /// How many repositories or folders.
    pub units: usize,
    /// How many check runs.
    pub checks: usize,
}

/// What a change of each thing of some kinds reaches: kind by kind, and in each what reaches most workflows first.
///
/// One pass over the needs of all jobs; the workflows of a repository have to stand together.
#[must_use]
pub fn reach<'e>(members: impl IntoIterator<Item = Member<'e>>, of: impl Fn(Kind) -> bool) -> Vec<Reach<'e>> {
    let mut all: BTreeMap<(Kind, &str, Option<&str>), Counted<'e>> = BTreeMap::new();
    let mut units = 0;
    let mut last = None;
    for (workflow, member) in members.into_iter().enumerate() {
        units += usize::from(last != Some(member.unit));
        last = Some(member.unit);
        let at = At { workflow, unit: units };
        for ((kind, name), used) in used(member.needs, &of) {
            let unit = kind.is_local().then_some(member.unit);
            all.entry((kind, name, unit)).or_default().add(member.needs, at, used);
        }
    }
    let mut rows: Vec<_> = all.into_iter().map(|(key, counted)| counted.row(key)).collect();
    rows.sort_by_key(|row| (row.kind, Reverse(row.workflows)));
    rows
}

/// Where something is counted.
#[derive(Clone, Copy)]
struct At {
    workflow: usize,
    unit: usize,
}

#[derive(Default)]
struct Counted<'e> {
    versions: BTreeMap<&'e str, usize>,
    jobs: Vec<JobAt>,
    workflows: usize,
    units: usize,
    checks: usize,
    last_unit: Option<usize>,
}

/// How a workflow uses something: in which versions, and in which jobs, each once.
#[derive(Default)]
struct Used<'e> {
    versions: Vec<&'e str>,
    jobs: Vec<usize>,
}

/// What a workflow uses of some kinds, whatever its versions.
fn used(needs: &Needs, of: impl Fn(Kind) -> bool) -> BTreeMap<(Kind, &str), Used<'_>> {
    let mut by_thing: Vec<Vec<usize>> = vec![Vec::new(); needs.things.len()];
    for (at, job) in needs.jobs.iter().enumerate() {
        for thing in &job.things {
            by_thing.get_mut(*thing as usize).into_iter().for_each(|jobs| jobs.push(at));
        }
    }
    let mut all: BTreeMap<_, Used<'_>> = BTreeMap::new();
    let used = needs.things.iter().zip(by_thing).filter(|(thing, jobs)| of(thing.kind) && !jobs.is_empty());
    for (thing, jobs) in used {
        let used = all.entry((thing.kind, thing.name.as_str())).or_default();
        used.versions.push(&thing.version);
        used.jobs.extend(jobs);
    }
    for used in all.values_mut() {
        used.jobs.sort_unstable();
        used.jobs.dedup();
    }
    all
}

impl<'e> Counted<'e> {
    fn add(&mut self, needs: &'e Needs, at: At, used: Used<'e>) {
        for version in used.versions.into_iter().filter(|version| !version.is_empty()) {
            *self.versions.entry(version).or_default() += 1;
        }
        self.workflows += 1;
        self.units += usize::from(self.last_unit != Some(at.unit));
        self.last_unit = Some(at.unit);
        let of_job = |job: &usize| needs.jobs.get(*job).map_or(0, |job| job.check_count);
        self.checks += used.jobs.iter().map(of_job).sum::<usize>();
        self.jobs.extend(used.jobs.into_iter().map(|job| JobAt { workflow: at.workflow, job }));
    }

    fn row(self, (kind, name, unit): (Kind, &'e str, Option<&'e str>)) -> Reach<'e> {
        let Self { versions, jobs, workflows, units, checks, last_unit: _ } = self;
        Reach { kind, name, unit, versions, jobs, workflows, units, checks }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::super::needs::{JobNeeds, Thing};
    use super::*;

    fn thing(kind: Kind, name: &str, version: &str) -> Thing {
        Thing { kind, name: name.to_owned(), version: version.to_owned() }
    }

    fn needs(things: Vec<Thing>, jobs: &[(&[u32], usize)]) -> Needs {
        let job = |(things, check_count): &(&[u32], usize)| JobNeeds {
            id: String::new(),
            things: things.to_vec(),
            checks: Vec::new(),
            check_count: *check_count,
        };
        Needs { things, jobs: jobs.iter().map(job).collect(), is_cut: false }
    }

    #[test]
    fn what_reaches_most_is_first_in_its_kind() {
        let checkout = |version| thing(Kind::Action, "actions/checkout", version);
        let cache = || thing(Kind::Action, "actions/cache", "v4");
        let local = || thing(Kind::LocalAction, ".github/actions/x", "");
        let one = needs(vec![checkout("v4"), checkout("v5"), local()], &[(&[0, 2], 2), (&[0, 1], 3)]);
        let two = needs(vec![checkout("v4"), cache()], &[(&[0, 1], 1)]);
        let three = needs(vec![cache(), local()], &[(&[1], 5), (&[0], 7)]);
        let members = [("a", &one), ("a", &two), ("b", &three)];
        let members = members.map(|(unit, needs)| Member { unit, needs });
        let rows = reach(members, |_| true);
        let told: Vec<_> = rows
            .iter()
            .map(|row| (row.name, row.unit, row.jobs.len(), row.workflows, row.units, row.checks))
            .collect();
        assert_eq!(
            told,
            [
                ("actions/cache", None, 2, 2, 2, 8),
                ("actions/checkout", None, 3, 2, 1, 6),
                (".github/actions/x", Some("a"), 1, 1, 1, 2),
                (".github/actions/x", Some("b"), 1, 1, 1, 5),
            ]
        );
        let checkout = rows.iter().find(|row| row.name == "actions/checkout").unwrap();
        assert_eq!(checkout.versions, BTreeMap::from([("v4", 2), ("v5", 1)]));
        assert!(checkout.jobs.is_sorted());
        let local: Vec<_> = rows.iter().filter(|row| row.kind == Kind::LocalAction).cloned().collect();
        assert_eq!(reach(members, |kind| kind == Kind::LocalAction), local);
    }

    type Drawn = Vec<(u8, Vec<(BTreeSet<u32>, usize)>)>;

    fn estate() -> impl Strategy<Value = Drawn> {
        let job = (prop::collection::btree_set(0_u32..6, 0..4), 0_usize..4);
        prop::collection::vec((0_u8..3, prop::collection::vec(job, 0..4)), 0..8).prop_map(
            |mut drawn: Drawn| {
                drawn.sort_by_key(|(unit, _)| *unit);
                drawn
            },
        )
    }

    proptest! {
        /// The same as by counting everything again for each thing.
        #[test]
        fn counts_are_those_of_a_slow_count(drawn in estate()) {
            let things = || (0..6).map(|at: u32| thing(Kind::Secret, &format!("S{}", at / 2), &(at % 2).to_string())).collect::<Vec<_>>();
            let all: Vec<_> = drawn.iter().map(|(unit, jobs)| {
                let jobs = jobs.iter().map(|(things, checks)| JobNeeds {
                    id: String::new(),
                    things: things.iter().copied().collect(),
                    checks: Vec::new(),
                    check_count: *checks,
                });
                (unit.to_string(), Needs { things: things(), jobs: jobs.collect(), is_cut: false })
            }).collect();
            let rows = reach(all.iter().map(|(unit, needs)| Member { unit, needs }), |_| true);
            for name in ["S0", "S1", "S2"] {
                let mut jobs = BTreeSet::new();
                let (mut units, mut checks) = (BTreeSet::new(), 0);
                for (workflow, (unit, needs)) in all.iter().enumerate() {
                    for (at, job) in needs.jobs.iter().enumerate() {
                        if needs.things_of(job).any(|thing| thing.name == name) {
                            jobs.insert(JobAt { workflow, job: at });
                            units.insert(unit);
                            checks += job.check_count;
                        }
                    }
                }
                let workflows: BTreeSet<_> = jobs.iter().map(|job| job.workflow).collect();
                match rows.iter().find(|row| row.name == name) {
                    Some(row) => prop_assert_eq!(
                        (&row.jobs, row.workflows, row.units, row.checks),
                        (&jobs.into_iter().collect::<Vec<_>>(), workflows.len(), units.len(), checks)
                    ),
                    None => prop_assert!(jobs.is_empty()),
                }
            }
            prop_assert!(rows.is_sorted_by_key(|row| (row.kind, Reverse(row.workflows))));
        }
    }
}
