//! Stands in for Prometheus: answers the one query of the reference metric from real counts.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use towpath_core::time::Span;

use super::load::Counts;

/// The counts by service, such as `web-staging`.
pub(super) type Services = Arc<BTreeMap<String, Arc<Counts>>>;

/// The most samples of one answer, as in Prometheus.
const MOST_SAMPLES: usize = 11_000;

#[derive(Debug, Deserialize)]
struct Range {
    query: String,
    start: f64,
    end: f64,
    step: f64,
}

/// What it serves over HTTP.
pub(super) fn router(services: Services) -> Router {
    let answer = |State(services): State<Services>, Form(range): Form<Range>| async move {
        match answer(&services, &range) {
            Ok(result) => {
                let data = json!({ "resultType": "matrix", "result": result });
                (StatusCode::OK, Json(json!({ "status": "success", "data": data })))
            }
            Err(why) => {
                let error = json!({ "status": "error", "errorType": "bad_data", "error": why });
                (StatusCode::BAD_REQUEST, Json(error))
            }
        }
    };
    Router::new().route("/api/v1/query_range", post(answer)).with_state(services)
}

fn answer(services: &BTreeMap<String, Arc<Counts>>, range: &Range) -> Result<Value, String> {
    let (service, window) = error_ratio(&range.query)
        .ok_or("this stand-in knows one query, the ratio of http-errors: use a Prometheus for others")?;
    if !(range.step > 0.0 && range.start <= range.end && range.end.is_finite()) {
        return Err("expected start, end and step in seconds, start before end".to_owned());
    }
    // No series at all, as with a name that nobody exports.
    let Some(counts) = services.get(service).filter(|counts| !counts.is_empty()) else {
        return Ok(json!([]));
    };
    let times = std::iter::successors(Some(range.start), |at| Some(at + range.step));
    let times: Vec<f64> = times.take_while(|at| *at <= range.end).take(MOST_SAMPLES + 1).collect();
    if times.len() > MOST_SAMPLES {
        return Err(format!("more than {MOST_SAMPLES} points"));
    }
    let value = |at: f64| {
        let share = counts.between(at - f64::from(window.as_seconds()), at).share();
        json!([at, if share.is_nan() { "NaN".to_owned() } else { format!("{share:.4}") }])
    };
    Ok(json!([{ "metric": {}, "values": times.into_iter().map(value).collect::<Vec<_>>() }]))
}

/// The service and the range of `sum(rate(errors[R])) / sum(rate(requests[R]))`; nothing for other queries.
fn error_ratio(query: &str) -> Option<(&str, Span)> {
    let (errors, requests) = query.split_once(" / ")?;
    let (service, window) = rate(requests, "")?;
    (rate(errors, ",code=~\"5..\"")? == (service, window)).then_some((service, window))
}

fn rate<'q>(expression: &'q str, matcher: &str) -> Option<(&'q str, Span)> {
    let inner = expression.strip_prefix("sum(rate(http_requests_total{service=\"")?.strip_suffix("]))")?;
    let (service, rest) = inner.split_once('"')?;
    let window = rest.strip_prefix(matcher)?.strip_prefix("}[")?;
    Some((service, Span::parse(window).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUERY: &str = "sum(rate(http_requests_total{service=\"web\",code=~\"5..\"}[2s])) / \
                         sum(rate(http_requests_total{service=\"web\"}[2s]))";

    fn services() -> BTreeMap<String, Arc<Counts>> {
        let counts = Counts::default();
        for (at, error) in [(100.5, false), (101.5, true), (102.5, true), (103.5, true)] {
            counts.add(at, error);
        }
        let idle = Arc::new(Counts::default());
        BTreeMap::from([("web".to_owned(), Arc::new(counts)), ("idle".to_owned(), idle)])
    }

    fn ask(query: &str, start: f64, end: f64) -> Result<Value, String> {
        answer(&services(), &Range { query: query.to_owned(), start, end, step: 1.0 })
    }

    #[test]
    fn the_ratio_is_that_of_the_requests() {
        let values = ask(QUERY, 102.0, 104.0).unwrap()[0]["values"].clone();
        assert_eq!(values, json!([[102.0, "0.5000"], [103.0, "1.0000"], [104.0, "1.0000"]]));
    }

    #[test]
    fn without_requests_there_is_no_number_and_without_series_nothing() {
        assert_eq!(ask(QUERY, 200.0, 200.0).unwrap()[0]["values"], json!([[200.0, "NaN"]]));
        for service in ["idle", "nobody"] {
            assert_eq!(ask(&QUERY.replace("web", service), 102.0, 103.0).unwrap(), json!([]));
        }
    }

    #[test]
    fn other_queries_are_refused() {
        let up = "up{service=\"web\"}".to_owned();
        for query in
            [up, QUERY.replacen("web", "shop", 1), QUERY.replacen("2s", "1m", 1), QUERY.replace("5..", "4..")]
        {
            assert!(ask(&query, 102.0, 103.0).unwrap_err().contains("one query"), "{query}");
        }
        assert!(ask(QUERY, 103.0, 102.0).is_err() && ask(QUERY, 0.0, 1e9).is_err());
    }

    #[test]
    fn the_reference_metric_is_the_query_it_knows() {
        let template = include_str!("../../../../environments/pipelines/http-errors.yaml");
        let query = template
            .lines()
            .find_map(|line| line.trim().strip_prefix("query: '")?.strip_suffix('\''))
            .unwrap();
        let known = error_ratio(query);
        assert_eq!(known, Some(("{{ service }}", Span::seconds(60))));
    }
}
