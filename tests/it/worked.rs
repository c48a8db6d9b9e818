//! Worked examples, small enough to redo by hand: one for each key figure and each formula about money, from a ledger
//! to the number, with the source that the formula is taken from.

use arrears::analytics::{
    Chances, Groups, Kpis, Route, compound_discount_rate, credit_insurance, credit_limits, discount_offers,
    expected_days, factoring, factoring_values, handover, instalment_values, instalments, kpis,
    late_interest, payment_methods, provision, roll_rates, simple_discount_rate,
};
use arrears::collect::{Contacts, Reporting, Stakes, priorities, segments};
use arrears::core::{Amount, Currency, Day, TextColumn};
use arrears::ledger::SettlementKind::{self, Cash, WriteOff};
use arrears::ledger::{InvoiceRows, Known, Ledger, Segment, SettlementRows};
use arrears::policy::{ValidPolicy, parse};
use arrears::score::{Curves, InvoiceScore, PartPayments, RiskBand};

/// A Tuesday; what day it is matters only to interest.
const AS_OF: i32 = 20_543;
/// Sums of a few f64.
const EXACT: f64 = 1e-9;

/// Customer, currency, day of issue, due date, amount.
type Bill = (&'static str, &'static str, i32, i32, i64);
/// Place of the bill, day, amount, kind.
type Payment = (u32, i32, i64, SettlementKind);

/// Bills named by their place, and what was paid, as known at the end of a day.
fn known(bills: &[Bill], paid: &[Payment], as_of: i32) -> Known {
    let (rows, settlements) = (invoice_rows(bills), settlement_rows(paid));
    Ledger::try_new(rows, settlements).unwrap().into_known(Day(as_of))
}

fn invoice_rows(bills: &[Bill]) -> InvoiceRows {
    let mut customers: Vec<&str> = bills.iter().map(|b| b.0).collect();
    let mut currencies: Vec<&str> = bills.iter().map(|b| b.1).collect();
    customers.sort_unstable();
    customers.dedup();
    currencies.sort_unstable();
    currencies.dedup();
    let names: Vec<String> = (0..bills.len()).map(|k| format!("{k:02}")).collect();
    InvoiceRows {
        invoice_id: names.iter().map(String::as_str).collect::<TextColumn>(),
        customer: bills.iter().map(|b| customers.iter().position(|c| *c == b.0).unwrap() as u32).collect(),
        customer_id: customers.iter().copied().collect::<TextColumn>(),
        currency: bills.iter().map(|b| currencies.iter().position(|c| *c == b.1).unwrap() as u16).collect(),
        currency_code: currencies.iter().filter_map(|c| Currency::try_new(c)).collect(),
        issue: bills.iter().map(|b| b.2).collect(),
        due: bills.iter().map(|b| b.3).collect(),
        amount: bills.iter().map(|b| units(b.4)).collect(),
        ..InvoiceRows::default()
    }
}

fn settlement_rows(paid: &[Payment]) -> SettlementRows {
    SettlementRows {
        invoice: paid.iter().map(|p| p.0).collect(),
        day: paid.iter().map(|p| p.1).collect(),
        amount: paid.iter().map(|p| units(p.2)).collect(),
        kind: paid.iter().map(|p| p.3).collect(),
        ..SettlementRows::default()
    }
}

fn units(n: i64) -> Amount {
    Amount(n * 10_000)
}

fn policy(text: &str) -> ValidPolicy {
    parse(text, "test").unwrap()
}

fn figures(bills: &[Bill], paid: &[Payment]) -> Kpis {
    let known = known(bills, paid, AS_OF);
    kpis(&known, &Groups::new(&known), &[], &policy(""))
}

/// The value of a definition for all of the only currency.
fn value(kpis: &Kpis, definition_id: &str) -> f64 {
    let is = |r: &&arrears::analytics::KpiRow| r.definition.definition_id == definition_id && r.group == 0;
    kpis.now.iter().find(is).unwrap().figure.value.unwrap()
}

#[track_caller]
fn near(found: f64, wanted: f64) {
    assert!((found - wanted).abs() <= EXACT * wanted.abs().max(1.0), "{found}, wanted {wanted}");
}

/// A share as a person prints it.
fn percent(share: f64) -> String {
    format!("{:.2}", 100.0 * share)
}

