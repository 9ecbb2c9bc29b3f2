//! The GraphQL documents of the helpers.
#![expect(missing_docs, reason = "each is named after its root field")]

pub const CREATE_PROPERTY: &str = "mutation($input: CreatePropertyInput!) {
  createProperty(input: $input) { property { id } userErrors { code message field } } }";
pub const CREATE_ROOM_TYPE: &str = "mutation($input: CreateRoomTypeInput!) {
  createRoomType(input: $input) { roomType { id } userErrors { code message field } } }";
pub const CREATE_CONTRACT: &str = "mutation($input: CreateContractInput!) {
  createContract(input: $input) { contract { id } userErrors { code message field } } }";
pub const SET_ALLOTMENTS: &str = "mutation($input: SetAllotmentsInput!) {
  setAllotments(input: $input) {
    event { seq } changedCells cursor replayed userErrors { code message field date rule value current } } }";
pub const SET_RESTRICTIONS: &str = "mutation($input: SetRestrictionsInput!) {
  setRestrictions(input: $input) {
    event { seq } changedCells cursor replayed userErrors { code message field date rule value current } } }";
pub const UNDO: &str = "mutation($input: UndoChangeSetInput!) {
  undoChangeSet(input: $input) {
    event { seq cause } changedCells cursor replayed userErrors { code message field date rule value current } } }";
pub const BOOK: &str = "mutation($input: BookRoomsInput!) {
  bookRooms(input: $input) {
    reservation { id locator status } cursor replayed
    userErrors { code message field date rule value roomType { code } } } }";
pub const HOLD: &str = "mutation($input: PlaceHoldInput!) {
  placeHold(input: $input) {
    reservation { id locator status expiresAt } cursor replayed
    userErrors { code message field date rule value roomType { code } } } }";
pub const CONFIRM: &str = "mutation($input: ConfirmReservationInput!) {
  confirmReservation(input: $input) { reservation { id status } cursor replayed userErrors { code message field } } }";
pub const CANCEL: &str = "mutation($input: CancelReservationInput!) {
  cancelReservation(input: $input) { reservation { id status } cursor replayed userErrors { code message field } } }";
pub const CALENDAR: &str = "query($id: ID!, $from: Date!, $through: Date!, $pool: PoolInput, $atLeast: Cursor) {
  node(id: $id) { ... on RoomType {
    calendar(from: $from, through: $through, pool: $pool, atLeast: $atLeast) {
      allotted held sold leftToSell sellLimit stopSell asOfSeq source } } } }";
pub const STOCK_SEQ: &str = "query($id: ID!) { property(id: $id) { stockSeq } }";
pub const LEFT: &str = "query($id: ID!, $from: Date!, $through: Date!, $contract: ID) {
  node(id: $id) { ... on RoomType {
    availabilityCalendar(from: $from, through: $through, contractId: $contract) { leftToSell asOfSeq source } } } }";
pub const RESERVATIONS: &str = "query($reference: String!) {
  reservations(filter: { reference: $reference }) { edges { node { id locator status } } } }";
/// The cursor of a snapshot may be null and that of a change may not, so one of them needs an alias.
pub const WATCH: &str = "subscription($properties: [ID!], $after: Cursor, $snapshot: Boolean!) {
  stockChanges(propertyIds: $properties, after: $after, snapshot: $snapshot) {
    __typename
    ... on StockSnapshot { property { id } seq isLast stateCursor: cursor cells { ...Cell } }
    ... on StockChange { property { id } seq previousSeq coalesced cursor cells { ...Cell } rangeChanged { from through } }
    ... on StructureChange { property { id } seq previousSeq cursor }
    ... on StockCheckpoint { cursor }
    ... on Resync { reason } } }
fragment Cell on StockCell { roomTypeCode date contractId allotted held sold leftToSell }";
