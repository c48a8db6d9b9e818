//! What moved a customer on the worklist from one run to the next, out of the tables of both.

use super::words::{Row, days, invoices};
use crate::contract::{Manifest, Table, read_table};
use crate::core::{Amount, Day};
use crate::error::Error;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A customer's share at risk that moves by less is not worth a word, unless nothing else is said.
const SHARE_MIN: f64 = 0.02;

/// How a customer came from its place in one run to that in a later one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Movement {
    /// The day of the earlier run.
    pub previous: Day,
    /// The day of the later run.
    pub as_of: Day,
    /// Rank in the earlier run; none if nothing was open.
    pub previous_rank: Option<i64>,
    /// Rank in the later run; none if nothing is open.
    pub rank: Option<i64>,
    /// What was to be done.
    pub previous_action: Option<String>,
    /// What is to be done.
    pub action: Option<String>,
    /// What moved it: what the customer did first, what others did last. Empty only if nothing moved.
    pub causes: Vec<Cause>,
}

/// One thing that moved a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// `paid`, `reopened`, `new_invoice`, `new_overdue`, `promise_broken`, `contact_made`, `hold_began`, `hold_ended`,
    /// `calls_taken`, `calls_free`, `ladder`, `calendar`, `score_moved`, `policy`, `others_moved`.
    pub kind: &'static str,
    /// In words, with its figures.
    pub text: String,
}

/// Two runs of one ledger.
#[derive(Debug)]
pub struct TwoRuns {
    was: Run,
    now: Run,
}

#[derive(Debug)]
struct Run {
    priorities: Table,
    /// Row of each customer in `priorities`.
    row: BTreeMap<String, usize>,
    scores: Table,
    /// Rows of each customer in `scores`.
    invoices: BTreeMap<String, Vec<usize>>,
    manifest: Manifest,
}

/// What is said of an open invoice.
struct Bill {
    currency: String,
    open: Amount,
    days_past_due: i64,
}

impl Run {
    fn read(folder: &Path) -> Result<Self, Error> {
        let (priorities, _) = read_table(folder, "priorities")?;
        let (scores, _) = read_table(folder, "invoice_scores")?;
        let id = |table: &Table, row: usize| table.value("customer_id", row).to_string();
        let row = (0..priorities.n_rows()).map(|r| (id(&priorities, r), r)).collect();
        let mut invoices: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        (0..scores.n_rows()).for_each(|r| invoices.entry(id(&scores, r)).or_default().push(r));
        Ok(Self { priorities, row, scores, invoices, manifest: Manifest::read(folder)? })
    }

    fn customer(&self, id: &str) -> Option<Row<'_>> {
        self.row.get(id).map(|&row| Row::new(&self.priorities, row))
    }

    fn bills(&self, id: &str) -> BTreeMap<String, Bill> {
        let bill = |&row: &usize| {
            let i = Row::new(&self.scores, row);
            let bill = Bill {
                currency: i.text("currency"),
                open: i.amount("open_amount"),
                days_past_due: i.int("days_past_due"),
            };
            (i.text("invoice_id"), bill)
        };
        self.invoices.get(id).into_iter().flatten().map(bill).collect()
    }

    /// Customers ranked before a row.
    fn before(&self, row: usize) -> BTreeSet<&str> {
        self.row.iter().filter(|(_, r)| **r < row).map(|(id, _)| id.as_str()).collect()
    }

    fn model(&self) -> Option<&str> {
        self.manifest.model.get("model_id")?.as_str()
    }
}

impl TwoRuns {
    /// Reads a run and an earlier one.
    ///
    /// # Errors
    /// For a folder that is no run, and [`Error::NotBefore`] if the earlier one is the later one.
    pub fn read(folder: &Path, previous: &Path) -> Result<Self, Error> {
        let (was, now) = (Run::read(previous)?, Run::read(folder)?);
        let (previous_day, as_of) = (was.manifest.as_of, now.manifest.as_of);
        if previous_day > as_of {
            return Err(Error::NotBefore { folder: previous.to_owned(), previous: previous_day, as_of });
        }
        Ok(Self { was, now })
    }

    /// Every customer that one of them lists, by id.
    pub fn customers(&self) -> Vec<&str> {
        let all: BTreeSet<&str> =
            self.was.row.keys().chain(self.now.row.keys()).map(String::as_str).collect();
        all.into_iter().collect()
    }

