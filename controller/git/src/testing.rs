//! A git host on this machine with faults, for tests.
//!
//! [`HostRepository`] is a bare repository in which somebody else works; [`GitServer`] serves repositories over
//! smart HTTP on 127.0.0.1 through `git http-backend`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Request, Response, StatusCode};
use git2::{ObjectType, Oid, Repository, Signature, Time};
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use towpath_process::{Cap, Command, Finished, Keep, run};

use crate::options::Token;

/// What these helpers fail with.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A bare repository on a host.
pub struct HostRepository(Repository);

/// One entry of a commit: path, mode such as `0o100644`, bytes (of a submodule nothing).
pub type HostEntry<'a> = (&'a str, i32, &'a [u8]);

impl HostRepository {
    /// Creates an empty repository, whose first branch is `main`, that may be pushed to over HTTP.
    pub fn create(path: &Path) -> Result<Self, Failure> {
        let repository = Repository::init_bare(path)?;
        repository.set_head("refs/heads/main")?;
        let host = Self(repository);
        host.configure("http.receivepack", "true")?;
        host.configure("receive.autogc", "false")?;
        Ok(host)
    }

    /// Opens a repository that exists.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        Ok(Self(Repository::open_bare(path)?))
    }

    /// Changes a setting, such as `receive.advertiseAtomic`.
    pub fn configure(&self, key: &str, value: &str) -> Result<(), Failure> {
        Ok(self.0.config()?.set_str(key, value)?)
    }

    /// Installs a hook, such as `pre-receive`: a script for `sh`.
    pub fn hook(&self, name: &str, script: &str) -> Result<(), Failure> {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = self.0.path().join("hooks");
        std::fs::create_dir_all(&folder)?;
        let file = folder.join(name);
        std::fs::write(&file, format!("#!/bin/sh\n{script}\n"))?;
        Ok(std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755))?)
    }

    /// Commits on top of a ref, which is made if it is missing: its tree with these entries set. Commits are a
    /// second apart, from 2026 on.
    pub fn commit(&self, name: &str, entries: &[HostEntry<'_>]) -> Result<String, Failure> {
        let parent = match self.0.find_reference(name) {
            Ok(reference) => Some(reference.peel_to_commit()?),
            Err(_) => None,
        };
        let mut tree = parent.as_ref().map(git2::Commit::tree).transpose()?.map(|tree| tree.id());
        for (path, mode, bytes) in entries {
            let id = match *mode {
                0o160_000 => Oid::hash_object(ObjectType::Blob, bytes)?,
                _ => self.0.blob(bytes)?,
            };
            tree = Some(self.with_entry(tree, path, *mode, id)?);
        }
        let tree = match tree {
            Some(tree) => self.0.find_tree(tree)?,
            None => self.0.find_tree(self.0.treebuilder(None)?.write()?)?,
        };
        let seconds = parent.as_ref().map_or(1_767_225_600, |parent| parent.time().seconds() + 1);
        let author = Signature::new("Somebody", "somebody@example.com", &Time::new(seconds, 0))?;
        let parents: Vec<_> = parent.iter().collect();
        let id = self.0.commit(None, &author, &author, "Somebody's change\n", &tree, &parents)?;
        self.0.reference(name, id, true, "")?;
        Ok(id.to_string())
    }

    /// Makes a ref at a commit and commits so many times on it; answers the tip.
    pub fn branch(&self, name: &str, from: &str, commits: usize) -> Result<String, Failure> {
        self.set(name, Some(from))?;
        let mut tip = from.to_owned();
        for n in 0..commits {
            tip = self.commit(name, &[("side", 0o100_644, n.to_string().as_bytes())])?;
        }
        Ok(tip)
    }

    /// Merges a commit into a ref, keeping the ref's tree.
    pub fn merge(&self, name: &str, other: &str) -> Result<String, Failure> {
        let ours = self.0.find_reference(name)?.peel_to_commit()?;
        let theirs = self.0.find_commit(Oid::from_str(other)?)?;
        let seconds = ours.time().seconds().max(theirs.time().seconds()) + 1;
        let author = Signature::new("Somebody", "somebody@example.com", &Time::new(seconds, 0))?;
        let id = self.0.commit(None, &author, &author, "Merge\n", &ours.tree()?, &[&ours, &theirs])?;
        self.0.reference(name, id, true, "")?;
        Ok(id.to_string())
    }

    /// A tree with one entry set, folders made as needed.
    fn with_entry(&self, tree: Option<Oid>, path: &str, mode: i32, id: Oid) -> Result<Oid, Failure> {
        let tree = tree.map(|tree| self.0.find_tree(tree)).transpose()?;
        let mut builder = self.0.treebuilder(tree.as_ref())?;
        match path.split_once('/') {
            Some((folder, rest)) => {
                let inner =
                    builder.get(folder)?.filter(|e| e.kind() == Some(ObjectType::Tree)).map(|e| e.id());
                builder.insert(folder, self.with_entry(inner, rest, mode, id)?, 0o040_000)?;
            }
            None => drop(builder.insert(path, id, mode)?),
        }
        Ok(builder.write()?)
    }

    /// Sets or deletes a ref, whatever it was.
    pub fn set(&self, name: &str, to: Option<&str>) -> Result<(), Failure> {
        match to {
            Some(id) => drop(self.0.reference(name, Oid::from_str(id)?, true, "")?),
            None => self.0.find_reference(name)?.delete()?,
        }
        Ok(())
    }

    /// The value of a ref.
    pub fn get(&self, name: &str) -> Option<String> {
        self.0.refname_to_id(name).ok().map(|id| id.to_string())
    }

    /// The mode of the entry at a path of a commit.
    pub fn mode(&self, commit: &str, path: &str) -> Option<i32> {
        let tree = self.0.find_commit(Oid::from_str(commit).ok()?).ok()?.tree().ok()?;
        tree.get_path(Path::new(path)).ok().map(|entry| entry.filemode_raw())
    }
}