/// 600 open and current, 400 open and past due, 800 settled, all sold in the last 90 days; 460 sold before and paid since.
fn quarter() -> Kpis {
    let bills = [
        ("A", "EUR", AS_OF - 10, AS_OF + 20, 600),
        ("A", "EUR", AS_OF - 60, AS_OF - 30, 400),
        ("B", "EUR", AS_OF - 80, AS_OF - 50, 800),
        ("B", "EUR", AS_OF - 120, AS_OF - 91, 460),
    ];
    let paid = [(2, AS_OF - 45, 687, Cash), (2, AS_OF - 5, 113, WriteOff), (3, AS_OF - 40, 460, Cash)];
    figures(&bills, &paid)
}

/// Conventional DSO: 1,000 open / 1,800 sold x 90 days = 50 days. Best possible: 600 current / 1,800 x 90 = 30. Average
/// days delinquent: 50 - 30 = 20. Source: Credit Research Foundation, *Ratios and Formulas in Customer Financial Analysis*.
#[test]
fn dso_its_best_and_the_days_between() {
    let q = quarter();
    near(value(&q, "dso.window.1"), 50.0);
    near(value(&q, "best_possible_dso.window.1"), 30.0);
    near(value(&q, "add.window.1"), 20.0);
}

/// Sales of a year 1,800 x 365 / 90 = 7,300 over a mean of (460 + 1,000) / 2 = 730 are 10 turns. 600 of 1,000 is current.
/// 113 written off of 2,260 sold in a year is 5 %. Source: Credit Research Foundation, *Ratios and Formulas*.
#[test]
fn turnover_share_current_and_bad_debt() {
    let q = quarter();
    near(value(&q, "turnover.window.1"), 10.0);
    near(value(&q, "percent_current.open.1"), 0.6);
    near(value(&q, "bad_debt_ratio.written_off.1"), 0.05);
}

/// Of 460 at the beginning and 1,800 sold, 1,000 is open and 600 of it current: 1,260 was collected of 1,660 that could
/// be, 75.90 %. With a month's sales, 1,800 / 3 = 600: (460 + 600 - 1,000) / (460 + 600 - 600) = 60 / 460, 13.04 %.
/// Source: Credit Research Foundation, *Ratios and Formulas*, collection effectiveness index.
#[test]
fn collection_effectiveness_in_both_readings() {
    let q = quarter();
    assert_eq!(percent(value(&q, "cei.summed_sales.1")), "75.90");
    assert_eq!(percent(value(&q, "cei.mean_month_sales.1")), "13.04");
}

/// 212,000 open; sold 100,000 in the last 30 days, 80,000 and 70,000 in the two spans before. 212 - 100 - 80 = 32, so
/// 30 + 30 + 32 / 70 x 30 = 73.7 days. Source: Credit Research Foundation, *Ratios and Formulas*, countback method.
#[test]
fn dso_by_counting_back() {
    let bills = [
        ("A", "EUR", AS_OF - 10, AS_OF + 20, 100_000),
        ("A", "EUR", AS_OF - 40, AS_OF - 10, 80_000),
        ("A", "EUR", AS_OF - 70, AS_OF - 40, 70_000),
    ];
    let k = figures(&bills, &[(2, AS_OF - 20, 38_000, Cash)]);
    near(value(&k, "dso_countback.30_days.1"), 60.0 + 32.0 / 70.0 * 30.0);
    assert_eq!(format!("{:.1}", value(&k, "dso_countback.30_days.1")), "73.7");
}

/// Half of the 200 sold in the last 30 days is open, a quarter of the 100 of the span before: 15 + 7.5 = 22.5 days, where
/// the conventional figure, 125 / 300 x 90, says 37.5. Source: Lewellen & Johnson (1972), *Better Way to Monitor Accounts
/// Receivable*, Harvard Business Review 50(3): hold what is open against the sales that made it.
#[test]
fn true_dso_does_not_move_with_the_pattern_of_sales() {
    let bills = [("A", "EUR", AS_OF - 10, AS_OF + 20, 200), ("A", "EUR", AS_OF - 40, AS_OF - 10, 100)];
    let k = figures(&bills, &[(0, AS_OF - 1, 100, Cash), (1, AS_OF - 1, 75, Cash)]);
    near(value(&k, "dso_true.30_days.1"), 22.5);
    near(value(&k, "dso.window.1"), 37.5);
}

