// The example operations, and the values that make them work for whoever is calling.
import all from 'examples';
import { store } from './store.js';
import { post } from './session.js';

const KNOWN = 'lodgate.known';
const WRITTEN = 'lodgate.written';

export const examples = all;

/// Those that a tenant of that kind has a use for; partners are whom the page is for.
export const examplesFor = (kind = 'PARTNER') =>
  examples.filter(({ audience }) => audience === 'everybody' || audience === `${kind.toLowerCase()}s`);

export const exampleOf = (query) => examples.find((example) => example.query === query?.trim());

/// What the placeholders of the examples stand for, kept with the tabs that they were written into.
export const known = store(kept(KNOWN));

function kept(key) {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? {};
  } catch {
    return {};
  }
}

function learn(values) {
  localStorage.setItem(KNOWN, JSON.stringify(values));
  known.set(values);
}

/// The variables of an example as text; what is not known yet stays a placeholder.
export function variablesOf(example) {
  const values = known.get();
  const fill = (text) => text.replace(/\{\{([^}]+)\}\}/g, (placeholder, name) => {
    const ahead = name.match(/^night\+(\d+)$/);
    return (ahead && values.day ? dayAfter(values.day, Number(ahead[1])) : values[name]) ?? placeholder;
  });
  const text = JSON.stringify(example.template, (_, value) => (typeof value === 'string' ? fill(value) : value), 2);
  localStorage.setItem(WRITTEN, JSON.stringify({ ...kept(WRITTEN), [example.name]: text }));
  return text;
}

/// The variables as they should read now, if the present ones are ours still; `null` to leave them alone.
export function refreshed(example, present) {
  const isOurs = present === '' || present === kept(WRITTEN)[example.name] || present.includes('{{');
  const text = isOurs ? variablesOf(example) : present;
  return text === present ? null : text;
}

function dayAfter(day, days) {
  const date = new Date(`${day}T12:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

const PLACES = `query Places {
  properties(first: 50) { nodes { id roomTypes { id } } }
}`;
const ROOMS = `query Rooms($ids: [ID!]!, $stay: StayInput!) {
  availability(where: { propertyIds: $ids }, stay: $stay, rooms: [{ adults: 2 }]) {
    property { id } contract { id } roomTypes { leftToSell roomType { id } }
  }
}`;

/// Finds a hotel, a room type and, for a partner, rooms that can be held, for the examples of this tenant.
export async function prepare({ tenant }) {
  const day = new Date().toISOString().slice(0, 10);
  const before = known.get();
  if (before.tenant === tenant.code && before.day === day) return;
  const places = (await post({ query: PLACES })).data?.properties.nodes ?? [];
  const first = places.find(({ roomTypes }) => roomTypes.length > 0);
  const found = { property: first?.id, roomType: first?.roomTypes[0].id };
  if (tenant.kind === 'PARTNER' && first) {
    const stay = { checkIn: dayAfter(day, 30), checkOut: dayAfter(day, 32) };
    const answer = await post({ query: ROOMS, variables: { ids: places.map(({ id }) => id), stay } });
    const rooms = (answer.data?.availability ?? []).flatMap(({ property, contract, roomTypes }) =>
      roomTypes.map(({ leftToSell, roomType }) => ({ leftToSell, property, contract, roomType })));
    const most = rooms.reduce((best, room) => (room.leftToSell > (best?.leftToSell ?? 0) ? room : best), null);
    if (most) Object.assign(found, { property: most.property.id, contract: most.contract.id, roomType: most.roomType.id });
  }
  const fresh = () => crypto.randomUUID();
  learn({ tenant: tenant.code, day, ...found, hold: fresh(), adjustment: fresh(), changeSet: fresh() });
}

/// A hold that was placed is the one to confirm and to cancel next.
export function heard({ data }) {
  const reservation = data?.placeHold?.reservation?.id;
  if (reservation && reservation !== known.get().reservation) learn({ ...known.get(), reservation });
}
