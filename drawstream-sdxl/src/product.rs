//! Products with weights on the CPU, where most of the time of a picture goes.
//!
//! A weight is used as it lies in its file: a panel of its rows at a time, a stretch of each row at a time, widened
//! into a core's cache just before it is multiplied. So no weight is ever written to memory in f32, none is packed
//! (the columns are, once for hundreds of rows), and each core has panels of its own.

use candle_core::{CpuStorage, CustomOp2, DType, Layout, Result, Shape, Tensor};
use gemm::Parallelism;
use half::{bf16, f16};
use rayon::prelude::*;

use crate::widen::{widen_bf16, widen_f16};

/// How many numbers of a panel are widened at a time: 1 MiB in f32, half of what a core's second cache holds.
const WIDENED: usize = 1 << 18;

/// The most rows of a panel. The columns are packed once for each panel, so that panels should be high.
const PANEL: usize = 1024;

/// Rows are dealt in multiples of what one register tile of the product takes.
const TILE: usize = 6;

/// The side of the squares that a transposition goes by: two of them fit a core's first cache.
const SQUARE: usize = 32;

/// The rows of a weight, of any type that weights have.
#[derive(Clone, Copy)]
pub(crate) enum Rows<'a> {
    F32(&'a [f32]),
    F16(&'a [f16]),
    Bf16(&'a [bf16]),
}

impl<'a> Rows<'a> {
    /// The numbers of a contiguous weight.
    pub(crate) fn of(storage: &'a CpuStorage, layout: &Layout) -> Result<Self> {
        let Some((start, end)) = layout.contiguous_offsets() else {
            candle_core::bail!("weights are multiplied whole")
        };
        Ok(match storage {
            CpuStorage::F32(numbers) => Self::F32(&numbers[start..end]),
            CpuStorage::F16(numbers) => Self::F16(&numbers[start..end]),
            CpuStorage::BF16(numbers) => Self::Bf16(&numbers[start..end]),
            _ => candle_core::bail!("weights are f32, f16 or bf16"),
        })
    }

    fn len(self) -> usize {
        match self {
            Self::F32(numbers) => numbers.len(),
            Self::F16(numbers) => numbers.len(),
            Self::Bf16(numbers) => numbers.len(),
        }
    }

    /// Writes `wide.len()` numbers from `start` on as f32.
    fn widen(self, start: usize, wide: &mut [f32]) {
        let end = start + wide.len();
        match self {
            Self::F32(numbers) => wide.copy_from_slice(&numbers[start..end]),
            Self::F16(numbers) => widen_f16(&numbers[start..end], wide),
            Self::Bf16(numbers) => widen_bf16(&numbers[start..end], wide),
        }
    }
}

/// `out += weight · columns`: `weight` is `(m, k)`, `columns` is `(k, n)`, `out` is `(m, ·)` with its rows `out_stride`
/// numbers apart, all row by row.
pub(crate) fn add_product(
    weight: Rows<'_>,
    columns: &[f32],
    out: &mut [f32],
    (m, n, k): (usize, usize, usize),
    out_stride: usize,
) {
    if m == 0 || n == 0 || k == 0 {
        return;
    }
    let holds = weight.len() >= m * k
        && columns.len() >= k * n
        && out_stride >= n
        && out.len() >= (m - 1) * out_stride + n;
    assert!(holds, "the matrices' sizes come from the tensors' shapes");
    let each = m.div_ceil(rayon::current_num_threads());
    let panel = each.next_multiple_of(TILE).min(PANEL);
    out[..(m - 1) * out_stride + n]
        .par_chunks_mut(panel * out_stride)
        .enumerate()
        .for_each(|(at, out)| {
            let first = at * panel;
            let rows = panel.min(m - first);
            add_panel(weight, first, columns, out, (rows, n, k), out_stride);
        });
}

/// The part of the product that the rows from `first` on have.
fn add_panel(
    weight: Rows<'_>,
    first: usize,
    columns: &[f32],
    out: &mut [f32],
    (rows, n, k): (usize, usize, usize),
    out_stride: usize,
) {
    if let Rows::F32(numbers) = weight {
        let left = (&numbers[first * k..], k);
        multiply_add(left, columns, out, (rows, n, k), out_stride);
        return;
    }
    let stretch = (WIDENED / rows).clamp(1, k);
    let mut wide = vec![0f32; rows * stretch];
    for start in (0..k).step_by(stretch) {
        let length = stretch.min(k - start);
        for (row, wide) in wide.chunks_exact_mut(length).take(rows).enumerate() {
            weight.widen((first + row) * k + start, wide);
        }
        let left = (&wide[..], length);
        let columns = &columns[start * n..];
        multiply_add(left, columns, out, (rows, n, length), out_stride);
    }
}

/// `out += left · columns` on this core; `left` is given with the distance of its rows.
fn multiply_add(
    (left, left_stride): (&[f32], usize),
    columns: &[f32],
    out: &mut [f32],
    (m, n, k): (usize, usize, usize),
    out_stride: usize,
) {
    let holds = left.len() >= (m - 1) * left_stride + k
        && columns.len() >= k * n
        && out.len() >= (m - 1) * out_stride + n;
    assert!(holds, "panels lie within their matrices");
    // SAFETY: the assertion above keeps every element that the sizes and strides reach within its slice, and `out`
    // is borrowed mutably, so that it overlaps neither of the others.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            out_stride as isize,
            true,
            left.as_ptr(),
            1,
            left_stride as isize,
            columns.as_ptr(),
            1,
            n as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

/// `x · Wᵀ + b` for f32 `x` `(rows, inputs)` and a weight `(outputs, inputs)` of any type.
pub(crate) fn project(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    let bias = bias.map(numbers).transpose()?;
    x.contiguous()?
        .apply_op2_no_bwd(&weight.contiguous()?, &Project { bias })
}

/// A small weight's numbers in f32.
pub(crate) fn numbers(tensor: &Tensor) -> Result<Vec<f32>> {
    tensor.to_dtype(DType::F32)?.flatten_all()?.to_vec1()
}

struct Project {
    bias: Option<Vec<f32>>,
}

impl CustomOp2 for Project {
    fn name(&self) -> &'static str {
        "project"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (rows, inputs) = x_layout.shape().dims2()?;
        let (outputs, depth) = weight_layout.shape().dims2()?;
        let (CpuStorage::F32(x), Some((start, end))) = (x, x_layout.contiguous_offsets()) else {
            candle_core::bail!("projected from contiguous f32 alone")
        };
        if depth != inputs || self.bias.as_ref().is_some_and(|bias| bias.len() != outputs) {
            let weight = weight_layout.shape();
            candle_core::bail!("a projection by {weight:?} does not fit rows of {inputs}")
        }
        let weight = Rows::of(weight, weight_layout)?;
        // The weight's rows against the picture's, which stand as columns: the smaller of the two is what is turned.
        let columns = transposed(&x[start..end], inputs);
        let mut out = vec![0f32; outputs * rows];
        if let Some(bias) = &self.bias {
            for (out, bias) in out.chunks_exact_mut(rows.max(1)).zip(bias) {
                out.fill(*bias);
            }
        }
        add_product(weight, &columns, &mut out, (outputs, rows, inputs), rows);
        let out = transposed(&out, rows);
        Ok((CpuStorage::F32(out), Shape::from((rows, outputs))))
    }
}

/// A matrix of rows of `width` numbers, turned around.
fn transposed(matrix: &[f32], width: usize) -> Vec<f32> {
    let height = matrix.len() / width.max(1);
    if height <= 1 || width <= 1 {
        return matrix.to_vec();
    }
    let mut turned = vec![0f32; matrix.len()];
    turned
        .par_chunks_mut(SQUARE * height)
        .enumerate()
        .for_each(|(at, turned)| {
            let left = at * SQUARE;
            for top in (0..height).step_by(SQUARE) {
                let bottom = (top + SQUARE).min(height);
                for (column, turned) in turned.chunks_exact_mut(height).enumerate() {
                    for (row, turned) in (top..bottom).zip(&mut turned[top..bottom]) {
                        *turned = matrix[row * width + left + column];
                    }
                }
            }
        });
    turned
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    fn apart(found: &Tensor, expected: &Tensor) -> Result<f32> {
        let scale = expected.abs()?.max_all()?.to_scalar::<f32>()?;
        Ok((found - expected)?.abs()?.max_all()?.to_scalar::<f32>()? / scale)
    }

    #[test]
    fn a_projection_is_the_backends_in_every_type_and_shape() -> Result<()> {
        let device = Device::Cpu;
        // Several panels, several stretches, single rows and columns, sizes that no tile divides.
        for (rows, inputs, outputs) in [
            (1, 1, 1),
            (1, 300, 7),
            (2, 1280, 33),
            (77, 40, 1),
            (33, 5, 2500),
            (130, 1500, 700),
        ] {
            let x = Tensor::randn(0f32, 1f32, (rows, inputs), &device)?;
            let weight = Tensor::randn(0f32, 1f32, (outputs, inputs), &device)?;
            let bias = Tensor::randn(0f32, 1f32, outputs, &device)?;
            for dtype in [DType::F32, DType::F16, DType::BF16] {
                let (weight, bias) = (weight.to_dtype(dtype)?, bias.to_dtype(dtype)?);
                let plain = x.matmul(&weight.to_dtype(DType::F32)?.t()?)?;
                let found = project(&x, &weight, None)?;
                let off = apart(&found, &plain)?;
                assert!(
                    off <= 1e-5,
                    "{rows} × {inputs} × {outputs}, {dtype:?}: {off}"
                );
                let biased = plain.broadcast_add(&bias.to_dtype(DType::F32)?)?;
                let off = apart(&project(&x, &weight, Some(&bias))?, &biased)?;
                assert!(off <= 1e-5, "with a bias: {off}");
            }
        }
        Ok(())
    }

    #[test]
    fn what_does_not_fit_is_an_error() -> Result<()> {
        let x = Tensor::zeros((2, 3), DType::F32, &Device::Cpu)?;
        let weight = Tensor::zeros((5, 4), DType::F16, &Device::Cpu)?;
        let error = project(&x, &weight, None).expect_err("rows of 3 against rows of 4");
        assert!(error.to_string().contains("[5, 4]"), "{error}");
        Ok(())
    }
}
