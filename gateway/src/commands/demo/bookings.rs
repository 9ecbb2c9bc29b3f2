//! The demo's reservations: the same every time but for the dates, which follow the day of the seeding.

use anyhow::Context;
use chrono::{Datelike, Days, NaiveDate, Weekday};
use futures_util::{StreamExt, stream};
use lodgate_entities::ids::TenantId;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use uuid::Uuid;

use super::seasons::is_weekend;
use super::{AT_ONCE, Stored, Tenants};
use crate::app::App;
use crate::inventory::command::{Claim, ClaimKind, LineRequest};
use crate::inventory::{Action, Actor, Command, Stay};
use crate::stock::{Submission, WriteError};

/// Arrivals lie so many days ahead on average; most are near.
const MEAN_DAYS_AHEAD: f64 = 28.0;
const FURTHEST: u64 = 360;
/// One reservation in so many is cancelled again.
const CANCELLED: usize = 25;

const FIRST_NAMES: [&str; 24] = [
    "Ana", "Bram", "Chiara", "David", "Elif", "Fergus", "Greta", "Hugo", "Ines", "Jonas", "Keiko", "Liam", "Marta",
    "Nils", "Olga", "Pedro", "Rosa", "Sven", "Tess", "Umar", "Vera", "Wen", "Yusuf", "Zofia",
];
const LAST_NAMES: [&str; 24] = [
    "Almeida", "Bakker", "Costa", "Dietrich", "Evans", "Ferreira", "Grant", "Hansen", "Ibrahim", "Jansen", "Kowalski",
    "Laurent", "Murray", "Novak", "Okafor", "Pereira", "Quinn", "Rossi", "Schmidt", "Tanaka", "Ueda", "Vasquez",
    "Watson", "Zhang",
];

/// Sells as partners would; gives the number of reservations made. Some find no room, as in life.
pub(super) async fn sell(app: &App, tenants: Tenants, hotels: &[Stored]) -> anyhow::Result<usize> {
    let mut random = StdRng::seed_from_u64(0x10D6_A7E5);
    let flagship = hotels.first().context("the demo has hotels")?;
    let mut wanted = vec![congress(&mut random, tenants, flagship)];
    for hotel in hotels {
        for number in 0..hotel.hotel.reservations {
            wanted.push(reservation(&mut random, tenants, hotel, number));
        }
    }
    // Those of the four hotels arrive mixed, as they would.
    let (congress, rest) = wanted.split_at_mut(1);
    rand::seq::SliceRandom::shuffle(rest, &mut random);
    let mut made = Vec::new();
    for submissions in [congress.to_vec(), rest.to_vec()] {
        let mut answers = stream::iter(submissions).map(|submission| book(app, submission)).buffered(AT_ONCE);
        while let Some(answer) = answers.next().await {
            made.extend(answer?);
        }
    }
    let cancelled: Vec<Submission> =
        made.iter().skip(CANCELLED).step_by(CANCELLED).cloned().map(cancellation).collect();
    super::submit_all(app, cancelled).await?;
    Ok(made.len())
}

