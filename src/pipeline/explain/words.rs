//! Sentences with a customer's own figures.

use crate::contract::{Table, Value};
use crate::core::{Amount, Day};

/// One row of a table.
pub struct Row<'a> {
    table: &'a Table,
    row: usize,
}

impl<'a> Row<'a> {
    /// Row `row` of a table.
    pub fn new(table: &'a Table, row: usize) -> Self {
        Self { table, row }
    }

    /// A value as text; empty where it is missing.
    pub fn text(&self, column: &str) -> String {
        self.table.value(column, self.row).to_string()
    }

    /// A real number, if there is one.
    pub fn double(&self, column: &str) -> Option<f64> {
        match self.table.value(column, self.row) {
            Value::Double(v) => Some(v),
            _ => None,
        }
    }

    /// A whole number; 0 where it is missing.
    pub fn int(&self, column: &str) -> i64 {
        match self.table.value(column, self.row) {
            Value::Int(v) => v,
            _ => 0,
        }
    }

    /// An amount; 0 where it is missing.
    pub fn amount(&self, column: &str) -> Amount {
        match self.table.value(column, self.row) {
            Value::Amount(v) => v,
            _ => Amount::ZERO,
        }
    }

    /// A day, if there is one.
    pub fn date(&self, column: &str) -> Option<Day> {
        match self.table.value(column, self.row) {
            Value::Date(day) => Some(day),
            _ => None,
        }
    }

    /// Days from the date in one column to that in another.
    fn days(&self, from: &str, to: &str) -> Option<i32> {
        match (self.table.value(from, self.row), self.table.value(to, self.row)) {
            (Value::Date(a), Value::Date(b)) => Some(b.0 - a.0),
            _ => None,
        }
    }
}

/// How a customer pays, in a sentence or two.
pub fn of_customer(c: &Row) -> Vec<String> {
    let (n, late, overdue) = (c.int("recent_n"), c.int("recent_late_n"), c.int("n_overdue"));
    let mut first = match c.double("recent_delay_days") {
        Some(delay) => format!("paid {late} of its last {} late, {}", invoices(n), on_average(delay)),
        None => format!("has settled none of its {} yet", invoices(c.int("n_invoices"))),
    };
    if overdue > 0 {
        first += &format!("; {overdue} overdue now, the oldest by {}", days(c.int("oldest_days_past_due")));
    }
    let mut out = vec![first];
    if let Some(lift) = c.double("pay_weekday_lift") {
        out.push(format!("pays {lift:.1} times as often on a {} as others do", c.text("pay_weekday")));
    }
    if let Some(lift) = c.double("pay_month_day_lift") {
        out.push(format!("pays {lift:.1} times as often {} as others do", month_day(c.int("pay_month_day"))));
    }
    let lately = c.double("slower_lately_days").unwrap_or_default();
    if lately.abs() >= 1.0 {
        let which = if lately > 0.0 { "slower" } else { "faster" };
        out.push(format!("{} {which} than usual in the last weeks", days(lately.abs().round() as i64)));
    }
    out
}

/// An invoice and its customer.
pub fn of_invoice(i: &Row, customer: Option<&Row>) -> Vec<String> {
    let (past_due, open) = (i.int("days_past_due"), i.amount("open_amount"));
    let due = match past_due {
        0 => "due today".to_owned(),
        d if d > 0 => format!("{} past due", days(d)),
        d => format!("due in {}", days(-d)),
    };
    let late = i.double("late_prob").unwrap_or_default();
    let chance = if late < 1.0 {
        format!("late with probability {}", percent(late))
    } else {
        let open = 1.0 - i.double("paid_30_prob").unwrap_or_default();
        format!("still open in 30 days with probability {}", percent(open))
    };
    let mut out = vec![format!("{open} {} open, {due}; {chance}", i.text("currency"))];
    let of = customer.map(of_customer).unwrap_or_default();
    out.extend(of.into_iter().map(|s| format!("{} {s}", i.text("customer_id"))));
    out
}

