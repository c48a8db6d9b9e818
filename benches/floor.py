"""Read + check + sweep of one table of invoices beside Polars' scan-and-sum of every column of the same file.

    arrears simulate --customers 143500 --months 36 --seed 1 --out ledger
    python benches/floor.py ledger 2025-12-31

Makes `ledger/one.parquet` (invoice and customer id, issue, due and paid date, amount) from the simulated tables, then
takes both in turn, five times, and prints medians and the median ratio. `arrears` must be on the path.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

RUNS = 5
STAGES = ("read", "check", "sweep")


def one_table(ledger: Path) -> Path:
    """Invoices with the day on which each was paid in full."""
    file = ledger / "one.parquet"
    if file.exists():
        return file
    invoices = pl.read_parquet(ledger / "invoices.parquet").filter(pl.col("kind").fill_null("invoice") == "invoice")
    payments = pl.read_parquet(ledger / "payments.parquet").sort("payment_date")
    paid = payments.with_columns(run=pl.col("amount").cast(pl.Float64).cum_sum().over("invoice_id"))
    paid = paid.join(invoices.select("invoice_id", total=pl.col("amount").cast(pl.Float64)), on="invoice_id")
    paid = paid.filter(pl.col("run") >= pl.col("total") - 0.005)
    paid = paid.group_by("invoice_id").agg(paid_date=pl.col("payment_date").min())
    table = invoices.select("invoice_id", "customer_id", "issue_date", "due_date", "amount")
    table.join(paid, on="invoice_id", how="left").sort("invoice_id").write_parquet(file)
    return file


def scan_and_sum(file: Path) -> float:
    """Seconds that Polars takes to scan and sum every column."""
    start = time.perf_counter()
    texts = pl.col("invoice_id", "customer_id").str.len_bytes().sum()
    days = [pl.col(c).max() for c in ("issue_date", "due_date", "paid_date")]
    pl.scan_parquet(file).select(texts, *days, pl.col("amount").sum()).collect()
    return time.perf_counter() - start


def run(file: Path, as_of: str) -> dict[str, float]:
    """Seconds of each stage, as the manifest tells them."""
    with tempfile.TemporaryDirectory() as folder:
        out = f"{folder}/out"
        command = ["arrears", "run", "--invoices", str(file), "--as-of", as_of, "--out", out, "--quiet"]
        subprocess.run(command, check=True, capture_output=True)
        return dict(json.loads(Path(out, "manifest.json").read_text())["timings"])


def main(ledger: str, as_of: str) -> None:
    file = one_table(Path(ledger))
    scan_and_sum(file)
    floors, sums = [], []
    for _ in range(RUNS):
        floors.append(min(scan_and_sum(file), scan_and_sum(file)))
        timings = run(file, as_of)
        sums.append(sum(timings[stage] for stage in STAGES))
        print({stage: timings[stage] for stage in STAGES}, f"floor {floors[-1]:.3f}", flush=True)
    ratio = statistics.median(total / floor for total, floor in zip(sums, floors))
    print(f"arrears {statistics.median(sums):.2f} s, polars {statistics.median(floors):.2f} s, ratio {ratio:.1f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
