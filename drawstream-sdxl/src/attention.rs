//! Scaled dot-product attention that never holds all scores at once.

use candle_core::{DType, Device, Result, Tensor};

use crate::layers::multiplied;
use crate::widen::widened;

/// How many bytes of scores are held at a time: what a CPU's caches make quick, and a small part of a card's memory
/// (in half precision, three times as much with the softmax and the rounded copies).
fn score_bytes(device: &Device) -> usize {
    if device.is_cpu() { 32 << 20 } else { 64 << 20 }
}

/// Which positions a query may look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mask {
    /// All of them.
    None,
    /// Its own and those before it: text.
    Causal,
}

/// Attends with `heads` heads: `query` is `(batch, n, width)`, `key` and `value` are `(batch, m, width)`.
///
/// Sliced over the queries, so that memory does not grow with `n × m`; each row of scores is whole, so that the
/// slices change nothing. In half precision the softmax is computed in f32.
pub(crate) fn attend(
    query: &Tensor,
    key: &Tensor,
    value: &Tensor,
    heads: usize,
    mask: Mask,
) -> Result<Tensor> {
    let (batch, rows, width) = query.dims3()?;
    let columns = key.dim(1)?;
    let depth = width / heads;
    let split = |x: &Tensor, length: usize| {
        x.reshape((batch, length, heads, depth))?
            .transpose(1, 2)?
            .contiguous()
    };
    #[cfg(feature = "flash-attn")]
    if query.device().is_cuda() && query.dtype() != DType::F32 && depth <= 256 && mask == Mask::None
    {
        let apart = |x: &Tensor, length: usize| x.reshape((batch, length, heads, depth));
        let scale = 1.0 / (depth as f32).sqrt();
        let (query, key, value) = (
            apart(query, rows)?,
            apart(key, columns)?,
            apart(value, columns)?,
        );
        return candle_flash_attn::flash_attn(&query, &key, &value, scale, false)?
            .reshape((batch, rows, width));
    }
    let (dtype, wide) = (query.dtype(), multiplied(query));
    let query = (split(&widened(query, wide)?, rows)? * (1.0 / (depth as f64).sqrt()))?;
    let key = split(&widened(key, wide)?, columns)?.transpose(2, 3)?;
    let value = split(&widened(value, wide)?, columns)?;
    let slice = (score_bytes(query.device()) / (4 * batch * heads * columns)).clamp(1, rows);
    let mut parts = Vec::with_capacity(rows.div_ceil(slice));
    for first in (0..rows).step_by(slice) {
        let count = slice.min(rows - first);
        let mut scores = query
            .narrow(2, first, count)?
            .contiguous()?
            .matmul(&key)?
            .to_dtype(DType::F32)?;
        if mask == Mask::Causal {
            scores = scores.broadcast_add(&causal(first, count, columns, scores.device())?)?;
        }
        let weights = candle_nn::ops::softmax_last_dim(&scores)?.to_dtype(value.dtype())?;
        parts.push(weights.matmul(&value)?);
    }
    let whole = if parts.len() == 1 {
        parts.remove(0)
    } else {
        Tensor::cat(&parts, 2)?
    };
    whole
        .to_dtype(dtype)?
        .transpose(1, 2)?
        .reshape((batch, rows, width))
}

fn causal(first: usize, rows: usize, columns: usize, device: &Device) -> Result<Tensor> {
    let mask: Vec<f32> = (0..rows)
        .flat_map(|row| {
            (0..columns).map(move |column| {
                if column > first + row {
                    f32::NEG_INFINITY
                } else {
                    0.0
                }
            })
        })
        .collect();
    Tensor::from_vec(mask, (rows, columns), device)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, with all scores at once.
    fn whole(query: &Tensor, key: &Tensor, value: &Tensor, heads: usize) -> Result<Tensor> {
        let (batch, rows, width) = query.dims3()?;
        let depth = width / heads;
        let split = |x: &Tensor| {
            x.reshape((batch, (), heads, depth))?
                .transpose(1, 2)?
                .contiguous()
        };
        let scores = (split(query)?.matmul(&split(key)?.t()?)? * (1.0 / (depth as f64).sqrt()))?;
        let weights = candle_nn::ops::softmax_last_dim(&scores)?;
        weights
            .matmul(&split(value)?)?
            .transpose(1, 2)?
            .reshape((batch, rows, width))
    }

    #[test]
    fn slices_change_nothing() -> Result<()> {
        let device = Device::Cpu;
        // 3000 × 3000 scores of two heads are 72 MB: more than two slices.
        let [query, key, value] = [1, 2, 3]
            .map(|_| Tensor::randn(0f32, 1f32, (1, 3000, 16), &device).expect("memory for a test"));
        let difference =
            (attend(&query, &key, &value, 2, Mask::None)? - whole(&query, &key, &value, 2)?)?;
        assert!(difference.abs()?.max_all()?.to_scalar::<f32>()? < 1e-6);
        Ok(())
    }
}
