use std::collections::BTreeSet;

use super::*;
use crate::testing::{FixedClock, script};
use tempfile::TempDir;
use towpath_core::id::{CommitId, Digest, ImageName, PipelineId, ReleaseId};
use towpath_core::time::Time;

const NOW: i64 = 1_800_000_000;

struct Bench {
    folder: TempDir,
    qa: CommandQa,
}

impl Bench {
    /// A runner whose templates are the lines of `qa`; all can run `[./shell, SCRIPT]`.
    fn new(qa: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        script(folder.path(), "pass", "exit 0");
        let qa = Self::runner(&folder, qa, "here");
        Self { folder, qa }
    }

    fn runner(folder: &TempDir, qa: &str, instance: &str) -> CommandQa {
        let text = format!("apiVersion: towpath.dev/v1alpha1\nkind: Local\nowner: ci\nqa:\n  {qa}\n");
        let config = LocalConfig::parse(&folder.path().join("towpath.yaml"), &text).unwrap();
        CommandQa::new(&config, &folder.path().join("runs"), instance, Arc::new(FixedClock(NOW))).unwrap()
    }

    /// One template `t` that runs this script.
    fn running(body: &str, more: &str) -> Self {
        let bench = Self::new(&format!("t: {{ command: [./shell, t]{more} }}"));
        script(bench.folder.path(), "t", body);
        bench
    }

    fn request(&self, template: &str, attempt: u32) -> QaRequest {
        let pid = Pid::parse("p-0123456789abcdef0123").unwrap();
        let gate = GateName::parse(&format!("qa/{template}")).unwrap();
        let images = [("ghcr.io/acme/web", "a"), ("ghcr.io/acme/api", "b")];
        let digest = |hex: &str| Digest::parse(&format!("sha256:{}", hex.repeat(64))).unwrap();
        QaRequest {
            handle: self.qa.handle(&pid, &gate, attempt),
            pipeline: PipelineId::parse("shop/web").unwrap(),
            environment: Name::parse("staging").unwrap(),
            pid,
            commit: CommitId::parse(&"1".repeat(40)).unwrap(),
            release: ReleaseId::parse("r-0123456789abcdef0123").unwrap(),
            digests: images.map(|(name, hex)| (ImageName::parse(name).unwrap(), digest(hex))).into(),
            version: "1.4.2".into(),
            template: template.into(),
            parameters: [("url", "https://a/?b=c d"), ("max-users", "5")]
                .map(|(k, v)| (k.into(), v.into()))
                .into(),
            deadline: Time::from_unix(NOW + 1_000),
        }
    }

    fn outcome_of(&self, request: &QaRequest) -> Outcome {
        self.qa.ensure(request).unwrap();
        while self.qa.running() > 0 {
            assert!(self.qa.wait_for_change(Instant::now() + Duration::from_secs(60)), "nothing ends");
        }
        match self.qa.poll(&request.handle).unwrap() {
            RunStatus::Finished(outcome) => outcome,
            other => panic!("{other:?}"),
        }
    }

    fn outcome(&self) -> (Verdict, String) {
        let Outcome { verdict, detail } = self.outcome_of(&self.request("t", 1));
        (verdict, detail)
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(path)).unwrap()
    }
}

const LOG: &str = "; log qa-p-0123456789abcdef0123-qa-t-1@here/output.log";

#[test]
fn exit_codes() {
    for (body, verdict, detail) in [
        ("exit 0", Verdict::Passed, "exit code 0"),
        ("exit 1", Verdict::Failed, "exit code 1"),
        ("exit 2", Verdict::Error, "exit code 2, which is neither passed (0) nor failed (1)"),
        ("exit 75", Verdict::Error, "exit code 75, which is neither passed (0) nor failed (1)"),
        ("kill -9 $$", Verdict::Error, "was killed by signal 9"),
    ] {
        assert_eq!(Bench::running(body, "").outcome(), (verdict, format!("{detail}{LOG}")), "{body}");
    }
}

