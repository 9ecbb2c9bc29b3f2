//! A TCP proxy between a client and the gateway, which a test can interrupt.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use anyhow::{Context, Result};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::AbortHandle,
};

use crate::TIMEOUT;

/// Number of bytes of a request's head that are searched for a websocket upgrade.
const HEAD: usize = 16 * 1024;

/// A relay of TCP connections to one address. It ends with this value.
#[derive(Debug)]
pub struct Proxy {
    base_url: String,
    shared: Arc<Shared>,
    accepting: AbortHandle,
}

#[derive(Debug)]
struct Shared {
    target: String,
    is_held: watch::Sender<bool>,
    connections: Mutex<Vec<Connection>>,
    sockets: AtomicU64,
}

#[derive(Debug)]
struct Connection {
    is_socket: bool,
    task: AbortHandle,
}

impl Proxy {
    /// Starts a proxy for the server at `base_url` (`http://host:port`), on a free loopback port.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn start(base_url: &str) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let target = base_url.strip_prefix("http://").context("the target has an http:// address")?.to_owned();
        let shared = Arc::new(Shared {
            target,
            is_held: watch::Sender::new(false),
            connections: Mutex::default(),
            sockets: AtomicU64::new(0),
        });
        let base_url = format!("http://{}", listener.local_addr()?);
        let accepting = tokio::spawn(Arc::clone(&shared).accept(listener)).abort_handle();
        Ok(Self { base_url, shared, accepting })
    }

    /// `http://127.0.0.1:port` of the proxy.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The number of websockets opened since the start.
    pub fn websockets_opened(&self) -> u64 {
        self.shared.sockets.load(Ordering::Relaxed)
    }

    /// Resets all websockets without a close frame; returns their number.
    pub fn reset_websockets(&self) -> usize {
        self.shared.reset(|connection| connection.is_socket)
    }

    /// Resets every connection; returns their number.
    pub fn reset_connections(&self) -> usize {
        self.shared.reset(|_| true)
    }

    /// Holds all traffic: connections stay open, nothing is delivered, new connections get no response.
    pub fn pause(&self) {
        self.shared.is_held.send_replace(true);
    }

    /// Ends a [`pause`](Self::pause); the held traffic is delivered.
    pub fn resume(&self) {
        self.shared.is_held.send_replace(false);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.reset_connections();
    }
}

impl Shared {
    async fn accept(self: Arc<Self>, listener: TcpListener) {
        while let Ok((near, _)) = listener.accept().await {
            let shared = Arc::clone(&self);
            let task = tokio::spawn(async move {
                // Broken connections are the purpose of this proxy.
                let _ = shared.relay(near).await;
            });
            let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
            connections.retain(|connection| !connection.task.is_finished());
            connections.push(Connection { is_socket: false, task: task.abort_handle() });
        }
    }

    async fn relay(&self, mut near: TcpStream) -> Result<()> {
        self.released().await;
        let mut head = vec![0; HEAD];
        let length = near.read(&mut head).await?;
        head.truncate(length);
        if String::from_utf8_lossy(&head).to_ascii_lowercase().contains("upgrade: websocket") {
            self.sockets.fetch_add(1, Ordering::Relaxed);
            self.mark_socket();
        }
        let mut far = tokio::time::timeout(TIMEOUT, TcpStream::connect(&self.target)).await??;
        near.set_nodelay(true)?;
        far.set_nodelay(true)?;
        far.write_all(&head).await?;
        let ((near_in, near_out), (far_in, far_out)) = (near.split(), far.split());
        tokio::try_join!(self.copy(near_in, far_out), self.copy(far_in, near_out))?;
        Ok(())
    }

    async fn copy(&self, mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) -> Result<()> {
        let mut bytes = vec![0; HEAD];
        loop {
            let length = from.read(&mut bytes).await?;
            self.released().await;
            if length == 0 {
                return Ok(to.shutdown().await?);
            }
            to.write_all(&bytes[..length]).await?;
        }
    }

    async fn released(&self) {
        // The sender lives as long as this value, so the wait cannot fail.
        let _ = self.is_held.subscribe().wait_for(|is_held| !is_held).await;
    }

    /// Marks the connection of the current task as a websocket.
    fn mark_socket(&self) {
        let Some(id) = tokio::task::try_id() else { return };
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        connections.iter_mut().filter(|connection| connection.task.id() == id).for_each(|one| one.is_socket = true);
    }

    fn reset(&self, which: impl Fn(&Connection) -> bool) -> usize {
        let connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        let open = connections.iter().filter(|connection| which(connection) && !connection.task.is_finished());
        open.map(|connection| connection.task.abort()).count()
    }
}
