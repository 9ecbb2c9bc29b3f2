//! What every argument names: the one table to extend when the schema grows. The test compares it with the schema
//! and names what it lacks.

/// What a value is a name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Names {
    /// Whatever has an opaque id.
    Node,
    Property,
    RoomType,
    Contract,
    Reservation,
    ApiClient,
    /// A supplier's code of a property, by which it is looked up.
    PropertyCode,
    /// A part of a property's name.
    Search,
    Locator,
    /// A partner's own reference, by which reservations are looked up.
    ReferenceLookUp,
    /// The gestures of a property.
    ChangeSetLookUp,
    /// A signed cursor of a tenant's stream.
    Cursor,
    /// Once only, of whoever calls: an idempotency key, a partner's reference, a change set of one's own, a page. Another
    /// tenant's is as good as any.
    Own(Own),
    /// A place in a list of one's own; from wherever it comes, only one's own follows it.
    Place,
    /// For everybody to name: partners by the suppliers who contract them.
    Public,
    /// No name of anything: a title, a reason, a time zone.
    Words,
}

/// The names that a caller makes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Own {
    Key,
    Reference,
    ChangeSet,
    Page,
    /// Of a new property, room type or contract.
    Code,
}

impl Names {
    /// Whether another tenant's must be answered exactly as one that does not exist.
    pub fn is_reference(self) -> bool {
        !matches!(self, Self::Own(_) | Self::Place | Self::Public | Self::Words)
    }
}

/// By coordinate: every argument and input field that takes an id, a cursor, a UUID or a text, and the numbers that are
/// places in a list.
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

/// Numbers that are places in a list.
pub const PLACES: [&str; 2] = ["after", "before"];

/// Every type with an opaque id that `node` gives.
pub const NODES: &[(&str, Names)] = &[
    ("Contract", Names::Contract),
    ("Property", Names::Property),
    ("Reservation", Names::Reservation),
    ("RoomType", Names::RoomType),
];

/// References that no machine can prove to be taken, and why.
pub const UNPROVEN: &[(&str, &str)] = &[
    ("ShowPresenceInput.propertyId", "presence is among people: the test of presence.rs has some"),
    ("ShowPresenceInput.roomTypeIds", "as above"),
    ("Subscription.presence(propertyId:)", "as above"),
];

/// The scope without which a field is `FORBIDDEN`; `None`: any token will do.
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
