//! Colleagues who have the same calendar open see each other.

use std::time::Duration;

use lodgate_e2e::{
    Client, Gateway, Redis, TIMEOUT, TenantKind, UserSession, WebSocket, gateway::GatewayBuilder, postgres,
    stories::night, websocket::Incoming,
};
use serde_json::{Value, json};

const PASSWORD: &str = "a password for this story";
const OWNER: &str = "owner@harbour.example";
const MANAGER: &str = "manager@harbour.example";

const SHOW: &str = "mutation($input: ShowPresenceInput!) {
  showPresence(input: $input) { userErrors { code field message } } }";
const WATCH: &str = "subscription($id: ID!) { presence(propertyId: $id) { pageId actor roomTypeIds from through } }";

fn demo(builder: GatewayBuilder) -> GatewayBuilder {
    builder.arg("--demo").env("DEMO_PASSWORD", PASSWORD)
}

/// The first of the demo properties: its id and its room types.
async fn property(client: &Client) -> (Value, Vec<Value>) {
    let data = client.query("{ properties(first: 1) { edges { node { id roomTypes { id } } } } }", &json!({})).await;
    let node = data.expect("data")["properties"]["edges"][0]["node"].clone();
    let rooms = node["roomTypes"].as_array().into_iter().flatten().map(|room| room["id"].clone()).collect();
    (node["id"].clone(), rooms)
}

async fn show(client: &Client, input: &Value) -> Value {
    let data = client.query(SHOW, &json!({ "input": input })).await;
    data.unwrap_or_else(|error| panic!("no answer: {error}"))["showPresence"]["userErrors"].clone()
}

async fn shown(client: &Client, input: &Value) {
    assert_eq!(show(client, input).await, json!([]), "{input}");
}

/// Somebody who watches a property.
struct Watcher(WebSocket);

impl Watcher {
    async fn of(person: &UserSession, node: &Gateway, property: &Value) -> Self {
        let mut socket = WebSocket::connect(node.base_url(), person.client.token()).await.expect("connected");
        socket.subscribe(WATCH, &json!({ "id": property })).await.expect("sent");
        Self(socket)
    }

    async fn next(&mut self) -> Value {
        self.0.next_data(TIMEOUT).await.expect("a list")["presence"].clone()
    }

    /// Reads lists until one has these pages.
    async fn until(&mut self, pages: &[&str]) -> Value {
        loop {
            let list = self.next().await;
            let ids: Vec<&str> =
                list.as_array().into_iter().flatten().filter_map(|page| page["pageId"].as_str()).collect();
            if ids == pages {
                return list;
            }
        }
    }

    async fn silence(&mut self) {
        let nothing = self.0.next_data(Duration::from_millis(500)).await;
        assert!(nothing.is_err(), "{nothing:?}");
    }
}

#[tokio::test]
async fn colleagues_see_each_other_come_move_and_go() {
    let gateway = demo(Gateway::builder()).start().await;
    let (owner, manager) = (gateway.sign_in(OWNER, PASSWORD).await, gateway.sign_in(MANAGER, PASSWORD).await);
    let (property, rooms) = property(&owner.client).await;
    let mut watcher = Watcher::of(&manager, &gateway, &property).await;
    assert_eq!(watcher.next().await, json!([]), "the whole list at once, empty or not");

    let mut page = json!({ "pageId": "desk", "propertyId": property });
    shown(&owner.client, &page).await;
    let nobody = json!({ "pageId": "desk", "actor": OWNER, "roomTypeIds": [], "from": null, "through": null });
    assert_eq!(watcher.next().await, json!([nobody]));
    shown(&owner.client, &page).await;
    watcher.silence().await;
    (page["roomTypeIds"], page["from"], page["through"]) = (json!([rooms[1]]), json!(night(3)), json!(night(9)));
    shown(&owner.client, &page).await;
    let looks = json!({
        "pageId": "desk", "actor": OWNER, "roomTypeIds": [rooms[1]], "from": night(3), "through": night(9),
    });
    assert_eq!(watcher.next().await, json!([looks]));
    // The same id on another's page is another page.
    shown(&manager.client, &json!({ "pageId": "desk", "propertyId": property })).await;
    assert_eq!(watcher.next().await[0]["actor"], MANAGER);
    let mut later = Watcher::of(&owner, &gateway, &property).await;
    assert_eq!(later.next().await.as_array().map(Vec::len), Some(2), "who comes later sees all");

    shown(&owner.client, &json!({ "pageId": "desk" })).await;
    assert_eq!(watcher.next().await.as_array().map(Vec::len), Some(1));
    shown(&manager.client, &json!({ "pageId": "desk" })).await;
    assert_eq!(watcher.next().await, json!([]));
    shown(&manager.client, &json!({ "pageId": "desk" })).await;
    watcher.silence().await;
}

