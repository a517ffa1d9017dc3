//! Half-precision weights turned into f32 as they are used.

use candle_core::{CpuStorage, CustomOp1, DType, Layout, Result, Shape, Tensor};
use half::slice::HalfFloatSliceExt as _;
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
            CpuStorage::F16(halves) => widen(&halves[start..end], &mut wide, widen_f16),
            CpuStorage::BF16(halves) => widen(&halves[start..end], &mut wide, widen_bf16),
            _ => candle_core::bail!("only half-precision weights are widened"),
        }
        Ok((CpuStorage::F32(wide), layout.shape().clone()))
    }
}

/// Turns as many halves as `wide` holds into f32, sixteen at a time where the processor can.
///
/// # Panics
/// Where the two differ in length.
pub(crate) fn widen_f16(halves: &[f16], wide: &mut [f32]) {
    assert_eq!(halves.len(), wide.len(), "a number for each half");
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx512f") {
        // SAFETY: the processor has what the function is compiled for.
        unsafe { widen_sixteen_at_a_time(halves, wide) };
        return;
    }
    halves.convert_to_f32_slice(wide);
}

/// bf16 is the upper half of an f32.
pub(crate) fn widen_bf16(halves: &[bf16], wide: &mut [f32]) {
    assert_eq!(halves.len(), wide.len(), "a number for each half");
    for (wide, half) in wide.iter_mut().zip(halves) {
        *wide = f32::from_bits(u32::from(half.to_bits()) << 16);
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn widen_sixteen_at_a_time(halves: &[f16], wide: &mut [f32]) {
    use std::arch::x86_64::{_mm256_loadu_si256, _mm512_cvtph_ps, _mm512_storeu_ps};

    let (sixteens, rest) = halves.as_chunks::<16>();
    let (wide, wide_rest) = wide.as_chunks_mut::<16>();
    for (halves, wide) in sixteens.iter().zip(wide) {
        // SAFETY: both are arrays of sixteen, read and written without alignment.
        unsafe {
            let halves = _mm256_loadu_si256(halves.as_ptr().cast());
            _mm512_storeu_ps(wide.as_mut_ptr(), _mm512_cvtph_ps(halves));
        }
    }
    rest.convert_to_f32_slice(wide_rest);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_is_its_number() {
        let bits: Vec<u16> = (0..=u16::MAX).chain(0..5).collect();
        let halves: Vec<f16> = bits.iter().map(|bits| f16::from_bits(*bits)).collect();
        let mut wide = vec![0f32; halves.len()];
        widen_f16(&halves, &mut wide);
        for (half, wide) in halves.iter().zip(&wide) {
            let same = half.to_f32() == *wide || half.is_nan() && wide.is_nan();
            assert!(same, "{half:?} became {wide}");
        }
        let halves: Vec<bf16> = bits.iter().map(|bits| bf16::from_bits(*bits)).collect();
        widen_bf16(&halves, &mut wide);
        for (half, wide) in halves.iter().zip(&wide) {
            let same = half.to_f32() == *wide || half.is_nan() && wide.is_nan();
            assert!(same, "{half:?} became {wide}");
        }
    }
}
