//! Half-precision weights turned into f32 as they are used.

use candle_core::{CpuStorage, CustomOp1, DType, Layout, Result, Shape, Tensor};
use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};
use rayon::prelude::*;

/// How many numbers one task widens: a few hundred KiB, which stay in a core's cache.
const CHUNK: usize = 1 << 16;

/// The tensor in another type. Half to f32 on a CPU runs on every core with the processor's own instruction.
pub(crate) fn widened(tensor: &Tensor, dtype: DType) -> Result<Tensor> {
    let half = matches!(tensor.dtype(), DType::F16 | DType::BF16);
    if half && dtype == DType::F32 && tensor.device().is_cpu() && tensor.is_contiguous() {
        tensor.apply_op1_no_bwd(&Widen)
    } else {
        tensor.to_dtype(dtype)
    }
}

struct Widen;

impl CustomOp1 for Widen {
    fn name(&self) -> &'static str {
        "widen"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let Some((start, end)) = layout.contiguous_offsets() else {
            candle_core::bail!("only whole weights are widened")
        };
        let mut wide = vec![0f32; end - start];
        match storage {
            CpuStorage::F16(halves) => widen(
                &halves[start..end],
                &mut wide,
                <[f16]>::convert_to_f32_slice,
            ),
            CpuStorage::BF16(halves) => widen(
                &halves[start..end],
                &mut wide,
                <[bf16]>::convert_to_f32_slice,
            ),
            _ => candle_core::bail!("only half-precision weights are widened"),
        }
        Ok((CpuStorage::F32(wide), layout.shape().clone()))
    }
}

fn widen<T: Sync>(halves: &[T], wide: &mut [f32], convert: fn(&[T], &mut [f32])) {
    if halves.len() <= CHUNK {
        convert(halves, wide);
    } else {
        halves
            .par_chunks(CHUNK)
            .zip(wide.par_chunks_mut(CHUNK))
            .for_each(|(halves, wide)| convert(halves, wide));
    }
}