#[test]
fn what_does_not_start_is_an_error() {
    let bench = Bench::new("t: { command: [./nobody] }");
    let (verdict, detail) = bench.outcome();
    assert_eq!(verdict, Verdict::Error);
    assert!(
        detail.starts_with("did not start: failed to find the program") && detail.contains("/nobody"),
        "{detail}"
    );
    let late = QaRequest { deadline: Time::from_unix(NOW), ..bench.request("t", 2) };
    assert_eq!(bench.outcome_of(&late).detail, "did not start: its deadline was over before it started");
    let gone = QaRequest { template: "gone".into(), ..bench.request("t", 3) };
    assert!(bench.outcome_of(&gone).detail.contains("towpath.yaml has no qa.gone; it has: t"));
    let mut twins = bench.request("t", 4);
    twins.parameters = [("a-b", ""), ("a_b", "")].map(|(k, v)| (k.into(), v.into())).into();
    assert!(bench.outcome_of(&twins).detail.contains("TOWPATH_PARAM_A_B"));
    let mut nul = bench.request("t", 5);
    nul.version = "1\0".into();
    assert!(bench.outcome_of(&nul).detail.contains("TOWPATH_VERSION contains a NUL"));
}

#[test]
fn the_child_is_told_everything_and_nothing_else() {
    let bench =
        Bench::running("env | sort > env.txt; pwd > pwd.txt; cat", ", junit: r.xml, environment: [CARGO]");
    bench.outcome();
    let env = bench.read("env.txt");
    let handle = "qa-p-0123456789abcdef0123-qa-t-1@here";
    let runs = bench.folder.path().join("runs");
    for line in [
        "TOWPATH_PIPELINE=shop/web".to_owned(),
        "TOWPATH_ENVIRONMENT=staging".into(),
        "TOWPATH_RELEASE=r-0123456789abcdef0123".into(),
        "TOWPATH_VERSION=1.4.2".into(),
        "TOWPATH_PROMOTION=p-0123456789abcdef0123".into(),
        format!("TOWPATH_COMMIT={}", "1".repeat(40)),
        format!(
            "TOWPATH_DIGESTS={{\"ghcr.io/acme/api\":\"sha256:{}\",\"ghcr.io/acme/web\":\"sha256:{}\"}}",
            "b".repeat(64),
            "a".repeat(64)
        ),
        format!(
            "TOWPATH_IMAGES=ghcr.io/acme/api@sha256:{} ghcr.io/acme/web@sha256:{}",
            "b".repeat(64),
            "a".repeat(64)
        ),
        "TOWPATH_TEMPLATE=t".into(),
        format!("TOWPATH_HANDLE={handle}"),
        format!("TOWPATH_DEADLINE={}", Time::from_unix(NOW + 1_000)),
        "TOWPATH_PARAMETERS={\"max-users\":\"5\",\"url\":\"https://a/?b=c d\"}".into(),
        "TOWPATH_PARAM_URL=https://a/?b=c d".into(),
        "TOWPATH_PARAM_MAX_USERS=5".into(),
        format!("TOWPATH_JUNIT={}/{handle}/r.xml", runs.display()),
    ] {
        assert!(env.lines().any(|l| l == line), "{line}\n{env}");
    }
    let names: BTreeSet<_> = env.lines().filter_map(|l| l.split_once('=')).map(|(name, _)| name).collect();
    let others: Vec<_> = names.into_iter().filter(|name| !name.starts_with("TOWPATH_")).collect();
    let expected = |name: &&str| ["CARGO", "HOME", "PATH", "PWD", "OLDPWD", "SHLVL", "_"].contains(name);
    assert!(others.iter().all(expected) && others.contains(&"CARGO"), "{others:?}");
    assert_eq!(bench.read("pwd.txt").trim(), bench.folder.path().to_str().unwrap());
}

#[test]
fn reports_decide_together_with_the_exit_code() {
    let (good, bad) = ("<testcase name='a'/>", "<testcase name='b'><failure/></testcase>");
    let skip = "<testcase name='c'><skipped/></testcase>";
    let write = |cases: String| format!("echo \"<testsuite>{cases}</testsuite>\" > $TOWPATH_JUNIT");
    for (body, code, verdict, detail) in [
        (write(format!("{good}{good}")), 0, Verdict::Passed, "2 tests"),
        (write(format!("{good}{skip}")), 0, Verdict::Passed, "2 tests, 1 skipped"),
        (write(format!("{good}{bad}")), 0, Verdict::Failed, "2 tests, 1 failed: b"),
        (write(format!("{good}{bad}")), 1, Verdict::Failed, "2 tests, 1 failed: b"),
        (write(good.into()), 1, Verdict::Failed, "1 test, none failed, but exit code 1"),
        (write(bad.into()), 3, Verdict::Error, "exit code 3, which is neither passed (0) nor failed (1)"),
        (write(skip.into()), 0, Verdict::Error, "1 test, 1 skipped: nothing was tested"),
        (write(String::new()), 0, Verdict::Error, "exit code 0, but the report has no tests"),
        (write("<testcase>".into()), 1, Verdict::Error, "exit code 1, but the report r.xml is not XML"),
        ("true".into(), 0, Verdict::Error, "exit code 0, but the report r.xml was not written"),
        ("ln -s /dev/zero $TOWPATH_JUNIT".into(), 0, Verdict::Error, "report r.xml is not a plain file"),
        ("mkfifo $TOWPATH_JUNIT".into(), 0, Verdict::Error, "report r.xml is not a plain file"),
        (
            "head -c 4200000 /dev/zero > $TOWPATH_JUNIT".into(),
            0,
            Verdict::Error,
            "r.xml is larger than 4 MiB",
        ),
    ] {
        let bench = Bench::running(&format!("{body}; exit {code}"), ", junit: r.xml");
        let (seen, words) = bench.outcome();
        assert!(seen == verdict && words.contains(detail) && words.ends_with(LOG), "{body}: {seen} {words}");
    }
}

