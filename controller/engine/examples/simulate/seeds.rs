//! What seeds came to, for people.

use std::io::Write;
use std::ops::Range;
use std::time::Instant;

use towpath_engine::sim::{Orders, Report, Sum, play, replay, run, shrink};

/// How many seeds are played between two lines that say how far it is.
const STRETCH: u64 = 5_000;

/// Plays seeds until one breaks a rule; of many it says now and then how far it is.
pub(crate) fn play_telling(
    out: &mut impl Write,
    seeds: &Range<u64>,
    orders: &Orders,
) -> std::io::Result<Sum> {
    let (started, mut sum, mut from) = (Instant::now(), Sum::default(), seeds.start);
    while from < seeds.end && sum.broken.is_none() {
        let to = seeds.end.min(from.saturating_add(STRETCH));
        let part = play(&(from..to), orders);
        let cores = part.cores;
        sum = Sum { seconds: started.elapsed().as_secs_f64(), cores, ..sum.join(part) };
        if to < seeds.end && sum.broken.is_none() {
            let (all, pace) = (seeds.end - seeds.start, sum.seeds as f64 / sum.seconds.max(0.001));
            let left = (seeds.end - to) as f64 / pace.max(0.001) / 60.0;
            writeln!(out, "{} of {all} seeds, {pace:.0} a second, {left:.0} min left", sum.seeds)?;
            out.flush()?;
        }
        from = to;
    }
    Ok(sum)
}

/// The one line that says what seeds came to.
pub(crate) fn tell(out: &mut impl Write, sum: &Sum) -> std::io::Result<()> {
    writeln!(
        out,
        "simulation: {} seeds, {} passes ({} more left out), {} steps ({:.0} a second on {} cores), {} promotions, {} faults that struck, \
         {} distinct states, 0 violations, {:.1} s",
        sum.seeds,
        sum.tally.passes,
        sum.tally.left_out,
        sum.tally.steps,
        sum.pace(),
        sum.cores,
        sum.tally.promotions,
        sum.tally.struck(),
        sum.tally.states.len(),
        sum.seconds,
    )
}

/// The trace of a run, and the command that plays it again.
pub(crate) fn show(out: &mut impl Write, orders: &Orders) -> std::io::Result<Report> {
    let report = run(&Orders { trace: true, ..orders.clone() });
    for line in &report.trace {
        writeln!(out, "  {line}")?;
    }
    for (id, kind) in &report.planned {
        writeln!(out, "  fault {id}: {}", kind.text())?;
    }
    writeln!(out, "seed {}: {}", report.seed, report.violation.as_deref().unwrap_or("no violation"))?;
    writeln!(out, "replay: {}", replay(orders))?;
    Ok(report)
}

/// A seed that broke a rule: its faults are shrunk, then it is shown.
pub(crate) fn show_broken(out: &mut impl Write, orders: &Orders) -> std::io::Result<()> {
    let (all, shrunk) = match shrink(orders) {
        Some((shrunk, report)) => (run(orders).planned.len(), Some((shrunk, report.planned.len()))),
        None => (0, None),
    };
    show(out, shrunk.as_ref().map_or(orders, |(shrunk, _)| shrunk))?;
    if let Some((_, left)) = shrunk {
        writeln!(out, "{left} of {all} faults are needed; with all of them: {}", replay(orders))?;
    }
    Ok(())
}
