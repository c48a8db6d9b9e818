"""Reference numbers for the metrics of a backtest: run with scikit-learn and utilsforecast; what it prints stands at
the end and in tests/it/conformance.rs.

Three series (origins) of five weeks with a history of eight, quantiles about each forecast; sixty probabilities."""
import numpy as np, pandas as pd, sklearn, utilsforecast
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss
from utilsforecast.losses import coverage, mase, mqloss, quantile_loss, rmsse

i = np.arange(60)
p = np.round(0.02 + 0.96 * ((i * 7) % 20) / 19, 2)
y = ((i * i * 7 + i * 3) % 11 < 10 * p).astype(int)
edges = np.linspace(0, 1, 11)
share, mean = calibration_curve(y, p, n_bins=10, strategy="uniform")
n = np.histogram(p, edges)[0]
print("scikit-learn", sklearn.__version__, "utilsforecast", utilsforecast.__version__)
print("ece        ", repr(float((n[n > 0] * np.abs(share - mean)).sum() / n.sum())))
print("reliability", repr(float((n[n > 0] * (share - mean) ** 2).sum() / n.sum())))
print("uncertainty", repr(float(brier_score_loss(y, np.full(60, y.mean())))))

LEVELS = [0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95]
SPREAD = [-9.0, -7.0, -3.0, 0.0, 3.0, 8.0, 11.0]
history, rows = [], []
for s in range(3):
    history += [dict(unique_id=s, ds=t, y=40.0 + (s * 5 + t * t * 7) % 13) for t in range(8)]
    for t in range(5):
        actual, forecast = 40.0 + (s * 11 + t * 9) % 17, 42.0 + (s * 3 + t * 5) % 11
        row = dict(unique_id=s, ds=8 + t, y=actual, m=forecast)
        row |= {f"m-q{k}": forecast + d for k, d in enumerate(SPREAD)} | {"m-lo-80": forecast - 7.0, "m-hi-80": forecast + 8.0}
        rows.append(row)
df, train = pd.DataFrame(rows), pd.DataFrame(history)
q = {"m": [f"m-q{k}" for k in range(7)]}
print("mase       ", repr(float(mase(df, ["m"], seasonality=1, train_df=train)["m"].mean())))
print("rmsse      ", repr(float(rmsse(df, ["m"], seasonality=1, train_df=train)["m"].mean())))
print("pinball_90 ", repr(float(quantile_loss(df, {"m": "m-q5"}, q=0.9)["m"].mean())))
print("mqloss     ", repr(float(mqloss(df, q, quantiles=np.array(LEVELS))["m"].mean())))
print("coverage_80", repr(float(coverage(df, ["m"], level=80)["m"].mean())))

# printed:
# scikit-learn 1.9.1 utilsforecast 0.2.17
# ece         0.14766666666666667
# reliability 0.04019166666666667
# uncertainty 0.2363888888888889
# mase        1.4147749900438074
# rmsse       1.3382414264149582
# pinball_90  1.1466666666666665
# mqloss      1.542857142857143
# coverage_80 0.7333333333333334