#[test]
fn a_report_of_somebody_else_does_not_count() {
    let bench = Bench::running("exit 0", ", junit: r.xml");
    let request = bench.request("t", 1);
    let folder = bench.qa.run_folder(&request.handle);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("r.xml"), "<testsuite><testcase/></testsuite>").unwrap();
    assert!(bench.outcome().1.contains("was not written"));
}

#[test]
fn details_stay_short_and_keep_the_log() {
    let case = format!("<testcase name='{}'><failure/></testcase>", "x".repeat(300));
    let body = format!("echo \"<testsuite>{}</testsuite>\" > $TOWPATH_JUNIT", case.repeat(5));
    let bench = Bench::running(&body, ", junit: r.xml");
    let (verdict, detail) = bench.outcome();
    assert_eq!(verdict, Verdict::Failed);
    assert!(detail.chars().count() <= 300 && detail.ends_with(LOG), "{detail}");
}

#[test]
fn hanging_runs_end_at_the_earlier_deadline() {
    for (more, deadline) in [(", timeout: 1s", NOW + 1_000), ("", NOW + 1)] {
        // The grandchild holds the output open as well.
        let bench = Bench::running("sleep 600 & sleep 600", more);
        let request = QaRequest { deadline: Time::from_unix(deadline), ..bench.request("t", 1) };
        let expected = Outcome { verdict: Verdict::Error, detail: format!("timed out after 1s{LOG}") };
        assert_eq!(bench.outcome_of(&request), expected);
    }
}

#[test]
fn output_goes_to_the_log_alone() {
    let bench = Bench::running("echo hunter2; echo oops >&2; exit 1", "");
    assert!(!bench.outcome().1.contains("hunter2"));
    let log = bench.read("runs/qa-p-0123456789abcdef0123-qa-t-1@here/output.log");
    assert_eq!(log, "--- output\nhunter2\n\n--- error output\noops\n\n");

    let bench =
        Bench::running("head -c 3000000 /dev/urandom; head -c 3000000 /dev/zero >&2; echo the end", "");
    assert_eq!(bench.outcome().0, Verdict::Passed);
    let log = bench.folder.path().join("runs/qa-p-0123456789abcdef0123-qa-t-1@here/output.log");
    let log = std::fs::read(log).unwrap();
    assert!(log.len() < (1 << 20) + 1_000, "{}", log.len());
    assert!(log.windows(8).any(|w| w == b"the end\n"));
}

#[test]
fn a_run_starts_once() {
    let bench = Bench::running("echo x >> starts.txt", "");
    let request = bench.request("t", 1);
    assert_eq!(bench.qa.poll(&request.handle).unwrap(), RunStatus::Absent);
    bench.outcome_of(&request);
    bench.outcome_of(&request);
    assert_eq!(bench.read("starts.txt"), "x\n");
    bench.outcome_of(&bench.request("t", 2));
    assert_eq!(bench.read("starts.txt"), "x\nx\n");
}

#[test]
fn children_of_other_hosts_are_elsewhere() {
    let bench = Bench::running("exit 0", "");
    let other = Bench::runner(&bench.folder, "t: { command: [./shell, t] }", "there");
    let request = bench.request("t", 1);
    bench.outcome_of(&request);
    assert_eq!(other.poll(&request.handle).unwrap(), RunStatus::Elsewhere);
    assert!(matches!(other.ensure(&request), Err(QaError::Invalid(why)) if why.contains("another host")));
}

