//! The planned sales of a room type per night, and stays that add up to them.

use chrono::{Datelike, Days, NaiveDate, Weekday};
use rand::Rng;
use rand::rngs::StdRng;

use super::hotels::Room;
use super::{BEHIND, Stored, allotments, seasons};

/// Nights ahead with any demand.
const AHEAD: usize = 365;
/// Nights ahead from which mostly groups have booked.
const GROUPS_FROM: usize = BEHIND as usize + 40;
/// Maximum rooms of the second partner from the shared pool.
const BEDBANK_SHARE: i32 = 3;

/// Demand of a night, in rooms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Want {
    /// Target.
    target: i32,
    /// Tolerance.
    slack: i32,
    /// Maximum.
    most: i32,
    /// Whether arrivals are allowed.
    has_arrivals: bool,
}

/// Rooms with the same stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Party {
    /// First night, counted from the hotel's first one.
    pub(super) arrival: usize,
    pub(super) nights: usize,
    pub(super) rooms: i32,
}

/// The demand of a room type.
pub(super) struct Guests {
    pub(super) of_meridian: Vec<Party>,
    pub(super) of_bedbank: Vec<Party>,
    /// Rooms in the congress reservation of the first partner.
    pub(super) of_congress: i32,
}

/// Random demand factor per night, in addition to season and weekday, in percent.
pub(super) fn demand_factors(random: &mut StdRng) -> Vec<i32> {
    let mut week = 0;
    let nights = 0..BEHIND as usize + AHEAD;
    nights
        .map(|night| {
            if night % 7 == 0 {
                week = random.random_range(-5..=5);
            }
            week + random.random_range(-2..=2)
        })
        .collect()
}

/// Plans a room type.
pub(super) fn guests(random: &mut StdRng, hotel: &Stored, room: &Room, demand_factors: &[i32]) -> Guests {
    let nights: Vec<(NaiveDate, Want)> = hotel
        .first_night()
        .iter_days()
        .zip(demand_factors)
        .enumerate()
        .map(|(night, (date, mood))| (date, shared(hotel, room, date, night, mood + random.random_range(-4..=4))))
        .collect();
    let wants: Vec<Want> = nights
        .iter()
        .map(|(date, want)| of_bedbank(hotel, *date, want, allotments::aside(hotel, room, *date)[1]))
        .collect();
    let mut sold = vec![0; wants.len()];
    let of_bedbank = parties(random, &wants, &mut sold);
    let wants: Vec<Want> = nights
        .iter()
        .zip(&sold)
        .map(|((date, want), sold)| {
            let [meridian, bedbank] = allotments::aside(hotel, room, *date);
            let more = if want.target > 0 { meridian } else { 0 } - (sold - bedbank).max(0);
            Want { target: want.target + more, most: want.most + more, ..*want }
        })
        .collect();
    let mut sold = vec![0; wants.len()];
    let mut of_congress = 0;
    if hotel.is_flagship() && is_for_congress(room) {
        let of_week = |date: &NaiveDate| (hotel.congress().from..=hotel.congress().through).contains(date);
        let week: Vec<usize> = (0..wants.len()).filter(|night| of_week(&nights[*night].0)).collect();
        of_congress = week.iter().map(|night| wants[*night].target / 3).min().unwrap_or(0);
        week.iter().for_each(|night| sold[*night] = of_congress);
    }
    Guests { of_meridian: parties(random, &wants, &mut sold), of_bedbank, of_congress }
}

/// Target of the shared pool per night.
fn shared(hotel: &Stored, room: &Room, date: NaiveDate, night: usize, mood: i32) -> Want {
    if date > hotel.loaded_through(room) {
        return Want::default();
    }
    let rooms = seasons::on_sale(hotel.hotel, room, date);
    if let Some(left) = left(hotel, room, date) {
        return Want { target: rooms - left, slack: 0, most: rooms - left, has_arrivals: true };
    }
    let is_near = night < GROUPS_FROM;
    // Only small hotels get low on ordinary weekends.
    let kept = if !hotel.is_flagship() && seasons::is_weekend(date) { 0 } else { (room.low_at() + 1).min(rooms) };
    let ahead = i32::try_from((date - hotel.today).num_days()).unwrap_or(0);
    let percent = (seasons::demand(hotel.hotel, room, date, ahead) + mood).clamp(3, 97);
    // Groups book large hotels; guests of small hotels book late.
    let percent = if is_near || hotel.is_flagship() { percent } else { percent * 7 / 10 };
    let target = ((rooms * percent + 50) / 100).min(rooms - kept);
    let slack = if is_near { rooms / 15 } else { rooms / 9 + i32::from(rooms >= 10) };
    // Groups arrive and depart on fixed weekdays.
    let has_arrivals = is_near || matches!(date.weekday(), Weekday::Mon | Weekday::Fri);
    Want { target, slack, most: rooms - kept, has_arrivals }
}

