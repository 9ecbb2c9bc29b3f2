//! The supplier portal in a browser: sign-in, cells of the calendar, forms.

use std::{fmt, path::Path, time::Duration};

use anyhow::{Context, Result, bail};
use chrono::NaiveDate;
use fantoccini::elements::Element;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::{
    TIMEOUT,
    browser::Browser,
    gateway::{Gateway, GatewayBuilder},
    stories::{Property, eventually},
};

/// The password of all demo users.
pub const PASSWORD: &str = "a password for tests";
/// A user with all rights.
pub const OWNER: &str = "owner@harbour.example";
/// A user who may write.
pub const MANAGER: &str = "manager@harbour.example";
/// A user who may only read.
pub const VIEWER: &str = "viewer@harbour.example";
/// The supplier of these users.
pub const SUPPLIER: &str = "harbour";
/// A partner of all demo properties.
pub const PARTNER: &str = "meridian";

static SHARED: OnceCell<Gateway> = OnceCell::const_new();

/// The gateway that all portal tests of this process share; each test uses its own properties. It starts on first use.
pub async fn demo() -> &'static Gateway {
    SHARED.get_or_init(|| with_portal().start()).await
}

/// A gateway with the demo properties that serves the built portal.
///
/// # Panics
/// When the portal was not built.
pub fn with_portal() -> GatewayBuilder {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../portal/dist");
    let folder = std::env::var_os("PORTAL_DIR").map_or(built, Into::into);
    assert!(
        folder.join("index.html").is_file(),
        "the portal was not built in {}: run `cargo xtask portal` first",
        folder.display()
    );
    Gateway::builder().arg("--demo").env("DEMO_PASSWORD", PASSWORD).env("PORTAL_DIR", &folder.display().to_string())
}

/// A cell of the calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The code of the room type.
    pub room: String,
    /// The night.
    pub date: NaiveDate,
    /// The row of the room type, such as `allotment` or `stop-sell`.
    pub row: &'static str,
}

impl Cell {
    /// The cell that shows how many rooms are left.
    pub fn of(room: &str, date: NaiveDate) -> Self {
        Self { room: room.to_owned(), date, row: "allotment" }
    }

    /// The CSS selector.
    pub fn css(&self) -> String {
        let Self { room, date, row } = self;
        format!("[data-testid=cell][data-room=\"{room}\"][data-date=\"{date}\"][data-row=\"{row}\"]")
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} on {}", self.row, self.room, self.date)
    }
}

/// The portal in a browser.
#[derive(Debug)]
pub struct PortalPage {
    /// The browser.
    pub browser: Browser,
    base_url: String,
}

/// The state around a cell, for the message of a failed expectation.
const DIAGNOSTICS: &str = "const describe = (element) => element && [element.className, element.dataset.room, element.dataset.date, element.value];
    return { focus: describe(document.activeElement), active: describe(document.querySelector('.c.active')),
        chosen: document.querySelectorAll('[aria-selected=true]').length, typing: describe(document.querySelector('.field.on input')),
        edits: [...document.querySelectorAll('[data-edit]')].map((cell) => [cell.dataset.room, cell.dataset.date, cell.dataset.edit]) };";

impl PortalPage {
    /// Starts a browser and signs in.
    ///
    /// # Errors
    /// When there is no browser or the portal refuses.
    pub async fn open_as(email: &str, base_url: &str) -> Result<Self> {
        let portal = Self { browser: Browser::start().await?, base_url: base_url.to_owned() };
        portal.browser.open(base_url).await?;
        portal.sign_in(email).await?;
        Ok(portal)
    }

    /// Signs in with the form on the page.
    ///
    /// # Errors
    /// When there is no form or the portal refuses.
    pub async fn sign_in(&self, email: &str) -> Result<()> {
        self.browser.type_into("email", email).await?;
        self.browser.type_into("password", PASSWORD).await?;
        self.browser.click("submit").await?;
        self.browser.find("who").await?;
        Ok(())
    }

    /// Opens a path of the portal, such as `/developers`.
    ///
    /// # Errors
    /// When it cannot be loaded.
    pub async fn go_to(&self, path: &str) -> Result<()> {
        self.browser.open(&format!("{}{path}", self.base_url)).await
    }

    /// Opens the calendar of a property and waits for its first cells.
    ///
    /// # Errors
    /// When they do not appear.
    pub async fn calendar(&self, property: &str, from: NaiveDate, days: u32) -> Result<()> {
        self.go_to(&format!("/calendar?p={property}&from={from}&days={days}")).await?;
        let grid =
            format!("[data-testid=grid] [data-testid=cell][data-date=\"{from}\"][data-row=allotment][data-state]");
        self.browser.find_css(&grid).await?;
        Ok(())
    }

