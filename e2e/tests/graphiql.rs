//! GraphiQL with its token form and its examples, in a browser that can reach no other host than the gateway.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lodgate_e2e::{
    Gateway, TenantKind,
    browser::Theme,
    graphiql::GraphiqlPage,
    nodejs,
    portal::{OWNER, PARTNER, PASSWORD, SUPPLIER},
    stories::eventually,
};
use serde_json::{Value, json};

async fn demo() -> Gateway {
    Gateway::builder().with_graphiql().arg("--demo").env("DEMO_PASSWORD", PASSWORD).start().await
}

async fn partner_token(gateway: &Gateway) -> String {
    gateway.token(PARTNER, TenantKind::Partner, TenantKind::Partner.scopes(), "unmetered").await
}

/// The `data` of a response without errors and without `userErrors`.
fn data_of(name: &str, answer: &Value) -> Result<Value> {
    ensure!(answer["errors"].is_null(), "{name}: {answer}");
    let data = answer["data"].clone();
    for payload in data.as_object().into_iter().flat_map(|fields| fields.values()) {
        let refused = payload["userErrors"].as_array().is_some_and(|errors| !errors.is_empty());
        ensure!(!refused, "{name}: {answer}");
    }
    Ok(data)
}

#[tokio::test]
async fn every_example_is_valid_for_the_schema() -> Result<()> {
    let gateway = Gateway::builder().start().await;
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("schema.graphql"), gateway.get("/schema.graphql").await?)?;
    let script = "import { readFileSync, readdirSync } from 'node:fs';
        import { buildSchema, getVariableValues, parse, validate } from 'graphql';
        const schema = buildSchema(readFileSync('schema.graphql', 'utf8'));
        const folder = process.argv[2];
        const files = readdirSync(folder).filter((file) => file.endsWith('.graphql'));
        for (const file of files) {
            const document = parse(readFileSync(`${folder}/${file}`, 'utf8'));
            const variables = JSON.parse(readFileSync(`${folder}/${file.replace('.graphql', '.json')}`, 'utf8'));
            const [{ variableDefinitions, operation, name }] = document.definitions;
            const { errors = [] } = getVariableValues(schema, variableDefinitions, variables);
            const unknown = Object.keys(variables).filter((key) => !variableDefinitions.some(({ variable }) => variable.name.value === key));
            const faults = [...validate(schema, document), ...errors, ...unknown];
            if (faults.length > 0) throw new Error(`${file}: ${faults.join('; ')}`);
            console.log(operation, name.value);
        }";
    let examples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../graphiql/examples").canonicalize()?;
    let examples = examples.to_str().context("a UTF-8 path")?;
    let said = nodejs::run(folder.path(), script, &[examples], Duration::from_secs(60)).await?;
    ensure!(said.lines().count() >= 6 && said.contains("subscription"), "{said}");
    Ok(())
}

#[tokio::test]
async fn a_partner_runs_every_example_and_sees_a_change_live() -> Result<()> {
    let gateway = demo().await;
    let page = GraphiqlPage::open(gateway.base_url()).await?;
    page.browser.find("no-token").await?;
    ensure!(page.run().await?["errors"][0]["message"].to_string().contains("token"), "nothing runs without a token");

    page.browser.find_css("[data-testid=example][data-name=StopSell]").await?.click().await?;
    page.wait_for("the example opens in a tab", async || {
        Ok(page.tabs().await?.contains(&"StopSell".to_owned()).then_some(()))
    })
    .await?;

    page.use_token(&partner_token(&gateway).await, PARTNER).await?;
    let names = page.tabs().await?;
    ensure!(names.len() >= 6, "{names:?}");
    let mut property = Value::Null;
    for name in &names {
        page.select_tab(name).await?;
        let variables = page.variables().await?;
        ensure!(!variables.to_string().contains("{{"), "{name} is not filled in: {variables}");
        let answer = page.run().await?;
        if name == "WatchStock" {
            property = variables["propertyIds"][0].clone();
            page.press_run().await?;
            continue;
        }
        let data = data_of(name, &answer)?;
        match &**name {
            "FindHotels" => ensure!(!data["properties"]["nodes"][0].is_null(), "{data}"),
            "SearchAvailability" => ensure!(data["availability"][0]["bookable"] == true, "{data}"),
            "NightsOnSale" => {
                let nights = data["node"]["availabilityCalendar"]["leftToSell"].as_array().map(Vec::len);
                ensure!(nights == Some(14), "{data}");
            }
            "PlaceHold" => ensure!(data["placeHold"]["reservation"]["status"] == "HELD", "{data}"),
            "ConfirmHold" => ensure!(data["confirmReservation"]["reservation"]["status"] == "CONFIRMED", "{data}"),
            "CancelReservation" => ensure!(data["cancelReservation"]["reservation"]["status"] == "CANCELLED", "{data}"),
            "RateLimit" => ensure!(data["viewer"]["tenant"]["code"] == PARTNER, "{data}"),
            "EstimateCost" => ensure!(data["estimateCost"]["requested"].as_i64() > Some(1_000), "{data}"),
            other => anyhow::bail!("this test does not know the example {other}"),
        }
    }

    page.select_tab("WatchStock").await?;
    let first = page.run().await?;
    ensure!(first["newestFirst"][0]["data"]["stockChanges"]["__typename"] == "StockSnapshot", "{first}");
    let rooms = json!({ "id": property });
    let supplier = gateway.supplier(SUPPLIER).await.client;
    let rooms = supplier.query("query($id: ID!) { property(id: $id) { roomTypes { id code } } }", &rooms).await?;
    let room = &rooms["property"]["roomTypes"][0];
    let from = lodgate_e2e::stories::night(20);
    let change = json!({ "roomTypeId": room["id"], "level": { "roomNight": true }, "from": from, "through": from, "stopSell": true });
    let input = json!({ "input": { "propertyId": property, "changes": [change] } });
    let document = "mutation($input: SetRestrictionsInput!) { setRestrictions(input: $input) { changedCells userErrors { message } } }";
    supplier.query(document, &input).await?;
    page.wait_for("the change is shown", async || {
        let messages = page.answer().await?["newestFirst"].clone();
        let is_change = |message: &&Value| {
            let change = &message["data"]["stockChanges"];
            change["__typename"] == "StockChange"
                && change["cells"].as_array().is_some_and(|cells| cells.iter().any(|cell| cell["stopSell"] == true))
        };
        Ok(messages.as_array().and_then(|messages| messages.iter().find(is_change).map(|_| ())))
    })
    .await?;
    page.press_run().await?;
    eventually("a stopped subscription closes its socket", || async {
        (gateway.metrics().await.sum("lodgate_sockets", &[]) == 0.0).then_some(())
    })
    .await;
    page.browser.close().await
}

