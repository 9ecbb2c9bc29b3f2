//! This node's part of one tenant's budget: the lease that it holds, the credit that it may spend, and their refill.
//!
//! Pure arithmetic: [`super::lease`] talks to Redis, and the time is an argument.

use std::time::{Duration, Instant};

use super::PlanRate;

/// A lease is void when it was not renewed for this time, as after the process was suspended.
const LEASE: Duration = Duration::from_secs(5);
/// Time for which a refused amount is requested with priority.
const WANTED: Duration = Duration::from_secs(10);

/// The share of this node in a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NodeShare {
    /// The rate of the budget over all nodes.
    pub(super) rate: PlanRate,
    /// Number of nodes, as last known; at least 1.
    pub(super) nodes: u32,
    /// Redis is unreachable: only the local share is granted, and nothing is owed.
    pub(super) alone: bool,
}

impl NodeShare {
    fn nodes(self) -> f64 {
        f64::from(self.nodes.max(1))
    }

    /// The most that this node grants without a lease.
    fn full(self) -> f64 {
        f64::from(self.rate.burst) / self.nodes()
    }

    fn per_second(self) -> f64 {
        f64::from(self.rate.per_second) / self.nodes()
    }
}

/// The state of a bucket that is sent to Redis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Settlement {
    /// Amount returned; negative if it was spent on credit and is owed.
    pub(super) back: f64,
    /// Upper bound of the shared level, as far as this node knows.
    pub(super) known: f64,
    /// Amount that was refused and is still wanted; 0 if there is none.
    pub(super) want: f64,
}

/// This node's part of one budget of one tenant.
#[derive(Clone, Copy, Debug)]
pub(super) struct LocalBucket {
    /// Leased and not spent; negative if spent on credit since the last settlement.
    held: f64,
    /// Credit beyond the lease: this node's part of the shared remainder and of its refill since.
    credit: f64,
    /// Time at which `credit` was calculated.
    as_of: Instant,
    /// Time of the last settlement; `None` before the first.
    settled: Option<Instant>,
    /// Amount that was refused and is still wanted.
    wanted: f64,
    wanted_at: Instant,
}

impl LocalBucket {
    /// The bucket of a tenant that is new to this node: its whole local share, on credit.
    pub(super) fn new(share: NodeShare, now: Instant) -> Self {
        Self { held: 0.0, credit: share.full(), as_of: now, settled: None, wanted: 0.0, wanted_at: now }
    }

    /// Spends `cost`. The error is the time until it would be granted if nothing else were spent.
    ///
    /// A cost above the local share is granted when the share is full, and owed.
    pub(super) fn spend(&mut self, cost: f64, share: NodeShare, now: Instant) -> Result<(), Duration> {
        self.grow(share, now);
        let lacking = cost.min(share.full()) - self.available();
        // Tolerates the rounding of accumulated fractions.
        if lacking > 1e-6 {
            (self.wanted, self.wanted_at) = (self.wanted.max(cost), now);
            let per_second = if share.alone { share.per_second() } else { f64::from(share.rate.per_second) };
            return Err(Duration::try_from_secs_f64(lacking / per_second).unwrap_or(Duration::MAX));
        }
        let from_held = self.held.clamp(0.0, cost);
        self.credit -= cost - from_held;
        self.held -= if share.alone { from_held } else { cost };
        if cost >= self.wanted {
            self.wanted = 0.0;
        }
        Ok(())
    }

    /// Returns what was spent but not needed.
    pub(super) fn refund(&mut self, points: f64, share: NodeShare, now: Instant) {
        self.grow(share, now);
        if share.alone {
            self.credit = (self.credit + points).min(share.full()).max(self.credit);
        } else {
            // Points spent on credit become credit again.
            self.credit += points.min(-self.held.min(0.0));
            self.held += points;
        }
    }

