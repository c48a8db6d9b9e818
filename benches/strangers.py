"""Ledgers whose customers pay by other rules than the simulator's, judged by the yardstick's protocol beside peers.

    python benches/strangers.py ACCEPT [--ledgers debits,budgets,office,grocer,runs] [--seed 44] [--peers lgbm,delay]

ACCEPT is the yardstick's folder. The ledgers were made before the engine was tried on them; `debits` showed that it knew no
direct debit, `budgets` that a fit could go round in circles, `runs` that it took a month end on a weekend for one paid on the Friday
before as soon as on the Monday after, and the 25th for two days. All are mended since:

- debits: 7,000 subscribers with a bill a month; half pay by direct debit on the due date, or on the Monday after it, and
  one debit in ten fails; the others pay around the due date on any day. One in twenty stops paying before it leaves.
- budgets: 400 businesses whose pay runs have a budget: what is due first is paid first, in part where money runs out, and
  in a spell of stress there is a quarter of it. Six invoices in a hundred are disputed and wait until that is settled.
- office: 60 public offices that pay some weeks after receipt, whatever the terms, later what is large or billed at the
  turn of the year; three in a hundred are mislaid.
- grocer: 1,400 customers of a wholesaler, one of which has a fifth of 42,000 invoices, over 17 months; nobody pays on a
  weekend, one customer in three on one weekday only.
- runs: 400 businesses, of which nine in ten pay what has come up since on their next Friday, 15th, month end, or 10th or 25th, or on
  the Monday after its weekend. All are slower in bad months, each in hard times of its own; disputes wait, one invoice in ten is paid
  in two parts.

`arrears` must be on the path; needs numpy, polars, scikit-learn and, for its peer, lightgbm.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import polars as pl

FIRST = date(2023, 1, 1)  # a Sunday; days are counted from it
Paid = list[tuple[int, int, float]]


def weekday(day: np.ndarray | int) -> np.ndarray | int:
    return (day + 6) % 7


def business_day(day: np.ndarray) -> np.ndarray:
    """The day itself, or the Monday after a weekend."""
    return day + np.where(weekday(day) == 5, 2, np.where(weekday(day) == 6, 1, 0))


def month_of(day: int) -> int:
    return (FIRST + timedelta(int(day))).month


def tables(
    customer: np.ndarray, issue: np.ndarray, due: np.ndarray, amount: np.ndarray, paid: Paid, end: int, disputed: np.ndarray | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Invoices and payments as known on day `end`; `paid` has invoice, day and amount, `disputed` is below 0 where never."""

    def dates(days: np.ndarray) -> list[date | None]:
        return [FIRST + timedelta(int(d)) if d >= 0 else None for d in days]

    ids = pl.Series([f"I{i:06d}" for i in range(len(customer))])
    columns = {"invoice_id": ids, "customer_id": [f"C{c:05d}" for c in customer], "issue_date": dates(issue), "due_date": dates(due)}
    invoices = pl.DataFrame(columns | {"amount": np.round(amount, 2), "currency": "USD"})
    if disputed is not None:
        invoices = invoices.with_columns(dispute_date=pl.Series(dates(disputed), dtype=pl.Date))
    of, day, money = zip(*paid, strict=True)
    payments = pl.DataFrame(
        {
            "payment_id": [f"P{k:07d}" for k in range(len(of))],
            "invoice_id": ids.gather(list(of)),
            "payment_date": dates(np.array(day)),
            "amount": np.round(money, 2),
        }
    )
    last = FIRST + timedelta(end)
    invoices = invoices.filter(pl.col("issue_date") <= last)
    return invoices, payments.filter(pl.col("payment_date") <= last).join(invoices, on="invoice_id", how="semi")


