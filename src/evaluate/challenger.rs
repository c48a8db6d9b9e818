//! Forecasts of the user's own, judged under the same rules.

use super::BacktestError;
use super::fold::ModelForecast;
use super::outcome::{CashOf, WEEKS, WeeklyCash};
use crate::core::{Currency, Day};
use crate::ledger::Known;
use std::collections::BTreeMap;

/// What one row of a challenger says.
#[derive(Debug, Clone, PartialEq)]
pub enum Claim {
    /// Cash of a week after an origin, in currency units.
    Cash {
        /// From 0.
        period: i32,
        /// None: the ledger's only one.
        currency: Option<Currency>,
        /// Where it comes from.
        source: CashOf,
        /// Finite.
        expected: f64,
    },
    /// That an invoice not yet due will be late.
    Late {
        /// As the ledger names it.
        invoice_id: String,
        /// In `[0, 1]`.
        late_prob: f64,
    },
}

/// A file of forecasts under the name of the file. It may leave rows out; it is then judged on those that it has.
#[derive(Debug, Clone, PartialEq)]
pub struct Challenger {
    name: String,
    file: String,
    /// Row in the file and what it says, by origin.
    claims: BTreeMap<Day, Vec<(u64, Claim)>>,
}

/// How much of what could be forecast a challenger speaks of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Coverage {
    /// Invoices not yet due that it scores, over all origins, and how many there are.
    pub invoices: (u64, u64),
    /// Weeks of cash from open invoices that it forecasts, and how many there are, counted by currency.
    pub open_weeks: (u64, u64),
    /// The same of all cash.
    pub total_weeks: (u64, u64),
}

/// What a challenger's rows must belong to.
pub(super) struct Ground<'a> {
    pub origin: Day,
    pub end: &'a Known,
    /// Not yet due at the origin, as indices into `end`, increasing.
    pub invoices: &'a [u32],
}

impl Challenger {
    /// Takes rows `(row in the file, origin, claim)`.
    ///
    /// # Errors
    /// [`BacktestError::NameTaken`] if `name` is in `taken`, and [`BacktestError::Challenger`] for an origin that is
    /// none of `origins`, a week past the forecast, or a `late_prob` or amount that is none.
    pub fn try_new(
        name: &str,
        file: &str,
        rows: Vec<(u64, Day, Claim)>,
        origins: &[Day],
        taken: &[String],
    ) -> Result<Self, BacktestError> {
        if taken.iter().any(|t| t == name) {
            return Err(BacktestError::NameTaken { file: file.to_owned(), name: name.to_owned() });
        }
        let mut out = Self { name: name.to_owned(), file: file.to_owned(), claims: BTreeMap::new() };
        for (row, origin, claim) in rows {
            if origins.binary_search(&origin).is_err() {
                let known: Vec<String> = origins.iter().map(ToString::to_string).collect();
                let expected = format!("expected an origin of the backtest: {}", known.join(", "));
                return Err(out.refuse(row, "origin", &origin.to_string(), expected));
            }
            out.check(row, &claim)?;
            out.claims.entry(origin).or_default().push((row, claim));
        }
        Ok(out)
    }

    fn check(&self, row: u64, claim: &Claim) -> Result<(), BacktestError> {
        match claim {
            Claim::Cash { period, .. } if !(0..WEEKS as i32).contains(period) => {
                let expected = format!("expected a week from 0 to {}", WEEKS - 1);
                Err(self.refuse(row, "period", &period.to_string(), expected))
            }
            Claim::Cash { expected, .. } if !expected.is_finite() => Err(self.refuse(
                row,
                "expected",
                &expected.to_string(),
                "expected a finite amount".to_owned(),
            )),
            Claim::Late { late_prob, .. } if !(0.0..=1.0).contains(late_prob) => {
                let expected = "expected a probability from 0 to 1".to_owned();
                Err(self.refuse(row, "late_prob", &late_prob.to_string(), expected))
            }
            _ => Ok(()),
        }
    }

    /// Its name: that of the file without its ending.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn refuse(&self, row: u64, field: &'static str, value: &str, expected: String) -> BacktestError {
        BacktestError::Challenger { file: self.file.clone(), row, field, value: value.to_owned(), expected }
    }

    /// Its forecasts at an origin, in the shape of every other model's.
    pub(super) fn at(&self, ground: &Ground<'_>) -> Result<ModelForecast, BacktestError> {
        let mut out = ModelForecast::default();
        let claims = self.claims.get(&ground.origin).map_or(&[][..], Vec::as_slice);
        if claims.iter().any(|(_, c)| matches!(c, Claim::Late { .. })) {
            out.late_prob = Some(self.late_prob(ground, claims)?);
        }
        let mut cash: BTreeMap<(CashOf, Currency), WeeklyCash> = BTreeMap::new();
        for (row, claim) in claims {
            let Claim::Cash { period, currency, source, expected } = claim else { continue };
            let currency = self.currency(ground, *row, *currency)?;
            let none = WeeklyCash { source: *source, currency, expected: [f64::NAN; WEEKS], quantile: None };
            let week = &mut cash.entry((*source, currency)).or_insert(none).expected[*period as usize];
            if !week.is_nan() {
                let expected = "expected each week once for an origin, currency and source".to_owned();
                return Err(self.refuse(*row, "period", &format!("{period} again"), expected));
            }
            *week = *expected;
        }
        out.cash = cash.into_values().collect();
        Ok(out)
    }

    fn late_prob(&self, ground: &Ground<'_>, claims: &[(u64, Claim)]) -> Result<Vec<f64>, BacktestError> {
        let id = |&j: &u32| ground.end.invoice_id.get(j as usize);
        let mut by_id: Vec<usize> = (0..ground.invoices.len()).collect();
        by_id.sort_unstable_by_key(|&k| id(&ground.invoices[k]));
        let mut out = vec![f64::NAN; ground.invoices.len()];
        for (row, claim) in claims {
            let Claim::Late { invoice_id, late_prob } = claim else { continue };
            let value = format!("`{invoice_id}`");
            let Ok(at) = by_id.binary_search_by_key(&invoice_id.as_str(), |&k| id(&ground.invoices[k]))
            else {
                let expected = format!("expected an invoice open and not yet due at {}", ground.origin);
                return Err(self.refuse(*row, "invoice_id", &value, expected));
            };
            let place = &mut out[by_id[at]];
            if !place.is_nan() {
                let expected = "expected each invoice once an origin".to_owned();
                return Err(self.refuse(*row, "invoice_id", &format!("{value} again"), expected));
            }
            *place = *late_prob;
        }
        Ok(out)
    }

    fn currency(
        &self,
        ground: &Ground<'_>,
        row: u64,
        wanted: Option<Currency>,
    ) -> Result<Currency, BacktestError> {
        let there = &ground.end.currency_code;
        let names = || there.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        match (wanted, there.as_slice()) {
            (None, [only]) => Ok(*only),
            (Some(wanted), _) if there.contains(&wanted) => Ok(wanted),
            (wanted, _) => {
                let value = wanted.map_or("missing".to_owned(), |w| w.to_string());
                Err(self.refuse(
                    row,
                    "currency",
                    &value,
                    format!("expected one of the ledger's: {}", names()),
                ))
            }
        }
    }
}
