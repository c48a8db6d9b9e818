//! Ranges of `[collect]`: the ladder, whom to leave alone, and what segments have of their own.

use super::PolicyError;
use super::check::Checker;
use super::collect::{CollectPolicy, Level, SegmentLevel, SegmentRules, TONES, WEEKDAYS};
use crate::core::Day;

impl Checker<'_> {
    /// `[collect]`, its ladder, and what segments have of their own; `columns` are those of `ledger.segments`.
    pub(super) fn collect(&self, k: &CollectPolicy, columns: &[String]) -> Result<(), PolicyError> {
        self.real("collect.cost_of_capital_rate", k.cost_of_capital_rate, 0.0, 1.0)?;
        self.real("collect.loss_given_unpaid_rate", k.loss_given_unpaid_rate, 0.0, 1.0)?;
        self.int("collect.effect_days", k.effect_days, 1, 90)?;
        self.real("collect.effect_prior_sd", k.effect_prior_sd, 0.01, 10.0)?;
        self.int("collect.effect_contacts_min", k.effect_contacts_min, 10, 1_000_000)?;
        self.real("collect.minimum_amount", k.minimum_amount, 0.0, 1e9)?;
        self.real("collect.currency_per_unit_of_cost", k.currency_per_unit_of_cost, 1e-4, 1e6)?;
        self.language("collect.language", &k.language)?;
        self.int("collect.collectors", k.collectors, 0, 10_000)?;
        self.int("collect.calls_per_day", k.calls_per_day, 1, 1000)?;
        self.int("collect.quiet_days", k.quiet_days, 0, 90)?;
        self.int("collect.contacts_per_week_max", k.contacts_per_week_max, 1, 50)?;
        self.int("collect.kept_promise_days", k.kept_promise_days, 0, 90)?;
        self.real("collect.broken_promise_weight", k.broken_promise_weight, 1.0, 10.0)?;
        for day in &k.weekend {
            self.choice("collect.weekend", day, &WEEKDAYS)?;
        }
        if WEEKDAYS.iter().all(|day| k.weekend.iter().any(|d| d == day)) {
            return self.refuse("collect.weekend", "all of a week".to_owned(), "six days at the most");
        }
        for day in &k.holidays {
            if day.parse::<Day>().is_err() {
                return self.refuse("collect.holidays", format!("`{day}`"), "dates such as \"2026-12-25\"");
            }
        }
        self.int("collect.level.to_days_past_due", k.level.to_days_past_due, -1000, 100_000)?;
        self.int("collect.level.calls", k.level.calls, 0, 100)?;
        self.choice("collect.level.tone", &k.level.tone, &TONES)?;
        self.real("collect.level.from_amount", k.level.from_amount, 0.0, 1e9)?;
        self.real("collect.level.from_risk_prob", k.level.from_risk_prob, 0.0, 1.0)?;
        self.real("collect.level.fee_rate", k.level.fee_rate, 0.0, 1.0)?;
        if k.ladder.is_empty() {
            return self.refuse("collect.ladder", "empty".to_owned(), "at least one level");
        }
        for (n, level) in k.ladder.iter().enumerate() {
            let key = |name: &str| format!("collect.ladder[{}].{name}", n + 1);
            self.word(&key("action"), &level.action)?;
            self.word(&key("channel"), &level.channel)?;
            if k.ladder[..n].iter().any(|l| l.action == level.action) {
                let value = format!("`{}`", level.action);
                return self.refuse(&key("action"), value, "another word than that of an earlier level");
            }
            self.level(&key, level)?;
        }
        for (n, own) in k.segment.iter().enumerate() {
            self.segment(n + 1, own, k, columns)?;
        }
        for (n, own) in k.segment_level.iter().enumerate() {
            self.segment_level(n + 1, own, k, columns)?;
        }
        Ok(())
    }

    fn level(&self, key: &dyn Fn(&str) -> String, level: &Level) -> Result<(), PolicyError> {
        self.int(&key("from_days_past_due"), level.from_days_past_due, -1000, 3650)?;
        let from = i64::from(level.from_days_past_due);
        self.int(&key("to_days_past_due"), level.to_days_past_due, from, 100_000)?;
        self.real(&key("from_amount"), level.from_amount, 0.0, 1e9)?;
        self.real(&key("from_risk_prob"), level.from_risk_prob, 0.0, 1.0)?;
        self.real(&key("odds_ratio"), level.odds_ratio, 1.0, 10.0)?;
        self.real(&key("cost"), level.cost, 0.0, 1e6)?;
        self.real(&key("fee_rate"), level.fee_rate, 0.0, 1.0)?;
        self.int(&key("lead_days"), level.lead_days, 0, 30)?;
        self.int(&key("calls"), level.calls, 0, 100)?;
        self.choice(&key("tone"), &level.tone, &TONES)
    }

    fn language(&self, key: &str, code: &str) -> Result<(), PolicyError> {
        if code.len() == 2 && code.bytes().all(|b| b.is_ascii_lowercase()) {
            return Ok(());
        }
        self.refuse(key, format!("`{code}`"), "an ISO 639-1 code, two small letters such as en")
    }

    /// Entry `n` of `[[collect.segment]]`.
    fn segment(
        &self,
        n: usize,
        own: &SegmentRules,
        k: &CollectPolicy,
        columns: &[String],
    ) -> Result<(), PolicyError> {
        let key = |name: &str| format!("collect.segment[{n}].{name}");
        self.of_segment(&key, &own.column, &own.value, columns)?;
        self.int(&key("grace_days"), own.grace_days.unwrap_or(0), 0, 365)?;
        self.real(&key("minimum_amount"), own.minimum_amount.unwrap_or(0.0), 0.0, 1e9)?;
        self.int(&key("quiet_days"), own.quiet_days.unwrap_or(0), 0, 90)?;
        self.int(&key("contacts_per_week_max"), own.contacts_per_week_max.unwrap_or(1), 1, 50)?;
        self.int(&key("kept_promise_days"), own.kept_promise_days.unwrap_or(0), 0, 90)?;
        self.real(&key("broken_promise_weight"), own.broken_promise_weight.unwrap_or(1.0), 1.0, 10.0)?;
        self.language(&key("language"), own.language.as_deref().unwrap_or("en"))?;
        let actions: Vec<&str> = k.ladder.iter().map(|level| level.action.as_str()).collect();
        let unknown = |a: &&String| !actions.contains(&a.as_str());
        match own.without.iter().flatten().find(unknown) {
            Some(action) => self.refuse(&key("without"), format!("`{action}`"), &actions.join(", ")),
            None => Ok(()),
        }
    }

    /// Entry `n` of `[[collect.segment_level]]`.
    fn segment_level(
        &self,
        n: usize,
        own: &SegmentLevel,
        k: &CollectPolicy,
        columns: &[String],
    ) -> Result<(), PolicyError> {
        let key = |name: &str| format!("collect.segment_level[{n}].{name}");
        self.of_segment(&key, &own.column, &own.value, columns)?;
        self.word(&key("action"), &own.action)?;
        self.word(&key("channel"), own.channel.as_deref().unwrap_or("as before"))?;
        let base = k.ladder.iter().find(|level| level.action == own.action);
        if base.is_none() && !own.column.is_empty() {
            let actions: Vec<&str> = k.ladder.iter().map(|level| level.action.as_str()).collect();
            return self.refuse(&key("action"), format!("`{}`", own.action), &actions.join(", "));
        }
        let Some(mut level) = base.or(k.ladder.first()).cloned() else { return Ok(()) };
        own.put_over(&mut level);
        if own.to_days_past_due.is_none() {
            let to = i64::from(level.to_days_past_due);
            self.int(&key("from_days_past_due"), level.from_days_past_due, -1000, to.min(3650))?;
        }
        self.level(&key, &level)
    }

    /// What an entry is for: nobody, or a value of a column that is a segment.
    fn of_segment(
        &self,
        key: &dyn Fn(&str) -> String,
        column: &str,
        value: &str,
        columns: &[String],
    ) -> Result<(), PolicyError> {
        if !column.is_empty() && !columns.iter().any(|c| c == column) {
            let expected = format!("one of ledger.segments: {}", columns.join(", "));
            return self.refuse(&key("column"), format!("`{column}`"), &expected);
        }
        if value.trim() != value {
            return self.refuse(&key("value"), format!("`{value}`"), "a value without blanks around it");
        }
        Ok(())
    }
}
