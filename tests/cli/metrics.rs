//! A Prometheus that does not help: each command says what is wrong with it and what to do.
#![expect(clippy::unwrap_used, reason = "a fixture that fails ends its test")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use crate::support::{Bench, Ran, closed_port};

/// What stands in for a Prometheus; it answers each query as it was told last, until the test ends.
struct Prometheus {
    port: u16,
    answer: Arc<Mutex<(u16, String)>>,
}

impl Prometheus {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let answer = Arc::new(Mutex::new((200, matrix("[]"))));
        let told = Arc::clone(&answer);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (status, body) = told.lock().unwrap().clone();
                // A client that went away is its own concern.
                let _ = reply(stream, status, &body);
            }
        });
        Self { port, answer }
    }

    fn answers(&self, status: u16, body: &str) {
        *self.answer.lock().unwrap() = (status, body.to_owned());
    }
}

fn reply(stream: TcpStream, status: u16, body: &str) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    while reader.read_line(&mut line)? > 2 {
        let lower = line.to_ascii_lowercase();
        length = lower.strip_prefix("content-length: ").map_or(length, |n| n.trim().parse().unwrap());
        line.clear();
    }
    std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink())?;
    let head = format!("HTTP/1.1 {status} x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    reader.get_mut().write_all(format!("{head}{body}").as_bytes())
}

fn matrix(series: &str) -> String {
    format!("{{\"status\":\"success\",\"data\":{{\"resultType\":\"matrix\",\"result\":{series}}}}}")
}

const TEMPLATE: &str = "\
apiVersion: towpath.dev/v1alpha1
kind: MetricTemplate
metadata: { name: errors }
spec: { query: 'sum(rate(errors[1m]))', max: 1, interval: 1s, duration: 1h }
";

/// dev runs 1.1.0 and watches `errors` of the Prometheus on this port, whose address has a secret in it.
fn watching(port: u16) -> Bench {
    let bench = Bench::new();
    let metrics =
        format!("metrics: {{ prometheus: {{ url: \"http://127.0.0.1:{port}/?access_token=hush\" }} }}\n");
    bench.replace("pipelines/towpath.yaml", "kind: Local\n", &format!("kind: Local\n{metrics}"));
    bench.write("pipelines/errors.yaml", TEMPLATE);
    bench.replace("pipelines/web.yaml", "{ qa: { template: smoke } }", "{ metrics: { template: errors } }");
    bench.towpath(&["reconcile"]).code(0);
    bench.release("1.1.0", 'a');
    bench
}

/// What each command says of the metric that dev waits for.
#[track_caller]
fn told(bench: &Bench, cause: &str, next: &str) {
    let hides = |ran: Ran| {
        assert!(!ran.out.contains("hush") && !ran.err.contains("hush"), "{ran:#?}");
        ran
    };
    let cause = format!("metrics/errors has no reading: {cause}");
    hides(bench.towpath(&["status"])).code(0).out(&cause);
    let why = hides(bench.towpath(&["why", "dev"])).code(0).out(&format!("MetricsUnavailable: {cause}"));
    why.out("    object metrics/errors\n").out(&format!("    do     {next}"));
    hides(bench.towpath(&["why", "dev", "-o", "json"])).code(0).out(&format!("\"remedy\": \"{next}"));
    hides(bench.towpath(&["reconcile", "--dry-run"])).code(0).out(&cause);
}

#[test]
fn a_watch_that_reads_nothing_says_why() {
    let prometheus = Prometheus::new();
    let bench = watching(prometheus.port);
    // The first sample is due within the wait; a busy machine is that late from the beginning.
    let empty = "its expression gives no samples from ";
    let measure =
        "see that something is measured, or correct MetricTemplate errors in pipelines/errors.yaml: sum(";
    bench
        .towpath(&["reconcile", "--wait", "2s"])
        .code(5)
        .err(&format!("dev waits: metrics/errors has no reading: {empty}"))
        .err(&format!("  next: {measure}"));
    told(&bench, empty, measure);

    let passing = "see that it answers, as metrics.prometheus of towpath.yaml says";
    let number =
        "give it a number also where nothing happens, in MetricTemplate errors in pipelines/errors.yaml";
    for (status, body, cause, next) in [
        (
            200,
            matrix("[{\"values\":[[1,\"NaN\"],[2,\"+Inf\"]]}]"),
            "all 2 samples are NaN or infinite",
            number,
        ),
        (503, String::new(), "http://127.0.0.1", passing),
    ] {
        prometheus.answers(status, &body);
        told(&bench, cause, next);
        let once = bench.towpath(&["reconcile", "--once"]).code(0).err(cause);
        assert!(once.err.contains(&format!("  next: {next}")), "{once:#?}");
    }
}

#[test]
fn an_answer_that_stays_wrong_is_told_before_and_after_it_is_judged() {
    let prometheus = Prometheus::new();
    let bench = watching(prometheus.port);
    bench.towpath(&["reconcile", "--wait", "2s"]).code(5);
    let expression = "correct MetricTemplate errors in pipelines/errors.yaml: sum(rate(errors[1m]))";
    for (status, body, cause, next) in [
        (
            400,
            "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"no\"}",
            "it answers 400: bad_data: no",
            expression,
        ),
        (404, "", "it answers 404", "check metrics.prometheus.url"),
        (401, "", "it answers 401", "check metrics.prometheus.tokenEnv"),
    ] {
        prometheus.answers(status, body);
        told(&bench, &format!("http://127.0.0.1:{}/api/v1/query_range: {cause}", prometheus.port), next);
    }
    let judged = bench.towpath(&["reconcile", "--wait"]).code(6);
    let judged =
        judged.err("dev waits: metrics/errors ended Error ").err("it answers 401; next: check metrics.");
    assert!(judged.err.contains("  next: mend the gate, then: towpath resume shop/web dev"), "{judged:#?}");
    let journal = bench.host(&["log", "--format=%B", "refs/towpath/ledger/shop/web"]);
    assert!(journal.contains("it answers 401") && !journal.contains("hush"), "{journal}");
}

#[test]
fn a_prometheus_that_is_down_is_told_without_the_token_of_its_address() {
    let bench = watching(closed_port());
    let next = "see that it answers, as metrics.prometheus of towpath.yaml says";
    bench
        .towpath(&["reconcile", "--wait", "2s"])
        .code(5)
        .err("metrics/errors has no reading: http://127.0.0.1:")
        .err(&format!("  next: {next}"));
    told(&bench, "http://127.0.0.1:", next);
}