#[test]
fn waiting_tells_of_each_end_once() {
    let bench = Bench::new("t: { command: [./shell, t] }\n  slow: { command: [sleep, \"600\"] }");
    script(bench.folder.path(), "t", "exit 0");
    assert!(!bench.qa.wait_for_change(Instant::now()));
    bench.qa.ensure(&bench.request("slow", 1)).unwrap();
    bench.qa.ensure(&bench.request("t", 1)).unwrap();
    assert!(bench.qa.wait_for_change(Instant::now() + Duration::from_secs(60)));
    assert_eq!(bench.qa.running(), 1);
    assert_eq!(bench.qa.poll(&bench.request("slow", 1).handle).unwrap(), RunStatus::Running);
    assert!(!bench.qa.wait_for_change(Instant::now() + Duration::from_millis(20)));
}

#[test]
fn dropping_the_runner_kills_its_children() {
    let Bench { folder, qa } = Bench::new("slow: { command: [sleep, \"600\"] }");
    let bench = Bench { folder, qa };
    let request = bench.request("slow", 1);
    bench.qa.ensure(&request).unwrap();
    let log = bench.qa.run_folder(&request.handle).join("output.log");
    let Bench { folder: _folder, qa } = bench;
    assert!(!log.exists());
    drop(qa);
    assert!(log.exists(), "the log is written when the child has ended");
}

/// A runner that is stopped once its run has written to the pipe `ready`.
fn stopped_while(body: &str) -> (Bench, QaRequest) {
    let bench = Bench::running(body, "");
    let made = std::process::Command::new("mkfifo").arg(bench.folder.path().join("ready")).status();
    assert!(made.unwrap().success());
    let request = bench.request("t", 1);
    bench.qa.ensure(&request).unwrap();
    bench.read("ready");
    bench.qa.stop().ask();
    (bench, request)
}

#[test]
fn a_run_that_a_stop_kills_has_no_verdict() {
    for end in ["exit 0", "exit 1", "kill -9 $$"] {
        let body = format!("trap '{end}' TERM; sleep 600 & echo > ready; wait");
        let (bench, request) = stopped_while(&body);
        assert!(bench.qa.stop().asked());
        assert!(bench.qa.wait_for_change(Instant::now() + Duration::from_secs(60)), "who waits is woken");
        let log = bench.qa.run_folder(&request.handle).join("output.log");
        bench.qa.children.join();
        assert!(log.exists(), "it ended");
        assert_eq!(bench.qa.poll(&request.handle), Ok(RunStatus::Running), "{end}");
    }
}

#[test]
fn nothing_starts_after_a_stop() {
    let bench =
        Bench::new("t: { command: [./shell, t] }\n  far: { start: [./shell, t], poll: [./shell, t] }");
    script(bench.folder.path(), "t", "touch started; exit 69");
    bench.qa.stop().ask();
    for template in ["t", "far"] {
        let error = bench.qa.ensure(&bench.request(template, 1)).unwrap_err();
        assert_eq!(error, QaError::Unavailable("this host is being ended".to_owned()), "{template}");
    }
    let error = bench.qa.poll(&bench.request("far", 1).handle).unwrap_err();
    assert_eq!(error, QaError::Unavailable("this host is being ended".to_owned()));
    assert!(!bench.folder.path().join("started").exists());
}

#[test]
fn a_stop_interrupts_a_poll() {
    let bench = elsewhere("exit 0", "echo > ready; exec sleep 600");
    let made = std::process::Command::new("mkfifo").arg(bench.folder.path().join("ready")).status();
    assert!(made.unwrap().success());
    let (stop, ready) = (bench.qa.stop(), bench.folder.path().join("ready"));
    let stopper = std::thread::spawn(move || {
        std::fs::read(ready).unwrap();
        stop.ask();
    });
    let answer = bench.qa.poll(&bench.request("far", 1).handle);
    assert_eq!(answer, Err(QaError::Unavailable("this host is being ended".to_owned())));
    stopper.join().unwrap();
}

#[test]
fn a_new_run_removes_what_is_old() {
    let bench = Bench::running("exit 0", "");
    let old = bench.folder.path().join("runs/qa-p-0123456789abcdef0123-qa-t-9@gone");
    std::fs::create_dir(&old).unwrap();
    let month = Duration::from_secs(30 * 86_400);
    std::fs::File::open(&old).unwrap().set_modified(SystemTime::now() - month).unwrap();
    bench.outcome();
    assert!(!old.exists());
    assert!(bench.qa.run_folder(&bench.request("t", 1).handle).exists());
}

/// Runs that live in files: what a CI system elsewhere would be.
fn elsewhere(start: &str, poll: &str) -> Bench {
    let bench = Bench::new("far: { start: [./shell, start], poll: [./shell, poll], junit: r.xml }");
    script(bench.folder.path(), "start", start);
    script(bench.folder.path(), "poll", poll);
    bench
}

