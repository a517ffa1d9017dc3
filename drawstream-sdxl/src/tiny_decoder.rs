//! TAESD: a small decoder that shows a latent as a picture while it is being painted.
//!
//! Source: O. Boer Bohan, "Tiny AutoEncoder for Stable Diffusion"; layers as diffusers' `AutoencoderTiny` has them.

use std::path::Path;

use candle_core::{DType, Device, Result, Tensor};
use serde::Deserialize;

use crate::layers::Conv2d;
use crate::lora::Deltas;
use crate::weights::{HalfFiles, Layer, Loader, Names, Source, Storage, TensorFiles, WeightsError};

/// What is taken from its configuration.
#[derive(Deserialize)]
struct Config {
    decoder_block_out_channels: Vec<usize>,
    #[serde(default = "usual_blocks")]
    num_decoder_blocks: Vec<usize>,
    #[serde(default = "four")]
    latent_channels: usize,
    #[serde(default = "three")]
    out_channels: usize,
    #[serde(default = "relu")]
    act_fn: String,
    #[serde(default = "two")]
    upsampling_scaling_factor: usize,
}

fn usual_blocks() -> Vec<usize> {
    vec![3, 3, 3, 1]
}

fn four() -> usize {
    4
}

fn three() -> usize {
    3
}

fn two() -> usize {
    2
}

fn relu() -> String {
    "relu".to_owned()
}

/// The most channels and blocks that are believed; the published decoder has 64 and 3.
const MOST: usize = 1024;

impl Config {
    fn open(path: &Path) -> std::result::Result<Self, WeightsError> {
        let text = std::fs::read_to_string(path).map_err(|source| WeightsError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        let config: Self = serde_json::from_str(&text).map_err(|source| WeightsError::Config {
            path: path.to_owned(),
            source,
        })?;
        let unsupported = |field, found: String| {
            Err(WeightsError::Unsupported {
                path: path.to_owned(),
                field,
                found,
            })
        };
        let (channels, blocks) = (
            &config.decoder_block_out_channels,
            &config.num_decoder_blocks,
        );
        let fits = |list: &[usize]| !list.is_empty() && list.iter().all(|n| (1..=MOST).contains(n));
        if !fits(channels) || channels.len() > 8 || channels.iter().any(|n| *n != channels[0]) {
            return unsupported("decoder_block_out_channels", format!("{channels:?}"));
        }
        if !fits(blocks) || blocks.len() != channels.len() {
            return unsupported("num_decoder_blocks", format!("{blocks:?}"));
        }
        if config.act_fn != "relu" {
            return unsupported("act_fn", config.act_fn);
        }
        if config.upsampling_scaling_factor != 2 {
            let factor = config.upsampling_scaling_factor;
            return unsupported("upsampling_scaling_factor", factor.to_string());
        }
        if config.out_channels != 3 || !(1..=MOST).contains(&config.latent_channels) {
            return unsupported("out_channels", config.out_channels.to_string());
        }
        Ok(config)
    }
}

/// TAESD's decoder.
#[derive(Debug)]
pub(crate) struct TinyDecoder {
    conv_in: Conv2d,
    levels: Vec<(Vec<Block>, Conv2d)>,
    dtype: DType,
}

/// Three convolutions, added to what came in.
#[derive(Debug)]
struct Block([Conv2d; 3]);

impl Block {
    fn new(layer: &Layer<'_>, channels: usize) -> std::result::Result<Self, WeightsError> {
        let conv = |at| Conv2d::new(&layer.at(&format!("conv.{at}")), channels, channels, 3);
        Ok(Self([conv(0)?, conv(2)?, conv(4)?]))
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let [first, second, third] = &self.0;
        let y = second.forward(&first.forward(x)?.relu()?)?.relu()?;
        (third.forward(&y)? + x)?.relu()
    }
}

impl TinyDecoder {
    /// Reads the decoder of a folder in diffusers' layout (`config.json` and its weights).
    pub(crate) fn open(
        folder: &Path,
        device: &Device,
        dtype: DType,
    ) -> std::result::Result<Self, WeightsError> {
        let config = Config::open(&folder.join("config.json"))?;
        let files = TensorFiles::open_folder(folder)?;
        let none = Deltas::default();
        let source = Source {
            files: &files,
            names: Names::Diffusers,
            deltas: &none,
            storage: Storage {
                compute: dtype,
                half: HalfFiles::Widened,
            },
            device,
        };
        let loader = Loader::reading(&source);
        Self::new(&loader.root().at("decoder.layers"), &config, dtype)
    }

