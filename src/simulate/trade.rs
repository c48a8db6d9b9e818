//! What customers buy: how often, for how much, on which terms, and what goes wrong with it.

use super::Plan;
use super::calendar::Calendar;
use super::draw::{between, happens, normal, pick, poisson};
use super::payer::Archetype;
use crate::core::amount::SCALE;
use crate::core::{Amount, Currency};
use crate::numeric::Rng;
use rand::RngExt;

/// Median of the customers' invoices per month, and deviation of its log.
const RATE_MEDIAN: f64 = 1.55;
const RATE_SPREAD: f64 = 0.95;
/// Least and largest number of invoices a month.
const RATE_RANGE: (f64, f64) = (0.3, 20.0);
/// Log of the customers' median invoice in euros, and its deviation.
const LN_AMOUNT: (f64, f64) = (6.8, 1.1);
/// No invoice is smaller than this many euros.
const LEAST_AMOUNT: f64 = 5.0;
/// Net terms in days and their share.
const TERMS: [(i32, f64); 4] = [(14, 0.15), (30, 0.50), (45, 0.15), (60, 0.20)];
/// Share of the customers whose invoices carry either of two terms.
const MIXED_TERMS_SHARE: f64 = 0.2;
/// Demand by month of the year from January, on average 1.
const DEMAND: [f64; 12] = [0.9, 0.95, 1.05, 1.0, 1.0, 1.05, 0.95, 0.8, 1.1, 1.1, 1.1, 1.0];

/// A currency as the simulation needs it: units for one euro, and the smallest coin in ten-thousandths of a unit.
#[derive(Debug, PartialEq)]
pub(super) struct Tender {
    pub code: &'static str,
    pub per_euro: f64,
    pub coin: i64,
}

impl Tender {
    pub fn currency(&self) -> Currency {
        Currency::try_new(self.code).unwrap_or(Currency::NONE)
    }
}

pub(super) const TENDERS: [Tender; 5] = [
    Tender { code: "EUR", per_euro: 1.0, coin: 100 },
    Tender { code: "USD", per_euro: 1.08, coin: 100 },
    Tender { code: "GBP", per_euro: 0.86, coin: 100 },
    Tender { code: "JPY", per_euro: 160.0, coin: 10_000 },
    Tender { code: "KWD", per_euro: 0.333, coin: 10 },
];

/// On which days invoices are issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Billing {
    /// Most of them on the month's last business day.
    MonthEnd,
    /// On one weekday, 0 = Monday.
    Weekly(usize),
    /// On any business day.
    AnyDay,
}

/// An early-payment discount as it stands on the invoices.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Discount {
    /// Part of the amount.
    pub rate: f64,
    /// Days after issue.
    pub days: i32,
    /// Whether this customer is one who takes it.
    pub taken: bool,
}

/// What a customer buys and what goes wrong with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Trade {
    /// Of all its invoices.
    pub currency: Currency,
    pub(super) tender: &'static Tender,
    /// Mean number of invoices a month.
    pub invoices_per_month: f64,
    /// Median invoice, in units of the currency.
    pub amount: f64,
    /// Deviation of an invoice's log amount.
    pub amount_spread: f64,
    /// On which days invoices are issued.
    pub billing: Billing,
    /// Net terms in days; the second is used on `second_terms_prob` of the invoices.
    pub terms_days: [i32; 2],
    /// Share of invoices on the second terms.
    pub second_terms_prob: f64,
    /// Discount offered.
    pub discount: Option<Discount>,
    /// Probability a day, in the first 30 days, that an invoice is disputed.
    pub dispute_prob: f64,
    /// Probability that an invoice above the customer's median is paid in instalments.
    pub instalment_prob: f64,
    /// Probability that the last payment falls a little short.
    pub short_prob: f64,
    /// Probability that the last payment is too much.
    pub over_prob: f64,
    /// Probability that a part of an invoice is credited soon after issue.
    pub part_credit_prob: f64,
    /// Probability that a credit note on account is issued along with an invoice.
    pub credit_note_prob: f64,
}

impl Trade {
    /// Two invoices a month of about 900 euros, at 30 days.
    pub(super) fn plain(rng: &mut Rng) -> Self {
        Self {
            currency: TENDERS[0].currency(),
            tender: &TENDERS[0],
            invoices_per_month: 2.0,
            amount: normal(rng, LN_AMOUNT.0, LN_AMOUNT.1).exp(),
            amount_spread: 0.6,
            billing: Billing::AnyDay,
            terms_days: [30; 2],
            second_terms_prob: 0.0,
            discount: None,
            dispute_prob: 0.0,
            instalment_prob: 0.0,
            short_prob: 0.0,
            over_prob: 0.0,
            part_credit_prob: 0.0,
            credit_note_prob: 0.0,
        }
    }

