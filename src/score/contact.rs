//! What contacts do, as past ones show: payment on the days after one against the days of like invoices without.

use super::effect::{InvoiceDay, effects};
use super::predict::daily_survival;
use crate::core::Day;
use crate::features::Survey;
use crate::features::calendar::Calendar;
use crate::features::day_row::Days;
use crate::features::facts::Facts;
use crate::features::habits::Habits;
use crate::features::sweep::{Room, sweep};
use crate::ledger::{Known, NEVER};
use crate::model::{ContactEffect, Hazard};
use crate::numeric::{logit, mix, text_key};
use crate::policy::ValidPolicy;
use rayon::prelude::*;
use std::collections::HashMap;

/// Customers looked at, at the most: chosen by their ids.
const CUSTOMERS: usize = 1000;
/// Customers in one go; fixed, so that threads do not change a byte.
const CHUNK: usize = 32;
/// First days past due of the customer's oldest overdue invoice in each class: contacts are made by it.
const OLDEST: [i32; 9] = [1, 3, 5, 8, 15, 22, 31, 61, 121];
/// Upper ends of the classes of the model's daily hazard but the last.
const HAZARDS: [f64; 5] = [0.005, 0.02, 0.05, 0.1, 0.2];
/// Past contacts by customer of a ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PastContacts {
    /// Day and place in `channels` of each contact, by customer, then by day.
    made: Vec<(i32, u16)>,
    /// First contact of each customer, then their number.
    start: Vec<u32>,
    channels: Vec<String>,
}

impl PastContacts {
    /// From `(customer_id, day, channel)` in any order; those of customers whom the ledger does not know are left out.
    pub fn new<'a>(known: &Known, contacts: impl Iterator<Item = (&'a str, Day, &'a str)>) -> Self {
        let code: HashMap<&str, u32> = known.customer_id.iter().zip(0..).collect();
        let contacts: Vec<(u32, i32, &str)> =
            contacts.filter_map(|(id, day, channel)| Some((*code.get(id)?, day.0, channel))).collect();
        let mut channels: Vec<String> = contacts.iter().map(|c| c.2.to_owned()).collect();
        channels.sort_unstable();
        channels.dedup();
        let place = |name: &str| channels.binary_search_by(|c| c.as_str().cmp(name)).unwrap_or(0) as u16;
        let mut rows: Vec<(u32, i32, u16)> = contacts.iter().map(|c| (c.0, c.1, place(c.2))).collect();
        rows.sort_unstable();
        let mut start = vec![0_u32; known.n_customers() + 1];
        rows.iter().for_each(|r| start[r.0 as usize + 1] += 1);
        (0..known.n_customers()).for_each(|c| start[c + 1] += start[c]);
        Self { made: rows.iter().map(|r| (r.1, r.2)).collect(), start, channels }
    }

    fn of(&self, c: usize) -> &[(i32, u16)] {
        &self.made[self.start[c] as usize..self.start[c + 1] as usize]
    }
}

/// Measures, channel by channel, by what a contact multiplies the odds of payment of a day.
///
/// Who is chased pays badly, so that days after a contact see fewer payments than others: what is compared has to be
/// alike. Each day of a past-due invoice in the `effect_days` after a training landmark is a row. It counts as after a
/// contact if the customer's last one was at most `effect_days` before; the model's log-odds from the landmark say how
/// likely payment was. Let `p` be the probability of payment without a contact: those log-odds with a level, a slope, a
/// level for each class of like days and one for each customer, drawn to 0, fitted together with the effects of the
/// channels, which are then taken out. Let `m` be the probability that an unpaid day is after a contact, by class and
/// customer. Classes are made by the days past due of the customer's oldest invoice, by which people decide whom to chase,
/// and by the model's hazard. The effect `b` solves
///
/// `sum_rows exp(-b a y) (y - p) (a - m) = 0`
///
/// with `a` after a contact or not and `y` paid or not. It is right if either `p` or `m` is: doubly robust. The error
/// takes customers as independent and days of one customer as not. What neither the model's history nor the customer's
/// other days show is not corrected: somebody calls on the day on which he hears that the money is on its way.
///
/// Source: Tan (2019), *On doubly robust estimation for logistic partially linear models*, Statistics & Probability
/// Letters 155, eq. 4.
pub fn contact_effects(
    known: &Known,
    survey: &Survey,
    hazard: &Hazard,
    contacts: &PastContacts,
    policy: &ValidPolicy,
) -> Vec<ContactEffect> {
    if contacts.made.is_empty() || survey.landmarks().is_empty() {
        return Vec::new();
    }
    let customers = sample(known);
    let history = History { known, survey, hazard, contacts, effect_days: policy.collect.effect_days };
    let parts: Vec<Vec<InvoiceDay>> = customers
        .par_chunks(CHUNK)
        .with_max_len(1)
        .map_init(Room::default, |room, customers| {
            let mut rows = Vec::new();
            customers.iter().for_each(|&c| history.rows(c as usize, room, &mut rows));
            rows
        })
        .collect();
    let rows: Vec<InvoiceDay> = parts.into_iter().flatten().collect();
    let mut n_contacts = vec![0_u64; contacts.channels.len()];
    for &c in &customers {
        contacts.of(c as usize).iter().for_each(|contact| n_contacts[usize::from(contact.1)] += 1);
    }
    let found = effects(&rows, contacts.channels.len());
    let effect = |(channel, name): (usize, &String)| {
        let (log_odds, standard_error) = found[channel]?;
        let after = || rows.iter().filter(|r| r.channel.is_some_and(|c| usize::from(c) == channel));
        Some(ContactEffect {
            channel: name.clone(),
            log_odds,
            standard_error,
            n_contacts: n_contacts[channel],
            n_days: after().count() as u64,
            n_paid: after().filter(|r| r.paid).count() as u64,
        })
    };
    contacts.channels.iter().enumerate().filter_map(effect).collect()
}