def debits(seed: int = 4) -> tuple[pl.DataFrame, pl.DataFrame]:
    rng, n, end = np.random.default_rng(seed), 7000, 730
    start, life = rng.integers(-200, end - 60, n), rng.exponential(260, n) + 30
    by_debit, fails = rng.random(n) < 0.5, rng.beta(1, 9, n)
    mean, slow, stops = rng.normal(-2, 5, n), rng.exponential(4, n), rng.random(n) < 0.05
    customer, issue, due, amount, paid = [], [], [], [], []
    for c in range(n):
        day, price, leaves = start[c], float(rng.choice([19, 29, 49, 99, 199])), start[c] + life[c]
        while day < min(end, leaves):
            if day >= 0:
                customer.append(c)
                issue.append(day)
                due.append(day + 14)
                amount.append(price)
                if not (stops[c] and day > leaves - 65):
                    if by_debit[c]:
                        meant = day + 14 if rng.random() > fails[c] else day + 19 + int(rng.exponential(9))
                        when = int(business_day(np.array(meant)))
                    else:
                        forgets = rng.normal(0, 2) + (rng.exponential(slow[c] * 3) if rng.random() < 0.3 else 0)
                        when = max(day + 1, day + 14 + round(mean[c] + forgets))
                    paid.append((len(customer) - 1, when, price))
            day += 30 if rng.random() < 0.97 else 31
    return tables(*map(np.array, (customer, issue, due, amount)), paid, end)


def run_days(kind: int, phase: int, on: int, end: int) -> list[int]:
    """Every other week, on the 15th and 28th, or on a weekday; on the Monday after a weekend."""

    def is_one(day: int) -> bool:
        in_month = (FIRST + timedelta(day)).day
        return [(day - phase) % 14 == 0, in_month in (15, 28), weekday(day) == on][kind]

    return [int(business_day(np.array(day))) for day in range(end) if is_one(day)]


def budgets(seed: int = 2) -> tuple[pl.DataFrame, pl.DataFrame]:
    rng, n_customers, end = np.random.default_rng(seed), 400, 1000
    terms = rng.choice([14, 30, 30, 45, 60], n_customers)
    a_day, size = rng.gamma(1.2, 2.2, n_customers) / 30, np.exp(rng.normal(7.5, 1, n_customers))
    customer, issue, amount = [], [], []
    for c in range(n_customers):
        n = rng.poisson(a_day[c] * end)
        customer += [c] * n
        issue += list(np.sort(rng.integers(0, end, n)))
        amount += list(size[c] * np.exp(rng.normal(0, 0.6, n)))
    order = np.argsort(business_day(np.array(issue)), kind="stable")
    customer, issue, amount = np.array(customer)[order], business_day(np.array(issue))[order], np.round(np.array(amount), 2)[order]
    due, n = issue + terms[customer], len(customer)
    disputed = np.where(rng.random(n) < 0.06, issue + rng.integers(5, 30, n), -1)
    settled = np.where(disputed >= 0, disputed + rng.exponential(45, n).astype(int), -1)
    never, paid = rng.random(n) < 0.007, []
    for c in range(n_customers):
        own = np.flatnonzero(customer == c)
        days = run_days(int(rng.integers(0, 3)), int(rng.integers(0, 14)), int(rng.integers(0, 5)), end + 200)
        gap = end / sum(day < end for day in days)
        funds, early = rng.choice([0.95, 1.1, 1.4, 3.0], p=[0.12, 0.25, 0.33, 0.3]), rng.integers(-4, 3)
        a_run = a_day[c] * size[c] * np.exp(0.18) * gap
        left, is_stressed, cash = amount[own].copy(), False, 0.0

        def is_ready(k: int, day: int, own: np.ndarray = own, left: np.ndarray = left, reach: float = gap - early - 2) -> bool:
            i = own[k]
            waits = never[i] or disputed[i] >= 0 and disputed[i] <= day < settled[i]
            return left[k] > 0 and issue[i] < day and due[i] <= day + reach and not waits

        for day in days:
            is_stressed = rng.random() > 0.16 * gap / 7 if is_stressed else rng.random() < 0.012 * gap / 7
            cash = min(cash, 1.5 * a_run) + a_run * funds * (0.25 if is_stressed else 1) * np.exp(rng.normal(-0.1, 0.45))
            for k in sorted((k for k in range(len(own)) if is_ready(k, day)), key=lambda k: due[own[k]])[:200]:
                if left[k] <= cash:
                    part = left[k]
                elif cash > 0.3 * left[k] and rng.random() < 0.5:
                    part = round(cash * 0.9, 2)
                else:
                    break
                paid.append((own[k], day, part))
                left[k], cash = round(left[k] - part, 2), cash - part
                if left[k] > 0:
                    break
    return tables(customer, issue, due, amount, paid, end, disputed)


