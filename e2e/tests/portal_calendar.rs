//! The calendar in a real browser: nights are set by keyboard, pointer and from a spreadsheet, and what the page shows
//! is what the gateway stored.

use anyhow::Result;
use chrono::{Datelike, Days, NaiveDate, Weekday};
use lodgate_e2e::{
    portal::{Cell, Desk, MANAGER, PATIENCE, SUPPLIER, demo},
    stories::{Dates, Hotel, Supplier, eventually, night, numbers},
};
use serde_json::{Value, json};

/// A hotel of two room types, on sale for a year, and who owns it.
async fn hotel(name: &str) -> (Supplier, Hotel) {
    let supplier = demo().await.supplier(SUPPLIER).await;
    let hotel = supplier.property(name).rooms("DLX", 12).rooms("STD", 20).create().await;
    (supplier, hotel)
}

async fn manager() -> Result<Desk> {
    Desk::of(MANAGER, demo().await.base_url()).await
}

/// The first Monday from tomorrow on.
fn monday() -> NaiveDate {
    (1..8).map(night).find(|date| date.weekday() == Weekday::Mon).expect("a week has a Monday")
}

/// A column of the stored calendar, waited for until it is as it should be.
async fn stored(supplier: &Supplier, hotel: &Hotel, room: &str, nights: Dates, measure: &str, expected: &Value) {
    eventually(&format!("{measure} of {room} is {expected}"), PATIENCE, || async {
        let calendar = supplier.calendar(hotel, room, nights, None, None).await;
        (calendar[measure] == *expected).then_some(())
    })
    .await;
}

#[tokio::test]
async fn three_weekends_are_set_by_keyboard_alone_and_one_night_is_stopped() -> Result<()> {
    let (supplier, hotel) = hotel("weekends").await;
    let desk = manager().await?;
    let keys = &desk.browser;
    let monday = monday();
    desk.calendar_of(&hotel, monday, 31).await?;

    let fridays = [4, 11, 18].map(|day| monday + Days::new(day));
    for (number, friday) in fridays.into_iter().enumerate() {
        desk.walk_to(&Cell::of("DLX", friday)).await?;
        keys.press(&["Shift+ArrowRight", "Shift+ArrowDown", "8", "Enter"]).await?;
        desk.shows(&Cell::of("STD", friday + Days::new(1)), "data-edit", "draft").await?;
        desk.says("bar-cells", |text| text.contains(&((number + 1) * 4).to_string())).await?;
    }
    keys.screen("calendar-weekends").await?;
    keys.press(&["Ctrl+Enter"]).await?;
    for friday in fridays {
        for (room, was) in [("DLX", 12), ("STD", 20)] {
            let (thursday, sunday) = (friday - Days::new(1), friday + Days::new(2));
            stored(&supplier, &hotel, room, (thursday, sunday), "allotted", &json!([was, 8, 8, was])).await;
            desk.shows(&Cell::of(room, friday), "data-allotted", "8").await?;
            desk.shows(&Cell::of(room, friday), "data-left", "8").await?;
        }
    }

    let stopped = Cell::of("STD", fridays[0]);
    let night = (fridays[0], fridays[0]);
    desk.walk_to(&stopped).await?;
    keys.press(&["s"]).await?;
    stored(&supplier, &hotel, "STD", night, "stopSell", &json!([true])).await;
    desk.shows(&stopped, "data-state", "stop-sell").await?;
    stored(&supplier, &hotel, "STD", night, "allotted", &json!([8])).await;

    keys.press(&["Ctrl+z"]).await?;
    stored(&supplier, &hotel, "STD", night, "stopSell", &json!([false])).await;
    desk.shows(&stopped, "data-state", "open").await?;
    desk.leave().await
}

#[tokio::test]
async fn a_single_cell_is_saved_at_once_and_taken_back() -> Result<()> {
    let (supplier, hotel) = hotel("single").await;
    let desk = manager().await?;
    let keys = &desk.browser;
    let (cell, night) = (Cell::of("DLX", monday()), (monday(), monday()));
    desk.calendar_of(&hotel, monday(), 14).await?;

    desk.walk_to(&cell).await?;
    keys.press(&["9"]).await?;
    keys.find("cell-input").await?;
    keys.press(&["Escape"]).await?;
    desk.shows(&cell, "data-allotted", "12").await?;

    keys.press(&["9", "Enter"]).await?;
    stored(&supplier, &hotel, "DLX", night, "allotted", &json!([9])).await;
    desk.shows(&cell, "data-allotted", "9").await?;
    keys.find("toast").await?;

    keys.press(&["ArrowUp", "+", "3", "Enter"]).await?;
    stored(&supplier, &hotel, "DLX", night, "allotted", &json!([12])).await;
    keys.press(&["Ctrl+z"]).await?;
    stored(&supplier, &hotel, "DLX", night, "allotted", &json!([9])).await;
    keys.press(&["Ctrl+z"]).await?;
    stored(&supplier, &hotel, "DLX", night, "allotted", &json!([12])).await;
    keys.press(&["Ctrl+Shift+Z"]).await?;
    stored(&supplier, &hotel, "DLX", night, "allotted", &json!([9])).await;
    desk.shows(&cell, "data-left", "9").await?;
    desk.leave().await
}

#[tokio::test]
async fn a_block_from_a_spreadsheet_is_pasted_and_copied_back() -> Result<()> {
    let (supplier, hotel) = hotel("sheet").await;
    let desk = manager().await?;
    let keys = &desk.browser;
    let first = monday();
    desk.calendar_of(&hotel, first, 14).await?;

    keys.copy("5\t6\t7\r\n11\t10\t9\r\n").await?;
    desk.walk_to(&Cell::of("DLX", first)).await?;
    keys.press(&["Ctrl+v"]).await?;
    desk.shows(&Cell::of("STD", first + Days::new(2)), "data-edit", "draft").await?;
    stored(&supplier, &hotel, "DLX", (first, first), "allotted", &json!([12])).await;
    keys.press(&["Ctrl+Enter"]).await?;
    let nights = (first, first + Days::new(3));
    stored(&supplier, &hotel, "DLX", nights, "allotted", &json!([5, 6, 7, 12])).await;
    stored(&supplier, &hotel, "STD", nights, "allotted", &json!([11, 10, 9, 20])).await;

    // The same block goes back out by pointer and Ctrl+C.
    keys.drag(&Cell::of("DLX", first).css(), &Cell::of("STD", first + Days::new(2)).css()).await?;
    desk.shows(&Cell::of("STD", first + Days::new(1)), "aria-selected", "true").await?;
    keys.press(&["Ctrl+c"]).await?;
    eventually("the block is on the clipboard", PATIENCE, || async {
        let text = keys.clipboard().await.ok()?.replace('\r', "");
        (text.trim_end() == "5\t6\t7\n11\t10\t9").then_some(())
    })
    .await;

    keys.press(&["Ctrl+z"]).await?;
    stored(&supplier, &hotel, "STD", nights, "allotted", &json!([20, 20, 20, 20])).await;
    assert_eq!(numbers(&supplier.calendar(&hotel, "DLX", nights, None, None).await["allotted"]), [12; 4]);
    desk.leave().await
}
