//! Several users at one property: conflicting edits, presence, and bookings of a partner.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use chrono::Days;
use lodgate_e2e::{
    portal::{Cell, MANAGER, OWNER, PARTNER, PortalPage, SUPPLIER, demo},
    stories::{eventually, night, stay},
};
use serde_json::json;

/// Records when each value of a cell was painted, in milliseconds of the system clock.
const WATCH: &str = "const cell = document.querySelector(arguments[0]);
    window.painted = {};
    const note = () => requestAnimationFrame(() => setTimeout(() => {
        window.painted[cell.dataset.left] ??= performance.timeOrigin + performance.now();
    }));
    new MutationObserver(note).observe(cell, { attributes: true, attributeFilter: ['data-left'] });";

#[tokio::test]
async fn a_conflicting_edit_shows_both_values() -> Result<()> {
    let gateway = demo().await;
    let supplier = gateway.supplier(SUPPLIER).await;
    let property = supplier.property("together").rooms("DLX", 12).rooms("STD", 20).create().await;
    let (first, second) = tokio::try_join!(
        PortalPage::open_as(OWNER, gateway.base_url()),
        PortalPage::open_as(MANAGER, gateway.base_url())
    )?;
    let day = night(3);
    let nights = (day, day + Days::new(3));
    first.calendar_of(&property, day, 14).await?;
    second.calendar_of(&property, day, 14).await?;
    second.wait_until_live().await?;

    // The second user drafts four nights; meanwhile the first user saves one of them.
    let disputed = Cell::of("DLX", day + Days::new(1));
    second.focus_cell(&Cell::of("DLX", day)).await?;
    second.browser.press(&["Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight", "9", "Enter"]).await?;
    second.expect_attribute(&disputed, "data-edit", "draft").await?;
    first.focus_cell(&disputed).await?;
    first.browser.press(&["5", "Enter"]).await?;
    let stored = |expected: [i64; 4]| {
        let (supplier, property) = (&supplier, &property);
        eventually("the calendar has the expected values", move || async move {
            let calendar = supplier.calendar(property, "DLX", nights, None, None).await;
            (calendar["allotted"] == json!(expected)).then_some(())
        })
    };
    stored([12, 5, 12, 12]).await;

    second.browser.press(&["Ctrl+Enter"]).await?;
    second.expect_attribute(&disputed, "data-edit", "conflict").await?;
    let text = second.expect_text("conflict", |text| text.contains('5') && text.contains('9')).await?;
    ensure!(!text.is_empty());
    second.browser.screenshot("conflict").await?;
    second.browser.click("take-theirs").await?;
    second.browser.press(&["Ctrl+Enter"]).await?;
    stored([9, 5, 9, 9]).await;
    second.expect_attribute(&disputed, "data-left", "5").await?;
    first.expect_attribute(&Cell::of("DLX", day), "data-left", "9").await?;

    tokio::try_join!(first.close(), second.close())?;
    Ok(())
}

#[tokio::test]
async fn each_user_sees_the_selection_of_the_other() -> Result<()> {
    let gateway = demo().await;
    let supplier = gateway.supplier(SUPPLIER).await;
    let property = supplier.property("presence").rooms("DLX", 12).rooms("STD", 20).create().await;
    let (first, second) = tokio::try_join!(
        PortalPage::open_as(OWNER, gateway.base_url()),
        PortalPage::open_as(MANAGER, gateway.base_url())
    )?;
    let day = night(3);
    first.calendar_of(&property, day, 14).await?;
    second.calendar_of(&property, day, 14).await?;
    second.wait_until_live().await?;

    first.focus_cell(&Cell::of("DLX", day + Days::new(2))).await?;
    first.browser.press(&["Shift+ArrowRight"]).await?;
    let other = second.browser.find("other").await?;
    assert_eq!(other.text().await?, "OW");
    // The outline of the other user covers the first two nights of the selection.
    let covers =
        "const [cell, outline] = [...arguments].map((css) => document.querySelector(css)?.getBoundingClientRect());
        return Boolean(cell && outline) && outline.left <= cell.left + 1 && outline.right >= cell.right - 1
            && outline.top <= cell.top + 1 && outline.bottom >= cell.bottom - 1";
    let cell = Cell::of("DLX", day + Days::new(3)).css();
    eventually("the outline follows the selection", || async {
        let place = vec![json!(cell), json!("[data-testid=other]")];
        (second.browser.session.execute(covers, place).await.ok()? == true).then_some(())
    })
    .await;

    // A user who opens another page disappears from this one.
    first.browser.find_css("[data-testid=rail] a[href=\"/developers\"]").await?.click().await?;
    second.expect_gone("[data-testid=other]").await;
    tokio::try_join!(first.close(), second.close())?;
    Ok(())
}

#[tokio::test]
async fn bookings_of_a_partner_appear_in_the_open_calendar() -> Result<()> {
    let gateway = demo().await;
    let supplier = gateway.supplier(SUPPLIER).await;
    let partner = gateway.partner(PARTNER).await;
    let property = supplier.property("sold").rooms("DLX", 60).opened_to(PARTNER).create().await;
    let portal = PortalPage::open_as(MANAGER, gateway.base_url()).await?;
    let cell = Cell::of("DLX", night(4));
    portal.calendar_of(&property, night(1), 14).await?;
    portal.wait_until_live().await?;
    portal.expect_attribute(&cell, "data-left", "60").await?;
    portal.browser.session.execute(WATCH, vec![json!(cell.css())]).await?;

    let mut lags = Vec::new();
    for left in (10..60).rev() {
        let asked = now();
        partner.book(&property, "DLX", stay(4, 1)).await.reservation();
        let painted = eventually(&format!("{left} left"), || async {
            let painted = portal.browser.script(&format!("return window.painted[{left}]")).await.ok()?;
            painted.as_f64()
        })
        .await;
        lags.push(painted - asked);
    }
    lags.sort_by(f64::total_cmp);
    let quantile = |share: usize| lags.get(lags.len() * share / 100).copied().context("fifty changes");
    eprintln!(
        "50 bookings, from the call to the painted cell: p50 {:.0} ms, p95 {:.0} ms",
        quantile(50)?,
        quantile(95)?
    );

    portal.expect_attribute(&cell, "data-sold", "50").await?;
    let stored = supplier.calendar(&property, "DLX", (night(4), night(4)), None, None).await;
    assert_eq!((&stored["leftToSell"], &stored["sold"]), (&json!([10]), &json!([50])));
    portal.close().await
}

#[expect(clippy::disallowed_methods, reason = "the browser on this machine reads the same clock")]
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64() * 1000.0
}
