//! Segments from the easiest to the hardest to collect, and what each is worth.

use super::priority::Stakes;
use super::worklist::Portion;
use crate::core::Amount;
use crate::ledger::Segment;
use crate::score::InvoiceScore;

/// The segment of every invoice.
const ALL: &str = "all";
/// The name of the segments that currencies are.
const CURRENCY: &str = "currency";
/// Places of 30 and 90 days among [`crate::score::PAID_DAYS`].
const PAID_30: usize = 2;
const PAID_90: usize = 4;

/// What is open in one segment, in the reporting currency.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentRow {
    /// `all`, or `name=value`.
    pub segment: String,
    /// Among the values of the same name, 1 for the easiest: the largest `keep_rate`; none for `all`.
    pub rank: Option<u32>,
    /// Open invoices.
    pub n_invoices: u64,
    /// What is open.
    pub open_amount: Amount,
    /// What of it is past due by a day or more.
    pub overdue_amount: Amount,
    /// Expected within 30 days.
    pub expected_30: f64,
    /// Expected within 90 days.
    pub expected_90: f64,
    /// Expected to be open past the loss horizon.
    pub expected_unpaid: f64,
    /// Mean days until settlement by amount; unpaid counts to the horizon.
    pub expected_days: f64,
    /// Value today of what is open: less the cost of capital until it comes, and what is lost.
    pub keep_value: f64,
    /// What the actions of the worklist gain, net of their cost.
    pub expected_gain: f64,
    /// What they cost.
    pub cost: f64,
}

impl SegmentRow {
    /// Share of what is open that is expected never to be paid, by amount.
    pub fn unpaid_prob(&self) -> f64 {
        per(self.expected_unpaid, self.open_amount)
    }

    /// Value today of one unit of what is open.
    pub fn keep_rate(&self) -> f64 {
        per(self.keep_value, self.open_amount)
    }
}

/// A sum by unit of what is open; 0 of nothing, which a small amount may be once it is converted.
fn per(sum: f64, open: Amount) -> f64 {
    if open > Amount::ZERO { sum / open.to_f64() } else { 0.0 }
}

/// Adds up what is open by segment: `all`, each currency, each value of each column that is a segment.
///
/// Easy is what is worth much of what is billed: `keep_rate = keep_value / open_amount` with the value of an invoice kept,
/// `1 - c E - u l (1 - c H)` a unit ([`crate::collect`] cannot see the money questions, so it is given). The values of one
/// name, each invoice being of one of them, sum to `all`; a name's easiest value is first.
///
/// # Shapes and units
/// One entry an open invoice, in the order of `stakes.open`: `portions` in the reporting currency, `scores`,
/// `expected_days`, `keep_rate` in value a unit.
///
/// # Panics
/// If the columns differ in length.
pub fn segments(
    stakes: &Stakes<'_>,
    portions: &[Portion],
    scores: &[InvoiceScore],
    expected_days: &[f64],
    keep_rate: &[f64],
) -> Vec<SegmentRow> {
    let (known, n) = (stakes.known, stakes.open.len());
    assert!([portions.len(), scores.len(), expected_days.len(), keep_rate.len()] == [n; 4]);
    let currencies = known.currency_code.iter().map(|c| format!("{CURRENCY}={c}")).collect();
    let mut out = Vec::new();
    let mut add = |titles: Vec<String>, group: &dyn Fn(usize) -> usize| {
        let mut sums = vec![Sum::default(); titles.len()];
        for (k, &i) in stakes.open.iter().enumerate() {
            let is_overdue = known.due[i as usize] < known.as_of().0;
            let (portion, score) = (&portions[k], &scores[k]);
            sums[group(i as usize)].add(portion, score, is_overdue, expected_days[k], keep_rate[k]);
        }
        let rows = titles.into_iter().zip(&sums).filter(|(_, sum)| sum.n_invoices > 0);
        let mut rows: Vec<SegmentRow> = rows.map(|(title, sum)| sum.row(title)).collect();
        rows.sort_by(|a, b| b.keep_rate().total_cmp(&a.keep_rate()).then_with(|| a.segment.cmp(&b.segment)));
        if rows.iter().any(|row| row.segment != ALL) {
            rows.iter_mut().zip(1..).for_each(|(row, rank)| row.rank = Some(rank));
        }
        out.append(&mut rows);
    };
    add(vec![ALL.to_owned()], &|_| 0);
    add(currencies, &|i| usize::from(known.currency[i]));
    for segment in &known.segments {
        add(Segment::titles(segment), &|i| segment.group(segment.code[i]));
    }
    out
}

/// What has been added up so far, days and probabilities by amount.
#[derive(Debug, Clone, Default)]
struct Sum {
    n_invoices: u64,
    open: i64,
    overdue: i64,
    expected_30: f64,
    expected_90: f64,
    unpaid: f64,
    days: f64,
    keep: f64,
    gain: f64,
    cost: f64,
}

impl Sum {
    fn add(&mut self, portion: &Portion, score: &InvoiceScore, is_overdue: bool, days: f64, keep_rate: f64) {
        let open = portion.open_amount.to_f64();
        self.n_invoices += 1;
        self.open += portion.open_amount.0;
        self.overdue += if is_overdue { portion.open_amount.0 } else { 0 };
        self.expected_30 += score.expected_cash[PAID_30];
        self.expected_90 += score.expected_cash[PAID_90];
        self.unpaid += open * score.unpaid_prob;
        self.days += open * days;
        self.keep += open * keep_rate;
        self.gain += portion.gain;
        self.cost += portion.cost;
    }

    fn row(&self, segment: String) -> SegmentRow {
        SegmentRow {
            segment,
            rank: None,
            n_invoices: self.n_invoices,
            open_amount: Amount(self.open),
            overdue_amount: Amount(self.overdue),
            expected_30: self.expected_30,
            expected_90: self.expected_90,
            expected_unpaid: self.unpaid,
            expected_days: per(self.days, Amount(self.open)),
            keep_value: self.keep,
            expected_gain: self.gain - self.cost,
            cost: self.cost,
        }
    }
}
