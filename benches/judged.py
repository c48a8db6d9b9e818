"""A simulated ledger judged by the yardstick's protocol, this engine beside its peers on the same rows.

    python benches/judged.py ACCEPT [--customers 1500] [--seed 1] [--habit none|pay_runs|parts] [--peers lgbm,logit]

ACCEPT is the yardstick's folder. Simulates three years, turns amounts into EUR at each currency's mean rate, and judges nine
origins (every 40 days from 2024-10-15) as it does the third-party ledgers: late_prob of invoices open and not yet due,
weekly cash of open invoices. Whatever settles an invoice counts as paid there, with every forecaster alike. `--habit`
bends what customers do, by a hash of their id:

- pay_runs: three customers in five pay on their next Friday, 15th or month end;
- parts: one customer in three pays every second time in two parts, 35 to 65 % first and the rest 14 to 35 days later.

`arrears` must be on the path; needs numpy, polars, scikit-learn and, for its peer, lightgbm.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import zlib
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

END = date(2025, 12, 31)
FIRST, LAST, EVERY_DAYS = date(2024, 10, 15), date(2025, 9, 25), 40
COLUMNS = ["payment_id", "invoice_id", "payment_date", "amount"]


def in_eur(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Invoices and payments of a simulated ledger, credit notes left out."""
    invoices, payments, fx = (pl.read_parquet(folder / f"{t}.parquet") for t in ("invoices", "payments", "fx"))
    rate = fx.group_by("currency").agg(rate=pl.col("rate").cast(pl.Float64).mean())
    euros = (pl.col("amount").cast(pl.Float64) * pl.col("rate")).round(2)
    invoices = invoices.filter(pl.col("amount") > 0).join(rate, on="currency", how="left").with_columns(pl.col("rate").fill_null(1.0))
    payments = payments.join(invoices.select("invoice_id", "customer_id", "rate"), on="invoice_id").with_columns(amount=euros)
    keep = ["invoice_id", "customer_id", "issue_date", "due_date", "dispute_date"]
    return invoices.select(*keep, amount=euros, currency=pl.lit("EUR")), payments.sort("invoice_id", "payment_date", "payment_id")


def hashed(payments: pl.DataFrame) -> np.ndarray:
    """A number of each payment's customer."""
    return np.array([zlib.crc32(c.encode()) for c in payments["customer_id"]])


def on_runs(payments: pl.DataFrame) -> pl.DataFrame:
    """Three customers in five pay on their next Friday, 15th or month end."""
    paid, of = pl.col("payment_date"), pl.Series(hashed(payments) % 5)
    friday = paid + pl.duration(days=(5 - paid.dt.weekday()) % 7)
    this_month = paid.dt.month_start() + pl.duration(days=14)
    fifteenth = pl.when(paid <= this_month).then(this_month).otherwise(paid.dt.month_start().dt.offset_by("1mo") + pl.duration(days=14))
    moved = pl.when(of == 0).then(friday).when(of == 1).then(fifteenth).when(of == 2).then(paid.dt.month_end()).otherwise(paid)
    return payments.with_columns(payment_date=moved)


def in_parts(payments: pl.DataFrame) -> pl.DataFrame:
    """One customer in three pays every second time in two parts."""
    rng, n = np.random.default_rng(3), payments.height
    is_split = (hashed(payments) % 3 == 0) & (rng.random(n) < 0.5)
    share, gap = rng.uniform(0.35, 0.65, n), rng.integers(14, 36, n)
    split = payments.with_columns(is_split=pl.Series(is_split), share=pl.Series(share), gap=pl.Series(gap), whole="amount")
    first = split.with_columns(amount=pl.when("is_split").then((pl.col("whole") * pl.col("share")).round(2)).otherwise("whole"))
    rest = first.filter("is_split").with_columns(
        amount=(pl.col("whole") - pl.col("amount")).round(2),
        payment_date=pl.col("payment_date") + pl.duration(days="gap"),
        payment_id=pl.format("{}b", "payment_id"),
    )
    return pl.concat([first, rest])


HABITS = {"none": lambda payments: payments, "pay_runs": on_runs, "parts": in_parts}


def show_peers(ledger, cuts: list[date], kinds: str, before: str = "") -> None:
    """Judges peers on a ledger of the yardstick's, whose folder must be on the path."""
    import peers
    import protocol

    for kind in filter(None, kinds.split(",")):
        forecast, made = peers.forecaster(kind), {}

        def direct(known, as_of):
            made[as_of] = forecast(known, as_of)
            return made[as_of]

        def hazard(_, as_of):
            scores, cash = made[as_of]
            return scores.with_columns(late_prob="late_prob_hazard"), cash

        protocol.show(f"{before}{kind}, direct", protocol.judge(ledger, direct, cuts))
        if kind in ("lgbm", "logit"):
            protocol.show(f"{before}{kind}, hazard", protocol.judge(ledger, hazard, cuts))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("accept")
    parser.add_argument("--customers", default="1500")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--habit", choices=HABITS, default="none")
    parser.add_argument("--peers", default="")
    args = parser.parse_args()
    os.environ.setdefault("ARREARS_BIN", shutil.which("arrears") or "")
    sys.path.insert(0, args.accept)
    import engine
    import ledgers
    import protocol

    with tempfile.TemporaryDirectory() as folder:
        simulate = ["simulate", "--customers", args.customers, "--months", "36", "--seed", args.seed, "--out", folder, "--quiet"]
        subprocess.run([os.environ["ARREARS_BIN"], *simulate], check=True, capture_output=True)
        invoices, payments = in_eur(Path(folder))
    # the engine is told what a payment is where habits leave payments as they were
    columns = COLUMNS + (["kind"] if args.habit == "none" else [])
    payments = HABITS[args.habit](payments).filter(pl.col("payment_date") <= END).select(columns)
    ledger = ledgers.Ledger(f"simulated {args.customers}, seed {args.seed}, habit {args.habit}", invoices, payments)
    cuts = ledgers.origins(FIRST, LAST, EVERY_DAYS)
    protocol.show("arrears", protocol.judge(ledger, engine.forecaster(), cuts))
    show_peers(ledger, cuts, args.peers)


if __name__ == "__main__":
    main()
