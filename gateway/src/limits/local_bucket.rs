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
pub(super) struct Terms {
    /// What the budget grants, all nodes together.
    pub(super) rate: PlanRate,
    /// Nodes that grant it, as last known; at least 1.
    pub(super) nodes: u32,
    /// Nothing can be settled with the others: only the local share is granted, and is spent without account.
    pub(super) alone: bool,
}

impl Terms {
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
pub(super) struct Offer {
    /// Given back; negative: spent on credit, and owed.
    pub(super) back: f64,
    /// What the others can't have more of than this, as far as this node knows.
    pub(super) known: f64,
    /// An amount that was refused and is still wanted; 0 is none.
    pub(super) want: f64,
}

/// One tenant's part of one budget.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share {
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

impl Share {
    /// A tenant that this node has not seen: its whole local share, on credit.
    pub(super) fn new(terms: Terms, now: Instant) -> Self {
        Self { held: 0.0, credit: terms.full(), as_of: now, settled: None, wanted: 0.0, wanted_at: now }
    }

    /// Spends `cost`, or says how long until it would be granted if nobody else spent.
    ///
    /// More than the local share can hold is granted when that is full, and owed.
    pub(super) fn spend(&mut self, cost: f64, terms: Terms, now: Instant) -> Result<(), Duration> {
        self.grow(terms, now);
        let lacking = cost.min(terms.full()) - self.available();
        // What was added up in fractions is a hair short at times.
        if lacking > 1e-6 {
            (self.wanted, self.wanted_at) = (self.wanted.max(cost), now);
            let per_second = if terms.alone { terms.per_second() } else { f64::from(terms.rate.per_second) };
            return Err(Duration::try_from_secs_f64(lacking / per_second).unwrap_or(Duration::MAX));
        }
        let from_held = self.held.clamp(0.0, cost);
        self.credit -= cost - from_held;
        self.held -= if terms.alone { from_held } else { cost };
        if cost >= self.wanted {
            self.wanted = 0.0;
        }
        Ok(())
    }

    /// Gives back what was spent and not needed.
    pub(super) fn refund(&mut self, points: f64, terms: Terms, now: Instant) {
        self.grow(terms, now);
        if terms.alone {
            self.credit = (self.credit + points).min(terms.full()).max(self.credit);
        } else {
            // What was spent on credit is credit again.
            self.credit += points.min(-self.held.min(0.0));
            self.held += points;
        }
    }