def office(seed: int = 3) -> tuple[pl.DataFrame, pl.DataFrame]:
    rng, n_offices, n, end = np.random.default_rng(seed), 60, 30000, 900
    share = rng.dirichlet(np.full(n_offices, 0.7))
    customer = rng.choice(n_offices, n, p=share)
    issue = business_day(np.sort(rng.integers(0, end, n)))
    usual, amount = np.exp(rng.normal(3.0, 0.35, n_offices)), np.exp(rng.normal(7, 1.4, n))
    slower = (1 + 0.5 * np.isin([month_of(d) for d in issue], [1, 2])) * (1 + 0.35 * (amount > 8000))
    when = issue + np.ceil(rng.gamma(4, usual[customer] * slower / 4)).astype(int)
    mislaid = rng.random(n) < 0.03
    when = business_day(when + np.where(mislaid, rng.integers(30, 120, n), 0))
    disputed = np.where(mislaid & (rng.random(n) < 0.5), issue + rng.integers(10, 40, n), -1)
    return tables(customer, issue, issue + 30, amount, list(zip(range(n), when, amount, strict=True)), end, disputed)


def grocer(seed: int = 1) -> tuple[pl.DataFrame, pl.DataFrame]:
    rng, n_customers, n, end = np.random.default_rng(seed), 1400, 42000, 510
    share = 1 / np.arange(1, n_customers + 1) ** 1.15
    customer = rng.choice(n_customers, n, p=share / share.sum())
    issue = business_day(np.sort(rng.integers(0, end, n)))
    terms = rng.choice([15, 15, 15, 15, 20, 10, 30, 65, 0], n_customers)
    mean = rng.normal(0, 3, n_customers) + rng.exponential(2, n_customers) * (rng.random(n_customers) < 0.3)
    spread, often = rng.gamma(2, 1, n_customers), rng.beta(1, 8, n_customers)
    on = np.where(rng.random(n_customers) < 0.35, rng.integers(0, 5, n_customers), -1)[customer]
    due = issue + terms[customer]
    usual = np.round(mean[customer] + spread[customer] * rng.standard_t(4, n)).astype(int)
    forgotten = np.where(rng.random(n) < often[customer], np.round(rng.exponential(14, n)), 0).astype(int)
    when = np.maximum(due + usual + forgotten, issue + 1)
    when = np.where(on >= 0, when + (on - weekday(when)) % 7, business_day(when))
    amount = np.exp(rng.normal(9.6, 1.1, n))
    return tables(customer, issue, due, amount, list(zip(range(n), when, amount, strict=True)), end)


def next_run(kind: np.ndarray, day: np.ndarray, end: int) -> np.ndarray:
    """Any day, a Friday, the 15th, the month's last day, the 10th or 25th; on the Monday after a weekend."""
    days = np.arange(end)
    dates = [FIRST + timedelta(int(d)) for d in days]
    last = np.array([(d + timedelta(1)).day == 1 for d in dates])
    in_month = np.array([d.day for d in dates])
    is_run = [days >= 0, weekday(days) == 4, in_month == 15, last, np.isin(in_month, [10, 25])]
    found = day.copy()
    for k, runs in enumerate(map(np.flatnonzero, is_run)):
        found[kind == k] = runs[np.searchsorted(runs, day[kind == k])]
    return business_day(found)


