//! The rules that a row must pass, in one table.

use super::IngestError;
use serde::Serialize;

/// What becomes of a row that a rule finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
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
    /// Why the rule is there and what becomes of the row, in a sentence or two for the catalogue.
    pub meaning: &'static str,
}

macro_rules! rules {
    ($($name:ident: $severity:ident, $finding:literal, $remedy:literal, $meaning:literal;)+) => {
        $(
            #[doc = concat!("A row where: ", $finding, ".")]
            pub const $name: Rule = Rule {
                id: stringify!($name),
                severity: Severity::$severity,
                finding: $finding,
                remedy: $remedy,
                meaning: $meaning,
            };
        )+
        /// Every rule, sorted by id.
        pub const RULES: &[&Rule] = &[$(&$name),+];
    };
}

// id: severity, finding, remedy, meaning; each has its example in data/rules/ (see CONTRIBUTING.md)
rules! {
    AMOUNT_DIGITS: Warn, "more than 15 digits, which a spreadsheet or a double does not hold",
        "compare the amount with its source",
        "The amount is taken digit for digit, but it may have been rounded before it was written here.";
    AMOUNT_NEGATIVE: Reject, "below zero",
        "give a credit note kind `credit_note`",
        "Only a payment may be below zero: it undoes an earlier one.";
    AMOUNT_NOT_NUMBER: Reject, "not a plain decimal such as 1234.50",
        "remove text from it, or declare its decimal mark and units in a mapping",
        "Text stands where an amount must, or a mark that the rest of the column does not have: nothing is guessed.";
    AMOUNT_TOO_LARGE: Reject, "more than 14 digits before the point",
        "check the unit of the amount",
        "No amount of this size fits the columns of the output, and none is owed to anybody.";
    AMOUNT_TOO_PRECISE: Reject, "more than 4 decimals",
        "round it to the currency's smallest unit at the source",
        "Amounts are exact to four decimals; a longer one is the result of a calculation, not of a bill.";
    AMOUNT_ZERO: Reject, "zero",
        "leave the row out: nothing is owed or paid by it",
        "An invoice or a payment of nothing teaches nothing, and would count as paid on the day of its issue.";
    CONTROL_CHARACTER: Reject, "a control character inside",
        "remove tabs, line breaks and other invisible characters from the id",
        "An id with an invisible character matches no other one, though a person sees no difference.";
    CREDIT_UNKNOWN_INVOICE: Reject, "no invoice of this id is in the ledger",
        "add the invoice, correct the id, or leave it empty: then the credit note is on account",
        "The credit note names an invoice that is not in the files, is not known yet, is in quarantine, or is a credit note itself.";
    CURRENCY_CONVERTED: Repair, "not the currency of the invoice, converted at the rate of the day of payment",
        "compare the amount with what was credited to the invoice",
        "The payment is in another currency than its invoice and settles it by the rates of its day, rounded to hundredths.";
    CURRENCY_MISMATCH: Reject, "not the currency of the invoice",
        "convert the payment to the invoice's currency at the source, or give rates of both currencies",
        "The payment or credit note names another currency than its invoice, and no rate says what it takes off it.";
    CURRENCY_UNKNOWN: Reject, "not an ISO 4217 code",
        "use the three-letter code, such as EUR",
        "The text names no currency, be it a sign, a word or a slip of the pen.";
    CUSTOMER_MISMATCH: Warn, "not the customer of the invoice",
        "compare the two ids; the invoice is settled whoever paid it",
        "The payment or credit note names an invoice of one customer and the id of another one, as when a parent company pays.";
    CUSTOMER_REPEATED: Reject, "the same name, industry and country again",
        "export each customer once",
        "Another row says the same of this customer; one of them is kept, and nothing is lost.";
    CUSTOMER_UNKNOWN: Warn, "not among the customers",
        "add the customer, or correct the id",
        "Customers are given, but not this one. The invoice is taken; a misspelt id splits a customer's history in two.";
    DATE_AMBIGUOUS: Reject, "a date that can be read in two ways",
        "write the year first or the month as a name, or declare a check that decides (`resolve` in the mapping)",
        "The mapping declares formats that one text can fit with different days, and its checks leave none or several of them. A day of payment may be kept all the same (`undecided` in the mapping).";
    DATE_NEVER: Repair, "a day that stands for `never`, read as empty",
        "leave the field empty where nothing has happened",
        "Systems write 1900-01-01, 1899-12-30, 2999-12-31 or 9999-12-31 where nothing has happened yet.";
    DATE_NOT_READABLE: Reject, "not a date of the expected shape",
        "write it in that shape, or declare the format in a mapping",
        "The text is no day of the calendar in the shape that the whole column has.";
    DATE_OUT_OF_RANGE: Reject, "not a day from 1900 to 2200",
        "correct it, or leave it empty where it stands for `never`",
        "A slip of the pen in the year: no invoice of anybody was issued, due or paid that day.";
    DATE_SENTINEL: Reject, "a day that stands for `never`",
        "give the real day: an invoice has both of issue and of due date",
        "A placeholder such as 1900-01-01 or 9999-12-31 stands in a field that cannot be without a day.";
    DATE_UNDECIDED: Warn, "one of two days or more, counted from the last of them on",
        "write the year first or the month as a name, or give the day that the bank or the ledger knows",
        "The money came on one of these days, and the mapping keeps what nothing decides (`undecided`): the invoice is settled from the last one on, and nothing is learnt of when it was paid.";
    DISCOUNT_NOT_SHARE: Reject, "not a share from 0 to below 1",
        "give 0.02 for 2 %",
        "A discount of 2 would be twice the invoice: nobody can tell whether 2 % is meant.";
    DUE_BEFORE_ISSUE: Reject, "before issue_date",
        "correct the due date or the issue date",
        "Nobody owes before the bill is written: the two days are swapped, or one of them is wrong.";
    DUPLICATE_CUSTOMER_ID: Reject, "another row of this customer_id is kept",
        "keep one row a customer",
        "Two rows of one customer say different things; the smallest in the order of its text is kept, whatever the order of rows.";
    DUPLICATE_INVOICE_ID: Reject, "another row of this invoice_id is kept",
        "keep one row an invoice, or make the ids of different invoices differ",
        "Two invoices of one id say different things; the one known first is kept, then the one issued and due first.";
    DUPLICATE_PAYMENT_ID: Reject, "another row of this payment_id for the same invoice is kept",
        "keep one row a payment, or make the ids of different payments differ",
        "Two payments of one id and invoice say different things; the one known first is kept. One id for several invoices is no fault.";
    DUPLICATE_RATE: Reject, "another rate of this currency and day is kept",
        "keep one rate a currency and day",
        "Two rates of one currency and day differ; the lower one is kept.";
    INVOICE_REPEATED: Reject, "the same row again",
        "export each invoice once",
        "Another row says the same of this invoice, as when two exports overlap; one of them is kept, and nothing is lost.";
    KIND_UNKNOWN: Reject, "not a kind that is known",
        "invoices know `invoice` and `credit_note`; payments know `cash`, `credit`, `write_off`, `discount` and `reversal`",
        "What the document does to what is open cannot be told.";
    MISSING_VALUE: Reject, "empty",
        "fill it in at the source",
        "A field without which the row says nothing is empty, or spells nothing out as in `NULL`.";
    NULL_SPELLING: Repair, "a spelling of nothing, read as empty",
        "leave the field empty",
        "`NA`, `NULL`, `nan`, `inf`, `-` and the like stand in an optional field.";
    PAID_BEFORE_ISSUED: Warn, "before the invoice was issued",
        "correct the day, or leave it if it was paid in advance",
        "The day of payment is before the day of issue. It is taken as it stands.";
    PAID_IN_FUTURE: Repair, "more than a year after the last invoice of the files, read as not paid yet",
        "leave the field empty while the invoice is open, or give --as-of",
        "A clearing date to come, which some systems give to open items. With --as-of, every day after it counts as not yet, and no row is listed.";
    PAYMENT_OVER_OPEN: Warn, "more than what was open",
        "check the amount; the rest is credited to the customer",
        "The payment settles the invoice, and what is too much is an unapplied credit of the customer from that day on.";
    PAYMENT_QUARANTINED_INVOICE: Reject, "its invoice is in quarantine itself",
        "mend the invoice",
        "The payment is right, but there is no invoice for it in the ledger until that one is mended.";
    PAYMENT_REPEATED: Reject, "the same row again",
        "export each payment once",
        "Another row says the same of this payment_id and invoice; one of them is kept, and nothing is lost.";
    PAYMENT_UNKNOWN_INVOICE: Reject, "no invoice of this id is in the ledger",
        "add the invoice, or correct the id",
        "The payment names an invoice that is not in the files, is not known yet, or is a credit note.";
    RATE_NOT_NUMBER: Reject, "not a number",
        "give units of reporting currency for one unit of this currency",
        "Text stands where an exchange rate must.";
    RATE_NOT_POSITIVE: Reject, "not above zero",
        "give units of reporting currency for one unit of this currency",
        "No currency is worth nothing or less.";
    RATE_REPEATED: Reject, "the same rate again",
        "export each rate once",
        "Another row gives this currency the same rate on the same day; one of them is kept, and nothing is lost.";
    RECORD_NOT_JSON: Reject, "not one JSON object of plain values",
        "write one object a line, with text, numbers, true, false or null as values and each name once",
        "A line of NDJSON that is cut off, is no object, names a column twice, or has a list or an object in one.";
    REVERSAL_OVER_PAID: Warn, "more than what was paid",
        "add the payment that it reverses; what is too much is owed on the customer's account",
        "A reversal, or a payment below zero, undoes more than was paid until then, as when the payment itself is not in the files.";
    ROW_WIDTH: Reject, "not as many fields as the header",
        "quote fields that hold a comma, a quote or a line break",
        "A field too many or too few shifts the others, so that no cell of the row can be trusted.";
    TERMS_NOT_NUMBER: Reject, "not a whole number of days",
        "give days from issue to due date, or give due_date",
        "Terms in words, as `net 30`, or in parts of a day.";
}

impl Rule {
    /// The rule of an id.
    ///
    /// # Errors
    /// [`IngestError::UnknownRule`].
    ///
    /// ```
    /// use arrears::ingest::rule::Rule;
    /// assert_eq!(Rule::from_id("ROW_WIDTH")?.severity.name(), "reject");
    /// assert_eq!(Rule::from_id("ROW_HEIGHT").unwrap_err().to_string(), "no rule is named `ROW_HEIGHT`");
    /// # Ok::<(), arrears::ingest::IngestError>(())
    /// ```
    pub fn from_id(id: &str) -> Result<&'static Self, IngestError> {
        let at = RULES.binary_search_by(|rule| rule.id.cmp(id));
        at.map(|at| RULES[at]).map_err(|_| IngestError::UnknownRule { found: id.to_owned() })
    }

    /// Whether it finds rows that say again what another row says: ids of such rules end in `_REPEATED`.
    pub fn finds_repeated(&self) -> bool {
        self.id.ends_with("_REPEATED")
    }

    /// Whether it finds rows that contradict another row of their key: ids of such rules begin with `DUPLICATE_`.
    pub fn finds_contradicting(&self) -> bool {
        self.id.starts_with("DUPLICATE_")
    }
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