    /// The type that it computes in.
    pub(crate) fn dtype(&self) -> DType {
        self.dtype
    }

    fn new(
        layers: &Layer<'_>,
        config: &Config,
        dtype: DType,
    ) -> std::result::Result<Self, WeightsError> {
        let channels = config.decoder_block_out_channels[0];
        // The layers are numbered as they follow each other, activations and changes of size among them.
        let mut next = 0;
        let mut number = |skipped: usize| {
            let at = next;
            next += 1 + skipped;
            at.to_string()
        };
        let conv_in = Conv2d::new(&layers.at(&number(1)), config.latent_channels, channels, 3)?;
        let mut levels = Vec::new();
        let last = config.num_decoder_blocks.len() - 1;
        for (level, count) in config.num_decoder_blocks.iter().copied().enumerate() {
            let mut blocks = Vec::new();
            for block in 0..count {
                let change = usize::from(block + 1 == count && level != last);
                blocks.push(Block::new(&layers.at(&number(change)), channels)?);
            }
            let out = layers.at(&number(0));
            levels.push(if level == last {
                (blocks, Conv2d::new(&out, channels, config.out_channels, 3)?)
            } else {
                (blocks, Conv2d::without_bias(&out, channels, channels, 3)?)
            });
        }
        Ok(Self {
            conv_in,
            levels,
            dtype,
        })
    }

    /// The picture of latents as the sampler has them, `(batch, channels, h, w)`: pixels in 0..1, eight times as large.
    pub(crate) fn decode(&self, latents: &Tensor) -> Result<Tensor> {
        // Latents beyond ±3 say no more than those at it.
        let mut x = ((latents / 3.0)?.tanh()? * 3.0)?;
        x = self.conv_in.forward(&x)?.relu()?;
        let last = self.levels.len() - 1;
        for (level, (blocks, conv)) in self.levels.iter().enumerate() {
            for block in blocks {
                x = block.forward(&x)?;
            }
            if level != last {
                let (_, _, height, width) = x.dims4()?;
                x = x.upsample_nearest2d(height * 2, width * 2)?;
            }
            x = conv.forward(&x)?;
        }
        Ok(x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_decodes_as_the_reference_does() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/taesd");
        let device = Device::Cpu;
        let decoder = TinyDecoder::open(&folder, &device, DType::F32).expect("a decoder");
        let expected = candle_core::safetensors::load(folder.join("expected.safetensors"), &device);
        let expected = expected.expect("the reference's tensors");
        let found = decoder.decode(&expected["latents"]).expect("a picture");
        let decoded = &expected["decoded"];
        assert_eq!(found.dims(), decoded.dims());
        let largest = |x: &Tensor| {
            let most = x.abs().and_then(|x| x.max_all());
            most.and_then(|most| most.to_scalar::<f32>())
                .expect("numbers")
        };
        let apart = largest(&(found - decoded).expect("one shape"));
        assert!(apart <= 1e-5 * largest(decoded), "{apart}");
    }

    #[test]
    fn a_folder_without_it_and_another_architecture_are_refused_by_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let open = || TinyDecoder::open(folder.path(), &Device::Cpu, DType::F32);
        let said = |error: WeightsError| error.to_string();
        assert!(said(open().expect_err("empty")).contains("config.json: cannot be read"));
        let config = r#"{"decoder_block_out_channels": [64, 32], "num_decoder_blocks": [3, 1]}"#;
        std::fs::write(folder.path().join("config.json"), config).expect("written");
        let error = said(open().expect_err("unequal"));
        assert!(
            error.contains("decoder_block_out_channels = [64, 32] is not supported"),
            "{error}"
        );
    }
}
