"""How well IBM's sample could be forecast by somebody who knew more than a ledger tells.

    python benches/ceiling.py ACCEPT [WORLDS]      by default 24; ACCEPT is the yardstick's folder

In that file an invoice is settled a Poisson number of days after issue: the customer's own mean, about six days less
once the customer is billed electronically, and about fourteen more if it will be disputed. Each customer's mean, effects and
share of disputes are taken here from the *whole* file, what is still to come with it: nobody can know them. Judged by
the yardstick's own protocol on its own origins are

- the file itself, by those parameters, disputes unknown: it leaks, so that no honest model should be asked for more;
- the same with disputes known;
- worlds drawn again from that law, forecast by the very law that drew them: what chance alone leaves to be wrong about;
- the file itself by one who is told the law's form and its effects (Poisson days, what a dispute and paper cost, that a
  customer may change to electronic bills in any week) and learns each customer from what the ledger says by as_of: a
  forecaster that leaks its form alone.

Needs numpy, polars, scipy and scikit-learn.
"""

import sys
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from scipy.stats import poisson

DAYS = np.arange(131)
WORLDS = 24
# a priori: days that a dispute and paper instead of electronic bills cost, and how sure that is (variances)
DISPUTE_DAYS, DISPUTE_VARIANCE, ELECTRONIC_DAYS, ELECTRONIC_VARIANCE = 14.4, 9.0, -6.3, 4.0
# what a customer may be like, to one who learns it: mean days on paper and share of disputes
MEANS, SHARES = np.arange(0.5, 62, 0.75), np.array([0.01, 0.03, 0.08, 0.15, 0.25, 0.35, 0.5, 0.7, 0.9])
# the file's span in weeks, in any of which a customer may have changed to electronic bills, and the chance of before that, in weeks
FILE_FROM, FILE_WEEKS, BEFORE_WEEKS = date(2012, 1, 1), 104, 8
LEARN_ROUNDS = 60


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


