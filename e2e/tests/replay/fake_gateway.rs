//! A minimal inventory over minimal HTTP, with faults on demand. It does not replace the gateway in other tests: it
//! shows that the client survives network faults, and that the replay's checks can fail.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
};

use chrono::NaiveDate;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// The faults.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// Every n-th mutation takes effect, and the connection breaks before the response.
    pub lose_answer_every: Option<u64>,
    /// Every n-th mutation gets status 429 and has no effect.
    pub limit_every: Option<u64>,
    /// Idempotency keys are ignored.
    pub forgets_keys: bool,
    /// The allotment is ignored.
    pub oversells: bool,
    /// Every n-th booking is refused as sold out, even when it is not.
    pub lies_every: Option<u64>,
    /// Cancellations are acknowledged without effect.
    pub drops_cancellations: bool,
}

/// The server. Tokens are `<kind>:<code>`, such as `PARTNER:beta`.
pub struct FakeGateway {
    pub url: String,
    shared: Arc<Mutex<Inventory>>,
}

#[derive(Default)]
struct Inventory {
    faults: Faults,
    mutations: u64,
    bookings: u64,
    properties: BTreeMap<String, Property>,
    sold: HashMap<(String, NaiveDate), i64>,
    allotted: HashMap<String, i64>,
    reservations: Vec<Option<(String, NaiveDate, NaiveDate)>>,
    keys: HashMap<String, Value>,
}

#[derive(Default)]
struct Property {
    room_types: Vec<String>,
    partners: Vec<String>,
}

enum Reply {
    Json(u16, Value),
    Reset,
}

impl FakeGateway {
    pub async fn start(faults: Faults) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let shared = Arc::new(Mutex::new(Inventory { faults, ..Inventory::default() }));
        let properties = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&properties)));
            }
        });
        Self { url, shared }
    }

    pub fn bookings_made(&self) -> usize {
        self.shared.lock().expect("no panic").reservations.len()
    }

    pub fn set_faults(&self, faults: Faults) {
        self.shared.lock().expect("no panic").faults = faults;
    }
}

