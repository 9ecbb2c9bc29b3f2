//! What can be changed. A resolver gets its proof, builds a command, hands it over, and maps the outcome.

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

/// What can be changed.
#[Object]
impl Mutation {
    /// Creates a property of yours.
    async fn create_property(&self, ctx: &Context<'_>, input: CreatePropertyInput) -> Result<PropertyPayload> {
        property::create_property(ctx, input).await.map(PropertyPayload)
    }

    /// Changes a property of yours; an absent field stays.
    async fn update_property(&self, ctx: &Context<'_>, input: UpdatePropertyInput) -> Result<PropertyPayload> {
        property::update_property(ctx, input).await
    }

    /// Creates a room type at a property of yours.
    async fn create_room_type(&self, ctx: &Context<'_>, input: CreateRoomTypeInput) -> Result<RoomTypePayload> {
        room_type::create_room_type(ctx, input).await
    }

    /// Changes a room type of yours; an absent field stays.
    async fn update_room_type(&self, ctx: &Context<'_>, input: UpdateRoomTypeInput) -> Result<RoomTypePayload> {
        room_type::update_room_type(ctx, input).await
    }

    /// Opens a property of yours to a partner.
    async fn create_contract(&self, ctx: &Context<'_>, input: CreateContractInput) -> Result<ContractPayload> {
        contract::create_contract(ctx, input).await.map(ContractPayload)
    }

    /// Changes or suspends a contract of yours; an absent field stays.
    async fn update_contract(&self, ctx: &Context<'_>, input: UpdateContractInput) -> Result<ContractPayload> {
        contract::update_contract(ctx, input).await.map(ContractPayload)
    }

    /// Sets how many rooms are on sale. Saves every night or none.
    async fn set_allotments(&self, ctx: &Context<'_>, input: SetAllotmentsInput) -> Result<StockPayload> {
        allotment::set_allotments(ctx, input).await
    }

    /// Adds or takes away rooms on sale, whatever is there now. Saves every night or none.
    async fn adjust_allotments(&self, ctx: &Context<'_>, input: AdjustAllotmentsInput) -> Result<StockPayload> {
        allotment::adjust_allotments(ctx, input).await
    }

    /// Sets and clears restrictions, for everybody or for one pool. Never touches a count.
    async fn set_restrictions(&self, ctx: &Context<'_>, input: SetRestrictionsInput) -> Result<StockPayload> {
        restriction::set_restrictions(ctx, input).await
    }

    /// Takes back what a change set did at a property, unless its cells were changed again since.
    async fn undo_change_set(&self, ctx: &Context<'_>, input: UndoChangeSetInput) -> Result<StockPayload> {
        change_set::undo_change_set(ctx, input).await
    }

    /// Holds rooms until they are confirmed or the time is over. All lines or none.
    async fn place_hold(&self, ctx: &Context<'_>, input: PlaceHoldInput) -> Result<ReservationPayload> {
        booking::place_hold(ctx, input).await
    }

    /// Books rooms at once. All lines or none.
    async fn book_rooms(&self, ctx: &Context<'_>, input: BookRoomsInput) -> Result<ReservationPayload> {
        booking::book_rooms(ctx, input).await
    }

    /// Prolongs a hold of yours. A stop sell on any of its nights refuses.
    async fn extend_hold(&self, ctx: &Context<'_>, input: ExtendHoldInput) -> Result<ReservationPayload> {
        booking::extend_hold(ctx, input).await
    }

    /// Turns a hold of yours into a sale. Confirming twice changes nothing.
    async fn confirm_reservation(
        &self,
        ctx: &Context<'_>,
        input: ConfirmReservationInput,
    ) -> Result<ReservationPayload> {
        booking::confirm_reservation(ctx, input).await
    }

    /// Gives rooms of yours back, held or sold, each to the pool it came from. Cancelling twice changes nothing.
    async fn cancel_reservation(&self, ctx: &Context<'_>, input: CancelReservationInput) -> Result<ReservationPayload> {
        booking::cancel_reservation(ctx, input).await
    }

    /// Shows your colleagues where a page of yours is. Say it whenever that changes, and again every 15 seconds: after 40
    /// seconds without a word the page has gone. Never in the journal. For people.
    async fn show_presence(&self, ctx: &Context<'_>, input: ShowPresenceInput) -> Result<ShowPresencePayload> {
        presence::show(ctx, input).await
    }

    /// Makes a machine of your organisation. Its secret is shown this once.
    async fn create_api_client(
        &self,
        ctx: &Context<'_>,
        input: CreateApiClientInput,
    ) -> Result<CreateApiClientPayload> {
        api_client::create_api_client(ctx, input).await
    }

    /// Shuts a machine of your organisation out; its tokens end within seconds.
    async fn revoke_api_client(
        &self,
        ctx: &Context<'_>,
        input: RevokeApiClientInput,
    ) -> Result<RevokeApiClientPayload> {
        api_client::revoke_api_client(ctx, input).await
    }
}
