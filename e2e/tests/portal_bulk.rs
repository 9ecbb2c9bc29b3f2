//! The bulk drawer, and the history of a night with its revert.

use anyhow::{Context, Result};
use chrono::{Datelike, Days, NaiveDate, Weekday};
use lodgate_e2e::{
    portal::{Cell, MANAGER, PortalPage, SUPPLIER, demo},
    stories::{Dates, Property, Supplier, eventually, night, numbers},
};
use serde_json::{Value, json};

async fn manager() -> Result<PortalPage> {
    PortalPage::open_as(MANAGER, demo().await.base_url()).await
}

/// Waits until the stored calendar satisfies `is_so`, and returns it.
async fn stored(
    supplier: &Supplier,
    property: &Property,
    room: &str,
    nights: Dates,
    is_so: impl Fn(&Value) -> bool,
) -> Value {
    eventually(&format!("the calendar of {room}"), || async {
        let calendar = supplier.calendar(property, room, nights, None, None).await;
        is_so(&calendar).then_some(calendar)
    })
    .await
}

fn is_weekend(date: &NaiveDate) -> bool {
    matches!(date.weekday(), Weekday::Fri | Weekday::Sat)
}

/// Opens the drawer by its key and enters these nights.
async fn open_bulk(portal: &PortalPage, (from, through): Dates) -> Result<()> {
    portal.browser.press(&["b"]).await?;
    portal.browser.find("bulk").await?;
    portal.fill("bulk-from", &from.to_string()).await?;
    portal.fill("bulk-through", &through.to_string()).await
}

#[tokio::test]
async fn the_weekends_of_two_months_are_set_in_bulk() -> Result<()> {
    let supplier = demo().await.supplier(SUPPLIER).await;
    let property = supplier.property("bulk").rooms("DLX", 12).rooms("STD", 20).rooms("STE", 4).create().await;
    let nights = (night(1), night(60));
    let portal = manager().await?;
    portal.calendar_of(&property, nights.0, 31).await?;
    portal.focus_cell(&Cell::of("DLX", nights.0)).await?;

    open_bulk(&portal, nights).await?;
    for day in ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "SUNDAY"] {
        portal.set_checked(&format!("[data-testid=bulk-day][data-day={day}]"), false).await?;
    }
    for day in ["FRIDAY", "SATURDAY"] {
        portal.set_checked(&format!("[data-testid=bulk-day][data-day={day}]"), true).await?;
    }
    for (room, is_wanted) in [("DLX", true), ("STD", true), ("STE", false)] {
        portal.set_checked(&format!("[data-testid=bulk-room][data-room={room}]"), is_wanted).await?;
    }
    portal.fill("bulk-value", "7").await?;
    portal.fill("bulk-reason", "rooms for the fair").await?;
    let weekends = nights.0.iter_days().take_while(|date| *date <= nights.1).filter(is_weekend).count();
    portal.expect_text("bulk-will-change", |text| text.contains(&(weekends * 2).to_string())).await?;
    portal.browser.screenshot("bulk-preview").await?;
    portal.browser.click("bulk-apply-close").await?;

    for (room, was, becomes) in [("DLX", 12, 7), ("STD", 20, 7), ("STE", 4, 4)] {
        let expected: Vec<i64> =
            nights.0.iter_days().take(60).map(|date| if is_weekend(&date) { becomes } else { was }).collect();
        stored(&supplier, &property, room, nights, |calendar| numbers(&calendar["allotted"]) == expected).await;
    }
    portal.expect_gone("[data-testid=bulk]").await;

    // The history of the night shows the reason.
    let weekend = nights.0.iter_days().find(is_weekend).context("a weekend within two months")?;
    portal.focus_cell(&Cell::of("DLX", weekend)).await?;
    portal.browser.press(&["h"]).await?;
    portal.expect_text("history-entry", |text| text.contains("rooms for the fair")).await?;
    portal.close().await
}

#[tokio::test]
async fn a_stop_sell_of_a_year_keeps_the_allotments() -> Result<()> {
    let supplier = demo().await.supplier(SUPPLIER).await;
    let property = supplier.property("year").rooms("DLX", 12).create().await;
    let nights = (night(1), night(365));
    supplier.set_allotments(&property, "DLX", (night(20), night(40)), 3).await.accepted();
    let before = supplier.calendar(&property, "DLX", nights, None, None).await["allotted"].clone();
    let portal = manager().await?;
    portal.calendar_of(&property, nights.0, 31).await?;
    portal.focus_cell(&Cell::of("DLX", nights.0)).await?;

    for (operation, is_stopped) in [("stop-sell-on", true), ("stop-sell-off", false)] {
        open_bulk(&portal, nights).await?;
        portal.choose("bulk-operation", operation).await?;
        portal.expect_text("bulk-will-change", |text| text.contains("365")).await?;
        portal.browser.click("bulk-apply-close").await?;
        portal.confirm_if_asked().await?;
        let calendar = stored(&supplier, &property, "DLX", nights, |calendar| {
            calendar["stopSell"].as_array().is_some_and(|nights| nights.iter().all(|one| *one == is_stopped))
        })
        .await;
        assert_eq!(calendar["allotted"], before, "a stop sell keeps the allotments");
        let state = if is_stopped { "stop-sell" } else { "open" };
        portal.expect_attribute(&Cell::of("DLX", nights.0), "data-state", state).await?;
        portal.expect_gone("[data-testid=bulk]").await;
    }
    portal.close().await
}

#[tokio::test]
async fn the_history_of_a_night_shows_a_change_and_reverts_it() -> Result<()> {
    let supplier = demo().await.supplier(SUPPLIER).await;
    let property = supplier.property("history").rooms("DLX", 12).create().await;
    let (first, nights) = (night(3), (night(3), night(6)));
    let portal = manager().await?;
    portal.calendar_of(&property, first, 14).await?;
    portal.focus_cell(&Cell::of("DLX", first)).await?;
    portal.browser.press(&["Shift+ArrowRight", "Shift+ArrowRight", "8", "Enter", "Ctrl+Enter"]).await?;
    stored(&supplier, &property, "DLX", nights, |calendar| calendar["allotted"] == json!([8, 8, 8, 12])).await;

    portal.focus_cell(&Cell::of("DLX", first + Days::new(1))).await?;
    portal.browser.press(&["h"]).await?;
    let entry = portal.browser.find("history-entry").await?;
    let text = entry.text().await?;
    anyhow::ensure!(text.contains("12") && text.contains('8'), "the entry shows both values: {text}");
    let seq = entry.attr("data-seq").await?.context("an entry names its event")?;
    assert_eq!(seq.parse::<i64>()?, supplier.stock_seq(&property).await);
    portal.browser.screenshot("history-entry").await?;

    portal.browser.find_css("[data-testid=history] [data-testid=revert]").await?.click().await?;
    portal.confirm_if_asked().await?;
    stored(&supplier, &property, "DLX", nights, |calendar| calendar["allotted"] == json!([12, 12, 12, 12])).await;
    portal.expect_attribute(&Cell::of("DLX", first), "data-allotted", "12").await?;

    portal.go_to(&format!("/activity?p={}", property.code)).await?;
    portal.browser.find("change-set").await?;
    portal.close().await
}
