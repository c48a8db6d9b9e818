//! Ranges of every policy key.

use super::money::{CollectorTerms, HandoverPolicy, InterestRules, MethodCost};
use super::{Part, Policy, PolicyError, Solver};
use crate::core::spelling::nearest;
use crate::core::{Currency, Day};
use std::ops::Deref;

/// Shortest history that landmarks are taken from.
const HISTORY_DAYS_MIN: i32 = 90;

/// Most columns that may be segments.
pub const SEGMENTS_MAX: usize = 16;

/// Columns of invoices that name a document, or say when or how much: nothing to group by.
const NO_SEGMENTS: [&str; 14] = [
    "invoice_id",
    "credited_invoice_id",
    "instalment",
    "issue_date",
    "due_date",
    "baseline_date",
    "recorded_date",
    "dispute_date",
    "dispute_closed_date",
    "paid_date",
    "terms_days",
    "amount",
    "discount_rate",
    "discount_days",
];

/// A policy whose every value is inside its range. Stages take only this.
#[derive(Debug, Clone, PartialEq)]
pub struct ValidPolicy(Policy);

impl Deref for ValidPolicy {
    type Target = Policy;
    fn deref(&self) -> &Policy {
        &self.0
    }
}

impl ValidPolicy {
    /// The same policy with what payments have in common as it was measured, held inside the ranges of the keys.
    pub fn with_dependence(mut self, customer: f64, portfolio: f64, week: f64) -> Self {
        let portfolio = portfolio.clamp(0.0, 0.5);
        self.0.forecast.portfolio_correlation = portfolio;
        self.0.forecast.week_deviation = week.clamp(0.0, 1.0);
        self.0.forecast.customer_correlation = customer.clamp(0.0, 0.9).min(0.95 - portfolio);
        self
    }