/// What a server does instead of what it should.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Fault {
    /// Nothing else.
    #[default]
    None,
    /// Takes requests and never answers.
    Hang,
    /// Applies a push and closes the connection without an answer.
    LoseAnswer,
    /// Answers with this status.
    Status(u16),
    /// Speaks the old protocol of a server that only has files: no shallow fetches, no pushes.
    Dumb,
}

#[derive(Default)]
struct Behaviour {
    fault: Fault,
    token: Option<Token>,
    before_push: Option<Box<dyn FnOnce() + Send>>,
    elsewhere: Option<String>,
    requests: Vec<String>,
}

#[derive(Clone)]
struct Shared {
    root: PathBuf,
    behaviour: Arc<Mutex<Behaviour>>,
}

/// A smart HTTP server on 127.0.0.1; it ends when dropped.
pub struct GitServer {
    address: SocketAddr,
    shared: Shared,
    stop: Option<oneshot::Sender<()>>,
}

impl GitServer {
    /// Serves the repositories below a folder on a free port.
    pub fn start(root: &Path) -> Result<Self, Failure> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let shared = Shared { root: root.to_owned(), behaviour: Arc::default() };
        let address = listener.local_addr()?;
        let router = Router::new().fallback(serve).with_state(shared.clone());
        let (stop, stopped) = oneshot::channel();
        let run = move || {
            runtime.spawn(async move { axum::serve(listener, router).await });
            runtime.block_on(stopped).unwrap_or_default();
            runtime.shutdown_background();
        };
        std::thread::Builder::new().name("git server".to_owned()).spawn(run)?;
        Ok(Self { address, shared, stop: Some(stop) })
    }

    /// The URL of a repository below the root, such as `environments.git`.
    pub fn url(&self, repository: &str) -> String {
        format!("http://{}/{repository}", self.address)
    }

    /// Sets what goes wrong from now on.
    pub fn set_fault(&self, fault: Fault) {
        self.shared.behaviour().fault = fault;
    }

    /// Refuses requests without this token from now on.
    pub fn require(&self, token: Token) {
        self.shared.behaviour().token = Some(token);
    }

    /// Sends clients to another server from now on.
    pub fn redirect_to(&self, server: &GitServer) {
        self.shared.behaviour().elsewhere = Some(format!("http://{}", server.address));
    }

    /// Does something once, after the next push has been sent and before it is applied.
    pub fn before_next_push(&self, act: impl FnOnce() + Send + 'static) {
        self.shared.behaviour().before_push = Some(Box::new(act));
    }

    /// The requests since the last call: method, path and query.
    pub fn take_requests(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.behaviour().requests)
    }
}

