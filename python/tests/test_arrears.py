"""The package against the command line: the same tables to the byte, the same messages, the same exit statuses.

`arrears` must be on the path, as .ci/run puts it there.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import arrears
import polars as pl
import pytest

TOP = Path(__file__).resolve().parents[2]
SAMPLE = TOP / "data" / "sample"
AS_OF = date(2024, 6, 30)
# at par: what currencies are worth is not what these tests are about
POLICY = {"ledger": {"reporting_currency": "XXX"}}


def ledger(*names: str) -> dict[str, Any]:
    return {name: SAMPLE / f"{name}.csv" for name in names}


def cli(*words: object, at: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["arrears", *map(str, words)], capture_output=True, text=True, check=False, cwd=at)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run") / "out"


@pytest.fixture(scope="module")
def output(folder: Path) -> arrears.Output:
    return arrears.run(
        **ledger("invoices", "payments", "customers", "contacts"), as_of=AS_OF, config=POLICY, out=folder
    )


def test_a_run_gives_every_table_of_its_manifest(output: arrears.Output) -> None:
    assert isinstance(output, Mapping)
    assert sorted(output) == sorted(output.manifest["tables"])
    assert {name: frame.height for name, frame in output.items()} == {
        name: table["rows"] for name, table in output.manifest["tables"].items()
    }
    assert output.as_of == AS_OF
    assert output.summary is not None and output.summary["n_open"] == output["invoice_scores"].height
    with pytest.raises(KeyError, match="no table `scores`"):
        output["scores"]


def test_columns_have_the_types_of_the_contract(output: arrears.Output) -> None:
    types = output["invoice_scores"].schema
    assert types["as_of"] == pl.Date
    assert types["open_amount"] == pl.Decimal(18, 4)
    assert types["days_past_due"] == pl.Int32
    assert types["late_prob"] == pl.Float64
    assert types["risk_band"] == pl.String
    assert output["priorities"].schema["invoice_ids"] == pl.List(pl.String)


def test_frames_are_what_the_folder_holds(output: arrears.Output, folder: Path) -> None:
    again = arrears.read(folder)
    assert again.manifest == output.manifest | {"timings": again.manifest["timings"]}
    assert again.summary is None
    for name, frame in output.items():
        assert frame.equals(pl.read_parquet(folder / f"{name}.parquet")), name
        assert frame.equals(again[name]), name
        assert frame.schema == again[name].schema, name
    assert arrears.read(folder, "aging").equals(output["aging"])


def test_the_command_line_writes_the_same_bytes(folder: Path, output: arrears.Output, tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('[ledger]\nreporting_currency = "XXX"\n')
    files = [word for name, path in ledger("invoices", "payments", "customers", "contacts").items() for word in (f"--{name}", path)]
    done = cli("run", *files, "--as-of", AS_OF, "--config", policy, "--threads", 1, "--out", tmp_path / "out", at=tmp_path)
    assert done.returncode == 0, done.stderr
    names = sorted(p.name for p in folder.iterdir())
    assert names == sorted(p.name for p in (tmp_path / "out").iterdir())
    for name in names:
        if name not in ("manifest.json", "report.html"):  # those tell how long it took
            assert (folder / name).read_bytes() == (tmp_path / "out" / name).read_bytes(), name


def test_a_frame_shares_the_memory_of_the_library(output: arrears.Output, folder: Path) -> None:
    native = arrears._native.read(str(folder), "invoice_scores")
    frames = [pl.DataFrame(native) for _ in range(2)]
    for column in ("late_prob", "days_past_due", "issue_date"):
        views = [frame[column].to_physical().to_numpy(allow_copy=False) for frame in frames]
        first, second = (view.__array_interface__["data"][0] for view in views)
        assert first == second, f"{column} was copied"


def test_frames_are_read_as_files_are(output: arrears.Output) -> None:
    frames: dict[str, Any] = {
        name: pl.read_csv(path, try_parse_dates=True, schema_overrides={"amount": pl.String, "promise_amount": pl.String})
        for name, path in ledger("invoices", "payments", "customers", "contacts").items()
    }
    frames["payments"] = frames["payments"].lazy()
    again = arrears.run(**frames, as_of=AS_OF, config=POLICY)
    for name in ("invoice_scores", "priorities", "cash_forecast", "aging", "kpis"):
        assert again[name].equals(output[name]), name
    assert again.manifest["run_id"] == output.manifest["run_id"]
    with pytest.raises(arrears.ArrearsError, match="invoices.parquet: no column is mapped to `customer_id`"):
        arrears.run(frames["invoices"].drop("customer_id"), as_of=AS_OF)


def test_a_fitted_model_scores(output: arrears.Output, tmp_path: Path) -> None:
    given = {**ledger("invoices", "payments"), "config": POLICY}
    model = tmp_path / "model.json"
    arrears.fit(**given, as_of="2024-05-31", model_out=model)
    scored = arrears.score(**given, as_of=AS_OF, model=model)
    assert scored["invoice_scores"]["invoice_id"].equals(output["invoice_scores"]["invoice_id"])
    assert scored.manifest["model"]["as_of"] == "2024-05-31"
    assert not scored.manifest["model"]["fitted"]


def test_a_backtest_judges_a_challenger(tmp_path: Path) -> None:
    mine = tmp_path / "mine.csv"
    mine.write_text("origin,period,currency,expected\n2024-03-01,0,EUR,1000\n2024-03-01,1,EUR,1000\n")
    output = arrears.backtest(
        **ledger("invoices", "payments"),
        config=POLICY,
        first=date(2024, 2, 2),
        last="2024-03-01",
        every=timedelta(weeks=4),
        challengers=[mine],
        out=tmp_path / "backtest",
    )
    assert {"arrears", "due_date", "mine"} <= set(output["metrics"]["model"])
    assert output["backtest_cash"]["origin"].unique().sort().to_list() == [date(2024, 2, 2), date(2024, 3, 1)]
    assert arrears.read(tmp_path / "backtest", "metrics").equals(output["metrics"])


@pytest.mark.parametrize(
    ("call", "words", "status"),
    [
        (
            lambda: arrears.run("missing.csv", as_of=AS_OF),
            ["run", "--invoices", "missing.csv", "--as-of", AS_OF, "--out", "out"],
            1,
        ),
        (
            lambda: arrears.run(SAMPLE / "invoices.csv", as_of=AS_OF, profile="sap"),
            ["run", "--invoices", SAMPLE / "invoices.csv", "--profile", "sap", "--as-of", AS_OF, "--out", "out"],
            2,
        ),
        (
            lambda: arrears.run(SAMPLE / "fx.csv", as_of=AS_OF),
            ["run", "--invoices", SAMPLE / "fx.csv", "--as-of", AS_OF, "--out", "out"],
            3,
        ),
        (
            lambda: arrears.backtest(SAMPLE / "invoices.csv", first="2024-03-01", last="2024-02-01"),
            ["backtest", "--invoices", SAMPLE / "invoices.csv", "--first", "2024-03-01", "--last", "2024-02-01", "--out", "out"],
            2,
        ),
    ],
)
def test_an_error_says_what_the_command_line_says(call: Any, words: list[object], status: int, tmp_path: Path) -> None:
    with pytest.raises(arrears.ArrearsError) as raised:
        call()
    done = cli(*words, at=tmp_path)
    assert done.stderr == f"error: {raised.value}\n"
    assert raised.value.exit_code == done.returncode == status
    assert raised.value.hint is None or done.stderr.endswith(f"hint: {raised.value.hint}\n")


def test_options_that_the_library_never_sees_are_refused_as_bad_options() -> None:
    with pytest.raises(arrears.ArrearsError, match="2024-06-31") as raised:
        arrears.run(SAMPLE / "invoices.csv", as_of="2024-06-31")
    assert raised.value.exit_code == 2
    with pytest.raises(arrears.ArrearsError, match="ledger.grace_days is 500, expected 0 to 60") as raised:
        arrears.run(SAMPLE / "invoices.csv", as_of=AS_OF, config={"ledger": {"grace_days": 500}})
    assert raised.value.exit_code == 2
    with pytest.raises(ValueError, match="not both"):
        arrears.run(SAMPLE / "invoices.csv", as_of=AS_OF, profile="odoo", mapping="mine.toml")


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(arrears.ArrearsError) as raised:
        arrears.read(tmp_path)
    assert raised.value.exit_code == 1


@pytest.mark.parametrize("page", ["python/README.md", "docs/howto/python.md"])
def test_what_a_page_shows_runs(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").symlink_to(TOP / "data")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```$", (TOP / page).read_text(), re.M | re.S)
    assert blocks
    for block in blocks:
        exec(compile(block, page, "exec"), {})


def test_the_package_has_the_version_of_the_library(output: arrears.Output) -> None:
    assert arrears.__version__ == output.manifest["version"]
