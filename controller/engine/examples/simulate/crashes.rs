//! The crash sweep over openings, on all cores.

use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use towpath_engine::sim::{Course, Crashes, Opening, Swept, cores};

/// How often it is told how far it is.
const TOLD_EVERY: Duration = Duration::from_secs(10);

/// Plays openings with crashes at each effect, or at each pair of effects; with and without atomic pushes.
pub(crate) fn sweep(
    out: &mut (impl Write + Send),
    openings: &[Opening],
    pairs: bool,
) -> std::io::Result<Vec<Swept>> {
    let lives = openings.iter().flat_map(|opening| [(*opening, true), (*opening, false)]);
    let courses: Vec<_> =
        lives.map(|(opening, atomic)| (opening, atomic, Course::of(opening, atomic))).collect();
    let mut all: Vec<Swept> = courses.iter().map(|course| begun(course, pairs)).collect();
    let plans: Vec<(usize, &Course, Crashes)> = courses
        .iter()
        .enumerate()
        .filter_map(|(i, (_, _, course))| Some((i, course.as_ref().ok()?)))
        .flat_map(|(i, course)| plans(course, pairs).into_iter().map(move |crashes| (i, course, crashes)))
        .collect();
    writeln!(out, "crash sweep: {} lives of {} courses", plans.len(), courses.len())?;
    for (i, ended) in played(out, &plans) {
        let Some(swept) = all.get_mut(i) else { continue };
        match ended {
            Ok(late) => swept.late += u64::from(late),
            Err(why) => drop(swept.violation.get_or_insert(why)),
        }
    }
    for swept in &all {
        let (name, atomic) =
            (format!("{:?}", swept.opening), if swept.atomic { "atomic" } else { "not atomic" });
        let said = swept.violation.as_deref().unwrap_or("all end as without a crash");
        let (effects, lives, late) = (swept.effects, swept.lives, swept.late);
        writeln!(
            out,
            "{name:<18} {atomic:<10} {effects} effects, {lives} lives, {late} of them late: {said}"
        )?;
    }
    let lives: u64 = all.iter().map(|swept| swept.lives).sum();
    writeln!(out, "crash sweep: {} effects, {lives} lives", all.iter().map(|s| s.effects).sum::<u64>())?;
    Ok(all)
}

fn plans(course: &Course, pairs: bool) -> Vec<Crashes> {
    if pairs { course.twice() } else { course.once() }
}

fn begun((opening, atomic, course): &(Opening, bool, Result<Course, String>), pairs: bool) -> Swept {
    let (opening, atomic) = (*opening, *atomic);
    match course {
        Ok(course) => {
            let lives = plans(course, pairs).len() as u64;
            Swept { opening, atomic, effects: course.effects, lives, late: 0, violation: None }
        }
        Err(why) => Swept {
            opening,
            atomic,
            effects: 0,
            lives: 0,
            late: 0,
            violation: Some(format!("without a crash: {why}")),
        },
    }
}

/// How a life of a course ended.
type Ended = (usize, Result<bool, String>);

/// Plays all of them; answers how each ended, in the order of the plans.
fn played(out: &mut (impl Write + Send), plans: &[(usize, &Course, Crashes)]) -> Vec<Ended> {
    let (next, progress) =
        (AtomicUsize::new(0), Mutex::new(Progress { out, began: Instant::now(), told: Instant::now() }));
    let worker = || {
        let mut ended = Vec::new();
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            let Some((course, played, crashes)) = plans.get(i) else { return ended };
            ended.push((i, (*course, played.crash(crashes))));
            if let Ok(mut progress) = progress.try_lock() {
                progress.tell(i + 1, plans.len());
            }
        }
    };
    let mut ended: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores()).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().filter_map(|worker| worker.join().ok()).flatten().collect()
    });
    ended.sort_by_key(|(i, _)| *i);
    ended.into_iter().map(|(_, what)| what).collect()
}

/// How far a sweep is.
struct Progress<'a, W> {
    out: &'a mut W,
    began: Instant,
    told: Instant,
}

impl<W: Write> Progress<'_, W> {
    fn tell(&mut self, done: usize, of: usize) {
        if self.told.elapsed() < TOLD_EVERY {
            return;
        }
        self.told = Instant::now();
        let pace = done as f64 / self.began.elapsed().as_secs_f64();
        let left = of.saturating_sub(done) as f64 / pace;
        // Nobody is told, then.
        let _ = writeln!(self.out, "{done} of {of} lives, {pace:.0} a second, {left:.0} s left");
        let _ = self.out.flush();
    }
}