async fn serve(stream: TcpStream, properties: Arc<Mutex<Inventory>>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let (mut length, mut token, mut line) = (0, String::new(), String::new());
        loop {
            line.clear();
            if stream.read_line(&mut line).await.ok()? == 0 {
                return None;
            }
            let Some((name, value)) = line.trim().split_once(": ") else {
                if line == "\r\n" {
                    break;
                }
                continue;
            };
            match name.to_lowercase().as_str() {
                "content-length" => length = value.parse().ok()?,
                "authorization" => value.trim_start_matches("Bearer ").clone_into(&mut token),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.ok()?;
        let request: Value = serde_json::from_slice(&body).ok()?;
        let reply = properties.lock().expect("no panic").answer(&token, &request);
        let Reply::Json(status, answer) = reply else { return None };
        let answer = answer.to_string();
        let head = format!(
            "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            answer.len()
        );
        stream.get_mut().write_all((head + &answer).as_bytes()).await.ok()?;
    }
}

fn every(count: u64, n: Option<u64>) -> bool {
    n.is_some_and(|n| count.is_multiple_of(n))
}

impl Inventory {
    fn answer(&mut self, token: &str, request: &Value) -> Reply {
        let document = request["query"].as_str().unwrap_or_default();
        let variables = &request["variables"];
        let (kind, tenant) = token.split_once(':').unwrap_or_default();
        if kind.is_empty() {
            let error = json!({ "message": "who are you?", "extensions": { "code": "UNAUTHENTICATED" } });
            return Reply::Json(401, json!({ "errors": [error] }));
        }
        if !document.starts_with("mutation") {
            return Reply::Json(200, json!({ "data": self.query(document, variables, kind, tenant) }));
        }
        self.mutations += 1;
        if every(self.mutations, self.faults.limit_every) {
            let extensions = json!({ "code": "RATE_LIMITED", "retryable": true, "retryAfterMs": 5 });
            return Reply::Json(429, json!({ "errors": [{ "message": "slow down", "extensions": extensions }] }));
        }
        let data = self.mutate(document, &variables["input"], tenant);
        if every(self.mutations, self.faults.lose_answer_every) {
            Reply::Reset
        } else {
            Reply::Json(200, json!({ "data": data }))
        }
    }

    fn query(&self, document: &str, variables: &Value, kind: &str, tenant: &str) -> Value {
        if document.contains("viewer") {
            return json!({ "viewer": { "tenant": { "code": tenant, "kind": kind } } });
        }
        if document.contains("property(") {
            let code = text(&variables["code"]);
            let Some(property) = self.properties.get(&code) else { return json!({ "property": null }) };
            let room_types: Vec<Value> = property
                .room_types
                .iter()
                .map(|room| json!({ "code": room, "id": format!("{code}/{room}") }))
                .collect();
            let contracts: Vec<Value> = property
                .partners
                .iter()
                .map(|partner| json!({ "id": partner, "partner": { "code": partner } }))
                .collect();
            return json!({ "property": { "id": code, "roomTypes": room_types, "contracts": { "nodes": contracts } } });
        }
        let (from, through) = (date(&variables["from"]), date(&variables["through"]));
        let shared = variables["pool"]["shared"] == true;
        let count = |night| {
            if shared { self.sold.get(&(text(&variables["id"]), night)).copied().unwrap_or_default() } else { 0 }
        };
        let sold: Vec<i64> = from.iter_days().take_while(|night| *night <= through).map(count).collect();
        json!({ "node": { "calendar": { "sold": sold } } })
    }

    fn mutate(&mut self, document: &str, input: &Value, tenant: &str) -> Value {
        let property = text(&input["propertyId"]);
        let field = document.split_once("{ ").and_then(|(_, rest)| rest.split_once('(')).map_or("", |(field, _)| field);
        let payload = match field {
            "createProperty" if self.properties.contains_key(&text(&input["code"])) => taken(),
            "createProperty" => {
                self.properties.insert(text(&input["code"]), Property::default());
                json!({ "userErrors": [] })
            }
            "createRoomType" => {
                add(&mut self.properties.get_mut(&property).expect("it exists").room_types, &input["code"])
            }
            "createContract" => {
                add(&mut self.properties.get_mut(&property).expect("it exists").partners, &input["partnerCode"])
            }
            "setAllotments" => {
                let change = &input["changes"][0];
                self.allotted
                    .insert(text(&change["roomTypeId"]), change["count"]["allotted"].as_i64().expect("a count"));
                json!({ "userErrors": [] })
            }
            "bookRooms" | "cancelReservation" => self.once(field, input, tenant),
            other => panic!("the fake gateway has no {other}"),
        };
        json!({ field: payload })
    }

    fn once(&mut self, field: &str, input: &Value, tenant: &str) -> Value {
        let key = format!("{tenant} {}", text(&input["idempotencyKey"]));
        if let Some(before) = self.keys.get(&key).filter(|_| !self.faults.forgets_keys) {
            let mut again = before.clone();
            again["replayed"] = json!(true);
            return again;
        }
        let payload = if field == "bookRooms" { self.book(input) } else { self.cancel(input) };
        if payload["userErrors"].as_array().is_some_and(Vec::is_empty) {
            self.keys.insert(key, payload.clone());
        }
        payload
    }

    fn book(&mut self, input: &Value) -> Value {
        self.bookings += 1;
        let line = &input["lines"][0];
        let (room, from, end) = (text(&line["roomTypeId"]), date(&line["checkIn"]), date(&line["checkOut"]));
        assert!(from < end && line["adults"].as_i64() > Some(0), "the replay sends valid stays only: {input}");
        let limit = self.allotted[&room];
        let full = |night: &NaiveDate| self.sold.get(&(room.clone(), *night)).copied().unwrap_or_default() >= limit;
        let nights = from.iter_days().take_while(|night| *night < end);
        let mut blocked: Vec<NaiveDate> = nights.clone().filter(full).filter(|_| !self.faults.oversells).collect();
        if every(self.bookings, self.faults.lies_every) {
            blocked.push(from);
        }
        if !blocked.is_empty() {
            let errors = blocked
                .iter()
                .map(|night| json!({ "code": "REFUSED", "rule": "SOLD_OUT", "date": night, "message": "full" }));
            return json!({ "reservation": null, "replayed": false, "userErrors": errors.collect::<Vec<_>>() });
        }
        nights.for_each(|night| *self.sold.entry((room.clone(), night)).or_default() += 1);
        self.reservations.push(Some((room, from, end)));
        json!({ "reservation": { "id": (self.reservations.len() - 1).to_string() }, "replayed": false, "userErrors": [] })
    }

    fn cancel(&mut self, input: &Value) -> Value {
        let id: usize = text(&input["reservationId"]).parse().expect("an id of this server");
        if let Some((room, from, end)) = self.reservations[id].take().filter(|_| !self.faults.drops_cancellations) {
            from.iter_days().take_while(|night| *night < end).for_each(|night| {
                *self.sold.entry((room.clone(), night)).or_default() -= 1;
            });
        }
        json!({ "reservation": { "id": id.to_string() }, "replayed": false, "userErrors": [] })
    }
}

fn add(codes: &mut Vec<String>, code: &Value) -> Value {
    if codes.contains(&text(code)) {
        return taken();
    }
    codes.push(text(code));
    json!({ "userErrors": [] })
}

fn taken() -> Value {
    json!({ "userErrors": [{ "code": "CODE_TAKEN", "message": "taken" }] })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn date(value: &Value) -> NaiveDate {
    value.as_str().and_then(|text| text.parse().ok()).expect("a date")
}