/// Books; gives back what was booked, or nothing where the rules said no.
async fn book(app: &App, submission: Submission) -> anyhow::Result<Option<Submission>> {
    match app.writer.submit(submission.clone()).await {
        Ok(_) => Ok(Some(submission)),
        Err(WriteError::Refused(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn cancellation(made: Submission) -> Submission {
    let Action::Claim(claim) = made.command.action else { return made };
    let action = Action::Cancel { reservation: claim.id, lines: None };
    Submission { command: Command { reason: Some("guest changed plans".to_owned()), action, ..made.command }, ..made }
}

fn reservation(random: &mut StdRng, tenants: Tenants, hotel: &Stored, number: usize) -> Submission {
    let arrival = arrival(random, hotel);
    let nights =
        if is_weekend(arrival) { random.random_range(2..=3) } else { [1, 1, 2, 2, 3, 4, 7][random.random_range(0..7)] };
    let stay = Stay { check_in: arrival, check_out: arrival + Days::new(nights) };
    // Most take one room, some travel together.
    let rooms = [1, 1, 1, 1, 2, 2, 3][random.random_range(0..7)];
    let weights: Vec<i32> = hotel.rooms.iter().map(|(_, room)| room.rooms).collect();
    let mut pick = random.random_range(0..weights.iter().sum::<i32>());
    let chosen = weights.iter().position(|weight| {
        pick -= weight;
        pick < 0
    });
    let (room_type, room) = hotel.rooms[chosen.unwrap_or(0)];
    let lines = (0..rooms)
        .map(|_| {
            let adults = if room.adults > 1 && random.random_bool(0.8) { 2 } else { 1 };
            let free = usize::try_from(room.guests - adults).unwrap_or(0).min(2);
            let children = if free > 0 && room.guests > 2 { random.random_range(0..=free) } else { 0 };
            LineRequest {
                room_type,
                stay,
                adults,
                child_ages: (0..children).map(|_| random.random_range(2..=14)).collect(),
            }
        })
        .collect();
    let by_meridian = random.random_bool(0.65);
    claim(random, tenants, hotel, by_meridian, number, lines)
}

/// Near dates are fuller, and more people arrive on Fridays.
fn arrival(random: &mut StdRng, hotel: &Stored) -> NaiveDate {
    let uniform: f64 = random.random_range(1e-6..1.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive and small")]
    let ahead = (-uniform.ln() * MEAN_DAYS_AHEAD) as u64;
    let day = hotel.day(ahead.min(FURTHEST));
    if !is_weekend(day) && random.random_bool(0.35) {
        let to_friday = (11 - u64::from(day.weekday().num_days_from_monday())) % 7;
        day + Days::new(to_friday)
    } else {
        day
    }
}

/// A congress takes most rooms of the flagship for a week.
fn congress(random: &mut StdRng, tenants: Tenants, hotel: &Stored) -> Submission {
    let week = hotel.congress();
    debug_assert_eq!(week.from.weekday(), Weekday::Mon);
    let stay = Stay { check_in: week.from, check_out: week.through + Days::new(1) };
    let lines = hotel
        .rooms
        .iter()
        .flat_map(|(room_type, room)| {
            let line = LineRequest { room_type: *room_type, stay, adults: 1, child_ages: Vec::new() };
            std::iter::repeat_n(line, usize::try_from(room.rooms / 2).unwrap_or(0))
        })
        .collect();
    claim(random, tenants, hotel, true, 9_000, lines)
}

fn claim(
    random: &mut StdRng,
    tenants: Tenants,
    hotel: &Stored,
    by_meridian: bool,
    number: usize,
    lines: Vec<LineRequest>,
) -> Submission {
    let (partner, contract, label, prefix): (TenantId, _, _, _) = if by_meridian {
        (tenants.meridian, hotel.meridian, "Meridian Journeys booking engine", "MJ")
    } else {
        (tenants.bedbank, hotel.bedbank, "Bedbank Wholesale booking engine", "BB")
    };
    let first = FIRST_NAMES.choose(random).copied().unwrap_or("Ana");
    let last = LAST_NAMES.choose(random).copied().unwrap_or("Costa");
    let claim = Claim {
        id: Uuid::now_v7(),
        locator: locator(random),
        partner,
        contract: Some(contract),
        reference: format!("{prefix}-{}-{:05}", hotel.hotel.code, 10_000 + number * 7),
        guest_name: Some(format!("{first} {last}")),
        lines,
        kind: ClaimKind::Book,
    };
    let command = Command {
        actor: Actor { tenant: partner, label: label.to_owned() },
        reason: None,
        reference: None,
        change_set: None,
        action: Action::Claim(claim),
    };
    Submission { property: hotel.id, command, key: None }
}

/// Eight letters and digits that don't look alike.
fn locator(random: &mut StdRng) -> String {
    const LETTERS: &[u8; 31] = b"ABCDEFGHJKLMNPQRSTUVWXYZ2345678";
    (0..8).map(|_| char::from(LETTERS[random.random_range(0..LETTERS.len())])).collect()
}