    /// What the tenant has left over all nodes, as far as this one knows: whole, at most the burst.
    pub(super) fn remaining(&mut self, terms: Terms, now: Instant) -> u32 {
        self.grow(terms, now);
        let all = self.held.max(0.0) + self.credit * terms.nodes();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped; a float's cast saturates"
        )]
        let whole = all.clamp(0.0, f64::from(terms.rate.burst)) as u32;
        whole
    }

    /// Whether so little is left that more should be asked for at once.
    pub(super) fn is_low(&self, terms: Terms) -> bool {
        self.available() < terms.full() / 4.0
    }

    /// Whether it holds anything that others could use.
    pub(super) fn is_holding(&self) -> bool {
        self.held > 0.0
    }

    /// Whether an amount that was refused is still waited for.
    pub(super) fn is_wanting(&self, now: Instant) -> bool {
        self.wanted > 0.0 && now.saturating_duration_since(self.wanted_at) < WANTED
    }

    /// What to tell the others. What it gives back counts until [`Share::settle`] replaces it.
    pub(super) fn offer(&mut self, terms: Terms, now: Instant) -> Offer {
        self.grow(terms, now);
        let want = if self.is_wanting(now) { self.wanted } else { 0.0 };
        if terms.alone {
            return Offer { back: 0.0, known: self.credit.max(0.0) * terms.nodes(), want };
        }
        let known = if self.settled.is_some() {
            self.credit.max(0.0) * terms.nodes()
        } else {
            // What was spent on the first credit is owed, not unknown.
            f64::from(terms.rate.burst)
        };
        Offer { back: self.held, known, want }
    }

    /// The others' answer to `offer`: a new slice, and what is left for all (negative: owed by all).
    pub(super) fn settle(&mut self, offer: Offer, slice: f64, left: f64, terms: Terms, now: Instant) {
        self.held += slice - offer.back;
        let part = if left > 0.0 { left / terms.nodes() } else { left };
        // What was spent on credit while the answer was under way is not in it.
        self.credit = part + self.held.min(0.0);
        (self.as_of, self.settled) = (now, Some(now));
    }

    /// The others can't be reached: what is held is all there is, up to the local share, and nothing is owed.
    pub(super) fn part(&mut self, terms: Terms, now: Instant) {
        self.grow(terms, now);
        self.credit = (self.credit + self.held.max(0.0)).clamp(0.0, terms.full());
        self.held = 0.0;
    }

    fn available(&self) -> f64 {
        self.held.max(0.0) + self.credit
    }

    fn grow(&mut self, terms: Terms, now: Instant) {
        let passed = now.saturating_duration_since(self.as_of);
        self.as_of = now;
        if self.settled.is_some_and(|settled| now.saturating_duration_since(settled) > LEASE) {
            self.held = self.held.min(0.0);
        }
        let most = terms.full() - self.held.max(0.0);
        if self.credit < most {
            self.credit = (self.credit + terms.per_second() * passed.as_secs_f64()).min(most);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: PlanRate = PlanRate { per_second: 50, burst: 200 };
    const MS: Duration = Duration::from_millis(1);

    fn terms(nodes: u32, alone: bool) -> Terms {
        Terms { rate: RATE, nodes, alone }
    }

    /// What the nodes share, as the script in Redis keeps it.
    struct Bucket {
        tokens: f64,
        at: Instant,
    }

    impl Bucket {
        fn exchange(&mut self, share: &mut Share, terms: Terms, now: Instant) {
            let offer = share.offer(terms, now);
            self.tokens += now.duration_since(self.at).as_secs_f64() * f64::from(RATE.per_second);
            self.at = now;
            self.tokens = (self.tokens + offer.back).clamp(-f64::from(RATE.burst), f64::from(RATE.burst));
            let slice = (self.tokens / 2.0).max(offer.want).ceil().min(self.tokens.floor()).max(0.0);
            self.tokens -= slice;
            share.settle(offer, slice, self.tokens.floor(), terms, now);
        }
    }

    fn drain(share: &mut Share, terms: Terms, now: Instant) -> u32 {
        let mut granted = 0;
        while share.spend(1.0, terms, now).is_ok() {
            granted += 1;
        }
        granted
    }

    #[test]
    fn two_nodes_that_settle_grant_the_plan_and_no_more() {
        let start = Instant::now();
        let (both, mut bucket) = (terms(2, false), Bucket { tokens: 200.0, at: start });
        let mut shares = [Share::new(both, start), Share::new(both, start)];
        let mut granted = 0;
        for ms in 0..60_000_u32 {
            let now = start + MS * ms;
            for (turn, share) in shares.iter_mut().enumerate() {
                granted += drain(share, both, now);
                if ms % 50 == u32::try_from(turn).unwrap() * 20 {
                    bucket.exchange(share, both, now);
                }
            }
        }
        assert!((3_190..=3_210).contains(&granted), "{granted} of 200 + 50 × 60");
    }

    #[test]
    fn one_of_two_nodes_grants_nearly_all_of_it() {
        let start = Instant::now();
        let (both, mut bucket) = (terms(2, false), Bucket { tokens: 200.0, at: start });
        let mut share = Share::new(both, start);
        let mut granted = 0;
        for ms in 0..60_000_u32 {
            let now = start + MS * ms;
            granted += drain(&mut share, both, now);
            if ms % 50 == 0 {
                bucket.exchange(&mut share, both, now);
            }
        }
        assert!((3_150..=3_210).contains(&granted), "{granted} of 200 + 50 × 60");
    }

    #[test]
    fn a_moment_without_the_others_is_settled_to_the_point() {
        let start = Instant::now();
        let (both, mut bucket) = (terms(2, false), Bucket { tokens: 200.0, at: start });
        let mut shares = [Share::new(both, start), Share::new(both, start)];
        let mut granted = 0;
        for ms in 0..60_000_u32 {
            let now = start + MS * ms;
            for (turn, share) in shares.iter_mut().enumerate() {
                granted += drain(share, both, now);
                let is_cut_off = turn == 0 && (10_000..12_000).contains(&(ms % 20_000));
                if ms % 50 == 0 && !is_cut_off {
                    bucket.exchange(share, both, now);
                }
            }
        }
        assert!((3_190..=3_210).contains(&granted), "{granted} of 200 + 50 × 60");
    }

    #[test]
    fn alone_it_grants_its_part_and_is_never_locked_out() {
        let start = Instant::now();
        let mut share = Share::new(terms(2, true), start);
        let mut granted = 0;
        for ms in 0..10_000_u32 {
            granted += drain(&mut share, terms(2, true), start + MS * ms);
        }
        assert!((348..=351).contains(&granted), "{granted} of 100 + 25 × 10");
        let wait = share.spend(1.0, terms(2, true), start + MS * 9_999).unwrap_err();
        assert!(wait <= MS * 40, "{wait:?}");
        // The others are back, with a bucket that knows nothing of this and is full.
        let offer = share.offer(terms(2, true), start + MS * 9_999);
        assert!(offer.back == 0.0 && offer.known < 2.0, "{offer:?}");
    }

    #[test]
    fn a_cost_above_the_local_part_is_granted_when_that_is_full_and_owed() {
        let start = Instant::now();
        let mut share = Share::new(terms(4, false), start);
        share.spend(150.0, terms(4, false), start).unwrap();
        assert_eq!(share.offer(terms(4, false), start), Offer { back: -150.0, known: 200.0, want: 0.0 });
        assert!(share.spend(1.0, terms(4, false), start).is_err());
        assert!(share.is_low(terms(4, false)) && share.is_wanting(start) && !share.is_wanting(start + WANTED));
    }

    #[test]
    fn what_a_frozen_node_held_is_void() {
        let start = Instant::now();
        let mut share = Share::new(terms(2, false), start);
        let offer = share.offer(terms(2, false), start);
        share.settle(offer, 180.0, 0.0, terms(2, false), start);
        assert_eq!(share.remaining(terms(2, false), start), 180);
        let later = start + LEASE + MS;
        share.spend(1.0, terms(2, false), later).unwrap();
        assert!(!share.is_holding(), "{share:?}");
        assert!(drain(&mut share, terms(2, false), later) <= 100);
    }

    #[test]
    fn a_refund_is_there_again() {
        let start = Instant::now();
        for alone in [false, true] {
            let terms = terms(1, alone);
            let mut share = Share::new(terms, start);
            share.spend(150.0, terms, start).unwrap();
            assert_eq!(share.remaining(terms, start), 50);
            share.refund(100.0, terms, start);
            assert_eq!(share.remaining(terms, start), 150, "{share:?}");
            assert_eq!(share.offer(terms, start).back, if alone { 0.0 } else { -50.0 });
        }
    }
}
