//! Signing in at the portal, in a real browser against the real gateway.

use anyhow::{Result, ensure};
use lodgate_e2e::{
    browser::{Browser, Theme},
    portal::{Desk, MANAGER, PATIENCE, demo},
    stories::eventually,
};

#[tokio::test]
async fn a_manager_signs_in_and_out_again() -> Result<()> {
    let gateway = demo().await;
    let desk = Desk::of(MANAGER, gateway.base_url()).await?;
    desk.browser.find("rail").await?;

    // A reload keeps the session: only the cookie knows it, no script does.
    desk.browser.session.refresh().await?;
    desk.browser.find("who").await?;
    let stored = desk
        .browser
        .script("return JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])")
        .await?;
    ensure!(!stored.as_str().is_some_and(|stored| stored.contains("eyJ")), "a token lies in the storage: {stored}");

    desk.browser.click("who").await?;
    desk.browser.click("sign-out").await?;
    desk.browser.find("email").await?;
    desk.leave().await
}

#[tokio::test]
async fn a_wrong_password_stays_at_the_door() -> Result<()> {
    let gateway = demo().await;
    let browser = Browser::start().await?;
    browser.allow_failures("/oauth/token");

    browser.open(gateway.base_url()).await?;
    for theme in [Theme::Light, Theme::Dark] {
        browser.theme(theme).await?;
        browser.find("email").await?;
        browser.accessible(&format!("sign-in, {}", theme.name())).await?;
        browser.screen(&format!("sign-in-{}", theme.name())).await?;
    }
    browser.type_into("email", "owner@harbour.example").await?;
    browser.type_into("password", "not it").await?;
    browser.click("submit").await?;

    eventually("the form says why", PATIENCE, || async {
        let text = browser.find("sign-in-error").await.ok()?.text().await.ok()?;
        text.contains("wrong").then_some(())
    })
    .await;
    browser.find("email").await?;

    browser.close().await
}