#[tokio::test]
async fn a_supplier_signs_in_as_an_api_client_and_its_token_is_renewed() -> Result<()> {
    let gateway = demo().await;
    let owner = gateway.sign_in(OWNER, PASSWORD).await.client;
    let input = json!({ "input": { "label": "GraphiQL of a test", "scopes": ["INVENTORY_READ", "INVENTORY_WRITE"] } });
    let document =
        "mutation($input: CreateApiClientInput!) { createApiClient(input: $input) { client { clientId } secret } }";
    let made = owner.query(document, &input).await?["createApiClient"].clone();
    let (id, secret) =
        (made["client"]["clientId"].as_str().context("an id")?, made["secret"].as_str().context("a secret")?);

    let page = GraphiqlPage::open(gateway.base_url()).await?;
    page.browser.allow_failures("/oauth/token");
    page.browser.click("enter").await?;
    page.browser.type_into("client-id", id).await?;
    page.browser.type_into("client-secret", "lgs_wrong").await?;
    page.browser.click("use-token").await?;
    page.wait_for("the refusal is shown", async || {
        let problem = page.browser.find("entry-problem").await?.text().await?;
        Ok((!problem.is_empty()).then_some(()))
    })
    .await?;
    page.browser.script("document.querySelector('[data-testid=entry]').close()").await?;

    // A token of one hour is renewed after 48 minutes; here the first timer is shortened to 3 seconds.
    page.browser
        .script(
            "document.querySelector('[data-testid=entry] form').reset();
             const { setTimeout } = window;
             window.setTimeout = (act, delay, ...rest) => {
                 const isRenewal = delay > 2.5e6 && delay < 3e6;
                 if (isRenewal) window.setTimeout = setTimeout;
                 return setTimeout(act, isRenewal ? 3000 : delay, ...rest);
             }",
        )
        .await?;
    page.use_client(id, secret, SUPPLIER).await?;
    let kept = async || {
        let found = page.browser.script("return sessionStorage.getItem('lodgate.token')").await?;
        anyhow::Ok(found.as_str().context("a token")?.to_owned())
    };
    let first = kept().await?;
    page.wait_for("the token is renewed", async || Ok((kept().await? != first).then_some(()))).await?;

    for name in page.tabs().await? {
        page.select_tab(&name).await?;
        let answer = page.run().await?;
        if name == "WatchStock" {
            page.press_run().await?;
            continue;
        }
        let data = data_of(&name, &answer)?;
        match &*name {
            "FindHotels" | "RateLimit" | "EstimateCost" => {}
            "NightsCalendar" => {
                let nights = data["node"]["calendar"]["allotted"].as_array().map(Vec::len);
                ensure!(nights == Some(14), "{data}");
            }
            "AdjustAllotments" => ensure!(data["adjustAllotments"]["changedCells"] == 4, "{data}"),
            "StopSell" => ensure!(data["setRestrictions"]["changedCells"] == 1, "{data}"),
            "UndoChangeSet" => ensure!(data["undoChangeSet"]["event"]["cause"] == "UNDO", "{data}"),
            other => anyhow::bail!("this test does not know the example {other}"),
        }
    }

    let stored = page.browser.script("return JSON.stringify([localStorage, sessionStorage])").await?.to_string();
    ensure!(!stored.contains(secret), "a secret is never stored");
    let local = page.browser.script("return JSON.stringify(localStorage)").await?.to_string();
    ensure!(!local.contains(&kept().await?), "a token is not kept after its tab");
    page.browser.click("forget").await?;
    page.browser.find("no-token").await?;
    ensure!(page.browser.script("return sessionStorage.getItem('lodgate.token')").await?.is_null());
    page.browser.close().await
}

