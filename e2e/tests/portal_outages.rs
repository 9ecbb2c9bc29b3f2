//! The portal without its websocket, its network or its session: drafts are kept, and the calendar is correct again
//! after the outage.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use chrono::Days;
use lodgate_e2e::{
    Proxy,
    portal::{Cell, MANAGER, OWNER, PASSWORD, PortalPage, SUPPLIER, demo, with_portal},
    stories::{eventually, night, numbers},
};
use serde_json::json;

const CUTS: u64 = 20;

#[tokio::test]
async fn the_calendar_is_correct_after_twenty_websocket_resets() -> Result<()> {
    let gateway = demo().await;
    let supplier = gateway.supplier(SUPPLIER).await;
    let property = supplier.property("cut").rooms("DLX", 30).rooms("STD", 30).create().await;
    let proxy = Proxy::start(gateway.base_url()).await?;
    let portal = PortalPage::open_as(MANAGER, proxy.base_url()).await?;
    portal.browser.allow_failures("/graphql");
    portal.calendar_of(&property, night(1), 31).await?;
    portal.wait_until_live().await?;

    let mut written = 0;
    for cut in 1..=CUTS {
        let opened = proxy.websockets_opened();
        for _ in 0..5 {
            let (room, date) = (["DLX", "STD"][written % 2], night(1 + (written as u64 * 7) % 31));
            let rooms = u32::try_from(written % 25)?;
            supplier.set_allotments(&property, room, (date, date), rooms).await.accepted();
            written += 1;
        }
        ensure!(proxy.reset_websockets() > 0, "no websocket was open before reset {cut}");
        supplier.stop_sell(&property, "STD", (night(cut), night(cut)), true).await.accepted();
        eventually("the portal opens another websocket", || async {
            (proxy.websockets_opened() > opened).then_some(())
        })
        .await;
    }
    portal.wait_until_live().await?;

    let nights = (night(1), night(31));
    let mut stored = BTreeMap::new();
    for room in ["DLX", "STD"] {
        let calendar = supplier.calendar(&property, room, nights, None, None).await;
        for (date, left) in nights.0.iter_days().zip(numbers(&calendar["leftToSell"])) {
            stored.insert(format!("{room} {date}"), left.to_string());
        }
    }
    let script = "return Object.fromEntries([...document.querySelectorAll('[data-testid=cell][data-row=allotment]')]
        .map(({ dataset }) => [`${dataset.room} ${dataset.date}`, dataset.left]))";
    eventually("the calendar shows the stored values", || async {
        let shown: BTreeMap<String, String> = serde_json::from_value(portal.browser.script(script).await.ok()?).ok()?;
        (shown == stored).then_some(())
    })
    .await;
    portal.close().await
}

#[tokio::test]
async fn drafts_survive_a_network_outage() -> Result<()> {
    let gateway = demo().await;
    let supplier = gateway.supplier(SUPPLIER).await;
    let property = supplier.property("offline").rooms("DLX", 12).create().await;
    let proxy = Proxy::start(gateway.base_url()).await?;
    let portal = PortalPage::open_as(MANAGER, proxy.base_url()).await?;
    portal.browser.allow_failures("/");
    let (first, nights) = (night(2), (night(2), night(4)));
    portal.calendar_of(&property, first, 14).await?;
    portal.wait_until_live().await?;

    portal.browser.set_offline(true).await?;
    proxy.pause();
    proxy.reset_connections();
    portal.browser.find_css("[data-testid=freshness][data-state=offline]").await?;
    portal.focus_cell(&Cell::of("DLX", first)).await?;
    portal.browser.press(&["Shift+ArrowRight", "Shift+ArrowRight", "7", "Enter"]).await?;
    portal.expect_attribute(&Cell::of("DLX", night(4)), "data-edit", "draft").await?;
    portal.browser.find_css("[data-testid=apply]:disabled").await?;
    portal.browser.screenshot("offline").await?;

    proxy.resume();
    portal.browser.set_offline(false).await?;
    portal.wait_until_live().await?;
    portal.expect_attribute(&Cell::of("DLX", night(4)), "data-edit", "draft").await?;
    portal.browser.press(&["Ctrl+Enter"]).await?;
    eventually("the drafts are stored", || async {
        let calendar = supplier.calendar(&property, "DLX", nights, None, None).await;
        (calendar["allotted"] == json!([7, 7, 7])).then_some(())
    })
    .await;
    portal.close().await
}

#[tokio::test]
async fn drafts_survive_the_end_of_the_session() -> Result<()> {
    // Its own gateway, because this test ends all sessions of a user.
    let gateway = with_portal().start().await;
    let supplier = gateway.supplier(SUPPLIER).await;
    let property = supplier.property("expired").rooms("DLX", 12).create().await;
    let portal = PortalPage::open_as(OWNER, gateway.base_url()).await?;
    portal.browser.allow_failures("/graphql");
    portal.browser.allow_failures("/oauth/token");
    let day = night(2);
    portal.calendar_of(&property, day, 14).await?;
    portal.focus_cell(&Cell::of("DLX", day)).await?;
    portal.browser.press(&["Shift+ArrowRight", "6", "Enter"]).await?;
    portal.expect_attribute(&Cell::of("DLX", day), "data-edit", "draft").await?;

    gateway.sign_in(OWNER, PASSWORD).await.sign_out(true).await;
    portal.browser.press(&["Ctrl+Enter"]).await?;
    portal.browser.find("notice").await?;
    portal.browser.screenshot("session-ended").await?;
    portal.sign_in(OWNER).await?;
    let kept = Cell::of("DLX", day + Days::new(1));
    portal.expect_attribute(&kept, "data-edit", "draft").await?;
    portal.browser.click("apply").await?;
    eventually("the drafts are stored", || async {
        let calendar = supplier.calendar(&property, "DLX", (day, day + Days::new(1)), None, None).await;
        (calendar["allotted"] == json!([6, 6])).then_some(())
    })
    .await;
    portal.close().await
}
