//! The calendar in a browser: nights are set by keyboard, by pointer and from a spreadsheet, and the page shows the
//! stored values.

use anyhow::Result;
use chrono::{Datelike, Days, NaiveDate, Weekday};
use lodgate_e2e::{
    portal::{Cell, MANAGER, PortalPage, SUPPLIER, demo},
    stories::{Dates, Property, Supplier, eventually, night, numbers},
};
use serde_json::{Value, json};

/// A property with two room types on sale for a year, and its supplier.
async fn property(name: &str) -> (Supplier, Property) {
    let supplier = demo().await.supplier(SUPPLIER).await;
    let property = supplier.property(name).rooms("DLX", 12).rooms("STD", 20).create().await;
    (supplier, property)
}

async fn manager() -> Result<PortalPage> {
    PortalPage::open_as(MANAGER, demo().await.base_url()).await
}

/// The first Monday after today.
fn monday() -> NaiveDate {
    (1..8).map(night).find(|date| date.weekday() == Weekday::Mon).expect("a week has a Monday")
}

/// Waits until a column of the stored calendar has these values.
async fn stored(supplier: &Supplier, property: &Property, room: &str, nights: Dates, measure: &str, expected: &Value) {
    eventually(&format!("{measure} of {room} is {expected}"), || async {
        let calendar = supplier.calendar(property, room, nights, None, None).await;
        (calendar[measure] == *expected).then_some(())
    })
    .await;
}

#[tokio::test]
async fn three_weekends_and_a_stop_sell_are_set_by_keyboard() -> Result<()> {
    let (supplier, property) = property("weekends").await;
    let portal = manager().await?;
    let keys = &portal.browser;
    let monday = monday();
    portal.calendar_of(&property, monday, 31).await?;

    let fridays = [4, 11, 18].map(|day| monday + Days::new(day));
    for (number, friday) in fridays.into_iter().enumerate() {
        portal.focus_cell(&Cell::of("DLX", friday)).await?;
        keys.press(&["Shift+ArrowRight", "Shift+ArrowDown", "8", "Enter"]).await?;
        portal.expect_attribute(&Cell::of("STD", friday + Days::new(1)), "data-edit", "draft").await?;
        portal.expect_text("bar-cells", |text| text.contains(&((number + 1) * 4).to_string())).await?;
    }
    keys.screenshot("calendar-weekends").await?;
    keys.press(&["Ctrl+Enter"]).await?;
    for friday in fridays {
        for (room, was) in [("DLX", 12), ("STD", 20)] {
            let (thursday, sunday) = (friday - Days::new(1), friday + Days::new(2));
            stored(&supplier, &property, room, (thursday, sunday), "allotted", &json!([was, 8, 8, was])).await;
            portal.expect_attribute(&Cell::of(room, friday), "data-allotted", "8").await?;
            portal.expect_attribute(&Cell::of(room, friday), "data-left", "8").await?;
        }
    }

    let stopped = Cell::of("STD", fridays[0]);
    let night = (fridays[0], fridays[0]);
    portal.focus_cell(&stopped).await?;
    keys.press(&["s"]).await?;
    stored(&supplier, &property, "STD", night, "stopSell", &json!([true])).await;
    portal.expect_attribute(&stopped, "data-state", "stop-sell").await?;
    stored(&supplier, &property, "STD", night, "allotted", &json!([8])).await;

    keys.press(&["Ctrl+z"]).await?;
    stored(&supplier, &property, "STD", night, "stopSell", &json!([false])).await;
    portal.expect_attribute(&stopped, "data-state", "open").await?;
    portal.close().await
}

#[tokio::test]
async fn a_single_cell_is_saved_at_once_and_undone() -> Result<()> {
    let (supplier, property) = property("single").await;
    let portal = manager().await?;
    let keys = &portal.browser;
    let (cell, night) = (Cell::of("DLX", monday()), (monday(), monday()));
    portal.calendar_of(&property, monday(), 14).await?;

    portal.focus_cell(&cell).await?;
    keys.press(&["9"]).await?;
    keys.find("cell-input").await?;
    keys.press(&["Escape"]).await?;
    portal.expect_attribute(&cell, "data-allotted", "12").await?;

    keys.press(&["9", "Enter"]).await?;
    stored(&supplier, &property, "DLX", night, "allotted", &json!([9])).await;
    portal.expect_attribute(&cell, "data-allotted", "9").await?;
    keys.find("toast").await?;

    keys.press(&["ArrowUp", "+", "3", "Enter"]).await?;
    stored(&supplier, &property, "DLX", night, "allotted", &json!([12])).await;
    keys.press(&["Ctrl+z"]).await?;
    stored(&supplier, &property, "DLX", night, "allotted", &json!([9])).await;
    keys.press(&["Ctrl+z"]).await?;
    stored(&supplier, &property, "DLX", night, "allotted", &json!([12])).await;
    keys.press(&["Ctrl+Shift+Z"]).await?;
    stored(&supplier, &property, "DLX", night, "allotted", &json!([9])).await;
    portal.expect_attribute(&cell, "data-left", "9").await?;
    portal.close().await
}

#[tokio::test]
async fn a_range_is_pasted_from_a_spreadsheet_and_copied_back() -> Result<()> {
    let (supplier, property) = property("sheet").await;
    let portal = manager().await?;
    let keys = &portal.browser;
    let first = monday();
    portal.calendar_of(&property, first, 14).await?;

    keys.write_clipboard("5\t6\t7\r\n11\t10\t9\r\n").await?;
    portal.focus_cell(&Cell::of("DLX", first)).await?;
    keys.press(&["Ctrl+v"]).await?;
    portal.expect_attribute(&Cell::of("STD", first + Days::new(2)), "data-edit", "draft").await?;
    stored(&supplier, &property, "DLX", (first, first), "allotted", &json!([12])).await;
    keys.press(&["Ctrl+Enter"]).await?;
    let nights = (first, first + Days::new(3));
    stored(&supplier, &property, "DLX", nights, "allotted", &json!([5, 6, 7, 12])).await;
    stored(&supplier, &property, "STD", nights, "allotted", &json!([11, 10, 9, 20])).await;

    // The same range is selected by pointer and copied by Ctrl+C.
    keys.drag(&Cell::of("DLX", first).css(), &Cell::of("STD", first + Days::new(2)).css()).await?;
    portal.expect_attribute(&Cell::of("STD", first + Days::new(1)), "aria-selected", "true").await?;
    keys.press(&["Ctrl+c"]).await?;
    eventually("the range is on the clipboard", || async {
        let text = keys.read_clipboard().await.ok()?.replace('\r', "");
        (text.trim_end() == "5\t6\t7\n11\t10\t9").then_some(())
    })
    .await;

    keys.press(&["Ctrl+z"]).await?;
    stored(&supplier, &property, "STD", nights, "allotted", &json!([20, 20, 20, 20])).await;
    assert_eq!(numbers(&supplier.calendar(&property, "DLX", nights, None, None).await["allotted"]), [12; 4]);
    portal.close().await
}
