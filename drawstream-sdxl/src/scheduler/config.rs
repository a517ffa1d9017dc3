//! A scheduler's configuration: `scheduler_config.json`, and the named presets over it.

use serde::Deserialize;

/// Which sampler walks from noise to picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Sampler {
    /// Euler's method (Karras et al. 2022, algorithm 2 without churn).
    #[serde(rename = "EulerDiscreteScheduler")]
    Euler,
    /// Euler's method with fresh noise at each timestep.
    #[serde(rename = "EulerAncestralDiscreteScheduler")]
    EulerAncestral,
    /// DPM-Solver++ of first or second order (Lu et al. 2022).
    #[serde(rename = "DPMSolverMultistepScheduler")]
    DpmSolver,
    /// DDIM without noise (Song et al. 2020).
    #[serde(rename = "DDIMScheduler")]
    Ddim,
    /// Latent consistency (Luo et al. 2023): few timesteps, with the LCM LoRA.
    #[serde(rename = "LCMScheduler")]
    Lcm,
}

/// How timesteps are spread over training's thousand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Spacing {
    /// Evenly from the first to the last.
    Linspace,
    /// Counted from the first: never reaches full noise. SDXL's default.
    Leading,
    /// Counted from the last: starts at full noise.
    Trailing,
}

/// How noise grows over training's timesteps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BetaSchedule {
    /// Evenly.
    Linear,
    /// Evenly in the square root: Stable Diffusion's.
    ScaledLinear,
}

/// What the UNet's answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Prediction {
    /// The noise.
    #[serde(rename = "epsilon")]
    Noise,
    /// The velocity (Salimans & Ho 2022).
    #[serde(rename = "v_prediction")]
    Velocity,
    /// The picture.
    #[serde(rename = "sample")]
    Picture,
}

/// What follows the last timestep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinalSigma {
    /// No noise at all.
    Zero,
    /// The least noise of training.
    SigmaMin,
}

/// How Euler's sigmas between training's are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interpolation {
    /// Evenly between neighbours.
    Linear,
    /// Evenly in the logarithm from last to first.
    LogLinear,
}

/// DPM-Solver's way of the second order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SolverType {
    /// By the midpoint.
    Midpoint,
    /// By Heun's rule.
    Heun,
}

/// A sampler and its options, named as diffusers names them.
///
/// What a `scheduler_config.json` leaves out has diffusers' own default for that sampler.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the switches of a foreign format, as it names them"
)]
pub struct SchedulerConfig {
    /// Which sampler.
    pub sampler: Sampler,
    /// Timesteps of training: 1000.
    pub num_train_timesteps: usize,
    /// The first timestep's noise.
    pub beta_start: f64,
    /// The last timestep's noise.
    pub beta_end: f64,
    /// How noise grows between them.
    pub beta_schedule: BetaSchedule,
    /// What the UNet's answer means.
    pub prediction: Prediction,
    /// How timesteps are spread.
    pub timestep_spacing: Spacing,
    /// What is added to timesteps counted from the first.
    pub steps_offset: usize,
    /// Sigmas spread as Karras et al. 2022 do.
    pub use_karras_sigmas: bool,
    /// The least and greatest sigma of Karras's spread, where they are not training's.
    pub sigma_range: (Option<f64>, Option<f64>),
    /// How Euler's sigmas are found.
    pub interpolation: Interpolation,
    /// What follows the last timestep.
    pub final_sigmas: FinalSigma,
    /// Training's noise stretched so that its last timestep is all noise (Lin et al. 2023).
    pub rescale_betas_zero_snr: bool,
    /// The largest absolute value of a predicted picture (DDIM, LCM); `None` leaves it.
    pub clip_sample: Option<f64>,
    /// DDIM, LCM: whether what follows the last timestep has no noise, rather than the first one's.
    pub set_alpha_to_one: bool,
    /// DPM-Solver's order: 1 or 2.
    pub solver_order: usize,
    /// DPM-Solver's second order.
    pub solver_type: SolverType,
    /// DPM-Solver: whether short runs end with the first order.
    pub lower_order_final: bool,
    /// DPM-Solver: whether every run ends with the first order.
    pub euler_at_final: bool,
    /// LCM: timesteps of the original model's own runs.
    pub original_inference_steps: usize,
    /// LCM: the scale within the boundary's condition.
    pub timestep_scaling: f64,
}