    /// Checks every range.
    ///
    /// # Errors
    /// [`PolicyError::OutOfRange`] for the first value outside its range.
    pub fn try_new(policy: Policy, file: &str) -> Result<Self, PolicyError> {
        let c = Checker { file };
        c.real("ingest.max_quarantine_rate", policy.ingest.max_quarantine_rate, 0.0, 1.0)?;
        let l = &policy.ledger;
        c.int("ledger.grace_days", l.grace_days, 0, 60)?;
        for &edge in &l.aging_edges_days {
            c.int("ledger.aging_edges_days", edge, 1, 3650)?;
        }
        if l.aging_edges_days.is_empty() || l.aging_edges_days.windows(2).any(|w| w[0] >= w[1]) {
            return c.refuse(
                "ledger.aging_edges_days",
                format!("{:?}", l.aging_edges_days),
                "increasing days",
            );
        }
        c.currency("ledger.default_currency", &l.default_currency)?;
        if !l.reporting_currency.is_empty() {
            c.currency("ledger.reporting_currency", &l.reporting_currency)?;
        }
        use super::AllocationStep::{OldestDueFirst, Reference};
        if !matches!(l.allocation.as_slice(), [Reference] | [Reference, OldestDueFirst]) {
            let names: Vec<String> = l.allocation.iter().map(|step| format!("{step:?}")).collect();
            let expected = "[\"reference\"] or [\"reference\", \"oldest_due_first\"]";
            return c.refuse("ledger.allocation", format!("[{}]", names.join(", ")), expected);
        }
        c.real("ledger.tolerance_amount", l.tolerance_amount, 0.0, 1e6)?;
        c.real("ledger.tolerance_rate", l.tolerance_rate, 0.0, 0.5)?;
        c.segments(&l.segments)?;
        c.int("ledger.segment_values_max", l.segment_values_max, 1, 10_000)?;

        let m = &policy.model;
        c.int("model.half_life_long_days", m.half_life_long_days, 14, 3650)?;
        c.int("model.half_life_days", m.half_life_days, 14, 3650)?;
        c.int("model.half_life_short_days", m.half_life_short_days, 7, 3650)?;
        c.int("model.half_life_level_days", m.half_life_level_days, 7, 3650)?;
        c.int("model.landmark_every_days", m.landmark_every_days, 1, 90)?;
        c.int("model.landmark_customers_max", m.landmark_customers_max, 10_000, 1_000_000_000)?;
        c.int("model.history_days", m.history_days, i64::from(HISTORY_DAYS_MIN), 7300)?;
        c.int("model.recent_days", m.recent_days, 28, 7300)?;
        c.real("model.older_weight", m.older_weight, 0.001, 1.0)?;
        c.int("model.warm_up_days", m.warm_up_days, 0, 730)?;
        c.int("model.train_horizon_days", m.train_horizon_days, 28, 365)?;
        c.int("model.train_rows_max", m.train_rows_max, 10_000, 20_000_000)?;
        c.real("model.penalty", m.penalty, 0.0, 1e6)?;
        c.int("model.penalty_shares", m.penalty_shares.len(), 1, 8)?;
        m.penalty_shares.iter().try_for_each(|s| c.real("model.penalty_shares", *s, 0.001, 1.0))?;
        c.int("model.min_settled", m.min_settled, 10, 100_000)?;
        c.real("model.tolerance", m.tolerance, 1e-12, 1e-3)?;
        c.int("model.iterations_max", m.iterations_max, 1, 1000)?;
        if m.solver == Solver::Linfa && m.penalty == 0.0 {
            return c.refuse("model.penalty", "0".to_owned(), "above 0 with solver = \"linfa\"");
        }

        c.parts(&m.leave_out)?;

        let s = &policy.score;
        c.int("score.loss_horizon_days", s.loss_horizon_days, 120, 1095)?;
        c.real("score.risk_medium_prob", s.risk_medium_prob, 0.0, 1.0)?;
        c.real("score.risk_high_prob", s.risk_high_prob, s.risk_medium_prob, 1.0)?;

        let g = &policy.gate;
        c.real("gate.late_bias_max", g.late_bias_max, 0.0, 1.0)?;
        c.real("gate.score_psi_max", g.score_psi_max, 0.0, 100.0)?;
        c.real("gate.feature_psi_max", g.feature_psi_max, 0.0, 100.0)?;
        c.int("gate.invoices_min", g.invoices_min, 1, 1_000_000)?;

        let k = &policy.kpi;
        c.int("kpi.window_days", k.window_days, 30, 366)?;
        c.int("kpi.long_window_days", k.long_window_days, 90, 1096)?;
        c.real("kpi.offer_discount_rate", k.offer_discount_rate, 0.0, 0.5)?;
        c.int("kpi.offer_discount_days", k.offer_discount_days, 1, 60)?;
        c.real("kpi.limit_headroom", k.limit_headroom, 0.5, 10.0)?;
        c.real("kpi.limit_unpaid_prob", k.limit_unpaid_prob, 0.001, 1.0)?;
        let f = &policy.factoring;
        c.real("factoring.advance_rate", f.advance_rate, 0.0, 1.0)?;
        c.real("factoring.fee_rate", f.fee_rate, 0.0, 0.5)?;
        c.real("factoring.interest_rate", f.interest_rate, 0.0, 1.0)?;
        let i = &policy.insurance;
        c.real("insurance.premium_rate", i.premium_rate, 0.0, 0.5)?;
        c.real("insurance.insured_rate", i.insured_rate, 0.0, 1.0)?;
        c.real("insurance.first_loss", i.first_loss, 0.0, 1e9)?;
        c.real("insurance.limit", i.limit, 0.0, 1e12)?;
        let i = &policy.instalments;
        c.int("instalments.parts", i.parts, 2, 60)?;
        c.int("instalments.every_days", i.every_days, 1, 366)?;
        c.real("instalments.kept_prob", i.kept_prob, 0.0, 1.0)?;
        c.real("instalments.cost", i.cost, 0.0, 1e6)?;
        c.real("instalments.from_amount", i.from_amount, 0.0, 1e9)?;
        c.int("instalments.from_days_past_due", i.from_days_past_due, 1, 3650)?;
        c.real("instalments.from_risk_prob", i.from_risk_prob, 0.0, 1.0)?;
        c.handover(&policy.handover)?;
        c.methods(&k.method)?;
        c.interest("interest.eu", &policy.interest.eu)?;
        c.interest("interest.uk", &policy.interest.uk)?;

        let f = &policy.forecast;
        c.int("forecast.draws", f.draws, 100, 100_000)?;
        c.int("forecast.billing_half_life_days", f.billing_half_life_days, 14, 3650)?;
        c.real("forecast.customer_correlation", f.customer_correlation, 0.0, 0.9)?;
        c.real("forecast.portfolio_correlation", f.portfolio_correlation, 0.0, 0.5)?;
        c.real("forecast.week_deviation", f.week_deviation, 0.0, 1.0)?;
        let both = f.customer_correlation + f.portfolio_correlation;
        c.real("forecast.customer_correlation + forecast.portfolio_correlation", both, 0.0, 0.95)?;

        c.collect(&policy.collect, &policy.ledger.segments)?;
        Ok(Self(policy))
    }

