//! An open-loop load generator: prepared bytes over kept-alive connections, at times chosen in advance.
//!
//! It uses threads and blocking sockets because a runtime's timers tick in milliseconds, and because the generator
//! shares its processors with the gateway that it measures.

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

/// A prepared request.
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

    /// Sends the request once; returns status and body.
    ///
    /// # Errors
    /// Without a complete response.
    pub fn send(&self) -> Result<(u16, String)> {
        let mut line = Connection::open(&self.address)?;
        let status = line.exchange(&self.bytes)?;
        Ok((status, String::from_utf8_lossy(&line.body).into_owned()))
    }
}

/// The result of one request.
#[derive(Clone, Copy, Debug)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// From the time at which the request was due to the last byte of its response.
    pub latency: Duration,
}

/// Requests at random times with a given average rate, independent of the responses to earlier requests.
#[derive(Debug)]
pub struct OpenLoop {
    stop: Arc<AtomicBool>,
    callers: Vec<JoinHandle<Result<Vec<Answered>>>>,
}

impl OpenLoop {
    /// Starts to send `shot` at `per_second` requests per second, over `callers` connections. A request that is due
    /// while all connections are busy is sent late, and its latency counts from the time at which it was due.
    ///
    /// # Panics
    /// When the system cannot start a thread.
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

    /// Stops the load; returns all results.
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
            // Random gaps: two loads with a steady rate would collide always or never.
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

    /// Sends a request and reads its whole response; returns the status.
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
