//! Decoding in tiles that overlap, so that a large picture needs a small picture's memory.

use std::ops::{ControlFlow, Range};

use candle_core::{DType, Device, Result, Tensor};

use super::Decoder;

/// How a latent is cut for decoding, in latent pixels (8 picture pixels each).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tiling {
    /// A tile's side.
    pub(crate) side: usize,
    /// How far neighbours overlap; the pixels there fade from one to the other.
    pub(crate) overlap: usize,
}

impl Tiling {
    /// Where tiles start along a side of `length`: evenly spread, so that no thin tile remains at the end.
    fn starts(self, length: usize) -> Vec<usize> {
        if length <= self.side {
            return vec![0];
        }
        let count = (length - self.overlap).div_ceil(self.side - self.overlap);
        (0..count)
            .map(|at| at * (length - self.side) / (count - 1))
            .collect()
    }
}

/// Decodes as [`Decoder::decode`] does, tile by tile; `None` if `watch` broke it off.
///
/// A tile's group norms see that tile alone, so tiles differ a little in tone: the wide fade hides it.
/// Pixels come back in f32 on the CPU, `(1, 3, height, width)`.
pub(crate) fn decode_tiled(
    decoder: &Decoder,
    latents: &Tensor,
    tiling: Tiling,
    watch: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
) -> Result<Option<Tensor>> {
    let (_, _, height, width) = latents.dims4()?;
    let (rows, columns) = (tiling.starts(height), tiling.starts(width));
    let total = rows.len() * columns.len();
    let scale = decoder.scale();
    let (wide, high) = (width * scale, height * scale);
    let mut sums = vec![0f32; 3 * high * wide];
    let mut weights = vec![0f32; high * wide];
    for (row, top) in rows.iter().copied().enumerate() {
        for (column, left) in columns.iter().copied().enumerate() {
            if watch(row * columns.len() + column, total).is_break() {
                return Ok(None);
            }
            let (tall, broad) = (tiling.side.min(height), tiling.side.min(width));
            let tile = latents
                .narrow(2, top, tall)?
                .narrow(3, left, broad)?
                .contiguous()?;
            let pixels = decoder
                .decode(&tile)?
                .to_dtype(DType::F32)?
                .flatten_all()?
                .to_vec1::<f32>()?;
            let fade = tiling.overlap * scale;
            let down = ramp(top * scale..(top + tall) * scale, high, fade);
            let across = ramp(left * scale..(left + broad) * scale, wide, fade);
            for (y, down) in down.iter().enumerate() {
                for (x, across) in across.iter().enumerate() {
                    let at = (top * scale + y) * wide + left * scale + x;
                    let weight = down * across;
                    weights[at] += weight;
                    for channel in 0..3 {
                        let pixel = pixels[(channel * tall * scale + y) * broad * scale + x];
                        sums[channel * high * wide + at] += weight * pixel;
                    }
                }
            }
        }
    }
    for (at, sum) in sums.iter_mut().enumerate() {
        *sum /= weights[at % (high * wide)];
    }
    Ok(Some(Tensor::from_vec(
        sums,
        (1, 3, high, wide),
        &Device::Cpu,
    )?))
}

/// A tile's weight along one side: rising from its first edge and falling to its last, but for the picture's own.
fn ramp(tile: Range<usize>, whole: usize, fade: usize) -> Vec<f32> {
    let rise = |distance: usize| ((distance as f32 + 0.5) / fade.max(1) as f32).min(1.0);
    tile.clone()
        .map(|at| {
            let first = if tile.start > 0 {
                rise(at - tile.start)
            } else {
                1.0
            };
            let last = if tile.end < whole {
                rise(tile.end - 1 - at)
            } else {
                1.0
            };
            first * last
        })
        .collect()
}
