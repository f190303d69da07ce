//! One small HTTP client for the adapters: a deadline for the whole call, a cap on the answer, no redirects.
//!
//! TLS is rustls with aws-lc, given to this client alone, and trusts what the operating system trusts
//! (rustls-platform-verifier), so that a company's own certificate authority needs no setting here.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Body, http::Response};

use crate::config::{HttpUrl, is_loopback};
use crate::line::one_line;
use crate::secret::{Secret, without_secrets};

/// An HTTP client with its limits.
#[derive(Debug)]
pub(crate) struct HttpClient {
    /// For addresses on this machine, which no proxy can reach.
    direct: Agent,
    /// For all others, through the proxy of the environment if there is one.
    outward: Agent,
    deadline: Duration,
    largest: u64,
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status code, never one of a redirect.
    pub(crate) status: u16,
    /// The body, at most as large as the client's cap.
    pub(crate) body: Vec<u8>,
}

/// Why there is no answer; without address.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HttpError {
    /// The network, the host or the time.
    #[error("{0}")]
    Unreachable(String),
    /// It answers, but never with what we ask for.
    #[error("{0}")]
    Useless(String),
}

/// Looks names up as the library does, and knows a number when it sees one. The library looks up with every request, also on
/// a connection that it has, and where there is a deadline it starts a thread for it.
#[derive(Debug, Default)]
struct Numbers(DefaultResolver);

impl Resolver for Numbers {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let Some(address) = numeric(uri) else { return self.0.resolve(uri, config, timeout) };
        let mut addresses = self.empty();
        addresses.push(address);
        Ok(addresses)
    }
}

/// The address in a URI whose host is a number; `None` for names.
fn numeric(uri: &Uri) -> Option<SocketAddr> {
    let host = uri.host()?.trim_start_matches('[').trim_end_matches(']');
    let port = uri.port_u16().or(match uri.scheme_str()? {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    })?;
    Some(SocketAddr::new(host.parse::<IpAddr>().ok()?, port))
}

impl HttpClient {
    /// A client whose calls take at most `deadline` and whose answers have at most `largest` bytes.
    pub(crate) fn new(deadline: Duration, largest: u64) -> Self {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let agent = |proxy: Option<ureq::Proxy>| {
            let tls = TlsConfig::builder()
                .provider(TlsProvider::Rustls)
                .unversioned_rustls_crypto_provider(Arc::clone(&provider))
                .root_certs(RootCerts::PlatformVerifier)
                .build();
            let config = Agent::config_builder()
                .tls_config(tls)
                .proxy(proxy)
                .timeout_global(Some(deadline))
                .max_redirects(0)
                .max_redirects_will_error(false)
                .http_status_as_error(false)
                .user_agent(concat!("towpath/", env!("CARGO_PKG_VERSION")));
            Agent::with_parts(config.build(), DefaultConnector::default(), Numbers::default())
        };
        Self { direct: agent(None), outward: agent(ureq::Proxy::try_from_env()), deadline, largest }
    }

    /// Asks for a document.
    pub(crate) fn get(&self, url: &HttpUrl) -> Result<Answer, HttpError> {
        let request = self.agent(url).get(url.as_str()).header("Accept", "application/json");
        self.answer(request.call())
    }

    /// Sends a form, with a bearer token if there is one.
    pub(crate) fn post(
        &self,
        url: &HttpUrl,
        token: Option<&Secret>,
        form: &[(&str, &str)],
    ) -> Result<Answer, HttpError> {
        let mut request = self.agent(url).post(url.as_str()).header("Accept", "application/json");
        if let Some(token) = token {
            request = request.header("Authorization", format!("Bearer {}", token.expose()));
        }
        self.answer(request.send_form(form.iter().copied()))
    }

    fn agent(&self, url: &HttpUrl) -> &Agent {
        if is_loopback(url) { &self.direct } else { &self.outward }
    }

    fn answer(&self, response: Result<Response<Body>, ureq::Error>) -> Result<Answer, HttpError> {
        let mut response = response.map_err(|e| self.explain(&e))?;
        let status = response.status();
        if status.is_redirection() {
            let target =
                response.headers().get("location").and_then(|l| l.to_str().ok()).unwrap_or("nowhere");
            return Err(HttpError::Useless(format!(
                "it answers {} and redirects to {}: configure the final address",
                status.as_u16(),
                one_line(&without_secrets(target.split(['?', '#']).next().unwrap_or(target)), 80)
            )));
        }
        // The limit of the library is one that an allowed answer must not touch.
        let body = response.body_mut().with_config().limit(self.largest + 1).read_to_vec();
        Ok(Answer { status: status.as_u16(), body: body.map_err(|e| self.explain(&e))? })
    }

