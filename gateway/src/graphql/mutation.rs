//! The mutations. The functions beside each noun check the access, build a command, submit it and map the result.

use async_graphql::{Context, Object, Result};

use super::allotment::{self, AdjustAllotmentsInput, SetAllotmentsInput};
use super::api_client::{
    self, CreateApiClientInput, CreateApiClientPayload, RevokeApiClientInput, RevokeApiClientPayload,
};
use super::booking::{
    self, BookRoomsInput, CancelReservationInput, ConfirmReservationInput, ExtendHoldInput, PlaceHoldInput,
};
use super::change_set::{self, StockPayload, UndoChangeSetInput};
use super::contract::{self, ContractPayload, CreateContractInput, UpdateContractInput};
use super::presence::{self, ShowPresenceInput, ShowPresencePayload};
use super::property::{self, CreatePropertyInput, PropertyPayload, UpdatePropertyInput};
use super::reservation::ReservationPayload;
use super::restriction::{self, SetRestrictionsInput};
use super::room_type::{self, CreateRoomTypeInput, RoomTypePayload, UpdateRoomTypeInput};

/// The mutation root.
pub struct Mutation;

/// Mutations.
#[Object]
impl Mutation {
    /// Creates a property of yours.
    async fn create_property(&self, ctx: &Context<'_>, input: CreatePropertyInput) -> Result<PropertyPayload> {
        property::create_property(ctx, input).await.map(PropertyPayload)
    }

    /// Changes a property of yours. An absent field is not changed.
    async fn update_property(&self, ctx: &Context<'_>, input: UpdatePropertyInput) -> Result<PropertyPayload> {
        property::update_property(ctx, input).await
    }

    /// Creates a room type at a property of yours.
    async fn create_room_type(&self, ctx: &Context<'_>, input: CreateRoomTypeInput) -> Result<RoomTypePayload> {
        room_type::create_room_type(ctx, input).await
    }

    /// Changes a room type of yours. An absent field is not changed.
    async fn update_room_type(&self, ctx: &Context<'_>, input: UpdateRoomTypeInput) -> Result<RoomTypePayload> {
        room_type::update_room_type(ctx, input).await
    }

    /// Creates a contract that opens a property of yours to a partner.
    async fn create_contract(&self, ctx: &Context<'_>, input: CreateContractInput) -> Result<ContractPayload> {
        contract::create_contract(ctx, input).await.map(ContractPayload)
    }

    /// Changes or suspends a contract of yours. An absent field is not changed.
    async fn update_contract(&self, ctx: &Context<'_>, input: UpdateContractInput) -> Result<ContractPayload> {
        contract::update_contract(ctx, input).await.map(ContractPayload)
    }

    /// Sets how many rooms are on sale. Saves every night or none.
    async fn set_allotments(&self, ctx: &Context<'_>, input: SetAllotmentsInput) -> Result<StockPayload> {
        allotment::set_allotments(ctx, input).await
    }

    /// Adds rooms to those on sale, or takes rooms away. Saves every night or none.
    async fn adjust_allotments(&self, ctx: &Context<'_>, input: AdjustAllotmentsInput) -> Result<StockPayload> {
        allotment::adjust_allotments(ctx, input).await
    }

    /// Sets and clears restrictions of the room night or of one pool. Never changes a count.
    async fn set_restrictions(&self, ctx: &Context<'_>, input: SetRestrictionsInput) -> Result<StockPayload> {
        restriction::set_restrictions(ctx, input).await
    }

    /// Undoes a change set at one property. Refused if its cells were changed again since.
    async fn undo_change_set(&self, ctx: &Context<'_>, input: UndoChangeSetInput) -> Result<StockPayload> {
        change_set::undo_change_set(ctx, input).await
    }

    /// Holds rooms until the hold is confirmed or expires. Holds all lines or none.
    async fn place_hold(&self, ctx: &Context<'_>, input: PlaceHoldInput) -> Result<ReservationPayload> {
        booking::place_hold(ctx, input).await
    }

    /// Books rooms without a hold. Books all lines or none.
    async fn book_rooms(&self, ctx: &Context<'_>, input: BookRoomsInput) -> Result<ReservationPayload> {
        booking::book_rooms(ctx, input).await
    }

    /// Extends a hold of yours. A stop sell on any of its nights refuses it.
    async fn extend_hold(&self, ctx: &Context<'_>, input: ExtendHoldInput) -> Result<ReservationPayload> {
        booking::extend_hold(ctx, input).await
    }

    /// Turns a hold of yours into a sale. A second confirmation changes nothing.
    async fn confirm_reservation(
        &self,
        ctx: &Context<'_>,
        input: ConfirmReservationInput,
    ) -> Result<ReservationPayload> {
        booking::confirm_reservation(ctx, input).await
    }

    /// Cancels a reservation of yours or some of its lines. Each room returns to the pool it came from. A second
    /// cancellation changes nothing.
    async fn cancel_reservation(&self, ctx: &Context<'_>, input: CancelReservationInput) -> Result<ReservationPayload> {
        booking::cancel_reservation(ctx, input).await
    }

    /// Shows a page of yours to other people who have the same calendar open. The page repeats the call after each
    /// change and every 15 seconds; after 40 seconds without a call it is removed. Not recorded in the journal. For
    /// people, not for API clients.
    async fn show_presence(&self, ctx: &Context<'_>, input: ShowPresenceInput) -> Result<ShowPresencePayload> {
        presence::show(ctx, input).await
    }

    /// Creates an API client of your organisation. Its secret is shown only once. Needs `tenant:admin`.
    async fn create_api_client(
        &self,
        ctx: &Context<'_>,
        input: CreateApiClientInput,
    ) -> Result<CreateApiClientPayload> {
        api_client::create_api_client(ctx, input).await
    }

    /// Revokes an API client of your organisation. Its tokens end within seconds. Needs `tenant:admin`.
    async fn revoke_api_client(
        &self,
        ctx: &Context<'_>,
        input: RevokeApiClientInput,
    ) -> Result<RevokeApiClientPayload> {
        api_client::revoke_api_client(ctx, input).await
    }
}