    /// Whether a part of the model is left out.
    pub fn leaves_out(&self, part: Part) -> bool {
        self.model.leave_out.iter().any(|name| name == part.name())
    }

    /// The same policy, with warnings and repairs turned into rejections.
    #[must_use]
    pub fn strictly(mut self) -> Self {
        self.0.ingest.strict = true;
        self
    }

    /// The same policy, with training landmarks no earlier than `days` before as_of; 90 days at least.
    #[must_use]
    pub fn looking_back(mut self, days: i32) -> Self {
        self.0.model.history_days = self.0.model.history_days.min(days.max(HISTORY_DAYS_MIN));
        self
    }
}

/// Refuses what is out of its range, by key.
pub(super) struct Checker<'a> {
    file: &'a str,
}

impl Checker<'_> {
    pub(super) fn refuse<T>(&self, key: &str, value: String, expected: &str) -> Result<T, PolicyError> {
        let (file, key, expected) = (self.file.to_owned(), key.to_owned(), expected.to_owned());
        Err(PolicyError::OutOfRange { file, line: None, key, value, expected })
    }

    pub(super) fn int<T: TryInto<i64> + std::fmt::Display + Copy>(
        &self,
        key: &str,
        v: T,
        lo: i64,
        hi: i64,
    ) -> Result<(), PolicyError> {
        match v.try_into() {
            Ok(n) if (lo..=hi).contains(&n) => Ok(()),
            _ => self.refuse(key, v.to_string(), &format!("{lo} to {hi}")),
        }
    }

    pub(super) fn real(&self, key: &str, v: f64, lo: f64, hi: f64) -> Result<(), PolicyError> {
        if v >= lo && v <= hi { Ok(()) } else { self.refuse(key, v.to_string(), &format!("{lo} to {hi}")) }
    }

    /// `[[kpi.method]]`.
    fn methods(&self, methods: &[MethodCost]) -> Result<(), PolicyError> {
        for (n, method) in methods.iter().enumerate() {
            let key = |name: &str| format!("kpi.method[{}].{name}", n + 1);
            self.word(&key("name"), &method.name)?;
            if methods[..n].iter().any(|m| m.name.eq_ignore_ascii_case(&method.name)) {
                let value = format!("`{}`", method.name);
                return self.refuse(&key("name"), value, "another word than that of an earlier method");
            }
            self.real(&key("cost"), method.cost, 0.0, 1e6)?;
            self.real(&key("fee_rate"), method.fee_rate, 0.0, 1.0)?;
        }
        Ok(())
    }

    /// `[handover]` and what is below it.
    fn handover(&self, h: &HandoverPolicy) -> Result<(), PolicyError> {
        let days = &h.recovery_days;
        if days.is_empty() || days[0] < 0 || days.windows(2).any(|w| w[0] >= w[1]) {
            let value = format!("{days:?}");
            return self.refuse("handover.recovery_days", value, "increasing days past due, none below 0");
        }
        for rate in &h.recovery_rate {
            self.real("handover.recovery_rate", *rate, 0.0, 1.0)?;
        }
        if h.recovery_rate.len() != days.len() {
            let (value, expected) =
                (format!("a list of {}", h.recovery_rate.len()), format!("one for each of {}", days.len()));
            return self.refuse("handover.recovery_rate", value, &expected);
        }
        self.collector("handover.agency", &h.agency)?;
        self.collector("handover.legal", &h.legal)
    }

    fn collector(&self, section: &str, terms: &CollectorTerms) -> Result<(), PolicyError> {
        let key = |name: &str| format!("{section}.{name}");
        self.real(&key("recovery_factor"), terms.recovery_factor, 0.0, 10.0)?;
        self.real(&key("fee_rate"), terms.fee_rate, 0.0, 1.0)?;
        self.real(&key("cost"), terms.cost, 0.0, 1e6)?;
        self.int(&key("days"), terms.days, 0, 1095)
    }

    /// `[interest.eu]` or `[interest.uk]`.
    fn interest(&self, section: &str, rules: &InterestRules) -> Result<(), PolicyError> {
        let key = |name: &str| format!("{section}.{name}");
        self.currency(&key("currency"), &rules.currency)?;
        self.real(&key("margin_rate"), rules.margin_rate, 0.0, 0.5)?;
        for rate in &rules.reference_rate {
            self.real(&key("reference_rate"), *rate, -0.1, 1.0)?;
        }
        for sum in &rules.fixed_sum {
            self.real(&key("fixed_sum"), *sum, 0.0, 1e6)?;
        }
        let days: Vec<_> = rules.from.iter().map(|day| day.parse::<Day>().ok()).collect();
        if days.is_empty() || days.contains(&None) || days.windows(2).any(|w| w[0] >= w[1]) {
            let expected = "increasing dates such as [\"2025-01-01\", \"2025-07-01\"]";
            return self.refuse(&key("from"), format!("{:?}", rules.from), expected);
        }
        if !rules.fixed_sum_from.is_sorted() || rules.fixed_sum_from.iter().any(|from| from.is_nan()) {
            let value = format!("{:?}", rules.fixed_sum_from);
            return self.refuse(&key("fixed_sum_from"), value, "increasing amounts");
        }
        for (name, n, other) in [
            ("reference_rate", rules.reference_rate.len(), rules.from.len()),
            ("fixed_sum", rules.fixed_sum.len(), rules.fixed_sum_from.len()),
        ] {
            if n != other {
                return self.refuse(
                    &key(name),
                    format!("a list of {n}"),
                    &format!("one for each of {other}"),
                );
            }
        }
        Ok(())
    }

    /// `model.leave_out`.
    fn parts(&self, names: &[String]) -> Result<(), PolicyError> {
        let known = Part::ALL.map(Part::name);
        for (i, name) in names.iter().enumerate() {
            let expected = match nearest(name, &known) {
                _ if names[..i].contains(name) => "each part once".to_owned(),
                _ if known.contains(&name.as_str()) => continue,
                Some(near) => format!("parts of the model; the nearest known one is {near}"),
                None => format!("one of {}", known.join(", ")),
            };
            return self.refuse("model.leave_out", format!("`{name}`"), &expected);
        }
        Ok(())
    }

    fn segments(&self, names: &[String]) -> Result<(), PolicyError> {
        let key = "ledger.segments";
        if names.len() > SEGMENTS_MAX {
            return self.refuse(key, format!("{} columns", names.len()), &format!("at most {SEGMENTS_MAX}"));
        }
        for (i, name) in names.iter().enumerate() {
            let expected = if name.trim().is_empty() || name.trim() != name || name.contains('=') {
                "names of columns, without `=` or spaces around them"
            } else if NO_SEGMENTS.contains(&name.as_str()) {
                "columns to group by: no id of a document, no date, no amount"
            } else if names[..i].contains(name) {
                "each column once"
            } else {
                continue;
            };
            return self.refuse(key, format!("`{name}`"), expected);
        }
        Ok(())
    }

    /// Anything but blanks.
    pub(super) fn word(&self, key: &str, text: &str) -> Result<(), PolicyError> {
        if text.trim().is_empty() { self.refuse(key, format!("`{text}`"), "a word") } else { Ok(()) }
    }

    pub(super) fn choice(&self, key: &str, word: &str, known: &[&str]) -> Result<(), PolicyError> {
        if known.contains(&word) { Ok(()) } else { self.refuse(key, format!("`{word}`"), &known.join(", ")) }
    }

    fn currency(&self, key: &str, code: &str) -> Result<(), PolicyError> {
        match Currency::try_new(code) {
            Some(_) => Ok(()),
            None => self.refuse(key, format!("`{code}`"), "an ISO 4217 code such as EUR"),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::policy::parse;

    #[test]
    fn the_defaults_pass_their_own_check() {
        assert!(parse("", "defaults").is_ok());
    }

    #[test]
    fn a_gate_has_ranges_too() {
        for wrong in
            ["late_bias_max = -0.1", "score_psi_max = nan", "feature_psi_max = 101", "invoices_min = 0"]
        {
            let refused = parse(&format!("[gate]\n{wrong}"), "p.toml").unwrap_err().to_string();
            assert!(refused.contains(wrong.split(' ').next().unwrap()), "{refused}");
        }
    }

    #[test]
    fn nan_is_outside_every_range() {
        assert!(parse("[model]\npenalty = nan", "p.toml").is_err());
    }

    #[test]
    fn shares_of_the_penalty_are_one_at_least_and_none_is_above_it() {
        for shares in ["[]", "[1.0, 1.5]", "[0.0]"] {
            let refused =
                parse(&format!("[model]\npenalty_shares = {shares}"), "p.toml").unwrap_err().to_string();
            assert!(refused.contains("model.penalty_shares"), "{refused}");
        }
        assert!(parse("[model]\npenalty_shares = [0.2]", "p.toml").is_ok());
    }

    #[test]
    fn a_whole_number_will_do_where_a_real_one_is_expected() {
        assert_eq!(parse("[model]\npenalty = 3", "p.toml").unwrap().model.penalty, 3.0);
    }

    #[test]
    fn segments_are_columns_to_group_by_each_once() {
        let refused =
            |list: &str| parse(&format!("[ledger]\nsegments = {list}"), "p.toml").unwrap_err().to_string();
        assert_eq!(
            refused("[\"region\", \"due_date\"]"),
            "p.toml:2: ledger.segments is `due_date`, expected columns to group by: no id of a document, no date, no amount"
        );
        assert!(
            refused("[\"a=b\"]").ends_with("expected names of columns, without `=` or spaces around them")
        );
        assert!(
            refused("[\" a\"]").contains("spaces around") && refused("[\"\"]").contains("names of columns")
        );
        assert!(refused("[\"a\", \"a\"]").ends_with("is `a`, expected each column once"));
        let many: Vec<String> = (0..17).map(|i| format!("c{i}")).collect();
        assert!(refused(&format!("{many:?}")).ends_with("is 17 columns, expected at most 16"));
        assert!(parse("[ledger]\nsegments = []\nsegment_values_max = 1", "p.toml").is_ok());
        assert!(parse("[ledger]\nsegment_values_max = 0", "p.toml").is_err());
    }
}
