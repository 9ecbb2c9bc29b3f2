//! The queries.

use async_graphql::connection::{Connection, Edge};
use async_graphql::{Context, ID, Interface, Json, Object, Result};
use lodgate_entities::ids::PropertyId;
use serde_json::{Map, Value};

use super::access::{self, PropertyAccess, app};
use super::api_client::{self, ApiClient};
use super::availability::{self, AvailabilityWhere, PropertyAvailability, RoomRequest, StayInput};
use super::contract::Contract;
use super::cost::{self, CostEstimate};
use super::error::{self, bad_input};
use super::pagination::page_size;
use super::property::{Property, PropertyFilter};
use super::rate_limit::{self, RateLimit};
use super::reservation::{self, Reservation};
use super::reservation_list::{self, ReservationFilter};
use super::room_type::{RoomType, room_type_of};
use super::scalars::{CursorText, NodeId};
use super::viewer::Viewer;
use crate::auth::Scope;
use crate::cache::property_list::ListArgs;

/// An object with an opaque id.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Opaque id."))]
pub enum Node {
    /// A hotel.
    Property(Property),
    /// A sellable category of rooms.
    RoomType(RoomType),
    /// A contract: it opens a property to a partner.
    Contract(Contract),
    /// A reservation.
    Reservation(Reservation),
}

/// The query root.
pub struct Query;

/// Queries.
#[Object]
impl Query {
    /// The caller, as the token identifies it.
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Viewer> {
        Ok(Viewer(access::viewer(ctx)?.clone()))
    }

    /// Your rate limits and budgets, with the remaining amounts.
    async fn rate_limit(&self, ctx: &Context<'_>) -> Result<RateLimit> {
        rate_limit::rate_limit(ctx)
    }

    /// The cost of an operation, without executing it. `query`, `variables` and `operationName` are those of a normal
    /// request.
    async fn estimate_cost(
        &self,
        ctx: &Context<'_>,
        query: String,
        variables: Option<Json<Map<String, Value>>>,
        operation_name: Option<String>,
    ) -> Result<CostEstimate> {
        cost::estimate(ctx, query, variables, operation_name)
    }

    /// The API clients of your organisation, newest first, revoked ones included; at most 200. Needs `tenant:admin`.
    async fn api_clients(&self, ctx: &Context<'_>) -> Result<Vec<ApiClient>> {
        api_client::api_clients(ctx).await
    }

    /// An object by its opaque id; null when it does not exist or you may not see it.
    async fn node(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Node>> {
        match NodeId::decode(&id) {
            Some(NodeId::Property(id)) => {
                Ok(readable_property(ctx, id).await?.map(|access| Node::Property(Property(access))))
            }
            Some(NodeId::RoomType(property, id)) => {
                let Some(access) = readable_property(ctx, property).await? else { return Ok(None) };
                let open =
                    access.is_supplier() || access.contracts().iter().any(|contract| contract.covers_room_type(id));
                Ok(room_type_of(&access, Some(id)).filter(|_| open).map(Node::RoomType))
            }
            Some(NodeId::Contract(property, _)) => {
                let Some(access) = readable_property(ctx, property).await? else { return Ok(None) };
                Ok(access::contract_of(&access, &id).map(|contract| Node::Contract(Contract { access, contract })))
            }
            Some(NodeId::Reservation(property, id)) => {
                Ok(reservation::find(ctx, property, id).await?.map(Node::Reservation))
            }
            _ => Ok(None),
        }
    }

    /// A property by its id or by the supplier's code. Give exactly one of them.
    async fn property(&self, ctx: &Context<'_>, id: Option<ID>, code: Option<String>) -> Result<Option<Property>> {
        let viewer = access::viewer_with(ctx, Scope::InventoryRead)?;
        match (id, code) {
            (Some(id), None) => Ok(access::property_access_by_id(ctx, &id).await?.map(Property)),
            (None, Some(code)) => {
                let args = ListArgs { first: 2, codes: Some(vec![code]), ..ListArgs::default() };
                let app = app(ctx)?;
                let page = app.properties(viewer, args).await.map_err(|error| error::database(&error))?;
                match page.ids.as_slice() {
                    [] => Ok(None),
                    [only] => Ok(access::property_access(ctx, *only, 0).await?.map(Property)),
                    _ => Err(bad_input("code", "several suppliers use this code: ask by id")),
                }
            }
            _ => Err(bad_input("id", "give either id or code")),
        }
    }

    /// The properties that you may see, in the order of creation: a supplier sees its own, a partner those that it has
    /// a contract for. At most 200 per page.
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
        let args = ListArgs { after, first: first as u64, codes: filter.codes, search: filter.search };
        let app = app(ctx)?;
        let page = app.properties(viewer, args).await.map_err(|error| error::database(&error))?;
        let loads = page.ids.iter().map(|id| access::property_access(ctx, *id, 0));
        let found = futures_util::future::try_join_all(loads).await?;
        let mut connection = Connection::new(after.is_some(), page.has_next);
        connection
            .edges
            .extend(found.into_iter().flatten().map(|access| Edge::new(access.id().to_string(), Property(access))));
        Ok(connection)
    }

