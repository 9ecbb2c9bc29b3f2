//! The chromedriver process, and its commands beyond the WebDriver standard.

use std::{
    path::PathBuf,
    process::{Child, Stdio},
    time::Duration,
};

use anyhow::{Context, Result};
use fantoccini::wd::WebDriverCompatibleCommand;
use reqwest::{Method, Url};
use serde_json::{Value, json};

use crate::{
    private_servers,
    process::{self, Signal},
};

/// The chromedriver process. It owns the browser process.
#[derive(Debug)]
pub(super) struct Driver {
    pub(super) folder: PathBuf,
    pub(super) port: u16,
    process: Child,
}

impl Driver {
    pub(super) fn start() -> Result<Self> {
        let (folder, port) = (private_servers::new_folder("browser"), private_servers::free_port());
        let log = std::fs::File::create(folder.join("log"))?;
        // TERM and not KILL, so that chromedriver also stops its browser.
        let mut command = process::dies_with_parent(&process::require("chromedriver")?, Signal::Term);
        command.arg(format!("--port={port}")).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let process = process::spawn(command).context("cannot start chromedriver")?;
        Ok(Self { folder, port, process })
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // After a failed test the browser may still run as a child of chromedriver.
        let browsers = process::children(self.process.id());
        process::send(self.process.id(), Signal::Term);
        if !process::wait_for_end(&mut self.process, Duration::from_secs(5)) {
            process::send(self.process.id(), Signal::Kill);
            process::wait_for_end(&mut self.process, Duration::from_secs(5));
        }
        browsers.into_iter().for_each(|browser| process::send(browser, Signal::Kill));
        private_servers::remove(&self.folder);
    }
}

/// A command below the session's path that fantoccini does not have.
#[derive(Debug)]
pub(super) struct Command {
    path: &'static str,
    body: String,
}

impl Command {
    /// A command of the DevTools protocol.
    pub(super) fn devtools(command: &str, parameters: &Value) -> Self {
        Self { path: "goog/cdp/execute", body: json!({ "cmd": command, "params": parameters }).to_string() }
    }

    /// The log entries since the last call: `browser` is the console, `performance` the network.
    pub(super) fn log(kind: &str) -> Self {
        Self { path: "se/log", body: json!({ "type": kind }).to_string() }
    }

    /// Input of devices, such as a keyboard.
    pub(super) fn actions(devices: &[Value]) -> Self {
        Self { path: "actions", body: json!({ "actions": devices }).to_string() }
    }
}

impl WebDriverCompatibleCommand for Command {
    fn endpoint(&self, base_url: &Url, session: Option<&str>) -> Result<Url, <Url as std::str::FromStr>::Err> {
        base_url.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.clone()))
    }
}
