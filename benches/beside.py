"""Open amounts by age and each customer's late share: `arrears check` beside pandas, Polars and DuckDB.

    arrears simulate --customers 15000 --months 36 --seed 1 --out ledger
    python benches/beside.py ledger 2025-12-31 [RUNS]

Each is a process of its own that reads `invoices.parquet` and `payments.parquet`, adds the payments of each invoice up,
ages what is open on the day by currency, and takes each customer's share of invoices settled late. The scripts believe
every row; `check` judges each (ids, dates, amounts, references, duplicates), allocates payments and writes a report.
All are taken in turn; printed are median seconds, start of the process included, and peak memory. Needs polars, pandas,
pyarrow and duckdb; `arrears` must be on the path.
"""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

EDGES = [0, 30, 60, 90]


def with_polars(ledger: Path, day: str) -> None:
    import polars as pl

    as_of = pl.lit(day).str.to_date()
    amount = pl.col("amount").cast(pl.Float64)
    paid = pl.scan_parquet(ledger / "payments.parquet").filter(pl.col("payment_date") <= as_of)
    paid = paid.group_by("invoice_id").agg(paid=amount.sum(), last=pl.col("payment_date").max())
    book = pl.scan_parquet(ledger / "invoices.parquet").filter(pl.col("issue_date") <= as_of)
    book = book.join(paid, on="invoice_id", how="left").with_columns(
        open=(amount - pl.col("paid").fill_null(0.0)).clip(lower_bound=0.0), past=(as_of - pl.col("due_date")).dt.total_days()
    )
    aging = book.group_by("currency", bucket=pl.col("past").cut(EDGES)).agg(pl.col("open").sum())
    settled = book.filter(pl.col("open") < 0.005)
    late = settled.group_by("customer_id").agg((pl.col("last") > pl.col("due_date")).mean())
    aging, late = pl.collect_all([aging, late])
    print(aging.height, late.height)


def with_pandas(ledger: Path, day: str) -> None:
    import pandas as pd

    as_of = pd.Timestamp(day)
    payments = pd.read_parquet(ledger / "payments.parquet", columns=["invoice_id", "payment_date", "amount"])
    payments["payment_date"] = pd.to_datetime(payments["payment_date"])
    payments["amount"] = payments["amount"].astype(float)
    paid = payments[payments["payment_date"] <= as_of].groupby("invoice_id").agg(
        paid=("amount", "sum"), last=("payment_date", "max")
    )
    columns = ["invoice_id", "customer_id", "issue_date", "due_date", "amount", "currency"]
    book = pd.read_parquet(ledger / "invoices.parquet", columns=columns)
    for column in ("issue_date", "due_date"):
        book[column] = pd.to_datetime(book[column])
    book = book[book["issue_date"] <= as_of].join(paid, on="invoice_id")
    book["open"] = (book["amount"].astype(float) - book["paid"].fillna(0.0)).clip(lower=0.0)
    bucket = pd.cut((as_of - book["due_date"]).dt.days, [-10**6, *EDGES, 10**6])
    aging = book.groupby(["currency", bucket], observed=True)["open"].sum()
    settled = book[book["open"] < 0.005]
    late = (settled["last"] > settled["due_date"]).groupby(settled["customer_id"]).mean()
    print(len(aging), len(late))


def with_duckdb(ledger: Path, day: str) -> None:
    import duckdb

    db = duckdb.connect()
    db.execute(f"""
        create table book as
        select i.*, greatest(i.amount::double - coalesce(p.paid, 0), 0) as open, p.last, date '{day}' - i.due_date as past
        from '{ledger}/invoices.parquet' i left join (
            select invoice_id, sum(amount::double) as paid, max(payment_date) as last
            from '{ledger}/payments.parquet' where payment_date <= date '{day}' group by 1
        ) p using (invoice_id) where i.issue_date <= date '{day}'""")
    aging = db.execute("""
        select currency, case when past <= 0 then 0 when past <= 30 then 1 when past <= 60 then 2 when past <= 90 then 3
        else 4 end as bucket, sum(open) from book group by all""").fetchall()
    late = db.execute("select customer_id, avg((last > due_date)::int) from book where open < 0.005 group by 1").fetchall()
    print(len(aging), len(late))


SCRIPTS = {"polars": with_polars, "pandas": with_pandas, "duckdb": with_duckdb}


def timed(command: list[str]) -> tuple[float, float]:
    """Seconds, and peak memory in MB."""
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} ended with {status}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def main(ledger: Path, day: str, runs: int) -> None:
    tables = ["--invoices", str(ledger / "invoices.parquet"), "--payments", str(ledger / "payments.parquet")]
    commands = {"arrears check": ["arrears", "check", *tables, "--as-of", day, "--quiet"]}
    commands |= {name: [sys.executable, __file__, "--only", name, str(ledger), day] for name in SCRIPTS}
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            seen[name].append(timed(command))
    ours = statistics.median(s for s, _ in seen["arrears check"])
    for name, figures in seen.items():
        seconds = statistics.median(s for s, _ in figures)
        memory = statistics.median(m for _, m in figures)
        print(f"{name:14} {seconds:6.2f} s  {memory:6.0f} MB  {seconds / ours:5.2f} times")


if __name__ == "__main__":
    if sys.argv[1] == "--only":
        SCRIPTS[sys.argv[2]](Path(sys.argv[3]), sys.argv[4])
    else:
        main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 5)