def runs(seed: int = 6) -> tuple[pl.DataFrame, pl.DataFrame]:
    rng, n_customers, end = np.random.default_rng(seed), 400, 1000
    terms, kind = rng.choice([14, 30, 30, 45, 60], n_customers), rng.choice(5, n_customers, p=[0.1, 0.1, 0.3, 0.3, 0.2])
    usual, spread = rng.normal(3, 8, n_customers), rng.gamma(3, 1, n_customers) + 0.5
    size, a_day = np.exp(rng.normal(7, 1.2, n_customers)), rng.gamma(1, 2, n_customers) / 30 + 0.01
    times, is_hard = np.zeros(end // 30 + 4), np.zeros((n_customers, end + 100), bool)
    for month in range(1, len(times)):
        times[month] = 0.8 * times[month - 1] + rng.normal(0, 2.4)
    for c, start in zip(*np.nonzero(rng.random(is_hard.shape) < 1 / 600), strict=True):
        is_hard[c, start : start + int(rng.exponential(90))] = True
    customer = np.repeat(np.arange(n_customers), rng.poisson(a_day * end))
    n = len(customer)
    issue = business_day(rng.integers(0, end, n))
    order = np.argsort(issue, kind="stable")
    customer, issue = customer[order], issue[order]
    amount, due = np.round(size[customer] * np.exp(rng.normal(0, 0.7, n)), 2), issue + terms[customer]
    hard, forgets = is_hard[customer, due], rng.random(n) < 0.06
    delay = usual[customer] + times[due // 30] + rng.normal(0, spread[customer])
    delay += np.where(forgets, rng.exponential(20, n), 0) + np.where(hard, 18 + rng.exponential(9, n), 0)
    when = np.maximum(issue + 1, np.round(due + delay)).astype(int)
    disputed = np.where(rng.random(n) < 0.05, issue + rng.integers(3, 40, n), -1)
    disputed = np.where(disputed <= when, disputed, -1)
    when = np.where(disputed >= 0, np.maximum(when, disputed + 5 + rng.exponential(35, n).astype(int)), when)
    far = end + 700
    when = next_run(kind[customer], when, far)
    rest_on = next_run(kind[customer], when + 7 + rng.exponential(18, n).astype(int), far)
    first = np.where(rng.random(n) < 0.1, np.round(amount * rng.uniform(0.3, 0.7, n), 2), amount)
    is_paid = rng.random(n) >= np.where(hard, 0.08, 0.006)
    paid = list(zip(np.flatnonzero(is_paid), when[is_paid], first[is_paid], strict=True))
    in_two = np.flatnonzero(is_paid & (first < amount))
    paid += list(zip(in_two, rest_on[in_two], (amount - first)[in_two], strict=True))
    return tables(customer, issue, due, amount, paid, end, disputed)


# how each is made, and its origins: first, last, days between
LEDGERS: dict[str, tuple[Callable[..., tuple[pl.DataFrame, pl.DataFrame]], date, date, int]] = {
    "debits": (debits, date(2024, 2, 1), date(2024, 10, 1), 31),
    "budgets": (budgets, date(2024, 6, 3), date(2025, 7, 1), 43),
    "office": (office, date(2024, 4, 1), date(2025, 4, 1), 46),
    "grocer": (grocer, date(2023, 10, 10), date(2024, 2, 25), 17),
    "runs": (runs, date(2024, 5, 15), date(2025, 6, 15), 44),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("accept")
    parser.add_argument("--ledgers", default=",".join(LEDGERS))
    parser.add_argument("--seed", type=int, help="of another draw of each ledger")
    parser.add_argument("--peers", default="")
    args = parser.parse_args()
    os.environ.setdefault("ARREARS_BIN", shutil.which("arrears") or "")
    sys.path.insert(0, args.accept)
    import engine
    import judged
    import ledgers
    import protocol

    for name in args.ledgers.split(","):
        make, first, last, every = LEDGERS[name]
        ledger, cuts = ledgers.Ledger(name, *(make() if args.seed is None else make(args.seed))), ledgers.origins(first, last, every)
        protocol.show(f"{name}, arrears", protocol.judge(ledger, engine.forecaster(), cuts))
        judged.show_peers(ledger, cuts, args.peers, f"{name}, ")


if __name__ == "__main__":
    main()