/// 300 paid 10 days late and 40 days after issue, 100 paid 2 days early and 28 after: (3,000 - 200) / 400 = 7 days beyond
/// terms, (12,000 + 2,800) / 400 = 37 days to pay. Source: Credit Research Foundation, *Ratios and Formulas*.
#[test]
fn days_are_weighed_by_the_cash_that_came() {
    let bills = [("A", "EUR", AS_OF - 60, AS_OF - 30, 300), ("A", "EUR", AS_OF - 50, AS_OF - 20, 100)];
    let k = figures(&bills, &[(0, AS_OF - 20, 300, Cash), (1, AS_OF - 22, 100, Cash)]);
    near(value(&k, "days_beyond_terms.cash.1"), 7.0);
    near(value(&k, "days_to_pay.cash.1"), 37.0);
}

/// Owing 50, 30, 15 and 5 of 100: 0.25 + 0.09 + 0.0225 + 0.0025 = 0.365. Ten who owe 9 each and two who owe 5: the ten are
/// 90 %. Source: Hirschman (1964), *The Paternity of an Index*, American Economic Review 54(5).
#[test]
fn concentration_of_what_is_open() {
    let owe = |customer, amount| (customer, "EUR", AS_OF - 5, AS_OF + 25, amount);
    let k = figures(&[owe("A", 50), owe("B", 30), owe("C", 15), owe("D", 5)], &[]);
    near(value(&k, "herfindahl.open.1"), 0.365);
    near(value(&k, "top10_share.open.1"), 1.0);
    let many = ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L"];
    let bills: Vec<Bill> = many.iter().enumerate().map(|(n, c)| owe(c, if n < 10 { 9 } else { 5 })).collect();
    near(value(&figures(&bills, &[]), "top10_share.open.1"), 0.9);
}

/// Of 1,000 current at a month's end 300 were 1-30 days past due at the next and 700 were paid: 30 % rolled. Of 300 in
/// 1-30 half did. Source: Cyert, Davidson & Thompson (1962), *Estimation of the Allowance for Doubtful Accounts by Markov
/// Chains*, Management Science 8(3).
#[test]
fn roll_rates_are_shares_of_what_was_in_a_bucket() {
    let rates = roll_rates(&[vec![0, 300, 0, 700], vec![0, 0, 150, 150], vec![0, 0, 0, 0]]);
    assert_eq!(rates, [Some(vec![0.0, 0.3, 0.0, 0.7]), Some(vec![0.0, 0.0, 0.5, 0.5]), None]);
}

/// One invoice in each bucket, current to 91+ days past due.
fn by_bucket(amounts: [i64; 5]) -> Known {
    let past = [-10, 15, 45, 75, 120];
    let bills: Vec<Bill> =
        past.iter().zip(amounts).map(|(p, a)| ("A", "EUR", AS_OF - p - 30, AS_OF - p, a)).collect();
    known(&bills, &[], AS_OF)
}

/// Expected credit loss by loss rates of 0.3, 1.6, 3.6, 6.6 and 10.6 % on 15,000,000, 7,500,000, 4,000,000, 2,500,000 and
/// 1,000,000: 45,000 + 120,000 + 144,000 + 165,000 + 106,000 = 580,000. Here P(unpaid) x loss given unpaid is the rate,
/// the latter being 1. Source: IFRS 9, Illustrative Example 12 (IE74-IE77), provision matrix.
#[test]
fn expected_credit_loss_from_probabilities() {
    let known = by_bucket([15_000_000, 7_500_000, 4_000_000, 2_500_000, 1_000_000]);
    let rate = [0.003, 0.016, 0.036, 0.066, 0.106];
    let place = |i: &u32| known.invoice_id.get(*i as usize).parse::<usize>().unwrap();
    let unpaid: Vec<f64> = known.open_invoices().iter().map(|i| rate[place(i)]).collect();
    let lost = policy("[collect]\nloss_given_unpaid_rate = 1");
    let rows = provision(&known, &Groups::new(&known), &known.open_invoices(), &unpaid, &[], &lost);
    for (row, wanted) in rows.iter().zip([45_000.0, 120_000.0, 144_000.0, 165_000.0, 106_000.0]) {
        near(row.ecl, wanted);
    }
    near(rows.iter().map(|r| r.ecl).sum(), 580_000.0);
}

