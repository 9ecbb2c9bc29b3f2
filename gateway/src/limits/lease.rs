//! Budgets over all nodes: one bucket per tenant, plan and budget in Redis, leased to the nodes in slices.
//!
//! A request spends from the slice of its node and never waits for Redis. In the background, up to 20 times per second, a
//! node returns what it did not spend, reports what it owes, and takes a new slice, all in one script by Redis's clock. An
//! idle node returns its slice within two seconds; the slice of a crashed node refills at the plan's rate.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use redis::aio::ConnectionManager;
use redis::{Pipeline, Script};
use tokio::time::MissedTickBehavior;

use super::Budget;
use super::tenant_budgets::{Call, TenantBudgets};
use crate::redis::RedisClient;

/// Interval between two settlements of a busy tenant.
const TICK: Duration = Duration::from_millis(50);
/// Interval when a budget runs low.
const HURRY: Duration = Duration::from_millis(5);
/// Interval between two counts of the nodes.
const COUNT: Duration = Duration::from_secs(1);
/// Time without a response of Redis after which a node is on its own. Until then, what it spends on credit is owed, and
/// settled exactly once Redis responds.
const PATIENCE: Duration = Duration::from_secs(2);
/// Tenants per settlement request.
const CHUNK: usize = 200;
/// Key of the set of nodes.
const NODES: &str = "lodgate:{limits}:nodes";

/// ARGV: this node, number of nodes, its sockets, its subscriptions, whether it was alone, whether it only returns, time to
/// live in ms; then per budget: rate per second, burst, returned, known, wanted. Returns slice and remainder per budget,
/// then the sockets and subscriptions of the other nodes.
///
/// A bucket that does not exist yet starts at the level that the calling node knows. A clock that was set back counts as
/// standing still.
const SETTLE: &str = "local time = redis.call('TIME') \
     local now = time[1] * 1000 + math.floor(time[2] / 1000) \
     local stored = redis.call('HMGET', KEYS[1], 'at', 't1', 't2', 't3', 't4') \
     local passed = math.max(0, now - (tonumber(stored[1]) or now)) \
     local nodes, answer = tonumber(ARGV[2]), {} \
     for i = 1, 4 do \
       local p = 8 + (i - 1) * 5 \
       local rate, burst, back = tonumber(ARGV[p]), tonumber(ARGV[p + 1]), tonumber(ARGV[p + 2]) \
       local known, want = tonumber(ARGV[p + 3]), tonumber(ARGV[p + 4]) \
       local left = tonumber(stored[i + 1]) \
       if left then left = left + passed * rate / 1000 else left = known end \
       if ARGV[5] == '1' then left = math.min(left, known) end \
       left = math.max(-burst, math.min(burst, left + back)) \
       local slice = 0 \
       if ARGV[6] ~= '1' and left >= 1 then \
         slice = left \
         if nodes > 1 then slice = math.ceil(math.max(left / 2, want)) end \
         slice = math.min(slice, math.floor(left)) \
       end \
       left = left - slice \
       redis.call('HSET', KEYS[1], 't' .. i, left) \
       answer[i * 2 - 1], answer[i * 2] = slice, math.floor(left) \
     end \
     redis.call('HSET', KEYS[1], 'at', now) \
     local own, sockets, subscriptions = 'n:' .. ARGV[1], 0, 0 \
     if ARGV[3] == '0' and ARGV[4] == '0' then redis.call('HDEL', KEYS[1], own) \
     else redis.call('HSET', KEYS[1], own, now .. ',' .. ARGV[3] .. ',' .. ARGV[4]) end \
     local all = redis.call('HGETALL', KEYS[1]) \
     for i = 1, #all, 2 do \
       if string.sub(all[i], 1, 2) == 'n:' and all[i] ~= own then \
         local at, of, on = string.match(all[i + 1], '^(%d+),(%d+),(%d+)$') \
         if at and now - at < 10000 then sockets, subscriptions = sockets + of, subscriptions + on \
         else redis.call('HDEL', KEYS[1], all[i]) end \
       end \
     end \
     answer[9], answer[10] = sockets, subscriptions \
     redis.call('PEXPIRE', KEYS[1], ARGV[7]) \
     return answer";

static SETTLE_HASH: LazyLock<Script> = LazyLock::new(|| Script::new(SETTLE));

