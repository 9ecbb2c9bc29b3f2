//! Every screen of the portal, in both themes: axe-core finds no serious issue, no request fails or goes to another
//! origin.

use anyhow::{Result, ensure};
use lodgate_e2e::{
    browser::{MOBILE, Theme},
    portal::{Cell, OWNER, PortalPage, with_portal},
    stories::night,
};

#[tokio::test]
async fn every_screen_is_accessible_in_the_light_theme() -> Result<()> {
    every_screen_is_accessible(Theme::Light).await
}

#[tokio::test]
async fn every_screen_is_accessible_in_the_dark_theme() -> Result<()> {
    every_screen_is_accessible(Theme::Dark).await
}

async fn every_screen_is_accessible(theme: Theme) -> Result<()> {
    // Its own gateway: pages and properties of other tests must not be in the screenshots.
    let gateway = with_portal().start().await;
    let portal = PortalPage::open_as(OWNER, gateway.base_url()).await?;
    let browser = &portal.browser;
    let mut faults = Vec::new();
    browser.set_theme(theme).await?;
    let mut check = async |screen: &str| -> Result<()> {
        let screen = format!("{screen}-{}", theme.name());
        browser.screenshot(&screen).await?;
        if let Err(fault) = browser.assert_accessible(&screen).await {
            ensure!(fault.to_string().contains("serious accessibility issues"), fault);
            faults.push(fault.to_string());
        }
        Ok(())
    };
    portal.go_to("/?p=LIS").await?;
    browser.find("attention-item").await?;
    check("today").await?;

    portal.calendar("LIS", night(0), 14).await?;
    check("calendar-14").await?;
    let cell = Cell::of("DBL", night(3));
    portal.focus_cell(&cell).await?;
    browser.press(&["Shift+ArrowRight", "Shift+ArrowDown", "+", "2", "Enter"]).await?;
    portal.expect_attribute(&cell, "data-edit", "draft").await?;
    check("calendar-drafts").await?;
    browser.click("discard").await?;
    for days in [31, 92] {
        portal.calendar("LIS", night(0), days).await?;
        check(&format!("calendar-{days}")).await?;
    }
    portal.go_to(&format!("/calendar?p=LIS&from={}&days=14&view=list", night(0))).await?;
    browser.find("list").await?;
    check("calendar-list").await?;
    portal.calendar("LIS", night(0), 92).await?;
    browser.press(&["Ctrl+k"]).await?;
    browser.find("palette").await?;
    check("palette").await?;
    browser.press(&["Escape"]).await?;

    portal.calendar("LIS", night(0), 14).await?;
    portal.focus_cell(&cell).await?;
    browser.press(&["Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowDown", "Shift+ArrowDown", "b"]).await?;
    browser.find("bulk").await?;
    portal.choose("bulk-operation", "adjust").await?;
    portal.fill("bulk-value", "1").await?;
    portal.expect_text("bulk-will-change", |text| text.contains('9')).await?;
    check("bulk").await?;
    portal.calendar("LIS", night(0), 14).await?;
    portal.focus_cell(&cell).await?;
    browser.press(&["h"]).await?;
    browser.find("history-entry").await?;
    check("history").await?;

    portal.go_to("/activity?p=LIS").await?;
    browser.find("change-set").await?;
    check("activity").await?;
    portal.go_to("/developers").await?;
    browser.find("api-client").await?;
    check("developers").await?;
    portal.go_to("/live?p=LIS").await?;
    browser.find("wallboard").await?;
    check("wallboard").await?;

    browser.resize(MOBILE).await?;
    for (screen, path) in [("phone-today", "/?p=LIS"), ("phone-calendar", "/calendar?p=LIS")] {
        portal.go_to(path).await?;
        browser.find_css("main [data-testid]").await?;
        check(screen).await?;
    }
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    // Closing fails on any failed or foreign request and on any console error.
    portal.close().await
}