/// What a covariate is of this customer and invoice, where their tables have the figure.
pub fn figure(covariate: &str, customer: Option<&Row>, invoice: Option<&Row>) -> Option<String> {
    let c = || customer;
    match covariate {
        "customer_late_rate" | "customer_late_mix" => {
            let rate = c()?.double("late_rate")?;
            Some(format!("{} of its invoices late, recent ones counting more", percent(rate)))
        }
        "customer_mean_delay"
        | "customer_delay_shape"
        | "customer_delay_below"
        | "past_usual"
        | "far_past_usual"
        | "due_day_hazard" => {
            let (delay, spread) = (c()?.double("delay_days")?, c()?.double("delay_sd_days")?);
            Some(format!("usually pays {}, give or take {}", after_due(delay), days(spread.round() as i64)))
        }
        "slower_lately" => {
            let lately = c()?.double("slower_lately_days")?;
            Some(format!("{lately:+.1} days against its own usual in the last weeks"))
        }
        "overdue_share" => {
            Some(format!("{} of its {} overdue", c()?.int("n_overdue"), open_ones(c()?.int("n_open"))))
        }
        "oldest_overdue_days" => match c()?.int("oldest_days_past_due") {
            0 => Some("nothing overdue now".to_owned()),
            d => Some(format!("its oldest open invoice is {} past due", days(d))),
        },
        "history_n" => Some(format!("{} settled so far", invoices(c()?.int("n_settled")))),
        "own_pay_day" | "own_off_day" | "pay_run_hazard" => {
            let lift = c()?.double("pay_weekday_lift")?;
            Some(format!("pays {lift:.1} times as often on a {} as others do", c()?.text("pay_weekday")))
        }
        "terms_days" => Some(format!("{} to pay", days(i64::from(invoice?.days("issue_date", "due_date")?)))),
        "part_paid" | "part_paid_recently" | "rest_open" => {
            let (amount, open) = (invoice?.amount("amount"), invoice?.amount("open_amount"));
            Some(if open < amount {
                format!("{} of {amount} paid so far", amount - open)
            } else {
                "no part paid so far".to_owned()
            })
        }
        "amount_against_usual" => {
            let usual = c()?.double("usual_amount")?;
            Some(format!("{} against a usual {usual:.0}", invoice?.amount("amount")))
        }
        _ => None,
    }
}

fn percent(p: f64) -> String {
    format!("{:.0} %", 100.0 * p)
}

pub(super) fn days(n: i64) -> String {
    if n == 1 { "1 day".to_owned() } else { format!("{n} days") }
}

pub(super) fn invoices(n: i64) -> String {
    if n == 1 { "1 invoice".to_owned() } else { format!("{n} invoices") }
}

fn open_ones(n: i64) -> String {
    if n == 1 { "1 open invoice".to_owned() } else { format!("{n} open invoices") }
}

fn after_due(delay_days: f64) -> String {
    match delay_days.round() as i64 {
        0 => "when due".to_owned(),
        d if d > 0 => format!("{} after due", days(d)),
        d => format!("{} before due", days(-d)),
    }
}

fn on_average(delay_days: f64) -> String {
    match delay_days.round() as i64 {
        0 => "on the due date on average".to_owned(),
        d if d > 0 => format!("{} on average", days(d)),
        d => format!("{} early on average", days(-d)),
    }
}

/// A place in the month, as `customer_features` counts it; earlier versions counted all past the 15th from the last day.
fn month_day(place: i64) -> String {
    match place {
        -1 => "on the last day of a month".to_owned(),
        p if p < 0 => format!("{} before a month's last day", days(-p - 1)),
        p => format!("on day {p} of a month"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_with_the_right_word() {
        assert_eq!((days(1), days(12), invoices(1)), ("1 day".into(), "12 days".into(), "1 invoice".into()));
        assert_eq!(
            (on_average(12.4), on_average(-0.6)),
            ("12 days on average".into(), "1 day early on average".into())
        );
        assert_eq!((after_due(0.2), after_due(-3.0)), ("when due".into(), "3 days before due".into()));
        assert_eq!(
            (month_day(-1), month_day(-3)),
            ("on the last day of a month".into(), "2 days before a month's last day".into())
        );
    }
}