    /// What moved a customer; none if neither run lists it.
    pub fn moved(&self, customer_id: &str) -> Option<Movement> {
        let (was, now) = (self.was.customer(customer_id), self.now.customer(customer_id));
        if was.is_none() && now.is_none() {
            return None;
        }
        let rank = |row: &Option<Row<'_>>| row.as_ref().map(|r| r.int("rank"));
        let action = |row: &Option<Row<'_>>| row.as_ref().map(|r| r.text("action")).filter(|a| !a.is_empty());
        let mut causes = Causes::default();
        causes.of_invoices(&self.was.bills(customer_id), &self.now.bills(customer_id));
        if let (Some(was), Some(now)) = (&was, &now) {
            causes.of_contacts(was, now);
            causes.of_hold(&was.text("hold"), &now.text("hold"));
            causes.of_action(was, now, self.was.manifest.as_of, self.now.manifest.as_of);
            causes.of_score(was, now, self.was.model() != self.now.model());
        }
        if self.was.manifest.policy_hash != self.now.manifest.policy_hash {
            causes.push("policy", "the policy is another one".to_owned());
        }
        self.others(customer_id, &mut causes);
        Some(Movement {
            previous: self.was.manifest.as_of,
            as_of: self.now.manifest.as_of,
            previous_rank: rank(&was),
            rank: rank(&now),
            previous_action: action(&was),
            action: action(&now),
            causes: causes.0,
        })
    }

    /// Who came past: what these numbers say adds up to the difference of the two ranks.
    fn others(&self, id: &str, causes: &mut Causes) {
        let (Some(&was_row), Some(&now_row)) = (self.was.row.get(id), self.now.row.get(id)) else { return };
        if was_row == now_row {
            return;
        }
        let (before, ahead) = (self.was.before(was_row), self.now.before(now_row));
        let n = |some: &BTreeSet<&str>, of: &dyn Fn(&str) -> bool| some.iter().filter(|id| of(id)).count();
        let new = n(&ahead, &|id| !self.was.row.contains_key(id));
        let gone = n(&before, &|id| !self.now.row.contains_key(id));
        let past = n(&ahead, &|id| !before.contains(id)) - new;
        let behind = n(&before, &|id| !ahead.contains(id)) - gone;
        causes.push(
            "others_moved",
            format!(
                "of other customers {past} came past it, {new} are new before it, {behind} fell behind it, {gone} before it have \
                 nothing open any more"
            ),
        );
    }
}

#[derive(Default)]
struct Causes(Vec<Cause>);

impl Causes {
    fn push(&mut self, kind: &'static str, text: String) {
        self.0.push(Cause { kind, text });
    }

    /// What was paid, what is new, what has fallen due.
    fn of_invoices(&mut self, was: &BTreeMap<String, Bill>, now: &BTreeMap<String, Bill>) {
        let mut paid = Sums::default();
        let mut reopened = Sums::default();
        for (id, bill) in was {
            let open = now.get(id).map_or(Amount::ZERO, |b| b.open);
            match bill.open.cmp(&open) {
                std::cmp::Ordering::Greater => paid.add(&bill.currency, bill.open - open),
                std::cmp::Ordering::Less => reopened.add(&bill.currency, open - bill.open),
                std::cmp::Ordering::Equal => {}
            }
        }
        if paid.n > 0 {
            let whole = was.keys().filter(|id| !now.contains_key(*id)).count();
            self.push("paid", format!("{paid} settled, {whole} of these in full"));
        }
        if reopened.n > 0 {
            self.push("reopened", format!("{reopened} open again"));
        }
        let (mut new, mut overdue) = (Sums::default(), Sums::default());
        for (id, bill) in now {
            let then = was.get(id);
            if then.is_none() {
                new.add(&bill.currency, bill.open);
            }
            if bill.days_past_due > 0 && then.is_some_and(|b| b.days_past_due <= 0) {
                overdue.add(&bill.currency, bill.open);
            }
        }
        if new.n > 0 {
            self.push("new_invoice", format!("{new} not open before"));
        }
        if overdue.n > 0 {
            self.push("new_overdue", format!("{overdue} past due now"));
        }
    }

    fn of_contacts(&mut self, was: &Row<'_>, now: &Row<'_>) {
        let broken = now.int("broken_promises") - was.int("broken_promises");
        if broken > 0 {
            self.push(
                "promise_broken",
                format!("a promise was broken, {} so far", now.int("broken_promises")),
            );
        }
        let (before, last) = (was.text("last_contact_date"), now.text("last_contact_date"));
        if before != last && !last.is_empty() {
            self.push("contact_made", format!("was contacted on {last}"));
        }
    }

