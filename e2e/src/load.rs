//! Load that costs little to make: prepared bytes over kept-alive connections, at moments chosen beforehand.
//!
//! Threads and blocking sockets, not the tests' client: a runtime's timers tick in milliseconds, and what is measured
//! shares its processors with what measures.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use rand::Rng;
use serde_json::Value;

use crate::TIMEOUT;

/// A request, ready to be written.
#[derive(Clone, Debug)]
pub struct PreparedRequest {
    address: String,
    bytes: Arc<[u8]>,
}

impl PreparedRequest {
    /// A GraphQL operation for the gateway at `base_url` (`http://host:port`).
    pub fn operation(base_url: &str, token: &str, body: &Value) -> Self {
        let body = body.to_string();
        let head = format!("authorization: Bearer {token}\r\ncontent-type: application/json\r\n");
        Self::of(base_url, &format!("POST /graphql HTTP/1.1\r\n{head}content-length: {}\r\n", body.len()), &body)
    }

    /// A plain GET.
    pub fn get(base_url: &str, path: &str) -> Self {
        Self::of(base_url, &format!("GET {path} HTTP/1.1\r\n"), "")
    }

    fn of(base_url: &str, head: &str, body: &str) -> Self {
        let address = base_url.trim_start_matches("http://").to_owned();
        let bytes = format!("{head}host: {address}\r\n\r\n{body}").into_bytes().into();
        Self { address, bytes }
    }

    /// Sends it once; gives status and body.
    ///
    /// # Errors
    /// Without a whole answer.
    pub fn send(&self) -> Result<(u16, String)> {
        let mut line = Connection::open(&self.address)?;
        let status = line.exchange(&self.bytes)?;
        Ok((status, String::from_utf8_lossy(&line.body).into_owned()))
    }
}

/// What became of one request.
#[derive(Clone, Copy, Debug)]
pub struct Answered {
    /// Its status.
    pub status: u16,
    /// From the moment at which it was due, whenever it was sent, to the last byte of its answer.
    pub latency: Duration,
}

/// Requests that are sent at random moments, so many a second on the average, whatever becomes of those before.
#[derive(Debug)]
pub struct OpenLoop {
    stop: Arc<AtomicBool>,
    callers: Vec<JoinHandle<Result<Vec<Answered>>>>,
}

impl OpenLoop {
    /// Begins to send `shot`, with at most so many on their way at a time. What is due when all are is sent late, and
    /// its latency counts from when it was due.
    ///
    /// # Panics
    /// When the system gives no thread.
    pub fn start(shot: &PreparedRequest, per_second: f64, callers: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let due = Arc::new(Mutex::new(Instant::now()));
        let callers = (0..callers).map(|_| {
            let (shot, stop, due) = (shot.clone(), Arc::clone(&stop), Arc::clone(&due));
            thread::spawn(move || call(&shot, per_second, &due, &stop))
        });
        let callers = callers.collect();
        Self { stop, callers }
    }

    /// Ends it; gives what was answered.
    ///
    /// # Errors
    /// When a connection broke.
    pub fn stop(self) -> Result<Vec<Answered>> {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Vec::new();
        for caller in self.callers {
            all.extend(caller.join().map_err(|_| anyhow::anyhow!("a caller panicked"))??);
        }
        Ok(all)
    }
}

fn call(shot: &PreparedRequest, per_second: f64, due: &Mutex<Instant>, stop: &AtomicBool) -> Result<Vec<Answered>> {
    let mut line = Connection::open(&shot.address)?;
    let mut answered = Vec::new();
    loop {
        let at = {
            let mut due = due.lock().unwrap_or_else(PoisonError::into_inner);
            // Moments without a pattern: two loads at a steady beat would meet always or never.
            let gap = -f64::ln(1.0 - rand::rng().random::<f64>()) / per_second;
            *due += Duration::from_secs_f64(gap);
            *due
        };
        thread::sleep(at.saturating_duration_since(Instant::now()));
        if stop.load(Ordering::Relaxed) {
            return Ok(answered);
        }
        let status = line.exchange(&shot.bytes)?;
        answered.push(Answered { status, latency: at.elapsed() });
    }
}

struct Connection {
    stream: BufReader<TcpStream>,
    line: String,
    body: Vec<u8>,
}

impl Connection {
    fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).with_context(|| format!("cannot reach {address}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        Ok(Self { stream: BufReader::new(stream), line: String::new(), body: Vec::new() })
    }

    /// Sends a request and reads its whole answer; gives the status.
    fn exchange(&mut self, request: &[u8]) -> Result<u16> {
        self.stream.get_mut().write_all(request)?;
        let status = self.next_line()?.split(' ').nth(1).and_then(|status| status.parse().ok());
        let mut length = None;
        loop {
            let line = self.next_line()?;
            if line.is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().ok();
            }
        }
        self.body.resize(length.context("an answer without a length")?, 0);
        self.stream.read_exact(&mut self.body)?;
        status.context("an answer without a status")
    }

    fn next_line(&mut self) -> Result<&str> {
        self.line.clear();
        ensure!(self.stream.read_line(&mut self.line)? > 0, "the connection was closed");
        Ok(self.line.trim_end())
    }
}
