//! The victims with all of their objects, and the attackers.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use lodgate_e2e::{
    Client, Gateway, TenantKind,
    stories::{Property, Supplier, night, stay},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::names::{Names, Own};

/// One value per kind of name.
pub type Objects = BTreeMap<Names, Value>;

/// A tenant with a token of all scopes.
#[derive(Clone)]
pub struct Tenant {
    pub code: &'static str,
    pub client: Client,
    pub objects: Objects,
}

impl Tenant {
    /// The objects that the other tenant does not have.
    pub fn objects_beside(&self, other: &Self) -> Objects {
        let own = self.objects.iter().filter(|(names, value)| other.objects.get(names) != Some(value));
        own.map(|(names, value)| (*names, value.clone())).collect()
    }

    /// Without the names that a caller chooses.
    pub fn with_references(&self) -> Self {
        let objects = self.objects.iter().filter(|(names, _)| names.is_reference());
        Self { objects: objects.map(|(names, value)| (*names, value.clone())).collect(), ..self.clone() }
    }
}

/// All tenants.
pub struct Tenants {
    /// The supplier and its partner.
    pub victims: [Tenant; 2],
    /// The other tenants, with what they may see of the victims.
    pub attackers: Vec<(Tenant, Known)>,
    /// Names that the victims share with every partner of their property.
    pub of_property: BTreeSet<String>,
    /// Names that no other tenant may see.
    pub private: BTreeSet<String>,
    /// The supplier and the property of the victims, to change it.
    pub supplier: Supplier,
    pub property: Property,
}

/// The relation of an attacker to the victims.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Known {
    Nothing,
    /// It has a contract at the same property.
    Property,
}

const ADMIN: &str = "inventory:read inventory:write reservations:read reservations:write tenant:admin";
/// A partner for new contracts.
pub const SPARE: &str = "spare-travel";

const ME: &str = "{ viewer { tenant { id code name } } }";
const SET: &str =
    "mutation($input: SetAllotmentsInput!) { setAllotments(input: $input) { cursor userErrors { message } } }";
const HOLD: &str = "mutation($input: PlaceHoldInput!) { placeHold(input: $input) {
  cursor reservation { id locator contract { code } } userErrors { message } } }";
const CREATE_API_CLIENT: &str = "mutation($input: CreateApiClientInput!) { createApiClient(input: $input) {
  client { id clientId label } secret userErrors { message } } }";

impl Tenants {
    pub async fn of(gateway: &Gateway) -> Self {
        gateway.token(SPARE, TenantKind::Partner, "inventory:read", "unmetered").await;
        let supplier = gateway.supplier("vale-properties").await;
        let property = supplier.property("Vale Secret House").rooms("VALEROOM", 41);
        let property = property.opened_to("vale-travel").opened_to("next-travel").create().await;
        let mut private = BTreeSet::new();
        let properties =
            tenant(gateway, "vale-properties", TenantKind::Supplier, &property, "vale-travel", &mut private).await;
        let travel = tenant(gateway, "vale-travel", TenantKind::Partner, &property, "vale-travel", &mut private).await;
        let [properties, travel] = sharing(properties, travel);
        private.extend(texts(&properties.objects).chain(texts(&travel.objects)));

        let rivals = gateway.supplier("rival-properties").await;
        let rival = rivals.property("Rival House").rooms("RIVALROOM", 23).opened_to("rival-travel").create().await;
        let mut ignored = BTreeSet::new();
        let rivals =
            tenant(gateway, "rival-properties", TenantKind::Supplier, &rival, "rival-travel", &mut ignored).await;
        let of_rival = tenant(gateway, "rival-travel", TenantKind::Partner, &rival, "rival-travel", &mut ignored).await;
        let [rivals, of_rival] = sharing(rivals, of_rival);
        let next = tenant(gateway, "next-travel", TenantKind::Partner, &property, "next-travel", &mut ignored).await;
        let token = gateway.token("overseer", TenantKind::Operator, ADMIN, "unmetered").await;
        let overseer =
            Tenant { code: "overseer", client: Client::new(gateway.base_url(), &token), objects: Objects::new() };

        let room = property.room_type("VALEROOM").to_owned();
        let mut of_property: BTreeSet<String> = [&property.id, &property.code, &room].map(Clone::clone).into();
        of_property.extend(["Vale Secret House", "VALEROOM", "vale-properties"].map(str::to_owned));
        let tenant_id = ask(&properties.client, ME, &json!({})).await["viewer"]["tenant"]["id"].clone();
        of_property.extend(tenant_id.as_str().map(str::to_owned));
        let private = private.difference(&of_property).cloned().collect();
        Self {
            victims: [properties, travel],
            attackers: vec![
                (rivals, Known::Nothing),
                (of_rival, Known::Nothing),
                (next, Known::Property),
                (overseer, Known::Nothing),
            ],
            of_property,
            private,
            supplier,
            property,
        }
    }