def forecaster(chance_of, weeks: int):
    """What the yardstick asks for, by the chance `[invoice, day]` that an open invoice is settled so many days after issue."""

    def forecast(known, as_of):
        b = known.balance(as_of).filter(pl.col("open_amount") > 0.005)
        of = lambda dates: np.array([(d - as_of).days for d in dates])
        age, due = -of(b["issue_date"]), of(b["due_date"])
        p = chance_of(known, as_of, b["invoice_id"].to_list()) * (DAYS > age[:, None])
        p = np.maximum(p, 1e-12 * (DAYS > age[:, None]))
        p /= p.sum(1, keepdims=True)
        ahead = DAYS - age[:, None]
        late = (p * (ahead > due[:, None])).sum(1)
        cash = [b["open_amount"].to_numpy() @ (p * ((ahead - 1) // 7 == w)).sum(1) for w in range(weeks)]
        scores = pl.DataFrame({"invoice_id": b["invoice_id"], "late_prob": late}).filter(pl.Series(due > 0))
        return scores, pl.DataFrame({"week": np.arange(weeks), "expected": np.array(cash)})

    return forecast


def learnt(known, as_of: date, open_ids: list[str]) -> np.ndarray:
    """Chance `[invoice, day]` to one who knows the law's form and effects and sees each customer's past by as_of.

    A customer is one of `[mean, share, week of the change]`; the first two are as likely as the customers together say,
    by expectation and maximisation, smoothed a little.
    """
    paper = [poisson.pmf(DAYS, m) for m in (MEANS[:, None], MEANS[:, None] + DISPUTE_DAYS)]
    electronic = [poisson.pmf(DAYS, np.clip(MEANS[:, None] + d, 0.7, None)) for d in (ELECTRONIC_DAYS, ELECTRONIC_DAYS + DISPUTE_DAYS)]
    # [bill, mean and share, day]
    chance = np.array([
        ((1 - SHARES)[None, :, None] * plain[:, None] + SHARES[None, :, None] * disputed[:, None]).reshape(-1, len(DAYS))
        for plain, disputed in (paper, electronic)
    ])  # fmt: skip
    later = np.maximum(1 - chance.cumsum(2), 1e-12)
    b = known.balance(as_of).join(known.settled(), on="invoice_id", how="left")
    customers, customer = np.unique(b["customer_id"].to_numpy(), return_inverse=True)
    week = np.array([(d - FILE_FROM).days // 7 for d in b["issue_date"]])
    age = np.clip([(as_of - d).days for d in b["issue_date"]], 0, DAYS[-1])
    days = np.clip([(s - d).days if s else -1 for s, d in zip(b["settled"], b["issue_date"])], -1, DAYS[-1])
    told = np.where((days >= 0)[None, :, None], chance[:, :, days].swapaxes(1, 2), later[:, :, age].swapaxes(1, 2))
    told = np.log(np.maximum(told, 1e-12))  # [bill, invoice, mean and share]
    now = (as_of - FILE_FROM).days // 7
    change = np.ones(now + 2)  # in each week, the last being none yet
    change[0], change[-1] = BEFORE_WEEKS, max(FILE_WEEKS - now, 1)
    like = np.empty((len(customers), len(change), told.shape[2]))
    for c in range(len(customers)):
        of = customer == c
        is_electronic = (week[of] >= np.arange(len(change))[:, None]).astype(float)
        like[c] = (1 - is_electronic) @ told[0, of] + is_electronic @ told[1, of]
    like = np.exp(like - like.max((1, 2), keepdims=True)) * (change / change.sum())[None, :, None]
    by_kind, kinds = like.sum(1), np.full(told.shape[2], 1 / told.shape[2])
    for _ in range(LEARN_ROUNDS):
        posterior = by_kind * kinds
        kinds = (posterior / posterior.sum(1, keepdims=True)).mean(0).reshape(len(MEANS), -1)
        kinds = np.apply_along_axis(np.convolve, 0, kinds, np.array([0.1, 0.2, 0.4, 0.2, 0.1]), "same").ravel()
        kinds = 0.98 * kinds / kinds.sum() + 0.02 / len(kinds)
    like *= kinds
    like /= like.sum((1, 2), keepdims=True)
    out, row = np.zeros((len(open_ids), len(DAYS))), {i: k for k, i in enumerate(b["invoice_id"])}
    for k, invoice in enumerate(row[i] for i in open_ids):
        is_electronic = week[invoice] >= np.arange(len(change))
        for bill, is_so in enumerate((~is_electronic, is_electronic)):
            # that it is open was told already
            out[k] += (like[customer[invoice], is_so].sum(0) / later[bill, :, age[invoice]]) @ chance[bill]
    return out


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
    by = lambda chance: forecaster(lambda _known, _as_of, open_ids: chance[[row[i] for i in open_ids]], protocol.WEEKS)
    for name, chance in [("leaks, disputes unknown", unknown), ("leaks, disputes known", known)]:
        protocol.show(name, protocol.judge(ledger, by(chance), cuts))
    protocol.show("told the form, learns customers", protocol.judge(ledger, forecaster(learnt, protocol.WEEKS), cuts))
    rng = np.random.default_rng(0)
    told = []
    for _ in range(worlds):
        days = rng.poisson(np.where(rng.random(len(ids)) < share, later, usual))
        paid = pl.DataFrame({"invoice_id": ids, "days": days}).join(ledger.invoices, on="invoice_id")
        payments = paid.select(
            payment_id="invoice_id", invoice_id="invoice_id", payment_date=pl.col("issue_date") + pl.duration(days="days"), amount="amount"
        )
        world = ledgers.Ledger("world", ledger.invoices, payments)
        told.append(protocol.judge(world, by(unknown), cuts))
    print(f"{worlds} worlds drawn again, by the law that drew them")
    for metric in ("auc", "log_loss", "wape", "wape4"):
        values = np.array([t[metric] for t in told])
        print(f"  {metric:8} {values.mean():.4f} +- {values.std():.4f}")


if __name__ == "__main__":
    if len(sys.argv) < 2 or not Path(sys.argv[1]).is_dir():
        sys.exit(__doc__)
    main(sys.argv[1], *map(int, sys.argv[2:3]))
