//! The words of stories about the portal: who signs in, where a cell is, what it shows.

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
pub const PASSWORD: &str = "a password for this story";
/// Who may do everything.
pub const OWNER: &str = "owner@harbour.example";
/// Who may write.
pub const MANAGER: &str = "manager@harbour.example";
/// Who may look.
pub const VIEWER: &str = "viewer@harbour.example";
/// The supplier that they work for.
pub const SUPPLIER: &str = "harbour";
/// A partner of all demo properties.
pub const PARTNER: &str = "meridian";

static SHARED: OnceCell<Gateway> = OnceCell::const_new();

/// The gateway that all stories of this process share, each at properties of its own; started on first use.
pub async fn demo() -> &'static Gateway {
    SHARED.get_or_init(|| with_portal().start()).await
}

/// A gateway with the demo properties that serves the built portal.
///
/// # Panics
/// When no portal was built.
pub fn with_portal() -> GatewayBuilder {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../portal/dist");
    let folder = std::env::var_os("PORTAL_DIR").map_or(built, Into::into);
    assert!(
        folder.join("index.html").is_file(),
        "no portal was built in {}: run `cargo xtask portal` first",
        folder.display()
    );
    Gateway::builder().arg("--demo").env("DEMO_PASSWORD", PASSWORD).env("PORTAL_DIR", &folder.display().to_string())
}

/// A cell of the calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The room type's code.
    pub room: String,
    /// The night.
    pub date: NaiveDate,
    /// Which of the room type's rows, such as `allotment` or `stop-sell`.
    pub row: &'static str,
}

impl Cell {
    /// The cell that says how many rooms are left.
    pub fn of(room: &str, date: NaiveDate) -> Self {
        Self { room: room.to_owned(), date, row: "allotment" }
    }

    /// Its selector.
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

/// Somebody at the portal.
#[derive(Debug)]
pub struct PortalPage {
    /// The browser they sit at.
    pub browser: Browser,
    base_url: String,
}

/// What somebody would look at who wonders why a cell is not as it should be.
const AROUND: &str = "const told = (element) => element && [element.className, element.dataset.room, element.dataset.date, element.value];
    return { focus: told(document.activeElement), active: told(document.querySelector('.c.active')),
        chosen: document.querySelectorAll('[aria-selected=true]').length, typing: told(document.querySelector('.field.on input')),
        edits: [...document.querySelectorAll('[data-edit]')].map((cell) => [cell.dataset.room, cell.dataset.date, cell.dataset.edit]) };";

impl PortalPage {
    /// Starts a browser and signs in.
    ///
    /// # Errors
    /// When there is no browser or the portal doesn't let them in.
    pub async fn open_as(email: &str, base_url: &str) -> Result<Self> {
        let portal = Self { browser: Browser::start().await?, base_url: base_url.to_owned() };
        portal.browser.open(base_url).await?;
        portal.sign_in(email).await?;
        Ok(portal)
    }

    /// Fills in the form that is shown.
    ///
    /// # Errors
    /// When there is none or the portal doesn't let them in.
    pub async fn sign_in(&self, email: &str) -> Result<()> {
        self.browser.type_into("email", email).await?;
        self.browser.type_into("password", PASSWORD).await?;
        self.browser.click("submit").await?;
        self.browser.find("who").await?;
        Ok(())
    }

    /// Goes to an address of the portal, such as `/developers`, as by typing it.
    ///
    /// # Errors
    /// When it can't be loaded.
    pub async fn go_to(&self, path: &str) -> Result<()> {
        self.browser.open(&format!("{}{path}", self.base_url)).await
    }

    /// Opens the calendar of a property and waits until its first cells are there.
    ///
    /// # Errors
    /// When none appear.
    pub async fn calendar(&self, property: &str, from: NaiveDate, days: u32) -> Result<()> {
        self.go_to(&format!("/calendar?p={property}&from={from}&days={days}")).await?;
        let grid =
            format!("[data-testid=grid] [data-testid=cell][data-date=\"{from}\"][data-row=allotment][data-state]");
        self.browser.find_css(&grid).await?;
        Ok(())
    }

    /// As [`calendar`](Self::calendar) of a story's property.
    ///
    /// # Errors
    /// As there.
    pub async fn calendar_of(&self, property: &Property, from: NaiveDate, days: u32) -> Result<()> {
        self.calendar(&property.code, from, days).await
    }

    /// Waits until the portal hears every change as it happens.
    ///
    /// # Errors
    /// When it doesn't.
    pub async fn wait_until_live(&self) -> Result<()> {
        self.browser.find_css("[data-testid=freshness][data-state=live]").await?;
        Ok(())
    }

    /// The element of a cell.
    ///
    /// # Errors
    /// When it doesn't appear.
    pub async fn cell(&self, cell: &Cell) -> Result<Element> {
        self.browser.find_css(&cell.css()).await
    }

