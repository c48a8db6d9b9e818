"""The invoice-delay ledger under the contract's names: `delay_ledger.py FROM TO` writes invoices.csv and payments.csv."""

import csv
import sys
from pathlib import Path

INVOICES = {"invoice_id": "id", "customer_id": "customer_id", "issue_date": "issue_date", "due_date": "due_date",
            "amount": "amount", "currency": "currency"}
PAYMENTS = {"payment_id": "id", "invoice_id": "invoice_id", "payment_date": "payment_date", "amount": "amount_paid"}


def rewrite(source: Path, target: Path, columns: dict[str, str], keep) -> set[str]:
    """The kept rows under other names; gives their ids."""
    ids = set()
    with source.open(newline="") as read, target.open("w", newline="") as write:
        out = csv.writer(write)
        out.writerow(columns)
        for row in filter(keep, csv.DictReader(read)):
            ids.add(row["id"])
            out.writerow([row[name] for name in columns.values()])
    return ids


source, target = map(Path, sys.argv[1:3])
target.mkdir(parents=True)
kept = rewrite(source / "invoices.csv", target / "invoices.csv", INVOICES,
               lambda row: row["status"] not in ("draft", "cancelled"))
rewrite(source / "payment_history.csv", target / "payments.csv", PAYMENTS, lambda row: row["invoice_id"] in kept)