/// A scheduler that cannot be run as configured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SchedulerError {
    /// Not the JSON of a scheduler.
    #[error("not a scheduler's configuration")]
    Malformed(#[from] serde_json::Error),
    /// An option that is not computed here.
    #[error("{field} = {found} is not supported")]
    Unsupported {
        /// The option.
        field: &'static str,
        /// Its value.
        found: String,
    },
    /// A number of timesteps that the scheduler does not have.
    #[error("{found} timesteps; this scheduler takes 1 to {most}")]
    Steps {
        /// What was asked for.
        found: usize,
        /// The most that it takes.
        most: usize,
    },
}

#[derive(Deserialize)]
struct ConfigDoc {
    #[serde(rename = "_class_name")]
    sampler: Sampler,
    num_train_timesteps: Option<usize>,
    beta_start: Option<f64>,
    beta_end: Option<f64>,
    beta_schedule: Option<BetaSchedule>,
    trained_betas: Option<Vec<f64>>,
    prediction_type: Option<Prediction>,
    timestep_spacing: Option<Spacing>,
    timestep_type: Option<String>,
    steps_offset: Option<usize>,
    use_karras_sigmas: Option<bool>,
    use_lu_lambdas: Option<bool>,
    sigma_min: Option<f64>,
    sigma_max: Option<f64>,
    interpolation_type: Option<Interpolation>,
    final_sigmas_type: Option<FinalSigma>,
    rescale_betas_zero_snr: Option<bool>,
    clip_sample: Option<bool>,
    clip_sample_range: Option<f64>,
    thresholding: Option<bool>,
    set_alpha_to_one: Option<bool>,
    algorithm_type: Option<String>,
    solver_order: Option<usize>,
    solver_type: Option<SolverType>,
    lower_order_final: Option<bool>,
    euler_at_final: Option<bool>,
    original_inference_steps: Option<usize>,
    timestep_scaling: Option<f64>,
}

impl ConfigDoc {
    fn check(&self) -> Result<(), SchedulerError> {
        let refuse = |field, found: &str| {
            Err(SchedulerError::Unsupported {
                field,
                found: found.to_owned(),
            })
        };
        if self.trained_betas.is_some() {
            return refuse("trained_betas", "a list");
        }
        if self.thresholding == Some(true) {
            return refuse("thresholding", "true");
        }
        if self.use_lu_lambdas == Some(true) {
            return refuse("use_lu_lambdas", "true");
        }
        match self.timestep_type.as_deref() {
            None | Some("discrete") => {}
            Some(other) => return refuse("timestep_type", other),
        }
        match self.algorithm_type.as_deref() {
            None | Some("dpmsolver++") => {}
            Some(other) => return refuse("algorithm_type", other),
        }
        match self.solver_order {
            None | Some(1 | 2) => Ok(()),
            Some(other) => refuse("solver_order", &other.to_string()),
        }
    }
}

