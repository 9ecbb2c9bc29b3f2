// The example operations, and the values that make them work for the present tenant.
import all from 'examples';
import { store } from './store.js';
import { post } from './session.js';

const VALUES_KEY = 'lodgate.known';
const WRITTEN_KEY = 'lodgate.written';

export const examples = all;

/// The examples for one kind of tenant: `PARTNER`, `SUPPLIER` or `OPERATOR`.
export const examplesFor = (kind = 'PARTNER') =>
  examples.filter(({ audience }) => audience === 'everybody' || audience === `${kind.toLowerCase()}s`);

export const exampleOf = (query) => examples.find((example) => example.query === query?.trim());

/// Values of the placeholders, stored as long as the tabs that use them.
export const known = store(stored(VALUES_KEY));

function stored(key) {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? {};
  } catch {
    return {};
  }
}

function remember(values) {
  localStorage.setItem(VALUES_KEY, JSON.stringify(values));
  known.set(values);
}

/// The variables of an example as JSON text. A placeholder without a value stays.
export function variablesOf(example) {
  const values = known.get();
  const fill = (text) => text.replace(/\{\{([^}]+)\}\}/g, (placeholder, name) => {
    const ahead = name.match(/^night\+(\d+)$/);
    return (ahead && values.day ? dayAfter(values.day, Number(ahead[1])) : values[name]) ?? placeholder;
  });
  const text = JSON.stringify(example.template, (_, value) => (typeof value === 'string' ? fill(value) : value), 2);
  localStorage.setItem(WRITTEN_KEY, JSON.stringify({ ...stored(WRITTEN_KEY), [example.name]: text }));
  return text;
}

/// The variables with the present values; `null` when they are up to date or the user has edited them.
export function refreshed(example, present) {
  const isUnedited = present === '' || present === stored(WRITTEN_KEY)[example.name] || present.includes('{{');
  const text = isUnedited ? variablesOf(example) : present;
  return text === present ? null : text;
}

function dayAfter(day, days) {
  const date = new Date(`${day}T12:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

const PROPERTIES = `query Properties {
  properties(first: 50) { nodes { id roomTypes { id } } }
}`;
const AVAILABILITY = `query Availability($ids: [ID!]!, $stay: StayInput!) {
  availability(where: { propertyIds: $ids }, stay: $stay, rooms: [{ adults: 2 }]) {
    property { id } contract { id } roomTypes { leftToSell roomType { id } }
  }
}`;

/// Finds the values for a tenant's examples: a property, a room type and, for a partner, rooms that can be held.
export async function prepare({ tenant }) {
  const day = new Date().toISOString().slice(0, 10);
  const before = known.get();
  if (before.tenant === tenant.code && before.day === day) return;
  const properties = (await post({ query: PROPERTIES })).data?.properties.nodes ?? [];
  const first = properties.find(({ roomTypes }) => roomTypes.length > 0);
  const found = { property: first?.id, roomType: first?.roomTypes[0].id };
  if (tenant.kind === 'PARTNER' && first) {
    const stay = { checkIn: dayAfter(day, 30), checkOut: dayAfter(day, 32) };
    const answer = await post({ query: AVAILABILITY, variables: { ids: properties.map(({ id }) => id), stay } });
    const rooms = (answer.data?.availability ?? []).flatMap(({ property, contract, roomTypes }) =>
      roomTypes.map(({ leftToSell, roomType }) => ({ leftToSell, property, contract, roomType })));
    const most = rooms.reduce((best, room) => (room.leftToSell > (best?.leftToSell ?? 0) ? room : best), null);
    if (most) Object.assign(found, { property: most.property.id, contract: most.contract.id, roomType: most.roomType.id });
  }
  const fresh = () => crypto.randomUUID();
  remember({ tenant: tenant.code, day, ...found, hold: fresh(), adjustment: fresh(), changeSet: fresh() });
}

/// Remembers a placed hold, so that the next examples confirm and cancel it.
export function rememberHold({ data }) {
  const reservation = data?.placeHold?.reservation?.id;
  if (reservation && reservation !== known.get().reservation) remember({ ...known.get(), reservation });
}
