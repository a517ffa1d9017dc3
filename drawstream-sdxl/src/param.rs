//! One weight of a loaded model.

use std::sync::{Arc, PoisonError, RwLock};

use candle_core::{DType, Device, Result, Tensor};

use crate::widen::widened;

/// A weight, shared between the layer that uses it and the engine that exchanges it when LoRAs change.
///
/// It may be stored in a smaller type than the computation's: it is then widened whenever it is read, so that a
/// model of half-precision files computes in f32 without a second, larger copy of itself.
#[derive(Clone, Debug)]
pub(crate) struct Param(Arc<RwLock<Tensor>>);

impl Param {
    pub(crate) fn new(tensor: Tensor) -> Self {
        Self(Arc::new(RwLock::new(tensor)))
    }

    /// The weight as it is kept.
    pub(crate) fn stored(&self) -> Tensor {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The weight in the type of the computation.
    pub(crate) fn read(&self, dtype: DType) -> Result<Tensor> {
        widened(&self.stored(), dtype)
    }

    /// Some rows of a table, in the type of the computation, without widening the whole table.
    pub(crate) fn read_rows(&self, rows: &[u32], dtype: DType, device: &Device) -> Result<Tensor> {
        self.stored()
            .index_select(&Tensor::new(rows, device)?, 0)?
            .to_dtype(dtype)
    }

    pub(crate) fn replace(&self, tensor: Tensor) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = tensor;
    }

    /// The bytes that the weight takes on its device.
    pub(crate) fn size(&self) -> usize {
        let tensor = self.0.read().unwrap_or_else(PoisonError::into_inner);
        tensor.elem_count() * tensor.dtype().size_in_bytes()
    }
}
