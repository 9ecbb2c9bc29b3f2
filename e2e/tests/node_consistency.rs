//! Consistency of two nodes on one database: a node shows the writes of the other node.

use std::time::Duration;

use futures_util::future::join_all;
use lodgate_e2e::{
    Backend, Gateway, TIMEOUT, on_backends,
    stories::{Feed, Mirror, Property, Supplier, night, numbers, stay},
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::json;
use tokio::{
    sync::oneshot,
    time::{Instant, timeout},
};
use uuid::Uuid;

/// A node shows the writes of another node after at most this time.
const LAG: Duration = Duration::from_secs(5);

struct Fixture {
    one: Gateway,
    two: Gateway,
    backend: Backend,
    alpha: Supplier,
}

impl Fixture {
    async fn on(backend: Backend) -> Self {
        let node = || backend.gateway().start();
        let (one, two) = (node().await, node().await);
        let alpha = one.supplier("alpha").await;
        Self { one, two, backend, alpha }
    }
}

/// Follows a feed until it has delivered all writes. The connection is reset after every 25 messages.
async fn follow(
    watcher: &Supplier,
    properties: &[&Property],
    mut written: oneshot::Receiver<Vec<i64>>,
) -> (Mirror, u32) {
    let mut mirror = Mirror::default();
    let mut feed: Feed = watcher.watch(properties).await;
    let (mut since, mut resumed) = (0, 0);
    let mut heads: Option<Vec<i64>> = None;
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        let is_complete = heads.as_ref().is_some_and(|heads| {
            properties
                .iter()
                .zip(heads)
                .all(|(property, head)| mirror.seqs.get(&property.id).is_some_and(|seq| seq >= head))
        });
        if is_complete {
            return (mirror, resumed);
        }
        assert!(Instant::now() < deadline, "received up to {:?} of {heads:?}", mirror.seqs);
        tokio::select! {
            message = feed.message(TIMEOUT) => {
                let message = message.expect("a message or a checkpoint");
                mirror.apply(&message).expect("without a gap");
                since += 1;
            }
            done = &mut written, if heads.is_none() => heads = Some(done.expect("the sales ended")),
        }
        if since >= 25
            && let Some(cursor) = mirror.cursor.clone()
        {
            feed.socket.reset();
            feed = watcher.watch_after(properties, &cursor).await;
            (since, resumed) = (0, resumed + 1);
        }
    }
}

on_backends!(a_feed_delivers_every_sale_of_the_other_node on postgres, postgres_and_redis);

async fn a_feed_delivers_every_sale_of_the_other_node(backend: Backend) {
    let fixture = Fixture::on(backend).await;
    let nights = (night(1), night(20));
    let mut properties = Vec::new();
    for name in ["Seaview", "Hillside", "Lakeside"] {
        let property = fixture
            .alpha
            .property(name)
            .nights(nights.0, nights.1)
            .rooms("DBL", 20)
            .opened_to("beta")
            .opened_to("gamma");
        properties.push(property.create().await);
    }
    let all: Vec<&Property> = properties.iter().collect();
    let sellers =
        [fixture.one.partner("beta").await.at(&fixture.two), fixture.one.partner("gamma").await.at(&fixture.two)];

    let sell = async |number: usize| {
        let mut random = StdRng::seed_from_u64(u64::try_from(number).unwrap_or_default());
        let seller = &sellers[number % 2];
        for _ in 0..25 {
            let property = all[random.random_range(0..all.len())];
            let from = random.random_range(1..=17);
            let booked = seller.book(property, "DBL", stay(from, random.random_range(1..=3))).await.into_result();
            if let Ok(booked) = booked
                && random.random_bool(0.4)
            {
                seller.cancel(booked["reservation"]["id"].as_str().expect("an id")).await.accepted();
            }
        }
    };
    let (done, written) = oneshot::channel();
    let sold = async {
        join_all((0..8).map(&sell)).await;
        let heads = join_all(all.iter().map(|property| fixture.alpha.stock_seq(property))).await;
        done.send(heads).expect("the feed is followed");
    };
    let mut partner_feed = fixture.one.partner("beta").await.watch(all[0]).await;
    let ((), (mirror, resumed)) = tokio::join!(sold, follow(&fixture.alpha, &all, written));

    assert!(resumed > 2, "resumed {resumed} times");
    for property in &all {
        // With the cursor of the last event, so that no cache may return an older state.
        let last =
            fixture.alpha.at(&fixture.two).set_allotments(property, "DBL", (night(20), night(20)), 21).await.accepted();
        let stored = fixture.alpha.calendar(property, "DBL", nights, None, last["cursor"].as_str()).await;
        let received = mirror.left(property, "DBL", nights, None);
        let stored = numbers(&stored["leftToSell"]);
        assert_eq!(received[..19], stored[..19], "{}", property.code);
    }

    let mut mirror = Mirror::default();
    while mirror.left(all[0], "DBL", (night(20), night(20)), Some("beta")) != fixture.partner_left(all[0]).await {
        mirror.apply(&partner_feed.message(TIMEOUT).await.expect("a message")).expect("without a gap");
    }
    let left = sellers[0].left(all[0], "DBL", nights).await;
    assert_eq!(mirror.left(all[0], "DBL", nights, Some("beta")), left, "the copy of a partner");
    assert_eq!(fixture.two.audit().await.drift, 0);
}

