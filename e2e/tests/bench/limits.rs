//! The latency of a tenant beside another tenant that is far above its plan; `cargo xtask bench limits` runs it. It
//! asserts nothing about the figures.
//!
//! Two nodes, one database, one Redis. The neighbour sends at a modest rate and is measured, alternately: alone, beside
//! the loud tenant, and beside the same number of requests for a fixed response, which shows the effect of the computer
//! alone. The turns are short and many, so that other load of the computer affects all of them alike.

use std::{
    ops::AddAssign,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use lodgate_e2e::{
    Backend, Gateway, TenantKind,
    load::{Answered, OpenLoop, PreparedRequest},
    process,
    stories::{Property, night},
};
use serde_json::{Value, json};

/// Requests per second of the loud tenant's plan, of either kind of operation.
const GRANTED: f64 = 40.0;
/// Requests per second of the neighbour, of each kind and at each node.
const ASKED: f64 = 25.0;
/// Concurrent requests per node, of the neighbour and of the loud tenant.
const CALLERS: usize = 4;
const LOUD_CALLERS: usize = 8;
const TURN: Duration = Duration::from_secs(3);
/// The time in which the loud tenant spends its burst, before the neighbour is measured.
const LEAD: Duration = Duration::from_secs(1);
/// The time in which the loud tenant's budget of one second is full again.
const REST: Duration = Duration::from_millis(1_200);
const ROUNDS: usize = 10;
const HOTELS: usize = 20;

const SEARCH: &str = "query($properties: [ID!]!, $in: Date!, $out: Date!) {
    availability(where: { propertyIds: $properties }, stay: { checkIn: $in, checkOut: $out }, rooms: [{ adults: 2 }]) {
        bookable property { code name } roomTypes { leftToSell roomType { code } blocked { date rule } } asOfSeq source } }";
const BOOKINGS: &str = "{ reservations(first: 20) { edges { node { locator status } } } }";
const CHEAP: &str = "{ __typename }";

/// The load beside the neighbour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beside {
    Nobody,
    FixedBytes,
    /// Refused by the request rate.
    Cheap,
    /// Refused by points.
    Expensive,
}

/// The load beside the neighbour, and its rate as a multiple of the plan.
const TURNS: [(Beside, f64); 8] = [
    (Beside::Nobody, 0.0),
    (Beside::Expensive, 1.0),
    (Beside::FixedBytes, 10.0),
    (Beside::Cheap, 10.0),
    (Beside::Expensive, 10.0),
    (Beside::FixedBytes, 25.0),
    (Beside::Cheap, 25.0),
    (Beside::Expensive, 25.0),
];

fn name((beside, times): (Beside, f64)) -> String {
    match beside {
        Beside::Nobody => "alone".to_owned(),
        Beside::FixedBytes => format!("{times:>2} x, fixed bytes"),
        Beside::Cheap => format!("{times:>2} x its plan, cheap operations"),
        Beside::Expensive => format!("{times:>2} x its plan, expensive operations"),
    }
}

/// Two nodes, and the requests for each.
struct Fixture {
    nodes: [Gateway; 2],
    searches: [PreparedRequest; 2],
    bookings: [PreparedRequest; 2],
    fixed: [PreparedRequest; 2],
    cheap: [PreparedRequest; 2],
    expensive: [PreparedRequest; 2],
    price: String,
    _backend: Backend,
}

/// The measurements of one kind of turn.
#[derive(Default)]
struct Measured {
    searches: Vec<Duration>,
    bookings: Vec<Duration>,
    loud: Vec<Duration>,
    granted: u32,
    refused: u32,
    time: Duration,
    turns: u32,
    /// Processor time of both nodes.
    processor: Duration,
}

fn search(properties: &[Property], nights: u64) -> Value {
    let ids: Vec<&str> = properties.iter().map(|property| property.id.as_str()).collect();
    json!({ "query": SEARCH, "variables": { "properties": ids, "in": night(10), "out": night(10 + nights) } })
}