/// A tenth of what is current rolls to 1-30, of that half to 31-60, of that half to 61-90, of that 80 % to 91+, where it
/// stays: 0.1 x 0.5 x 0.5 x 0.8 = 2 % of 1,000 current is never paid, and 60 % of it lost: 12. Of 1,000 in 91+ all is: 600.
/// Source: IFRS 9, 5.5.15 and B5.5.35, with the loss rates from roll rates.
#[test]
fn expected_credit_loss_from_roll_rates() {
    let known = by_bucket([1_000; 5]);
    let moved: Vec<Vec<i128>> = vec![
        vec![0, 10, 0, 0, 0, 90],
        vec![0, 0, 50, 0, 0, 50],
        vec![0, 0, 0, 50, 0, 50],
        vec![0, 0, 0, 0, 80, 20],
        vec![0, 0, 0, 0, 100, 0],
    ];
    let open = known.open_invoices();
    let rows = provision(&known, &Groups::new(&known), &open, &[0.0; 5], &[moved], &policy(""));
    for (row, wanted) in rows.iter().zip([12.0, 120.0, 240.0, 480.0, 600.0]) {
        near(row.ecl_roll_rate.unwrap(), wanted);
        assert_eq!(row.ecl, 0.0);
    }
}

/// 2/10 net 30: 2 / 98 x 365 / 20 = 37.24 % a year, compounded (1 + 2 / 98)^(365 / 20) - 1 = 44.59 %. 1/10 net 30: 18.43 %
/// and 20.13 %. Source: Brealey, Myers & Allen, *Principles of Corporate Finance*, credit management.
#[test]
fn what_a_discount_costs_in_a_year() {
    assert_eq!(percent(simple_discount_rate(0.02, 20.0)), "37.24");
    assert_eq!(percent(compound_discount_rate(0.02, 20.0)), "44.59");
    assert_eq!(percent(simple_discount_rate(0.01, 20.0)), "18.43");
    assert_eq!(percent(compound_discount_rate(0.01, 20.0)), "20.13");
}

/// 2 % for payment in ten days to one who is expected to pay in 30 and buys 20 days at 37.24 %; capital at 36.5 % a year,
/// 0.1 % a day, makes 1,000 worth 970 when kept and 980 x 0.99 = 970.20 when paid in ten days: it gains 0.20.
/// Source: as before, seen by the seller.
#[test]
fn what_a_discount_is_worth_to_the_seller() {
    let known = known(&[("A", "EUR", AS_OF - 5, AS_OF + 25, 1_000)], &[], AS_OF);
    let p = policy(
        "[kpi]\noffer_discount_rate = 0.02\noffer_discount_days = 10\n[collect]\ncost_of_capital_rate = 0.365",
    );
    let offer = &discount_offers(&known, &known.open_invoices(), &[30.0], &[0.0], &p)[0];
    assert_eq!(percent(offer.simple_rate.unwrap()), "37.24");
    assert_eq!(percent(offer.compound_rate.unwrap()), "44.59");
    near(offer.gain, 0.2);
    near(offer.break_even_rate, 1.0 - 0.97 / 0.99);
    assert!(offer.offer);
}

fn day(text: &str) -> i32 {
    text.parse::<Day>().unwrap().0
}

/// 10,000 due on 2025-06-10, of which 4,000 came on 06-20, on 2025-07-10. The European Central Bank's rate is 3.15 % in the
/// first half of 2025 and 2.15 % in the second, the margin 8 %: 4,000 for 10 days and 6,000 for 20 at 11.15 %, then 6,000
/// for 10 at 10.15 %: (4,460 + 13,380 + 6,090) / 365 = 65.56, and 40 for the costs. Had the 4,000 come as 1,500 and 2,500 on
/// the same day, nothing would change. Source: Directive 2011/7/EU, art. 2, 3 and 6.
#[test]
fn interest_on_late_payment_in_the_european_union() {
    let bill = [("A", "EUR", day("2025-05-11"), day("2025-06-10"), 10_000)];
    let on = day("2025-06-20");
    for paid in [vec![(0, on, 4_000, Cash)], vec![(0, on, 1_500, Cash), (0, on, 2_500, Cash)]] {
        let known = known(&bill, &paid, day("2025-07-10"));
        let l = &late_interest(&known, &known.open_invoices(), &policy("").interest)[0];
        near(l.interest, 23_930.0 / 365.0);
        assert_eq!((format!("{:.2}", l.interest).as_str(), l.fixed_sum, l.rules), ("65.56", 40.0, "eu"));
        near(l.per_day, 6_000.0 * 0.1015 / 365.0);
    }
}

