//! The few kinds of layer that all of SDXL is made of.

use candle_core::{DType, Result, Tensor};

use crate::convolution::{convolve, convolve_on_card};
use crate::param::Param;
use crate::product::project;
use crate::weights::{Layer, WeightsError};
use crate::widen::widened;

/// Whether the processor's maker multiplies, by a library of its own that wants weights in f32.
const VENDORS_PRODUCTS: bool = cfg!(any(feature = "mkl", feature = "accelerate"));

/// `x · Wᵀ + b` over the last dimension.
#[derive(Clone, Debug)]
pub(crate) struct Linear {
    weight: Param,
    bias: Option<Param>,
}

impl Linear {
    pub(crate) fn new(
        layer: &Layer<'_>,
        inputs: usize,
        outputs: usize,
    ) -> std::result::Result<Self, WeightsError> {
        let mut linear = Self::without_bias(layer, inputs, outputs)?;
        linear.bias = Some(layer.param("bias", &[outputs])?);
        Ok(linear)
    }

    pub(crate) fn without_bias(
        layer: &Layer<'_>,
        inputs: usize,
        outputs: usize,
    ) -> std::result::Result<Self, WeightsError> {
        Ok(Self {
            weight: layer.param("weight", &[outputs, inputs])?,
            bias: None,
        })
    }

    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let dtype = multiplied(x);
        let mut shape = x.dims().to_vec();
        let inputs = shape.pop().unwrap_or(1);
        let rows: usize = shape.iter().product();
        let wide = widened(&x.reshape((rows, inputs))?, dtype)?;
        let y = if x.device().is_cpu() && !VENDORS_PRODUCTS {
            let bias = self.bias.as_ref().map(Param::stored);
            project(&wide, &self.weight.stored(), bias.as_ref())?
        } else {
            let y = wide.matmul(&self.weight.read(dtype)?.t()?)?;
            match &self.bias {
                Some(bias) => y.broadcast_add(&bias.read(dtype)?)?,
                None => y,
            }
        };
        shape.push(y.dim(1)?);
        y.to_dtype(x.dtype())?.reshape(shape)
    }
}

/// The type that products with a tensor are computed in: CPUs multiply in f32, and half precision is rounded after.
pub(crate) fn multiplied(x: &Tensor) -> DType {
    if x.device().is_cpu() {
        DType::F32
    } else {
        x.dtype()
    }
}

/// A square convolution over `(batch, channels, height, width)`.
#[derive(Clone, Debug)]
pub(crate) struct Conv2d {
    weight: Param,
    bias: Option<Param>,
    stride: usize,
    padding: usize,
}

impl Conv2d {
    /// A kernel of `size`, padded so that stride 1 keeps height and width.
    pub(crate) fn new(
        layer: &Layer<'_>,
        inputs: usize,
        outputs: usize,
        size: usize,
    ) -> std::result::Result<Self, WeightsError> {
        let mut conv = Self::without_bias(layer, inputs, outputs, size)?;
        conv.bias = Some(layer.param("bias", &[outputs])?);
        Ok(conv)
    }

    pub(crate) fn without_bias(
        layer: &Layer<'_>,
        inputs: usize,
        outputs: usize,
        size: usize,
    ) -> std::result::Result<Self, WeightsError> {
        Ok(Self {
            weight: layer.param("weight", &[outputs, inputs, size, size])?,
            bias: None,
            stride: 1,
            padding: size / 2,
        })
    }

    pub(crate) fn with_stride(mut self, stride: usize) -> Self {
        self.stride = stride;
        self
    }

    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        if x.device().is_cpu() {
            // CPUs multiply in f32: there is no bf16 convolution, and a slow f16 one.
            let (wide, kernel) = (widened(x, DType::F32)?, self.weight.stored());
            let bias = self.bias.as_ref().map(Param::stored);
            let y = convolve(&wide, &kernel, bias.as_ref(), self.stride, self.padding)?;
            return y.to_dtype(x.dtype());
        }
        let kernel = self.weight.read(x.dtype())?;
        let y = convolve_on_card(x, &kernel, self.stride, self.padding)?;
        match &self.bias {
            Some(bias) => y.broadcast_add(&bias.read(x.dtype())?.reshape((1, (), 1, 1))?),
            None => Ok(y),
        }
    }
}

/// Normalises groups of channels over all pixels.
#[derive(Clone, Debug)]
pub(crate) struct GroupNorm {
    inner: Affine,
    groups: usize,
    epsilon: f64,
}

impl GroupNorm {
    pub(crate) fn new(
        layer: &Layer<'_>,
        groups: usize,
        channels: usize,
        epsilon: f64,
    ) -> std::result::Result<Self, WeightsError> {
        Ok(Self {
            inner: Affine::new(layer, channels)?,
            groups,
            epsilon,
        })
    }

    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (weight, bias) = self.inner.read(x)?;
        let channels = weight.elem_count();
        let norm = candle_nn::GroupNorm::new(weight, bias, channels, self.groups, self.epsilon)?;
        candle_nn::Module::forward(&norm, x)
    }
}

/// Normalises the last dimension.
#[derive(Clone, Debug)]
pub(crate) struct LayerNorm {
    inner: Affine,
    epsilon: f32,
}

impl LayerNorm {
    pub(crate) fn new(
        layer: &Layer<'_>,
        width: usize,
        epsilon: f64,
    ) -> std::result::Result<Self, WeightsError> {
        Ok(Self {
            inner: Affine::new(layer, width)?,
            epsilon: epsilon as f32,
        })
    }

    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (weight, bias) = self.inner.read(x)?;
        candle_nn::ops::layer_norm(&x.contiguous()?, &weight, &bias, self.epsilon)
    }
}

/// The scale and shift that follow a normalisation.
#[derive(Clone, Debug)]
struct Affine {
    weight: Param,
    bias: Param,
}

impl Affine {
    fn new(layer: &Layer<'_>, width: usize) -> std::result::Result<Self, WeightsError> {
        Ok(Self {
            weight: layer.param("weight", &[width])?,
            bias: layer.param("bias", &[width])?,
        })
    }

    fn read(&self, x: &Tensor) -> Result<(Tensor, Tensor)> {
        Ok((self.weight.read(x.dtype())?, self.bias.read(x.dtype())?))
    }
}
