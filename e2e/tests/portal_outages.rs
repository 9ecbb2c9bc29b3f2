//! The portal when something breaks: the socket, the network, the session. What was typed is kept, what is shown is
//! true again as soon as it can be.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use chrono::Days;
use lodgate_e2e::{
    Line,
    portal::{Cell, Desk, MANAGER, OWNER, PASSWORD, PATIENCE, SUPPLIER, demo},
    stories::{eventually, night, numbers},
};
use serde_json::json;

const CUTS: u64 = 20;

#[tokio::test]
async fn a_socket_cut_twenty_times_loses_no_change() -> Result<()> {
    let gateway = demo().await;
    let supplier = gateway.supplier(SUPPLIER).await;
    let hotel = supplier.property("cut").rooms("DLX", 30).rooms("STD", 30).create().await;
    let line = Line::to(gateway.base_url()).await?;
    let desk = Desk::of(MANAGER, line.base_url()).await?;
    desk.browser.allow_failures("/graphql");
    desk.calendar_of(&hotel, night(1), 31).await?;
    desk.live().await?;

    let mut written = 0;
    for cut in 1..=CUTS {
        let opened = line.sockets_opened();
        for _ in 0..5 {
            let (room, date) = (["DLX", "STD"][written % 2], night(1 + (written as u64 * 7) % 31));
            let rooms = u32::try_from(written % 25)?;
            supplier.set_allotments(&hotel, room, (date, date), rooms).await.accepted();
            written += 1;
        }
        ensure!(line.cut_sockets() > 0, "there was no socket to cut before cut {cut}");
        supplier.stop_sell(&hotel, "STD", (night(cut), night(cut)), true).await.accepted();
        eventually("the portal opens another socket", PATIENCE, || async {
            (line.sockets_opened() > opened).then_some(())
        })
        .await;
    }
    desk.live().await?;

    let nights = (night(1), night(31));
    let mut stored = BTreeMap::new();
    for room in ["DLX", "STD"] {
        let calendar = supplier.calendar(&hotel, room, nights, None, None).await;
        for (date, left) in nights.0.iter_days().zip(numbers(&calendar["leftToSell"])) {
            stored.insert(format!("{room} {date}"), left.to_string());
        }
    }
    let script = "return Object.fromEntries([...document.querySelectorAll('[data-testid=cell][data-row=allotment]')]
        .map(({ dataset }) => [`${dataset.room} ${dataset.date}`, dataset.left]))";
    eventually("the grid is what the database says", PATIENCE, || async {
        let shown: BTreeMap<String, String> = serde_json::from_value(desk.browser.script(script).await.ok()?).ok()?;
        (shown == stored).then_some(())
    })
    .await;
    desk.leave().await
}

#[tokio::test]
async fn drafts_outlive_the_network() -> Result<()> {
    let gateway = demo().await;
    let supplier = gateway.supplier(SUPPLIER).await;
    let hotel = supplier.property("offline").rooms("DLX", 12).create().await;
    let line = Line::to(gateway.base_url()).await?;
    let desk = Desk::of(MANAGER, line.base_url()).await?;
    desk.browser.allow_failures("/");
    let (first, nights) = (night(2), (night(2), night(4)));
    desk.calendar_of(&hotel, first, 14).await?;
    desk.live().await?;

    desk.browser.offline(true).await?;
    line.hold();
    line.cut();
    desk.browser.find_css("[data-testid=freshness][data-state=offline]").await?;
    desk.walk_to(&Cell::of("DLX", first)).await?;
    desk.browser.press(&["Shift+ArrowRight", "Shift+ArrowRight", "7", "Enter"]).await?;
    desk.shows(&Cell::of("DLX", night(4)), "data-edit", "draft").await?;
    desk.browser.find_css("[data-testid=apply]:disabled").await?;
    desk.browser.screen("offline").await?;

    line.release();
    desk.browser.offline(false).await?;
    desk.live().await?;
    desk.shows(&Cell::of("DLX", night(4)), "data-edit", "draft").await?;
    desk.browser.press(&["Ctrl+Enter"]).await?;
    eventually("the drafts are stored", PATIENCE, || async {
        let calendar = supplier.calendar(&hotel, "DLX", nights, None, None).await;
        (calendar["allotted"] == json!([7, 7, 7])).then_some(())
    })
    .await;
    desk.leave().await
}

#[tokio::test]
async fn drafts_outlive_the_session() -> Result<()> {
    let gateway = demo().await;
    let supplier = gateway.supplier(SUPPLIER).await;
    let hotel = supplier.property("expired").rooms("DLX", 12).create().await;
    // The owner: what ends here are all sessions of one person.
    let desk = Desk::of(OWNER, gateway.base_url()).await?;
    desk.browser.allow_failures("/graphql");
    desk.browser.allow_failures("/oauth/token");
    let day = night(2);
    desk.calendar_of(&hotel, day, 14).await?;
    desk.walk_to(&Cell::of("DLX", day)).await?;
    desk.browser.press(&["Shift+ArrowRight", "6", "Enter"]).await?;
    desk.shows(&Cell::of("DLX", day), "data-edit", "draft").await?;

    sign_out_everywhere(gateway.base_url(), OWNER).await?;
    desk.browser.press(&["Ctrl+Enter"]).await?;
    desk.browser.find("notice").await?;
    desk.browser.screen("session-ended").await?;
    desk.sign_in(OWNER).await?;
    let kept = Cell::of("DLX", day + Days::new(1));
    desk.shows(&kept, "data-edit", "draft").await?;
    desk.browser.click("apply").await?;
    eventually("the drafts are stored", PATIENCE, || async {
        let calendar = supplier.calendar(&hotel, "DLX", (day, day + Days::new(1)), None, None).await;
        (calendar["allotted"] == json!([6, 6])).then_some(())
    })
    .await;
    desk.leave().await
}

/// From another machine: signs in there, and out of all sessions.
async fn sign_out_everywhere(base_url: &str, email: &str) -> Result<()> {
    let http = reqwest::Client::builder().no_proxy().build()?;
    let form = [("grant_type", "password"), ("username", email), ("password", PASSWORD)];
    let answer = http.post(format!("{base_url}/oauth/token")).form(&form).send().await?.error_for_status()?;
    let cookie = answer.headers().get("set-cookie").and_then(|cookie| cookie.to_str().ok()).unwrap_or_default();
    let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
    let ended = http.post(format!("{base_url}/oauth/revoke")).header("cookie", cookie).form(&[("all", "true")]);
    ended.send().await?.error_for_status()?;
    Ok(())
}