/// 5,000 due on 2025-05-31, of which 2,000 came on 06-10, on 2025-07-10. The Bank of England's rate on 2024-12-31 is 4.75 %
/// and on 2025-06-30 4.25 %, the margin 8 %: 2,000 for 10 days and 3,000 for 30 at 12.75 %, then 3,000 for 10 at 12.25 %:
/// (2,550 + 11,475 + 3,675) / 365 = 48.49, and 70 for a debt of 1,000 to 9,999.99.
/// Source: Late Payment of Commercial Debts (Interest) Act 1998 (UK), s. 4-6; Rate of Interest (No. 3) Order 2002.
#[test]
fn interest_on_late_payment_in_the_united_kingdom() {
    let bill = [("A", "GBP", day("2025-05-01"), day("2025-05-31"), 5_000)];
    let known = known(&bill, &[(0, day("2025-06-10"), 2_000, Cash)], day("2025-07-10"));
    let l = &late_interest(&known, &known.open_invoices(), &policy("").interest)[0];
    near(l.interest, 17_700.0 / 365.0);
    assert_eq!((format!("{:.2}", l.interest).as_str(), l.fixed_sum, l.rules), ("48.49", 70.0, "uk"));
}

/// 10,000 paid for certain after 50 days, capital and the factor's interest at 0.1 % a day. Kept it is worth 9,500. Sold:
/// 8,000 now less interest of 400 and a fee of 200, and the reserve of 2,000 in 50 days, worth 1,900: 9,300. Selling costs
/// the fee. Source: Klapper (2006), *The Role of Factoring for Financing Small and Medium Enterprises*, Journal of Banking
/// & Finance 30(11), for advance, reserve, fee and recourse.
#[test]
fn what_an_invoice_is_worth_to_a_factor_and_kept() {
    let known = known(&[("A", "EUR", AS_OF - 5, AS_OF + 25, 10_000)], &[], AS_OF);
    let p = policy(
        "[collect]\ncost_of_capital_rate = 0.365\n[factoring]\nadvance_rate = 0.8\nfee_rate = 0.02\ninterest_rate = 0.365",
    );
    let f = &factoring(&known, &known.open_invoices(), &[50.0], &[0.0], &p)[0];
    assert_eq!(f.advance, units(8_000));
    for (found, wanted) in
        [(f.fee, 200.0), (f.keep_value, 9_500.0), (f.sell_value, 9_300.0), (f.gain, -200.0)]
    {
        near(found, wanted);
    }
}

/// 36,500 billed in a year is 100 a day; it pays 45 days after issue: 100 x 45 days x 1.5 of headroom = 6,750. A quarter of
/// the risk at which credit stops takes a quarter: 5,062.50, less than the 6,500 that it owes. Source: the days-sales method,
/// Credit Research Foundation; the cut by risk is ours.
#[test]
fn a_credit_limit_from_how_a_customer_buys_and_pays() {
    let bills = [("A", "EUR", AS_OF - 100, AS_OF - 70, 30_000), ("A", "EUR", AS_OF - 10, AS_OF + 20, 6_500)];
    let known = known(&bills, &[(0, AS_OF - 55, 30_000, Cash)], AS_OF);
    let p = policy("[kpi]\nlimit_headroom = 1.5\nlimit_unpaid_prob = 0.2");
    let of = |unpaid: f64| credit_limits(&known, &known.open_invoices(), &[unpaid], &p)[0];
    near(of(0.0).limit, 6_750.0);
    near(of(0.05).limit, 5_062.5);
    near(of(0.05).expected_loss, 6_500.0 * 0.05 * 0.6);
    assert!(!of(0.0).is_over && of(0.05).is_over && of(0.2).is_stopped);
}

