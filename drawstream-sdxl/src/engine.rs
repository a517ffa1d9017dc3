//! The engine: a loaded model that paints one picture after another.

mod error;
mod models;
mod text;

use std::ops::ControlFlow;
use std::path::PathBuf;

use candle_core::{DType, Device, Tensor};

pub use error::PaintError;
use models::Models;
pub use text::TextEmbedding;
use text::Texts;

use crate::device::{DeviceChoice, Memory, Precision};
use crate::lora::{Lora, LoraError, UnmatchedKeys, resolve};
use crate::noise::Noise;
use crate::picture::{Picture, Preview};
use crate::request::{InitialNoise, MAX_SIDE, Progress, Request, SchedulerChoice};
use crate::scheduler::Scheduler;
use crate::tiny_decoder::TinyDecoder;
use crate::unet::Condition;
use crate::vae::{Tiling, decode_tiled};
use crate::weights::{HalfFiles, Storage, Weights, targets};

/// A tile's side and overlap where memory is short: 384 and 96 picture pixels.
const SMALL_TILES: Tiling = Tiling {
    side: 48,
    overlap: 12,
};
/// Where it is not: up to 1024 × 1024 a picture is decoded whole.
const LARGE_TILES: Tiling = Tiling {
    side: 128,
    overlap: 32,
};

/// A LoRA to merge, and how strongly.
#[derive(Clone, Debug, PartialEq)]
pub struct LoraChoice {
    /// Its file.
    pub path: PathBuf,
    /// 1 is as it was trained.
    pub weight: f64,
}

/// How an engine loads and computes.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Where to compute.
    pub device: DeviceChoice,
    /// How exactly.
    pub precision: Precision,
    /// What gives way when memory is short.
    pub memory: Memory,
    /// What is merged into the weights.
    pub loras: Vec<LoraChoice>,
    /// What to do with a LoRA's keys that match nothing.
    pub unmatched: UnmatchedKeys,
    /// A folder with TAESD in diffusers' layout, to show previews by.
    pub preview: Option<PathBuf>,
}

