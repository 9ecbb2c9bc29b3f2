//! The pages beside the calendar: today, API clients, wallboard.

use anyhow::{Context, Result, ensure};
use chrono::{Days, NaiveDate};
use lodgate_e2e::{
    portal::{Cell, MANAGER, OWNER, PARTNER, PortalPage, SUPPLIER, demo},
    stories::{eventually, night, stay},
};
use serde_json::{Value, json};

#[tokio::test]
async fn an_attention_item_opens_its_cells_in_the_calendar() -> Result<()> {
    let gateway = demo().await;
    let supplier = gateway.supplier(SUPPLIER).await;
    let property = supplier.property("attention").rooms("DLX", 2).rooms("STD", 20).opened_to(PARTNER).create().await;
    let partner = gateway.partner(PARTNER).await;
    for _ in 0..2 {
        partner.book(&property, "DLX", stay(5, 2)).await.accepted();
    }
    let less = json!({ "changes": [{
        "roomTypeId": property.room_type("DLX"), "pool": { "shared": true }, "from": night(5), "through": night(6),
        "count": { "allotted": 1 },
    }], "allowOvercommit": true });
    supplier.set(&property, &less).await.accepted();

    let portal = PortalPage::open_as(MANAGER, gateway.base_url()).await?;
    portal.go_to(&format!("/?p={}", property.code)).await?;
    portal.browser.find("tile").await?;
    let item = portal.browser.find_css("[data-testid=attention-item][data-room=DLX]").await?;
    let date = async |name: &str| -> Result<NaiveDate> {
        Ok(item.attr(name).await?.with_context(|| format!("an item without {name}"))?.parse()?)
    };
    let (from, through) = (date("data-from").await?, date("data-through").await?);
    assert_eq!((from, through), (night(5), night(6)));
    item.click().await?;

    let cell = Cell::of("DLX", from);
    portal.expect_attribute(&cell, "data-left", "0").await?;
    portal.expect_attribute(&cell, "data-state", "overcommitted").await?;
    portal.expect_attribute(&cell, "tabindex", "0").await?;
    portal.browser.session.back().await?;
    portal.browser.find("tile").await?;
    portal.close().await
}

#[tokio::test]
async fn a_new_api_client_gets_tokens_until_it_is_revoked() -> Result<()> {
    let gateway = demo().await;
    let portal = PortalPage::open_as(OWNER, gateway.base_url()).await?;
    portal.go_to("/developers").await?;
    portal.browser.click("create-client").await?;
    portal.browser.type_into("client-label", "Channel of a test").await?;
    let scope = "[data-testid=client-scope][data-scope=\"inventory:read\"]";
    portal.browser.find_css(scope).await?;
    // The scope may be checked already; the test needs it checked.
    portal
        .browser
        .script(&format!("const box = document.querySelector('{scope}'); if (!box.checked) box.click()"))
        .await?;
    portal.browser.press(&["Enter"]).await?;
    let secret = portal.expect_text("client-secret", |text| text.contains("lgs_")).await?;
    let secret = secret.split_whitespace().find(|word| word.starts_with("lgs_")).context("a secret")?.to_owned();
    portal.browser.screenshot("developers-secret").await?;
    let row = "[...document.querySelectorAll('[data-testid=api-client]')].find((row) => row.innerText.includes('Channel of a test'))";
    let id = portal.browser.script(&format!("return {row}?.dataset.client")).await?;
    let id = id.as_str().context("the list names the new client")?.to_owned();

    let http = reqwest::Client::builder().no_proxy().build()?;
    let sign_in = || async {
        let form = [("grant_type", "client_credentials"), ("client_id", &*id), ("client_secret", &*secret)];
        anyhow::Ok(http.post(format!("{}/oauth/token", gateway.base_url())).form(&form).send().await?)
    };
    let token: Value = sign_in().await?.error_for_status()?.json().await?;
    let asked = json!({ "query": "{ viewer { __typename } }" });
    let answer = http.post(format!("{}/graphql", gateway.base_url())).json(&asked);
    let answer = answer.bearer_auth(token["access_token"].as_str().context("a token")?).send().await?;
    ensure!(answer.status().is_success(), "the token is not accepted: {}", answer.text().await?);

    portal.browser.script(&format!("{row}.querySelector('[data-testid=revoke]').click()")).await?;
    eventually("the API client is revoked", || async {
        // Confirms the revocation.
        let sure = "document.querySelector('dialog[open] [data-testid=confirm-yes]')?.click()";
        portal.browser.script(sure).await.ok()?;
        sign_in().await.ok()?.error_for_status().is_err().then_some(())
    })
    .await;
    portal.close().await
}

#[tokio::test]
async fn the_wallboard_shows_changes_live() -> Result<()> {
    let gateway = demo().await;
    let supplier = gateway.supplier(SUPPLIER).await;
    let property = supplier.property("wall").rooms("DLX", 57).create().await;
    let portal = PortalPage::open_as(MANAGER, gateway.base_url()).await?;
    portal.go_to(&format!("/live?p={}", property.code)).await?;
    portal.expect_text("wallboard", |text| text.contains("57")).await?;
    portal.browser.find("wallboard-freshness").await?;

    supplier.set_allotments(&property, "DLX", (night(0), night(0) + Days::new(2)), 43).await.accepted();
    portal.expect_text("wallboard", |text| text.contains("43")).await?;
    portal.close().await
}