    /// The names that an attacker with this relation must never see.
    pub fn secrets(&self, known: Known) -> BTreeSet<String> {
        match known {
            Known::Nothing => self.private.union(&self.of_property).cloned().collect(),
            Known::Property => self.private.clone(),
        }
    }
}

async fn ask(client: &Client, document: &str, variables: &Value) -> Value {
    let data = client.query(document, variables).await.unwrap_or_else(|error| panic!("no response: {error}"));
    let refused = data
        .as_object()
        .into_iter()
        .flat_map(|fields| fields.values())
        .any(|payload| payload["userErrors"].as_array().is_some_and(|errors| !errors.is_empty()));
    assert!(!refused, "{data}");
    data
}

/// Creates a tenant with one object of every kind; names that only this tenant may see are added to `private`.
async fn tenant(
    gateway: &Gateway,
    code: &'static str,
    kind: TenantKind,
    property: &Property,
    partner: &str,
    private: &mut BTreeSet<String>,
) -> Tenant {
    let client = Client::new(gateway.base_url(), &gateway.token(code, kind, ADMIN, "unmetered").await);
    let (room_code, room) = property.room_types.iter().next().expect("a room type");
    let mut objects = Objects::new();
    let mut put = |names: Names, value: Value| objects.insert(names, value);
    put(Names::Property, json!(property.id));
    put(Names::RoomType, json!(room));
    put(Names::Contract, json!(property.contract(partner)));
    put(Names::PropertyCode, json!(property.code));

    let label = format!("API client of {code}");
    let input = json!({ "input": { "label": label, "scopes": ["INVENTORY_READ"] } });
    let api_client = ask(&client, CREATE_API_CLIENT, &input).await["createApiClient"].clone();
    put(Names::ApiClient, api_client["client"]["id"].clone());
    private.extend([label]);
    private.extend(
        [&api_client["client"]["clientId"], &api_client["secret"]]
            .iter()
            .filter_map(|text| text.as_str().map(str::to_owned)),
    );

    let (key, word) = (Uuid::new_v4().to_string(), format!("word-of-{code}"));
    private.insert(word.clone());
    if kind == TenantKind::Supplier {
        let change_set = Uuid::new_v4();
        let change = json!({
            "roomTypeId": room, "pool": { "shared": true }, "from": night(40), "through": night(41), "count": { "allotted": 37 },
        });
        let input = json!({
            "propertyId": property.id, "changes": [change], "changeSetId": change_set, "idempotencyKey": key,
            "reason": word, "reference": word,
        });
        let written = ask(&client, SET, &json!({ "input": input })).await["setAllotments"].clone();
        put(Names::Cursor, written["cursor"].clone());
        put(Names::ChangeSetLookUp, json!(change_set));
        put(Names::Own(Own::ChangeSet), json!(change_set));
    } else {
        let (check_in, check_out) = stay(60, 2);
        let line = json!({ "roomTypeId": room, "checkIn": check_in, "checkOut": check_out, "adults": 2 });
        let reference = format!("reference-{code}-{}", Uuid::new_v4().simple());
        let input = json!({
            "propertyId": property.id, "contractId": property.contract(partner), "idempotencyKey": key, "reference": reference,
            "guestName": word, "lines": [line], "holdMinutes": 30,
        });
        let held = ask(&client, HOLD, &json!({ "input": input })).await["placeHold"].clone();
        put(Names::Cursor, held["cursor"].clone());
        put(Names::Reservation, held["reservation"]["id"].clone());
        put(Names::Locator, held["reservation"]["locator"].clone());
        put(Names::ReferenceLookUp, json!(reference));
        put(Names::Own(Own::Reference), json!(reference));
        private.extend(held["reservation"]["contract"]["code"].as_str().map(str::to_owned));
    }
    put(Names::Own(Own::Key), json!(key));
    put(Names::Own(Own::Page), json!(format!("page-of-{code}")));
    put(Names::Own(Own::Code), json!(property.code));
    let name = ask(&client, "query($id: ID!) { property(id: $id) { name } }", &json!({ "id": property.id })).await;
    put(Names::Search, name["property"]["name"].clone());
    put(Names::Place, json!(room_code));
    Tenant { code, client, objects }
}

