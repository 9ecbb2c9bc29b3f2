//! The portal in a real browser, against the real gateway.

use std::path::Path;

use anyhow::{Result, ensure};
use lodgate_e2e::{Gateway, browser::Browser};

const PASSWORD: &str = "a password for this story";

/// A gateway with the demo hotels that serves the built portal.
async fn demo() -> Gateway {
    let portal = Path::new(env!("CARGO_MANIFEST_DIR")).join("../portal/dist");
    assert!(
        portal.join("index.html").is_file(),
        "no portal was built in {}: run `cargo xtask portal` first",
        portal.display()
    );
    Gateway::builder()
        .arg("--demo")
        .env("DEMO_PASSWORD", PASSWORD)
        .env("PORTAL_DIR", &portal.display().to_string())
        .start()
        .await
}

#[tokio::test]
async fn a_manager_signs_in_and_sees_the_grid() -> Result<()> {
    let gateway = demo().await;
    let browser = Browser::start().await?;

    browser.open(gateway.base_url()).await?;
    browser.type_into("email", "owner@harbour.example").await?;
    browser.type_into("password", PASSWORD).await?;
    browser.click("submit").await?;

    browser.find("property-list").await?;
    browser.find_css("[data-testid=property][data-code=HOR]").await?.click().await?;
    browser.find("grid").await?;
    let cell = browser.find_css("[data-testid=grid] [data-date][data-room]").await?;
    ensure!(cell.attr("data-date").await?.is_some_and(|date| date.len() == 10), "a stay date is YYYY-MM-DD");
    ensure!(!cell.text().await?.is_empty(), "a cell says what is left");

    browser.close().await
}

#[tokio::test]
async fn a_wrong_password_stays_at_the_door() -> Result<()> {
    let gateway = demo().await;
    let browser = Browser::start().await?;

    browser.open(gateway.base_url()).await?;
    browser.type_into("email", "owner@harbour.example").await?;
    browser.type_into("password", "not it").await?;
    browser.click("submit").await?;

    browser.find_css("[role=alert]").await?;
    browser.find("email").await?;

    browser.close().await
}
