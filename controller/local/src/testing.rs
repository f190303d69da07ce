//! For tests: HTTP servers that say exactly what they are told to say, scripts, a clock that stands still.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use towpath_core::time::Time;
use towpath_engine::ports::Clock;

use crate::config::HttpUrl;

/// What a server does with each connection after it read the request.
#[derive(Clone)]
struct Script {
    bytes: Vec<u8>,
    /// Repeats the last KiB for ever.
    endless: bool,
    /// Closes the connection; otherwise it stays open without another byte.
    close: bool,
}

/// A server on this machine; its threads end with the test's process.
pub(crate) struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// A server that answers every request alike.
    pub(crate) fn answering(status: u16, headers: &str, body: &str) -> Self {
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 {status} Said\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n{body}"
        );
        Self::start(Script { bytes: answer.into_bytes(), endless: false, close: true })
    }

    /// A server that sends these bytes, then rubbish for ever, or nothing without closing the connection.
    pub(crate) fn sending(bytes: &[u8], endless: bool) -> Self {
        Self::start(Script { bytes: bytes.to_vec(), endless, close: false })
    }

    fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        std::thread::spawn(move || {
            let mut open = Vec::new();
            for stream in listener.incoming().flatten() {
                if let Some(stream) = serve(stream, &script, &seen) {
                    open.push(stream);
                }
            }
        });
        Self { address, requests }
    }

    /// An address on this server.
    pub(crate) fn url(&self, path: &str) -> HttpUrl {
        HttpUrl::try_from(format!("http://{}{path}", self.address)).unwrap()
    }

    /// The requests so far, head and body.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// Serves one connection and answers it if it is to stay open.
fn serve(mut stream: TcpStream, script: &Script, seen: &Mutex<Vec<String>>) -> Option<TcpStream> {
    let request = read_request(&mut stream);
    seen.lock().unwrap().push(request);
    let mut written = stream.write_all(&script.bytes);
    while script.endless && written.is_ok() {
        written = stream.write_all(&[b'x'; 1024]);
    }
    (!script.close).then_some(stream)
}

fn read_request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_ascii_lowercase();
            let length =
                head.lines().find_map(|l| l.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
            let chunked_done = !head.contains("transfer-encoding: chunked") || body.ends_with("0\r\n\r\n");
            if body.len() >= length && chunked_done {
                return text;
            }
        }
        match stream.read(&mut chunk) {
            Ok(n) if n > 0 => request.extend_from_slice(&chunk[..n]),
            _ => return text,
        }
    }
}

/// A clock that stands still, in seconds since 1970.
pub(crate) struct FixedClock(pub(crate) i64);

impl Clock for FixedClock {
    fn now(&self) -> Time {
        Time::from_unix(self.0)
    }
}

/// Writes a script for `[./shell, NAME]`.
///
/// The script is an argument, because a file that was just written cannot always be run: a child that another
/// thread starts at that moment still holds it open.
pub(crate) fn script(folder: &Path, name: &str, body: &str) {
    std::fs::write(folder.join(name), format!("{body}\n")).unwrap();
    let shell = folder.join("shell");
    if !shell.exists() {
        std::os::unix::fs::symlink("/bin/sh", shell).unwrap();
    }
}
