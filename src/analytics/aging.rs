//! Open amounts by how long they are past due.

use crate::core::{AgingBucket, Amount, Currency, TextColumn};
use crate::ledger::{Known, Segment};
use crate::policy::ValidPolicy;

/// The segment that holds every invoice.
const ALL: &str = "all";
/// The bucket of credits that no invoice has used.
const UNAPPLIED: &str = "unapplied";

/// Open amounts by age: one entry a row in each column, by currency, then segment, `all` first and the others as
/// [`Known`] has them, then bucket from the youngest to the oldest, `unapplied` last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Aging {
    /// Currency of the amount.
    pub currency: Vec<Currency>,
    /// `all`, or `name=value`, where the value is empty for invoices that have none.
    pub segment: TextColumn,
    /// `current`, `1-30`, ..., `unapplied`.
    pub bucket: TextColumn,
    /// Open amount in the bucket; of `unapplied`, the credits on account as a number at or below zero.
    pub amount: Vec<Amount>,
    /// Open invoices in the bucket; 0 of `unapplied`.
    pub n_invoices: Vec<u32>,
}

/// Ages the open invoices by `days_past_due`, with the policy's buckets.
///
/// Each currency that has an open invoice or a credit has every bucket, and so has each group of a segment. The buckets
/// of a currency sum to its open amount less its unapplied credits, exactly, and so do the groups of each segment: a
/// credit on account is of the value that all known invoices of its customer have, of none if they differ.
///
/// `open` holds the ledger indices of the open invoices, as [`Known::open_invoices`] gives them.
///
/// # Example
/// ```
/// # use arrears::{analytics::aging, core::Day, ledger::Ledger};
/// let known = Ledger::default().known_at(Day(0));
/// let table = aging(&known, &known.open_invoices(), &arrears::policy::parse("", "defaults")?);
/// assert!(table.amount.is_empty());
/// # Ok::<(), arrears::policy::PolicyError>(())
/// ```
pub fn aging(known: &Known, open: &[u32], policy: &ValidPolicy) -> Aging {
    let buckets = AgingBucket::from_edges(&policy.ledger.aging_edges_days);
    let names: Vec<String> =
        std::iter::once(ALL.to_owned()).chain(known.segments.iter().flat_map(Segment::titles)).collect();
    let mut sums = vec![Sums::new(buckets.len()); known.currency_code.len() * names.len()];
    for &i in open {
        let i = i as usize;
        let days_past_due = known.as_of().0.saturating_sub(known.due[i]);
        let bucket = buckets.partition_point(|b| b.to < days_past_due);
        each_group(
            known,
            known.currency[i],
            |s| s.code[i],
            |at| {
                sums[at].amount[bucket] += known.open_amount[i];
                sums[at].n_invoices[bucket] += 1;
            },
        );
    }
    for credit in &known.credits {
        let invoices = known.invoices_of(credit.customer as usize);
        each_group(
            known,
            credit.currency,
            |s| s.common(invoices.clone()),
            |at| {
                sums[at].credit += credit.amount;
            },
        );
    }

    let mut out = Aging::default();
    for (&currency, of_currency) in known.currency_code.iter().zip(sums.chunks(names.len())) {
        for (segment, sums) in names.iter().zip(of_currency).filter(|(_, sums)| !sums.is_empty()) {
            for (k, bucket) in buckets.iter().enumerate() {
                out.push((currency, segment), &bucket.name(), sums.amount[k], sums.n_invoices[k]);
            }
            out.push((currency, segment), UNAPPLIED, -sums.credit, 0);
        }
    }
    out
}

/// The places in the sums of everything that is of a currency, and in each segment of the code that `code` says.
fn each_group(known: &Known, currency: u16, code: impl Fn(&Segment) -> u32, mut take: impl FnMut(usize)) {
    let width = 1 + known.segments.iter().map(Segment::n_groups).sum::<usize>();
    let all = usize::from(currency) * width;
    take(all);
    let mut first = all + 1;
    for segment in &known.segments {
        take(first + segment.group(code(segment)));
        first += segment.n_groups();
    }
}

#[derive(Debug, Clone)]
struct Sums {
    amount: Vec<Amount>,
    n_invoices: Vec<u32>,
    credit: Amount,
}

impl Sums {
    fn new(n_buckets: usize) -> Self {
        Self { amount: vec![Amount::ZERO; n_buckets], n_invoices: vec![0; n_buckets], credit: Amount::ZERO }
    }

    fn is_empty(&self) -> bool {
        self.credit == Amount::ZERO && self.n_invoices.iter().all(|&n| n == 0)
    }
}