    /// An attribute of a cell as it is now, such as `data-left`.
    ///
    /// # Errors
    /// When the page can't be asked.
    pub async fn attribute(&self, cell: &Cell, name: &str) -> Result<Option<String>> {
        let script = "return document.querySelector(arguments[0])?.getAttribute(arguments[1])";
        let value = self.browser.session.execute(script, vec![json!(cell.css()), json!(name)]).await?;
        Ok(value.as_str().map(str::to_owned))
    }

    /// Waits until a cell has an attribute of that value; `None`: until it has none.
    ///
    /// # Errors
    /// When it doesn't come to that; the message tells what it is instead.
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
        let around = self.browser.script(AROUND).await?;
        bail!("{cell} has {name} {found:?} where {value:?} is expected; faults: {faults:?}; {around}; it is {html}")
    }

    /// Waits until the first element of that test id has a text that satisfies.
    ///
    /// # Errors
    /// When it doesn't come to that; the message tells what it says instead.
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
            Err(_) => bail!("{test_id} says {last:?}; faults: {:?}", self.browser.faults().await?),
        }
    }

    /// Waits until nothing of that selector is there.
    pub async fn expect_gone(&self, css: &str) {
        eventually(&format!("{css} is gone"), || async { (self.count(css).await.ok()? == 0).then_some(()) }).await;
    }

    /// How many elements a selector finds now.
    ///
    /// # Errors
    /// When the page can't be asked.
    pub async fn count(&self, css: &str) -> Result<u64> {
        let script = "return document.querySelectorAll(arguments[0]).length";
        let count = self.browser.session.execute(script, vec![json!(css)]).await?;
        count.as_u64().context("a count")
    }

    /// The text of the first element that a selector finds now.
    ///
    /// # Errors
    /// When the page can't be asked.
    pub async fn text(&self, css: &str) -> Result<Option<String>> {
        let script = "return document.querySelector(arguments[0])?.innerText";
        let text = self.browser.session.execute(script, vec![json!(css)]).await?;
        Ok(text.as_str().map(str::to_owned))
    }

    /// Moves the grid's focus to a cell by keyboard alone: Tab until the grid has it, then arrows.
    ///
    /// # Errors
    /// When the keys don't lead there.
    pub async fn focus_cell(&self, cell: &Cell) -> Result<()> {
        self.cell(cell).await?;
        for _ in 0..80 {
            if !self.focused().await?.is_null() {
                break;
            }
            self.browser.press(&["Tab"]).await?;
        }
        // Sideways first, which stays in a row; then down or up, row by row, past rows of restrictions.
        for _ in 0..200 {
            let focused = self.focused().await?;
            let Some((room, date, row)) = place(&focused) else { bail!("the grid cannot be tabbed to") };
            let days = (cell.date - date).num_days();
            if days != 0 {
                let key = if days > 0 { "ArrowRight" } else { "ArrowLeft" };
                self.browser.press_times(key, usize::try_from(days.abs())?).await?;
            } else if room == cell.room && row == cell.row {
                return Ok(());
            } else {
                let key = if self.is_below(cell).await? { "ArrowDown" } else { "ArrowUp" };
                self.browser.press(&[key]).await?;
            }
        }
        bail!("the keys do not lead to {cell}; the focus is at {}", self.focused().await?)
    }

    /// Puts a value into the field of a test id, whatever was in it, as a date picker or a paste would.
    ///
    /// # Errors
    /// When it doesn't appear.
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
    /// When it doesn't appear.
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

    /// Ticks a box or a toggle, or takes the tick away; one that is so already is left alone.
    ///
    /// # Errors
    /// When it doesn't appear.
    pub async fn set_checked(&self, selector: &str, is_wanted: bool) -> Result<()> {
        let element = self.browser.find_css(selector).await?;
        let script = "const [box] = arguments; return box.checked ?? box.getAttribute('aria-pressed') === 'true'";
        let is_ticked = self.browser.session.execute(script, vec![serde_json::to_value(&element)?]).await?;
        if is_ticked != is_wanted {
            self.browser.session.execute("arguments[0].click()", vec![serde_json::to_value(&element)?]).await?;
        }
        Ok(())
    }

    /// Says yes where the portal asks before it goes on; goes on where it doesn't.
    ///
    /// # Errors
    /// When the page can't be asked.
    pub async fn confirm_if_asked(&self) -> Result<()> {
        self.browser.script("document.querySelector('[data-testid=confirm-yes]')?.click()").await?;
        Ok(())
    }

    /// Ends the story; fails on any fault of the pages.
    ///
    /// # Errors
    /// With those faults.
    pub async fn close(self) -> Result<()> {
        self.browser.close().await
    }

    /// Room type, night and row of the cell that has the focus; null when none has.
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

fn place(focused: &Value) -> Option<(&str, NaiveDate, &str)> {
    Some((focused[0].as_str()?, focused[1].as_str()?.parse().ok()?, focused[2].as_str()?))
}