impl Drop for GitServer {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).unwrap_or_default();
        }
    }
}

impl Shared {
    fn behaviour(&self) -> MutexGuard<'_, Behaviour> {
        self.behaviour.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a request: the fault to show, whether it may pass, and what to do before a push.
    fn admit(&self, request: &Request<Body>) -> (Fault, bool) {
        let mut behaviour = self.behaviour();
        behaviour.requests.push(format!("{} {}", request.method(), request.uri()));
        let shown = request.headers().get("authorization").and_then(|value| value.to_str().ok());
        let allowed = behaviour.token.as_ref().is_none_or(|token| Some(token.header().as_str()) == shown);
        (behaviour.fault, allowed)
    }
}

/// Larger pushes are not for tests.
const LARGEST_BODY: usize = 64 << 20;

async fn serve(State(shared): State<Shared>, request: Request<Body>) -> Response<Body> {
    let (fault, allowed) = shared.admit(&request);
    if let Some(elsewhere) = { shared.behaviour().elsewhere.clone() } {
        return moved(&format!("{elsewhere}{}", request.uri()));
    }
    match fault {
        Fault::Hang => return std::future::pending().await,
        Fault::Status(code) => return status(StatusCode::from_u16(code).unwrap_or_default()),
        Fault::None | Fault::LoseAnswer | Fault::Dumb => {}
    }
    if !allowed {
        let mut response = status(StatusCode::UNAUTHORIZED);
        let challenge = axum::http::HeaderValue::from_static("Basic realm=\"test\"");
        response.headers_mut().insert("www-authenticate", challenge);
        return response;
    }
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_BODY).await else { return status(StatusCode::PAYLOAD_TOO_LARGE) };
    let pushes = head.uri.path().ends_with("/git-receive-pack");
    // A git client asks with an empty request whether it may push.
    let applies = pushes && body.len() > 4;
    let work = move || {
        if applies && let Some(act) = { shared.behaviour().before_push.take() } {
            act();
        }
        answer(&shared.root, &head, body.to_vec(), fault)
    };
    let answered = tokio::task::spawn_blocking(work).await;
    if applies && fault == Fault::LoseAnswer {
        // Ends this connection's task and with it the connection.
        std::panic::resume_unwind(Box::new("an answer got lost"));
    }
    match answered {
        Ok(Ok(response)) => response,
        Ok(Err(_)) | Err(_) => status(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

fn status(code: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = code;
    response
}

fn moved(to: &str) -> Response<Body> {
    let mut response = status(StatusCode::FOUND);
    if let Ok(to) = to.parse() {
        response.headers_mut().insert("location", to);
    }
    response
}

/// Runs `git http-backend`, a CGI program (RFC 3875).
fn answer(
    root: &Path,
    head: &axum::http::request::Parts,
    body: Vec<u8>,
    fault: Fault,
) -> Result<Response<Body>, Failure> {
    let header = |name: &str| text(&head.headers, name);
    let query = if fault == Fault::Dumb { "" } else { head.uri.query().unwrap_or_default() };
    let mut command = Command::new("git", Duration::from_secs(60))
        .args(["http-backend"])
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("REQUEST_METHOD", head.method.as_str())
        .env("PATH_INFO", head.uri.path())
        .env("QUERY_STRING", query)
        .env("CONTENT_TYPE", header("content-type"))
        .env("CONTENT_LENGTH", body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", header("content-encoding"))
        .env("GIT_PROTOCOL", header("git-protocol"));
    command.stdin = body;
    command.stdout = Cap { bytes: LARGEST_BODY, keep: Keep::Head };
    response(&run(command)?)
}

fn text(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

fn response(finished: &Finished) -> Result<Response<Body>, Failure> {
    let bytes = &finished.stdout.bytes;
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").ok_or("an answer without headers")?;
    let (head, rest) = bytes.split_at(end);
    let head = std::str::from_utf8(head)?;
    let mut headers: BTreeMap<_, _> = head.lines().filter_map(|line| line.split_once(": ")).collect();
    let code = headers.remove("Status").and_then(|s| s.split(' ').next()).unwrap_or("200");
    let builder = Response::builder().status(code);
    let builder = headers.into_iter().fold(builder, |b, (name, value)| b.header(name, value));
    Ok(builder.body(Body::from(rest.get(4..).unwrap_or_default().to_vec()))?)
}
