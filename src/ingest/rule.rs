//! The rules that a row must pass, in one table.

/// What becomes of a row that a rule finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The row goes to quarantine; the rest of the ledger goes on without it.
    Reject,
}

/// One thing that can be wrong with a row.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Stable name: what `quarantine.parquet` calls it.
    pub id: &'static str,
    /// What becomes of the row.
    pub severity: Severity,
    /// What was found, as the first half of a message.
    pub finding: &'static str,
    /// How to mend it, as the second half.
    pub remedy: &'static str,
}

macro_rules! rules {
    ($($name:ident: $finding:literal, $remedy:literal;)+) => {
        $(
            #[doc = concat!("A row where: ", $finding, ".")]
            pub const $name: Rule = Rule {
                id: stringify!($name),
                severity: Severity::Reject,
                finding: $finding,
                remedy: $remedy,
            };
        )+
        /// Every rule, sorted by id.
        pub const RULES: &[&Rule] = &[$(&$name),+];
    };
}

rules! {
    AMOUNT_NOT_NUMBER: "not a plain decimal such as 1234.50",
        "remove currency signs, thousands marks and text from it";
    AMOUNT_NOT_POSITIVE: "not above zero",
        "give a credit note kind `credit_note`, leave out a reversed payment together with the one that it reverses";
    AMOUNT_TOO_LARGE: "more than 14 digits before the point",
        "check the unit of the amount";
    AMOUNT_TOO_PRECISE: "more than 4 decimals",
        "round it to the currency's smallest unit at the source";
    CURRENCY_MISMATCH: "not the currency of the invoice",
        "convert the payment to the invoice's currency at the source";
    CURRENCY_UNKNOWN: "not an ISO 4217 code",
        "use the three-letter code, such as EUR";
    DATE_NOT_READABLE: "not a date of the expected shape",
        "write it in that shape, or choose the profile of the export";
    DATE_OUT_OF_RANGE: "not a day from 1900 to 2200",
        "correct it, or leave it empty where it stands for `never`";
    DUE_BEFORE_ISSUE: "before issue_date",
        "correct the due date or the issue date";
    DUPLICATE_CUSTOMER_ID: "another row of this customer_id is kept",
        "keep one row a customer";
    DUPLICATE_INVOICE_ID: "another row of this invoice_id is kept",
        "keep one row an invoice, or make the ids of different invoices differ";
    DUPLICATE_PAYMENT_ID: "another row of this payment_id for the same invoice is kept",
        "keep one row a payment, or make the ids of different payments differ";
    DUPLICATE_RATE: "another rate of this currency and day is kept",
        "keep one rate a currency and day";
    KIND_UNKNOWN: "not a kind that is known",
        "invoices know `invoice` and `credit_note`; payments know `cash`, `credit`, `write_off` and `discount`";
    MISSING_VALUE: "empty",
        "fill it in at the source";
    PAYMENT_UNKNOWN_INVOICE: "no invoice of this id is in the ledger",
        "add the invoice, or correct the id";
    RATE_NOT_NUMBER: "not a number",
        "give units of reporting currency for one unit of this currency";
    RATE_NOT_POSITIVE: "not above zero",
        "give units of reporting currency for one unit of this currency";
    ROW_WIDTH: "not as many fields as the header",
        "quote fields that hold a comma, a quote or a line break";
    TERMS_NOT_NUMBER: "not a whole number of days",
        "give days from issue to due date, or give due_date";
}

/// Why one row is refused: the rule, the field that it found, the value and what makes this case special.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub rule: &'static Rule,
    pub field: &'static str,
    pub value: String,
    /// Replaces the rule's finding where that is not exact enough.
    pub finding: Option<String>,
}

impl Refusal {
    pub fn new(rule: &'static Rule, field: &'static str, value: impl Into<String>) -> Self {
        Self { rule, field, value: value.into(), finding: None }
    }

    pub fn because(mut self, finding: impl Into<String>) -> Self {
        self.finding = Some(finding.into());
        self
    }

    /// Field, value, finding and remedy in one line.
    pub fn message(&self) -> String {
        let finding = self.finding.as_deref().unwrap_or(self.rule.finding);
        let value = if self.value.is_empty() { String::new() } else { format!(" `{}`", self.value) };
        format!("{}{value}: {finding}; {}", self.field, self.rule.remedy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_sorted_and_each_id_is_there_once() {
        assert!(RULES.windows(2).all(|w| w[0].id < w[1].id));
    }

    #[test]
    fn a_message_names_the_field_the_value_the_finding_and_the_remedy() {
        let r = Refusal::new(&MISSING_VALUE, "amount", "");
        assert_eq!(r.message(), "amount: empty; fill it in at the source");
        let r = r.because("empty, and the page is torn");
        assert_eq!(r.message(), "amount: empty, and the page is torn; fill it in at the source");
        let r = Refusal::new(&RATE_NOT_POSITIVE, "rate", "-1");
        assert!(r.message().starts_with("rate `-1`: not above zero; give units"), "{}", r.message());
    }
}
