//! The calendar on a phone: a night is stepped up and down under a thumb, and applied.

use anyhow::Result;
use lodgate_e2e::{
    browser::PHONE,
    portal::{Desk, MANAGER, PATIENCE, SUPPLIER, demo},
    stories::{eventually, night},
};
use serde_json::json;

#[tokio::test]
async fn a_night_is_stepped_on_a_phone() -> Result<()> {
    let gateway = demo().await;
    let supplier = gateway.supplier(SUPPLIER).await;
    let hotel = supplier.property("phone").rooms("DLX", 12).rooms("STD", 20).create().await;
    let desk = Desk::of(MANAGER, gateway.base_url()).await?;
    desk.browser.resize(PHONE).await?;
    let (first, nights) = (night(2), (night(2), night(3)));
    desk.go(&format!("/calendar?p={}&from={first}&days=14", hotel.code)).await?;
    desk.browser.find("phone-calendar").await?;
    desk.browser.click("next-room").await?;

    let step = |date, button| format!("[data-testid=night][data-date=\"{date}\"] [data-testid={button}]");
    for button in ["less", "less", "more"] {
        desk.browser.find_css(&step(first, button)).await?.click().await?;
    }
    desk.browser.find_css(&step(nights.1, "less")).await?.click().await?;
    desk.says("bar-cells", |text| text.contains('2')).await?;
    desk.browser.screen("phone-drafts").await?;
    desk.browser.click("apply").await?;
    eventually("the steps are stored", PATIENCE, || async {
        let calendar = supplier.calendar(&hotel, "STD", nights, None, None).await;
        (calendar["allotted"] == json!([19, 19])).then_some(())
    })
    .await;
    desk.gone("[data-testid=apply]").await;
    desk.leave().await
}
