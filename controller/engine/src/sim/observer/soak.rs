//! How long releases ran upstream, as the cluster says and not the journal.

use std::collections::BTreeMap;

use towpath_core::id::{Digest, ImageName, Name};
use towpath_core::observation::Health;
use towpath_core::release::Image;
use towpath_core::time::{Span, Time};

use crate::sim::cluster::Cluster;
use crate::sim::releases::is_deployed;

type Digests = BTreeMap<ImageName, Digest>;

/// What ran where, and for how long without a break.
#[derive(Default)]
pub(super) struct Soaks {
    running: BTreeMap<Name, (Digests, Time)>,
    longest: BTreeMap<(Name, Digests), Span>,
    forgotten: Vec<Forgotten>,
}

/// A time that counts no more.
struct Forgotten {
    name: Name,
    digests: Digests,
    span: Span,
    /// The last event of the journal that says so.
    told: u64,
}

impl Soaks {
    /// Looks at the cluster.
    pub(super) fn look<'a>(&mut self, names: impl Iterator<Item = &'a Name>, cluster: &Cluster, now: Time) {
        for name in names {
            let there = cluster.runs(name).filter(|there| there.health == Health::Healthy);
            let known = self.running.get(name);
            let same = |(digests, since): &(Digests, Time)| {
                there.is_some_and(|there| &there.digests == digests && there.health_since == *since)
            };
            if known.map_or(there.is_none(), same) {
                continue;
            }
            self.end(name, now);
            if let Some(there) = there {
                self.running.insert(name.clone(), (there.digests.clone(), there.health_since));
            }
        }
    }

    fn end(&mut self, name: &Name, now: Time) {
        let Some((digests, since)) = self.running.remove(name) else { return };
        self.ran(name.clone(), digests, now.since(since));
    }

    fn ran(&mut self, name: Name, digests: Digests, span: Span) {
        let longest = self.longest.entry((name, digests)).or_default();
        *longest = (*longest).max(span);
    }

    /// The longest time that a release ran there without a break.
    pub(super) fn of(&self, name: &Name, images: &[Image], at: Time) -> Span {
        let ended =
            self.longest.iter().filter(|((env, digests), _)| env == name && is_deployed(images, digests));
        let running = self.running.get(name).filter(|(digests, _)| is_deployed(images, digests));
        ended
            .map(|(_, span)| *span)
            .chain(running.map(|(_, since)| at.since(*since)))
            .max()
            .unwrap_or_default()
    }

    /// What is taken back there has not soaked: the time before that counts no more.
    pub(super) fn forget(&mut self, name: &Name, images: &[Image], told: u64) {
        let here =
            |(env, digests): &(Name, Digests), _: &mut Span| env == name && is_deployed(images, digests);
        let gone = self.longest.extract_if(.., here);
        self.forgotten.extend(gone.map(|((name, digests), span)| Forgotten { name, digests, span, told }));
    }

    /// Of what is Verified by a journal that ends with this event, nobody knows what was taken back after it.
    pub(super) fn remember(&mut self, last: u64, is_verified: impl Fn(&Name, &Digests) -> bool) {
        let untold = |f: &mut Forgotten| f.told > last && is_verified(&f.name, &f.digests);
        let back: Vec<Forgotten> = self.forgotten.extract_if(.., untold).collect();
        back.into_iter().for_each(|f| self.ran(f.name, f.digests, f.span));
    }
}
