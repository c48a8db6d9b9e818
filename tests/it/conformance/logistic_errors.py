"""Coefficients and standard errors of tests/it/conformance.rs: python tests/it/conformance/logistic_errors.py

The rows of logistic.py. Without a penalty statsmodels and glum give their own standard errors; with one, the
covariance is the inverse of the Hessian of the penalised objective (Laplace's, also called Bayesian), for which
statsmodels gives its Hessian at its own penalised optimum.
"""
import glum, numpy as np, statsmodels, statsmodels.api as sm
from scipy.optimize import minimize

i, j = np.meshgrid(np.arange(400), np.arange(5), indexing="ij")
x = ((i * (37 + 22 * j) + 13 * j * j + i * i // 7) % 97 - 48) / 32
score = 16 * x[:, 0] - 12 * x[:, 1] + 4 * x[:, 2] * x[:, 3] - 20
y = ((np.arange(400) * 29 + 7) % 64 - 32 < score).astype(float)
w = 0.5 + 0.5 * (np.arange(400) % 4)
show = lambda *v: " ".join(f"{a:.12f}" for a in v)
print("statsmodels", statsmodels.__version__, "glum", glum.__version__)

for name, weight in (("weighted", w), ("plain", np.ones(400))):
    a = sm.add_constant(x)
    model = sm.GLM(y, a, family=sm.families.Binomial(), freq_weights=weight)
    fit = model.fit(tol=1e-14, maxiter=100)
    print(0.0, name, "statsmodels", show(*fit.params), "|", show(*fit.bse))
    g = glum.GeneralizedLinearRegressor(family="binomial", alpha=0, gradient_tol=1e-12, max_iter=1000)
    g.fit(x, y, sample_weight=weight)
    errors = g.std_errors(X=x, y=y, sample_weight=weight, dispersion=1.0, robust=False)
    errors = errors * np.sqrt(1 - 6 / weight.sum())  # glum divides by the weight less the number of coefficients
    print(0.0, name, "glum       ", show(g.intercept_, *g.coef_), "|", show(*errors))

for penalty in (0.5, 20.0):
    for name, weight in (("weighted", w), ("plain", np.ones(400))):
        ridge = np.diag([0.0] + [penalty] * 5)
        g = glum.GeneralizedLinearRegressor(family="binomial", alpha=penalty / weight.sum(), gradient_tol=1e-13, max_iter=1000)
        g.fit(x, y, sample_weight=weight)
        b = np.array([g.intercept_, *g.coef_])
        model = sm.GLM(y, sm.add_constant(x), family=sm.families.Binomial(), freq_weights=weight)
        for _ in range(3):  # glum stops at 1e-9: two of Newton's steps with statsmodels' score and Hessian
            b = b - np.linalg.solve(model.hessian(b) - ridge, model.score(b) - ridge @ b)
        errors = np.sqrt(np.diag(np.linalg.inv(ridge - model.hessian(b))))
        print(penalty, name, show(*b), "|", show(*errors))

# printed:
# statsmodels 0.15.0 glum 3.4.1
# 0.0 weighted statsmodels -1.798052838824 1.336691837365 -1.240565505009 -0.004711639251 0.036042133920 0.135307948143 | 0.164071485832 0.171787795505 0.174386017197 0.135582155235 0.139234239605 0.154303485804
# 0.0 weighted glum        -1.798052838824 1.336691837365 -1.240565505009 -0.004711639251 0.036042133920 0.135307948143 | 0.164071486436 0.171787795965 0.174386017717 0.135582155415 0.139234239814 0.154303486079
# 0.0 plain statsmodels -1.767754346003 1.423909369824 -1.195441197388 -0.047036520037 0.111901648892 -0.031602432712 | 0.180668247712 0.195115152907 0.191714838533 0.156921094309 0.157917255116 0.171778608254
# 0.0 plain glum        -1.767754346003 1.423909369824 -1.195441197388 -0.047036520037 0.111901648892 -0.031602432712 | 0.180668248482 0.195115153580 0.191714839151 0.156921094587 0.157917255416 0.171778608592
# 0.5 weighted -1.780060344098 1.311992272258 -1.216299146985 -0.001729760695 0.033410537537 0.130824800859 | 0.161592275958 0.168773606817 0.171304998696 0.134399194105 0.137915285714 0.152460767412
# 0.5 plain -1.745974688834 1.391419818951 -1.166772734944 -0.041017712506 0.107898666600 -0.032432408012 | 0.177391385880 0.190642275896 0.187705834026 0.155041623033 0.155959608113 0.169343996292
# 20.0 weighted -1.480437289973 0.843217059584 -0.764777755287 0.043982976588 -0.004361874177 0.058399160510 | 0.127031108469 0.120453820607 0.121523379309 0.109396035972 0.111046962785 0.117521180178
# 20.0 plain -1.425490696614 0.838976239327 -0.686588892250 0.038093168819 0.048119682900 -0.036429852492 | 0.137637720497 0.128186351237 0.128961885745 0.120147387296 0.120133561216 0.126037980261
