//! The rules that a row must pass, in one table.

/// What becomes of a row that a rule finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The row goes to quarantine; the rest of the ledger goes on without it.
    Reject,
    /// A value of the row is read as what it stands for, and the row goes into the ledger.
    Repair,
    /// The row goes into the ledger as it is, and somebody should look at it.
    Warn,
}

impl Severity {
    /// The word of `quarantine.parquet`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reject => "reject",
            Self::Repair => "repair",
            Self::Warn => "warn",
        }
    }
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
    ($($name:ident: $severity:ident, $finding:literal, $remedy:literal;)+) => {
        $(
            #[doc = concat!("A row where: ", $finding, ".")]
            pub const $name: Rule = Rule {
                id: stringify!($name),
                severity: Severity::$severity,
                finding: $finding,
                remedy: $remedy,
            };
        )+
        /// Every rule, sorted by id.
        pub const RULES: &[&Rule] = &[$(&$name),+];
    };
}

rules! {
    AMOUNT_DIGITS: Warn, "more than 15 digits, which a spreadsheet or a double does not hold",
        "compare the amount with its source";
    AMOUNT_NEGATIVE: Reject, "below zero",
        "give a credit note kind `credit_note`, leave out a reversed payment together with the one that it reverses";
    AMOUNT_NOT_NUMBER: Reject, "not a plain decimal such as 1234.50",
        "remove currency signs, thousands marks and text from it";
    AMOUNT_TOO_LARGE: Reject, "more than 14 digits before the point",
        "check the unit of the amount";
    AMOUNT_TOO_PRECISE: Reject, "more than 4 decimals",
        "round it to the currency's smallest unit at the source";
    AMOUNT_ZERO: Reject, "zero",
        "leave the row out: nothing is owed or paid by it";
    CONTROL_CHARACTER: Reject, "a control character inside",
        "remove tabs, line breaks and other invisible characters from the id";
    CURRENCY_MISMATCH: Reject, "not the currency of the invoice",
        "convert the payment to the invoice's currency at the source";
    CURRENCY_UNKNOWN: Reject, "not an ISO 4217 code",
        "use the three-letter code, such as EUR";
    CUSTOMER_UNKNOWN: Warn, "not among the customers",
        "add the customer, or correct the id";
    DATE_NEVER: Repair, "a day that stands for `never`, read as empty",
        "leave the field empty where nothing has happened";
    DATE_NOT_READABLE: Reject, "not a date of the expected shape",
        "write it in that shape, or choose the profile of the export";
    DATE_OUT_OF_RANGE: Reject, "not a day from 1900 to 2200",
        "correct it, or leave it empty where it stands for `never`";
    DATE_SENTINEL: Reject, "a day that stands for `never`",
        "give the real day: an invoice has both of issue and of due date";
    DUE_BEFORE_ISSUE: Reject, "before issue_date",
        "correct the due date or the issue date";
    DUPLICATE_CUSTOMER_ID: Reject, "another row of this customer_id is kept",
        "keep one row a customer";
    DUPLICATE_INVOICE_ID: Reject, "another row of this invoice_id is kept",
        "keep one row an invoice, or make the ids of different invoices differ";
    DUPLICATE_PAYMENT_ID: Reject, "another row of this payment_id for the same invoice is kept",
        "keep one row a payment, or make the ids of different payments differ";
    DUPLICATE_RATE: Reject, "another rate of this currency and day is kept",
        "keep one rate a currency and day";
    INVOICE_REPEATED: Reject, "the same row again",
        "export each invoice once";
    KIND_UNKNOWN: Reject, "not a kind that is known",
        "invoices know `invoice` and `credit_note`; payments know `cash`, `credit`, `write_off` and `discount`";
    MISSING_VALUE: Reject, "empty",
        "fill it in at the source";
    NULL_SPELLING: Repair, "a spelling of nothing, read as empty",
        "leave the field empty";
    PAID_BEFORE_ISSUED: Warn, "before the invoice was issued",
        "correct the day, or leave it if it was paid in advance";
    PAYMENT_OVER_OPEN: Warn, "more than what was open",
        "check the amount; the rest is credited to the customer";
    PAYMENT_QUARANTINED_INVOICE: Reject, "its invoice is in quarantine itself",
        "mend the invoice";
    PAYMENT_REPEATED: Reject, "the same row again",
        "export each payment once";
    PAYMENT_UNKNOWN_INVOICE: Reject, "no invoice of this id is in the ledger",
        "add the invoice, or correct the id";
    RATE_NOT_NUMBER: Reject, "not a number",
        "give units of reporting currency for one unit of this currency";
    RATE_NOT_POSITIVE: Reject, "not above zero",
        "give units of reporting currency for one unit of this currency";
    RECORD_NOT_JSON: Reject, "not one JSON object of plain values",
        "write one object a line, with text, numbers, true, false or null as values and each name once";
    ROW_WIDTH: Reject, "not as many fields as the header",
        "quote fields that hold a comma, a quote or a line break";
    TERMS_NOT_NUMBER: Reject, "not a whole number of days",
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
    /// That of the rule, or reject where the policy is strict.
    pub severity: Severity,
}

impl Refusal {
    pub fn new(rule: &'static Rule, field: &'static str, value: impl Into<String>) -> Self {
        Self { rule, field, value: value.into(), finding: None, severity: rule.severity }
    }

    pub fn because(mut self, finding: impl Into<String>) -> Self {
        self.finding = Some(finding.into());
        self
    }

    /// The same as a reason to refuse the row, whatever the rule says.
    pub fn refused(mut self) -> Self {
        self.severity = Severity::Reject;
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
