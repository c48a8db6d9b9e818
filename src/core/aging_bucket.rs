//! Aging buckets: closed intervals of days past due.

/// A closed interval of `days_past_due`. Buckets of a policy cover every whole number once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgingBucket {
    /// First day past due that belongs to the bucket; `i32::MIN` for `current`.
    pub from: i32,
    /// Last day past due that belongs to it; `i32::MAX` for the open last one.
    pub to: i32,
}

impl AgingBucket {
    /// Buckets for the upper edges of all but the last: `[30, 60, 90]` gives `current`, `1-30`, `31-60`,
    /// `61-90`, `91+`.
    ///
    /// ```
    /// use arrears::core::AgingBucket;
    /// let names: Vec<_> = AgingBucket::from_edges(&[30, 60, 90]).iter().map(|b| b.name()).collect();
    /// assert_eq!(names, ["current", "1-30", "31-60", "61-90", "91+"]);
    /// ```
    pub fn from_edges(edges: &[i32]) -> Vec<Self> {
        let mut buckets = vec![Self { from: i32::MIN, to: 0 }];
        let mut from = 1;
        for &to in edges {
            buckets.push(Self { from, to });
            from = to + 1;
        }
        buckets.push(Self { from, to: i32::MAX });
        buckets
    }

    /// `current`, `1-30`, ..., `91+`.
    pub fn name(&self) -> String {
        match (self.from, self.to) {
            (i32::MIN, _) => "current".to_owned(),
            (from, i32::MAX) => format!("{from}+"),
            (from, to) => format!("{from}-{to}"),
        }
    }

    /// Whether `days_past_due` falls into the bucket.
    pub fn contains(&self, days_past_due: i32) -> bool {
        (self.from..=self.to).contains(&days_past_due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_past_due_falls_into_exactly_one_bucket() {
        let buckets = AgingBucket::from_edges(&[30, 60, 90]);
        for d in -400..400 {
            assert_eq!(buckets.iter().filter(|b| b.contains(d)).count(), 1, "{d}");
        }
    }

    #[test]
    fn an_invoice_is_current_through_its_due_date() {
        let buckets = AgingBucket::from_edges(&[30]);
        assert!(buckets[0].contains(0) && buckets[1].contains(1));
    }
}
