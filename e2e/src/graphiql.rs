//! The GraphiQL page in a browser: its tabs, its editors and its responses.

use std::{path::Path, time::Duration};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{TIMEOUT, browser::Browser, gateway::GatewayBuilder};

/// The text of an editor.
const TEXT: &str = "return document.querySelector(arguments[0])?.CodeMirror?.getValue() ?? null";
const VARIABLES: &str = ".graphiql-editor-tool .CodeMirror";
const RESPONSE: &str = ".result-window .CodeMirror";

impl GatewayBuilder {
    /// Serves the bundled GraphiQL.
    ///
    /// # Panics
    /// When it was not bundled.
    #[must_use]
    pub fn with_graphiql(self) -> Self {
        let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../graphiql/dist");
        let folder = std::env::var_os("GRAPHIQL_DIR").map_or(built, Into::into);
        assert!(
            folder.join("index.html").is_file(),
            "GraphiQL was not bundled in {}: run `cargo xtask graphiql` first",
            folder.display()
        );
        self.env("GRAPHIQL_DIR", &folder.display().to_string())
    }
}

/// The GraphiQL page in a browser.
#[derive(Debug)]
pub struct GraphiqlPage {
    /// The browser.
    pub browser: Browser,
}

impl GraphiqlPage {
    /// Starts a browser and opens the page.
    ///
    /// # Errors
    /// When there is no browser or the page does not load.
    pub async fn open(base_url: &str) -> Result<Self> {
        let page = Self { browser: Browser::start().await? };
        page.browser.open(&format!("{base_url}/graphiql")).await?;
        page.wait_until_ready().await?;
        Ok(page)
    }

    /// Waits until the editors are there.
    ///
    /// # Errors
    /// When they do not appear.
    pub async fn wait_until_ready(&self) -> Result<()> {
        self.browser.find_css(RESPONSE).await?;
        self.browser.find_css(VARIABLES).await?;
        Ok(())
    }

    /// Pastes a token and waits until the page shows the token's tenant.
    ///
    /// # Errors
    /// When the page does not accept it.
    pub async fn use_token(&self, token: &str, tenant: &str) -> Result<()> {
        self.browser.click("enter").await?;
        self.browser.click("by-token").await?;
        self.browser.type_into("token", token).await?;
        self.browser.click("use-token").await?;
        self.is_ready_for(tenant).await
    }

    /// Signs in as an API client and waits as [`use_token`](Self::use_token) does.
    ///
    /// # Errors
    /// As [`use_token`](Self::use_token).
    pub async fn use_client(&self, id: &str, secret: &str, tenant: &str) -> Result<()> {
        self.browser.click("enter").await?;
        self.browser.click("by-client").await?;
        self.browser.type_into("client-id", id).await?;
        self.browser.type_into("client-secret", secret).await?;
        self.browser.click("use-token").await?;
        self.is_ready_for(tenant).await
    }

    async fn is_ready_for(&self, tenant: &str) -> Result<()> {
        self.browser.find_css(&format!("[data-testid=who][data-tenant=\"{tenant}\"]")).await?;
        self.browser.find_css(&format!("main[data-tenant=\"{tenant}\"]")).await?;
        self.wait_until_ready().await
    }

    /// The names of the tabs.
    ///
    /// # Errors
    /// When the page does not respond.
    pub async fn tabs(&self) -> Result<Vec<String>> {
        let script =
            "return [...document.querySelectorAll('button[id^=graphiql-session-tab-]')].map((tab) => tab.textContent)";
        Ok(serde_json::from_value(self.browser.script(script).await?)?)
    }

    /// Opens the tab of this name.
    ///
    /// # Errors
    /// When there is none.
    pub async fn select_tab(&self, name: &str) -> Result<()> {
        let script = "const tab = [...document.querySelectorAll('button[id^=graphiql-session-tab-]')].find((tab) => tab.textContent === arguments[0]);
            tab?.click();
            return tab !== undefined";
        if self.browser.session.execute(script, vec![json!(name)]).await? != true {
            bail!("there is no tab {name} among {:?}", self.tabs().await?);
        }
        let name = json!(name);
        let script = "return [...document.querySelectorAll('[role=tab][aria-selected=true] button')].some((tab) => tab.textContent === arguments[0])";
        self.wait_for("the tab is open", async || {
            Ok((self.browser.session.execute(script, vec![name.clone()]).await? == true).then_some(()))
        })
        .await
    }

    /// Presses the button that runs the operation or stops a subscription.
    ///
    /// # Errors
    /// When the button is missing.
    pub async fn press_run(&self) -> Result<()> {
        Ok(self.browser.find_css("button.graphiql-execute-button").await?.click().await?)
    }

    /// Runs the open tab and returns its first response.
    ///
    /// # Errors
    /// When there is no response.
    pub async fn run(&self) -> Result<Value> {
        self.press_run().await?;
        self.wait_for("an answer", async || Ok(Some(self.answer().await?).filter(|answer| !answer.is_null()))).await
    }

    /// The response on the page; null while there is none.
    ///
    /// # Errors
    /// When the page does not respond.
    pub async fn answer(&self) -> Result<Value> {
        let text = self.text(RESPONSE).await?;
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// The variables of the open tab.
    ///
    /// # Errors
    /// When they are not JSON.
    pub async fn variables(&self) -> Result<Value> {
        let text = self.text(VARIABLES).await?;
        serde_json::from_str(&text).with_context(|| format!("not JSON: {text}"))
    }

    async fn text(&self, editor: &str) -> Result<String> {
        let text = self.browser.session.execute(TEXT, vec![json!(editor)]).await?;
        text.as_str().map(str::to_owned).with_context(|| format!("{editor} is missing"))
    }

    /// Polls until `look` returns a value, and returns it.
    ///
    /// # Errors
    /// After [`TIMEOUT`], with the page's faults; also when the page does not respond.
    pub async fn wait_for<T>(&self, what: &str, look: impl AsyncFn() -> Result<Option<T>>) -> Result<T> {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            if let Some(found) = look().await? {
                return Ok(found);
            }
            if Instant::now() > deadline {
                let _ = self.browser.screenshot("failed").await;
                let shown = self.text(RESPONSE).await?;
                bail!("not within {TIMEOUT:?}: {what}; faults: {:?}; shown: {shown}", self.browser.faults().await?);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