const POLL: &str = "[ -f verdict ] && { cp report $TOWPATH_JUNIT; exit $(cat verdict); }; [ -f $TOWPATH_HANDLE ] && exit 75; exit 69";

#[test]
fn polled_runs_are_found_again_by_any_host() {
    let bench = elsewhere("echo $TOWPATH_ENVIRONMENT >> starts.txt; touch $TOWPATH_HANDLE", POLL);
    let request = bench.request("far", 3);
    assert_eq!(request.handle.as_str(), "qa-p-0123456789abcdef0123-qa-far-3");
    assert_eq!(bench.qa.poll(&request.handle), Ok(RunStatus::Absent));
    assert_eq!(bench.qa.ensure(&request), Ok(()));
    assert_eq!(bench.qa.ensure(&request), Ok(()));
    let other =
        Bench::runner(&bench.folder, "far: { start: [no], poll: [./shell, poll], junit: r.xml }", "there");
    assert_eq!(other.ensure(&request), Ok(()), "it runs, so nothing is started");
    assert_eq!(other.poll(&request.handle), Ok(RunStatus::Running));
    assert_eq!(bench.read("starts.txt"), "staging\n");
    std::fs::write(bench.folder.path().join("report"), "<testsuite><testcase/></testsuite>").unwrap();
    for (code, verdict) in [("0", Verdict::Passed), ("1", Verdict::Failed), ("2", Verdict::Error)] {
        std::fs::write(bench.folder.path().join("verdict"), code).unwrap();
        let status = other.poll(&request.handle).unwrap();
        let RunStatus::Finished(outcome) = status else { panic!("{status:?}") };
        assert_eq!(outcome.verdict, verdict, "{}", outcome.detail);
        assert!(
            outcome.detail.ends_with("; log qa-p-0123456789abcdef0123-qa-far-3/poll.log"),
            "{}",
            outcome.detail
        );
    }
}

#[test]
fn starts_that_fail() {
    for (start, temporary, expected) in [
        ("echo hunter2 >&2; exit 1", false, "start of qa.far ended with exit code 1; log"),
        ("exit 75", true, "exit code 75"),
        ("kill -9 $$", true, "signal 9"),
    ] {
        let bench = elsewhere(start, "exit 69");
        let error = bench.qa.ensure(&bench.request("far", 1)).unwrap_err();
        assert_eq!(matches!(error, QaError::Unavailable(_)), temporary, "{error}");
        assert!(error.to_string().contains(expected) && !error.to_string().contains("hunter2"), "{error}");
    }
}

#[test]
fn polls_that_cannot_be_made() {
    let bench = Bench::new("far: { start: [./start], poll: [./nobody] }\n  near: { command: [near] }");
    let error = bench.qa.poll(&bench.request("far", 1).handle).unwrap_err();
    assert!(matches!(&error, QaError::Invalid(why) if why.contains("failed to find the program")), "{error}");
    let handle = |text: &str| Handle::parse(text).unwrap();
    let error = bench.qa.poll(&handle("qa-p-0123456789abcdef0123-qa-gone-1")).unwrap_err();
    assert!(error.to_string().contains("has no qa.gone; it has: far, near"), "{error}");
    let error = bench.qa.poll(&handle("qa-p-0123456789abcdef0123-qa-near-1")).unwrap_err();
    assert!(error.to_string().contains("qa.near has no start and poll"), "{error}");
    assert_eq!(bench.qa.poll(&handle("workflow-17")), Ok(RunStatus::Elsewhere));
}

#[test]
fn instances_are_plain_names() {
    let folder = tempfile::tempdir().unwrap();
    let text = "apiVersion: towpath.dev/v1alpha1\nkind: Local\nowner: ci\n";
    let config = LocalConfig::parse(&folder.path().join("towpath.yaml"), text).unwrap();
    let new = |runs: &str, instance: &str| {
        CommandQa::new(&config, &folder.path().join(runs), instance, Arc::new(FixedClock(NOW))).map(drop)
    };
    assert_eq!(new("runs", "a-1"), Ok(()));
    for bad in ["", "A", "a@b", "a/b", &"x".repeat(41)] {
        assert!(matches!(new("runs", bad), Err(LocalError::Config { .. })), "{bad}");
    }
    std::fs::write(folder.path().join("file"), "").unwrap();
    assert!(matches!(new("file", "a"), Err(LocalError::Folder { .. })));
}
