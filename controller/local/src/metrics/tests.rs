use super::*;
use crate::testing::Server;

fn prometheus(server: &Server, token: bool) -> Prometheus {
    let config = PrometheusConfig {
        url: server.url("/prom/"),
        token: token.then(|| "T".to_owned().try_into().unwrap()),
        timeout: Span::seconds(1),
    };
    Prometheus::new(&config, &|_| Some("hunter2".into())).unwrap()
}

fn query() -> MetricQuery {
    MetricQuery {
        expression: "sum(rate(http_requests_total{code=~\"5..\"}[5m])) & more".into(),
        from: Time::from_unix(1_000),
        to: Time::from_unix(1_120),
        step: Span::seconds(60),
    }
}

fn ask(status: u16, body: &str) -> Result<Vec<Sample>, MetricsError> {
    prometheus(&Server::answering(status, "", body), false).range(&query())
}

fn matrix(series: &str) -> String {
    format!("{{\"status\":\"success\",\"data\":{{\"resultType\":\"matrix\",\"result\":[{series}]}}}}")
}

#[test]
fn one_series() {
    let server =
        Server::answering(200, "", &matrix("{\"metric\":{},\"values\":[[1000,\"0.5\"],[1060.781,\"2e3\"]]}"));
    let samples = prometheus(&server, true).range(&query()).unwrap();
    let pairs: Vec<_> = samples.iter().map(|s| (s.at.unix(), s.value)).collect();
    assert_eq!(pairs, [(1_000, 0.5), (1_060, 2000.0)]);
    let request = &server.requests()[0];
    assert!(request.starts_with("POST /prom/api/v1/query_range HTTP/1.1\r\n"), "{request}");
    assert!(request.to_ascii_lowercase().contains("\r\nauthorization: bearer hunter2\r\n"), "{request}");
    assert!(request.contains("&start=1000&end=1120&step=60&timeout=1s"), "{request}");
    assert!(request.contains("5..") && !request.contains("}[5m]") && request.contains("%26"), "{request}");
}

#[test]
fn no_series_is_no_samples() {
    assert_eq!(ask(200, &matrix("")), Ok(vec![]));
    assert_eq!(ask(200, &matrix("{\"metric\":{}}")), Ok(vec![]));
}

#[test]
fn special_numbers_arrive_as_such() {
    let samples = ask(200, &matrix("{\"values\":[[1,\"NaN\"],[2,\"+Inf\"],[3,\"-Inf\"]]}")).unwrap();
    assert!(samples[0].value.is_nan());
    assert_eq!((samples[1].value, samples[2].value), (f64::INFINITY, f64::NEG_INFINITY));
}

#[test]
fn unusable_answers() {
    for (status, body, expected) in [
        (200, matrix("{\"values\":[]},{\"values\":[]}"), "a matrix of 2 series: expected one"),
        (200, matrix("{\"values\":[[1,\"many\"]]}"), "not a number at a time: [1, \"many\"]"),
        (200, matrix("{\"values\":[[1e300,\"1\"]]}"), "not a number at a time"),
        (200, matrix("{\"values\":[[2,\"1\"],[1,\"1\"]]}"), "not in the order of time"),
        (200, matrix("{\"values\":[[1,1]]}"), "not readable"),
        (200, matrix("{\"histograms\":[[1,{\"count\":\"1\"}]]}"), "native histograms"),
        (200, matrix("").replace("matrix", "vector"), "of type vector: expected matrix"),
        (200, "{\"status\":\"success\"}".into(), "no data"),
        (200, "<html>Sign in</html>".into(), "not that of a Prometheus"),
        (200, String::new(), "not that of a Prometheus"),
        (
            200,
            "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"parse\"}".into(),
            "bad_data: parse",
        ),
        (
            400,
            "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"a\\nb\"}".into(),
            "400: bad_data: a b",
        ),
        (422, "{\"status\":\"error\",\"errorType\":\"execution\"}".into(), "422: execution: no words"),
        (401, "no".into(), "401; next: check metrics.prometheus.tokenEnv"),
        (404, String::new(), "404; next: check metrics.prometheus.url"),
        (200, "x".repeat(LARGEST as usize + 1), "larger than 4096 KiB"),
        (
            200,
            matrix("").replacen('{', "{\"warnings\":[\"PromQL warning: mixed\"],", 1),
            "it warns: PromQL warning: mixed",
        ),
    ] {
        let Err(MetricsError::Unusable(why)) = ask(status, &body) else {
            panic!("{expected}: {:?}", ask(status, &body))
        };
        assert!(why.contains(expected), "{expected}\n{why}");
        assert!(why.starts_with("http://127.0.0.1:") && why.chars().count() <= 280, "{why}");
    }
}

#[test]
fn what_may_pass_is_unavailable() {
    for (status, body, expected) in [
        (500, String::new(), "it answers 500"),
        (
            503,
            "{\"status\":\"error\",\"errorType\":\"timeout\",\"error\":\"slow\"}".into(),
            "503: timeout: slow",
        ),
        (429, "slow down".into(), "it answers 429"),
        (200, matrix("").replacen('{', "{\"warnings\":[\"store down\"],", 1), "it warns: store down"),
    ] {
        let Err(MetricsError::Unavailable(why)) = ask(status, &body) else { panic!("{expected}") };
        assert!(why.contains(expected), "{expected}\n{why}");
    }
    let hanging = prometheus(&Server::sending(b"HTTP/1.1 200 OK\r\n", false), false);
    let Err(MetricsError::Unavailable(why)) = hanging.range(&query()) else { panic!() };
    assert!(why.contains("no whole answer within 1s"), "{why}");
}

#[test]
fn redirects_are_unusable_and_keep_the_token() {
    let elsewhere = Server::answering(200, "", &matrix(""));
    let server = Server::answering(302, &format!("Location: {}\r\n", elsewhere.url("/")), "");
    let Err(MetricsError::Unusable(why)) = prometheus(&server, true).range(&query()) else { panic!() };
    assert!(
        why.contains("configure the final address; next: check metrics.prometheus.url")
            && !why.contains("hunter2"),
        "{why}"
    );
    assert!(elsewhere.requests().is_empty());
}

#[test]
fn empty_ranges_are_not_asked() {
    let server = Server::answering(200, "", &matrix(""));
    let backwards = MetricQuery { from: Time::from_unix(2), to: Time::from_unix(1), ..query() };
    let standing = MetricQuery { step: Span::seconds(0), ..query() };
    for query in [backwards, standing] {
        assert!(matches!(prometheus(&server, false).range(&query), Err(MetricsError::Unusable(_))));
    }
    assert!(server.requests().is_empty());
}

#[test]
fn without_configuration() {
    assert_eq!(
        NoMetrics.range(&query()).unwrap_err().to_string(),
        "failed to use the metric's answer: no metrics source is configured; next: add metrics.prometheus.url to towpath.yaml"
    );
}