    fn explain(&self, error: &ureq::Error) -> HttpError {
        match error {
            ureq::Error::Timeout(_) => {
                HttpError::Unreachable(format!("no whole answer within {}s", self.deadline.as_secs_f32()))
            }
            ureq::Error::BodyExceedsLimit(_) => {
                HttpError::Useless(format!("the answer is larger than {} KiB", self.largest >> 10))
            }
            other => HttpError::Unreachable(one_line(&without_secrets(&other.to_string()), 120)),
        }
    }
}

/// An address for people: without query and fragment, which may hold what nobody else should see.
pub(crate) fn shown(url: &HttpUrl) -> &str {
    url.as_str().split(['?', '#']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Server;

    fn get(server: &Server, path: &str, largest: u64) -> Result<Answer, HttpError> {
        HttpClient::new(Duration::from_millis(500), largest).get(&server.url(path))
    }

    #[test]
    fn answers_come_with_their_status() {
        for (status, body) in [(200, "hello"), (404, "gone"), (500, "")] {
            let server = Server::answering(status, "", body);
            let answer = get(&server, "/a?b=c", 100).unwrap();
            assert_eq!((answer.status, answer.body), (status, body.as_bytes().to_vec()));
            assert!(server.requests()[0].starts_with("GET /a?b=c HTTP/1.1\r\n"), "{:?}", server.requests());
        }
    }

    #[test]
    fn numbers_are_known_and_names_are_looked_up() {
        let cases = [
            ("http://127.0.0.1:9090/api", Some("127.0.0.1:9090")),
            ("http://10.0.0.7/", Some("10.0.0.7:80")),
            ("https://[::1]/", Some("[::1]:443")),
            ("http://[fe80::1]:8080/", Some("[fe80::1]:8080")),
            ("http://localhost:9090/", None),
            ("http://1.2.3.4.example/", None),
            ("http://256.0.0.1/", None),
            ("gopher://127.0.0.1/", None),
        ];
        for (uri, address) in cases {
            let found = numeric(&uri.parse().unwrap()).map(|a| a.to_string());
            assert_eq!(found.as_deref(), address, "{uri}");
        }
    }

    #[test]
    fn what_is_too_large_is_not_read() {
        let server = Server::answering(200, "", &"x".repeat(2048));
        assert!(get(&server, "/", 2048).is_ok());
        let error = get(&server, "/", 2047).unwrap_err();
        assert_eq!(error, HttpError::Useless("the answer is larger than 1 KiB".into()));
        let endless = Server::sending(b"HTTP/1.1 200 OK\r\n\r\n", true);
        assert!(matches!(get(&endless, "/", 100), Err(HttpError::Useless(_))));
    }

    #[test]
    fn redirects_are_not_followed() {
        let elsewhere = Server::answering(200, "", "never");
        let location = format!("Location: {}\r\n", elsewhere.url("/there?token=hunter2"));
        let location = location.replace("http://", "http://bot:hunter2@");
        let server = Server::answering(307, &location, "");
        let error = get(&server, "/", 100).unwrap_err().to_string();
        assert!(
            error.contains("redirects to http://***:***@127.0.0.1:") && !error.contains("hunter2"),
            "{error}"
        );
        assert!(elsewhere.requests().is_empty());
    }

    #[test]
    fn silence_ends_at_the_deadline() {
        for start in [&b""[..], b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhal"] {
            let server = Server::sending(start, false);
            let error = get(&server, "/", 100).unwrap_err();
            assert_eq!(error, HttpError::Unreachable("no whole answer within 0.5s".into()));
        }
    }

    #[test]
    fn nobody_there_and_garbage() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let url = HttpUrl::try_from(format!("http://{free}/")).unwrap();
        let client = HttpClient::new(Duration::from_secs(5), 100);
        assert!(matches!(client.get(&url), Err(HttpError::Unreachable(_))));
        let server = Server::sending(b"SSH-2.0-OpenSSH\r\n\r\n", false);
        assert!(matches!(get(&server, "/", 100), Err(HttpError::Unreachable(_))));
        let url = server.url("/").as_str().replacen("http", "https", 1);
        let client = HttpClient::new(Duration::from_millis(500), 100);
        assert!(matches!(client.get(&HttpUrl::try_from(url).unwrap()), Err(HttpError::Unreachable(_))));
    }
}
