"""Reference numbers for src/evaluate/metric.rs: run with scikit-learn; what it prints stands at the end.

Probabilities with ties, with near-certain ones and with both outcomes."""
import numpy as np, sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

i = np.arange(60)
p = np.round(0.02 + 0.96 * ((i * 7) % 20) / 19, 2)
y = ((i * i * 7 + i * 3) % 11 < 10 * p).astype(int)
print("scikit-learn", sklearn.__version__)
print("auc      ", repr(float(roc_auc_score(y, p))))
print("log_loss ", repr(float(log_loss(y, p))))
print("brier    ", repr(float(brier_score_loss(y, p))))
print("bias     ", repr(float(p.mean() - y.mean())))
m = LogisticRegression(C=np.inf, solver="newton-cg", tol=1e-12, max_iter=1000).fit(np.log(p / (1 - p))[:, None], y)
print("slope    ", repr(float(m.coef_[0, 0])), " intercept", repr(float(m.intercept_[0])))

# printed:
# scikit-learn 1.9.1
# auc       0.7168037602820212
# log_loss  0.7100242353092086
# brier     0.23165
# bias      -0.1166666666666667
# slope     0.4385410695112589  intercept 0.5388055096572953
