//! Kernels on `f64` that know nothing of receivables.

pub mod lanes;
pub mod logit;
pub mod normal;
pub mod normal_probability;
pub mod normal_tail;
pub mod rate;
pub mod recency;
pub mod rng;
pub mod sum;

pub use logit::{log1p_exp, logistic, logit};
pub use normal::{normal_density, normal_quantile};
pub use recency::Recency;
pub use rng::{Rng, mix, rng, text_key, unit};
pub use sum::sum;
