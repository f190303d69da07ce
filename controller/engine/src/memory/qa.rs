//! QA in memory: runs end when they are told to, with verdicts set beforehand.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use towpath_core::id::{Digest, GateName, Handle, Pid};
use towpath_core::verdict::{Outcome, Verdict};

use super::faults::{Fault, Faults};
use crate::ports::{QaError, QaRequest, QaRunner, RunStatus};

#[derive(Default)]
struct Contents {
    runs: BTreeMap<Handle, (QaRequest, Option<Outcome>)>,
    verdicts: BTreeMap<(String, Digest), Verdict>,
    starts: BTreeMap<Handle, u32>,
    manual: bool,
    elsewhere: bool,
}

/// QA in memory; clones are the same runner, whose runs outlive any host.
#[derive(Clone, Default)]
pub struct MemoryQa {
    contents: Rc<RefCell<Contents>>,
    faults: Faults,
}

impl MemoryQa {
    /// A runner whose runs end at the first look, passed unless said otherwise.
    pub fn new(faults: &Faults) -> Self {
        Self { contents: Rc::default(), faults: faults.clone() }
    }

    /// The same runner as another process sees it, with that process's faults.
    pub fn client(&self, faults: &Faults) -> Self {
        Self { contents: Rc::clone(&self.contents), faults: faults.clone() }
    }

    /// Sets what a template says of a digest.
    pub fn set(&self, template: &str, digest: &Digest, verdict: Verdict) {
        self.contents.borrow_mut().verdicts.insert((template.to_owned(), digest.clone()), verdict);
    }

    /// Lets runs run until [`MemoryQa::finish`].
    pub fn wait_for_finish(&self, manual: bool) {
        self.contents.borrow_mut().manual = manual;
    }

    /// Lets this runner say of every run that another host has it.
    pub fn belongs_elsewhere(&self, elsewhere: bool) {
        self.contents.borrow_mut().elsewhere = elsewhere;
    }

    /// Ends all runs.
    pub fn finish(&self) {
        let mut contents = self.contents.borrow_mut();
        let open: Vec<Handle> =
            contents.runs.iter().filter(|(_, (_, end))| end.is_none()).map(|(h, _)| h.clone()).collect();
        for handle in open {
            contents.end(&handle);
        }
    }

    /// How often each run was really started.
    pub fn starts(&self) -> BTreeMap<Handle, u32> {
        self.contents.borrow().starts.clone()
    }

    /// What a run was asked for, and how it ended; nothing while it runs.
    pub fn verdict(&self, handle: &Handle) -> Option<(QaRequest, Verdict)> {
        let contents = self.contents.borrow();
        let (request, end) = contents.runs.get(handle)?;
        Some((request.clone(), end.as_ref()?.verdict))
    }

    /// Everything that was ever judged: handle, request, verdict.
    pub fn verdicts(&self) -> Vec<(QaRequest, Verdict)> {
        let contents = self.contents.borrow();
        let ended =
            contents.runs.values().filter_map(|(q, end)| end.as_ref().map(|o| (q.clone(), o.verdict)));
        ended.collect()
    }
}

impl Contents {
    fn end(&mut self, handle: &Handle) {
        let Some((request, end)) = self.runs.get_mut(handle) else { return };
        let said = |digest: &Digest| self.verdicts.get(&(request.template.clone(), digest.clone())).copied();
        let worst = request.digests.values().filter_map(said).max_by_key(|v| *v != Verdict::Passed);
        let verdict = worst.unwrap_or(Verdict::Passed);
        *end = Some(Outcome { verdict, detail: format!("{} of {}", request.template, request.version) });
    }
}

impl QaRunner for MemoryQa {
    fn handle(&self, pid: &Pid, gate: &GateName, attempt: u32) -> Handle {
        let text = format!("qa-{pid}-{}-{attempt}", gate.as_str().replace('/', "-"));
        // A promotion id and a gate name have no blanks, so this parses; the fallback is never reached.
        Handle::parse(&text).unwrap_or_else(|_| self.handle(pid, gate, attempt))
    }

    fn ensure(&self, request: &QaRequest) -> Result<(), QaError> {
        let fault = self.faults.strike();
        match fault {
            Fault::CrashBefore => return Err(QaError::Crashed),
            Fault::Unreachable | Fault::Late => {
                return Err(QaError::Unavailable("injected fault".to_owned()));
            }
            _ => {}
        }
        let mut contents = self.contents.borrow_mut();
        if !contents.runs.contains_key(&request.handle) {
            contents.runs.insert(request.handle.clone(), (request.clone(), None));
            *contents.starts.entry(request.handle.clone()).or_default() += 1;
        }
        match fault {
            Fault::CrashAfter => Err(QaError::Crashed),
            Fault::LostAnswer => Err(QaError::Unavailable("injected fault".to_owned())),
            _ => Ok(()),
        }
    }

    fn poll(&self, handle: &Handle) -> Result<RunStatus, QaError> {
        let mut contents = self.contents.borrow_mut();
        if contents.elsewhere {
            return Ok(RunStatus::Elsewhere);
        }
        if !contents.manual {
            contents.end(handle);
        }
        Ok(match contents.runs.get(handle) {
            None => RunStatus::Absent,
            Some((_, None)) => RunStatus::Running,
            Some((_, Some(outcome))) => RunStatus::Finished(outcome.clone()),
        })
    }
}