/// Capital at 0.1 % a day, half of what is unpaid is lost.
const DEAR: &str = "[collect]\ncost_of_capital_rate = 0.365\nloss_given_unpaid_rate = 0.5\n";

/// DE owes 1,000, half of it tomorrow and half over the days 31 to 90, on day 60.5 on average: 0.5 x 1 + 0.5 x 60.5 = 30.75
/// days, so that a unit is worth 0.96925 today. FR owes 500 past due, half of which comes tomorrow and half never: 0.5 + 0.5 x
/// 365 = 183 days, 1 - 0.183 - 0.5 x 0.5 x 0.635 = 0.65825. A call that costs 10 makes an even chance of tomorrow 4 in 5: 0.3
/// more at 0.999, and of the half that is lost of 0.5 unpaid six tenths are saved: (0.2997 + 0.15) x 500 = 224.85. Source: the
/// value as in factoring, the gain as in docs/collections.md.
#[test]
fn segments_from_easy_to_hard_and_what_each_is_worth() {
    let bills = [("A", "EUR", AS_OF - 5, AS_OF + 25, 1_000), ("B", "EUR", AS_OF - 60, AS_OF - 30, 500)];
    let label = ["FR", "DE"].map(str::to_owned).to_vec();
    let country = Segment { name: "country".into(), label, code: vec![1, 0] };
    let rows = InvoiceRows { segments: vec![country], ..invoice_rows(&bills) };
    let known = Ledger::try_new(rows, SettlementRows::default()).unwrap().into_known(Day(AS_OF));
    let p = policy(&format!(
        "{DEAR}effect_days = 1\nweekend = []\n[[collect.ladder]]\naction = 'call'\nchannel = 'phone'\n\
         from_days_past_due = 1\nodds_ratio = 4\ncost = 10\nlead_days = 0"
    ));
    let open = known.open_invoices();
    let survival = vec![1.0, 0.5, 0.5, 0.0, 0.0, 1.0, 0.5, 0.5, 0.5, 0.5];
    let curves = Curves::new(vec![0, 1, 30, 90, 365], survival);
    let reasons = [[None; 3]; 2];
    let stakes = Stakes { known: &known, open: &open, curves: &curves, reasons: &reasons };
    let reporting = Reporting::Single(Currency::try_new("EUR").unwrap());
    let ranked = priorities(&stakes, &Contacts::default(), &reporting, &p).unwrap();
    let score = |k: usize| InvoiceScore {
        invoice: open[k],
        days_past_due: 0,
        late_prob: 0.0,
        late_days_prob: [0.0; 3],
        paid_prob: [7, 14, 30, 60, 90].map(|days| 1.0 - curves.at(k, days)),
        expected_cash: PartPayments::at_once().cash_by(
            (&known, open[k] as usize),
            (&curves, k),
            [7, 14, 30, 60, 90],
            &mut Vec::new(),
        ),
        pay_date: [None; 3],
        unpaid_prob: curves.at(k, 365),
        expected_days_late: 0.0,
        risk_band: RiskBand::Low,
        history_n: 0,
    };
    let days: Vec<f64> = [0, 1].map(|k| expected_days(curves.edges(), curves.row(k))).to_vec();
    let rate: Vec<f64> = [0, 1].map(|k| factoring_values(days[k], curves.at(k, 365), &p).0).to_vec();
    let found = segments(&stakes, &ranked.portion, &[score(0), score(1)], &days, &rate);
    let titles: Vec<_> = found.iter().map(|s| (s.segment.as_str(), s.rank)).collect();
    let wanted = [("all", None), ("currency=EUR", Some(1)), ("country=DE", Some(1)), ("country=FR", Some(2))];
    assert_eq!(titles, wanted);
    let (all, de, fr) = (&found[0], &found[2], &found[3]);
    near(de.keep_rate(), 0.96925);
    near(fr.keep_rate(), 0.65825);
    near(all.keep_value, 969.25 + 329.125);
    assert_eq!((all.open_amount, fr.overdue_amount, de.overdue_amount), (units(1_500), units(500), units(0)));
    for (found, wanted) in [
        (de.expected_30, 500.0),
        (de.expected_90, 1_000.0),
        (fr.expected_90, 250.0),
        (fr.unpaid_prob(), 0.5),
        (all.unpaid_prob(), 250.0 / 1_500.0),
        (all.expected_days, (30.75 * 1_000.0 + 183.0 * 500.0) / 1_500.0),
        (fr.expected_gain, 214.85),
        (fr.cost, 10.0),
        (all.expected_gain, 214.85),
        (de.cost, 0.0),
    ] {
        near(found, wanted);
    }
}