impl SchedulerConfig {
    /// Reads a `scheduler_config.json`.
    ///
    /// # Errors
    /// Malformed JSON, a sampler that is not here, or an option that is not computed here.
    pub fn parse(json: &str) -> Result<Self, SchedulerError> {
        // Python writes an infinite bound in a way that JSON does not have; nothing here reads it.
        let doc: ConfigDoc = serde_json::from_str(&json.replace("-Infinity", "null"))?;
        doc.check()?;
        let lcm = doc.sampler == Sampler::Lcm;
        let spacing = match doc.sampler {
            Sampler::Ddim | Sampler::Lcm => Spacing::Leading,
            Sampler::Euler | Sampler::EulerAncestral | Sampler::DpmSolver => Spacing::Linspace,
        };
        let (start, end) = if lcm {
            (0.000_85, 0.012)
        } else {
            (0.000_1, 0.02)
        };
        let schedule = if lcm {
            BetaSchedule::ScaledLinear
        } else {
            BetaSchedule::Linear
        };
        let clip = doc.clip_sample.unwrap_or(doc.sampler == Sampler::Ddim);
        let config = Self {
            sampler: doc.sampler,
            num_train_timesteps: doc.num_train_timesteps.unwrap_or(1000),
            beta_start: doc.beta_start.unwrap_or(start),
            beta_end: doc.beta_end.unwrap_or(end),
            beta_schedule: doc.beta_schedule.unwrap_or(schedule),
            prediction: doc.prediction_type.unwrap_or(Prediction::Noise),
            timestep_spacing: doc.timestep_spacing.unwrap_or(spacing),
            steps_offset: doc.steps_offset.unwrap_or(0),
            use_karras_sigmas: doc.use_karras_sigmas.unwrap_or(false),
            sigma_range: (doc.sigma_min, doc.sigma_max),
            interpolation: doc.interpolation_type.unwrap_or(Interpolation::Linear),
            final_sigmas: doc.final_sigmas_type.unwrap_or(FinalSigma::Zero),
            rescale_betas_zero_snr: doc.rescale_betas_zero_snr.unwrap_or(false),
            clip_sample: clip.then(|| doc.clip_sample_range.unwrap_or(1.0)),
            set_alpha_to_one: doc.set_alpha_to_one.unwrap_or(true),
            solver_order: doc.solver_order.unwrap_or(2),
            solver_type: doc.solver_type.unwrap_or(SolverType::Midpoint),
            lower_order_final: doc.lower_order_final.unwrap_or(true),
            euler_at_final: doc.euler_at_final.unwrap_or(false),
            original_inference_steps: doc.original_inference_steps.unwrap_or(50),
            timestep_scaling: doc.timestep_scaling.unwrap_or(10.0),
        };
        if !(2..=100_000).contains(&config.num_train_timesteps) {
            let found = config.num_train_timesteps.to_string();
            return Err(SchedulerError::Unsupported {
                field: "num_train_timesteps",
                found,
            });
        }
        Ok(config)
    }

    /// The same training's noise walked by another sampler, as `Scheduler.from_config` gives it.
    #[must_use]
    pub fn with_preset(&self, preset: Preset) -> Self {
        let mut config = Self {
            use_karras_sigmas: false,
            clip_sample: None,
            ..self.clone()
        };
        match preset {
            Preset::Euler => config.sampler = Sampler::Euler,
            Preset::EulerTrailing => {
                config.sampler = Sampler::Euler;
                config.timestep_spacing = Spacing::Trailing;
            }
            Preset::EulerKarras => {
                config.sampler = Sampler::Euler;
                config.use_karras_sigmas = true;
            }
            Preset::EulerAncestral => config.sampler = Sampler::EulerAncestral,
            Preset::Dpmpp2m => config.sampler = Sampler::DpmSolver,
            Preset::Dpmpp2mKarras => {
                config.sampler = Sampler::DpmSolver;
                config.use_karras_sigmas = true;
            }
            Preset::Ddim => {
                config.sampler = Sampler::Ddim;
                config.set_alpha_to_one = false;
            }
            Preset::Lcm => config.sampler = Sampler::Lcm,
        }
        config
    }
}

/// The samplers by the names that people choose them by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// Euler.
    Euler,
    /// Euler from full noise.
    EulerTrailing,
    /// Euler with Karras's sigmas.
    EulerKarras,
    /// Euler with fresh noise at each timestep.
    EulerAncestral,
    /// DPM++ 2M.
    Dpmpp2m,
    /// DPM++ 2M with Karras's sigmas.
    Dpmpp2mKarras,
    /// DDIM.
    Ddim,
    /// LCM, with its LoRA: about 8 timesteps and guidance 1.5.
    Lcm,
}

impl Preset {
    /// Every preset with the name that [`Self::parse`] reads.
    pub const NAMES: [(&str, Self); 8] = [
        ("euler", Self::Euler),
        ("euler-trailing", Self::EulerTrailing),
        ("euler-karras", Self::EulerKarras),
        ("euler-ancestral", Self::EulerAncestral),
        ("dpmpp-2m", Self::Dpmpp2m),
        ("dpmpp-2m-karras", Self::Dpmpp2mKarras),
        ("ddim", Self::Ddim),
        ("lcm", Self::Lcm),
    ];

    /// The preset of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::NAMES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, preset)| *preset)
    }
}
