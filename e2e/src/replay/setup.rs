//! The calls of the supplier before the first booking: properties, room types, contracts and allotments.
//!
//! Every call may be repeated: an existing object is found and used.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use chrono::NaiveDate;
use serde_json::{Value, json};

use super::{AMPLE_ROOMS, rows::Row, state::State};
use crate::{client::Client, stories::Property};

/// More than the largest party of the file (55), so that no booking is refused for its number of guests.
const ROOMY: u32 = 60;

/// The properties of the file by name, open to all partners for all nights of the rows.
///
/// # Errors
/// When the gateway refuses any of it.
pub async fn open_properties(
    supplier: &Client,
    state: &State,
    rows: &[Row],
    patience: Duration,
) -> Result<BTreeMap<String, Property>> {
    let setup = Setup { supplier, state, patience, nights: nights(state, rows)? };
    let mut room_types: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in rows {
        room_types.entry(&row.hotel).or_default().insert(&row.room_type);
    }
    let mut properties = BTreeMap::new();
    for (name, codes) in room_types {
        properties.insert(name.to_owned(), setup.property(name, &codes).await.with_context(|| name.to_owned())?);
    }
    Ok(properties)
}

/// The first and the last night of all rows, shifted.
pub(super) fn nights(state: &State, rows: &[Row]) -> Result<(NaiveDate, NaiveDate)> {
    let first = rows.iter().map(|row| row.arrival).min().context("no rows")?;
    let last = rows.iter().filter_map(|row| row.departure().pred_opt()).max().context("no rows")?;
    Ok((state.shift().apply(first), state.shift().apply(last)))
}

struct Setup<'a> {
    supplier: &'a Client,
    state: &'a State,
    patience: Duration,
    nights: (NaiveDate, NaiveDate),
}

impl Setup<'_> {
    async fn property(&self, name: &str, room_types: &BTreeSet<&str>) -> Result<Property> {
        let code = format!("{}-{}", name.to_uppercase().replace(' ', "-"), self.state.run);
        let mut property = match self.find(&code).await? {
            Some(property) => property,
            None => {
                let input = json!({
                    "code": code, "name": name, "place": "Portugal", "country": "PT", "timeZone": "Europe/Lisbon",
                });
                self.create("createProperty", "CreatePropertyInput", &input).await?;
                self.find(&code).await?.context("a property that was just created is missing")?
            }
        };
        let allotted = self.state.plan.allotted.unwrap_or(AMPLE_ROOMS);
        for &room_type in room_types.iter().filter(|code| !property.room_types.contains_key(**code)) {
            let input = json!({
                "propertyId": property.id, "code": room_type, "name": format!("Room type {room_type}"),
                "maxOccupancy": ROOMY, "maxAdults": ROOMY, "maxChildren": ROOMY, "physicalRooms": allotted.max(1),
            });
            self.create("createRoomType", "CreateRoomTypeInput", &input).await?;
        }
        for partner in self.state.plan.partners.iter().filter(|code| !property.contracts.contains_key(*code)) {
            let input = json!({
                "propertyId": property.id, "partnerCode": partner, "code": contract_code(partner),
                "firstStayDate": self.nights.0, "lastStayDate": self.nights.1, "poolAccess": "FULL",
            });
            self.create("createContract", "CreateContractInput", &input).await?;
        }
        property = self.find(&code).await?.context("the property is gone")?;
        for room_type in room_types {
            self.load(&property, room_type, allotted).await?;
        }
        Ok(property)
    }

    /// The property with all its ids, if it exists.
    async fn find(&self, code: &str) -> Result<Option<Property>> {
        let data = self.supplier.retrying(PROPERTY, &json!({ "code": code }), self.patience).await?;
        let property = &data["property"];
        let Some(id) = property["id"].as_str() else { return Ok(None) };
        let ids = |objects: &Value, key: &dyn Fn(&Value) -> Option<String>| {
            let objects = objects.as_array().map(Vec::as_slice).unwrap_or_default();
            objects.iter().filter_map(|object| Some((key(object)?, object["id"].as_str()?.to_owned()))).collect()
        };
        Ok(Some(Property {
            id: id.to_owned(),
            code: code.to_owned(),
            room_types: ids(&property["roomTypes"], &|room_type| Some(room_type["code"].as_str()?.to_owned())),
            contracts: ids(&property["contracts"]["nodes"], &|contract| {
                Some(contract["partner"]["code"].as_str()?.to_owned())
            }),
        }))
    }

    /// Creates an object with a code. `CODE_TAKEN` means that an earlier attempt created it.
    async fn create(&self, mutation: &str, input_type: &str, input: &Value) -> Result<()> {
        let document = format!(
            "mutation($input: {input_type}!) {{ {mutation}(input: $input) {{ userErrors {{ code message }} }} }}"
        );
        let data = self.supplier.retrying(&document, &json!({ "input": input }), self.patience).await?;
        let errors = &data[mutation]["userErrors"];
        match errors.as_array().map(Vec::as_slice) {
            Some(errors) if errors.iter().all(|error| error["code"] == "CODE_TAKEN") => Ok(()),
            _ => bail!("{mutation} was refused: {errors}"),
        }
    }

    /// Sets an absolute allotment of the shared pool, so a repetition changes nothing.
    async fn load(&self, property: &Property, room_type: &str, rooms: u32) -> Result<()> {
        let room_type = property.room_types.get(room_type).context("a room type that was just created is missing")?;
        let change = json!({
            "roomTypeId": room_type, "pool": { "shared": true }, "count": { "allotted": rooms },
            "from": self.nights.0, "through": self.nights.1,
        });
        let input = json!({ "propertyId": property.id, "changes": [change], "reference": format!("replay {}", self.state.run) });
        let data = self.supplier.retrying(SET_ALLOTMENTS, &json!({ "input": input }), self.patience).await?;
        let errors = &data["setAllotments"]["userErrors"];
        if errors.as_array().is_some_and(Vec::is_empty) { Ok(()) } else { bail!("setAllotments was refused: {errors}") }
    }
}

fn contract_code(partner: &str) -> String {
    format!("REPLAY-{partner}")
}

const PROPERTY: &str = "query($code: String!) { property(code: $code) { id roomTypes { id code } contracts(first: 100) { nodes { id partner { code } } } } }";
const SET_ALLOTMENTS: &str = "mutation($input: SetAllotmentsInput!) { setAllotments(input: $input) { changedCells userErrors { code message date } } }";