impl Fixture {
    async fn new() -> Result<Self> {
        let backend = Backend::postgres_and_redis().await;
        let builder = || backend.gateway();
        let first = builder().start().await;
        let (alpha, omega) = (first.supplier("alpha").await, first.partner("omega").await);
        let mut properties = Vec::new();
        for number in 0..HOTELS {
            let new = alpha.property(&format!("Property {number}")).nights(night(0), night(90)).rooms("DBL", 50);
            properties.push(new.rooms("SGL", 20).rooms("STE", 5).opened_to("omega").opened_to("beta").create().await);
        }
        for number in 0..40 {
            omega.book(&properties[number % HOTELS], "DBL", (night(5), night(7))).await.accepted();
        }
        // The plan has enough points for `GRANTED` expensive operations per second.
        let expensive = search(&properties, 30);
        let token = first.token("beta", TenantKind::Partner, TenantKind::Partner.scopes(), "unmetered").await;
        let (status, answer) = PreparedRequest::operation(first.base_url(), &token, &expensive).send()?;
        let answer: Value = serde_json::from_str(&answer)?;
        ensure!(status == 200 && answer["errors"].is_null(), "{status}: {answer}");
        let cost = &answer["extensions"]["cost"];
        let (requested, actual) =
            (cost["requested"].as_f64().context("points")?, cost["actual"].as_f64().context("points")?);
        let price = format!("an expensive operation: {requested} points requested, {actual} used");
        drop(first);

        let points = actual * GRANTED;
        let node = || {
            let builder = builder().env("PLAN_STARTER", "1000,1000").env("PLAN_STARTER_READS", "1000000,1000000");
            let builder = builder.env("PLAN_STANDARD", &format!("{GRANTED},{GRANTED}"));
            let builder = builder.env("PLAN_PREMIUM", "100000,100000");
            builder.env("PLAN_PREMIUM_READS", &format!("{points},{}", points.max(requested))).start()
        };
        let nodes = [node().await, node().await];
        let token =
            async |tenant, plan| nodes[0].token(tenant, TenantKind::Partner, TenantKind::Partner.scopes(), plan).await;
        let (omega, cheap, expensive_token) =
            (token("omega", "starter").await, token("beta", "standard").await, token("beta", "premium").await);
        let each = |shot: &dyn Fn(&str) -> PreparedRequest| [0, 1].map(|node: usize| shot(nodes[node].base_url()));
        let near = search(&properties[..10], 3);
        let fixture = Self {
            searches: each(&|url| PreparedRequest::operation(url, &omega, &near)),
            bookings: each(&|url| PreparedRequest::operation(url, &omega, &json!({ "query": BOOKINGS }))),
            fixed: each(&|url| PreparedRequest::get(url, "/livez")),
            cheap: each(&|url| PreparedRequest::operation(url, &cheap, &json!({ "query": CHEAP }))),
            expensive: each(&|url| PreparedRequest::operation(url, &expensive_token, &expensive)),
            nodes,
            price,
            _backend: backend,
        };
        for shot in fixture.searches.iter().chain(&fixture.bookings).chain(&fixture.fixed).chain(&fixture.expensive) {
            let (status, answer) = shot.send()?;
            ensure!(status == 200 && !answer.contains("\"errors\""), "{status}: {answer}");
        }
        Ok(fixture)
    }

    /// Measures one turn.
    fn measure(&self, (beside, times): (Beside, f64), into: &mut Measured) -> Result<()> {
        let processor = self.processor();
        let begun = Instant::now();
        let shots = match beside {
            Beside::Nobody => None,
            Beside::FixedBytes => Some(&self.fixed),
            Beside::Cheap => Some(&self.cheap),
            Beside::Expensive => Some(&self.expensive),
        };
        let hammer = |shots: &[PreparedRequest; 2]| {
            [0, 1].map(|node: usize| OpenLoop::start(&shots[node], GRANTED * times / 2.0, LOUD_CALLERS))
        };
        let loud = shots.map(hammer);
        std::thread::sleep(LEAD);
        let ask =
            |shots: &[PreparedRequest; 2]| [0, 1].map(|node: usize| OpenLoop::start(&shots[node], ASKED, CALLERS));
        let (searches, bookings) = (ask(&self.searches), ask(&self.bookings));
        std::thread::sleep(TURN);
        let answered = |asked: [OpenLoop; 2]| -> Result<Vec<Answered>> {
            let [one, other] = asked;
            Ok([one.stop()?, other.stop()?].concat())
        };
        let loud = loud.map_or(Ok(Vec::new()), answered)?;
        into.time += begun.elapsed();
        let (searches, bookings) = (answered(searches)?, answered(bookings)?);
        into.processor += self.processor().saturating_sub(processor);
        into.turns += 1;
        for (asked, latencies) in [(searches, &mut into.searches), (bookings, &mut into.bookings)] {
            ensure!(asked.iter().all(|one| one.status == 200), "the neighbour was refused");
            latencies.extend(asked.iter().map(|one| one.latency));
        }
        for one in loud {
            into.loud.push(one.latency);
            match one.status {
                200 => into.granted.add_assign(1),
                429 => into.refused.add_assign(1),
                other => anyhow::bail!("the loud tenant got status {other}"),
            }
        }
        Ok(())
    }