/// Rooms left on special nights of the flagship: the congress, a regatta in half a year, a full Saturday.
fn left(hotel: &Stored, room: &Room, date: NaiveDate) -> Option<i32> {
    if !hotel.is_flagship() {
        return None;
    }
    let congress = hotel.congress();
    let regatta = congress.from + Days::new(150);
    let is_full =
        (congress.from..=congress.through).contains(&date) || (regatta..=regatta + Days::new(2)).contains(&date);
    match room.code {
        _ if is_full => Some(if is_for_congress(room) { 0 } else { room.low_at() + 1 }),
        "DBL" if date == hotel.full_saturday() => Some(1),
        "DBLR" | "FAM" if date == hotel.full_saturday() => Some(room.low_at()),
        _ => None,
    }
}

fn is_for_congress(room: &Room) -> bool {
    room.adults <= 2 && room.guests <= 2
}

/// Target of the second partner, from its allotment or, without one, from the shared pool.
fn of_bedbank(hotel: &Stored, date: NaiveDate, shared: &Want, aside: i32) -> Want {
    if aside == 0 && hotel.is_flagship() {
        return Want::default();
    }
    if aside == 0 {
        let few = (shared.target / 5).min(BEDBANK_SHARE);
        return Want { target: few, most: few, slack: shared.slack.min(1), ..*shared };
    }
    let is_full = hotel.is_flagship() && (hotel.congress().from..=hotel.congress().through).contains(&date);
    let target = if is_full { aside } else { (aside * 100 * shared.target / shared.most.max(1) + 40) / 100 };
    let slack = if is_full { 0 } else { shared.slack.min(1) };
    Want { target: target.min(aside), most: aside, slack, ..*shared }
}

/// Stays that add up to the target minus the rooms sold, night by night.
fn parties(random: &mut StdRng, wants: &[Want], sold: &mut [i32]) -> Vec<Party> {
    const NEAR: ([i32; 12], [usize; 10]) = ([1, 1, 1, 1, 2, 2, 2, 3, 4, 6, 8, 12], [1, 1, 2, 2, 2, 3, 3, 3, 4, 5]);
    const FAR: ([i32; 12], [usize; 10]) = ([1, 2, 4, 5, 6, 8, 8, 10, 10, 12, 14, 18], [2, 2, 3, 3, 3, 4, 4, 4, 7, 7]);
    let mut parties = Vec::new();
    for arrival in 0..wants.len() {
        loop {
            let want = wants[arrival];
            let lacking = want.target - sold[arrival];
            if lacking <= want.slack || !want.has_arrivals {
                break;
            }
            let (sizes, lengths) = if arrival < GROUPS_FROM { NEAR } else { FAR };
            let rooms = sizes[random.random_range(0..sizes.len())].min(lacking);
            let longest = lengths[random.random_range(0..lengths.len())];
            let fits = |night: &usize| {
                let (want, sold) = (wants[*night], sold[*night] + rooms);
                sold <= want.most && sold <= want.target + want.slack
            };
            let nights = (arrival..wants.len().min(arrival + longest)).take_while(fits).count();
            if nights == 0 {
                break;
            }
            sold[arrival..arrival + nights].iter_mut().for_each(|sold| *sold += rooms);
            parties.push(Party { arrival, nights, rooms });
        }
    }
    parties
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn parties_come_to_what_is_wanted() {
        let exact = |rooms| Want { target: rooms, slack: 0, most: rooms, has_arrivals: true };
        let wants: Vec<Want> = (0..200).map(|night| exact([3, 17, 0, 8, 25, 25, 1][night % 7])).collect();
        let mut sold = vec![0; wants.len()];
        sold[4] = 20;
        let parties = parties(&mut StdRng::seed_from_u64(1), &wants, &mut sold);
        assert!(sold.iter().zip(&wants).all(|(sold, want)| *sold == want.target), "{sold:?}");
        let nights: i32 = parties.iter().map(|party| party.rooms * i32::try_from(party.nights).unwrap()).sum();
        assert_eq!(nights + 20, wants.iter().map(|want| want.target).sum::<i32>());
    }

    #[test]
    fn what_is_all_right_makes_fewer_and_larger_parties() {
        let loose = |night: usize| Want {
            target: [10, 11, 14, 18, 20, 9, 8][night % 7],
            slack: 3,
            most: 20,
            has_arrivals: true,
        };
        let wants: Vec<Want> = (0..210).map(loose).collect();
        let mut sold = vec![0; wants.len()];
        let found = parties(&mut StdRng::seed_from_u64(1), &wants, &mut sold);
        assert!(sold.iter().zip(&wants).all(|(sold, want)| (sold - want.target).abs() <= 3 && *sold <= 20));
        assert!(found.len() < 250, "{}", found.len());
    }
}
