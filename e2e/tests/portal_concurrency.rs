//! Several at one hotel: two who edit the same cell, and partners who sell what the portal shows.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use chrono::Days;
use lodgate_e2e::{
    portal::{Cell, Desk, MANAGER, OWNER, PARTNER, PATIENCE, SUPPLIER, demo},
    stories::{eventually, night, stay},
};
use serde_json::json;

/// Notes when each number of a cell was painted, in milliseconds of the system's clock.
const WATCH: &str = "const cell = document.querySelector(arguments[0]);
    window.painted = {};
    const note = () => requestAnimationFrame(() => setTimeout(() => {
        window.painted[cell.dataset.left] ??= performance.timeOrigin + performance.now();
    }));
    new MutationObserver(note).observe(cell, { attributes: true, attributeFilter: ['data-left'] });";

#[tokio::test]
async fn two_edit_the_same_cell_and_the_second_sees_both_values() -> Result<()> {
    let gateway = demo().await;
    let supplier = gateway.supplier(SUPPLIER).await;
    let hotel = supplier.property("together").rooms("DLX", 12).rooms("STD", 20).create().await;
    let (first, second) = tokio::try_join!(Desk::of(OWNER, gateway.base_url()), Desk::of(MANAGER, gateway.base_url()))?;
    let day = night(3);
    let nights = (day, day + Days::new(3));
    first.calendar_of(&hotel, day, 14).await?;
    second.calendar_of(&hotel, day, 14).await?;
    second.live().await?;

    // The second drafts four nights; meanwhile the first saves one of them.
    let disputed = Cell::of("DLX", day + Days::new(1));
    second.walk_to(&Cell::of("DLX", day)).await?;
    second.browser.press(&["Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight", "9", "Enter"]).await?;
    second.shows(&disputed, "data-edit", "draft").await?;
    first.walk_to(&disputed).await?;
    first.browser.press(&["5", "Enter"]).await?;
    let stored = |expected: [i64; 4]| {
        let (supplier, hotel) = (&supplier, &hotel);
        eventually("the calendar is as it should be", PATIENCE, move || async move {
            let calendar = supplier.calendar(hotel, "DLX", nights, None, None).await;
            (calendar["allotted"] == json!(expected)).then_some(())
        })
    };
    stored([12, 5, 12, 12]).await;

    second.browser.press(&["Ctrl+Enter"]).await?;
    second.shows(&disputed, "data-edit", "conflict").await?;
    let told = second.says("conflict", |text| text.contains('5') && text.contains('9')).await?;
    ensure!(!told.is_empty());
    second.browser.screen("conflict").await?;
    second.browser.click("take-theirs").await?;
    second.browser.press(&["Ctrl+Enter"]).await?;
    stored([9, 5, 9, 9]).await;
    second.shows(&disputed, "data-left", "5").await?;
    first.shows(&Cell::of("DLX", day), "data-left", "9").await?;

    tokio::try_join!(first.leave(), second.leave())?;
    Ok(())
}

#[tokio::test]
async fn each_sees_where_the_other_works() -> Result<()> {
    let gateway = demo().await;
    let supplier = gateway.supplier(SUPPLIER).await;
    let hotel = supplier.property("presence").rooms("DLX", 12).rooms("STD", 20).create().await;
    let (first, second) = tokio::try_join!(Desk::of(OWNER, gateway.base_url()), Desk::of(MANAGER, gateway.base_url()))?;
    let day = night(3);
    first.calendar_of(&hotel, day, 14).await?;
    second.calendar_of(&hotel, day, 14).await?;
    second.live().await?;

    first.walk_to(&Cell::of("DLX", day + Days::new(2))).await?;
    first.browser.press(&["Shift+ArrowRight"]).await?;
    let other = second.browser.find("other").await?;
    assert_eq!(other.text().await?, "OW");
    // Whose cells they are: the outline lies over the first two nights that the other chose.
    let covers =
        "const [cell, outline] = [...arguments].map((css) => document.querySelector(css)?.getBoundingClientRect());
        return Boolean(cell && outline) && outline.left <= cell.left + 1 && outline.right >= cell.right - 1
            && outline.top <= cell.top + 1 && outline.bottom >= cell.bottom - 1";
    let cell = Cell::of("DLX", day + Days::new(3)).css();
    eventually("the outline follows the selection", PATIENCE, || async {
        let place = vec![json!(cell), json!("[data-testid=other]")];
        (second.browser.session.execute(covers, place).await.ok()? == true).then_some(())
    })
    .await;

    // Who goes to another page is gone from this one.
    first.browser.find_css("[data-testid=rail] a[href=\"/developers\"]").await?.click().await?;
    second.gone("[data-testid=other]").await;
    tokio::try_join!(first.leave(), second.leave())?;
    Ok(())
}

#[tokio::test]
async fn bookings_of_a_partner_appear_in_the_open_grid() -> Result<()> {
    let gateway = demo().await;
    let supplier = gateway.supplier(SUPPLIER).await;
    let partner = gateway.partner(PARTNER).await;
    let hotel = supplier.property("sold").rooms("DLX", 60).opened_to(PARTNER).create().await;
    let desk = Desk::of(MANAGER, gateway.base_url()).await?;
    let cell = Cell::of("DLX", night(4));
    desk.calendar_of(&hotel, night(1), 14).await?;
    desk.live().await?;
    desk.shows(&cell, "data-left", "60").await?;
    desk.browser.session.execute(WATCH, vec![json!(cell.css())]).await?;

    let mut lags = Vec::new();
    for left in (10..60).rev() {
        let asked = now();
        partner.book(&hotel, "DLX", stay(4, 1)).await.reservation();
        let painted = eventually(&format!("{left} left"), PATIENCE, || async {
            let painted = desk.browser.script(&format!("return window.painted[{left}]")).await.ok()?;
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

    desk.shows(&cell, "data-sold", "50").await?;
    let stored = supplier.calendar(&hotel, "DLX", (night(4), night(4)), None, None).await;
    assert_eq!((&stored["leftToSell"], &stored["sold"]), (&json!([10]), &json!([50])));
    desk.leave().await
}

#[expect(clippy::disallowed_methods, reason = "the browser on this machine reads the same clock")]
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64() * 1000.0
}
