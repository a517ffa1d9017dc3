//! Schedulers: how a latent is led from noise to picture, a timestep at a time.

mod config;
mod table;

use candle_core::{Result, Tensor};

pub use config::{
    BetaSchedule, FinalSigma, Interpolation, Prediction, Preset, Sampler, SchedulerConfig,
    SchedulerError, SolverType, Spacing,
};

/// One run of a scheduler: its tables, and what it remembers from timestep to timestep.
///
/// Latents are f32 here, whatever the UNet computes in.
#[derive(Clone, Debug)]
pub struct Scheduler {
    config: SchedulerConfig,
    alphas: Vec<f64>,
    timesteps: Vec<f32>,
    sigmas: Option<Vec<f64>>,
    /// The picture predicted at the timestep before: previews show it, and DPM-Solver's second order needs it.
    predicted: Option<Tensor>,
}

impl Scheduler {
    /// Lays out a run of `steps` timesteps.
    ///
    /// # Errors
    /// [`SchedulerError::Steps`] for none, or for more than the sampler has.
    pub fn new(
        config: &SchedulerConfig,
        steps: usize,
    ) -> std::result::Result<Self, SchedulerError> {
        let alphas = table::alphas(config);
        let (timesteps, sigmas) = table::walk(config, &alphas, steps)?;
        Ok(Self {
            config: config.clone(),
            alphas,
            timesteps,
            sigmas,
            predicted: None,
        })
    }

    /// The timesteps, from the noisiest; whole numbers but for Karras's sigmas.
    #[must_use]
    pub fn timesteps(&self) -> &[f32] {
        &self.timesteps
    }

    /// The noise level at each timestep and after the last; DDIM and LCM have none.
    #[must_use]
    pub fn sigmas(&self) -> Option<&[f64]> {
        self.sigmas.as_deref()
    }

    /// What unit noise is multiplied by to begin with.
    #[must_use]
    pub fn init_noise_sigma(&self) -> f64 {
        match (self.config.sampler, &self.sigmas) {
            (Sampler::Euler | Sampler::EulerAncestral, Some(sigmas)) => {
                let most = sigmas.iter().copied().fold(0.0, f64::max);
                if self.config.timestep_spacing == Spacing::Leading {
                    most.hypot(1.0)
                } else {
                    most
                }
            }
            _ => 1.0,
        }
    }

    /// The latent as the UNet takes it at the timestep numbered `at`.
    ///
    /// # Errors
    /// The backend's own.
    pub fn scale_input(&self, latent: &Tensor, at: usize) -> Result<Tensor> {
        match (self.config.sampler, &self.sigmas) {
            (Sampler::Euler | Sampler::EulerAncestral, Some(sigmas)) => {
                latent / sigmas[at].hypot(1.0)
            }
            _ => Ok(latent.clone()),
        }
    }

    /// The latent after the timestep numbered `at`, given the UNet's `answer`. `noise` draws unit noise of its shape.
    ///
    /// # Errors
    /// The backend's own.
    pub fn step(
        &mut self,
        answer: &Tensor,
        at: usize,
        latent: &Tensor,
        noise: &mut dyn FnMut() -> Result<Tensor>,
    ) -> Result<Tensor> {
        let around = self
            .sigmas
            .as_ref()
            .map(|sigmas| (sigmas[at], sigmas[at + 1]));
        let (next, picture) = match (self.config.sampler, around) {
            (Sampler::Euler, Some((now, next))) => {
                let picture = self.picture_by_sigma(answer, latent, now)?;
                (toward(latent, &picture, now, next)?, picture)
            }
            (Sampler::EulerAncestral, Some((now, next))) => {
                let picture = self.picture_by_sigma(answer, latent, now)?;
                let up = (next.powi(2) * (now.powi(2) - next.powi(2)) / now.powi(2)).sqrt();
                let down = (next.powi(2) - up.powi(2)).max(0.0).sqrt();
                let latent = toward(latent, &picture, now, down)?;
                // Drawn also where it is not used, as the reference does: the stream stays the same.
                ((latent + (noise()? * up)?)?, picture)
            }
            (Sampler::DpmSolver, Some(_)) => self.solve(answer, at, latent)?,
            (Sampler::Lcm, _) => self.consist(answer, at, latent, noise)?,
            (Sampler::Ddim | Sampler::Euler | Sampler::EulerAncestral | Sampler::DpmSolver, _) => {
                self.ddim(answer, at, latent)?
            }
        };
        self.predicted = Some(picture);
        Ok(next)
    }

    /// The latent of the finished picture as the last step foresaw it: what a preview shows.
    #[must_use]
    pub fn predicted(&self) -> Option<&Tensor> {
        self.predicted.as_ref()
    }

    /// The picture that the UNet sees in a latent of the form picture + σ · noise.
    fn picture_by_sigma(&self, answer: &Tensor, latent: &Tensor, sigma: f64) -> Result<Tensor> {
        match self.config.prediction {
            Prediction::Noise => latent - (answer * sigma)?,
            Prediction::Velocity => {
                (answer * (-sigma / sigma.hypot(1.0)))? + (latent / (sigma.powi(2) + 1.0))?
            }
            Prediction::Picture => Ok(answer.clone()),
        }
    }