    /// As [`calendar`](Self::calendar), for a property of the test.
    ///
    /// # Errors
    /// As [`calendar`](Self::calendar).
    pub async fn calendar_of(&self, property: &Property, from: NaiveDate, days: u32) -> Result<()> {
        self.calendar(&property.code, from, days).await
    }

    /// Waits until the portal receives changes live.
    ///
    /// # Errors
    /// When it does not.
    pub async fn wait_until_live(&self) -> Result<()> {
        self.browser.find_css("[data-testid=freshness][data-state=live]").await?;
        Ok(())
    }

    /// The element of a cell.
    ///
    /// # Errors
    /// When it does not appear.
    pub async fn cell(&self, cell: &Cell) -> Result<Element> {
        self.browser.find_css(&cell.css()).await
    }

    /// The current value of an attribute of a cell, such as `data-left`.
    ///
    /// # Errors
    /// When the page does not respond.
    pub async fn attribute(&self, cell: &Cell, name: &str) -> Result<Option<String>> {
        let script = "return document.querySelector(arguments[0])?.getAttribute(arguments[1])";
        let value = self.browser.session.execute(script, vec![json!(cell.css()), json!(name)]).await?;
        Ok(value.as_str().map(str::to_owned))
    }

    /// Waits until an attribute of a cell has this value; `None` waits until it is absent.
    ///
    /// # Errors
    /// After [`TIMEOUT`], with the actual value.
    pub async fn expect_attribute(&self, cell: &Cell, name: &str, value: impl Into<Option<&str>>) -> Result<()> {
        let value = value.into();
        let looked = tokio::time::timeout(TIMEOUT, async {
            loop {
                if self.attribute(cell, name).await?.as_deref() == value {
                    return anyhow::Ok(());
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        if let Ok(outcome) = looked.await {
            return outcome;
        }
        let _ = self.browser.screenshot("failed").await;
        let found = self.attribute(cell, name).await?;
        let html = self.outer_html(&cell.css()).await?;
        let faults = self.browser.faults().await?;
        let diagnostics = self.browser.script(DIAGNOSTICS).await?;
        bail!("{cell} has {name} {found:?}, expected {value:?}; faults: {faults:?}; {diagnostics}; HTML: {html}")
    }

    /// Waits until the text of the first element with this test id satisfies `satisfies`.
    ///
    /// # Errors
    /// After [`TIMEOUT`], with the actual text.
    pub async fn expect_text(&self, test_id: &str, satisfies: impl Fn(&str) -> bool) -> Result<String> {
        let css = format!("[data-testid=\"{test_id}\"]");
        let mut last = None;
        let looked = tokio::time::timeout(TIMEOUT, async {
            loop {
                last = self.text(&css).await?;
                if let Some(text) = last.as_deref().filter(|text| satisfies(text)) {
                    return anyhow::Ok(text.to_owned());
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
        match looked {
            Ok(outcome) => outcome,
            Err(_) => bail!("the text of {test_id} is {last:?}; faults: {:?}", self.browser.faults().await?),
        }
    }

    /// Waits until no element matches this selector.
    pub async fn expect_gone(&self, css: &str) {
        eventually(&format!("{css} is gone"), || async { (self.count(css).await.ok()? == 0).then_some(()) }).await;
    }

    /// The number of elements that match a selector.
    ///
    /// # Errors
    /// When the page does not respond.
    pub async fn count(&self, css: &str) -> Result<u64> {
        let script = "return document.querySelectorAll(arguments[0]).length";
        let count = self.browser.session.execute(script, vec![json!(css)]).await?;
        count.as_u64().context("a count")
    }

    /// The text of the first element that matches a selector.
    ///
    /// # Errors
    /// When the page does not respond.
    pub async fn text(&self, css: &str) -> Result<Option<String>> {
        let script = "return document.querySelector(arguments[0])?.innerText";
        let text = self.browser.session.execute(script, vec![json!(css)]).await?;
        Ok(text.as_str().map(str::to_owned))
    }

    /// Moves the focus of the grid to a cell by keyboard: Tab until the grid has the focus, then arrow keys.
    ///
    /// # Errors
    /// When the keys do not reach it.
    pub async fn focus_cell(&self, cell: &Cell) -> Result<()> {
        self.cell(cell).await?;
        for _ in 0..80 {
            if !self.focused().await?.is_null() {
                break;
            }
            self.browser.press(&["Tab"]).await?;
        }
        // Left and right first, which stays in the row; then up or down, row by row, past rows of restrictions.
        for _ in 0..200 {
            let focused = self.focused().await?;
            let Some((room, date, row)) = cell_position(&focused) else { bail!("Tab does not reach the grid") };
            let days = (cell.date - date).num_days();
            if days == 0 && room == cell.room && row == cell.row {
                return Ok(());
            }
            let moved: &dyn Fn(&Value) -> bool = if days == 0 {
                let key = if self.is_below(cell).await? { "ArrowDown" } else { "ArrowUp" };
                self.browser.press(&[key]).await?;
                &|now| *now != focused
            } else {
                let key = if days > 0 { "ArrowRight" } else { "ArrowLeft" };
                self.browser.press_times(key, usize::try_from(days.abs())?).await?;
                &|now| cell_position(now).is_some_and(|(_, date, _)| date == cell.date)
            };
            // The portal moves the focus after the key event. Another key before that would move it too far.
            eventually("the focus moves", || async { moved(&self.focused().await.ok()?).then_some(()) }).await;
        }
        bail!("the keys do not reach {cell}; the focus is at {}", self.focused().await?)
    }

    /// Replaces the value of the field with this test id, as a date picker or a paste does.
    ///
    /// # Errors
    /// When it does not appear.
    pub async fn fill(&self, test_id: &str, value: &str) -> Result<()> {
        let field = self.browser.find(test_id).await?;
        let script = "const [field, value] = arguments;
            Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), 'value').set.call(field, value);
            for (const kind of ['input', 'change']) field.dispatchEvent(new Event(kind, { bubbles: true }));";
        self.browser.session.execute(script, vec![serde_json::to_value(&field)?, json!(value)]).await?;
        Ok(())
    }

    /// Chooses an option: of a select by its value, of a group of radio buttons or toggles by `value` or `data-value`.
    ///
    /// # Errors
    /// When it does not appear.
    pub async fn choose(&self, test_id: &str, value: &str) -> Result<()> {
        let all = format!("[data-testid=\"{test_id}\"]");
        if self.count(&format!("select{all}")).await? > 0 {
            return self.fill(test_id, value).await;
        }
        let option = [
            format!("{all}[value=\"{value}\"]"),
            format!("{all}[data-value=\"{value}\"]"),
            format!("{all} [value=\"{value}\"]"),
            format!("{all} [data-value=\"{value}\"]"),
        ]
        .join(", ");
        Ok(self.browser.find_css(&option).await?.click().await?)
    }

    /// Sets a check box or a toggle; does nothing when it already has the wanted state.
    ///
    /// # Errors
    /// When it does not appear.
    pub async fn set_checked(&self, selector: &str, is_wanted: bool) -> Result<()> {
        let element = self.browser.find_css(selector).await?;
        let script = "const [box] = arguments; return box.checked ?? box.getAttribute('aria-pressed') === 'true'";
        let is_ticked = self.browser.session.execute(script, vec![serde_json::to_value(&element)?]).await?;
        if is_ticked != is_wanted {
            self.browser.session.execute("arguments[0].click()", vec![serde_json::to_value(&element)?]).await?;
        }
        Ok(())
    }

    /// Accepts the confirmation dialog, if the portal shows one.
    ///
    /// # Errors
    /// When the page does not respond.
    pub async fn confirm_if_asked(&self) -> Result<()> {
        self.browser.script("document.querySelector('[data-testid=confirm-yes]')?.click()").await?;
        Ok(())
    }

    /// Closes the browser; fails on any fault of the pages.
    ///
    /// # Errors
    /// With those faults.
    pub async fn close(self) -> Result<()> {
        self.browser.close().await
    }

    /// Room type, night and row of the cell that has the focus; null when none has it.
    async fn focused(&self) -> Result<Value> {
        let script = "const cell = document.activeElement?.closest('[data-testid=cell]');
            return cell ? [cell.dataset.room, cell.dataset.date, cell.dataset.row] : null";
        self.browser.script(script).await
    }

    async fn is_below(&self, cell: &Cell) -> Result<bool> {
        let script = "const there = document.querySelector(arguments[0]).getBoundingClientRect();
            return there.top > document.activeElement.getBoundingClientRect().top";
        Ok(self.browser.session.execute(script, vec![json!(cell.css())]).await? == true)
    }

    async fn outer_html(&self, css: &str) -> Result<String> {
        let script = "return document.querySelector(arguments[0])?.outerHTML ?? 'not there'";
        let html = self.browser.session.execute(script, vec![json!(css)]).await?;
        Ok(html.as_str().unwrap_or_default().to_owned())
    }
}

fn cell_position(focused: &Value) -> Option<(&str, NaiveDate, &str)> {
    Some((focused[0].as_str()?, focused[1].as_str()?.parse().ok()?, focused[2].as_str()?))
}
