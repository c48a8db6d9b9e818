"""Recomputes DSO, CEI, ADD and aging from the raw third-party ledgers, with Polars and nothing of arrears, and holds
them to the cent against what `arrears run` writes.

    ARREARS_DATA=... python tests/python/recompute.py [ARREARS]     ARREARS is the binary, by default the one on PATH

Rows that arrears refused are left out here too, as `quarantine.parquet` names them; everything else is read anew.
"""

import os
import re
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

import polars as pl

WINDOW = timedelta(days=90)
BUCKETS = ["current", "1-30", "31-60", "61-90", "91+"]


def units(column: str) -> pl.Expr:
    """Ten-thousandths, so that sums are exact."""
    return (pl.col(column).cast(pl.Float64) * 10_000).round().cast(pl.Int64)


def day(column: str, shape: str) -> pl.Expr:
    return pl.col(column).str.to_date(shape)


def without_refused(rows: pl.DataFrame, file: Path, out: Path) -> pl.DataFrame:
    bad = pl.read_parquet(out / "quarantine.parquet").filter(
        (pl.col("severity") == "reject") & pl.col("file").str.ends_with(file.name)
    )
    return rows.with_row_index("row", offset=1).filter(~pl.col("row").is_in(bad["row"].cast(pl.UInt32).to_list()))


def ibm(data: Path, out: Path, as_of: date) -> tuple[pl.DataFrame, pl.DataFrame]:
    file = data / "ibm-watson-ar/WA_Fn-UseC_-Accounts-Receivable.csv"
    raw = without_refused(pl.read_csv(file, infer_schema=False), file, out)
    invoices = raw.select(
        id=pl.col("invoiceNumber"),
        currency=pl.lit("USD"),
        issue=day("InvoiceDate", "%m/%d/%Y"),
        due=day("DueDate", "%m/%d/%Y"),
        amount=units("InvoiceAmount"),
    )
    payments = raw.select(
        id=pl.col("invoiceNumber"), paid_on=day("SettledDate", "%m/%d/%Y"), paid=units("InvoiceAmount")
    )
    return invoices, payments


def synth(data: Path, out: Path, as_of: date) -> tuple[pl.DataFrame, pl.DataFrame]:
    folder = data / "invoice-delay-synth"
    raw, history = folder / "invoices.csv", folder / "payment_history.csv"
    invoices = without_refused(pl.read_csv(raw, infer_schema=False), raw, out).select(
        id=pl.col("id"),
        currency=pl.col("currency"),
        issue=day("issue_date", "%Y-%m-%d"),
        due=day("due_date", "%Y-%m-%d"),
        amount=units("amount"),
    )
    payments = without_refused(pl.read_csv(history, infer_schema=False), history, out).select(
        id=pl.col("invoice_id"), paid_on=day("payment_date", "%Y-%m-%d"), paid=units("amount_paid")
    )
    return invoices, payments


# the last date of the export of ar-dirty-gst, and how it writes dates; without leading zeros it is day-first
EXPORTED = date(2026, 3, 31)
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def days_of(text: str) -> set[date]:
    """Every day that a text may mean."""
    found = set()
    if m := re.fullmatch(r"(\d\d)-(\w{3})-(\d{4})", text):
        orders = [(m[3], str(MONTHS.index(m[2]) + 1), m[1])]
    elif m := re.fullmatch(r"(\d{4})/(\d\d)/(\d\d)", text):
        orders = [(m[1], m[2], m[3])]
    elif m := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text):
        orders = [(m[3], m[2], m[1])]
        if len(m[1]) == len(m[2]) == 2:
            orders.append((m[3], m[1], m[2]))
    else:
        raise ValueError(text)
    for year, month, day_ in orders:
        try:
            found.add(date(int(year), int(month), int(day_)))
        except ValueError:
            pass
    return found


