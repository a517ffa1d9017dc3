//! Convolution in bands of rows: as one matrix product each on the CPU, and within a card's memory elsewhere.
//!
//! On the CPU the backend's own turns each kernel and each picture around in scalar loops first, which at SDXL's sizes costs as
//! much as the products. Here the kernel is used as it lies in its file, patches are laid out in whole rows of pixels,
//! and the product is written where it belongs.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use crate::product::{Rows, add_product, numbers};

/// How many bytes of patches are laid out at a time: what a core's caches hold beside the kernel.
const BAND_BYTES: usize = 64 << 20;

/// Convolves f32 `(batch, inputs, height, width)` with a kernel `(outputs, inputs, size, size)` of any type.
pub(crate) fn convolve(
    x: &Tensor,
    kernel: &Tensor,
    bias: Option<&Tensor>,
    stride: usize,
    padding: usize,
) -> Result<Tensor> {
    let convolve = Convolve {
        stride,
        padding,
        bias: bias.map(numbers).transpose()?,
    };
    x.contiguous()?
        .apply_op2_no_bwd(&kernel.contiguous()?, &convolve)
}

/// How many bytes of patches a card lays out at a time; whole, a decoder's largest layer would ask for gigabytes.
const CARD_BAND_BYTES: usize = 256 << 20;

/// Convolves by the backend's own means, in bands where its patches would take too much memory.
pub(crate) fn convolve_on_card(
    x: &Tensor,
    kernel: &Tensor,
    stride: usize,
    padding: usize,
) -> Result<Tensor> {
    in_bands(x, kernel, stride, padding, CARD_BAND_BYTES)
}

fn in_bands(
    x: &Tensor,
    kernel: &Tensor,
    stride: usize,
    padding: usize,
    most_bytes: usize,
) -> Result<Tensor> {
    let (batch, inputs, height, width) = x.dims4()?;
    let size = kernel.dim(2)?;
    let out = |side: usize| (side + 2 * padding).saturating_sub(size) / stride + 1;
    let row_bytes = batch * inputs * size * size * out(width) * x.dtype().size_in_bytes();
    let rows = (most_bytes / row_bytes.max(1)).max(1);
    if size == 1 || rows >= out(height) {
        return x.conv2d(kernel, padding, stride, 1, 1);
    }
    let padded = x
        .pad_with_zeros(2, padding, padding)?
        .pad_with_zeros(3, padding, padding)?;
    let mut bands = Vec::new();
    for first in (0..out(height)).step_by(rows) {
        let rows = rows.min(out(height) - first);
        let band = padded
            .narrow(2, first * stride, (rows - 1) * stride + size)?
            .contiguous()?;
        bands.push(band.conv2d(kernel, 0, stride, 1, 1)?);
    }
    Tensor::cat(&bands, 2)
}

struct Convolve {
    stride: usize,
    padding: usize,
    bias: Option<Vec<f32>>,
}

/// The sizes of one convolution.
#[derive(Clone, Copy)]
struct Sizes {
    inputs: usize,
    height: usize,
    width: usize,
    outputs: usize,
    kernel: usize,
    stride: usize,
    padding: usize,
}

impl Sizes {
    fn out(self, side: usize) -> usize {
        (side + 2 * self.padding - self.kernel) / self.stride + 1
    }
}

impl CustomOp2 for Convolve {
    fn name(&self) -> &'static str {
        "convolve"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        kernel: &CpuStorage,
        kernel_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let CpuStorage::F32(x) = x else {
            candle_core::bail!("convolved in f32 alone")
        };
        let kernel = Rows::of(kernel, kernel_layout)?;
        let (batch, inputs, height, width) = x_layout.shape().dims4()?;
        let (outputs, depth, size, _) = kernel_layout.shape().dims4()?;
        if depth != inputs || height + 2 * self.padding < size || width + 2 * self.padding < size {
            candle_core::bail!(
                "a kernel of {:?} does not fit {:?}",
                kernel_layout.shape(),
                x_layout.shape()
            )
        }
        let sizes = Sizes {
            inputs,
            height,
            width,
            outputs,
            kernel: size,
            stride: self.stride,
            padding: self.padding,
        };
        let Some((start, end)) = x_layout.contiguous_offsets() else {
            candle_core::bail!("convolved contiguous alone")
        };
        let x = &x[start..end];
        let (high, wide) = (sizes.out(height), sizes.out(width));
        let mut out = vec![0f32; batch * outputs * high * wide];
        if let Some(bias) = &self.bias {
            let planes = out.chunks_exact_mut((high * wide).max(1));
            for (plane, bias) in planes.zip(bias.iter().cycle()) {
                plane.fill(*bias);
            }
        }
        let pictures = x.chunks_exact((inputs * height * width).max(1));
        for (x, out) in pictures.zip(out.chunks_exact_mut((outputs * high * wide).max(1))) {
            picture(x, kernel, out, sizes);
        }
        Ok((
            CpuStorage::F32(out),
            Shape::from((batch, outputs, high, wide)),
        ))
    }
}

