//! Two nodes on one database never sell more rooms than there are, with many partners booking at the same time.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use futures_util::future::join_all;
use lodgate_e2e::{
    Backend, Gateway,
    stories::{Partner, Property, Supplier, night, numbers, stay},
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use uuid::Uuid;

const CLIENTS: usize = 64;
const ATTEMPTS: usize = 6;
const PARTNERS: [&str; 4] = ["beta", "gamma", "delta", "epsilon"];

/// Two nodes with a Redis, and partners that use both nodes.
struct Fixture {
    nodes: [Gateway; 2],
    _backend: Backend,
    alpha: Supplier,
    partners: Vec<Partner>,
}

impl Fixture {
    async fn new() -> Self {
        let backend = Backend::postgres_and_redis().await;
        let node = || backend.gateway().start();
        let nodes = [node().await, node().await];
        let alpha = nodes[0].supplier("alpha").await;
        let mut partners = Vec::new();
        for code in PARTNERS {
            partners.push(nodes[0].partner(code).await);
        }
        Self { nodes, _backend: backend, alpha, partners }
    }

    /// Runs 64 clients that alternate between the nodes. `request` chooses check-in, check-out and rooms of each call.
    async fn race(&self, property: &Property, request: impl Fn(&mut StdRng) -> (NaiveDate, NaiveDate, usize)) -> Race {
        let request = &request;
        let clients = (0..CLIENTS).map(|number| async move {
            let mut random = StdRng::seed_from_u64(u64::try_from(number).unwrap_or_default());
            let partner = &self.partners[number % self.partners.len()];
            let mut own = Race::default();
            for attempt in 0..ATTEMPTS {
                let caller = partner.at(&self.nodes[(number + attempt) % 2]);
                let (check_in, check_out, rooms) = request(&mut random);
                let input = caller.claim(property, "DBL", (check_in, check_out), rooms, &Uuid::new_v4().to_string());
                let is_hold = random.random_bool(0.3);
                let outcome = if is_hold { caller.hold_as(&input).await } else { caller.book_as(&input).await };
                match outcome.into_result() {
                    Ok(_) => own.accepted.push((partner.code.clone(), check_in, check_out, rooms)),
                    Err(errors) => own.refusals.extend(errors),
                }
            }
            own
        });
        let mut all = Race::default();
        for own in join_all(clients).await {
            all.accepted.extend(own.accepted);
            all.refusals.extend(own.refusals);
        }
        all
    }

    /// Rooms held and sold in all pools by night, from the primary.
    async fn taken(&self, property: &Property, nights: (NaiveDate, NaiveDate)) -> Vec<i64> {
        let mut sums = vec![0; nights.0.iter_days().take_while(|date| *date <= nights.1).count()];
        for pool in [None].into_iter().chain(property.contracts.keys().map(|partner| Some(partner.as_str()))) {
            let cells = self.alpha.calendar(property, "DBL", nights, pool, None).await;
            let pairs = numbers(&cells["held"]).into_iter().zip(numbers(&cells["sold"]));
            for (sum, (held, sold)) in sums.iter_mut().zip(pairs) {
                *sum += held + sold;
            }
        }
        sums
    }

    async fn is_sound(&self) {
        let audit = self.nodes[1].audit().await;
        assert_eq!(audit.drift, 0, "{}", audit.text);
    }
}

/// The results of all calls.
#[derive(Default)]
struct Race {
    /// Partner, check-in, check-out, rooms.
    accepted: Vec<(String, NaiveDate, NaiveDate, usize)>,
    refusals: Vec<Value>,
}

impl Race {
    /// Accepted rooms by night.
    fn taken(&self, nights: (NaiveDate, NaiveDate)) -> Vec<i64> {
        self.taken_by(nights, |_| true)
    }

    fn taken_by(&self, nights: (NaiveDate, NaiveDate), who: impl Fn(&str) -> bool) -> Vec<i64> {
        let mut sums: BTreeMap<NaiveDate, i64> =
            nights.0.iter_days().take_while(|date| *date <= nights.1).map(|date| (date, 0)).collect();
        for (_, check_in, check_out, rooms) in self.accepted.iter().filter(|(partner, ..)| who(partner)) {
            for date in check_in.iter_days().take_while(|date| date < check_out) {
                *sums.get_mut(&date).expect("an offered night") += i64::try_from(*rooms).unwrap_or_default();
            }
        }
        sums.into_values().collect()
    }

    /// Asserts that every refusal names an offered night and has this rule and value.
    fn refusals_name(&self, nights: (NaiveDate, NaiveDate), rule: &str, value: Option<i64>) {
        assert!(!self.refusals.is_empty(), "no call was refused");
        for refusal in &self.refusals {
            let date: Option<NaiveDate> = refusal["date"].as_str().and_then(|text| text.parse().ok());
            let named = (&refusal["code"], &refusal["rule"], &refusal["roomType"]["code"]);
            assert_eq!(named, (&json!("REFUSED"), &json!(rule), &json!("DBL")), "{refusal}");
            assert!(date.is_some_and(|date| (nights.0..=nights.1).contains(&date)), "{refusal}");
            assert_eq!(refusal["value"].as_i64(), value, "{refusal}");
        }
    }
}

#[tokio::test]
async fn the_last_rooms_are_sold_once() {
    let fixture = Fixture::new().await;
    let nights = (night(1), night(30));
    let property = PARTNERS
        .iter()
        .fold(fixture.alpha.property("Seaview").nights(nights.0, nights.1).rooms("DBL", 8), |property, code| {
            property.opened_to(code)
        });
    let property = property.create().await;

    let spread = |random: &mut StdRng| {
        let (from, length) = (random.random_range(1..=27), random.random_range(1..=3));
        (night(from), night(from + length), random.random_range(1..=2))
    };
    let race = fixture.race(&property, spread).await;

    let taken = fixture.taken(&property, nights).await;
    assert_eq!(taken, race.taken(nights), "the accepted rooms are held or sold");
    assert!(taken.iter().all(|rooms| *rooms <= 8), "{taken:?}");
    race.refusals_name(nights, "SOLD_OUT", None);
    fixture.is_sound().await;
}

#[tokio::test]
async fn a_night_in_demand_is_sold_to_the_last_room() {
    let fixture = Fixture::new().await;
    let nights = (night(5), night(6));
    let property = PARTNERS
        .iter()
        .fold(fixture.alpha.property("Seaview").nights(night(1), night(30)).rooms("DBL", 70), |property, code| {
            property.opened_to(code)
        });
    let property = property.create().await;

    let race = fixture.race(&property, |_| (night(5), night(7), 1)).await;

    assert_eq!(fixture.taken(&property, nights).await, [70, 70]);
    assert_eq!(race.taken(nights), [70, 70]);
    assert_eq!(race.accepted.len(), 70);
    race.refusals_name(nights, "SOLD_OUT", None);
    fixture.is_sound().await;
}

#[tokio::test]
async fn no_partner_draws_above_its_cap() {
    let fixture = Fixture::new().await;
    let nights = (night(5), night(6));
    let property = PARTNERS
        .iter()
        .fold(fixture.alpha.property("Seaview").nights(night(1), night(30)).rooms("DBL", 500), |property, code| {
            property.capped_to(code, 7)
        });
    let property = property.create().await;
    for code in PARTNERS {
        fixture.alpha.own_rooms(&property, "DBL", code, nights, 4).await.accepted();
    }

    let race = fixture.race(&property, |_| (night(5), night(7), 1)).await;

    for code in PARTNERS {
        assert_eq!(
            race.taken_by(nights, |who| who == code),
            [11, 11],
            "{code}: 4 of its contract and 7 of the shared pool"
        );
    }
    let shared = fixture.alpha.calendar(&property, "DBL", nights, None, None).await;
    let drawn: Vec<i64> =
        numbers(&shared["held"]).into_iter().zip(numbers(&shared["sold"])).map(|(held, sold)| held + sold).collect();
    assert_eq!(drawn, [28, 28]);
    race.refusals_name(nights, "POOL_CAP", Some(7));
    fixture.is_sound().await;
}

#[tokio::test]
async fn no_night_sells_above_its_sell_limit() {
    let fixture = Fixture::new().await;
    let nights = (night(5), night(6));
    let property = PARTNERS
        .iter()
        .fold(fixture.alpha.property("Seaview").nights(night(1), night(30)).rooms("DBL", 500), |property, code| {
            property.opened_to(code)
        });
    let property = property.create().await;
    fixture.alpha.own_rooms(&property, "DBL", "beta", nights, 3).await.accepted();
    fixture.alpha.restrict(&property, "DBL", nights, &json!({ "sellLimit": 33 })).await.accepted();

    let race = fixture.race(&property, |_| (night(5), night(7), 1)).await;

    assert_eq!(fixture.taken(&property, nights).await, [33, 33]);
    assert_eq!(race.taken(nights), [33, 33]);
    race.refusals_name(nights, "SELL_LIMIT", Some(33));
    fixture.is_sound().await;
}

#[tokio::test]
async fn a_key_sent_to_both_nodes_at_once_takes_effect_once() {
    let fixture = Fixture::new().await;
    let property = fixture
        .alpha
        .property("Seaview")
        .nights(night(1), night(30))
        .rooms("DBL", 500)
        .opened_to("beta")
        .create()
        .await;
    let beta = &fixture.partners[0];

    let mut locators = HashMap::new();
    for number in 0..20 {
        let key = format!("key-{number}");
        let calls = (0..8).map(|call| {
            let (caller, key) = (beta.at(&fixture.nodes[call % 2]), key.clone());
            let property = &property;
            async move { caller.book_with_key(property, "DBL", stay(3, 1), &key).await.accepted() }
        });
        let answers = join_all(calls).await;
        let first = answers.iter().filter(|answer| answer["replayed"] == json!(false)).count();
        assert_eq!(first, 1, "one call took effect, the others replay it: {answers:?}");
        let same = answers.windows(2).all(|pair| pair[0]["reservation"] == pair[1]["reservation"]);
        assert!(same, "{answers:?}");
        let locator = answers[0]["reservation"]["locator"].as_str().expect("a locator").to_owned();
        assert_eq!(locators.insert(locator, key), None, "every key has its own reservation");
    }

    assert_eq!(fixture.alpha.sold(&property, "DBL", (night(3), night(3))).await, [20]);
    fixture.is_sound().await;
}
