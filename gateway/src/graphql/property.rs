//! Properties.

use async_graphql::connection::{Connection, Edge};
use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, Result};
use chrono_tz::Tz;
use lodgate_entities::ids::PropertyId;
use lodgate_entities::tenant::TenantKind;

use super::access::{self, PropertyAccess, actor, app, own_property};
use super::attention::{self, AttentionItem};
use super::contract::Contract;
use super::error::{self, bad_input};
use super::mutation_result::{MutationResult, unknown};
use super::night_totals::{self, NightTotal};
use super::nights;
use super::pagination::page_size;
use super::patch::patch;
use super::pickup::{self, Pickup};
use super::room_type::RoomType;
use super::scalars::{CursorText, Date, NodeId};
use super::stock_event::StockEvent;
use super::stock_history::{self, StockHistory};
use super::submit::{change_structure, refreshed};
use super::tenant::{Tenant, tenant};
use super::user_error::UserError;
use super::weekday::Weekday;
use crate::auth::Scope;
use crate::inventory::command::Structure;
use crate::inventory::{self, Problem};
use crate::journal::events;
use crate::writer::NewProperty;

/// A hotel.
#[derive(Clone)]
pub struct Property(pub PropertyAccess);

impl Property {
    /// Checks that the caller is the supplier and may read; returns the latest event that the answer must include.
    fn supplier_reads(&self, ctx: &Context<'_>, at_least: Option<&CursorText>) -> Result<i64> {
        access::viewer_with(ctx, Scope::InventoryRead)?;
        self.0.supplier_only()?;
        Ok(access::at_least(ctx, at_least)?.get(&self.0.id()).copied().unwrap_or(0))
    }
}

