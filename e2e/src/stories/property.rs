//! Properties for tests.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Dates, Supplier, documents, id_of, merge, night};
use crate::cli_tokens::TenantKind;

/// A property of a test, with the ids that calls need.
#[derive(Clone, Debug, Default)]
pub struct Property {
    /// The id.
    pub id: String,
    /// The supplier's code of the property.
    pub code: String,
    /// Room type ids by code.
    pub room_types: BTreeMap<String, String>,
    /// Contract ids by the partner's code.
    pub contracts: BTreeMap<String, String>,
}

impl Property {
    /// The id of a room type.
    ///
    /// # Panics
    /// When the property has no room type of this code.
    pub fn room_type(&self, code: &str) -> &str {
        self.room_types.get(code).unwrap_or_else(|| panic!("{} has no room type {code}", self.code))
    }

    /// The id of a partner's contract.
    ///
    /// # Panics
    /// When the property has no contract with this partner.
    pub fn contract(&self, partner: &str) -> &str {
        self.contracts.get(partner).unwrap_or_else(|| panic!("{} has no contract with {partner}", self.code))
    }
}

impl Supplier {
    /// Describes a new property; its code is the name and a random part.
    pub fn property(&self, name: &str) -> NewProperty<'_> {
        let random = Uuid::new_v4().simple().to_string();
        let code = format!("{}-{}", name.to_uppercase().replace(' ', "-"), &random[..6]);
        let nights = (night(0), night(365));
        NewProperty { supplier: self, name: name.to_owned(), code, nights, rooms: Vec::new(), partners: Vec::new() }
    }
}

/// A description of a property; [`create`](Self::create) creates it.
#[derive(Clone, Debug)]
#[must_use]
pub struct NewProperty<'a> {
    supplier: &'a Supplier,
    name: String,
    code: String,
    nights: Dates,
    rooms: Vec<(String, u32)>,
    partners: Vec<(String, Value)>,
}

impl NewProperty<'_> {
    /// Sets the code.
    pub fn code(mut self, code: &str) -> Self {
        code.clone_into(&mut self.code);
        self
    }

    /// Sets the closed range of nights with allotments and contracts; default: the next 366 nights.
    pub fn nights(mut self, from: NaiveDate, through: NaiveDate) -> Self {
        self.nights = (from, through);
        self
    }

    /// Adds a room type for up to 4 guests, with `rooms` rooms in the shared pool every night.
    pub fn rooms(mut self, code: &str, rooms: u32) -> Self {
        self.rooms.push((code.to_owned(), rooms));
        self
    }

    /// Adds a contract that may draw on the whole shared pool.
    pub fn opened_to(mut self, partner: &str) -> Self {
        self.partners.push((partner.to_owned(), json!({ "poolAccess": "FULL" })));
        self
    }

    /// Adds a contract that may draw at most `cap` rooms from the shared pool, per room type and night.
    pub fn capped_to(mut self, partner: &str, cap: u32) -> Self {
        self.partners.push((partner.to_owned(), json!({ "poolAccess": "CAPPED", "poolCap": cap })));
        self
    }

    /// Adds a contract that may not draw on the shared pool.
    pub fn apart_from(mut self, partner: &str) -> Self {
        self.partners.push((partner.to_owned(), json!({ "poolAccess": "NONE" })));
        self
    }

    /// Creates the property, its room types, contracts and allotments.
    ///
    /// # Panics
    /// When the gateway refuses any of it.
    pub async fn create(self) -> Property {
        let supplier = self.supplier;
        // With the latest cut-off, today can be sold at whatever time of day the tests run.
        let input = json!({
            "code": self.code, "name": self.name, "place": "Lisbon", "timeZone": "Europe/Lisbon", "sameDayCutOff": 1_800,
        });
        let made = supplier.call(documents::CREATE_PROPERTY, &input).await.accepted();
        let mut property = Property { id: id_of(&made["property"]), code: self.code, ..Property::default() };
        for (code, rooms) in &self.rooms {
            let input = json!({
                "propertyId": property.id, "code": code, "name": code,
                "maxOccupancy": 4, "maxAdults": 4, "maxChildren": 3, "physicalRooms": (*rooms).max(1),
            });
            let made = supplier.call(documents::CREATE_ROOM_TYPE, &input).await.accepted();
            property.room_types.insert(code.clone(), id_of(&made["roomType"]));
            supplier.set_allotments(&property, code, self.nights, *rooms).await.accepted();
        }
        for (partner, access) in &self.partners {
            // The tenant must exist before a contract can name it.
            let minted = supplier.cli.token(partner, TenantKind::Partner, "inventory:read", "standard").await;
            minted.unwrap_or_else(|error| panic!("no tenant {partner}: {error:#}"));
            let mut input = json!({
                "propertyId": property.id, "partnerCode": partner, "code": format!("{}-{partner}", property.code),
                "firstStayDate": self.nights.0, "lastStayDate": self.nights.1,
            });
            merge(&mut input, access);
            let made = supplier.call(documents::CREATE_CONTRACT, &input).await.accepted();
            property.contracts.insert(partner.clone(), id_of(&made["contract"]));
        }
        property
    }
}
