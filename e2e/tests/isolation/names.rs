//! The meaning of every argument that names something. Extend this table when the schema grows; the test reports
//! missing entries.

/// The kind of object that a value names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Names {
    /// Any object with an opaque id.
    Node,
    Property,
    RoomType,
    Contract,
    Reservation,
    ApiClient,
    /// A supplier's code of a property, for look-ups.
    PropertyCode,
    /// A part of a property's name.
    Search,
    Locator,
    /// A partner's own reference, for look-ups of reservations.
    ReferenceLookUp,
    /// A change set of a property, for look-ups.
    ChangeSetLookUp,
    /// A signed cursor of a tenant's stream.
    Cursor,
    /// A name that the caller chooses: an idempotency key, a partner's reference, a new change set, a page. Another
    /// tenant's name is as valid as any.
    Own(Own),
    /// A position in a list of the caller's own objects.
    Place,
    /// A public name: partners, for suppliers who contract them.
    Public,
    /// Not a name: a title, a reason, a time zone.
    Words,
}

/// The names that a caller chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Own {
    Key,
    Reference,
    ChangeSet,
    Page,
    /// The code of a new property, room type or contract.
    Code,
}

impl Names {
    /// True when another tenant's name must get the same response as a name that does not exist.
    pub fn is_reference(self) -> bool {
        !matches!(self, Self::Own(_) | Self::Place | Self::Public | Self::Words)
    }
}

/// By coordinate: every argument and input field that takes an id, a cursor, a UUID or a text, and the numbers that are
/// positions in a list.
pub const NAMES: &[(&str, Names)] = &[
    ("AdjustAllotmentsInput.changeSetId", Names::Own(Own::ChangeSet)),
    ("AdjustAllotmentsInput.idempotencyKey", Names::Own(Own::Key)),
    ("AdjustAllotmentsInput.propertyId", Names::Property),
    ("AdjustAllotmentsInput.reason", Names::Words),
    ("AdjustAllotmentsInput.reference", Names::Words),
    ("AllotmentAdjustment.roomTypeId", Names::RoomType),
    ("AllotmentChange.roomTypeId", Names::RoomType),
    ("AvailabilityWhere.propertyIds", Names::Property),
    ("BookRoomsInput.contractId", Names::Contract),
    ("BookRoomsInput.guestName", Names::Words),
    ("BookRoomsInput.idempotencyKey", Names::Own(Own::Key)),
    ("BookRoomsInput.propertyId", Names::Property),
    ("BookRoomsInput.reference", Names::Own(Own::Reference)),
    ("CancelReservationInput.idempotencyKey", Names::Own(Own::Key)),
    ("CancelReservationInput.reason", Names::Words),
    ("CancelReservationInput.reservationId", Names::Reservation),
    ("ConfirmReservationInput.idempotencyKey", Names::Own(Own::Key)),
    ("ConfirmReservationInput.reservationId", Names::Reservation),
    ("CreateApiClientInput.label", Names::Words),
    ("CreateContractInput.code", Names::Own(Own::Code)),
    ("CreateContractInput.partnerCode", Names::Public),
    ("CreateContractInput.propertyId", Names::Property),
    ("CreateContractInput.roomTypeIds", Names::RoomType),
    ("CreatePropertyInput.code", Names::Own(Own::Code)),
    ("CreatePropertyInput.country", Names::Words),
    ("CreatePropertyInput.name", Names::Words),
    ("CreatePropertyInput.place", Names::Words),
    ("CreatePropertyInput.timeZone", Names::Words),
    ("CreateRoomTypeInput.code", Names::Own(Own::Code)),
    ("CreateRoomTypeInput.name", Names::Words),
    ("CreateRoomTypeInput.propertyId", Names::Property),
    ("ExtendHoldInput.idempotencyKey", Names::Own(Own::Key)),
    ("ExtendHoldInput.reservationId", Names::Reservation),
    ("LineInput.roomTypeId", Names::RoomType),
    ("PlaceHoldInput.contractId", Names::Contract),
    ("PlaceHoldInput.guestName", Names::Words),
    ("PlaceHoldInput.idempotencyKey", Names::Own(Own::Key)),
    ("PlaceHoldInput.propertyId", Names::Property),
    ("PlaceHoldInput.reference", Names::Own(Own::Reference)),
    ("PoolInput.contractId", Names::Contract),
    ("Property.attention(atLeast:)", Names::Cursor),
    ("Property.contracts(after:)", Names::Place),
    ("Property.history(before:)", Names::Place),
    ("Property.history(roomTypeId:)", Names::RoomType),
    ("Property.nightTotals(atLeast:)", Names::Cursor),
    ("Property.stockEvents(after:)", Names::Place),
    ("PropertyFilter.codes", Names::PropertyCode),
    ("PropertyFilter.search", Names::Search),
    ("Query.availability(atLeast:)", Names::Cursor),
    ("Query.availability(contractId:)", Names::Contract),
    ("Query.estimateCost(operationName:)", Names::Words),
    ("Query.estimateCost(query:)", Names::Words),
    ("Query.node(id:)", Names::Node),
    ("Query.properties(after:)", Names::Place),
    ("Query.property(code:)", Names::PropertyCode),
    ("Query.property(id:)", Names::Property),
    ("Query.reservation(id:)", Names::Reservation),
    ("Query.reservations(after:)", Names::Place),
    ("ReservationFilter.locator", Names::Locator),
    ("ReservationFilter.propertyId", Names::Property),
    ("ReservationFilter.reference", Names::ReferenceLookUp),
    ("RestrictionChangeInput.roomTypeId", Names::RoomType),
    ("RestrictionLevel.contractId", Names::Contract),
    ("RevokeApiClientInput.id", Names::ApiClient),
    ("RoomType.availabilityCalendar(atLeast:)", Names::Cursor),
    ("RoomType.availabilityCalendar(contractId:)", Names::Contract),
    ("RoomType.availableNights(atLeast:)", Names::Cursor),
    ("RoomType.availableNights(contractId:)", Names::Contract),
    ("RoomType.calendar(atLeast:)", Names::Cursor),
    ("RoomType.nights(atLeast:)", Names::Cursor),
    ("SetAllotmentsInput.changeSetId", Names::Own(Own::ChangeSet)),
    ("SetAllotmentsInput.idempotencyKey", Names::Own(Own::Key)),
    ("SetAllotmentsInput.propertyId", Names::Property),
    ("SetAllotmentsInput.reason", Names::Words),
    ("SetAllotmentsInput.reference", Names::Words),
    ("SetRestrictionsInput.changeSetId", Names::Own(Own::ChangeSet)),
    ("SetRestrictionsInput.idempotencyKey", Names::Own(Own::Key)),
    ("SetRestrictionsInput.propertyId", Names::Property),
    ("SetRestrictionsInput.reason", Names::Words),
    ("SetRestrictionsInput.reference", Names::Words),
    ("ShowPresenceInput.pageId", Names::Own(Own::Page)),
    ("ShowPresenceInput.propertyId", Names::Property),
    ("ShowPresenceInput.roomTypeIds", Names::RoomType),
    ("Subscription.presence(propertyId:)", Names::Property),
    ("Subscription.stockChanges(after:)", Names::Cursor),
    ("Subscription.stockChanges(propertyIds:)", Names::Property),
    ("Subscription.stockChanges(roomTypeIds:)", Names::RoomType),
    ("UndoChangeSetInput.asChangeSetId", Names::Own(Own::ChangeSet)),
    ("UndoChangeSetInput.changeSetId", Names::ChangeSetLookUp),
    ("UndoChangeSetInput.idempotencyKey", Names::Own(Own::Key)),
    ("UndoChangeSetInput.propertyId", Names::Property),
    ("UndoChangeSetInput.reason", Names::Words),
    ("UpdateContractInput.contractId", Names::Contract),
    ("UpdatePropertyInput.country", Names::Words),
    ("UpdatePropertyInput.name", Names::Words),
    ("UpdatePropertyInput.place", Names::Words),
    ("UpdatePropertyInput.propertyId", Names::Property),
    ("UpdateRoomTypeInput.name", Names::Words),
    ("UpdateRoomTypeInput.roomTypeId", Names::RoomType),
];

