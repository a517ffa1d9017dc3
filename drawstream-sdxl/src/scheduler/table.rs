//! Timesteps and noise levels: the numbers that a run is walked along, computed in the reference's own order.

use super::config::{
    BetaSchedule, FinalSigma, Interpolation, Sampler, SchedulerConfig, SchedulerError, Spacing,
};

/// Karras's exponent.
const RHO: f64 = 7.0;

/// Share of the picture that is left at each of training's timesteps: the reference's `alphas_cumprod`, in f32 as there.
pub(super) fn alphas(config: &SchedulerConfig) -> Vec<f64> {
    let count = config.num_train_timesteps;
    let root = |beta: f64| {
        if config.beta_schedule == BetaSchedule::ScaledLinear {
            beta.sqrt()
        } else {
            beta
        }
    };
    let (first, last) = (root(config.beta_start) as f32, root(config.beta_end) as f32);
    let step = (last - first) / (count - 1) as f32;
    let mut product = 1f64;
    let mut alphas: Vec<f64> = (0..count)
        .map(|at| {
            // As torch's linspace: from the near end.
            let beta = if at < count / 2 {
                first + step * at as f32
            } else {
                last - step * (count - 1 - at) as f32
            };
            let beta = if config.beta_schedule == BetaSchedule::ScaledLinear {
                beta * beta
            } else {
                beta
            };
            product *= f64::from(1.0 - beta);
            f64::from(product as f32)
        })
        .collect();
    if config.rescale_betas_zero_snr {
        let (first, last) = (alphas[0].sqrt(), alphas[count - 1].sqrt());
        for alpha in &mut alphas {
            *alpha = ((alpha.sqrt() - last) * first / (first - last)).powi(2);
        }
        if matches!(
            config.sampler,
            Sampler::Euler | Sampler::EulerAncestral | Sampler::DpmSolver
        ) {
            // Close to zero without dividing by it: diffusers' own choice.
            alphas[count - 1] = 2f64.powi(-24);
        }
    }
    alphas
}

/// The noise level at each of training's timesteps.
pub(super) fn sigmas(alphas: &[f64]) -> Vec<f64> {
    alphas
        .iter()
        .map(|alpha| {
            let alpha = *alpha as f32;
            f64::from(((1.0 - alpha) / alpha).sqrt())
        })
        .collect()
}

/// The timesteps and, for samplers that have them, the sigmas (one more, the end's) of a run of `steps`.
pub(super) fn walk(
    config: &SchedulerConfig,
    alphas: &[f64],
    steps: usize,
) -> Result<(Vec<f32>, Option<Vec<f64>>), SchedulerError> {
    let most = match config.sampler {
        Sampler::Lcm => config
            .original_inference_steps
            .min(config.num_train_timesteps),
        Sampler::DpmSolver => config.num_train_timesteps - 1,
        Sampler::Euler | Sampler::EulerAncestral | Sampler::Ddim => config.num_train_timesteps,
    };
    if !(1..=most).contains(&steps) {
        return Err(SchedulerError::Steps { found: steps, most });
    }
    match config.sampler {
        Sampler::Lcm => Ok((lcm(config, steps), None)),
        Sampler::Ddim => {
            let timesteps = spaced(config, steps, steps)
                .into_iter()
                .map(f64::round_ties_even);
            Ok((timesteps.map(|timestep| timestep as f32).collect(), None))
        }
        Sampler::Euler | Sampler::EulerAncestral | Sampler::DpmSolver => {
            let (timesteps, sigmas) = with_sigmas(config, alphas, steps);
            Ok((timesteps, Some(sigmas)))
        }
    }
}

/// Timesteps by the configuration's spacing, from the noisiest. DPM-Solver divides by one more than it takes.
fn spaced(config: &SchedulerConfig, steps: usize, parts: usize) -> Vec<f64> {
    let count = config.num_train_timesteps;
    let extra = parts - steps;
    match config.timestep_spacing {
        Spacing::Linspace => {
            let last = (count - 1) as f64;
            let of = (parts - 1).max(1) as f64;
            (extra..parts)
                .rev()
                .map(|at| last * at as f64 / of)
                .collect()
        }
        Spacing::Leading => {
            let ratio = count / parts;
            (extra..parts)
                .rev()
                .map(|at| (at * ratio + config.steps_offset) as f64)
                .collect()
        }
        Spacing::Trailing => {
            let ratio = count as f64 / steps as f64;
            (0..steps)
                .map(|at| (count as f64 - at as f64 * ratio).round_ties_even() - 1.0)
                .collect()
        }
    }
}