    fn processor(&self) -> Duration {
        self.nodes.iter().filter_map(|node| process::processor_time(node.pid()?)).sum()
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures; `cargo xtask bench limits` runs it"]
async fn latency_beside_a_tenant_above_its_plan() -> Result<()> {
    let fixture = Fixture::new().await?;
    let rounds = std::env::var_os("LODGATE_ROUNDS").and_then(|text| text.to_str()?.parse().ok()).unwrap_or(ROUNDS);
    let mut measured: [Measured; TURNS.len()] = Default::default();
    for round in 0..rounds {
        for turn in 0..TURNS.len() {
            // The order changes from round to round.
            let turn = (turn * 3 + round) % TURNS.len();
            tokio::task::block_in_place(|| fixture.measure(TURNS[turn], &mut measured[turn]))?;
            std::thread::sleep(REST);
        }
    }
    println!("\n{}\n{}", fixture.price, table(&mut measured));
    Ok(())
}

fn table(measured: &mut [Measured; TURNS.len()]) -> String {
    let mut lines = Vec::new();
    for one in measured.iter_mut() {
        for latencies in [&mut one.searches, &mut one.bookings, &mut one.loud] {
            latencies.sort_unstable();
        }
    }
    let alone = &measured[0];
    let idle = alone.processor.as_secs_f64() / alone.time.as_secs_f64();
    for (what, of) in [
        ("searches, from the cache", (|one| &one.searches) as fn(&Measured) -> &Vec<Duration>),
        ("reservations, from the database", |one| &one.bookings),
    ] {
        lines.push(format!(
            "\n{:<36}{:>8}{:>9}{:>9}{:>9}{:>22}",
            format!("the neighbour's {what}"),
            "asked",
            "p50",
            "p90",
            "p99",
            "times alone"
        ));
        for (turn, one) in TURNS.iter().zip(measured.iter()) {
            let times = [50, 90, 99].map(|percent| ms(of(one), percent) / ms(of(alone), percent));
            lines.push(format!(
                "{:<36}{:>8}{:>9.2}{:>9.2}{:>9.2}{:>8.2}{:>7.2}{:>7.2}",
                name(*turn),
                of(one).len(),
                ms(of(one), 50),
                ms(of(one), 90),
                ms(of(one), 99),
                times[0],
                times[1],
                times[2],
            ));
        }
    }
    lines.push(format!(
        "\n{:<36}{:>8}{:>9}{:>9}{:>9}{:>9}{:>16}",
        "the loud tenant", "granted", "refused", "of plan", "p50", "p99", "us of processor"
    ));
    for (turn, one) in TURNS.iter().zip(measured.iter()).skip(1) {
        // One second's worth at the beginning of each turn, and the rate afterwards.
        let plan = GRANTED * (f64::from(one.turns) + one.time.as_secs_f64());
        let part = if turn.0 == Beside::FixedBytes {
            "—".to_owned()
        } else {
            format!("{:.1} %", f64::from(one.granted) / plan * 100.0)
        };
        let processor =
            (one.processor.as_secs_f64() - idle * one.time.as_secs_f64()) * 1e6 / f64::from(one.granted + one.refused);
        lines.push(format!(
            "{:<36}{:>8}{:>9}{part:>9}{:>9.2}{:>9.2}{processor:>16.0}",
            name(*turn),
            one.granted,
            one.refused,
            ms(&one.loud, 50),
            ms(&one.loud, 99),
        ));
    }
    lines.join("\n")
}

/// A quantile, in milliseconds.
fn ms(sorted: &[Duration], percent: usize) -> f64 {
    let place = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(place).map_or(f64::NAN, |latency| latency.as_secs_f64() * 1e3)
}
