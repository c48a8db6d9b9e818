//! Customers who pay on the due date itself, by direct debit: on the Monday after where that is on a weekend, and then late.

use arrears::core::{Amount, Currency, Day};
use arrears::features::due_day::business_day;
use arrears::features::{Purpose, survey};
use arrears::ledger::{InvoiceRows, Known, Ledger, SettlementKind, SettlementRows};
use arrears::model::fit;
use arrears::policy::parse;
use arrears::score::{predict, score};

/// Of these, the even ones pay by direct debit, and the odd ones up to a fortnight before or after the due date.
const CUSTOMERS: i32 = 120;
const MONTHS: i32 = 24;
const TERMS_DAYS: i32 = 14;
const AS_OF: Day = Day(20_000);

/// A number below `n` out of two.
fn below(n: i32, customer: i32, month: i32) -> i32 {
    (arrears::numeric::mix(customer as u64, month as u64) % n as u64) as i32
}

/// When an invoice of that customer and month is due, and when it is paid; one debit in fifteen is made good nine days later.
fn due_and_paid(customer: i32, month: i32) -> (i32, i32) {
    let due = AS_OF.0 + TERMS_DAYS - 1 - month * 30 - customer % 13;
    let meant = match (customer % 2, below(15, customer, month)) {
        (0, 0) => due + 9,
        (0, _) => due,
        _ => due + below(29, customer, month) - 14,
    };
    (due, business_day(meant.max(due - TERMS_DAYS + 1)))
}

fn known() -> Known {
    let mut rows = InvoiceRows {
        currency_code: vec![Currency::try_new("EUR").unwrap()],
        currency: vec![0; (CUSTOMERS * MONTHS) as usize],
        ..InvoiceRows::default()
    };
    let (mut ids, mut paid) = (Vec::new(), SettlementRows::default());
    let customers: Vec<String> = (0..CUSTOMERS).map(|c| format!("C{c:03}")).collect();
    for (customer, month) in (0..CUSTOMERS).flat_map(|c| (0..MONTHS).rev().map(move |m| (c, m))) {
        let (due, day) = due_and_paid(customer, month);
        if day <= AS_OF.0 {
            paid.invoice.push(ids.len() as u32);
            paid.first.push(day);
            paid.day.push(day);
            paid.amount.push(Amount::parse("100").unwrap());
            paid.kind.push(SettlementKind::Cash);
        }
        ids.push(format!("I{customer:03}-{month:02}"));
        rows.customer.push(customer as u32);
        rows.issue.push(due - TERMS_DAYS);
        rows.due.push(due);
        rows.amount.push(Amount::parse("100").unwrap());
    }
    rows.invoice_id = ids.iter().map(String::as_str).collect();
    rows.customer_id = customers.iter().map(String::as_str).collect();
    Ledger::try_new(rows, paid).unwrap().into_known(AS_OF)
}

/// Mean `late_prob` of what direct debit will pay, due on a weekday and due on a weekend.
fn late_by_debit(known: &Known) -> [f64; 2] {
    let policy = parse("", "p.toml").unwrap();
    let survey = survey(known, &policy, Purpose::Fit);
    let hazard = fit(known, &survey, &policy, 0).unwrap();
    let mut sums = [[0.0; 2]; 2];
    for s in score(known, &predict(known, &survey, &hazard, &policy), &policy) {
        let i = s.invoice as usize;
        let is_debit =
            known.customer_id.get(known.customer[i] as usize)[1..].parse::<i32>().unwrap() % 2 == 0;
        if is_debit && known.due[i] > AS_OF.0 {
            let [sum, n] = &mut sums[usize::from(business_day(known.due[i]) != known.due[i])];
            *sum += s.late_prob;
            *n += 1.0;
        }
    }
    assert!(sums.iter().all(|[_, n]| *n >= 8.0), "{sums:?}");
    sums.map(|[sum, n]| sum / n)
}

#[test]
fn a_direct_debit_is_late_where_the_due_date_is_on_a_weekend() {
    let [weekday, weekend] = late_by_debit(&known());
    assert!(weekday < 0.2 && weekend > 0.9, "{weekday} {weekend}");
}