/// ARGV: this node. Returns the number of nodes seen within the last five seconds, including this one.
static NODES_HERE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local time = redis.call('TIME') \
         local now = time[1] * 1000 + math.floor(time[2] / 1000) \
         redis.call('ZADD', KEYS[1], now, ARGV[1]) \
         redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - 5000) \
         redis.call('PEXPIRE', KEYS[1], 60000) \
         return redis.call('ZCARD', KEYS[1])",
    )
});

/// The settlement of one tenant: slice and remainder per budget, and what is open on other nodes.
pub(super) struct Settled {
    pub(super) budgets: [(f64, f64); Budget::ALL.len()],
    pub(super) sockets: u32,
    pub(super) subscriptions: u32,
}

impl Settled {
    #[expect(clippy::cast_precision_loss, reason = "points are far below 2^53")]
    fn read(numbers: &[i64]) -> Option<Self> {
        let [budgets @ .., sockets, subscriptions] = numbers else { return None };
        let mut settled = Self {
            budgets: [(0.0, 0.0); Budget::ALL.len()],
            sockets: u32::try_from(*sockets).ok()?,
            subscriptions: u32::try_from(*subscriptions).ok()?,
        };
        for (budget, pair) in settled.budgets.iter_mut().zip(budgets.chunks_exact(2)) {
            *budget = (pair[0] as f64, pair[1] as f64);
        }
        Some(settled)
    }
}

/// Settles with the other nodes periodically. Never returns.
pub(super) async fn settle(tenants: Arc<TenantBudgets>, redis: RedisClient) {
    let node = format!("{:016x}", rand::random::<u64>());
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut counted, mut reached): (Option<Instant>, Instant) = (None, Instant::now());
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = tenants.hurried() => {}
        }
        let mut is_reached = true;
        if counted.is_none_or(|at| at.elapsed() >= COUNT) {
            match count(&redis, &node).await {
                Some(nodes) => {
                    counted = Some(Instant::now());
                    tenants.together(nodes);
                }
                None => is_reached = false,
            }
        }
        if is_reached && tenants.is_shared() {
            is_reached = settle_due(&tenants, &redis, &node).await;
        }
        if is_reached {
            reached = Instant::now();
        } else if reached.elapsed() >= PATIENCE {
            tenants.alone();
        }
        tokio::time::sleep(HURRY).await;
    }
}

/// Settles all tenants that are due. Returns whether Redis responded; otherwise the settlement is repeated later.
async fn settle_due(tenants: &TenantBudgets, redis: &RedisClient, node: &str) -> bool {
    let calls = tenants.due(Instant::now());
    let mut rest = calls.chunks(CHUNK);
    for chunk in rest.by_ref() {
        match exchange(redis, node, tenants.nodes(), chunk).await {
            Some(answers) => tenants.settle(chunk, &answers, Instant::now()),
            None => {
                tenants.put_off(chunk);
                rest.for_each(|chunk| tenants.put_off(chunk));
                return false;
            }
        }
    }
    true
}

async fn count(redis: &RedisClient, node: &str) -> Option<u32> {
    let mut script = NODES_HERE.prepare_invoke();
    script.key(NODES).arg(node);
    let ask = async |mut connection: ConnectionManager| script.invoke_async::<u32>(&mut connection).await;
    redis.exchange("count nodes", ask).await
}

async fn exchange(redis: &RedisClient, node: &str, nodes: u32, calls: &[Call]) -> Option<Vec<Settled>> {
    let mut pipeline = Pipeline::new();
    // Loaded every time, because a restarted Redis has lost the script.
    pipeline.cmd("SCRIPT").arg("LOAD").arg(SETTLE).ignore();
    for call in calls {
        let command = pipeline.cmd("EVALSHA").arg(SETTLE_HASH.get_hash()).arg(1);
        command.arg(format!("lodgate:{{limits:{}}}:{}", call.tenant, call.plan));
        command.arg(node).arg(nodes).arg(call.sockets).arg(call.subscriptions);
        command.arg(u8::from(call.was_alone)).arg(u8::from(call.gives_back)).arg(call.kept_ms);
        for (rate, settlement) in &call.budgets {
            command
                .arg(rate.per_second)
                .arg(rate.burst)
                .arg(settlement.back)
                .arg(settlement.known)
                .arg(settlement.want);
        }
    }
    let ask = async |mut connection: ConnectionManager| pipeline.query_async::<Vec<Vec<i64>>>(&mut connection).await;
    let answers = redis.exchange("settle budgets", ask).await?;
    answers.iter().map(|numbers| Settled::read(numbers)).collect()
}
