//! This node's part of one tenant's budget: what it holds, what it may spend on credit, and when more comes.
//!
//! Pure arithmetic: [`super::lease`] brings in what the nodes share, and the time is an argument.

use std::time::{Duration, Instant};

use super::PlanRate;

/// What is held is void when it was not renewed for so long: this process was frozen, and the world went on.
const LEASE: Duration = Duration::from_secs(5);
/// How long a refused amount is asked for ahead of others.
const WANTED: Duration = Duration::from_secs(10);

/// How this node stands to the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NodeShare {
    /// What the budget grants, all nodes together.
    pub(super) rate: PlanRate,
    /// Nodes that grant it, as last known; at least 1.
    pub(super) nodes: u32,
    /// Nothing can be settled with the others: only the local share is granted, and is spent without account.
    pub(super) alone: bool,
}

impl NodeShare {
    fn nodes(self) -> f64 {
        f64::from(self.nodes.max(1))
    }

    /// Most that this node holds without asking.
    fn full(self) -> f64 {
        f64::from(self.rate.burst) / self.nodes()
    }

    fn per_second(self) -> f64 {
        f64::from(self.rate.per_second) / self.nodes()
    }
}

/// What this node tells the others of its part.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Settlement {
    /// Given back; negative: spent on credit, and owed.
    pub(super) back: f64,
    /// What the others can't have more of than this, as far as this node knows.
    pub(super) known: f64,
    /// An amount that was refused and is still wanted; 0 is none.
    pub(super) want: f64,
}

/// One tenant's part of one budget.
#[derive(Clone, Copy, Debug)]
pub(super) struct LocalBucket {
    /// Leased and not spent; negative: spent on credit since the last settlement.
    held: f64,
    /// What may be spent beyond: this node's part of what was left for all, and of what flowed in since.
    credit: f64,
    /// When `credit` was reckoned.
    as_of: Instant,
    /// When it was last settled; `None`: never.
    settled: Option<Instant>,
    /// Refused, and still wanted.
    wanted: f64,
    wanted_at: Instant,
}

impl LocalBucket {
    /// A tenant that this node has not seen: its whole local share, on credit.
    pub(super) fn new(share: NodeShare, now: Instant) -> Self {
        Self { held: 0.0, credit: share.full(), as_of: now, settled: None, wanted: 0.0, wanted_at: now }
    }

    /// Spends `cost`, or says how long until it would be granted if nobody else spent.
    ///
    /// More than the local share can hold is granted when that is full, and owed.
    pub(super) fn spend(&mut self, cost: f64, share: NodeShare, now: Instant) -> Result<(), Duration> {
        self.grow(share, now);
        let lacking = cost.min(share.full()) - self.available();
        // What was added up in fractions is a hair short at times.
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

    /// Gives back what was spent and not needed.
    pub(super) fn refund(&mut self, points: f64, share: NodeShare, now: Instant) {
        self.grow(share, now);
        if share.alone {
            self.credit = (self.credit + points).min(share.full()).max(self.credit);
        } else {
            // What was spent on credit is credit again.
            self.credit += points.min(-self.held.min(0.0));
            self.held += points;
        }
    }

    /// What the tenant has left over all nodes, as far as this one knows: whole, at most the burst.
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

    /// Whether so little is left that more should be asked for at once.
    pub(super) fn is_low(&self, share: NodeShare) -> bool {
        self.available() < share.full() / 4.0
    }

    /// Whether it holds anything that others could use.
    pub(super) fn is_holding(&self) -> bool {
        self.held > 0.0
    }

    /// Whether an amount that was refused is still waited for.
    pub(super) fn is_wanting(&self, now: Instant) -> bool {
        self.wanted > 0.0 && now.saturating_duration_since(self.wanted_at) < WANTED
    }

    /// What to tell the others. What it gives back counts until [`LocalBucket::settle`] replaces it.
    pub(super) fn settlement(&mut self, share: NodeShare, now: Instant) -> Settlement {
        self.grow(share, now);
        let want = if self.is_wanting(now) { self.wanted } else { 0.0 };
        if share.alone {
            return Settlement { back: 0.0, known: self.credit.max(0.0) * share.nodes(), want };
        }
        let known = if self.settled.is_some() {
            self.credit.max(0.0) * share.nodes()
        } else {
            // What was spent on the first credit is owed, not unknown.
            f64::from(share.rate.burst)
        };
        Settlement { back: self.held, known, want }
    }

    /// The others' answer to `settlement`: a new slice, and what is left for all (negative: owed by all).
    pub(super) fn settle(&mut self, settlement: Settlement, slice: f64, left: f64, share: NodeShare, now: Instant) {
        self.held += slice - settlement.back;
        let part = if left > 0.0 { left / share.nodes() } else { left };
        // What was spent on credit while the answer was under way is not in it.
        self.credit = part + self.held.min(0.0);
        (self.as_of, self.settled) = (now, Some(now));
    }

    /// The others can't be reached: what is held is all there is, up to the local share, and nothing is owed.
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

    /// What the nodes share, as the script in Redis keeps it.
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
    fn two_nodes_that_settle_grant_the_plan_and_no_more() {
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
    fn one_of_two_nodes_grants_nearly_all_of_it() {
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
    fn a_moment_without_the_others_is_settled_to_the_point() {
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
    fn alone_it_grants_its_part_and_is_never_locked_out() {
        let start = Instant::now();
        let mut bucket = LocalBucket::new(share(2, true), start);
        let mut granted = 0;
        for ms in 0..10_000_u32 {
            granted += drain(&mut bucket, share(2, true), start + MS * ms);
        }
        assert!((348..=351).contains(&granted), "{granted} of 100 + 25 × 10");
        let wait = bucket.spend(1.0, share(2, true), start + MS * 9_999).unwrap_err();
        assert!(wait <= MS * 40, "{wait:?}");
        // The others are back, with a bucket that knows nothing of this and is full.
        let settlement = bucket.settlement(share(2, true), start + MS * 9_999);
        assert!(settlement.back == 0.0 && settlement.known < 2.0, "{settlement:?}");
    }

    #[test]
    fn a_cost_above_the_local_part_is_granted_when_that_is_full_and_owed() {
        let start = Instant::now();
        let mut bucket = LocalBucket::new(share(4, false), start);
        bucket.spend(150.0, share(4, false), start).unwrap();
        assert_eq!(bucket.settlement(share(4, false), start), Settlement { back: -150.0, known: 200.0, want: 0.0 });
        assert!(bucket.spend(1.0, share(4, false), start).is_err());
        assert!(bucket.is_low(share(4, false)) && bucket.is_wanting(start) && !bucket.is_wanting(start + WANTED));
    }

    #[test]
    fn what_a_frozen_node_held_is_void() {
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
    fn a_refund_is_there_again() {
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
