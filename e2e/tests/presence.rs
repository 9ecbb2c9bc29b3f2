//! Presence: users of a supplier see who else has the same calendar open.

use std::time::Duration;

use lodgate_e2e::{
    Backend, Client, Gateway, TIMEOUT, TenantKind, UserSession, WebSocket,
    gateway::GatewayBuilder,
    portal::{MANAGER, OWNER, PASSWORD},
    stories::night,
    websocket::Incoming,
};
use serde_json::{Value, json};

/// Between two heartbeats of a page. A page disappears after 40 seconds without one.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Between two repetitions of a page, for a node that may not listen yet.
const REPEAT_PAUSE: Duration = Duration::from_millis(200);

const SHOW: &str = "mutation($input: ShowPresenceInput!) {
  showPresence(input: $input) { userErrors { code field message } } }";
const WATCH: &str = "subscription($id: ID!) { presence(propertyId: $id) { pageId actor roomTypeIds from through } }";

fn demo(builder: GatewayBuilder) -> GatewayBuilder {
    builder.arg("--demo").env("DEMO_PASSWORD", PASSWORD)
}

/// The first demo property: its id and the ids of its room types.
async fn property(client: &Client) -> (Value, Vec<Value>) {
    let data = client.query("{ properties(first: 1) { edges { node { id roomTypes { id } } } } }", &json!({})).await;
    let node = data.expect("data")["properties"]["edges"][0]["node"].clone();
    let rooms = node["roomTypes"].as_array().into_iter().flatten().map(|room| room["id"].clone()).collect();
    (node["id"].clone(), rooms)
}

async fn show(client: &Client, input: &Value) -> Value {
    let data = client.query(SHOW, &json!({ "input": input })).await;
    data.unwrap_or_else(|error| panic!("no response: {error}"))["showPresence"]["userErrors"].clone()
}

async fn shown(client: &Client, input: &Value) {
    assert_eq!(show(client, input).await, json!([]), "{input}");
}

/// The page ids of a list.
fn ids(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().filter_map(|page| page["pageId"].as_str()).collect()
}

/// A subscriber to the presence of a property.
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

    /// Receives lists until one has these pages.
    async fn until(&mut self, pages: &[&str]) -> Value {
        loop {
            let list = self.next().await;
            if ids(&list) == pages {
                return list;
            }
        }
    }
}

#[tokio::test]
async fn users_see_each_other_arrive_select_and_leave() {
    let gateway = demo(Gateway::builder()).start().await;
    let (owner, manager) = (gateway.sign_in(OWNER, PASSWORD).await, gateway.sign_in(MANAGER, PASSWORD).await);
    let (property, rooms) = property(&owner.client).await;
    let mut watcher = Watcher::of(&manager, &gateway, &property).await;
    assert_eq!(watcher.next().await, json!([]), "the whole list comes first, even when it is empty");

    let mut page = json!({ "pageId": "front", "propertyId": property });
    shown(&owner.client, &page).await;
    let without_selection =
        json!({ "pageId": "front", "actor": OWNER, "roomTypeIds": [], "from": null, "through": null });
    assert_eq!(watcher.next().await, json!([without_selection]));
    // A repetition sends no list: the next list already has the selection.
    shown(&owner.client, &page).await;
    (page["roomTypeIds"], page["from"], page["through"]) = (json!([rooms[1]]), json!(night(3)), json!(night(9)));
    shown(&owner.client, &page).await;
    let with_selection = json!({
        "pageId": "front", "actor": OWNER, "roomTypeIds": [rooms[1]], "from": night(3), "through": night(9),
    });
    assert_eq!(watcher.next().await, json!([with_selection]));
    // The same page id of another user is another page.
    shown(&manager.client, &json!({ "pageId": "front", "propertyId": property })).await;
    assert_eq!(watcher.next().await[0]["actor"], MANAGER);
    let mut later = Watcher::of(&owner, &gateway, &property).await;
    assert_eq!(later.next().await.as_array().map(Vec::len), Some(2), "a later subscriber gets the whole list");

    shown(&owner.client, &json!({ "pageId": "front" })).await;
    assert_eq!(watcher.next().await.as_array().map(Vec::len), Some(1));
    shown(&manager.client, &json!({ "pageId": "front" })).await;
    assert_eq!(watcher.next().await, json!([]));
    // Leaving again sends no list: the next list already has the new page.
    shown(&manager.client, &json!({ "pageId": "front" })).await;
    shown(&owner.client, &json!({ "pageId": "back", "propertyId": property })).await;
    assert_eq!(watcher.next().await[0]["pageId"], "back");
}

