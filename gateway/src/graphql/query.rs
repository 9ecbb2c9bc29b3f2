//! What can be asked.

use async_graphql::connection::{Connection, Edge};
use async_graphql::{Context, ID, Interface, Json, Object, Result};
use lodgate_entities::ids::PropertyId;
use serde_json::{Map, Value};

use super::access::{self, PropertyAccess, Visibility, app};
use super::api_client::{self, ApiClient};
use super::availability::{self, AvailabilityWhere, PropertyAvailability, RoomRequest, StayInput};
use super::contract::Contract;
use super::cost::{self, CostEstimate};
use super::error::{self, bad_input};
use super::pagination::page_size;
use super::property::{Property, PropertyFilter};
use super::property_list::ListArgs;
use super::rate_limit::{self, RateLimit};
use super::reservation::{self, Reservation};
use super::reservation_list::{self, ReservationFilter};
use super::room_type::{RoomType, room_type_of};
use super::scalars::{CursorText, NodeId};
use super::viewer::Viewer;
use crate::auth::Scope;

/// Anything with an opaque id.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Opaque id."))]
pub enum Node {
    /// A hotel.
    Property(Property),
    /// A sellable category of rooms.
    RoomType(RoomType),
    /// What opens a property to a partner.
    Contract(Contract),
    /// A partner's claim.
    Reservation(Reservation),
}

/// The query root.
pub struct Query;

/// What can be asked.
#[Object]
impl Query {
    /// Who you are, by your token.
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Viewer> {
        Ok(Viewer(access::viewer(ctx)?.clone()))
    }

    /// Your limits, and what is left of them.
    async fn rate_limit(&self, ctx: &Context<'_>) -> Result<RateLimit> {
        rate_limit::rate_limit(ctx)
    }

    /// What an operation would cost, without executing it. `query`, `variables` and `operationName` as you would send
    /// them.
    async fn estimate_cost(
        &self,
        ctx: &Context<'_>,
        query: String,
        variables: Option<Json<Map<String, Value>>>,
        operation_name: Option<String>,
    ) -> Result<CostEstimate> {
        cost::estimate(ctx, query, variables, operation_name)
    }

    /// The machines of your organisation, newest first, those that are shut out too; at most 200. Needs `tenant:admin`.
    async fn api_clients(&self, ctx: &Context<'_>) -> Result<Vec<ApiClient>> {
        api_client::api_clients(ctx).await
    }