    pub(super) fn draw(rng: &mut Rng, archetype: Archetype, code: &str, plan: &Plan) -> Self {
        let tender = TENDERS.iter().find(|t| t.code == code).unwrap_or(&TENDERS[0]);
        let small = if archetype == Archetype::Volatile { 0.45 } else { 1.0 };
        let rate = RATE_MEDIAN * small * normal(rng, 0.0, RATE_SPREAD).exp();
        let billing = match rng.random_range(0..10) {
            0..3 => Billing::MonthEnd,
            3..6 => Billing::Weekly(rng.random_range(0..5)),
            _ => Billing::AnyDay,
        };
        let mut terms = || pick(rng, &TERMS, |t| t.1).0;
        let terms_days = [terms(), terms()];
        let mut trade = Self {
            currency: tender.currency(),
            tender,
            invoices_per_month: rate.clamp(RATE_RANGE.0, RATE_RANGE.1),
            amount: normal(rng, LN_AMOUNT.0, LN_AMOUNT.1).exp() * small * tender.per_euro,
            amount_spread: between(rng, 0.2, 0.9),
            billing,
            terms_days,
            second_terms_prob: if happens(rng, MIXED_TERMS_SHARE) { between(rng, 0.1, 0.5) } else { 0.0 },
            discount: discount(rng),
            ..Self::plain(rng)
        };
        if plan.disputes {
            trade.dispute_prob = 0.001 * normal(rng, 0.0, 0.8).exp();
        }
        if plan.partials {
            trade.instalment_prob = if happens(rng, 0.2) { between(rng, 0.1, 0.4) } else { 0.0 };
            trade.short_prob = if happens(rng, 0.25) { between(rng, 0.02, 0.12) } else { 0.004 };
            trade.over_prob = 0.003;
            trade.part_credit_prob = 0.015;
            trade.credit_note_prob = 0.008;
        }
        trade
    }

    /// Days of month `m` on which invoices are issued, in order.
    pub(super) fn issue_days(&self, rng: &mut Rng, calendar: &Calendar, m: usize, out: &mut Vec<usize>) {
        out.clear();
        let business = calendar.business_days(m);
        let demand = DEMAND[calendar.day(calendar.month_start[m]).civil().1 as usize - 1];
        if !business.is_empty() {
            let n = poisson(rng, self.invoices_per_month * demand);
            out.extend((0..n).map(|_| self.issue_day(rng, calendar, business)));
        }
        out.sort_unstable();
    }

    /// One of a month's business days, by the habit of billing; `business` is not empty.
    fn issue_day(&self, rng: &mut Rng, calendar: &Calendar, business: &[usize]) -> usize {
        let any = business[rng.random_range(0..business.len())];
        match self.billing {
            Billing::MonthEnd if happens(rng, 0.8) => business[business.len() - 1],
            Billing::Weekly(weekday) => {
                let moved = (any + weekday).wrapping_sub(calendar.day(any).weekday());
                if business.contains(&moved) { moved } else { any }
            }
            _ => any,
        }
    }

    /// Amount of an invoice whose log amount lies `z` deviations from the customer's median.
    pub(super) fn amount_at(&self, z: f64) -> Amount {
        let least = LEAST_AMOUNT * self.tender.per_euro;
        self.rounded((self.amount * (self.amount_spread * z).exp()).max(least))
    }

    /// Two and a half times what is usually open, in hundreds.
    pub(super) fn credit_limit(&self) -> Amount {
        let open = self.amount * self.invoices_per_month * f64::from(self.terms_days[0]) / 30.0;
        let hundred = 100.0 * self.tender.per_euro.round().max(1.0);
        self.rounded((2.5 * open / hundred).ceil() * hundred)
    }

    /// The nearest amount in whole coins, one at the least.
    pub(super) fn rounded(&self, units: f64) -> Amount {
        let coins = (units * SCALE as f64 / self.tender.coin as f64).round() as i64;
        Amount(coins.max(1) * self.tender.coin)
    }
}

fn discount(rng: &mut Rng) -> Option<Discount> {
    happens(rng, 0.08).then(|| Discount {
        rate: if happens(rng, 0.7) { 0.02 } else { 0.03 },
        days: if happens(rng, 0.7) { 10 } else { 8 },
        taken: happens(rng, 0.6),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::rng;

    #[test]
    fn amounts_are_in_whole_coins_of_their_currency() {
        let rng = &mut rng(1, "trade", 0);
        let plan = Plan::new(1, 12, 0);
        for (code, coin) in [("EUR", 100), ("JPY", 10_000), ("KWD", 10)] {
            let trade = Trade::draw(rng, Archetype::Prompt, code, &plan);
            for z in [-9.0, -0.3, 1.7] {
                let amount = trade.amount_at(z);
                assert!(amount.0 % coin == 0 && amount > Amount::ZERO, "{code} {amount}");
            }
        }
        assert_eq!(Trade::plain(rng).rounded(12.345_678).to_string(), "12.35");
    }

    #[test]
    fn month_end_billing_falls_on_the_last_business_day() {
        let rng = &mut rng(2, "trade", 0);
        let calendar = Calendar::new(&Plan::new(1, 12, 0));
        let trade = Trade { billing: Billing::MonthEnd, invoices_per_month: 20.0, ..Trade::plain(rng) };
        let mut days = Vec::new();
        let (mut last, mut n) = (0, 0);
        for m in 0..12 {
            trade.issue_days(rng, &calendar, m, &mut days);
            assert!(days.iter().all(|&t| calendar.business[t] && usize::from(calendar.month[t]) == m));
            let end = days.iter().max().copied().unwrap();
            last += days.iter().filter(|&&t| t == end).count();
            n += days.len();
        }
        // four in five, and one in twenty of the others
        assert!((0.72..0.9).contains(&(last as f64 / n as f64)), "{last} of {n}");
    }
}