/// Adds the convolution of one picture to `out`, which holds the bias.
fn picture(x: &[f32], kernel: Rows<'_>, out: &mut [f32], sizes: Sizes) {
    let (high, wide) = (sizes.out(sizes.height), sizes.out(sizes.width));
    let depth = sizes.inputs * sizes.kernel * sizes.kernel;
    let plain = sizes.kernel == 1 && sizes.stride == 1 && sizes.padding == 0;
    if plain {
        add_product(
            kernel,
            x,
            out,
            (sizes.outputs, high * wide, depth),
            high * wide,
        );
        return;
    }
    let rows = (BAND_BYTES / (4 * depth * wide)).clamp(1, high);
    let mut patches = vec![0f32; depth * rows * wide];
    for first in (0..high).step_by(rows) {
        let rows = rows.min(high - first);
        let band = rows * wide;
        let patches = &mut patches[..depth * band];
        // One row of patches for each place in the kernel: the same pixel of every patch, side by side.
        patches
            .par_chunks_exact_mut(band)
            .enumerate()
            .for_each(|(at, patches)| {
                let (channel, place) = (
                    at / (sizes.kernel * sizes.kernel),
                    at % (sizes.kernel * sizes.kernel),
                );
                let plane =
                    &x[channel * sizes.height * sizes.width..][..sizes.height * sizes.width];
                for (row, patches) in patches.chunks_exact_mut(wide).enumerate() {
                    lay_row(
                        plane,
                        patches,
                        (first + row, place / sizes.kernel, place % sizes.kernel),
                        sizes,
                    );
                }
            });
        add_product(
            kernel,
            patches,
            &mut out[first * wide..],
            (sizes.outputs, band, depth),
            high * wide,
        );
    }
}

/// Lays the pixels that one place `(down, across)` of the kernel meets along one output row.
fn lay_row(
    plane: &[f32],
    patches: &mut [f32],
    (row, down, across): (usize, usize, usize),
    sizes: Sizes,
) {
    let y = (row * sizes.stride + down).wrapping_sub(sizes.padding);
    if y >= sizes.height {
        patches.fill(0.0);
        return;
    }
    let pixels = &plane[y * sizes.width..][..sizes.width];
    if sizes.stride == 1 {
        // Whole runs of pixels, with zeros where the kernel hangs over the edge.
        let before = sizes.padding.saturating_sub(across).min(patches.len());
        let from = across.saturating_sub(sizes.padding);
        let count = (sizes.width - from.min(sizes.width)).min(patches.len() - before);
        patches[..before].fill(0.0);
        patches[before..before + count].copy_from_slice(&pixels[from..from + count]);
        patches[before + count..].fill(0.0);
    } else {
        for (column, patch) in patches.iter_mut().enumerate() {
            let x = (column * sizes.stride + across).wrapping_sub(sizes.padding);
            *patch = pixels.get(x).copied().unwrap_or(0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    #[test]
    fn it_is_the_backends_convolution() -> Result<()> {
        let device = Device::Cpu;
        for (batch, inputs, outputs, height, width, size, stride) in [
            (1, 4, 8, 16, 16, 3, 1),
            (2, 3, 5, 7, 11, 3, 1),
            (2, 6, 6, 9, 8, 3, 2),
            (1, 6, 6, 8, 9, 3, 2),
            (2, 5, 7, 6, 4, 1, 1),
            (1, 1, 1, 1, 1, 3, 1),
            // Several bands: 512 × 9 × 200 patches of 4 bytes are 3.7 MB a row.
            (1, 512, 2, 9, 200, 3, 1),
        ] {
            let x = Tensor::randn(0f32, 1f32, (batch, inputs, height, width), &device)?;
            let kernel = Tensor::randn(0f32, 1f32, (outputs, inputs, size, size), &device)?;
            let bias = Tensor::randn(0f32, 1f32, outputs, &device)?;
            let found = convolve(&x, &kernel, Some(&bias), stride, size / 2)?;
            let plain = x.conv2d(&kernel, size / 2, stride, 1, 1)?;
            let expected = plain.broadcast_add(&bias.reshape((1, (), 1, 1))?)?;
            assert_eq!(found.dims(), expected.dims());
            let apart = (found - &expected)?.abs()?.max_all()?.to_scalar::<f32>()?;
            let scale = expected.abs()?.max_all()?.to_scalar::<f32>()?;
            assert!(
                apart <= 1e-5 * scale,
                "{height} × {width}, {size}, {stride}: {apart} of {scale}"
            );
        }
        Ok(())
    }
}
