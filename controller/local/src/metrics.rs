//! Metrics from a Prometheus, or from whatever speaks its API (Thanos, Mimir, VictoriaMetrics).
//!
//! The API is that of <https://prometheus.io/docs/prometheus/latest/querying/api/>.

use std::time::Duration;

use serde::Deserialize;
use towpath_core::time::{Span, Time};
use towpath_engine::ports::{MetricQuery, Metrics, MetricsError, Sample};

use crate::config::{HttpUrl, PrometheusConfig};
use crate::error::LocalError;
use crate::http::{Answer, HttpClient, HttpError, shown};
use crate::line::one_line;
use crate::secret::{Secret, Variables};

/// The largest answer, in bytes: some 100,000 samples.
const LARGEST: u64 = 4 << 20;

/// What stands between a cause and the next thing to do, in the one text that an error of the port has.
const NEXT: &str = "; next: ";

/// The cause of an error of these adapters, and the next thing to do where they know it.
pub(crate) fn parted(why: &str) -> (&str, Option<&str>) {
    why.split_once(NEXT).map_or((why, None), |(cause, next)| (cause, Some(next)))
}

/// Range queries against a Prometheus.
#[derive(Debug)]
pub struct Prometheus {
    client: HttpClient,
    url: HttpUrl,
    token: Option<Secret>,
    timeout: Span,
}

/// The adapter of a host without metrics: every query says what to configure.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoMetrics;

impl Metrics for NoMetrics {
    fn range(&self, _query: &MetricQuery) -> Result<Vec<Sample>, MetricsError> {
        let why = format!("no metrics source is configured{NEXT}add metrics.prometheus.url to towpath.yaml");
        Err(MetricsError::Unusable(why))
    }
}

impl Prometheus {
    /// An adapter for the configured address; fails when the variable of its token is not set.
    pub fn new(config: &PrometheusConfig, variables: Variables<'_>) -> Result<Self, LocalError> {
        let (address, query) = config.url.as_str().split_once('?').unwrap_or((config.url.as_str(), ""));
        let separator = if query.is_empty() { "" } else { "?" };
        let url = format!("{}/api/v1/query_range{separator}{query}", address.trim_end_matches('/'));
        let url = HttpUrl::try_from(url).map_err(|reason| LocalError::Config {
            place: format!("{}: metrics.prometheus.url", crate::config::FILE_NAME),
            reason,
        })?;
        let deadline = Duration::from_secs(u64::from(config.timeout.as_seconds()));
        let token = config.secret(variables)?;
        Ok(Self { client: HttpClient::new(deadline, LARGEST), url, token, timeout: config.timeout })
    }

    fn ask(&self, query: &MetricQuery) -> Result<Answer, MetricsError> {
        let unix = |time: Time| time.unix().to_string();
        let (start, end) = (unix(query.from), unix(query.to));
        let (step, timeout) =
            (query.step.as_seconds().to_string(), format!("{}s", self.timeout.as_seconds()));
        let form = [
            ("query", query.expression.as_str()),
            ("start", &start),
            ("end", &end),
            ("step", &step),
            ("timeout", &timeout),
        ];
        self.client.post(&self.url, self.token.as_ref(), &form).map_err(|e| match e {
            HttpError::Unreachable(why) => MetricsError::Unavailable(self.place(&why)),
            HttpError::Useless(why) => {
                MetricsError::Unusable(self.place(&format!("{why}{NEXT}check metrics.prometheus.url")))
            }
        })
    }

    fn place(&self, why: &str) -> String {
        // Short enough that the ledger has room for both.
        let (cause, next) = parted(why);
        let cause = one_line(&format!("{}: {cause}", shown(&self.url)), 220);
        next.map_or_else(|| cause.clone(), |next| format!("{cause}{NEXT}{next}"))
    }
}

impl Metrics for Prometheus {
    fn range(&self, query: &MetricQuery) -> Result<Vec<Sample>, MetricsError> {
        if query.step == Span::default() || query.from > query.to {
            return Err(MetricsError::Unusable(format!(
                "a range from {} to {} in steps of {} has no points",
                query.from, query.to, query.step
            )));
        }
        let answer = self.ask(query)?;
        samples_of(&answer).map_err(|problem| match problem {
            Problem::Passing(why) => MetricsError::Unavailable(self.place(&why)),
            Problem::Lasting(why) => MetricsError::Unusable(self.place(&why)),
        })
    }
}

