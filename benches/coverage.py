"""How often 80 % intervals of weekly cash hold on simulated ledgers, and how far total cash is ahead of time-series models.

    python benches/coverage.py [SEEDS] [CUSTOMERS] [ORIGINS]      by default 5 400 20

Simulates three years for each seed, backtests from ORIGINS days two weeks apart, and prints the share of weeks inside
p10..p90 by week and by currency, pooled over seeds and origins, for open invoices and in total; then weekly wape in
total of arrears, seasonal naive and exponential smoothing. Where a week often brings nothing, p10 is 0 and nothing lies
below it: 90 % inside is then right, so both tails are told, and how many weeks lie at p10. `arrears` must be on the path.
"""

import subprocess
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

import polars as pl

MONTHS = 36
LEDGER_END = date(2025, 12, 31)
WEEKS = 8
ALL = "all"


def backtested(seed: int, customers: int, origins: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Weekly cash by model of one simulated ledger, and its metrics."""
    last = LEDGER_END - timedelta(weeks=13)
    first = last - timedelta(weeks=2 * (origins - 1))
    with tempfile.TemporaryDirectory() as folder:
        ledger, out = f"{folder}/ledger", f"{folder}/out"
        simulate = ["--customers", str(customers), "--months", str(MONTHS), "--seed", str(seed), "--out", ledger]
        subprocess.run(["arrears", "simulate", *simulate, "--quiet"], check=True, capture_output=True)
        tables = [a for t in ("invoices", "payments", "customers", "fx") for a in (f"--{t}", f"{ledger}/{t}.parquet")]
        policy = Path(folder, "policy.toml")
        policy.write_text('[ledger]\nreporting_currency = "EUR"\n')
        span = ["--first", str(first), "--last", str(last), "--every", "2w", "--config", str(policy)]
        command = ["arrears", "backtest", *tables, *span, "--out", out, "--quiet"]
        subprocess.run(command, check=True, capture_output=True)
        read = {t: pl.read_parquet(f"{out}/{t}.parquet") for t in ("backtest_cash", "metrics")}
    return tuple(frame.with_columns(seed=pl.lit(seed)) for frame in read.values())


def coverage(cash: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """Share of weeks inside the 80 % interval."""
    inside = pl.col("actual").is_between("p10", "p90")
    return cash.group_by(by).agg(inside=inside.mean(), weeks=pl.len()).sort(by)


def main(seeds: int = 5, customers: int = 400, origins: int = 20) -> None:
    tables = [backtested(seed, customers, origins) for seed in range(1, seeds + 1)]
    cash, metrics = (pl.concat(frames) for frames in zip(*tables))
    judged = cash.filter(pl.col("model") == "arrears", pl.col("actual").is_not_null(), pl.col("p10").is_not_null())
    judged = judged.filter(pl.col("period") < WEEKS, pl.col("source") != "future")
    print(f"{seeds} seeds, {customers} customers, {origins} origins: share of weeks in p10..p90 (wanted .76 to .84)")
    for (source, currency), part in judged.group_by("source", "currency", maintain_order=True):
        pooled = coverage(part, ["source"])["inside"][0]
        weeks = "  ".join(f"{share:.2f}" for share in coverage(part, ["period"])["inside"])
        share = lambda is_so: part.select(is_so.mean()).item()
        below, above = share(pl.col("actual") < pl.col("p10")), share(pl.col("actual") > pl.col("p90"))
        tails = f"below {below:.3f} at p10 {share(pl.col('actual') == pl.col('p10')):.2f} above {above:.3f}"
        by_seed = "  ".join(f"{share:.2f}" for share in coverage(part, ["seed"])["inside"])
        print(f"{source:6} {currency}  pooled {pooled:.3f}  {tails}  by week {weeks}  by seed {by_seed}")
    wape = metrics.filter(
        pl.col("metric") == "wape", pl.col("source") == "total", pl.col("horizon").is_null(), pl.col("against").is_null()
    ).with_columns(pl.col("currency").fill_null(ALL))
    models = ["arrears", "seasonal_naive", "weekday_mean", "ets"]
    wape = wape.filter(pl.col("model").is_in(models)).group_by("currency", "model").agg(pl.col("value").mean())
    print("weekly wape of total cash, mean over seeds; how far arrears is below")
    for currency in sorted(wape["currency"].unique()):
        of = dict(wape.filter(pl.col("currency") == currency).select("model", "value").iter_rows())
        told = "  ".join(f"{m} {of[m]:.4f} ({1 - of['arrears'] / of[m]:+.1%})" for m in models[1:] if m in of)
        print(f"{currency}  arrears {of['arrears']:.4f}  {told}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
