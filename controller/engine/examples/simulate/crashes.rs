//! The crash sweep over all openings, on all cores.

use std::io::Write;
use std::sync::Mutex;

use towpath_engine::sim::{Opening, Swept, cores, crash_once, crash_twice};

/// Plays each opening with crashes at each effect, or at each pair of effects; with and without atomic pushes.
pub(crate) fn sweep(out: &mut impl Write, pairs: bool) -> std::io::Result<Vec<Swept>> {
    let lives = Opening::ALL.into_iter().flat_map(|opening| [(opening, true), (opening, false)]);
    let open = Mutex::new(lives.collect::<Vec<_>>());
    let next = || open.lock().ok().and_then(|mut open| open.pop());
    let worker = || {
        let mut done = Vec::new();
        while let Some((opening, atomic)) = next() {
            done.push(if pairs { crash_twice(opening, atomic) } else { crash_once(opening, atomic) });
        }
        done
    };
    let mut all: Vec<Swept> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores()).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().filter_map(|worker| worker.join().ok()).flatten().collect()
    });
    all.sort_by_key(|swept| (format!("{:?}", swept.opening), !swept.atomic));
    for swept in &all {
        let (name, atomic) =
            (format!("{:?}", swept.opening), if swept.atomic { "atomic" } else { "not atomic" });
        let said = swept.violation.as_deref().unwrap_or("no violation");
        writeln!(out, "{name:<18} {atomic:<10} {} effects, {} lives: {said}", swept.effects, swept.lives)?;
    }
    let lives: u64 = all.iter().map(|swept| swept.lives).sum();
    writeln!(out, "crash sweep: {} effects, {lives} lives", all.iter().map(|s| s.effects).sum::<u64>())?;
    Ok(all)
}
