//! Faults of Redis under load: it is killed, flushed, frozen, and filled with garbage. Answers stay right and writes
//! continue.

use std::{
    process::Command,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use lodgate_e2e::{
    Backend, Gateway, process,
    stories::{Dates, Property, Supplier, eventually, night, numbers},
};
use tokio::time::{Instant, sleep};

/// Writes of another node show within the lag of the feed; a frozen Redis is the worst case.
const LAG: Duration = Duration::from_secs(5);
/// The limit for a write or a read while Redis is away.
const PROMPT: Duration = Duration::from_secs(5);

/// One night whose allotment only grows, so that every answer can be checked.
struct Fixture {
    nodes: [Gateway; 2],
    backend: Backend,
    alpha: Supplier,
    property: Property,
    nights: Dates,
    /// The last count sent, and the acknowledged counts with their times.
    sent: AtomicU32,
    acknowledged: Mutex<Vec<(Instant, u32)>>,
    reads: AtomicU32,
    over: AtomicBool,
}

impl Fixture {
    async fn new() -> Self {
        let backend = Backend::postgres_and_redis().await;
        let node = || backend.gateway().start();
        let nodes = [node().await, node().await];
        let alpha = nodes[0].supplier("alpha").await;
        let property = alpha.property("Seaview").nights(night(0), night(60)).rooms("DBL", 1).create().await;
        let acknowledged = Mutex::new(vec![(Instant::now(), 1)]);
        let (sent, reads, over) = (AtomicU32::new(1), AtomicU32::default(), AtomicBool::default());
        Self { nodes, backend, alpha, property, nights: (night(3), night(3)), sent, acknowledged, reads, over }
    }

    fn acknowledged_before(&self, instant: Instant) -> u32 {
        let list = self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner);
        list.iter().rev().find(|(at, _)| *at <= instant).map_or(0, |(_, rooms)| *rooms)
    }

    fn written(&self) -> u32 {
        self.acknowledged_before(Instant::now())
    }

    /// Writes one more room each time, alternating between the nodes, and reads the write at the other node.
    async fn write(&self) {
        while !self.over.load(Ordering::Relaxed) {
            let rooms = self.sent.fetch_add(1, Ordering::Relaxed) + 1;
            let (writer, reader) = (usize::from(rooms.is_multiple_of(2)), usize::from(!rooms.is_multiple_of(2)));
            let begun = Instant::now();
            let written =
                self.alpha.at(&self.nodes[writer]).set_allotments(&self.property, "DBL", self.nights, rooms).await;
            let written = written.accepted();
            self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner).push((Instant::now(), rooms));
            let cursor = written["cursor"].as_str();
            let read =
                self.alpha.at(&self.nodes[reader]).calendar(&self.property, "DBL", self.nights, None, cursor).await;
            assert_eq!(numbers(&read["allotted"]), [i64::from(rooms)], "the write is read with its cursor: {read}");
            assert!(begun.elapsed() < PROMPT, "a write and its read took {:?}", begun.elapsed());
        }
    }

    /// Reads at one node without a cursor: never a value that was not sent, and never one older than the lag of the
    /// feed.
    async fn read(&self, node: usize) {
        let reader = self.alpha.at(&self.nodes[node]);
        while !self.over.load(Ordering::Relaxed) {
            let begun = Instant::now();
            let least = begun.checked_sub(LAG).map_or(0, |then| self.acknowledged_before(then));
            let read = reader.calendar(&self.property, "DBL", self.nights, None, None).await;
            let shown = numbers(&read["allotted"])[0];
            let range = i64::from(least)..=i64::from(self.sent.load(Ordering::Relaxed));
            assert!(range.contains(&shown), "{shown} rooms are not within {range:?}: {read}");
            assert!(begun.elapsed() < PROMPT, "a read took {:?}", begun.elapsed());
            self.reads.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits for this number of further writes and reads.
    async fn go_on(&self, writes: u32) {
        let (from, reads) = (self.written(), self.reads.load(Ordering::Relaxed));
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.written() < from + writes || self.reads.load(Ordering::Relaxed) < reads + writes {
            assert!(Instant::now() < deadline, "the load has stopped");
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Runs the load during `fault`; afterwards both nodes show the last write without a cursor.
    async fn under_load(&self, fault: impl AsyncFnOnce()) {
        let faults = async {
            self.go_on(20).await;
            fault().await;
            self.go_on(20).await;
            self.over.store(true, Ordering::Relaxed);
        };
        tokio::join!(self.write(), self.read(0), self.read(1), faults);

        let last = i64::from(self.written());
        for node in &self.nodes {
            let deadline = Instant::now() + LAG;
            loop {
                let read = self.alpha.at(node).calendar(&self.property, "DBL", self.nights, None, None).await;
                if numbers(&read["allotted"]) == [last] {
                    break;
                }
                assert!(Instant::now() < deadline, "{last} rooms are not shown: {read}");
            }
        }
        assert_eq!(self.nodes[0].audit().await.drift, 0);
    }

    /// Overwrites all blocks in Redis with one kind of garbage.
    fn write_garbage(&self, kind: u32) {
        let garbage = match kind % 5 {
            0 => "'garbage'",
            1 => "''",
            2 => "string.sub(v, 1, math.floor(#v / 2))",
            3 => "string.rep(string.char(255), 100000)",
            _ => "string.sub(v, 1, #v - 1) .. string.char((string.byte(v, #v) + 1) % 256)",
        };
        let script = format!(
            "for _, k in ipairs(redis.call('KEYS', 'lodgate:*:stock:*')) do \
               for _, f in ipairs(redis.call('HKEYS', k)) do \
                 local v = redis.call('HGET', k, f) \
                 if f ~= 'seq' or {kind} % 7 == 1 then redis.call('HSET', k, f, {garbage}) end \
               end end return 'done'"
        );
        assert_eq!(self.eval(&script), "done");
    }

    /// The number of properties with blocks in Redis.
    fn blocks_in_redis(&self) -> u32 {
        let script = "local n = 0 for _, k in ipairs(redis.call('KEYS', 'lodgate:*:stock:*')) do \
            if redis.call('HLEN', k) > 1 and tonumber(redis.call('HGET', k, 'seq')) then n = n + 1 end end return n";
        self.eval(script).parse().expect("a number")
    }

    fn eval(&self, script: &str) -> String {
        let mut cli = Command::new(process::require("redis-cli").expect("redis-cli"));
        cli.args(["-p", &self.backend.redis().port().to_string(), "EVAL", script, "0"]);
        process::output(&mut cli).expect("a response").trim().to_owned()
    }
}

#[tokio::test]
async fn redis_is_killed_and_restarted() {
    let fixture = Fixture::new().await;
    fixture
        .under_load(async || {
            for _ in 0..3 {
                fixture.backend.redis().kill();
                fixture.go_on(20).await;
                fixture.backend.redis().restart().await;
                fixture.go_on(20).await;
            }
        })
        .await;
}

#[tokio::test]
async fn redis_is_flushed() {
    let fixture = Fixture::new().await;
    fixture
        .under_load(async || {
            for _ in 0..10 {
                fixture.backend.redis().flush();
                fixture.go_on(8).await;
            }
        })
        .await;
}

#[tokio::test]
async fn redis_is_frozen_and_resumed() {
    let fixture = Fixture::new().await;
    fixture
        .under_load(async || {
            for _ in 0..3 {
                fixture.backend.redis().pause();
                fixture.go_on(10).await;
                fixture.backend.redis().resume();
                fixture.go_on(10).await;
            }
        })
        .await;
}

#[tokio::test]
async fn redis_returns_garbage() {
    let fixture = Fixture::new().await;
    fixture
        .under_load(async || {
            for kind in 0..15 {
                fixture.write_garbage(kind);
                fixture.go_on(5).await;
            }
        })
        .await;

    // A wrong version number is replaced as well: the next read stores the right block.
    fixture.write_garbage(8);
    assert_eq!(fixture.blocks_in_redis(), 0);
    fixture.nodes[1].restart().await;
    fixture.alpha.at(&fixture.nodes[1]).calendar(&fixture.property, "DBL", fixture.nights, None, None).await;
    let healed = || async { (fixture.blocks_in_redis() == 1).then_some(()) };
    eventually("Redis has the right block again", healed).await;
}

#[tokio::test]
async fn garbage_in_redis_is_a_cache_miss() {
    let fixture = Fixture::new().await;
    let probe = fixture.alpha.property("Hillside").nights(night(0), night(60)).rooms("DBL", 2).create().await;
    let (there, nights) = (fixture.alpha.at(&fixture.nodes[1]), (night(0), night(20)));
    let read = async |property: &Property| {
        let read = there.calendar(property, "DBL", nights, None, None).await;
        let rooms = if property.id == probe.id { 2 } else { 1 };
        assert_eq!(numbers(&read["allotted"]), [rooms; 21], "{read}");
        read["source"].clone()
    };
    // Redis has valid blocks of both properties. The node receives the feed and has read only one of the properties.
    let prepare = async || {
        fixture.backend.redis().flush();
        fixture.nodes[1].restart().await;
        read(&fixture.property).await;
        read(&probe).await;
        let filled = || async { (fixture.blocks_in_redis() >= 2).then_some(()) };
        eventually("the blocks are written to Redis", filled).await;
        fixture.nodes[1].restart().await;
        let hears = || async { (read(&probe).await != "PRIMARY").then_some(()) };
        eventually("the node receives the feed", hears).await;
    };
    let from_redis = || async {
        prepare().await;
        (read(&fixture.property).await == "REDIS_CACHE").then_some(())
    };
    for kind in 0..7 {
        eventually("with valid blocks Redis answers", from_redis).await;
        prepare().await;
        fixture.write_garbage(kind);
        assert_eq!(read(&fixture.property).await, "PRIMARY", "garbage is a miss");
    }
}
