//! Payments of every kind: money is conserved, the order of rows decides nothing, nothing later moves what was known.

use arrears::core::{Amount, Currency, Day, TextColumn};
use arrears::ledger::{
    AccountCredit, AccountPayment, Allocation, InvoiceRows, Known, Ledger, NEVER, NO_VALUE, Segment,
    SettlementKind, SettlementRows, Target, allocate,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::collections::BTreeMap;

const CURRENCIES: [&str; 2] = ["EUR", "USD"];
/// In no order.
const METHODS: [&str; 2] = ["wire", "card"];
const CUSTOMERS: u32 = 3;
/// Bills of the first ones are instalments: of document 0 if their place is even, of 1 if it is odd.
const INSTALMENTS: usize = 4;

/// One invoice: customer, currency, issue, days until recorded, terms, amount, discount.
#[derive(Debug, Clone)]
struct Bill {
    id: usize,
    customer: u32,
    currency: u16,
    issue: i32,
    recorded: i32,
    due: i32,
    amount: i64,
    discount: (i32, i32),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum To {
    Bill(usize),
    Document(usize),
    Account(u32),
}

#[derive(Debug, Clone)]
struct Payment {
    to: To,
    currency: Option<u16>,
    day: i32,
    recorded: i32,
    amount: i64,
    kind: SettlementKind,
    id: u32,
    /// Code of [`METHODS`], or none.
    method: u32,
}

impl Payment {
    /// The first day on which it can have come: of some, five days before the last.
    fn first(&self) -> i32 {
        if (self.amount + i64::from(self.day)) % 4 == 0 { self.day - 5 } else { self.day }
    }
}

#[derive(Debug, Clone)]
struct Books {
    bills: Vec<Bill>,
    payments: Vec<Payment>,
    /// Customer, currency, day, amount.
    credits: Vec<(u32, u16, i32, i64)>,
    how: Allocation,
}

fn any_bill() -> impl Strategy<Value = Bill> {
    let late = prop_oneof![2 => Just(0), 1 => 0..15_i32];
    let discount = prop_oneof![1 => Just((0, 0)), 1 => (1..300_000_i32, 0..20_i32)];
    let what = (0..CUSTOMERS, prop_oneof![4 => Just(0_u16), 1 => Just(1)], 1..9_i64, discount);
    (what, 0..40_i32, late, 0..30_i32).prop_map(
        |((customer, currency, amount, discount), issue, late, terms)| Bill {
            id: 0,
            customer,
            currency,
            issue,
            recorded: issue + late,
            due: issue + terms,
            // few amounts, so that payments meet them exactly and nearly
            amount: amount * 1_000_000,
            discount,
        },
    )
}

fn any_payment(n_bills: usize) -> impl Strategy<Value = Payment> {
    let to = prop_oneof![
        5 => (0..n_bills).prop_map(To::Bill),
        1 => (0..2_usize).prop_map(To::Document),
        3 => (0..CUSTOMERS).prop_map(To::Account),
    ];
    let amount =
        (1..12_i64, prop_oneof![2 => Just(0_i64), 1 => -300_000..300_000_i64], prop::bool::weighted(0.2));
    let amount = amount.prop_map(|(n, odd, undoes)| (n * 1_000_000 + odd) * if undoes { -1 } else { 1 });
    let kind = prop_oneof![4 => Just(SettlementKind::Cash), 1 => Just(SettlementKind::Credit)];
    let currency = prop_oneof![2 => Just(None), 2 => Just(Some(0_u16)), 1 => Just(Some(1))];
    let late = prop_oneof![2 => Just(0), 1 => 0..15_i32];
    let method = prop_oneof![Just(NO_VALUE), 0..METHODS.len() as u32];
    (to, currency, 0..60_i32, late, amount, kind, 0..4_u32, method).prop_map(
        |(to, currency, day, late, amount, kind, id, method)| Payment {
            method,
            to,
            currency,
            day,
            recorded: day + late,
            amount,
            kind,
            id,
        },
    )
}

fn any_books() -> impl Strategy<Value = Books> {
    let how = (any::<bool>(), prop_oneof![Just(0_i64), 1..200_000_i64]).prop_map(
        |(oldest_due_first, tolerance)| Allocation {
            oldest_due_first,
            tolerance: Amount(tolerance),
            tolerance_rate: 0.1,
            refuse: false,
        },
    );
    (prop::collection::vec(any_bill(), 1..12), how).prop_flat_map(|(mut bills, how)| {
        bills.iter_mut().enumerate().for_each(|(i, bill)| bill.id = i);
        let payments = prop::collection::vec(any_payment(bills.len()), 0..25);
        let credits = prop::collection::vec((0..CUSTOMERS, 0..2_u16, 0..60_i32, 1..5_000_000_i64), 0..3);
        (payments, credits, Just(bills)).prop_map(move |(payments, credits, bills)| Books {
            bills,
            payments,
            credits,
            how,
        })
    })
}

fn is_of(document: usize, bill: &Bill) -> bool {
    bill.id < INSTALMENTS && bill.id % 2 == document
}

impl Books {
    /// The pages written by the end of a day; a payment once what it names is there too.
    fn written_by(&self, day: i32) -> Self {
        let bills: Vec<Bill> =
            self.bills.iter().filter(|b| b.recorded.max(b.issue) <= day).cloned().collect();
        let is_there = |p: &&Payment| match p.to {
            To::Bill(id) => bills.iter().any(|b| b.id == id),
            To::Document(d) => bills.iter().any(|b| is_of(d, b)),
            To::Account(_) => true,
        };
        let payments = self.payments.iter().filter(|p| p.recorded.max(p.day) <= day).filter(is_there);
        let payments = payments.cloned().collect();
        let credits = self.credits.iter().filter(|c| c.2 <= day).copied().collect();
        Self { bills, payments, credits, how: self.how }
    }

    fn rows(&self) -> (InvoiceRows, SettlementRows) {
        let b = &self.bills;
        let names = |n: u32| (0..n).map(|c| format!("c{c}")).collect::<Vec<_>>();
        let ids: Vec<String> = b.iter().map(|b| format!("i{:02}", b.id * 7 % 20)).collect();
        let credit = |&(customer, currency, day, amount): &(u32, u16, i32, i64)| AccountCredit {
            customer,
            currency,
            day,
            known: day,
            amount: Amount(amount),
        };
        let invoices = InvoiceRows {
            invoice_id: ids.iter().map(String::as_str).collect::<TextColumn>(),
            customer_id: names(CUSTOMERS).iter().map(String::as_str).collect(),
            customer: b.iter().map(|b| b.customer).collect(),
            currency_code: CURRENCIES.iter().filter_map(|c| Currency::try_new(c)).collect(),
            currency: b.iter().map(|b| b.currency).collect(),
            issue: b.iter().map(|b| b.issue).collect(),
            due: b.iter().map(|b| b.due).collect(),
            amount: b.iter().map(|b| Amount(b.amount)).collect(),
            known: b.iter().map(|b| b.recorded).collect(),
            discount_rate: b.iter().map(|b| b.discount.0).collect(),
            discount_days: b.iter().map(|b| b.discount.1).collect(),
            segments: vec![Segment {
                name: "unit".into(),
                label: ["S", "N"].map(str::to_owned).to_vec(),
                code: b.iter().map(|b| [NO_VALUE, 0, 1][b.id % 3]).collect(),
            }],
            credits: self.credits.iter().map(credit).collect(),
            ..InvoiceRows::default()
        };
        let label = METHODS.map(str::to_owned).to_vec();
        let method = Segment { name: "method".into(), label, code: Vec::new() };
        let mut rows = SettlementRows { method, ..SettlementRows::default() };
        for p in &self.payments {
            let target = match p.to {
                To::Bill(id) => {
                    rows.invoice.extend(b.iter().position(|b| b.id == id).map(|row| row as u32));
                    rows.day.push(p.day);
                    rows.first.push(p.first());
                    rows.known.push(p.recorded);
                    rows.amount.push(Amount(p.amount));
                    rows.kind.push(p.kind);
                    rows.method.code.push(p.method);
                    continue;
                }
                // a document without a bill is nobody's
                To::Document(d) if !b.iter().any(|b| is_of(d, b)) => continue,
                To::Document(d) => Target::Document(d as u32),
                To::Account(customer) => Target::Account(customer),
            };
            rows.account.push(AccountPayment {
                method: p.method,
                target,
                currency: p.currency.filter(|_| matches!(target, Target::Account(_))),
                day: p.day,
                first: p.first(),
                known: p.recorded,
                amount: Amount(p.amount),
                kind: p.kind,
                payment: p.id,
            });
        }
        let lines = |d| (0..b.len() as u32).filter(|i| is_of(d, &b[*i as usize])).collect();
        rows.document = vec![lines(0), lines(1)];
        (invoices, rows)
    }

    fn ledger(&self) -> Ledger {
        let (invoices, rows) = self.rows();
        Ledger::try_new_by(invoices, rows, &self.how).unwrap()
    }

    fn known_at(&self, day: i32) -> Known {
        self.ledger().into_known(Day(day))
    }

    fn paid(&self) -> Amount {
        let is_taken = |p: &&Payment| match p.to {
            To::Document(d) => self.bills.iter().any(|b| is_of(d, b)),
            _ => true,
        };
        self.payments.iter().filter(is_taken).map(|p| Amount(p.amount)).sum()
    }
}

/// What a ledger says, by names: codes of what is gone do not count.
fn says(known: &Known) -> (Vec<String>, BTreeMap<String, i64>) {
    let name = |c: u32| known.customer_id.get(c as usize).to_owned();
    let code = |c: u16| known.currency_code[c as usize];
    let invoice = |i: usize| {
        let settlement = |s: usize| {
            let (day, known_day) = (known.settlement_day[s], known.settlement_known_day(s));
            let method = known.settlement_method.label.get(known.settlement_method_code(s) as usize);
            let first = known.settlement_first_day(s);
            (first, day, known_day, known.settlement_amount[s], known.settlement_kind[s], method)
        };
        let settlements: Vec<_> = known.settlements_of(i).map(settlement).collect();
        let (open, settled) = (known.open_amount[i], known.settled[i]);
        let unit = known.segments.first().and_then(|s| s.label.get(s.code[i] as usize));
        format!(
            "{} {} {} {unit:?} {open} {settled} {settlements:?}",
            known.invoice_id.get(i),
            name(known.customer[i]),
            code(known.currency[i])
        )
    };
    let mut credits: BTreeMap<String, i64> = BTreeMap::new();
    for c in &known.credits {
        let key = format!("{} {} {} {}", name(c.customer), code(c.currency), c.day, c.known);
        *credits.entry(key).or_default() += c.amount.0;
    }
    credits.retain(|_, amount| *amount != 0);
    ((0..known.n_invoices()).map(invoice).collect(), credits)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1000,
        rng_seed: RngSeed::Fixed(11),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Whatever was written later, or of an invoice that was not there yet, leaves no trace.
    #[test]
    fn what_is_known_on_a_day_is_the_ledger_of_the_rows_known_by_then(books in any_books(), day in -1..90_i32) {
        let then = books.written_by(day);
        prop_assert_eq!(says(&books.known_at(day)), says(&then.known_at(day)));
    }

    #[test]
    fn money_in_is_settled_or_on_account(books in any_books()) {
        let ledger = books.ledger();
        let is_paid = |kind: SettlementKind| matches!(kind, SettlementKind::Cash | SettlementKind::Credit);
        let settled = |paid: bool| -> Amount {
            let of = ledger.settlement_kind.iter().zip(&ledger.settlement_amount);
            of.filter(|(kind, _)| is_paid(**kind) == paid).map(|(_, amount)| *amount).sum()
        };
        let credits: Amount = books.credits.iter().map(|c| Amount(c.3)).sum();
        let on_account: Amount = ledger.credits.iter().map(|c| c.amount).sum();
        prop_assert_eq!(books.paid() + credits, settled(true) + on_account);
        prop_assert!(settled(false) >= Amount::ZERO);
    }

    #[test]
    fn by_currency_what_is_open_is_billed_less_settled_and_never_below_zero(books in any_books(), day in 0..90_i32) {
        let known = books.known_at(day);
        for c in 0..known.currency_code.len() {
            let invoices = || (0..known.n_invoices()).filter(|i| known.currency[*i] as usize == c);
            let billed: Amount = invoices().map(|i| known.amount[i]).sum();
            let settled: Amount =
                invoices().flat_map(|i| known.settlements_of(i)).map(|s| known.settlement_amount[s]).sum();
            let open: Amount = invoices().map(|i| known.open_amount[i]).sum();
            prop_assert_eq!(billed - settled, open);
        }
        for i in 0..known.n_invoices() {
            prop_assert!(known.open_amount[i] >= Amount::ZERO && known.open_amount[i] <= known.amount[i]);
            prop_assert_eq!(known.settled[i] == NEVER, known.open_amount[i] > Amount::ZERO);
            prop_assert_eq!(known.open_amount[i], known.open_amount_at(i, day));
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter(books in any_books(), day in 0..90_i32, turn in any::<prop::sample::Index>()) {
        let mut turned = books.clone();
        turned.bills.rotate_left(turn.index(books.bills.len()));
        turned.payments.reverse();
        turned.credits.reverse();
        prop_assert_eq!(says(&books.known_at(day)), says(&turned.known_at(day)));
    }

    /// Where every payment names its invoice, taking invoices one by one gives what taking customers one by one does.
    #[test]
    fn invoice_by_invoice_is_customer_by_customer(mut books in any_books(), day in 0..90_i32) {
        books.payments.retain(|p| matches!(p.to, To::Bill(_)));
        let (mut invoices, rows) = books.rows();
        let (rows, _) = allocate(&mut invoices, &rows, &books.how);
        let slow = Ledger::try_new(invoices, rows).unwrap().into_known(Day(day));
        prop_assert_eq!(says(&books.known_at(day)), says(&slow));
    }

    /// On account, nothing is left over while an invoice of its currency is open; `reference` alone leaves it all.
    #[test]
    fn what_is_paid_on_account_stays_there_only_if_nothing_is_open(mut books in any_books()) {
        books.payments.retain(|p| p.to != To::Document(0) && p.to != To::Document(1));
        books.payments.retain(|p| matches!(p.to, To::Account(_)) && p.amount > 0 && p.currency.is_some());
        books.credits.clear();
        let last = books.payments.iter().map(|p| p.recorded).max().unwrap_or(0);
        books.bills.retain(|b| b.recorded == b.issue && b.issue == 0);
        let known = books.known_at(last);
        let open = |c: &AccountCredit| (0..known.n_invoices()).any(|i| {
            known.customer[i] == c.customer && known.currency[i] == c.currency && known.open_amount[i] > Amount::ZERO
        });
        if books.how.oldest_due_first {
            prop_assert!(!known.credits.iter().any(open));
        } else {
            let on_account: Amount = known.credits.iter().map(|c| c.amount).sum();
            prop_assert_eq!(on_account, books.paid());
        }
    }
}