impl Fixture {
    /// The rooms left in the shared pool on the last night, all of which a partner with full access may take.
    async fn partner_left(&self, property: &Property) -> Vec<i64> {
        let cells = self.alpha.calendar(property, "DBL", (night(20), night(20)), None, None).await;
        numbers(&cells["leftToSell"])
    }
}

on_backends!(a_write_is_read_with_its_cursor_on_the_other_node on postgres, postgres_and_redis);

async fn a_write_is_read_with_its_cursor_on_the_other_node(backend: Backend) {
    let fixture = Fixture::on(backend).await;
    let property = fixture.alpha.property("Seaview").nights(night(1), night(30)).rooms("DBL", 5).create().await;
    let there = fixture.alpha.at(&fixture.two);
    // Without Redis most reads wait for the primary.
    let writes = if fixture.backend.has_redis() { 200 } else { 50_u32 };
    for rooms in 0..writes {
        let nights = (night(3), night(4));
        let (writer, reader) = if rooms % 2 == 0 { (&fixture.alpha, &there) } else { (&there, &fixture.alpha) };
        let written = writer.set_allotments(&property, "DBL", nights, 100 + rooms).await.accepted();
        let cursor = written["cursor"].as_str().expect("a write returns a cursor");
        let read = reader.calendar(&property, "DBL", nights, None, Some(cursor)).await;
        assert_eq!(numbers(&read["allotted"]), [i64::from(100 + rooms); 2], "{read}");
        assert!(read["asOfSeq"].as_i64() >= written["event"]["seq"].as_i64(), "{read}");
    }
}

on_backends!(a_write_shows_on_the_other_node_within_the_lag_of_the_feed on postgres, postgres_and_redis);

async fn a_write_shows_on_the_other_node_within_the_lag_of_the_feed(backend: Backend) {
    let fixture = Fixture::on(backend).await;
    let property = fixture.alpha.property("Seaview").nights(night(1), night(30)).rooms("DBL", 5).create().await;
    let there = fixture.alpha.at(&fixture.two);
    let nights = (night(3), night(4));
    there.calendar(&property, "DBL", nights, None, None).await;
    for rooms in 0..5_u32 {
        fixture.alpha.set_allotments(&property, "DBL", nights, 100 + rooms).await.accepted();
        let shown = async {
            while numbers(&there.calendar(&property, "DBL", nights, None, None).await["allotted"])
                != [i64::from(100 + rooms); 2]
            {}
        };
        timeout(LAG, shown).await.expect("the other node shows the write within the lag of the feed");
    }
}

#[tokio::test]
async fn a_change_set_is_undone_on_the_other_node() {
    let fixture = Fixture::on(Backend::postgres_and_redis().await).await;
    let property =
        fixture.alpha.property("Seaview").nights(night(1), night(30)).rooms("DBL", 5).opened_to("beta").create().await;
    let (nights, change_set) = ((night(3), night(6)), Uuid::new_v4());
    let change = |from, through, rooms| {
        json!({
            "roomTypeId": property.room_type("DBL"), "pool": { "shared": true }, "from": from, "through": through,
            "count": { "allotted": rooms },
        })
    };
    for changes in [vec![change(night(3), night(5), 9)], vec![change(night(4), night(6), 2)]] {
        fixture.alpha.set(&property, &json!({ "changes": changes, "changeSetId": change_set })).await.accepted();
    }
    // A sale in between is not a conflict and is kept.
    fixture.two.partner("beta").await.book(&property, "DBL", stay(3, 2)).await.accepted();

    let there = fixture.alpha.at(&fixture.two);
    let undone = there.undo(&property, change_set).await.accepted();
    assert_eq!((&undone["event"]["cause"], &undone["changedCells"]), (&json!("UNDO"), &json!(4)));

    let read = fixture.alpha.calendar(&property, "DBL", nights, None, undone["cursor"].as_str()).await;
    assert_eq!(numbers(&read["allotted"]), [5, 5, 5, 5]);
    assert_eq!(numbers(&read["sold"]), [1, 1, 0, 0]);
    let again = there.undo(&property, change_set).await.refused();
    assert_eq!(again[0]["code"], "CELLS_MOVED", "{again:?}");
    let nothing = there.undo(&property, Uuid::new_v4()).await.refused();
    assert_eq!(nothing[0]["code"], "NOTHING_TO_UNDO", "{nothing:?}");
    assert_eq!(fixture.one.audit().await.drift, 0);
}
