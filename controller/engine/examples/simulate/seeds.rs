//! What seeds came to, for people.

use std::io::Write;

use towpath_engine::sim::{Orders, Sum, replay, run, shrink};

/// The one line that says what seeds came to.
pub(crate) fn tell(out: &mut impl Write, sum: &Sum) -> std::io::Result<()> {
    writeln!(
        out,
        "simulation: {} seeds, {} passes ({} more left out), {} steps ({:.0} a second on {} cores), {} promotions, {} faults that struck, \
         {} distinct states, 0 violations, {:.1} s",
        sum.seeds,
        sum.passes,
        sum.left_out,
        sum.steps,
        sum.pace(),
        sum.cores,
        sum.promotions,
        sum.struck(),
        sum.states.len(),
        sum.seconds,
    )
}

/// The trace of a run, and the command that plays it again.
pub(crate) fn show(out: &mut impl Write, orders: &Orders) -> std::io::Result<bool> {
    let report = run(&Orders { trace: true, ..orders.clone() });
    for line in &report.trace {
        writeln!(out, "  {line}")?;
    }
    for (id, kind) in &report.planned {
        writeln!(out, "  fault {id}: {}", kind.text())?;
    }
    writeln!(out, "seed {}: {}", report.seed, report.violation.as_deref().unwrap_or("no violation"))?;
    writeln!(out, "replay: {}", replay(orders))?;
    Ok(report.violation.is_none())
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