/// A hotel.
#[Object]
impl Property {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        NodeId::Property(self.0.id()).encode()
    }

    /// The supplier's own code.
    async fn code(&self) -> &str {
        &self.0.property().code
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.0.property().name
    }

    /// Town or place.
    async fn place(&self) -> &str {
        &self.0.property().place
    }

    /// ISO 3166-1 alpha-2.
    async fn country(&self) -> Option<&str> {
        self.0.property().country.as_deref()
    }

    /// IANA time zone. All dates of the property are local to it.
    async fn time_zone(&self) -> &str {
        self.0.property().time_zone.name()
    }

    /// Cut-off: minutes after local midnight of the stay date until which that night can be sold, 0 to 1,800.
    async fn same_day_cut_off(&self) -> i32 {
        self.0.property().same_day_cut_off
    }

    /// The weekdays that are its weekend.
    async fn weekend_days(&self) -> Vec<Weekday> {
        let days = self.0.property().weekend_days;
        Weekday::ALL.into_iter().filter(|day| days.contains((*day).into())).collect()
    }

    /// The earliest night that can still be sold or changed.
    async fn business_date(&self, ctx: &Context<'_>) -> Result<Date> {
        Ok(Date(self.0.property().business_date(app(ctx)?.clock.now())))
    }

    /// Number of its latest stock event, read from the database.
    async fn stock_seq(&self, ctx: &Context<'_>) -> Result<i64> {
        let heads = access::read(ctx, events::heads(&app(ctx)?.database.read, &[self.0.id()])).await?;
        Ok(heads.get(&self.0.id()).map_or(0, |stock| stock.head.seq))
    }

    /// The supplier.
    async fn supplier(&self, ctx: &Context<'_>) -> Result<Tenant> {
        tenant(ctx, self.0.property().supplier).await
    }

    /// Its room types, ascending by id; for a partner those that its contracts cover.
    async fn room_types(&self) -> Vec<RoomType> {
        let contracts = self.0.contracts();
        let mut room_types: Vec<RoomType> = self
            .0
            .room_types()
            .values()
            .filter(|found| {
                self.0.is_supplier() || contracts.iter().any(|contract| contract.covers_room_type(found.id))
            })
            .map(|found| RoomType { access: self.0.clone(), room_type: found.clone() })
            .collect();
        room_types.sort_by_key(|found| found.room_type.id);
        room_types
    }

    /// Contracts, ascending by id: a supplier sees all, a partner its own. At most 200 per page.
    async fn contracts(
        &self,
        #[graphql(default = 50)] first: i32,
        after: Option<String>,
    ) -> Result<Connection<String, Contract>> {
        let first = page_size(first, 200)?;
        let after = after
            .map(|text| text.parse::<i64>().map_err(|_| bad_input("after", "not a cursor of this list")))
            .transpose()?;
        let rest: Vec<_> =
            self.0.contracts().into_iter().filter(|found| after.is_none_or(|after| found.id.0 > after)).collect();
        let mut page = Connection::new(after.is_some(), rest.len() > first);
        page.edges.extend(
            rest.into_iter()
                .take(first)
                .map(|contract| Edge::new(contract.id.to_string(), Contract { access: self.0.clone(), contract })),
        );
        Ok(page)
    }

    /// Totals per night over a range, both ends included, at most 1,096 nights. For the supplier.
    async fn night_totals(
        &self,
        ctx: &Context<'_>,
        from: Date,
        through: Date,
        at_least: Option<CursorText>,
    ) -> Result<Vec<NightTotal>> {
        let least = self.supplier_reads(ctx, at_least.as_ref())?;
        let (from, through) = nights::range(from, through)?;
        night_totals::totals(ctx, &self.0, from, through, least).await
    }

    /// Nights that need attention, most urgent first: runs of consecutive nights of one room type that are
    /// overcommitted, sold out, low or stopped. A night has at most one reason per pool; a contract's own pool is
    /// listed only when it is overcommitted. `from` defaults to the business date. `days` is 1 to 366, `first` 1 to
    /// 200. For the supplier.
    async fn attention(
        &self,
        ctx: &Context<'_>,
        from: Option<Date>,
        #[graphql(default = 30)] days: i32,
        #[graphql(default = 50)] first: i32,
        at_least: Option<CursorText>,
    ) -> Result<Vec<AttentionItem>> {
        let least = self.supplier_reads(ctx, at_least.as_ref())?;
        let today = self.0.property().business_date(app(ctx)?.clock.now());
        attention::items(ctx, &self.0, from.map_or(today, |from| from.0), days, page_size(first, 200)?, least).await
    }

    /// Room nights that partners booked and cancelled in the last `hours` (1 to 168), from the journal. For the
    /// supplier.
    async fn pickup(&self, ctx: &Context<'_>, #[graphql(default = 24)] hours: i32) -> Result<Pickup> {
        self.supplier_reads(ctx, None)?;
        pickup::report(ctx, &self.0, hours).await
    }

    /// The journal, newest first; with `roomTypeId` and `date` only the events that changed that night. `before` is
    /// `next` of the previous page. At most 100 per page. For the supplier.
    async fn history(
        &self,
        ctx: &Context<'_>,
        room_type_id: Option<ID>,
        date: Option<Date>,
        before: Option<i64>,
        #[graphql(default = 50)] first: i32,
    ) -> Result<StockHistory> {
        self.supplier_reads(ctx, None)?;
        let night = stock_history::night(&self.0, room_type_id.as_ref(), date)?;
        stock_history::page(ctx, &self.0, night, before, page_size(first, 100)?).await
    }

    /// The journal after a `seq`, ascending, without loss. A supplier sees every event; a partner sees the events of
    /// its own reservations, without the counts of the pools. At most 500 per page; `first` counts the events read, so
    /// a page of a partner may have fewer.
    async fn stock_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 0)] after: i64,
        #[graphql(default = 100)] first: i32,
    ) -> Result<Connection<i64, StockEvent>> {
        let viewer = access::viewer_with(ctx, Scope::InventoryRead)?;
        let first = page_size(first, 500)?;
        let limit = u64::try_from(first + 1).unwrap_or(u64::MAX);
        let after = [(self.0.id(), after.max(0))];
        let mut events = access::read(ctx, events::events_after(&app(ctx)?.database.read, &after, limit)).await?;
        let has_next = events.len() > first;
        events.truncate(first);
        let mut page = Connection::new(after[0].1 > 0, has_next);
        for event in events {
            if self.0.is_supplier() || event.actor_tenant == viewer.tenant {
                page.edges.push(Edge::new(event.seq, StockEvent { access: self.0.clone(), event: event.into() }));
            }
        }
        Ok(page)
    }
}

/// Filter of a list of properties.
#[derive(InputObject, Clone, Debug, Default)]
pub struct PropertyFilter {
    /// Only these codes, at most 200.
    pub codes: Option<Vec<String>>,
    /// Only names or codes that contain this text; case is ignored.
    pub search: Option<String>,
}

