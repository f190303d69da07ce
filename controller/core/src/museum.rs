//! Planted bugs that the simulator must find. Without the feature `museum` nothing of it is compiled in.
//!
//! Each names the bug of another promoter, or the known hazard, that it is modelled on; where none is public, it breaks
//! a rule of ours. `cargo xtask simulate --bugs` tells which check finds each, and at which seed.

/// Makes the bugs of one list: each is a sentence, a public report or a hazard that it is modelled on, its name, and the
/// rules by one of which the simulation has to find it.
macro_rules! museum {
    ($($(#[doc = $said:literal])+ $bug:ident by [$($rule:literal),+],)+) => {
        /// A bug of a kind that promoters have had.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Bug {
            $($(#[doc = $said])+ $bug,)+
        }

        /// How many there are.
        const COUNT: usize = [$(stringify!($bug)),+].len();

        /// All of them.
        pub const ALL: [Bug; COUNT] = [$(Bug::$bug),+];

        impl Bug {
            /// What it does, in a sentence for people.
            pub fn text(self) -> String {
                match self {
                    $(Self::$bug => first_paragraph(&[$($said),+]),)+
                }
            }

            /// The rules that say what is wrong with it: found by any other, it would be found by accident.
            pub const fn rules(self) -> &'static [&'static str] {
                match self {
                    $(Self::$bug => &[$($rule),+],)+
                }
            }

            /// Whether a check that found it says what is wrong with it.
            pub fn is_told_by(self, check: &str) -> bool {
                self.rules().contains(&check)
            }
        }
    };
}

fn first_paragraph(lines: &[&str]) -> String {
    let lines = lines.iter().map(|line| line.trim()).take_while(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}

museum! {
    /// After a lost race the old plan is pushed again on the new tip.
    ///
    /// Modelled on Kargo #3071, #5286: retries of a rejected push.
    NoRecheckAfterLostRace by ["S1", "S3", "S9", "S10", "S12"],
    /// Health that was read before the promotion counts.
    ///
    /// Modelled on gitops-promoter #991; Kargo #1411.
    StaleHealth by ["S1", "C6"],
    /// After loss of state the release is promoted once more.
    ///
    /// Modelled on Kargo #5282: a step runs again from stale state.
    RepromotionAfterStateLoss by ["S1", "S2"],
    /// The newest release is found by its name.
    ///
    /// Modelled on Kargo #6214, #6741: order by the names of promotions.
    OrderByName by ["C10"],
    /// A sample that is not a number is not a bad one.
    ///
    /// Modelled on what Kayenta's nanStrategy and Flagger's "no traffic" exist for.
    NanPasses by ["S7", "S8"],
    /// A replica that slept does not look for new holds.
    ///
    /// Modelled on leader election without a fence, as kube-leader-election documents of itself.
    HoldIgnored by ["S9"],
    /// A release that a person took out goes onward.
    ///
    /// Modelled on Kargo #3016: what a person decided is undone by the automation.
    RevertGoesOnward by ["S12"],
    /// Trailers are taken for facts.
    ///
    /// Modelled on gitops-promoter #550: a status believed without the commit it is of.
    ForgedPromotionBelieved by ["S12"],
    /// Tries are counted on the branch.
    ///
    /// Modelled on Kargo #5282: leftovers of an earlier try.
    PidReused by ["S2"],
    /// A promotion that changes nothing is live at once.
    ///
    /// Modelled on gitops-promoter #1319, #967.
    NoOpSkipsHealth by ["C6"],
    /// A status that does not say its commit is taken for one of ours.
    ///
    /// Modelled on gitops-promoter #550: empty SHA.
    EmptyRevision by ["C6"],
    /// Healthy for one moment is healthy.
    ///
    /// Modelled on Kargo #41.
    MomentaryHealth by ["C6"],
    /// What fails after it was Verified stays Verified.
    ///
    /// Modelled on Kargo #5144, #5128.
    FailedKeepsVerified by ["S1"],
    /// A newer release replaces one that is being verified.
    ///
    /// Modelled on Kargo #7032.
    SupersedesBeforeVerdict by ["S3"],
    /// A gate that did not run to its end has passed.
    ///
    /// Modelled on Kargo #7180: merged although the CI gate had failed.
    ErrorPasses by ["S7", "S8"],
    /// A verdict under gates that changed since goes on counting.
    ///
    /// Breaks our rule that a verdict is bound to the gates that it was made under; no public report of it is known.
    VerdictOfOldGates by ["S1"],
    /// An approval of one release lets another in.
    ///
    /// Breaks our rule that an approval is of one release; no public report of it is known.
    ApprovalOfAnother by ["S10"],
    /// Authors approve their own release.
    ///
    /// Modelled on four-eyes checks that some entrances lack.
    AuthorApproves by ["S10"],
    /// An approval counts for ever.
    ///
    /// Breaks our rule that approvals end; no public report of it is known.
    ExpiredApproval by ["S10"],
    /// An approval from before the failure counts after it.
    ///
    /// Breaks our rule that a failure voids approvals; no public report of it is known.
    VoidedApproval by ["S10"],
    /// The soak of one edge is asked of all.
    ///
    /// Breaks our rule that each edge has a soak of its own; no public report of it is known.
    SoakOfAnotherEdge by ["S1"],
    /// One upstream environment is enough where all are asked for.
    ///
    /// Breaks our rule for `all`, which Kargo's IsFreightAvailable tests have too; no public report of it is known.
    AnyForAll by ["S1", "S12"],
    /// What a person promotes by hand passes holds by.
    ///
    /// Modelled on Kargo's CVE-2026-27111 and -27112: a check that one of several entrances lacks.
    HoldIgnoredOnRequest by ["S9"],
    /// A person's change is overwritten by the next promotion.
    ///
    /// Modelled on Kargo #3016, #6334; the ping-pong of image updaters.
    RevertOverwritten by ["S12"],
    /// What was discovered last is the newest.
    ///
    /// Modelled on Kargo #6214: order by when and how an object was made.
    DowngradeByDiscovery by ["C10"],
    /// What failed comes again by itself.
    ///
    /// Modelled on Kargo's hold on automatic promotion after a person went back (#3016, #6334).
    RejectedComesAgain by ["S6"],
    /// What failed comes again inside another release.
    ///
    /// Breaks our rule that digests are rejected, not releases; no public report of it is known.
    RejectedInAnotherSet by ["S6"],
    /// It goes back to what was rejected.
    ///
    /// Breaks our rule for the target of a rollback; no public report of it is known.
    RollbackOntoRejected by ["S5"],
    /// It goes back to what is gone from the registry.
    ///
    /// Breaks our rule for the target of a rollback; no public report of it is known.
    RollbackOntoGone by ["S5"],
    /// A rollback that fails is rolled back.
    ///
    /// Modelled on Kargo's own rule against it.
    RollbackOfRollback by ["S5"],
    /// A rollback passes a hold by that stops rollbacks.
    ///
    /// Breaks our rule that some holds stop rollbacks; no public report of it is known.
    HeldRollback by ["S9"],
    /// A bake is cut short although its metrics cannot be read.
    ///
    /// Breaks our rule that a bake is cut only on a current good reading; no public report of it is known.
    BakeCutUnread by ["C9"],
    /// A push whose answer was lost counts as lost, whatever the branch says.
    ///
    /// Modelled on FoundationDB's commit_unknown_result.
    DuplicateAfterLostAnswer by ["S2"],
    /// A closed pull request is opened again.
    ///
    /// Modelled on Kargo #3435, #3639: pull requests outlive their promotions.
    ClosedComesAgain by ["S12"],
    /// A check that is green stays green when a gate closes.
    ///
    /// Modelled on gitops-promoter #1319: merged while the environment before it was not healthy.
    GreenForEver by ["S1", "S9", "S10", "S12"],
    /// A window is still open at the moment at which it closes.
    ///
    /// Modelled on the edges of sync windows, which Argo CD counts from a cron expression and a duration too.
    WindowEdgeInclusive by ["S9"],
    /// What a person promotes by hand passes windows by.
    ///
    /// Modelled on Argo CD's manualSync, which is a switch there and an override with a reason here.
    WindowIgnoredOnRequest by ["S9"],
    /// Another pipeline of which nothing is known satisfies a dependency.
    ///
    /// Breaks our rule that what is not known never satisfies; no public report of it is known.
    UnknownDependencyPasses by ["S1"],
    /// What another pipeline was told to run counts before it runs.
    ///
    /// Modelled on gitops-promoter #991, one pipeline further.
    DependencyOnWish by ["S1"],
    /// An expression that cannot be evaluated is true.
    ///
    /// Breaks our rule that errors never count as passed, as in Kargo #7180.
    BrokenExpressionPasses by ["S1"],
    /// What becomes of a pull request is no change to a host that looks whether there was one.
    ///
    /// Modelled on gitops-promoter #1007: the state of a pull request is out of date.
    ClosingUnseen by ["C9"],
    /// What was decided stands until something is seen, though time alone ends a soak or opens a window.
    ///
    /// Breaks our rule that a decision stands until the first time that any rule compares with; no public report of it
    /// is known.
    TimeUnseen by ["C9"],
    /// A host sleeps past the time at which its own wait is to be looked at.
    ///
    /// Breaks our rule that a wait says when it is looked at again, and is; no public report of it is known.
    SleepsPastWait by ["L4"],
    /// What is newer than an irreversible release goes back past it by itself.
    ///
    /// The schema of a database is the usual case; no public report of it is known.
    IrreversibleForgotten by ["S5"],
    /// What is labelled as irreversible goes back by itself.
    ///
    /// Breaks our rule that such a release goes back at a person's word only; no public report of it is known.
    IrreversibleGoesBack by ["S5"],
    /// A replica that slept between journal and branch pushes the branch all the same.
    ///
    /// Modelled on what fencing tokens exist for: a lease that ran out while its holder slept (Kleppmann 2016).
    SleeperPushes by ["S2"],
    /// What is journalled and not on the branch is given up at once.
    ///
    /// Modelled on FoundationDB's commit_unknown_result: what may still arrive is taken for lost.
    LandingNotAwaited by ["S2"],
    /// Who loses a race for the branch pushes it without an expected value.
    ///
    /// Modelled on a plain `git push --force`, and on libgit2's local transport, which does not look at the old value.
    ForcedPush by ["S4"],
    /// The commit is made from the tree that was seen before, not from the one that it goes on top of.
    ///
    /// Modelled on Kargo #5282: leftovers of an earlier checkout.
    OldTree by ["C8"],
    /// A pull request that was journalled and never opened is not opened any more.
    ///
    /// Breaks our rule that each effect is found or made again after a crash; no public report of it is known.
    ProposalForgotten by ["L1"],
    /// A cluster that does not answer shows what was wished for.
    ///
    /// Modelled on gitops-promoter #991: health that nobody looked up.
    SilenceIsLive by ["S1", "C6"],
    /// An Application that is missing in the answer keeps nothing back.
    ///
    /// Modelled on `all` over an empty list, as in Kargo #1411.
    MissingIsLive by ["S1", "C6"],
    /// A shallow copy is taken for the whole history.
    ///
    /// Modelled on checkouts with a depth of one, in which tools find no earlier release.
    CutHistoryIsWhole by ["S1"],
    /// A host decides by a clock that is behind.
    ///
    /// Breaks our rule that such a host waits; no public report of it is known.
    ClockBehindIgnored by ["S9"],
    /// Everything goes back at once.
    ///
    /// Breaks our rule for storms of rollbacks; no public report of it is known.
    StormIgnored by ["C11"],
    /// What is Verified is known by its tag.
    ///
    /// Modelled on tags that are moved: Argo CD Image Updater #187, Flux image policies on mutable tags.
    VerdictByTag by ["S1"],
    /// After a rollback that failed the next release comes by itself.
    ///
    /// Modelled on Kargo's hold on automatic promotion after a person went back.
    FailedRollbackGoesOn by ["C11"],
    /// A failure that is found hours later goes back as if it were new.
    ///
    /// Modelled on Kargo's rule to ignore failures that are older than 20 minutes.
    LateFailureGoesBack by ["C11"],
    /// A hold that selects by labels selects nothing.
    ///
    /// Breaks our rule that holds select by labels too; no public report of it is known.
    LabelHoldIgnored by ["S9"],
    /// A hold of an image keeps only the release that it was in first.
    ///
    /// Breaks our rule that a hold of a digest is about all that contains it; no public report of it is known.
    DigestHoldIgnored by ["S9"],
    /// A hold that ends some time holds nothing.
    ///
    /// Breaks our rule that a hold counts until its end; no public report of it is known.
    HoldWithEndIgnored by ["S9"],
    /// One approval is enough where two are asked for.
    ///
    /// Breaks our rule that approvals are counted; no public report of it is known.
    OneApprovalIsEnough by ["S10"],
    /// Two approvals of one person are two.
    ///
    /// Modelled on four-eyes checks that count approvals and not people.
    SamePersonTwice by ["S10"],
    /// Anybody's approval is one of the group's.
    ///
    /// Modelled on four-eyes checks that some entrances lack.
    GroupIgnored by ["S10"],
    /// A system outside that has an error has said yes.
    ///
    /// Modelled on Kargo #7180: what did not run to its end has passed.
    HttpErrorPasses by ["S1"],
    /// What a system outside said once counts for ever.
    ///
    /// Breaks our rule that answers end; no public report of it is known.
    OldAnswerCounts by ["S1", "L4"],
    /// A bake is charged with what was read before its own promotion.
    ///
    /// Modelled on gitops-promoter #550, #991: a failure that belongs to the release before.
    BakeFailureAfterNewer by ["S7"],
    /// A host does not look whose ledger it is.
    ///
    /// Modelled on two controllers with one configuration, which nothing keeps apart where no claim is asked.
    OwnerIgnored by ["S14"],
    /// What was overtaken comes again once what overtook it is gone.
    ///
    /// Modelled on Kargo's hold on automatic promotion after a person went back (#3016, #6334).
    BelowHighWater by ["S15"],
    /// A person passes any gate by, also where the environment allows that to nobody.
    ///
    /// Modelled on Kargo's CVE-2026-27111 and -27112: what may be done is not asked.
    OverrideNotAllowed by ["S1"],
    /// It goes back to what was Verified last, although what is older baked.
    ///
    /// Breaks our rule for the target of a rollback; no public report of it is known.
    NewestNotBaked by ["S5"],
    /// A newer release comes while one bakes, where the wiring lets each bake to its end.
    ///
    /// Modelled on Kargo #7032, for bakes.
    BakeNotAwaited by ["C10"],
    /// A commit says where it came from, with the credentials in the address.
    ///
    /// Modelled on repository addresses with credentials in the messages and logs of git tools.
    SecretInMessage by ["S13"],
    /// A remedy names the repository as the host reaches it, with the credentials.
    ///
    /// Modelled on repository addresses with credentials in the messages and logs of git tools.
    SecretInRemedy by ["S13"],
    /// Tries that are used up are forgotten after a while, so that a gate is tried for ever.
    ///
    /// Modelled on remediation without an end, as Flux has with retries of -1, where nobody asked for that.
    TriedForEver by ["L2"],
    /// What fails stays, as where automatic rollback is switched off.
    ///
    /// Modelled on controllers that report a failed health check and leave it at that.
    NoRollbackAtAll by ["L3"],
    /// Only who noted that a run is to begin sees to it that it does: after a crash nobody does.
    ///
    /// Modelled on work that is queued in memory, behind a status that says it has begun.
    RunForgotten by ["L5"],
    /// A run that has not failed so far has passed.
    ///
    /// Breaks our rule that nothing but a verdict is one; no public report of it is known.
    RunningPasses by ["S7"],
    /// A run that cannot be asked about has passed.
    ///
    /// Modelled on Kargo #7180: what did not run to its end has passed.
    PollErrorPasses by ["S7"],
    /// Who takes long to say how a run ended has said that it passed.
    ///
    /// Modelled on steps that go on after a timeout, as `timeout ... || true` in pipelines does.
    TimeoutPasses by ["S7"],
    /// A run whose begin hung for minutes is taken for one that has come to its end.
    ///
    /// Modelled on FoundationDB's commit_unknown_result: what is not known is taken for done.
    HangCountsAsAnswer by ["S7"],
    /// Of all samples of a window only the last counts.
    ///
    /// Modelled on health that is read once at the end, as in Kargo #41.
    LastSampleDecides by ["S7"],
    /// A comparison from before the promotion was last seen not to run says that it runs.
    ///
    /// Modelled on gitops-promoter #991, #1007: a status that nobody compared since.
    OldComparisonCounts by ["S1", "C6"],
    /// What a cut history does not show of the journal is taken for what never was.
    ///
    /// Modelled on checkouts with a depth, in which tools find no earlier commit.
    CutJournalIsWhole by ["S11"],
    /// Who rewinds the branch by force is taken for somebody who did nothing.
    ///
    /// Modelled on Kargo #3016, #6334: what a person did to the branch is undone by the automation.
    RewindOverwritten by ["S12"],
    /// Whether the journal is whole is known only to who remembers a newer one.
    ///
    /// Modelled on operators whose memory is the only copy of what they did.
    ClaimsIgnored by ["S1"],
    /// Who is told that something happened looks when it would have looked anyway.
    ///
    /// Modelled on webhooks that are acknowledged and dropped.
    NoticeIgnored by ["L4"],
    /// What is Degraded from its first moment on is waited for.
    ///
    /// Breaks our rule that what stays Degraded has failed; no public report of it is known.
    DegradedWaitedFor by ["L3"],
    /// A newer release replaces one that is on its way to being live.
    ///
    /// Modelled on Kargo #7032: a queued promotion replaces the one before it.
    SupersedesWhileSyncing by ["S3"],
    /// An approval that was taken back goes on counting.
    ///
    /// Breaks our rule that who approved may take that back; no public report of it is known.
    RevokedApprovalCounts by ["S10"],
    /// The journal says where it came from, with the credentials in the address.
    ///
    /// Modelled on clones that keep an address with its credentials in their configuration.
    SecretInFile by ["S13"],
}

#[cfg(feature = "museum")]
thread_local! {
    static PLANTED: std::cell::Cell<Option<Bug>> = const { std::cell::Cell::new(None) };
    static DECISIONS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
    static UNGUARDED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Lets this thread's decisions pass the production invariants by, or not any more: what the invariants refuse, nobody
/// else gets to see.
#[cfg(feature = "museum")]
pub fn lower_guard(lowered: bool) {
    UNGUARDED.set(lowered);
}

/// Whether the production invariants are asked.
#[cfg(feature = "museum")]
pub fn is_guarded() -> bool {
    !UNGUARDED.get()
}

/// Whether the production invariants are asked: always, in what people run.
#[cfg(not(feature = "museum"))]
pub const fn is_guarded() -> bool {
    true
}

/// Plants one bug in this thread, or takes it out.
#[cfg(feature = "museum")]
pub fn plant(bug: Option<Bug>) {
    PLANTED.set(bug);
}

/// Counts a decision of this thread, for the simulation's account of its steps.
#[cfg(feature = "museum")]
pub fn decides() {
    DECISIONS.set(DECISIONS.get() + 1);
}

/// Counts nothing, in what people run.
#[cfg(not(feature = "museum"))]
pub const fn decides() {}

/// How many decisions this thread made.
#[cfg(feature = "museum")]
pub fn decisions() -> u64 {
    DECISIONS.get()
}

/// Whether this bug is planted.
#[cfg(feature = "museum")]
pub fn planted(bug: Bug) -> bool {
    PLANTED.get() == Some(bug)
}

/// Whether this bug is planted: never, in what people run.
#[cfg(not(feature = "museum"))]
pub const fn planted(_: Bug) -> bool {
    false
}
