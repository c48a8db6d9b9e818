"""The compiled half; `arrears` itself is what to import."""

from collections.abc import Sequence
from typing import Any

VERSION: str

class ArrearsError(Exception):
    """What stopped a job: the message, cause and hint of the command line."""

    exit_code: int
    """1 cannot read or write, 2 bad option or policy, 3 input rejected, 4 a gate failed."""
    hint: str | None
    """What to do next."""

class Frame:
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

class Output:
    @property
    def manifest(self) -> str: ...
    @property
    def summary(self) -> str: ...
    def names(self) -> list[str]: ...
    def frame(self, name: str) -> Frame: ...

def run(
    input: dict[str, Any],
    as_of: str,
    seed: int,
    model: str | None,
    place: dict[str, Any],
    threads: int,
) -> Output: ...
def fit(input: dict[str, Any], as_of: str, seed: int, model_out: str, threads: int) -> None: ...
def backtest(
    input: dict[str, Any],
    first: str,
    last: str,
    every_days: int,
    window_days: int | None,
    until: str | None,
    challengers: Sequence[str],
    seed: int,
    place: dict[str, Any],
    threads: int,
) -> Output: ...
def read(folder: str, table: str) -> Frame: ...
def manifest(folder: str) -> str: ...
def policy_text(json: str) -> str: ...