fn with_sigmas(config: &SchedulerConfig, alphas: &[f64], steps: usize) -> (Vec<f32>, Vec<f64>) {
    let trained = sigmas(alphas);
    let solver = config.sampler == Sampler::DpmSolver;
    let mut timesteps = spaced(config, steps, if solver { steps + 1 } else { steps });
    if solver {
        timesteps
            .iter_mut()
            .for_each(|timestep| *timestep = timestep.round_ties_even());
    } else {
        // Euler's timesteps are f32 in the reference, also where sigmas are read off by them.
        timesteps
            .iter_mut()
            .for_each(|timestep| *timestep = f64::from(*timestep as f32));
    }
    let mut sigmas: Vec<f64> =
        if config.interpolation == Interpolation::LogLinear && config.sampler == Sampler::Euler {
            let (from, to) = (trained[trained.len() - 1].ln(), trained[0].ln());
            (0..=steps)
                .map(|at| (from + (to - from) * at as f64 / steps as f64).exp())
                .take(steps)
                .collect()
        } else {
            timesteps
                .iter()
                .map(|timestep| interpolated(&trained, *timestep))
                .collect()
        };
    // The reference's ancestral sampler has no such option and ignores it.
    if config.use_karras_sigmas && config.sampler != Sampler::EulerAncestral {
        // DPM-Solver spreads over all of training's noise, Euler over that of its own timesteps.
        let (low, high) = if solver {
            (trained[0], trained[trained.len() - 1])
        } else {
            let (low, high) = config.sigma_range;
            (low.unwrap_or(sigmas[steps - 1]), high.unwrap_or(sigmas[0]))
        };
        sigmas = karras(low, high, steps);
        let logs: Vec<f64> = trained.iter().map(|sigma| sigma.ln()).collect();
        timesteps = sigmas
            .iter()
            .map(|sigma| timestep_of(*sigma, &logs))
            .collect();
        if solver {
            timesteps
                .iter_mut()
                .for_each(|timestep| *timestep = timestep.round_ties_even());
        }
    }
    sigmas.push(match config.final_sigmas {
        FinalSigma::SigmaMin if config.sampler != Sampler::EulerAncestral => trained[0],
        FinalSigma::SigmaMin | FinalSigma::Zero => 0.0,
    });
    let sigmas = sigmas
        .into_iter()
        .map(|sigma| f64::from(sigma as f32))
        .collect();
    (
        timesteps
            .into_iter()
            .map(|timestep| timestep as f32)
            .collect(),
        sigmas,
    )
}

fn interpolated(table: &[f64], at: f64) -> f64 {
    let at = at.clamp(0.0, (table.len() - 1) as f64);
    let low = (at as usize).min(table.len() - 2);
    table[low] + (table[low + 1] - table[low]) * (at - low as f64)
}

/// Karras et al. 2022, equation 5.
fn karras(low: f64, high: f64, steps: usize) -> Vec<f64> {
    let (low, high) = (low.powf(1.0 / RHO), high.powf(1.0 / RHO));
    let ramp = |at: usize| at as f64 / (steps - 1).max(1) as f64;
    (0..steps)
        .map(|at| (high + ramp(at) * (low - high)).powf(RHO))
        .collect()
}

/// The timestep at which training had this much noise, between two of them by the logarithm.
fn timestep_of(sigma: f64, logs: &[f64]) -> f64 {
    let log = sigma.max(1e-10).ln();
    let low = logs
        .iter()
        .rposition(|known| log >= *known)
        .unwrap_or(0)
        .min(logs.len() - 2);
    let weight = ((logs[low] - log) / (logs[low] - logs[low + 1])).clamp(0.0, 1.0);
    (1.0 - weight) * low as f64 + weight * (low + 1) as f64
}

/// Evenly chosen among the timesteps that the consistency model was distilled on.
fn lcm(config: &SchedulerConfig, steps: usize) -> Vec<f32> {
    let original = config
        .original_inference_steps
        .min(config.num_train_timesteps);
    let stride = config.num_train_timesteps / original;
    let of = |at: usize| (original - original * at / steps) * stride - 1;
    (0..steps).map(|at| of(at) as f32).collect()
}
