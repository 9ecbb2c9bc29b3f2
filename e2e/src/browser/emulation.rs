//! What lies around a page: the size of its window, the system's theme, the network; and pictures of it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::json;

use super::Browser;

/// A desk: 1440 by 900.
pub const DESKTOP: (u32, u32) = (1440, 900);
/// A phone: 390 by 844, with touch.
pub const MOBILE: (u32, u32) = (390, 844);

/// The colours that the system asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// As style sheets call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

impl Browser {
    /// Gives the page so much room; a narrow one is a phone with touch.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn resize(&self, (width, height): (u32, u32)) -> Result<()> {
        let is_phone = width < 768;
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_phone });
        self.devtools("Emulation.setDeviceMetricsOverride", &metrics).await?;
        self.devtools("Emulation.setTouchEmulationEnabled", &json!({ "enabled": is_phone })).await?;
        Ok(())
    }

    /// Switches the system's theme.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn set_theme(&self, theme: Theme) -> Result<()> {
        let feature = json!({ "name": "prefers-color-scheme", "value": theme.name() });
        self.devtools("Emulation.setEmulatedMedia", &json!({ "features": [feature] })).await?;
        Ok(())
    }

    /// Takes the network away or gives it back; the page is told, as by the system.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn set_offline(&self, is_offline: bool) -> Result<()> {
        self.devtools("Network.enable", &json!({})).await?;
        let conditions =
            json!({ "offline": is_offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
        self.devtools("Network.emulateNetworkConditions", &conditions).await?;
        Ok(())
    }

    /// Saves a picture of what is seen as `<name>.webp` in the folder that `LODGATE_SCREENS` names; else does nothing.
    ///
    /// # Errors
    /// When there is no picture or no such folder.
    pub async fn screenshot(&self, name: &str) -> Result<()> {
        let Some(folder) = screens() else { return Ok(()) };
        // Half a fade is no picture of a screen.
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

/// A relative folder is meant from the workspace, whatever folder the test runs in.
fn screens() -> Option<PathBuf> {
    let chosen = std::env::var_os("LODGATE_SCREENS").filter(|folder| !folder.is_empty())?;
    Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(chosen))
}