/// Merges the objects of a supplier and its partner; their API clients and cursors stay their own.
fn sharing(mut one: Tenant, mut other: Tenant) -> [Tenant; 2] {
    let (ones, others) = (one.objects.clone(), other.objects.clone());
    others.into_iter().for_each(|(names, value)| _ = one.objects.entry(names).or_insert(value));
    ones.into_iter().for_each(|(names, value)| _ = other.objects.entry(names).or_insert(value));
    [one, other]
}

fn texts(objects: &Objects) -> impl Iterator<Item = String> {
    let objects = objects.iter().filter(|(names, _)| **names != Names::Place);
    objects.filter_map(|(_, value)| value.as_str().map(str::to_owned))
}

/// Names of the same form that do not exist. With `nearby` the property of an id stays the same.
pub fn unknown(objects: &Objects, nearby: bool) -> Objects {
    let fresh = Uuid::new_v4();
    let one = |names: &Names, value: &Value| -> Value {
        let text = value.as_str().unwrap_or_default();
        match names {
            Names::Property | Names::ApiClient | Names::RoomType | Names::Contract | Names::Reservation => {
                json!(unknown_id(text, nearby))
            }
            Names::Cursor => json!(modified(text)),
            Names::ChangeSetLookUp | Names::Own(Own::ChangeSet) => json!(fresh),
            Names::Locator => json!("ZZZZ2222"),
            Names::ReferenceLookUp | Names::Own(Own::Reference) => json!(format!("reference-{}", fresh.simple())),
            Names::PropertyCode | Names::Own(Own::Code) => {
                json!(format!("NOBODY-{}", &fresh.simple().to_string()[..6]))
            }
            Names::Search => json!("Unknown House"),
            Names::Own(Own::Key | Own::Page) => json!(fresh.to_string()),
            Names::Place | Names::Public | Names::Words | Names::Node => value.clone(),
        }
    };
    objects.iter().map(|(names, value)| (*names, one(names, value))).collect()
}

/// An opaque id that does not exist.
fn unknown_id(id: &str, nearby: bool) -> String {
    let (kind, property, local) = decode_id(id);
    let moved = |number: &str| (number.parse::<i64>().expect("a number") + 1_000_000).to_string();
    let Some(local) = local else { return encode_id(kind, &moved(&property), None) };
    let local = if local.len() == 32 { Uuid::now_v7().simple().to_string() } else { moved(&local) };
    encode_id(kind, &if nearby { property } else { moved(&property) }, Some(&local))
}

/// An id with the local part of one object at another property.
pub fn forged(property: &Value, id: &Value) -> Value {
    let (_, own, _) = decode_id(property.as_str().unwrap_or_default());
    let (kind, _, local) = decode_id(id.as_str().unwrap_or_default());
    json!(encode_id(kind, &own, local.as_deref()))
}

fn decode_id(id: &str) -> (char, String, Option<String>) {
    let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(id).expect("an opaque id")).expect("an opaque id");
    let (kind, rest) = text.split_at(1);
    let (property, local) = rest.split_once('.').map_or((rest, None), |(one, two)| (one, Some(two.to_owned())));
    (kind.chars().next().expect("a kind"), property.to_owned(), local)
}

fn encode_id(kind: char, property: &str, local: Option<&str>) -> String {
    let local = local.map(|local| format!(".{local}")).unwrap_or_default();
    BASE64_URL_SAFE_NO_PAD.encode(format!("{kind}{property}{local}"))
}

/// A modified cursor.
fn modified(cursor: &str) -> String {
    let at = cursor.len() / 2;
    let other = if cursor.as_bytes()[at] == b'A' { 'B' } else { 'A' };
    format!("{}{other}{}", &cursor[..at], &cursor[at + 1..])
}