/// Customers, all or those whose ids hash lowest, in ledger order.
fn sample(known: &Known) -> Vec<u32> {
    let mut keyed: Vec<(u64, u32)> = (0..known.n_customers() as u32)
        .map(|c| (mix(text_key(known.customer_id.get(c as usize)), 1), c))
        .collect();
    if keyed.len() > CUSTOMERS {
        keyed.select_nth_unstable(CUSTOMERS);
        keyed.truncate(CUSTOMERS);
    }
    let mut chosen: Vec<u32> = keyed.into_iter().map(|k| k.1).collect();
    chosen.sort_unstable();
    chosen
}

struct History<'a> {
    known: &'a Known,
    survey: &'a Survey,
    hazard: &'a Hazard,
    contacts: &'a PastContacts,
    effect_days: i32,
}

impl History<'_> {
    fn rows(&self, c: usize, room: &mut Room, out: &mut Vec<InvoiceDay>) {
        let (known, landmarks) = (self.known, self.survey.landmarks());
        let as_of = known.as_of().0;
        sweep(known, c, landmarks, &self.survey.memory, room, |m, state, open| {
            let prior = &self.survey.priors[m];
            let mark = prior.mark.0;
            let next = landmarks.get(m + 1).map_or(as_of, |l| l.0);
            let last = (mark + self.effect_days).min(next);
            let oldest_due = open.iter().map(|&i| known.due[i as usize]).min();
            if oldest_due.is_none_or(|due| due >= last) {
                return;
            }
            let habits = Habits::new(known, state, open, prior, &self.survey.memory, &self.survey.almanac);
            let calendar = Calendar::new(&habits, prior, &self.survey.almanac);
            let mut survival = Vec::new();
            let overdue = open.iter().map(|i| *i as usize).filter(|i| known.due[*i] < last);
            for i in overdue.filter(|i| known.is_dated(*i)) {
                let facts = Facts::new(known, i, &habits, prior);
                let invoice = Days::new(prior, &habits, facts);
                daily_survival(invoice, self.hazard, prior.mark, &calendar, last - mark, &mut survival);
                let settled = if known.settled[i] == NEVER { NEVER } else { known.settled[i].max(mark + 1) };
                for day in (mark + 1).max(known.due[i] + 1)..=last.min(settled) {
                    let [before, after] = [day - 1, day].map(|d| survival[(d - mark) as usize]);
                    let h = ((before - after) / before).clamp(1e-6, 1.0 - 1e-6);
                    let still_open = open.iter().filter(|&&j| known.settled[j as usize] >= day);
                    let oldest = still_open.map(|&j| day - known.due[j as usize]).max().unwrap_or(1);
                    out.push(InvoiceDay {
                        customer: c as u32,
                        class: class(oldest, h),
                        channel: self.working(c, day),
                        eta: logit(h),
                        paid: day == settled,
                    });
                }
            }
        });
    }

    /// Channel of the customer's last contact before `day`, if it still works.
    fn working(&self, c: usize, day: i32) -> Option<u16> {
        let made = self.contacts.of(c);
        let last = made[..made.partition_point(|contact| contact.0 < day)].last()?;
        (day <= last.0 + self.effect_days).then_some(last.1)
    }
}

fn class(oldest_days_past_due: i32, hazard: f64) -> u16 {
    let age = OLDEST.partition_point(|&from| from <= oldest_days_past_due);
    let pace = HAZARDS.partition_point(|&upper| upper <= hazard);
    (age * (HAZARDS.len() + 1) + pace) as u16
}
