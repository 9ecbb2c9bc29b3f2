//! Sign-in at the portal.

use anyhow::{Result, ensure};
use lodgate_e2e::{
    browser::{Browser, Theme},
    portal::{MANAGER, PortalPage, demo},
    stories::eventually,
};

#[tokio::test]
async fn a_manager_signs_in_and_out() -> Result<()> {
    let gateway = demo().await;
    let portal = PortalPage::open_as(MANAGER, gateway.base_url()).await?;
    portal.browser.find("rail").await?;

    // A reload keeps the session. Only the cookie has it; no script can read it.
    portal.browser.session.refresh().await?;
    portal.browser.find("who").await?;
    let stored = portal
        .browser
        .script("return JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])")
        .await?;
    ensure!(!stored.as_str().is_some_and(|stored| stored.contains("eyJ")), "a token is in the storage: {stored}");

    portal.browser.click("who").await?;
    portal.browser.click("sign-out").await?;
    portal.browser.find("email").await?;
    portal.close().await
}

#[tokio::test]
async fn a_wrong_password_is_refused() -> Result<()> {
    let gateway = demo().await;
    let browser = Browser::start().await?;
    browser.allow_failures("/oauth/token");

    browser.open(gateway.base_url()).await?;
    for theme in [Theme::Light, Theme::Dark] {
        browser.set_theme(theme).await?;
        browser.find("email").await?;
        browser.assert_accessible(&format!("sign-in, {}", theme.name())).await?;
        browser.screenshot(&format!("sign-in-{}", theme.name())).await?;
    }
    browser.type_into("email", "owner@harbour.example").await?;
    browser.type_into("password", "not it").await?;
    browser.click("submit").await?;

    eventually("the form shows the error", || async {
        let text = browser.find("sign-in-error").await.ok()?.text().await.ok()?;
        text.contains("wrong").then_some(())
    })
    .await;
    browser.find("email").await?;

    browser.close().await
}
