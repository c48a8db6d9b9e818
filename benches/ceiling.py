"""How well IBM's sample could be forecast by somebody who knew more than a ledger tells.

    python benches/ceiling.py ACCEPT [WORLDS]      by default 24; ACCEPT is the yardstick's folder

In that file an invoice is settled a Poisson number of days after issue: the customer's own mean, about six days less
once the customer is billed electronically, and about fourteen more if it will be disputed. Each customer's mean, effects and
share of disputes are taken here from the *whole* file, what is still to come with it: nobody can know them. Judged by
the yardstick's own protocol on its own origins are

- the file itself, by those parameters, disputes unknown: it leaks, so that no honest model should be asked for more;
- the same with disputes known;
- worlds drawn again from that law, forecast by the very law that drew them: what chance alone leaves to be wrong about.

Needs numpy, polars, scipy and scikit-learn.
"""

import sys
from pathlib import Path

import numpy as np
import polars as pl
from scipy.stats import poisson

DAYS = np.arange(131)
WORLDS = 24
# a priori: days that a dispute and paper instead of electronic bills cost, and how sure that is (variances)
DISPUTE_DAYS, DISPUTE_VARIANCE, ELECTRONIC_DAYS, ELECTRONIC_VARIANCE = 14.4, 9.0, -6.3, 4.0


def law(file: pl.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each invoice, by its customer's share of the whole file: mean days undisputed, disputed, and P(dispute)."""
    days = file["DaysToSettle"].cast(pl.Float64).to_numpy()
    electronic = (file["PaperlessBill"] == "Electronic").cast(pl.Float64).to_numpy()
    disputed = (file["Disputed"] == "Yes").cast(pl.Float64).to_numpy()
    _, customer = np.unique(file["customerID"].to_numpy(), return_inverse=True)
    usual, later, share = (np.zeros(len(days)) for _ in range(3))
    for c in range(customer.max() + 1):
        of = customer == c
        x = np.column_stack([np.ones(of.sum()), disputed[of], electronic[of]])
        prior = np.array([0.0, 1 / DISPUTE_VARIANCE, 1 / ELECTRONIC_VARIANCE])
        mean = np.array([0.0, DISPUTE_DAYS, ELECTRONIC_DAYS])
        b = np.array([days[of].mean(), DISPUTE_DAYS, ELECTRONIC_DAYS])
        for _ in range(30):  # the most probable parameters of a Poisson mean that is a sum, by reweighted least squares
            w = 1 / np.clip(x @ b, 1, None)
            b = np.linalg.solve(x.T @ (x * w[:, None]) + np.diag(prior), x.T @ (w * days[of]) + prior * mean)
        usual[of] = np.clip(b[0] + b[2] * electronic[of], 0.7, None)
        later[of] = np.clip(usual[of] + b[1], 1, None)
        share[of] = disputed[of].mean()
    return usual, later, share


def forecaster(chance: np.ndarray, row: dict[str, int], weeks: int):
    """What the yardstick asks for, by the chance `[invoice, day]` that an invoice is settled so many days after issue."""

    def forecast(known, as_of):
        b = known.balance(as_of).filter(pl.col("open_amount") > 0.005)
        of = lambda dates: np.array([(d - as_of).days for d in dates])
        age, due = -of(b["issue_date"]), of(b["due_date"])
        p = chance[[row[i] for i in b["invoice_id"]]] * (DAYS > age[:, None])
        p = np.maximum(p, 1e-12 * (DAYS > age[:, None]))
        p /= p.sum(1, keepdims=True)
        ahead = DAYS - age[:, None]
        late = (p * (ahead > due[:, None])).sum(1)
        cash = [b["open_amount"].to_numpy() @ (p * ((ahead - 1) // 7 == w)).sum(1) for w in range(weeks)]
        scores = pl.DataFrame({"invoice_id": b["invoice_id"], "late_prob": late}).filter(pl.Series(due > 0))
        return scores, pl.DataFrame({"week": np.arange(weeks), "expected": np.array(cash)})

    return forecast


def main(accept: str, worlds: int = WORLDS) -> None:
    sys.path.insert(0, accept)
    import ledgers
    import protocol

    ledger, cuts = ledgers.ibm(), ledgers.CUTS["ibm"]
    path = ledgers.DATA / "ibm-watson-ar" / "WA_Fn-UseC_-Accounts-Receivable.csv"
    file = pl.read_csv(path, infer_schema_length=0)
    ids = file["invoiceNumber"].to_list()
    row = {invoice: k for k, invoice in enumerate(ids)}
    usual, later, share = law(file)
    undisputed, disputed = (poisson.pmf(DAYS, mean[:, None]) for mean in (usual, later))
    unknown = undisputed * (1 - share)[:, None] + disputed * share[:, None]
    known = np.where((file["Disputed"] == "Yes").to_numpy()[:, None], disputed, undisputed)
    for name, chance in [("leaks, disputes unknown", unknown), ("leaks, disputes known", known)]:
        protocol.show(name, protocol.judge(ledger, forecaster(chance, row, protocol.WEEKS), cuts))
    rng = np.random.default_rng(0)
    told = []
    for _ in range(worlds):
        days = rng.poisson(np.where(rng.random(len(ids)) < share, later, usual))
        paid = pl.DataFrame({"invoice_id": ids, "days": days}).join(ledger.invoices, on="invoice_id")
        payments = paid.select(
            payment_id="invoice_id", invoice_id="invoice_id", payment_date=pl.col("issue_date") + pl.duration(days="days"), amount="amount"
        )
        world = ledgers.Ledger("world", ledger.invoices, payments)
        told.append(protocol.judge(world, forecaster(unknown, row, protocol.WEEKS), cuts))
    print(f"{worlds} worlds drawn again, by the law that drew them")
    for metric in ("auc", "log_loss", "wape", "wape4"):
        values = np.array([t[metric] for t in told])
        print(f"  {metric:8} {values.mean():.4f} +- {values.std():.4f}")


if __name__ == "__main__":
    if len(sys.argv) < 2 or not Path(sys.argv[1]).is_dir():
        sys.exit(__doc__)
    main(sys.argv[1], *map(int, sys.argv[2:3]))