def gst(data: Path, out: Path, as_of: date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Texts of two readings are decided by the customer's terms, and payments by the days of issue and export."""
    folder = data / "ar-dirty-gst"
    file, customers = folder / "FactInvoice_raw.csv", folder / "DimCustomer_raw.csv"
    of_customer = without_refused(pl.read_csv(customers, infer_schema=False), customers, out)
    terms = {
        row["customer_id"]: int(row["payment_terms_days"].removesuffix("days").strip())
        for row in of_customer.iter_rows(named=True)
    }
    invoices, payments = [], []
    for row in without_refused(pl.read_csv(file, infer_schema=False), file, out).iter_rows(named=True):
        pairs = [
            (issue, due)
            for issue in days_of(row["issue_date"])
            for due in days_of(row["due_date"])
            if terms.get(row["customer_id"], (due - issue).days) == (due - issue).days
        ]
        assert len(pairs) == 1, f"{row['invoice_id']}: {pairs}"
        issue, due = pairs[0]
        amount = round(float(re.sub("[$,]", "", row["amount_incl_gst"])) * 10_000)
        invoices.append((row["invoice_id"], "AUD", issue, due, amount))
        if row["payment_date"] and issue <= as_of:
            paid = days_of(row["payment_date"])
            possible = {d for d in paid if issue <= d <= EXPORTED} or paid
            # nothing decides a few: they count from the last day on that is possible
            payments.append((row["invoice_id"], max(possible), amount))
    names = ["id", "currency", "issue", "due", "amount"]
    return (
        pl.DataFrame(invoices, schema=names, orient="row"),
        pl.DataFrame(payments, schema=["id", "paid_on", "paid"], orient="row"),
    )


def open_at(invoices: pl.DataFrame, payments: pl.DataFrame, at: date) -> pl.DataFrame:
    """What is open of each invoice issued until a day; what was paid too much is not owed by anybody else."""
    paid = (
        payments.join(invoices.select("id", "issue"), on="id")
        .filter(pl.max_horizontal("paid_on", "issue") <= at)
        .group_by("id")
        .agg(pl.col("paid").sum())
    )
    left = pl.col("amount") - pl.col("paid").fill_null(0)
    return (
        invoices.filter(pl.col("issue") <= at)
        .join(paid, on="id", how="left")
        .with_columns(open=pl.max_horizontal(left, pl.lit(0)))
    )


def figures(invoices: pl.DataFrame, payments: pl.DataFrame, as_of: date) -> dict[str, dict[str, float]]:
    """By currency: aging in ten-thousandths, and the parts of each figure in units."""
    now, then = (open_at(invoices, payments, at) for at in (as_of, as_of - WINDOW))
    past = (pl.lit(as_of) - pl.col("due")).dt.total_days()
    bucket = (
        pl.when(past <= 0).then(pl.lit("current"))
        .when(past <= 30).then(pl.lit("1-30"))
        .when(past <= 60).then(pl.lit("31-60"))
        .when(past <= 90).then(pl.lit("61-90"))
        .otherwise(pl.lit("91+"))
    )
    found = {}
    for (currency,), rows in now.with_columns(bucket=bucket).group_by("currency"):
        aging = {b: rows.filter(pl.col("bucket") == b)["open"].sum() for b in BUCKETS}
        total = rows["open"].sum() / 10_000
        current = aging["current"] / 10_000
        sales = rows.filter(pl.col("issue") > as_of - WINDOW)["amount"].sum() / 10_000
        beginning = then.filter(pl.col("currency") == currency)["open"].sum() / 10_000
        found[currency] = aging | {
            "dso": (total * WINDOW.days, sales),
            "add": ((total - current) * WINDOW.days, sales),
            "cei": (beginning + sales - total, beginning + sales - current),
        }
    return found


def hold(name: str, arguments: list[str], read, as_of: date, binary: str) -> int:
    data = Path(os.environ["ARREARS_DATA"])
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        command = [binary, "run", *arguments, "--as-of", str(as_of), "--out", str(out), "--quiet"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        wanted = figures(*read(data, out, as_of), as_of)
        kpis = pl.read_parquet(out / "kpis.parquet").filter(pl.col("segment") == "all")
        aging = pl.read_parquet(out / "aging.parquet").filter(pl.col("segment") == "all")
    n = 0
    for currency, figure in wanted.items():
        for bucket in BUCKETS:
            row = aging.filter((pl.col("currency") == currency) & (pl.col("bucket") == bucket))
            written = int(row["amount"].item() * 10_000) if row.height else 0
            assert written == figure[bucket], f"{name} {currency} {bucket}: {written}, wanted {figure[bucket]}"
            n += 1
        for kpi in ("dso", "add", "cei"):
            ours = kpis.filter((pl.col("currency") == currency) & (pl.col("kpi") == kpi))
            ours = ours.filter(pl.col("definition_id") != "cei.mean_month_sales.1")
            parts = ours["numerator"].item(), ours["denominator"].item()
            for part, wanted_part in zip(parts, figure[kpi]):
                # half a cent, of days times amounts a hundredth of one
                assert abs(part - wanted_part) < 0.005, f"{name} {currency} {kpi}: {parts}, wanted {figure[kpi]}"
            if figure[kpi][1] > 0:
                assert abs(ours["value"].item() - figure[kpi][0] / figure[kpi][1]) < 1e-9, f"{name} {currency} {kpi}"
            n += 1
    return n


def main() -> None:
    if not os.environ.get("ARREARS_DATA"):
        print("ARREARS_DATA is not set: skipped")
        return
    data = Path(os.environ["ARREARS_DATA"])
    binary = sys.argv[1] if len(sys.argv) > 1 else "arrears"
    mapping = Path(__file__).parents[2] / "data/mappings/invoice-delay-synth.toml"
    one = ["--invoices", str(data / "ibm-watson-ar/WA_Fn-UseC_-Accounts-Receivable.csv"), "--profile", "ibm-ar"]
    folder = data / "invoice-delay-synth"
    two = ["--invoices", str(folder / "invoices.csv"), "--payments", str(folder / "payment_history.csv")]
    two += ["--mapping", str(mapping)]
    folder = data / "ar-dirty-gst"
    three = ["--invoices", str(folder / "FactInvoice_raw.csv"), "--customers", str(folder / "DimCustomer_raw.csv")]
    three += ["--mapping", str(Path(__file__).parents[2] / "data/mappings/ar-dirty-gst.toml")]
    for as_of in (date(2026, 2, 15), date(2026, 3, 31)):
        print(f"ar-dirty-gst {as_of}: {hold('gst', three, gst, as_of, binary)} figures agree")
    for as_of in (date(2013, 3, 31), date(2013, 9, 30)):
        print(f"ibm-watson-ar {as_of}: {hold('ibm', one, ibm, as_of, binary)} figures agree")
    for as_of in (date(2025, 9, 30), date(2026, 1, 15)):
        print(f"invoice-delay-synth {as_of}: {hold('synth', two, synth, as_of, binary)} figures agree")


main()
