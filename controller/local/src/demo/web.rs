//! One HTTP server with a thread of its own, on a free port of this machine.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::oneshot;

/// A server; it ends when dropped.
#[derive(Debug)]
pub(super) struct WebServer {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
}

impl WebServer {
    /// Serves `router` on a free port of 127.0.0.1, in a thread of this name.
    pub(super) fn start(name: &str, router: Router) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_io().build()?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let run = move || {
            runtime.spawn(async move { axum::serve(listener, router).await });
            // An error means that the server was dropped, which is the same.
            runtime.block_on(stopped).unwrap_or_default();
            runtime.shutdown_background();
        };
        std::thread::Builder::new().name(name.to_owned()).spawn(run)?;
        Ok(Self { address, stop: Some(stop) })
    }

    /// Its address, without a slash at the end.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for WebServer {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // It has ended already otherwise.
            stop.send(()).unwrap_or_default();
        }
    }
}
