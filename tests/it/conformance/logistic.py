"""Coefficients of tests/it/conformance.rs: python tests/it/conformance/logistic.py

scikit-learn 1.9.1, numpy 2.4.6. Every number of the design is a small fraction of two, so that both sides hold the same.
"""
import numpy as np
from sklearn.linear_model import LogisticRegression

i, j = np.meshgrid(np.arange(400), np.arange(5), indexing="ij")
x = ((i * (37 + 22 * j) + 13 * j * j + i * i // 7) % 97 - 48) / 32
score = 16 * x[:, 0] - 12 * x[:, 1] + 4 * x[:, 2] * x[:, 3] - 20
y = (np.arange(400) * 29 + 7) % 64 - 32 < score
w = 0.5 + 0.5 * (np.arange(400) % 4)

for penalty in (0.5, 20.0):
    for name, weight in (("weighted", w), ("plain", None)):
        fit = LogisticRegression(C=1 / penalty, tol=1e-12, solver="newton-cholesky", max_iter=1000)
        fit.fit(x, y, sample_weight=weight)
        print(penalty, name, int(y.sum()), *(f"{v:.12f}" for v in (*fit.intercept_, *fit.coef_[0])))
