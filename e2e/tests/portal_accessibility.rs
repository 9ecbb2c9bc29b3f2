//! What holds on every screen of the portal, in both themes: axe-core finds nothing grave, no request fails and none
//! leaves the gateway's origin.

use anyhow::{Result, ensure};
use lodgate_e2e::{
    browser::{DESK, PHONE, Theme},
    portal::{Cell, Desk, OWNER, demo},
    stories::night,
};

#[tokio::test]
async fn every_screen_is_accessible_in_both_themes() -> Result<()> {
    let gateway = demo().await;
    let desk = Desk::of(OWNER, gateway.base_url()).await?;
    let browser = &desk.browser;
    let mut faults = Vec::new();
    for theme in [Theme::Light, Theme::Dark] {
        browser.theme(theme).await?;
        let mut check = async |screen: &str| -> Result<()> {
            let screen = format!("{screen}-{}", theme.name());
            browser.screen(&screen).await?;
            if let Err(fault) = browser.accessible(&screen).await {
                ensure!(fault.to_string().contains("grave"), fault);
                faults.push(fault.to_string());
            }
            Ok(())
        };
        desk.go("/?p=LIS").await?;
        browser.find("attention-item").await?;
        check("today").await?;

        desk.calendar("LIS", night(0), 14).await?;
        check("calendar-14").await?;
        let cell = Cell::of("DBL", night(3));
        desk.walk_to(&cell).await?;
        browser.press(&["Shift+ArrowRight", "Shift+ArrowDown", "+", "2", "Enter"]).await?;
        desk.shows(&cell, "data-edit", "draft").await?;
        check("calendar-drafts").await?;
        browser.click("discard").await?;
        for days in [31, 92] {
            desk.calendar("LIS", night(0), days).await?;
            check(&format!("calendar-{days}")).await?;
        }
        desk.go(&format!("/calendar?p=LIS&from={}&days=14&view=list", night(0))).await?;
        browser.find("list").await?;
        check("calendar-list").await?;
        desk.calendar("LIS", night(0), 92).await?;
        browser.press(&["Ctrl+k"]).await?;
        browser.find("palette").await?;
        check("palette").await?;
        browser.press(&["Escape"]).await?;

        desk.calendar("LIS", night(0), 14).await?;
        desk.walk_to(&cell).await?;
        browser.press(&["Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowDown", "Shift+ArrowDown", "b"]).await?;
        browser.find("bulk").await?;
        desk.choose("bulk-operation", "adjust").await?;
        desk.fill("bulk-value", "1").await?;
        desk.says("bulk-will-change", |text| text.contains('9')).await?;
        check("bulk").await?;
        desk.calendar("LIS", night(0), 14).await?;
        desk.walk_to(&cell).await?;
        browser.press(&["h"]).await?;
        browser.find("history-entry").await?;
        check("history").await?;

        desk.go("/activity?p=LIS").await?;
        browser.find("change-set").await?;
        check("activity").await?;
        desk.go("/developers").await?;
        browser.find("api-client").await?;
        check("developers").await?;
        desk.go("/live?p=LIS").await?;
        browser.find("wallboard").await?;
        check("wallboard").await?;

        browser.resize(PHONE).await?;
        for (screen, path) in [("phone-today", "/?p=LIS"), ("phone-calendar", "/calendar?p=LIS")] {
            desk.go(path).await?;
            browser.find_css("main [data-testid]").await?;
            check(screen).await?;
        }
        browser.resize(DESK).await?;
    }
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    // Leaving fails on any failed or foreign request, and on any error on the console.
    desk.leave().await
}