/// What is wrong with an answer, by whether it may be gone the next time.
#[derive(Debug, PartialEq)]
enum Problem {
    Passing(String),
    Lasting(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawAnswer {
    status: String,
    data: Option<RawData>,
    error_type: Option<String>,
    error: Option<String>,
    #[serde(default)]
    warnings: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawData {
    result_type: String,
    result: serde_json::Value,
}

#[derive(Deserialize)]
struct RawSeries {
    #[serde(default)]
    values: Vec<(f64, String)>,
    /// Native histograms, which are no numbers.
    #[serde(default)]
    histograms: Vec<serde::de::IgnoredAny>,
}

fn samples_of(answer: &Answer) -> Result<Vec<Sample>, Problem> {
    let raw = serde_json::from_slice::<RawAnswer>(&answer.body);
    if !(200..300).contains(&answer.status) {
        return Err(refusal(answer.status, raw.ok()));
    }
    let raw = raw.map_err(|e| {
        Problem::Lasting(format!(
            "its answer is not that of a Prometheus: {e}{NEXT}check metrics.prometheus.url"
        ))
    })?;
    if raw.status != "success" {
        return Err(Problem::Lasting(refusal_words(&raw)));
    }
    if let Some(warning) = raw.warnings.first() {
        return Err(warned(warning));
    }
    let data = raw.data.ok_or_else(|| Problem::Lasting("its answer has no data".to_owned()))?;
    series_of(data)
}

/// An answer with a status that is no success. Overload and restarts pass; a wrong query stays wrong.
fn refusal(status: u16, raw: Option<RawAnswer>) -> Problem {
    let words = raw.map(|raw| format!(": {}", refusal_words(&raw))).unwrap_or_default();
    let why = format!("it answers {status}{words}");
    match status {
        408 | 429 | 500.. => Problem::Passing(why),
        401 | 403 => Problem::Lasting(format!("{why}{NEXT}check metrics.prometheus.tokenEnv")),
        404 => Problem::Lasting(format!("{why}{NEXT}check metrics.prometheus.url")),
        _ => Problem::Lasting(why),
    }
}

fn refusal_words(raw: &RawAnswer) -> String {
    let kind = raw.error_type.as_deref().unwrap_or("no errorType");
    let kind = if kind.is_empty() { "no errorType" } else { kind };
    format!("{kind}: {}", one_line(raw.error.as_deref().unwrap_or("no words"), 160))
}

/// A warning means that the answer may be partial, so it is not used. Those about the expression itself
/// ("PromQL warning") stay; those about missing stores pass.
fn warned(warning: &str) -> Problem {
    let why = format!("it warns: {}", one_line(warning, 160));
    if warning.contains("PromQL") { Problem::Lasting(why) } else { Problem::Passing(why) }
}

fn series_of(data: RawData) -> Result<Vec<Sample>, Problem> {
    if data.result_type != "matrix" {
        let kind = one_line(&data.result_type, 40);
        return Err(Problem::Lasting(format!(
            "its answer is of type {kind}: expected matrix, one series over time"
        )));
    }
    let unreadable = |e: serde_json::Error| Problem::Lasting(format!("its series are not readable: {e}"));
    let mut series: Vec<RawSeries> = serde_json::from_value(data.result).map_err(unreadable)?;
    if series.len() > 1 {
        return Err(Problem::Lasting(format!(
            "the expression gives a matrix of {} series: expected one; aggregate, as in sum(...)",
            series.len()
        )));
    }
    let Some(series) = series.pop() else { return Ok(Vec::new()) };
    if !series.histograms.is_empty() {
        let why = "the expression gives native histograms: expected numbers, as from histogram_quantile(...)";
        return Err(Problem::Lasting(why.to_owned()));
    }
    let samples: Vec<_> = series.values.iter().map(sample_of).collect::<Result<_, _>>()?;
    let ordered = samples.iter().zip(samples.iter().skip(1)).all(|(a, b)| a.at < b.at);
    if ordered {
        Ok(samples)
    } else {
        Err(Problem::Lasting("its samples are not in the order of time".to_owned()))
    }
}

fn sample_of((at, value): &(f64, String)) -> Result<Sample, Problem> {
    let bad =
        || Problem::Lasting(format!("a sample is not a number at a time: [{at}, {:?}]", one_line(value, 40)));
    // Beyond the year 9999 there are no measurements; the bound also makes the conversion exact.
    if !(0.0..253_402_300_800.0).contains(at) {
        return Err(bad());
    }
    let value = value.parse::<f64>().map_err(|_| bad())?;
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked, and fractions are to be cut")]
    let at = Time::from_unix(at.floor() as i64);
    Ok(Sample { at, value })
}

#[cfg(test)]
mod tests;
