//! A finished picture, and the rough one that a latent promises.

use candle_core::{DType, Device, Result, Tensor};

use crate::tiny_decoder::TinyDecoder;

/// An sRGB picture.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// In pixels.
    pub width: usize,
    /// In pixels.
    pub height: usize,
    /// Red, green, blue of each pixel, row by row: `width × height × 3` bytes.
    pub rgb: Vec<u8>,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({} × {})", self.width, self.height)
    }
}

impl Picture {
    /// From numbers in 0..1, `(3, height, width)`; beyond that they are cut off.
    pub(crate) fn of(pixels: &Tensor) -> Result<Self> {
        let (_, height, width) = pixels.dims3()?;
        let pixels = pixels
            .permute((1, 2, 0))?
            .to_dtype(DType::F32)?
            .to_device(&Device::Cpu)?;
        let numbers = pixels.contiguous()?.flatten_all()?.to_vec1::<f32>()?;
        // The reference rounds half to even here.
        let rgb = numbers
            .iter()
            .map(|number| (number.clamp(0.0, 1.0) * 255.0).round_ties_even() as u8)
            .collect();
        Ok(Self { width, height, rgb })
    }
}

/// What the picture will be, as far as the sampler can tell: an eighth of its size, and cheap to look at; or its
/// whole size, where the engine was given TAESD (see [`crate::Options::preview`]).
#[derive(Clone, Debug)]
pub struct Preview<'a> {
    pub(crate) latents: &'a Tensor,
    pub(crate) decoder: Option<&'a TinyDecoder>,
}

/// SDXL's latents are nearly colours: red, green and blue as sums of the four channels and a bias, in 0..255.
///
/// Source: T. A. Vass, "Explaining the SDXL latent space", 2024; diffusers' guide to callbacks uses the same.
const TO_RGB: [([f32; 4], f32); 3] = [
    ([60.0, -60.0, 25.0, -70.0], 150.0),
    ([60.0, -5.0, 15.0, -50.0], 140.0),
    ([60.0, 10.0, -5.0, -35.0], 130.0),
];

impl Preview<'_> {
    /// Turns the latents into colours: by TAESD, or one pixel for each. Models without SDXL's four channels give grey.
    ///
    /// # Errors
    /// The backend's own.
    pub fn picture(&self) -> Result<Picture> {
        if let Some(decoder) = self.decoder {
            let pixels = decoder.decode(&self.latents.to_dtype(decoder.dtype())?)?;
            return Picture::of(&pixels.squeeze(0)?);
        }
        let latents = self
            .latents
            .squeeze(0)?
            .to_dtype(DType::F32)?
            .to_device(&Device::Cpu)?;
        let (channels, height, width) = latents.dims3()?;
        let latents = latents.flatten_from(1)?.to_vec2::<f32>()?;
        let pixels = TO_RGB.iter().flat_map(|(factors, bias)| {
            let latents = &latents;
            (0..height * width).map(move |at| {
                let sum = if channels == factors.len() {
                    factors
                        .iter()
                        .zip(latents)
                        .map(|(factor, channel)| factor * channel[at])
                        .sum()
                } else {
                    0.0
                };
                (sum + bias) / 255.0
            })
        });
        Picture::of(&Tensor::from_iter(pixels, &Device::Cpu)?.reshape((3, height, width))?)
    }
}
