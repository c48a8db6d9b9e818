"""What each family of features and each correction is worth: one backtest for each, with it left out.

    python benches/ablation.py [DATA] [--seeds 1,2] [--customers 400] [--only surprise,outlived]

Runs `arrears backtest` on simulated ledgers (with every habit, and without pay runs, for each seed) and, where DATA is
given, on the third-party ledgers in it (`ibm-watson-ar`, `invoice-delay-synth`; none is in this repository), first as
it is and then with each part of `model.leave_out`, and with the corrections that are keys of their own. Prints the
tables of docs/ablation.md: log loss and AUC of late payment, weekly wape of cash of open invoices, and how often the
80 % interval of the first eight weeks held. `--only` prints the whole and the rows of these parts. `arrears` must be on the path; needs polars.
"""

import argparse
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import polars as pl

FAMILIES = [
    "late_share", "usual_delay", "own_hazard", "time", "invoice", "part_paid", "dispute", "lately", "open_items",
    "history", "pay_runs", "calendar", "sides",
]  # fmt: skip
CORRECTIONS = ["shrinkage", "caution", "overdue_apart", "surprise", "outlived", "part_payments", "dependence"]
SLOW = "\n".join(f"half_life_{name}days = 3650" for name in ("", "long_", "short_", "level_"))
KEYS = {
    "recency (half-lives 3650)": SLOW,
    "penalty (0.01)": "penalty = 0.01\npenalty_shares = [1.0]",
    "rolling validation of the penalty (penalty_shares 1)": "penalty_shares = [1.0]",
    "fading of old landmarks (older_weight 1)": "older_weight = 1.0",
    "history beyond a year (history_days 365)": "history_days = 365",
    "weekly landmarks (every 28 days)": "landmark_every_days = 28",
}
METRICS = {"log_loss": "late", "auc": "late", "wape": "cash", "coverage_80_first_8": "cash"}
EPS = {"log_loss": 4, "auc": 4, "wape": 4, "coverage_80_first_8": 3}


@dataclass
class Book:
    """Tables of a ledger as options of `arrears`, and its origins."""

    tables: list[str]
    first: str
    last: str
    every: str
    policy: str = ""


def simulated(folder: Path, seed: int, customers: int, without: list[str]) -> Book:
    out = folder / f"{seed}{''.join(without)}"
    lacks = ["--without", ",".join(without)] if without else []
    size = ["--customers", str(customers), "--months", "36", "--seed", str(seed)]
    subprocess.run(["arrears", "simulate", *size, *lacks, "--out", out, "--quiet"], check=True, capture_output=True)
    tables = [a for t in ("invoices", "payments", "customers", "fx") for a in (f"--{t}", f"{out}/{t}.parquet")]
    return Book(tables, "2025-01-08", "2025-09-30", "4w", '[ledger]\nreporting_currency = "EUR"\n')


def ibm(data: Path) -> Book:
    file = data / "ibm-watson-ar" / "WA_Fn-UseC_-Accounts-Receivable.csv"
    # the sample says of every invoice whether it was disputed, not when: nothing that was known on a day
    return Book(["--invoices", str(file), "--profile", "ibm-ar"], "2012-10-01", "2013-09-16", "2w")


def delay_synth(data: Path, folder: Path) -> Book:
    source = data / "invoice-delay-synth"
    invoices = pl.read_csv(source / "invoices.csv", infer_schema_length=0)
    invoices = invoices.filter(~pl.col("status").is_in(["draft", "cancelled"]))
    invoices = invoices.select("customer_id", "issue_date", "due_date", "amount", "currency", invoice_id="id")
    payments = pl.read_csv(source / "payment_history.csv", infer_schema_length=0)
    payments = payments.join(invoices, on="invoice_id", how="semi")
    payments = payments.select("invoice_id", "payment_date", amount="amount_paid", payment_id="id")
    for name, frame in (("invoices", invoices), ("payments", payments)):
        frame.write_csv(folder / f"synth-{name}.csv")
    tables = [a for t in ("invoices", "payments") for a in (f"--{t}", f"{folder}/synth-{t}.csv")]
    return Book(tables, "2024-10-01", "2025-12-15", "35d")


def judged(book: Book, model: str, folder: Path) -> dict[str, float]:
    """The engine's metrics in one backtest, all currencies together."""
    policy = folder / "policy.toml"
    policy.write_text(f"{book.policy}[model]\n{model}\n")
    span = ["--first", book.first, "--last", book.last, "--every", book.every, "--config", policy]
    out = folder / "out"
    command = ["arrears", "backtest", *book.tables, *span, "--out", out, "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{model}: {done.stderr}")
    m = pl.read_parquet(out / "metrics.parquet").filter(
        pl.col("model") == "arrears", pl.col("against").is_null(), pl.col("horizon").is_null() | (pl.col("metric") == "coverage_80_first_8")
    )
    found = {}
    for metric, task in METRICS.items():
        rows = m.filter(pl.col("metric") == metric, pl.col("task") == task)
        if task == "cash":
            rows = rows.filter(pl.col("source") == "open")
        # one currency, or all of them in the reporting currency
        every = rows.filter(pl.col("currency").is_null())
        found[metric] = (every if every.height else rows)["value"][0]
    return found


def table(title: str, books: list[Book], folder: Path, only: list[str]) -> None:
    """Means over the ledgers; what is left out is shown by how much it moves them."""
    rows = {"all of it": ""}
    rows |= {name: f'leave_out = ["{name}"]' for name in FAMILIES + CORRECTIONS}
    rows |= KEYS
    rows = {name: model for name, model in rows.items() if not only or not model or name in only}
    print(f"\n## {title}\n\n| left out | {' | '.join(METRICS)} |\n|---|{'---|' * len(METRICS)}", flush=True)
    whole: dict[str, float] = {}
    for name, model in rows.items():
        seen = [judged(book, model, folder) for book in books]
        mean = {m: sum(s[m] for s in seen) / len(seen) for m in METRICS}
        whole = whole or mean
        cell = lambda m: f"{mean[m]:.{EPS[m]}f}" if mean is whole else f"{mean[m] - whole[m]:+.{EPS[m]}f}"
        print(f"| {name} | {' | '.join(cell(m) for m in METRICS)} |", flush=True)


def main() -> None:
    ask = argparse.ArgumentParser()
    ask.add_argument("data", nargs="?", type=Path)
    ask.add_argument("--seeds", default="1,2")
    ask.add_argument("--customers", type=int, default=400)
    ask.add_argument("--only", type=lambda names: names.split(","), default=[])
    args = ask.parse_args()
    if unknown := set(args.only) - {*FAMILIES, *CORRECTIONS, *KEYS}:
        ask.error(f"nobody knows {sorted(unknown)}; parts are {FAMILIES + CORRECTIONS + list(KEYS)}")
    seeds = [int(s) for s in args.seeds.split(",")]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        if args.data:
            table("IBM's sample", [ibm(args.data)], folder, args.only)
            table("invoice-delay-synth", [delay_synth(args.data, folder)], folder, args.only)
        for title, without in (("Simulated, every habit", []), ("Simulated, without pay runs", ["pay_runs"])):
            books = [simulated(folder, seed, args.customers, without) for seed in seeds]
            table(f"{title} ({len(seeds)} seeds, {args.customers} customers)", books, folder, args.only)


if __name__ == "__main__":
    main()
