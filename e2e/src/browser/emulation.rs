//! The environment of a page: window size, system theme, network; and screenshots.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::json;

use super::Browser;

/// The window of a desktop computer: 1440 by 900 pixels.
pub const DESKTOP: (u32, u32) = (1440, 900);
/// The window of a phone: 390 by 844 pixels, with touch.
pub const MOBILE: (u32, u32) = (390, 844);

/// The colour scheme of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Dark text on a light background.
    Light,
    /// Light text on a dark background.
    Dark,
}

impl Theme {
    /// The name in style sheets.
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

impl Browser {
    /// Sets the size of the window; below 768 pixels it is a phone with touch.
    ///
    /// # Errors
    /// When the browser rejects it.
    pub async fn resize(&self, (width, height): (u32, u32)) -> Result<()> {
        let is_phone = width < 768;
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_phone });
        self.devtools("Emulation.setDeviceMetricsOverride", &metrics).await?;
        self.devtools("Emulation.setTouchEmulationEnabled", &json!({ "enabled": is_phone })).await?;
        Ok(())
    }

    /// Sets the colour scheme of the system.
    ///
    /// # Errors
    /// When the browser rejects it.
    pub async fn set_theme(&self, theme: Theme) -> Result<()> {
        let feature = json!({ "name": "prefers-color-scheme", "value": theme.name() });
        self.devtools("Emulation.setEmulatedMedia", &json!({ "features": [feature] })).await?;
        Ok(())
    }

    /// Disconnects or reconnects the network; the page gets the event of the system.
    ///
    /// # Errors
    /// When the browser rejects it.
    pub async fn set_offline(&self, is_offline: bool) -> Result<()> {
        self.devtools("Network.enable", &json!({})).await?;
        let conditions =
            json!({ "offline": is_offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
        self.devtools("Network.emulateNetworkConditions", &conditions).await?;
        Ok(())
    }

    /// Saves a screenshot as `<name>.webp` in the folder that `LODGATE_SCREENS` names; without that variable it does
    /// nothing.
    ///
    /// # Errors
    /// When there is no screenshot or the folder cannot be made.
    pub async fn screenshot(&self, name: &str) -> Result<()> {
        let Some(folder) = screens() else { return Ok(()) };
        // A screenshot in the middle of a fade would differ from run to run.
        let settle = "const done = arguments[0];
            const ending = document.getAnimations().filter((one) => one.effect?.getComputedTiming().endTime !== Infinity);
            Promise.allSettled(ending.map((one) => one.finished)).then(() => requestAnimationFrame(() => done(true)))";
        self.session.execute_async(settle, Vec::new()).await?;
        let options = json!({ "format": "webp", "quality": 72, "optimizeForSpeed": false });
        let picture = self.devtools("Page.captureScreenshot", &options).await?;
        let bytes = BASE64_STANDARD.decode(picture["data"].as_str().context("no picture")?)?;
        std::fs::create_dir_all(&folder)?;
        let file = folder.join(format!("{name}.webp"));
        std::fs::write(&file, bytes).with_context(|| format!("cannot write {}", file.display()))
    }
}

/// A relative folder is relative to the workspace, whatever the current folder of the test is.
fn screens() -> Option<PathBuf> {
    let chosen = std::env::var_os("LODGATE_SCREENS").filter(|folder| !folder.is_empty())?;
    Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(chosen))
}