/// By card 300, 10 days late and 40 after issue, and 100, on time and 30 after; by transfer 100, 2 days early and 28 after.
/// Card: 3,000 / 400 = 7.5 days beyond terms, 15,000 / 400 = 37.5 to pay, 2 x 0.25 + 2.5 % of 400 = 10.50. Transfer: -2, 28,
/// and 0.20. Together they are the key figures: (3,000 - 200) / 500 = 5.6 and (15,000 + 2,800) / 500 = 35.6. Source: days as in
/// the key figures, Credit Research Foundation, *Ratios and Formulas*.
#[test]
fn speed_and_cost_by_method_of_payment() {
    let bills = [
        ("A", "EUR", AS_OF - 60, AS_OF - 30, 300),
        ("A", "EUR", AS_OF - 50, AS_OF - 20, 100),
        ("B", "EUR", AS_OF - 40, AS_OF - 10, 100),
    ];
    let paid = [(0, AS_OF - 20, 300, Cash), (1, AS_OF - 22, 100, Cash), (2, AS_OF - 10, 100, Cash)];
    let label = ["transfer", "CARD"].map(str::to_owned).to_vec();
    let method = Segment { name: "method".into(), label, code: vec![1, 0, 1] };
    let settlements = SettlementRows { method, ..settlement_rows(&paid) };
    let known = Ledger::try_new(invoice_rows(&bills), settlements).unwrap().into_known(Day(AS_OF));
    let rows = payment_methods(&known, &Groups::new(&known), &policy(""));
    let names: Vec<_> =
        rows.iter().map(|r| known.settlement_method.label[r.method.unwrap()].as_str()).collect();
    assert_eq!(names, ["CARD", "transfer"]);
    let (card, transfer) = (&rows[0], &rows[1]);
    assert_eq!((card.n_payments, card.amount, transfer.amount), (2, units(400), units(100)));
    near(card.days_beyond_terms.unwrap(), 7.5);
    near(card.days_to_pay.unwrap(), 37.5);
    near(card.cost.unwrap(), 10.5);
    near(transfer.days_beyond_terms.unwrap(), -2.0);
    near(transfer.days_to_pay.unwrap(), 28.0);
    near(transfer.cost.unwrap(), 0.2);
    let figures = kpis(&known, &Groups::new(&known), &[], &policy(""));
    near(value(&figures, "days_beyond_terms.cash.1"), 5.6);
    near(value(&figures, "days_to_pay.cash.1"), 35.6);
}

/// 10,000 not yet due, a tenth of which is expected never to be paid; 8,000 of it is insured. The customer fails with a
/// probability of 10 %: 4,000 of the 8,000 is lost, 1,000 is borne first, and of 3,000 the insurer pays 90 %, 2,700. That is
/// 171.45 today, 365 days at 0.1 % taken off; the premium is 20. Source: terms of whole-turnover policies (Allianz Trade for the
/// rate of 0.25 %).
#[test]
fn what_insuring_a_customer_is_worth() {
    let bills = [("A", "EUR", AS_OF - 5, AS_OF + 25, 10_000), ("A", "EUR", AS_OF - 60, AS_OF - 30, 7_000)];
    let known = known(&bills, &[], AS_OF);
    let p = policy(&format!("{DEAR}[insurance]\npremium_rate = 0.0025\nfirst_loss = 1000\nlimit = 8000"));
    let place = |i: &u32| known.due[*i as usize] > AS_OF;
    let unpaid: Vec<f64> = known.open_invoices().iter().map(|i| if place(i) { 0.1 } else { 0.9 }).collect();
    let rows = credit_insurance(&known, &known.open_invoices(), &unpaid, &p);
    assert_eq!((rows.len(), rows[0].open_amount, rows[0].insured_amount), (1, units(10_000), units(8_000)));
    near(rows[0].expected_recovery, 171.45);
    near(rows[0].premium, 20.0);
    near(rows[0].gain, 151.45);
    near(rows[0].break_even_rate, 171.45 / 8_000.0);
}