    /// Availability of one stay at 1 to 500 properties, in the order of `where.propertyIds`: one entry per property and
    /// contract of yours. Properties that you have no contract for are left out. `rooms` has 1 to 100 entries. For
    /// partners.
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
        let loads = ids.iter().map(|id| access::property_access(ctx, *id, least.get(id).copied().unwrap_or(0)));
        let hotels: Vec<PropertyAccess> =
            futures_util::future::try_join_all(loads).await?.into_iter().flatten().collect();
        let mut loads = Vec::new();
        for access in hotels.iter().filter(|access| !access.is_supplier()) {
            let at_least = least.get(&access.id()).copied().unwrap_or(0);
            for contract in access.contracts() {
                let wanted = contract_id
                    .as_ref()
                    .is_none_or(|id| access::contract_of(access, id).is_some_and(|found| found.id == contract.id));
                if wanted {
                    let rooms = &rooms;
                    loads.push(async move {
                        availability::property_availability(ctx, access, &contract, stay, rooms, at_least).await
                    });
                }
            }
        }
        futures_util::future::try_join_all(loads).await
    }

    /// A reservation by its id; null when it does not exist or you may not see it.
    async fn reservation(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Reservation>> {
        match NodeId::decode(&id) {
            Some(NodeId::Reservation(property, id)) => reservation::find(ctx, property, id).await,
            _ => Ok(None),
        }
    }

    /// Reservations, newest first: a partner sees its own, a supplier those at its properties. At most 200 per page.
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
        let args = reservation_list::ListArgs {
            first,
            after: after.map(|text| reservation_list::ReservationCursor::decode(&text)).transpose()?,
            property,
            statuses: filter.status.map(|list| list.into_iter().map(Into::into).collect()),
            reference: filter.reference,
            locator: filter.locator,
        };
        let page = access::read(ctx, reservation_list::page(&app.database, viewer, &args)).await?;
        let loads = page.cursors.iter().map(|cursor| reservation::find(ctx, cursor.property, cursor.id));
        let found = futures_util::future::try_join_all(loads).await?;
        let mut connection = Connection::new(args.after.is_some(), page.has_next);
        for (cursor, reservation) in page.cursors.iter().zip(found) {
            connection.edges.extend(reservation.map(|reservation| Edge::new(cursor.encode(), reservation)));
        }
        Ok(connection)
    }
}

async fn readable_property(ctx: &Context<'_>, id: PropertyId) -> Result<Option<PropertyAccess>> {
    access::viewer_with(ctx, Scope::InventoryRead)?;
    access::property_access(ctx, id, 0).await
}
