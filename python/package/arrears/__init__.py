"""arrears: which invoices will be paid late, when the cash will come, and whom to call first.

The functions do what the verbs of the command line of the same name do, by the same code, and give every table as a
Polars frame. A frame shares its memory with the library that made it (Arrow's C stream interface): nothing is copied
on the way.

    import arrears

    output = arrears.run("invoices.csv", payments="payments.csv", as_of="2024-06-30")
    output["priorities"].head(10)

A table of the input is a path (a file, a folder, a glob, `book.xlsx#Sheet`, a `postgres://` or `s3://` URL) or a Polars
frame. A frame goes through a temporary Parquet file, which is what the manifest and the quarantine name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from os import PathLike, fspath
from os.path import join
from tempfile import TemporaryDirectory
from typing import Any, overload

import polars as pl

from . import _native
from ._native import ArrearsError

__all__ = ["ArrearsError", "Output", "backtest", "fit", "read", "run", "score"]
__version__: str = _native.VERSION

Path = str | PathLike[str]
Table = Path | pl.DataFrame | pl.LazyFrame
Day = str | date
Days = int | timedelta


class Output(Mapping[str, pl.DataFrame]):
    """The tables of a run or of a backtest by name, each made a frame when it is asked for.

    `arrears schema` (or the reference in the book) says what every column means.
    """

    manifest: dict[str, Any]
    """What the run was made of: version, as_of, inputs with hashes and counts, seed, model, metrics, warnings."""
    summary: dict[str, Any] | None
    """What the command line prints; none of an output that was read from a folder."""

    def __init__(
        self, names: Sequence[str], load: Callable[[str], pl.DataFrame], manifest: str, summary: str | None
    ) -> None:
        self._names = list(names)
        self._load = load
        self._frames: dict[str, pl.DataFrame] = {}
        self.manifest = json.loads(manifest)
        self.summary = None if summary is None else json.loads(summary)

    @property
    def as_of(self) -> date:
        """The day at whose end all this was known; of a backtest, the one at whose end outcomes were."""
        return date.fromisoformat(self.manifest["as_of"])

    @property
    def warnings(self) -> list[str]:
        """What the command line warns of."""
        return list(self.manifest["warnings"])

    def __getitem__(self, name: str) -> pl.DataFrame:
        if name not in self._frames:
            if name not in self._names:
                raise KeyError(f"no table `{name}`; there are {', '.join(self._names)}")
            self._frames[name] = self._load(name)
        return self._frames[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return f"<arrears.Output as of {self.manifest['as_of']}: {', '.join(self._names)}>"


def run(
    invoices: Table,
    *,
    as_of: Day,
    payments: Table | None = None,
    customers: Table | None = None,
    contacts: Table | None = None,
    fx: Table | None = None,
    profile: str | None = None,
    mapping: Path | None = None,
    config: Path | Mapping[str, Any] | None = None,
    strict: bool = False,
    model: Path | None = None,
    seed: int = 0,
    threads: int = 0,
    out: Path | None = None,
    sinks: Sequence[str] = (),
) -> Output:
    """Scores, forecasts and prioritises: fits a model on the ledger's past and applies it to what is open.

    :param invoices: invoices: a path or a frame; see the module for what a path may be.
    :param as_of: nothing after the end of this day is used. It never defaults to today.
    :param payments: payments, several an invoice; without them `paid_date` of the invoices counts.
    :param customers: names, countries, credit limits, segments.
    :param contacts: calls and letters, outcomes, promises.
    :param fx: exchange rates to the reporting currency.
    :param profile: a known layout of columns, as `"sap-fi"`.
    :param mapping: a TOML file that says where an export has each field.
    :param config: a policy that replaces some of the defaults: a TOML file, or its keys as a dictionary,
        `{"ledger": {"grace_days": 5}}`.
    :param strict: reject rows that need a repair or deserve a warning.
    :param model: score with this model instead of fitting one.
    :param seed: of every draw; the same seed gives the same bytes.
    :param threads: worker threads, 0 for one a core. Does not change results.
    :param out: also write the output folder, or to an `s3://` prefix.
    :param sinks: also write to these `postgres://` or `s3://` URLs.
    :raises ArrearsError: with the message of the command line and its exit status.
    """
    with _input(invoices, payments, customers, contacts, fx, profile, mapping, config, strict) as given:
        native = _native.run(
            given,
            _day(as_of),
            seed,
            None if model is None else fspath(model),
            {"out": out, "sinks": list(sinks)},
            threads,
        )
    return _output(native)


def score(
    invoices: Table,
    *,
    model: Path,
    as_of: Day,
    payments: Table | None = None,
    customers: Table | None = None,
    contacts: Table | None = None,
    fx: Table | None = None,
    profile: str | None = None,
    mapping: Path | None = None,
    config: Path | Mapping[str, Any] | None = None,
    strict: bool = False,
    seed: int = 0,
    threads: int = 0,
    out: Path | None = None,
    sinks: Sequence[str] = (),
) -> Output:
    """:func:`run` with a model fitted before, by :func:`fit` or as `model.json` of an earlier run.

    :raises ArrearsError: as :func:`run`; with exit status 4 for a model that no longer fits.
    """
    return run(
        invoices,
        as_of=as_of,
        payments=payments,
        customers=customers,
        contacts=contacts,
        fx=fx,
        profile=profile,
        mapping=mapping,
        config=config,
        strict=strict,
        model=model,
        seed=seed,
        threads=threads,
        out=out,
        sinks=sinks,
    )


def fit(
    invoices: Table,
    *,
    as_of: Day,
    model_out: Path,
    payments: Table | None = None,
    customers: Table | None = None,
    contacts: Table | None = None,
    fx: Table | None = None,
    profile: str | None = None,
    mapping: Path | None = None,
    config: Path | Mapping[str, Any] | None = None,
    strict: bool = False,
    seed: int = 0,
    threads: int = 0,
) -> None:
    """Fits a model and writes it to `model_out`, for :func:`score`.

    :raises ArrearsError: as :func:`run`.
    """
    with _input(invoices, payments, customers, contacts, fx, profile, mapping, config, strict) as given:
        _native.fit(given, _day(as_of), seed, fspath(model_out), threads)


def backtest(
    invoices: Table,
    *,
    first: Day,
    last: Day,
    every: Days = 28,
    window: Days | None = None,
    until: Day | None = None,
    challengers: Sequence[Path] = (),
    payments: Table | None = None,
    customers: Table | None = None,
    contacts: Table | None = None,
    fx: Table | None = None,
    profile: str | None = None,
    mapping: Path | None = None,
    config: Path | Mapping[str, Any] | None = None,
    strict: bool = False,
    seed: int = 0,
    threads: int = 0,
    out: Path | None = None,
    sinks: Sequence[str] = (),
) -> Output:
    """Forecasts from rolling origins in the past and judges what came against named baselines.

    :param first: first origin: everything is refitted on what was known at the end of this day.
    :param last: no origin is later than this.
    :param every: days from one origin to the next.
    :param window: learn from the last so many days alone; none for all that was known.
    :param until: last day that the files tell of; none for the last day on which something happens in them.
    :param challengers: files of forecasts of your own, judged beside ours: CSV or Parquet with origin, period,
        expected (and currency, source) or origin, invoice_id, late_prob.

    The others are those of :func:`run`.

    :raises ArrearsError: as :func:`run`.
    """
    with _input(invoices, payments, customers, contacts, fx, profile, mapping, config, strict) as given:
        native = _native.backtest(
            given,
            _day(first),
            _day(last),
            _days(every),
            None if window is None else _days(window),
            None if until is None else _day(until),
            [fspath(file) for file in challengers],
            seed,
            {"out": out, "sinks": list(sinks)},
            threads,
        )
    return _output(native)


@overload
def read(folder: Path, table: None = None) -> Output: ...
@overload
def read(folder: Path, table: str) -> pl.DataFrame: ...
def read(folder: Path, table: str | None = None) -> Output | pl.DataFrame:
    """Reads an output folder of `run`, `score` or `backtest`: all of its tables, or one by its name.

    Other than :func:`polars.read_parquet`, this refuses a folder of another schema version.

    :raises ArrearsError: for a folder or a table that is not there or not of this version.
    """
    place = fspath(folder)

    def load(name: str) -> pl.DataFrame:
        return pl.DataFrame(_native.read(place, name))

    if table is not None:
        return load(table)
    manifest = _native.manifest(place)
    return Output(sorted(json.loads(manifest)["tables"]), load, manifest, None)


def _output(native: _native.Output) -> Output:
    def load(name: str) -> pl.DataFrame:
        return pl.DataFrame(native.frame(name))

    return Output(native.names(), load, native.manifest, native.summary)


@contextmanager
def _input(
    invoices: Table,
    payments: Table | None,
    customers: Table | None,
    contacts: Table | None,
    fx: Table | None,
    profile: str | None,
    mapping: Path | None,
    config: Path | Mapping[str, Any] | None,
    strict: bool,
) -> Iterator[dict[str, Any]]:
    """The options of the ledger; frames are files as long as the context lasts."""
    if profile is not None and mapping is not None:
        raise ValueError("give `profile` or `mapping`, not both")
    keys = config if isinstance(config, Mapping) else None
    tables = {"invoices": invoices, "payments": payments, "customers": customers, "contacts": contacts, "fx": fx}
    with TemporaryDirectory(prefix="arrears-") as folder:
        yield {
            **{name: _file(table, join(folder, f"{name}.parquet")) for name, table in tables.items()},
            "profile": profile,
            "mapping": mapping,
            "config": None if keys is not None else config,
            "policy": None if keys is None else _native.policy_text(json.dumps(keys)),
            "strict": strict,
        }


def _file(table: Table | None, place: str) -> Path | None:
    if isinstance(table, pl.LazyFrame):
        table = table.collect()
    if not isinstance(table, pl.DataFrame):
        return table
    table.write_parquet(place)
    return place


def _day(day: Day) -> str:
    return f"{day:%Y-%m-%d}" if isinstance(day, date) else day


def _days(days: Days) -> int:
    return days.days if isinstance(days, timedelta) else days