/// What a watcher of [`Engine::paint`] answers: go on, or break off.
pub type Watch<'a> = &'a mut dyn FnMut(Progress<'_>) -> ControlFlow<()>;

/// SDXL, ready to paint.
///
/// UNet and VAE stay loaded between pictures; the text encoders are loaded for a new prompt and dropped after it.
///
/// ```no_run
/// use std::ops::ControlFlow;
/// use drawstream_sdxl::{Engine, InitialNoise, NoiseSource, Options, Request, SchedulerChoice, Weights};
///
/// let weights = Weights::open("models/sdxl-base".as_ref())?;
/// let mut engine = Engine::load(&weights, &Options::default())?;
/// let request = Request {
///     prompt: "pixel art, a cozy cabin under aurora".to_owned(),
///     negative_prompt: Some("photo, blur".to_owned()),
///     width: 768,
///     height: 768,
///     steps: 40,
///     guidance: 5.0,
///     scheduler: SchedulerChoice::OfWeights,
///     noise: InitialNoise::Seed { seed: 7, source: NoiseSource::Cuda },
/// };
/// let picture = engine.paint(&request, &mut |_| ControlFlow::Continue(()))?;
/// assert_eq!(picture.rgb.len(), 768 * 768 * 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Engine {
    models: Models,
    texts: Texts,
    dtype: DType,
    memory: Memory,
    unmatched: UnmatchedKeys,
    preview: Option<TinyDecoder>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("weights", self.models.weights())
            .field("dtype", &self.dtype)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Loads UNet and VAE with the LoRAs merged in.
    ///
    /// # Errors
    /// Weights or a LoRA that cannot be used, or a device that is not there or full.
    pub fn load(weights: &Weights, options: &Options) -> Result<Self, PaintError> {
        let device = options.device.open()?;
        let dtype = options.precision.dtype(&device);
        let storage = Storage {
            compute: dtype,
            half: match options.memory {
                Memory::Low => HalfFiles::KeptAndRounded,
                Memory::Roomy if device.is_cpu() => HalfFiles::Kept,
                Memory::Roomy => HalfFiles::Widened,
            },
        };
        let preview = options.preview.as_deref();
        let preview = preview.map(|folder| TinyDecoder::open(folder, &device, dtype));
        let deltas = resolve(
            &open_all(&options.loras)?,
            &targets(weights),
            options.unmatched,
        )?;
        let mut models = Models::new(weights.clone(), device, storage, deltas);
        models.load()?;
        Ok(Self {
            models,
            texts: Texts::default(),
            dtype,
            memory: options.memory,
            unmatched: options.unmatched,
            preview: preview.transpose()?,
        })
    }

    /// Exchanges the merged LoRAs for others; none takes them all out. An error leaves the old ones in place.
    ///
    /// # Errors
    /// A LoRA that cannot be used. Weights that can no longer be read release the model, see [`Self::release`].
    pub fn set_loras(&mut self, loras: &[LoraChoice]) -> Result<(), PaintError> {
        let targets = targets(self.models.weights());
        let deltas = resolve(&open_all(loras)?, &targets, self.unmatched)?;
        self.texts.forget();
        self.models
            .set_deltas(deltas)
            .inspect_err(|_| self.models.release())?;
        Ok(())
    }

    /// Gives the model's memory back. The next picture loads it again.
    pub fn release(&mut self) {
        self.models.release();
        self.texts.forget();
    }

    /// The bytes that loaded weights take on the device; 0 after [`Self::release`].
    #[must_use]
    pub fn weight_bytes(&self) -> usize {
        self.models.size()
    }

    /// The model's files.
    #[must_use]
    pub fn weights(&self) -> &Weights {
        self.models.weights()
    }

    /// Paints one picture, telling `watch` how far it is.
    ///
    /// `watch` is asked before the text is encoded, after every timestep and before every tile; breaking off ends
    /// the picture there. NaN in half precision starts the picture again in f32, from the same noise.
    ///
    /// # Errors
    /// [`PaintError`] says what was asked wrongly, what the files lack, or what the device could not.
    pub fn paint(&mut self, request: &Request, watch: Watch<'_>) -> Result<Picture, PaintError> {
        self.check(request)?;
        let pixels = match self.attempt(request, self.dtype, watch) {
            Err(PaintError::NotFinite { .. }) if self.dtype != DType::F32 => {
                go_on(watch(Progress::Retrying))?;
                self.attempt(request, DType::F32, watch)
            }
            other => other,
        }?;
        Ok(Picture::of(&pixels)?)
    }

    /// As [`Self::paint`], but the picture as numbers in 0..1, `(3, height, width)` in f32, before it is rounded.
    ///
    /// # Errors
    /// As [`Self::paint`]; NaN is an error at once here.
    pub fn paint_numbers(
        &mut self,
        request: &Request,
        watch: Watch<'_>,
    ) -> Result<Tensor, PaintError> {
        self.check(request)?;
        self.attempt(request, self.dtype, watch)
    }

    fn check(&self, request: &Request) -> Result<(), PaintError> {
        let multiple = self.scale();
        let good =
            |side: usize| side.is_multiple_of(multiple) && (multiple..=MAX_SIDE).contains(&side);
        let (width, height) = (request.width, request.height);
        if !good(width) || !good(height) {
            return Err(PaintError::Size {
                width,
                height,
                multiple,
                most: MAX_SIDE,
            });
        }
        if !(0.0..=100.0).contains(&request.guidance) {
            return Err(PaintError::Guidance(request.guidance));
        }
        Ok(())
    }

    fn attempt(
        &mut self,
        request: &Request,
        dtype: DType,
        watch: Watch<'_>,
    ) -> Result<Tensor, PaintError> {
        let config = match &request.scheduler {
            SchedulerChoice::OfWeights => self.models.weights().scheduler.clone(),
            SchedulerChoice::Preset(preset) => self.models.weights().scheduler.with_preset(*preset),
            SchedulerChoice::Config(config) => (**config).clone(),
        };
        let scheduler = Scheduler::new(&config, request.steps)?;
        go_on(watch(Progress::Encoding))?;
        let guided = request.guidance > 1.0;
        let negative = request.negative_prompt.as_deref().filter(|_| guided);
        let texts: Vec<&str> = [Some(request.prompt.as_str()), negative]
            .into_iter()
            .flatten()
            .collect();
        self.texts.prepare(&mut self.models, &texts, dtype)?;
        let text = self
            .texts
            .encode(&mut self.models, &request.prompt, dtype)?;
        let negative = if guided {
            Some(self.texts.encode_negative(
                &mut self.models,
                request.negative_prompt.as_deref(),
                dtype,
            )?)
        } else {
            None
        };
        self.models.load()?;
        let (width, height) = (request.width, request.height);
        let device = |error| match error {
            PaintError::Backend(source) => PaintError::Device {
                width,
                height,
                source,
            },
            other => other,
        };
        let latents = self
            .denoise(request, dtype, scheduler, &text, negative.as_ref(), watch)
            .map_err(device)?;
        let pixels = self.decode(&latents, dtype, watch).map_err(device)?;
        Ok(((pixels / 2.0)? + 0.5)?.clamp(0f32, 1f32)?.squeeze(0)?)
    }

    fn denoise(
        &self,
        request: &Request,
        dtype: DType,
        mut scheduler: Scheduler,
        text: &TextEmbedding,
        negative: Option<&TextEmbedding>,
        watch: Watch<'_>,
    ) -> Result<Tensor, PaintError> {
        let scale = self.scale();
        let channels = self.models.weights().configs.unet.in_channels;
        let shape = [1, channels, request.height / scale, request.width / scale];
        let device = self.models.device().clone();
        let (mut stream, first) = initial_noise(&request.noise, &shape, &device)?;
        let mut draw = || Tensor::from_vec(stream.draw(shape.iter().product()), &shape, &device);
        let first = match first {
            Some(given) => given,
            None => draw()?,
        };
        let mut latents = (first * scheduler.init_noise_sigma())?;
        let total = scheduler.timesteps().len();
        go_on(watch(Progress::Denoising { total }))?;
        let sizes = [request.height as f32, request.width as f32];
        let time_ids = [sizes[0], sizes[1], 0.0, 0.0, sizes[0], sizes[1]];
        for at in 0..total {
            let timestep = scheduler.timesteps()[at];
            let input = scheduler.scale_input(&latents, at)?.to_dtype(dtype)?;
            let plain = |text| self.predict_one(&input, timestep, text, time_ids);
            let answer = match negative {
                None => plain(text)?,
                Some(negative) => {
                    let (without, with) = if self.memory == Memory::Low {
                        (plain(negative)?, plain(text)?)
                    } else {
                        let both = TextEmbedding::pair(negative, text)?;
                        let input = Tensor::cat(&[&input, &input], 0)?;
                        let answer = self.predict_noise(&input, timestep, &both, &[time_ids; 2])?;
                        (answer.narrow(0, 0, 1)?, answer.narrow(0, 1, 1)?)
                    };
                    (&without + ((with - &without)? * request.guidance)?)?
                }
            };
            latents = scheduler.step(&answer, at, &latents, &mut draw)?;
            if !is_finite(&latents)? {
                return Err(PaintError::NotFinite {
                    place: format!("at timestep {} of {total}", at + 1),
                });
            }
            let preview = Preview {
                latents: scheduler.predicted().unwrap_or(&latents),
                decoder: self.preview.as_ref(),
            };
            go_on(watch(Progress::Timestep {
                done: at + 1,
                total,
                latents: &latents,
                preview,
            }))?;
        }
        Ok(latents)
    }

    fn predict_one(
        &self,
        latent: &Tensor,
        timestep: f32,
        text: &TextEmbedding,
        time_ids: [f32; 6],
    ) -> Result<Tensor, PaintError> {
        self.predict_noise(latent, timestep, text, &[time_ids])
    }

    /// One look of the UNet at scaled latents `(batch, channels, h, w)`, in their type; the answer is f32.
    ///
    /// `time_ids` are, for each latent, original height and width, crop's top and left, target height and width.
    ///
    /// # Errors
    /// The backend's own, and [`PaintError::Weights`] when the model is released.
    pub fn predict_noise(
        &self,
        latents: &Tensor,
        timestep: f32,
        text: &TextEmbedding,
        time_ids: &[[f32; 6]],
    ) -> Result<Tensor, PaintError> {
        let Some(unet) = &self.models.unet else {
            return Err(PaintError::Backend(candle_core::Error::Msg(
                "the model is released".into(),
            )));
        };
        let condition = Condition {
            context: text.states.clone(),
            pooled: text.pooled.clone(),
            time_ids: time_ids.to_vec(),
        };
        Ok(unet
            .forward(latents, timestep, &condition)?
            .to_dtype(DType::F32)?)
    }

    /// What the text encoders say of a text.
    ///
    /// # Errors
    /// Weights that cannot be read, or a full device.
    pub fn encode_text(&mut self, text: &str) -> Result<TextEmbedding, PaintError> {
        self.texts.encode(&mut self.models, text, self.dtype)
    }

    /// What stands for a negative prompt, or for its absence.
    ///
    /// # Errors
    /// As [`Self::encode_text`].
    pub fn encode_negative(&mut self, text: Option<&str>) -> Result<TextEmbedding, PaintError> {
        self.texts
            .encode_negative(&mut self.models, text, self.dtype)
    }

    /// Decodes latents as the UNet leaves them to pixels, `(1, 3, height, width)` in f32 on the CPU; black is −1, white 1,
    /// and nothing is cut off.
    ///
    /// # Errors
    /// [`PaintError::Cancelled`], [`PaintError::NotFinite`], or the backend's own.
    pub fn decode_latents(&self, latents: &Tensor, watch: Watch<'_>) -> Result<Tensor, PaintError> {
        self.decode(latents, self.dtype, watch)
    }

    fn decode(
        &self,
        latents: &Tensor,
        dtype: DType,
        watch: Watch<'_>,
    ) -> Result<Tensor, PaintError> {
        let Some(vae) = &self.models.vae else {
            return Err(PaintError::Backend(candle_core::Error::Msg(
                "the model is released".into(),
            )));
        };
        let dtype = if dtype == DType::F32 {
            dtype
        } else {
            self.models.vae_dtype()
        };
        let latents = vae.unscaled(&latents.to_dtype(dtype)?)?;
        let tiling = if self.memory == Memory::Low {
            SMALL_TILES
        } else {
            LARGE_TILES
        };
        let mut tell = |done, total| watch(Progress::Decoding { done, total });
        let pixels =
            decode_tiled(vae, &latents, tiling, &mut tell)?.ok_or(PaintError::Cancelled)?;
        if !is_finite(&pixels)? {
            return Err(PaintError::NotFinite {
                place: "in decoding".to_owned(),
            });
        }
        Ok(pixels)
    }

    fn scale(&self) -> usize {
        self.models.weights().configs.vae.scale()
    }
}