    fn of_hold(&mut self, was: &str, now: &str) {
        if was == now {
            return;
        }
        let ended = match was {
            "" => None,
            "dispute" => Some("no dispute covers all that is overdue any more"),
            "promise" => Some("no promise runs or was just kept any more"),
            "quiet_days" => Some("its quiet days are over"),
            "below_minimum" => Some("as much is open as is worth a contact"),
            other => Some(other),
        };
        let began = match now {
            "" => None,
            "dispute" => Some("all that is overdue is under dispute"),
            "promise" => Some("a promise was made that still runs, or was just kept"),
            "quiet_days" => Some("it is left alone for its quiet days after a contact"),
            "below_minimum" => Some("less is open than is worth a contact"),
            other => Some(other),
        };
        ended.into_iter().for_each(|text| self.push("hold_ended", text.to_owned()));
        began.into_iter().for_each(|text| self.push("hold_began", text.to_owned()));
    }

    /// Why another action is taken, or the same on another day, where no hold says it.
    fn of_action(&mut self, was: &Row<'_>, now: &Row<'_>, was_day: Day, now_day: Day) {
        let is_held = |row: &Row<'_>| !row.text("hold").is_empty();
        let left_out = |row: &Row<'_>| row.double("left_out_gain").unwrap_or_default();
        let (before, after) = (left_out(was), left_out(now));
        let (old, new) = (was.text("action"), now.text("action"));
        if after > 0.0 && (before == 0.0 || old != new) {
            let text = "its calls are taken by others with whom they bring more; a better action would gain";
            self.push("calls_taken", format!("{text} {after:.2} more"));
        } else if before > 0.0 && after == 0.0 && !is_held(now) {
            self.push("calls_free", format!("calls are left for it: it was left out of {before:.2} before"));
        } else if old != new && !is_held(was) && !is_held(now) {
            let oldest = |row: &Row<'_>| row.int("oldest_days_past_due");
            let name =
                |action: &str| if action.is_empty() { "none".to_owned() } else { format!("`{action}`") };
            let text = format!(
                "of the levels that may be taken {} gains most, where it was {}; its oldest open invoice is {} past due, was {}",
                name(&new),
                name(&old),
                days(oldest(now)),
                oldest(was)
            );
            self.push("ladder", text);
        }
        let wait = |row: &Row<'_>, day: Day| Some(row.date("action_date")?.0 - day.0);
        if let (Some(before), Some(after)) = (wait(was, was_day), wait(now, now_day))
            && old == new
            && before != after
        {
            let text =
                format!("the first working day for it is {} away, was {before}", days(i64::from(after)));
            self.push("calendar", text);
        }
    }

    /// What the curves say: said if it has moved by much, or if nothing else tells why the value has.
    fn of_score(&mut self, was: &Row<'_>, now: &Row<'_>, is_other_model: bool) {
        let share = |row: &Row<'_>| {
            row.double("value_at_risk").unwrap_or_default()
                / row.amount("open_amount").to_f64().max(f64::MIN_POSITIVE)
        };
        let value = |row: &Row<'_>| row.double("priority_value").unwrap_or_default();
        let (before, after) = (share(was), share(now));
        let is_unexplained = self.0.is_empty() && (value(was) != value(now) || before != after);
        if (after - before).abs() < SHARE_MIN && !is_unexplained {
            return;
        }
        let mut text = format!(
            "{:.1} % of what is open is expected to be open in 30 days, was {:.1} %",
            100.0 * after,
            100.0 * before
        );
        if value(was) > 0.0 || value(now) > 0.0 {
            text += &format!("; what is gained with it counts {:.2}, was {:.2}", value(now), value(was));
        }
        if is_other_model {
            text += "; the model was fitted again";
        }
        self.push("score_moved", text);
    }
}

/// How many invoices, and how much by currency.
#[derive(Default)]
struct Sums {
    n: i64,
    by_currency: BTreeMap<String, Amount>,
}

impl Sums {
    fn add(&mut self, currency: &str, amount: Amount) {
        self.n += 1;
        *self.by_currency.entry(currency.to_owned()).or_insert(Amount::ZERO) += amount;
    }
}

impl std::fmt::Display for Sums {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sums: Vec<String> = self.by_currency.iter().map(|(c, a)| format!("{a} {c}")).collect();
        write!(f, "{}, {},", invoices(self.n), sums.join(" and "))
    }
}