/// A new property.
#[derive(InputObject, Clone, Debug)]
pub struct CreatePropertyInput {
    /// Your own code: 1 to 40 letters, digits, dashes, dots or underscores.
    pub code: String,
    /// Name shown to people.
    pub name: String,
    /// Town or place.
    pub place: String,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// IANA time zone, for example `Europe/Lisbon`.
    pub time_zone: String,
    /// Cut-off: minutes after local midnight of the stay date until which that night can be sold, 0 to 1,800.
    #[graphql(default = 1_080)]
    pub same_day_cut_off: i32,
    /// The weekdays that are its weekend.
    #[graphql(default_with = "vec![Weekday::Fri, Weekday::Sat]")]
    pub weekend_days: Vec<Weekday>,
}

/// New values of a property. An absent field is not changed.
#[derive(InputObject, Clone, Debug)]
pub struct UpdatePropertyInput {
    /// The property.
    pub property_id: ID,
    /// Name shown to people.
    pub name: MaybeUndefined<String>,
    /// Town or place.
    pub place: MaybeUndefined<String>,
    /// ISO 3166-1 alpha-2.
    pub country: MaybeUndefined<String>,
    /// Cut-off: minutes after local midnight of the stay date until which that night can be sold, 0 to 1,800.
    pub same_day_cut_off: MaybeUndefined<i32>,
    /// The weekdays that are its weekend.
    pub weekend_days: MaybeUndefined<Vec<Weekday>>,
}

/// The result of creating or changing a property.
#[derive(Default)]
pub struct PropertyPayload(pub MutationResult);

/// The result of creating or changing a property.
#[Object]
impl PropertyPayload {
    /// The property after the change.
    async fn property(&self) -> Option<Property> {
        let access = self.0.access.as_ref()?;
        self.0.outcome.as_ref()?;
        Some(Property(access.clone()))
    }

    /// Cursor after the write. A read with it as `atLeast` includes the write, on every node.
    async fn cursor(&self, ctx: &Context<'_>) -> Result<Option<CursorText>> {
        self.0.cursor(ctx)
    }

    /// Reasons why nothing was written; empty after a write.
    async fn user_errors(&self) -> &[UserError] {
        &self.0.errors
    }
}

/// Creates a property of the caller.
pub(super) async fn create_property(ctx: &Context<'_>, input: CreatePropertyInput) -> Result<MutationResult> {
    let viewer = access::viewer_with(ctx, Scope::InventoryWrite)?;
    if viewer.kind != TenantKind::Supplier {
        return Err(error::ErrorCode::Forbidden.error("only suppliers have properties"));
    }
    let Ok(time_zone) = input.time_zone.parse::<Tz>() else {
        return Ok(MutationResult::refused(
            None,
            [Problem::invalid(&["timeZone"], "not an IANA time zone such as Europe/Lisbon")],
        ));
    };
    let property = inventory::Property {
        id: PropertyId(0),
        supplier: viewer.tenant,
        code: input.code,
        name: input.name,
        place: input.place,
        country: input.country,
        time_zone,
        same_day_cut_off: input.same_day_cut_off,
        weekend_days: Weekday::set(Some(&input.weekend_days)),
    };
    let result = app(ctx)?.writer.create_property(NewProperty { actor: actor(viewer), property }).await;
    let mut result = MutationResult::from(None, result)?;
    if let Some(outcome) = &result.outcome {
        result.access = refreshed(ctx, outcome).await?;
    }
    Ok(result)
}

/// Changes a property of the caller.
pub(super) async fn update_property(ctx: &Context<'_>, input: UpdatePropertyInput) -> Result<PropertyPayload> {
    let Some(access) = own_property(ctx, &input.property_id).await? else {
        return Ok(PropertyPayload(unknown("propertyId", "property")));
    };
    let mut property = access.property().clone();
    patch(&mut property.name, "name", input.name)?;
    patch(&mut property.place, "place", input.place)?;
    patch(&mut property.country, "country", input.country.map_value(Some))?;
    patch(&mut property.same_day_cut_off, "sameDayCutOff", input.same_day_cut_off)?;
    patch(&mut property.weekend_days, "weekendDays", input.weekend_days.map_value(|days| Weekday::set(Some(&days))))?;
    change_structure(ctx, access, Structure::Property(property)).await.map(PropertyPayload)
}