    /// The remainder over all nodes, as far as this one knows; a whole number, at most the burst.
    pub(super) fn remaining(&mut self, share: NodeShare, now: Instant) -> u32 {
        self.grow(share, now);
        let all = self.held.max(0.0) + self.credit * share.nodes();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped; a float's cast saturates"
        )]
        let whole = all.clamp(0.0, f64::from(share.rate.burst)) as u32;
        whole
    }

    /// Whether the remainder is so low that a settlement is due at once.
    pub(super) fn is_low(&self, share: NodeShare) -> bool {
        self.available() < share.full() / 4.0
    }

    /// Whether it holds a lease that other nodes could use.
    pub(super) fn is_holding(&self) -> bool {
        self.held > 0.0
    }

    /// Whether a refused amount is still wanted.
    pub(super) fn is_wanting(&self, now: Instant) -> bool {
        self.wanted > 0.0 && now.saturating_duration_since(self.wanted_at) < WANTED
    }

    /// The state to send to Redis. What it returns stays spendable until [`LocalBucket::settle`] replaces it.
    pub(super) fn settlement(&mut self, share: NodeShare, now: Instant) -> Settlement {
        self.grow(share, now);
        let want = if self.is_wanting(now) { self.wanted } else { 0.0 };
        if share.alone {
            return Settlement { back: 0.0, known: self.credit.max(0.0) * share.nodes(), want };
        }
        let known = if self.settled.is_some() {
            self.credit.max(0.0) * share.nodes()
        } else {
            // Points spent on the first credit are owed.
            f64::from(share.rate.burst)
        };
        Settlement { back: self.held, known, want }
    }

    /// Applies the response to `settlement`: a new slice, and the shared remainder (negative if owed).
    pub(super) fn settle(&mut self, settlement: Settlement, slice: f64, left: f64, share: NodeShare, now: Instant) {
        self.held += slice - settlement.back;
        let part = if left > 0.0 { left / share.nodes() } else { left };
        // The response does not contain what was spent on credit since the request.
        self.credit = part + self.held.min(0.0);
        (self.as_of, self.settled) = (now, Some(now));
    }

    /// Redis is unreachable: the lease, up to the local share, is all that is left, and nothing is owed.
    pub(super) fn part(&mut self, share: NodeShare, now: Instant) {
        self.grow(share, now);
        self.credit = (self.credit + self.held.max(0.0)).clamp(0.0, share.full());
        self.held = 0.0;
    }

    fn available(&self) -> f64 {
        self.held.max(0.0) + self.credit
    }

    fn grow(&mut self, share: NodeShare, now: Instant) {
        let passed = now.saturating_duration_since(self.as_of);
        self.as_of = now;
        if self.settled.is_some_and(|settled| now.saturating_duration_since(settled) > LEASE) {
            self.held = self.held.min(0.0);
        }
        let most = share.full() - self.held.max(0.0);
        if self.credit < most {
            self.credit = (self.credit + share.per_second() * passed.as_secs_f64()).min(most);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: PlanRate = PlanRate { per_second: 50, burst: 200 };
    const MS: Duration = Duration::from_millis(1);

    fn share(nodes: u32, alone: bool) -> NodeShare {
        NodeShare { rate: RATE, nodes, alone }
    }

    /// The shared bucket, as the script in Redis keeps it.
    struct SharedBucket {
        tokens: f64,
        at: Instant,
    }

    impl SharedBucket {
        fn exchange(&mut self, bucket: &mut LocalBucket, share: NodeShare, now: Instant) {
            let settlement = bucket.settlement(share, now);
            self.tokens += now.duration_since(self.at).as_secs_f64() * f64::from(RATE.per_second);
            self.at = now;
            self.tokens = (self.tokens + settlement.back).clamp(-f64::from(RATE.burst), f64::from(RATE.burst));
            let slice = (self.tokens / 2.0).max(settlement.want).ceil().min(self.tokens.floor()).max(0.0);
            self.tokens -= slice;
            bucket.settle(settlement, slice, self.tokens.floor(), share, now);
        }
    }

    fn drain(bucket: &mut LocalBucket, share: NodeShare, now: Instant) -> u32 {
        let mut granted = 0;
        while bucket.spend(1.0, share, now).is_ok() {
            granted += 1;
        }
        granted
    }

    #[test]
    fn two_nodes_that_settle_grant_exactly_the_plan() {
        let start = Instant::now();
        let (both, mut shared) = (share(2, false), SharedBucket { tokens: 200.0, at: start });
        let mut buckets = [LocalBucket::new(both, start), LocalBucket::new(both, start)];
        let mut granted = 0;
        for ms in 0..60_000_u32 {
            let now = start + MS * ms;
            for (turn, bucket) in buckets.iter_mut().enumerate() {
                granted += drain(bucket, both, now);
                if ms % 50 == u32::try_from(turn).unwrap() * 20 {
                    shared.exchange(bucket, both, now);
                }
            }
        }
        assert!((3_190..=3_210).contains(&granted), "{granted} of 200 + 50 × 60");
    }

    #[test]
    fn one_of_two_nodes_can_grant_nearly_the_whole_plan() {
        let start = Instant::now();
        let (both, mut shared) = (share(2, false), SharedBucket { tokens: 200.0, at: start });
        let mut bucket = LocalBucket::new(both, start);
        let mut granted = 0;
        for ms in 0..60_000_u32 {
            let now = start + MS * ms;
            granted += drain(&mut bucket, both, now);
            if ms % 50 == 0 {
                shared.exchange(&mut bucket, both, now);
            }
        }
        assert!((3_150..=3_210).contains(&granted), "{granted} of 200 + 50 × 60");
    }

    #[test]
    fn spending_during_a_short_outage_is_settled_exactly() {
        let start = Instant::now();
        let (both, mut shared) = (share(2, false), SharedBucket { tokens: 200.0, at: start });
        let mut buckets = [LocalBucket::new(both, start), LocalBucket::new(both, start)];
        let mut granted = 0;
        for ms in 0..60_000_u32 {
            let now = start + MS * ms;
            for (turn, bucket) in buckets.iter_mut().enumerate() {
                granted += drain(bucket, both, now);
                let is_cut_off = turn == 0 && (10_000..12_000).contains(&(ms % 20_000));
                if ms % 50 == 0 && !is_cut_off {
                    shared.exchange(bucket, both, now);
                }
            }
        }
        assert!((3_190..=3_210).contains(&granted), "{granted} of 200 + 50 × 60");
    }

    #[test]
    fn without_redis_a_node_grants_its_share() {
        let start = Instant::now();
        let mut bucket = LocalBucket::new(share(2, true), start);
        let mut granted = 0;
        for ms in 0..10_000_u32 {
            granted += drain(&mut bucket, share(2, true), start + MS * ms);
        }
        assert!((348..=351).contains(&granted), "{granted} of 100 + 25 × 10");
        let wait = bucket.spend(1.0, share(2, true), start + MS * 9_999).unwrap_err();
        assert!(wait <= MS * 40, "{wait:?}");
        // Redis is back with a full bucket.
        let settlement = bucket.settlement(share(2, true), start + MS * 9_999);
        assert!(settlement.back == 0.0 && settlement.known < 2.0, "{settlement:?}");
    }

    #[test]
    fn a_cost_above_the_local_share_is_granted_when_the_share_is_full() {
        let start = Instant::now();
        let mut bucket = LocalBucket::new(share(4, false), start);
        bucket.spend(150.0, share(4, false), start).unwrap();
        assert_eq!(bucket.settlement(share(4, false), start), Settlement { back: -150.0, known: 200.0, want: 0.0 });
        assert!(bucket.spend(1.0, share(4, false), start).is_err());
        assert!(bucket.is_low(share(4, false)) && bucket.is_wanting(start) && !bucket.is_wanting(start + WANTED));
    }

    #[test]
    fn the_lease_of_a_suspended_node_is_void() {
        let start = Instant::now();
        let mut bucket = LocalBucket::new(share(2, false), start);
        let settlement = bucket.settlement(share(2, false), start);
        bucket.settle(settlement, 180.0, 0.0, share(2, false), start);
        assert_eq!(bucket.remaining(share(2, false), start), 180);
        let later = start + LEASE + MS;
        bucket.spend(1.0, share(2, false), later).unwrap();
        assert!(!bucket.is_holding(), "{bucket:?}");
        assert!(drain(&mut bucket, share(2, false), later) <= 100);
    }

    #[test]
    fn a_refund_can_be_spent_again() {
        let start = Instant::now();
        for alone in [false, true] {
            let share = share(1, alone);
            let mut bucket = LocalBucket::new(share, start);
            bucket.spend(150.0, share, start).unwrap();
            assert_eq!(bucket.remaining(share, start), 50);
            bucket.refund(100.0, share, start);
            assert_eq!(bucket.remaining(share, start), 150, "{bucket:?}");
            assert_eq!(bucket.settlement(share, start).back, if alone { 0.0 } else { -50.0 });
        }
    }
}