    /// Anything by its opaque id; null when it does not exist or is not yours to see.
    async fn node(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Node>> {
        match NodeId::decode(&id) {
            Some(NodeId::Property(id)) => Ok(seen(ctx, id).await?.map(|seen| Node::Property(Property(seen)))),
            Some(NodeId::RoomType(property, id)) => {
                let Some(seen) = seen(ctx, property).await? else { return Ok(None) };
                let open = seen.is_supplier() || seen.contracts().iter().any(|contract| contract.covers_room_type(id));
                Ok(room_type_of(&seen, Some(id)).filter(|_| open).map(Node::RoomType))
            }
            Some(NodeId::Contract(property, _)) => {
                let Some(seen) = seen(ctx, property).await? else { return Ok(None) };
                Ok(access::contract_of(&seen, &id).map(|contract| Node::Contract(Contract { seen, contract })))
            }
            Some(NodeId::Reservation(property, id)) => {
                Ok(reservation::find(ctx, property, id).await?.map(Node::Reservation))
            }
            _ => Ok(None),
        }
    }

    /// A property by its id or by the supplier's code: exactly one of the two.
    async fn property(&self, ctx: &Context<'_>, id: Option<ID>, code: Option<String>) -> Result<Option<Property>> {
        let viewer = access::viewer_with(ctx, Scope::InventoryRead)?;
        match (id, code) {
            (Some(id), None) => Ok(access::seen_by_id(ctx, &id).await?.map(Property)),
            (None, Some(code)) => {
                let ask = ListArgs { first: 2, codes: Some(vec![code]), ..ListArgs::default() };
                let app = app(ctx)?;
                let page = app.property_list.page(app, viewer, ask).await.map_err(|error| error::database(&error))?;
                match page.ids.as_slice() {
                    [] => Ok(None),
                    [only] => Ok(access::seen(ctx, *only, 0).await?.map(Property)),
                    _ => Err(bad_input("code", "several suppliers use this code: ask by id")),
                }
            }
            _ => Err(bad_input("id", "give either id or code")),
        }
    }

    /// The properties you may see, in the order they were made: a supplier its own, a partner those it has a contract
    /// for. At most 200 a page.
    async fn properties(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 50)] first: i32,
        after: Option<String>,
        #[graphql(default)] filter: PropertyFilter,
    ) -> Result<Connection<String, Property>> {
        let viewer = access::viewer_with(ctx, Scope::InventoryRead)?;
        let first = page_size(first, 200)?;
        let after = match after {
            Some(text) => {
                Some(text.parse().map(PropertyId).map_err(|_| bad_input("after", "not a cursor of this list"))?)
            }
            None => None,
        };
        if filter.codes.as_ref().is_some_and(|codes| codes.len() > 200) {
            return Err(bad_input("filter.codes", "at most 200 codes"));
        }
        let ask = ListArgs { after, first: first as u64, codes: filter.codes, search: filter.search };
        let app = app(ctx)?;
        let page = app.property_list.page(app, viewer, ask).await.map_err(|error| error::database(&error))?;
        let loads = page.ids.iter().map(|id| access::seen(ctx, *id, 0));
        let found = futures_util::future::try_join_all(loads).await?;
        let mut connection = Connection::new(after.is_some(), page.has_next);
        connection
            .edges
            .extend(found.into_iter().flatten().map(|seen| Edge::new(seen.id().to_string(), Property(seen))));
        Ok(connection)
    }

    /// What a stay finds at up to 500 hotels in one call, in the order asked for: one entry a hotel and contract of
    /// yours. Hotels that you have no contract for are left out. For partners.
    async fn availability(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "where")] filter: AvailabilityWhere,
        stay: StayInput,
        rooms: Vec<RoomRequest>,
        contract_id: Option<ID>,
        at_least: Option<CursorText>,
    ) -> Result<Vec<PropertyAvailability>> {
        access::viewer_with(ctx, Scope::InventoryRead)?;
        let stay = availability::stay(&stay)?;
        if !(1..=500).contains(&filter.property_ids.len()) {
            return Err(bad_input("where.propertyIds", "1 to 500 hotels in one call"));
        }
        if !(1..=100).contains(&rooms.len()) || rooms.iter().any(|room| room.adults < 1) {
            return Err(bad_input("rooms", "1 to 100 rooms, each with at least one adult"));
        }
        let least = access::at_least(ctx, at_least.as_ref())?;
        let ids: Vec<PropertyId> = filter.property_ids.iter().filter_map(super::scalars::property_id).collect();
        let loads = ids.iter().map(|id| access::seen(ctx, *id, least.get(id).copied().unwrap_or(0)));
        let hotels: Vec<PropertyAccess> =
            futures_util::future::try_join_all(loads).await?.into_iter().flatten().collect();
        let mut asks = Vec::new();
        for seen in hotels.iter().filter(|seen| matches!(seen.view, Visibility::Partner(_))) {
            let at_least = least.get(&seen.id()).copied().unwrap_or(0);
            for contract in seen.contracts() {
                let wanted = contract_id
                    .as_ref()
                    .is_none_or(|id| access::contract_of(seen, id).is_some_and(|found| found.id == contract.id));
                if wanted {
                    let rooms = &rooms;
                    asks.push(
                        async move { availability::of_property(ctx, seen, &contract, stay, rooms, at_least).await },
                    );
                }
            }
        }
        futures_util::future::try_join_all(asks).await
    }

    /// A reservation by its id; null when it does not exist or is not yours to see.
    async fn reservation(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Reservation>> {
        match NodeId::decode(&id) {
            Some(NodeId::Reservation(property, id)) => reservation::find(ctx, property, id).await,
            _ => Ok(None),
        }
    }

    /// Reservations, newest first: a partner its own, a supplier those at its hotels. At most 200 a page.
    async fn reservations(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 50)] first: i32,
        after: Option<String>,
        #[graphql(default)] filter: ReservationFilter,
    ) -> Result<Connection<String, Reservation>> {
        let viewer = access::viewer_with(ctx, Scope::ReservationsRead)?;
        let first = page_size(first, 200)?;
        let app = app(ctx)?;
        let property = match &filter.property_id {
            Some(id) => match super::scalars::property_id(id) {
                Some(id) => Some(id),
                None => return Ok(Connection::new(false, false)),
            },
            None => None,
        };
        let ask = reservation_list::ListArgs {
            first,
            after: after.map(|text| reservation_list::ReservationCursor::decode(&text)).transpose()?,
            property,
            statuses: filter.status.map(|list| list.into_iter().map(Into::into).collect()),
            reference: filter.reference,
            locator: filter.locator,
        };
        let page = access::read(ctx, reservation_list::page(&app.database, viewer, &ask)).await?;
        let loads = page.places.iter().map(|place| reservation::find(ctx, place.property, place.id));
        let found = futures_util::future::try_join_all(loads).await?;
        let mut connection = Connection::new(ask.after.is_some(), page.has_next);
        for (place, reservation) in page.places.iter().zip(found) {
            connection.edges.extend(reservation.map(|reservation| Edge::new(place.encode(), reservation)));
        }
        Ok(connection)
    }
}

async fn seen(ctx: &Context<'_>, id: PropertyId) -> Result<Option<PropertyAccess>> {
    access::viewer_with(ctx, Scope::InventoryRead)?;
    access::seen(ctx, id, 0).await
}