fn open_all(loras: &[LoraChoice]) -> Result<Vec<(Lora, f64)>, LoraError> {
    loras
        .iter()
        .map(|lora| Ok((Lora::open(&lora.path)?, lora.weight)))
        .collect()
}

fn go_on(answer: ControlFlow<()>) -> Result<(), PaintError> {
    match answer {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(PaintError::Cancelled),
    }
}

/// Whether a sum over all numbers is finite, which it is not if one of them is not.
fn is_finite(tensor: &Tensor) -> candle_core::Result<bool> {
    let largest = tensor
        .to_dtype(DType::F32)?
        .abs()?
        .sum_all()?
        .to_scalar::<f32>()?;
    Ok(largest.is_finite())
}

/// The noise stream of a request, and the noise to start from if it was given rather than to be drawn.
fn initial_noise(
    noise: &InitialNoise,
    shape: &[usize; 4],
    device: &Device,
) -> Result<(Noise, Option<Tensor>), PaintError> {
    match noise {
        InitialNoise::Seed { seed, source } => Ok((Noise::new(*source, *seed), None)),
        InitialNoise::Given {
            latents,
            seed,
            source,
        } => {
            if latents.dims() != shape {
                return Err(PaintError::Noise {
                    found: latents.dims().to_vec(),
                    expected: shape.to_vec(),
                });
            }
            let latents = latents.to_device(device)?.to_dtype(DType::F32)?;
            Ok((Noise::new(*source, *seed), Some(latents)))
        }
    }
}