#[tokio::test]
async fn the_documentation_uses_the_public_schema_or_introspection() -> Result<()> {
    let gateway = demo().await;
    let page = GraphiqlPage::open(gateway.base_url()).await?;
    let docs = "button[aria-label=\"Show Documentation Explorer\"]";
    let shows_roots = async || {
        let text =
            page.browser.script("return document.querySelector('.graphiql-doc-explorer')?.innerText ?? ''").await?;
        Ok(text.as_str().is_some_and(|text| text.contains("Subscription")).then_some(()))
    };
    let asked = async || {
        let requests = page.browser.requests().await?;
        anyhow::Ok(requests.iter().filter(|request| request.url.ends_with("/graphql")).count())
    };
    page.browser.find_css(docs).await?.click().await?;
    page.wait_for("the public schema is shown", &shows_roots).await?;
    assert_eq!(asked().await?, 0, "the public schema needs no operation");

    page.use_token(&partner_token(&gateway).await, PARTNER).await?;
    page.wait_for("the schema is shown", &shows_roots).await?;
    page.wait_for("introspection asks the gateway", async || {
        let text = page
            .browser
            .script("return document.querySelector('.graphiql-doc-explorer-error')?.innerText ?? ''")
            .await?;
        ensure!(text == "", "introspection failed: {text}");
        // The viewer, two queries for the examples, introspection.
        Ok((asked().await? >= 4).then_some(()))
    })
    .await?;
    page.browser.close().await
}

#[tokio::test]
async fn tabs_and_token_survive_a_reload_and_an_expired_token_is_reported() -> Result<()> {
    let gateway = demo().await;
    let page = GraphiqlPage::open(gateway.base_url()).await?;
    page.use_token(&partner_token(&gateway).await, PARTNER).await?;
    page.select_tab("FindHotels").await?;
    let edit = "document.querySelector('.graphiql-editor-tool .CodeMirror').CodeMirror.setValue(JSON.stringify({ search: 'by hand' }))";
    page.browser.script(edit).await?;
    page.wait_for("the tabs are stored", async || {
        let stored = page.browser.script("return localStorage.getItem('graphiql:tabState') ?? ''").await?;
        Ok(stored.as_str().is_some_and(|text| text.contains("by hand")).then_some(()))
    })
    .await?;
    let before = page.tabs().await?;
    page.browser.session.refresh().await?;
    page.wait_until_ready().await?;
    page.browser.find("who").await?;
    assert_eq!(page.tabs().await?, before);
    page.select_tab("FindHotels").await?;
    page.wait_for("the edit is kept", async || {
        Ok((page.variables().await? == json!({ "search": "by hand" })).then_some(()))
    })
    .await?;

    let mut command = gateway.cli().command("token");
    command.args(["--tenant", SUPPLIER, "--ttl", "5s"]);
    let short = tokio::task::spawn_blocking(move || lodgate_e2e::process::output(&mut command)).await??;
    page.use_token(short.trim(), SUPPLIER).await?;
    page.wait_for("the page reports the expired token", async || {
        let text =
            page.browser.script("return document.querySelector('[data-testid=no-token]')?.innerText ?? ''").await?;
        Ok(text.as_str().is_some_and(|text| text.contains("expired")).then_some(()))
    })
    .await?;
    page.browser.close().await
}

#[tokio::test]
async fn the_page_is_accessible_in_both_themes() -> Result<()> {
    let gateway = demo().await;
    let token = partner_token(&gateway).await;
    let page = GraphiqlPage::open(gateway.base_url()).await?;
    for theme in [Theme::Light, Theme::Dark] {
        page.browser.set_theme(theme).await?;
        page.browser.click("enter").await?;
        page.browser.screenshot(&format!("graphiql-token-{}", theme.name())).await?;
        page.browser.assert_accessible_in("the token box", ".bar").await?;
        page.browser.script("document.querySelector('[data-testid=entry]').close()").await?;
    }
    page.use_token(&token, PARTNER).await?;
    page.select_tab("SearchAvailability").await?;
    page.run().await?;
    for theme in [Theme::Light, Theme::Dark] {
        page.browser.set_theme(theme).await?;
        page.browser.screenshot(&format!("graphiql-{}", theme.name())).await?;
        page.browser.assert_accessible_in("the bar", ".bar").await?;
        page.browser.assert_accessible_in("the examples", ".library").await?;
    }
    page.browser.close().await
}

#[tokio::test]
async fn the_page_can_be_switched_off() -> Result<()> {
    let gateway = Gateway::builder().with_graphiql().env("GRAPHIQL", "false").start().await;
    let answer =
        reqwest::Client::builder().no_proxy().build()?.get(format!("{}/graphiql", gateway.base_url())).send().await?;
    assert_eq!(answer.status(), 404);
    ensure!(answer.text().await?.contains("switched off"));
    Ok(())
}