    /// The picture that the UNet sees in a latent of the form a · picture + b · noise.
    fn picture(&self, answer: &Tensor, latent: &Tensor, a: f64, b: f64) -> Result<Tensor> {
        match self.config.prediction {
            Prediction::Noise => (latent - (answer * b)?)? / a,
            Prediction::Velocity => (latent * a)? - (answer * b)?,
            Prediction::Picture => Ok(answer.clone()),
        }
    }

    /// DPM-Solver++ (Lu et al. 2022, algorithm 2), with the reference's rules for when the first order is taken.
    fn solve(&self, answer: &Tensor, at: usize, latent: &Tensor) -> Result<(Tensor, Tensor)> {
        let sigmas = self.sigmas.as_deref().unwrap_or_default();
        let parts = |sigma: f64| {
            let a = 1.0 / sigma.hypot(1.0);
            (a, sigma * a)
        };
        let lambda = |sigma: f64| -sigma.ln();
        let (now, next) = (sigmas[at], sigmas[at + 1]);
        let (a_now, b_now) = parts(now);
        let (a_next, b_next) = parts(next);
        let picture = self.picture(answer, latent, a_now, b_now)?;
        let steps = self.timesteps.len();
        let ends_low = self.config.euler_at_final
            || (self.config.lower_order_final && steps < 15)
            || self.config.final_sigmas == FinalSigma::Zero;
        let first_order = self.config.solver_order == 1 || (at + 1 == steps && ends_low);
        let width = lambda(next) - lambda(now);
        let shrink = (-width).exp() - 1.0;
        let plain = ((latent * (b_next / b_now))? - (&picture * (a_next * shrink))?)?;
        let moved = match (&self.predicted, first_order) {
            (Some(before), false) => {
                let ratio = (lambda(now) - lambda(sigmas[at - 1])) / width;
                let slope = ((&picture - before)? / ratio)?;
                let factor = match self.config.solver_type {
                    SolverType::Midpoint => -0.5 * a_next * shrink,
                    SolverType::Heun => a_next * (shrink / width + 1.0),
                };
                (plain + (slope * factor)?)?
            }
            _ => plain,
        };
        Ok((moved, picture))
    }

    /// Shares of picture at a timestep, and at what follows the last.
    fn alpha(&self, timestep: Option<f32>) -> f64 {
        match timestep {
            Some(timestep) if timestep >= 0.0 => {
                self.alphas[(timestep as usize).min(self.alphas.len() - 1)]
            }
            _ if self.config.set_alpha_to_one => 1.0,
            _ => self.alphas[0],
        }
    }

    fn clipped(&self, picture: Tensor) -> Result<Tensor> {
        match self.config.clip_sample {
            Some(most) => picture.clamp(-most, most),
            None => Ok(picture),
        }
    }

    /// DDIM (Song et al. 2020, equation 12) with η = 0.
    fn ddim(&self, answer: &Tensor, at: usize, latent: &Tensor) -> Result<(Tensor, Tensor)> {
        let timestep = self.timesteps[at];
        let stride = self.config.num_train_timesteps / self.timesteps.len();
        let (now, next) = (
            self.alpha(Some(timestep)),
            self.alpha(Some(timestep - stride as f32)),
        );
        let (a, b) = (now.sqrt(), (1.0 - now).sqrt());
        let picture = self.clipped(self.picture(answer, latent, a, b)?)?;
        let noise = match self.config.prediction {
            Prediction::Noise => answer.clone(),
            Prediction::Velocity => ((answer * a)? + (latent * b)?)?,
            Prediction::Picture => ((latent - (answer * a)?)? / b)?,
        };
        let moved = ((&picture * next.sqrt())? + (noise * (1.0 - next).sqrt())?)?;
        Ok((moved, picture))
    }

    /// Multistep consistency sampling (Luo et al. 2023, algorithm 3).
    fn consist(
        &self,
        answer: &Tensor,
        at: usize,
        latent: &Tensor,
        noise: &mut dyn FnMut() -> Result<Tensor>,
    ) -> Result<(Tensor, Tensor)> {
        /// The data's deviation in the boundary's condition: the paper's own.
        const DEVIATION: f64 = 0.5;
        let timestep = self.timesteps[at];
        let now = self.alpha(Some(timestep));
        let picture =
            self.clipped(self.picture(answer, latent, now.sqrt(), (1.0 - now).sqrt())?)?;
        let scaled = f64::from(timestep) * self.config.timestep_scaling;
        let length = scaled.powi(2) + DEVIATION.powi(2);
        let (skip, out) = (DEVIATION.powi(2) / length, scaled / length.sqrt());
        let denoised = ((picture * out)? + (latent * skip)?)?;
        let moved = match self.timesteps.get(at + 1) {
            Some(next) => {
                let next = self.alpha(Some(*next));
                ((&denoised * next.sqrt())? + (noise()? * (1.0 - next).sqrt())?)?
            }
            None => denoised.clone(),
        };
        Ok((moved, denoised))
    }
}

/// Euler's step from noise level `now` to `next` along the line to the predicted picture.
fn toward(latent: &Tensor, picture: &Tensor, now: f64, next: f64) -> Result<Tensor> {
    latent + (((latent - picture)? / now)? * (next - now))?
}