impl Aging {
    fn push(&mut self, (currency, segment): (Currency, &str), bucket: &str, amount: Amount, n_invoices: u32) {
        self.currency.push(currency);
        self.segment.push(segment);
        self.bucket.push(bucket);
        self.amount.push(amount);
        self.n_invoices.push(n_invoices);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::Day;
    use crate::ledger::{AccountCredit, InvoiceRows, Ledger, NO_VALUE, Segment, SettlementRows, sample};
    use crate::policy::parse;

    fn table(rows: InvoiceRows) -> Vec<(String, String, String, u32)> {
        let known = Ledger::try_new(rows, SettlementRows::default()).unwrap().known_at(Day(100));
        let a = aging(&known, &known.open_invoices(), &parse("", "defaults").unwrap());
        let text =
            |r: usize| (a.currency[r].to_string(), a.bucket.get(r).to_owned(), a.amount[r].to_string());
        (0..a.amount.len()).map(|r| (text(r), a.n_invoices[r])).map(|((c, b, m), n)| (c, b, m, n)).collect()
    }

    fn row(currency: &str, bucket: &str, amount: &str, n: u32) -> (String, String, String, u32) {
        (currency.to_owned(), bucket.to_owned(), amount.to_owned(), n)
    }

    #[test]
    fn each_bucket_holds_its_first_and_its_last_day() {
        let due = [130, 100, 99, 70, 69, 40, 39, 10, 9, -900];
        let ids: Vec<String> = (0..due.len()).map(|i| i.to_string()).collect();
        let bills: Vec<_> = ids.iter().zip(due).map(|(id, d)| (id.as_str(), "A", "EUR", d, "0.01")).collect();
        let names = ["current", "1-30", "31-60", "61-90", "91+"];
        let mut wanted: Vec<_> = names.map(|b| row("EUR", b, "0.02", 2)).to_vec();
        wanted.push(row("EUR", "unapplied", "0.00", 0));
        assert_eq!(table(sample::invoices(&bills)), wanted);
    }

    #[test]
    fn segments_share_the_buckets_of_all() {
        let mut rows = sample::invoices(&[
            ("1", "A", "EUR", 95, "10"),
            ("2", "A", "EUR", 95, "5"),
            ("3", "A", "EUR", 110, "1"),
        ]);
        let unit = Segment {
            name: "business_unit".into(),
            label: ["South", "North"].map(str::to_owned).to_vec(),
            code: vec![0, 0, 1],
        };
        let country =
            Segment { name: "country".into(), label: vec!["DE".into()], code: vec![0, 0, NO_VALUE] };
        rows.segments = vec![unit, country];
        rows.credits =
            vec![AccountCredit { customer: 0, currency: 0, day: 50, known: 50, amount: Amount(20_000) }];
        let known = Ledger::try_new(rows, SettlementRows::default()).unwrap().known_at(Day(100));
        let a = aging(&known, &known.open_invoices(), &parse("", "defaults").unwrap());
        let of = |segment: &str| -> Vec<String> {
            let rows = (0..a.amount.len()).filter(|r| a.segment.get(*r) == segment);
            rows.map(|r| format!("{} {}", a.amount[r], a.n_invoices[r])).collect()
        };
        assert_eq!(of("all")[..2], ["1.00 1", "15.00 2"]);
        assert_eq!(of("business_unit=South")[..2], ["0.00 0", "15.00 2"]);
        assert_eq!(of("business_unit=North")[..2], ["1.00 1", "0.00 0"]);
        // a credit is of the value that all invoices of its customer have
        assert_eq!((of("all")[5].as_str(), of("business_unit=")[5].as_str()), ("-2.00 0", "-2.00 0"));
        assert_eq!(
            (of("country=DE")[..2].join(" "), of("country=DE")[5].as_str()),
            ("0.00 0 15.00 2".into(), "0.00 0")
        );
        assert_eq!((of("country=")[0].as_str(), of("country=")[5].as_str()), ("1.00 1", "-2.00 0"));
        let names: Vec<&str> = a.segment.iter().step_by(6).collect();
        let expected =
            ["all", "business_unit=North", "business_unit=South", "business_unit=", "country=DE", "country="];
        assert_eq!((names, a.amount.len()), (expected.to_vec(), 36));
    }

    #[test]
    fn a_currency_that_only_has_credits_has_every_bucket_too() {
        let mut rows = sample::invoices(&[("1", "A", "EUR", 95, "10"), ("2", "A", "USD", 900, "5")]);
        let credit = |currency, amount| AccountCredit { customer: 0, currency, day: 50, known: 50, amount };
        rows.credits = vec![credit(1, Amount(12_500)), credit(1, Amount(7_500)), credit(0, Amount(100_000))];
        let t = table(rows);
        assert_eq!(t.len(), 12);
        assert_eq!((&t[1], &t[5]), (&row("EUR", "1-30", "10.00", 1), &row("EUR", "unapplied", "-10.00", 0)));
        // the invoice in dollars is issued after as_of
        assert_eq!(
            (&t[6], &t[11]),
            (&row("USD", "current", "0.00", 0), &row("USD", "unapplied", "-2.00", 0))
        );
    }
}
