//! Parts of the model that can be left out, to see what each is worth.

/// A family of features, or a correction. `docs/ablation.md` has what each of them is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// How often the customer pays late.
    LateShare,
    /// The customer's usual delay and its spread.
    UsualDelay,
    /// The customer's own hazard on each day relative to due.
    OwnHazard,
    /// The portfolio's hazard, steps of days past due, days ahead.
    Time,
    /// Terms and amount.
    Invoice,
    /// Part payments.
    PartPaid,
    /// Open disputes.
    Dispute,
    /// What has changed lately.
    Lately,
    /// The customer's other open invoices.
    OpenItems,
    /// How much is known of the customer.
    History,
    /// Days that the customer pays on, and what waits for them.
    PayRuns,
    /// Days that everybody pays on.
    Calendar,
    /// Features multiplied by the side of the due date.
    Sides,
    /// Correction: figures of a customer are drawn to the portfolio's.
    Shrinkage,
    /// Correction: features that say what others say have to earn their place.
    Caution,
    /// Correction: invoices that are overdue when they are looked at have coefficients of their own.
    OverdueApart,
    /// Correction: what each customer did against what the model expected of it.
    Surprise,
    /// Correction: an invoice that has outlived much is slower than its features say.
    Outlived,
    /// Correction: money that comes before the day that settles an invoice, and what is settled by no money.
    PartPayments,
    /// Correction: what payments of a customer, of all and of a week have in common.
    Dependence,
}

impl Part {
    /// All of them, families of features first.
    pub const ALL: [Self; 20] = [
        Self::LateShare,
        Self::UsualDelay,
        Self::OwnHazard,
        Self::Time,
        Self::Invoice,
        Self::PartPaid,
        Self::Dispute,
        Self::Lately,
        Self::OpenItems,
        Self::History,
        Self::PayRuns,
        Self::Calendar,
        Self::Sides,
        Self::Shrinkage,
        Self::Caution,
        Self::OverdueApart,
        Self::Surprise,
        Self::Outlived,
        Self::PartPayments,
        Self::Dependence,
    ];

    /// Its name in `model.leave_out`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LateShare => "late_share",
            Self::UsualDelay => "usual_delay",
            Self::OwnHazard => "own_hazard",
            Self::Time => "time",
            Self::Invoice => "invoice",
            Self::PartPaid => "part_paid",
            Self::Dispute => "dispute",
            Self::Lately => "lately",
            Self::OpenItems => "open_items",
            Self::History => "history",
            Self::PayRuns => "pay_runs",
            Self::Calendar => "calendar",
            Self::Sides => "sides",
            Self::Shrinkage => "shrinkage",
            Self::Caution => "caution",
            Self::OverdueApart => "overdue_apart",
            Self::Surprise => "surprise",
            Self::Outlived => "outlived",
            Self::PartPayments => "part_payments",
            Self::Dependence => "dependence",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::parse;

    #[test]
    fn nothing_is_left_out_unless_named_and_all_can_be() {
        let policy = parse("", "p.toml").unwrap();
        assert!(Part::ALL.iter().all(|p| !policy.leaves_out(*p)));
        let names: Vec<&str> = Part::ALL.iter().map(|p| p.name()).collect();
        let policy = parse(&format!("[model]\nleave_out = {names:?}"), "p.toml").unwrap();
        assert!(Part::ALL.iter().all(|p| policy.leaves_out(*p)));
    }

    #[test]
    fn a_part_that_nobody_knows_is_refused_with_the_nearest_one() {
        let refused =
            |list: &str| parse(&format!("[model]\nleave_out = {list}"), "p.toml").unwrap_err().to_string();
        assert_eq!(
            refused("[\"pay_run\"]"),
            "p.toml:2: model.leave_out is `pay_run`, expected parts of the model; the nearest known one is pay_runs"
        );
        assert!(refused("[\"zebra\"]").contains("expected one of late_share, usual_delay, own_hazard"));
        assert!(refused("[\"time\", \"time\"]").ends_with("is `time`, expected each part once"));
    }
}
