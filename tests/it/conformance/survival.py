"""Reference numbers for survival quantities: run with lifelines; what it prints stands at the end and in
tests/it/conformance.rs.

Three hundred invoices settled on days 1 to 30, a fifth of them censored."""
import warnings
import lifelines, numpy as np
from lifelines import KaplanMeierFitter
from lifelines.utils import restricted_mean_survival_time

warnings.simplefilter("ignore")
i = np.arange(300)
day = 1 + (i * i * 37 // 7) % 30
settled = (i * 13 + i // 3) % 5 > 0
km = KaplanMeierFitter().fit(day, settled)
print("lifelines", lifelines.__version__, "settled", int(settled.sum()))
print("survival  ", [round(float(km.predict(d)), 12) for d in (1, 2, 7, 14, 21, 29, 30)])
print("p10 p50 p90", [float(km.percentile(q)) for q in (0.9, 0.5, 0.1)])
print("mean days to 21, 365", [round(float(restricted_mean_survival_time(km, t=t)), 10) for t in (21, 365)])

# printed:
# lifelines 0.30.3 settled 200
# survival   [1.0, 0.98322147651, 0.827367951881, 0.665788099839, 0.453179987823, 0.13590831288, 0.06795415644]
# p10 p50 p90 [6.0, 21.0, 30.0]
# mean days to 21, 365 [16.2120833493, 41.6478859833]