#[tokio::test]
async fn who_says_nothing_more_has_gone() {
    let gateway = demo(Gateway::builder()).start().await;
    let owner = gateway.sign_in(OWNER, PASSWORD).await;
    let (property, _) = property(&owner.client).await;
    let mut watcher = Watcher::of(&owner, &gateway, &property).await;
    watcher.next().await;
    for page in ["crashed", "open"] {
        shown(&owner.client, &json!({ "pageId": page, "propertyId": property })).await;
    }
    watcher.until(&["crashed", "open"]).await;

    let begun = tokio::time::Instant::now();
    let beat = async {
        loop {
            tokio::time::sleep(Duration::from_secs(15)).await;
            shown(&owner.client, &json!({ "pageId": "open", "propertyId": property })).await;
        }
    };
    let list = tokio::select! {
        list = watcher.0.next_data(Duration::from_secs(50)) => list.expect("a list"),
        () = beat => unreachable!("it goes on for ever"),
    };
    assert_eq!(list["presence"][0]["pageId"], "open", "{list}");
    assert!((35..45).contains(&begun.elapsed().as_secs()), "after {:?}", begun.elapsed());
    assert_eq!(list["presence"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn presence_is_among_the_people_of_one_supplier() {
    let gateway = demo(Gateway::builder()).start().await;
    let owner = gateway.sign_in(OWNER, PASSWORD).await;
    let (property, rooms) = property(&owner.client).await;
    let omega = gateway.supplier("omega").await.property("Hillside").rooms("DBL", 1).create().await;

    for (input, field) in [
        (json!({ "pageId": "", "propertyId": property }), "pageId"),
        (json!({ "pageId": "p".repeat(65), "propertyId": property }), "pageId"),
        (json!({ "pageId": "p", "propertyId": omega.id }), "propertyId"),
        (json!({ "pageId": "p", "propertyId": "UDk5OTk5OQ" }), "propertyId"),
        (json!({ "pageId": "p", "propertyId": "nonsense" }), "propertyId"),
        (json!({ "pageId": "p", "propertyId": property, "from": night(3), "through": night(2) }), "through"),
        (json!({ "pageId": "p", "propertyId": property, "roomTypeIds": [omega.room_type("DBL")] }), "roomTypeIds"),
        (json!({ "pageId": "p", "propertyId": property, "roomTypeIds": vec![&rooms[0]; 201] }), "roomTypeIds"),
    ] {
        let errors = show(&owner.client, &input).await;
        assert_eq!((&errors[0]["code"], &errors[0]["field"]), (&json!("INVALID"), &json!([field])), "{input}");
    }
    let answers = [omega.id.as_str(), "UDk5OTk5OQ", "nonsense"].map(|id| json!({ "pageId": "p", "propertyId": id }));
    let mut told = Vec::new();
    for input in &answers {
        told.push(show(&owner.client, input).await);
    }
    assert!(told.windows(2).all(|pair| pair[0] == pair[1]), "{told:?}");

    // A machine has no presence and sees none; neither do a partner and another supplier.
    let machine = gateway.client("harbour", TenantKind::Supplier).await;
    let blind = gateway.token("harbour", TenantKind::Supplier, "reservations:read", "unmetered").await;
    for client in [&machine, &machine.with_token(&blind)] {
        let input = json!({ "input": { "pageId": "p", "propertyId": property } });
        let refused = client.query(SHOW, &input).await.expect_err("people only");
        assert_eq!(refused.code(), "FORBIDDEN");
    }
    let code = async |token: &str, id: &Value| {
        let mut socket = WebSocket::connect(gateway.base_url(), token).await.expect("connected");
        socket.subscribe(WATCH, &json!({ "id": id })).await.expect("sent");
        match socket.next(TIMEOUT).await.expect("an answer") {
            Incoming::Error { errors, .. } => (errors[0].code.clone(), errors[0].message.clone()),
            other => panic!("not refused: {other:?}"),
        }
    };
    assert_eq!(code(machine.token(), &property).await.0, "FORBIDDEN");
    let unknown = code(owner.client.token(), &json!("UDk5OTk5OQ")).await;
    assert_eq!(unknown.0, "BAD_USER_INPUT");
    for id in [json!(omega.id), json!("nonsense"), rooms[0].clone()] {
        assert_eq!(code(owner.client.token(), &id).await, unknown);
    }
}

#[tokio::test]
async fn nodes_repeat_each_others_pages() {
    let (database, redis) = (postgres().await.database().await, Redis::start_own().await);
    let node = || Gateway::builder().database_url(&database).redis_url(&redis.url());
    let (one, two) = (demo(node()).start().await, node().start().await);
    let (owner, manager) = (one.sign_in(OWNER, PASSWORD).await, two.sign_in(MANAGER, PASSWORD).await);
    let (property, _) = property(&owner.client).await;
    let mut here = Watcher::of(&owner, &one, &property).await;
    let mut there = Watcher::of(&manager, &two, &property).await;
    assert_eq!((here.next().await, there.next().await), (json!([]), json!([])));

    let (desk, office) = (
        json!({ "pageId": "desk", "propertyId": property, "from": night(1) }),
        json!({ "pageId": "office", "propertyId": property }),
    );
    // A node that is just starting may not listen yet: pages say it again.
    let told = async {
        loop {
            shown(&owner.client, &desk).await;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    let list = tokio::select! {
        list = there.until(&["desk"]) => list,
        () = told => unreachable!("it goes on for ever"),
    };
    assert_eq!((&list[0]["actor"], &list[0]["from"]), (&json!(OWNER), &json!(night(1))));
    shown(&manager.client, &office).await;
    here.until(&["office", "desk"]).await;
    there.until(&["office", "desk"]).await;

    // A page may talk to another node than before.
    shown(&owner.client.at(two.base_url()), &json!({ "pageId": "desk" })).await;
    here.until(&["office"]).await;
    there.until(&["office"]).await;

    // A node that joins later hears of everybody with the next word.
    let three = node().start().await;
    let mut later = Watcher::of(&manager, &three, &property).await;
    let told = async {
        loop {
            shown(&manager.client, &office).await;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::select! {
        _ = later.until(&["office"]) => {}
        () = told => unreachable!("it goes on for ever"),
    }
    here.silence().await;

    // Without Redis each node goes on with its own pages.
    redis.kill();
    shown(&owner.client, &desk).await;
    here.until(&["office", "desk"]).await;
    there.silence().await;
}
