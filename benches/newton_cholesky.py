"""scikit-learn's newton-cholesky on the rows that `cargo bench --bench rows` left, to the same penalised optimum.

    python benches/newton_cholesky.py FOLDER

Needs scikit-learn and numpy. Prints the median of five fits and how far its coefficients are from ours.
"""
import sys
import time
from pathlib import Path

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression

folder = Path(sys.argv[1])
x, y, w, beta = (np.load(folder / f"{name}.npy") for name in ("x", "y", "w", "beta"))
penalty = float((folder / "penalty.txt").read_text())
seconds = []
for _ in range(5):
    start = time.perf_counter()
    model = LogisticRegression(C=1 / penalty, solver="newton-cholesky", tol=1e-8, max_iter=100).fit(x, y, sample_weight=w)
    seconds.append(time.perf_counter() - start)
theirs = np.concatenate([model.intercept_, model.coef_[0]])
print(f"scikit-learn {sklearn.__version__} newton-cholesky: {x.shape[0]} rows x {x.shape[1]} columns, "
      f"median of 5: {sorted(seconds)[2]:.3f} s, {model.n_iter_[0]} iterations")
print(f"largest difference of a coefficient: {np.abs(theirs - beta).max():.2e}")
