//! The calendar on a phone: nights are changed by buttons and applied.

use anyhow::Result;
use lodgate_e2e::{
    browser::MOBILE,
    portal::{MANAGER, PortalPage, SUPPLIER, demo},
    stories::{eventually, night},
};
use serde_json::json;

#[tokio::test]
async fn a_night_is_changed_by_buttons_on_a_phone() -> Result<()> {
    let gateway = demo().await;
    let supplier = gateway.supplier(SUPPLIER).await;
    let property = supplier.property("phone").rooms("DLX", 12).rooms("STD", 20).create().await;
    let portal = PortalPage::open_as(MANAGER, gateway.base_url()).await?;
    portal.browser.resize(MOBILE).await?;
    let (first, nights) = (night(2), (night(2), night(3)));
    portal.go_to(&format!("/calendar?p={}&from={first}&days=14", property.code)).await?;
    portal.browser.find("phone-calendar").await?;
    portal.browser.click("next-room").await?;

    let step = |date, button| format!("[data-testid=night][data-date=\"{date}\"] [data-testid={button}]");
    for button in ["less", "less", "more"] {
        portal.browser.find_css(&step(first, button)).await?.click().await?;
    }
    portal.browser.find_css(&step(nights.1, "less")).await?.click().await?;
    portal.expect_text("bar-cells", |text| text.contains('2')).await?;
    portal.browser.screenshot("phone-drafts").await?;
    portal.browser.click("apply").await?;
    eventually("the steps are stored", || async {
        let calendar = supplier.calendar(&property, "STD", nights, None, None).await;
        (calendar["allotted"] == json!([19, 19])).then_some(())
    })
    .await;
    portal.expect_gone("[data-testid=apply]").await;
    portal.close().await
}
