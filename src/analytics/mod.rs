//! What the ledger says of itself: counts and sums that no model touches, and what money questions make of the curves.

mod aging;
mod credit_limit;
mod discount;
mod factoring;
mod group;
mod handover;
mod instalment;
mod insurance;
pub mod interest;
mod kpi;
mod lateness;
mod method;
mod provision;
mod receipt;
mod recent;

pub use aging::{Aging, aging};
pub use credit_limit::{CreditLimit, credit_limits};
pub use discount::{
    DiscountOffer, compound_discount_rate, discount_offers, expected_days, simple_discount_rate,
};
pub use factoring::{FactoringRow, factoring, factoring_values};
pub use group::Groups;
pub use handover::{HandoverRow, Route, handover, handover_value};
pub use instalment::{Chances, InstalmentRow, instalment_values, instalments};
pub use insurance::{InsuranceRow, credit_insurance};
pub use interest::{LateInterest, late_interest};
pub use kpi::{Figure, KPIS, KpiDefinition, KpiRow, Kpis, Measures, PaymentPromise, Window, kpi_page, kpis};
pub use lateness::{Lateness, lateness};
pub use method::{MethodRow, payment_methods};
pub use provision::{ProvisionRow, provision, roll_rates};
pub use receipt::{Receipts, receipts};
pub use recent::{RECENT_INVOICES, Recent, recent};