#[tokio::test]
async fn a_page_without_heartbeat_disappears() {
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
    let heartbeat = async {
        loop {
            tokio::time::sleep(HEARTBEAT).await;
            shown(&owner.client, &json!({ "pageId": "open", "propertyId": property })).await;
        }
    };
    let list = tokio::select! {
        list = watcher.0.next_data(TIMEOUT) => list.expect("a list"),
        () = heartbeat => unreachable!("the heartbeat does not end"),
    };
    assert_eq!(list["presence"][0]["pageId"], "open", "{list}");
    assert!((35..45).contains(&begun.elapsed().as_secs()), "after {:?}", begun.elapsed());
    assert_eq!(list["presence"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn presence_is_visible_to_the_users_of_one_supplier_only() {
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
    let mut responses = Vec::new();
    for input in &answers {
        responses.push(show(&owner.client, input).await);
    }
    assert!(responses.windows(2).all(|pair| pair[0] == pair[1]), "{responses:?}");

    // An API client has no presence and sees none.
    let api_client = gateway.client("harbour", TenantKind::Supplier).await;
    let blind = gateway.token("harbour", TenantKind::Supplier, "reservations:read", "unmetered").await;
    for client in [&api_client, &api_client.with_token(&blind)] {
        let input = json!({ "input": { "pageId": "p", "propertyId": property } });
        let refused = client.query(SHOW, &input).await.expect_err("users only");
        assert_eq!(refused.code(), "FORBIDDEN");
    }
    let code = async |token: &str, id: &Value| {
        let mut socket = WebSocket::connect(gateway.base_url(), token).await.expect("connected");
        socket.subscribe(WATCH, &json!({ "id": id })).await.expect("sent");
        match socket.next(TIMEOUT).await.expect("a response") {
            Incoming::Error { errors, .. } => (errors[0].code.clone(), errors[0].message.clone()),
            other => panic!("not refused: {other:?}"),
        }
    };
    assert_eq!(code(api_client.token(), &property).await.0, "FORBIDDEN");
    let unknown = code(owner.client.token(), &json!("UDk5OTk5OQ")).await;
    assert_eq!(unknown.0, "BAD_USER_INPUT");
    for id in [json!(omega.id), json!("nonsense"), rooms[0].clone()] {
        assert_eq!(code(owner.client.token(), &id).await, unknown);
    }
}

#[tokio::test]
async fn presence_is_shared_between_nodes() {
    let backend = Backend::postgres_and_redis().await;
    let node = || backend.gateway();
    let (one, two) = (demo(node()).start().await, node().start().await);
    let (owner, manager) = (one.sign_in(OWNER, PASSWORD).await, two.sign_in(MANAGER, PASSWORD).await);
    let (property, _) = property(&owner.client).await;
    let mut here = Watcher::of(&owner, &one, &property).await;
    let mut there = Watcher::of(&manager, &two, &property).await;
    assert_eq!((here.next().await, there.next().await), (json!([]), json!([])));

    let (front, office) = (
        json!({ "pageId": "front", "propertyId": property, "from": night(1) }),
        json!({ "pageId": "office", "propertyId": property }),
    );
    // A node that is just starting may not listen yet, so the page is sent repeatedly.
    let repeated = async {
        loop {
            shown(&owner.client, &front).await;
            tokio::time::sleep(REPEAT_PAUSE).await;
        }
    };
    let list = tokio::select! {
        list = there.until(&["front"]) => list,
        () = repeated => unreachable!("the heartbeat does not end"),
    };
    assert_eq!((&list[0]["actor"], &list[0]["from"]), (&json!(OWNER), &json!(night(1))));
    shown(&manager.client, &office).await;
    here.until(&["office", "front"]).await;
    there.until(&["office", "front"]).await;

    // A page may change its node.
    shown(&owner.client.at(two.base_url()), &json!({ "pageId": "front" })).await;
    here.until(&["office"]).await;
    there.until(&["office"]).await;

    // A new node receives each page with its next heartbeat.
    let three = node().start().await;
    let mut later = Watcher::of(&manager, &three, &property).await;
    let repeated = async {
        loop {
            shown(&manager.client, &office).await;
            tokio::time::sleep(REPEAT_PAUSE).await;
        }
    };
    tokio::select! {
        _ = later.until(&["office"]) => {}
        () = repeated => unreachable!("the heartbeat does not end"),
    }

    // Without Redis each node has only its own pages, and after that the pages of all nodes again.
    backend.redis().kill();
    shown(&owner.client, &front).await;
    assert_eq!(ids(&here.next().await), ["office", "front"], "the heartbeats of the new node sent no list");
    shown(&owner.client.at(two.base_url()), &json!({ "pageId": "other", "propertyId": property })).await;
    assert_eq!(ids(&there.next().await), ["office", "other"], "the page of the other node is not here");
    backend.redis().restart().await;
    let repeated = async {
        loop {
            shown(&owner.client, &front).await;
            tokio::time::sleep(REPEAT_PAUSE).await;
        }
    };
    tokio::select! {
        _ = there.until(&["office", "front", "other"]) => {}
        () = repeated => unreachable!("the heartbeat does not end"),
    }
}