/// 6,000 overdue in two parts, 50 days apart, each kept with 90 %: 0.45 after 50 days and 0.405 after 100 come, worth 0.4275 and
/// 0.3645; what does not come, 0.145, is worth 0.5 x 0.635 a unit: 0.8380375 in all, 5,028.225, less 20 for the agreement. As
/// things stand it is worth 3,000. It breaks even where 0.3175 + 0.31625 q + 0.29125 q^2 = 3,020 / 6,000: q = 0.4229. It has
/// settled an invoice 10 days late and is 40 days late now: later than ever. Source: present value of an annuity that may
/// default, with simple interest.
#[test]
fn what_payment_in_parts_is_worth() {
    let bills = [("A", "EUR", AS_OF - 70, AS_OF - 40, 6_000), ("A", "EUR", AS_OF - 90, AS_OF - 60, 100)];
    let known = known(&bills, &[(1, AS_OF - 50, 100, Cash)], AS_OF);
    let p = policy(&format!("{DEAR}[instalments]\nparts = 2\nevery_days = 50\nkept_prob = 0.9\ncost = 20"));
    near(instalment_values(0.9, &p).0, 0.855);
    near(instalment_values(0.9, &p).1, 0.838_037_5);
    let of = |open_30_prob| {
        let chances = |_| Chances { open_30_prob, open_end_prob: 0.7, keep_rate: 0.5 };
        instalments(&known, &known.open_invoices(), chances, &p)
    };
    let row = &of(0.8)[0];
    for (found, wanted) in [
        (row.part, 3_000.0),
        (row.expected_kept, 1_800.0),
        (row.expected_parts, 5_130.0),
        (row.keep_value, 3_000.0),
        (row.gain, 2_008.225),
    ] {
        near(found, wanted);
    }
    let q = row.break_even_prob.unwrap();
    assert_eq!(format!("{q:.4}"), "0.4229");
    near(0.3175 + 0.31625 * q + 0.29125 * q * q, 3_020.0 / 6_000.0);
    assert!(row.is_later_than_ever && !row.has_part_paid && row.offer);
    assert!(of(0.4).is_empty(), "it will come soon");
}

/// 1,000, 90 days past due: an agency recovers 68.9 %, keeps a quarter and takes 90 days: 470.24. A court recovers as much in
/// 270 days and costs 750: -247.03. Kept, a fifth comes over the days 8 to 365, on day 186.5 on average, and of the rest half
/// at the end: 1 - 0.0373 - 0.292 - 0.8 x 0.5 x 0.635 = 0.4167 a unit.
/// Another, 83 days past due, comes within a week with 90 % or never: worth 928.15 today; if it is open in a week, 0.5 x
/// (1 - 0.358) = 321, less than 470.24 at 90 days. Source: survey of Commercial Collection Agencies of America for recovery.
#[test]
fn when_an_invoice_is_worth_handing_over() {
    let bills = [("A", "EUR", AS_OF - 120, AS_OF - 90, 1_000), ("B", "EUR", AS_OF - 113, AS_OF - 83, 1_000)];
    let known = known(&bills, &[], AS_OF);
    let curve = |k: usize| -> &[f64] { if k == 0 { &[1.0, 1.0, 0.8] } else { &[1.0, 0.1, 0.1] } };
    let rows = handover(&known, &known.open_invoices(), &[0, 7, 365], curve, &policy(DEAR));
    let (a, b) = (&rows[0], &rows[1]);
    near(a.recovery_rate, 0.689);
    near(a.agency_value, 470.2425);
    near(a.legal_value, 1_000.0 * 0.689 * 0.73 - 750.0);
    near(a.keep_value, 416.7);
    assert!(a.route == Route::Agency && a.gain > 0.0 && a.from_days_past_due == Some(90));
    near(b.keep_value, 928.15);
    assert!(b.gain < 0.0 && b.from_days_past_due == Some(90));
    near(a.keep_value, 1_000.0 * factoring_values(0.2 * 186.5 + 0.8 * 365.0, 0.8, &policy(DEAR)).0);
}