/// Numbers that are positions in a list.
pub const PLACES: [&str; 2] = ["after", "before"];

/// Every type with an opaque id that `node` returns.
pub const NODES: &[(&str, Names)] = &[
    ("Contract", Names::Contract),
    ("Property", Names::Property),
    ("Reservation", Names::Reservation),
    ("RoomType", Names::RoomType),
];

/// Names whose effect an API client cannot prove, with the reason.
pub const UNPROVEN: &[(&str, &str)] = &[
    ("ShowPresenceInput.propertyId", "only users have presence; presence.rs tests it"),
    ("ShowPresenceInput.roomTypeIds", "as above"),
    ("Subscription.presence(propertyId:)", "as above"),
];

/// The scope without which a field is `FORBIDDEN`; `None`: any token is accepted.
pub const SCOPES: &[(&str, Option<&str>)] = &[
    ("Mutation.adjustAllotments", Some("inventory:write")),
    ("Mutation.bookRooms", Some("reservations:write")),
    ("Mutation.cancelReservation", Some("reservations:write")),
    ("Mutation.confirmReservation", Some("reservations:write")),
    ("Mutation.createApiClient", Some("tenant:admin")),
    ("Mutation.createContract", Some("inventory:write")),
    ("Mutation.createProperty", Some("inventory:write")),
    ("Mutation.createRoomType", Some("inventory:write")),
    ("Mutation.extendHold", Some("reservations:write")),
    ("Mutation.placeHold", Some("reservations:write")),
    ("Mutation.revokeApiClient", Some("tenant:admin")),
    ("Mutation.setAllotments", Some("inventory:write")),
    ("Mutation.setRestrictions", Some("inventory:write")),
    ("Mutation.showPresence", Some("inventory:read")),
    ("Mutation.undoChangeSet", Some("inventory:write")),
    ("Mutation.updateContract", Some("inventory:write")),
    ("Mutation.updateProperty", Some("inventory:write")),
    ("Mutation.updateRoomType", Some("inventory:write")),
    ("Query.apiClients", Some("tenant:admin")),
    ("Query.availability", Some("inventory:read")),
    ("Query.estimateCost", None),
    ("Query.node", None),
    ("Query.properties", Some("inventory:read")),
    ("Query.property", Some("inventory:read")),
    ("Query.rateLimit", None),
    ("Query.reservation", Some("reservations:read")),
    ("Query.reservations", Some("reservations:read")),
    ("Query.viewer", None),
    ("Subscription.presence", Some("inventory:read")),
    ("Subscription.stockChanges", Some("inventory:read")),
];
