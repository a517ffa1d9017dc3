//! The parts of a model that are in memory.

use std::collections::{BTreeMap, BTreeSet};

use candle_core::{DType, Device};

use crate::lora::Deltas;
use crate::param::Param;
use crate::text_encoder::TextEncoder;
use crate::unet::Unet;
use crate::vae::Decoder;
use crate::weights::{Layer, Loader, Part, Source, Storage, Weights, WeightsError};

/// The weights of one loaded part, by name, to exchange them.
type Params = BTreeMap<String, (Param, Vec<usize>)>;

/// Loads parts, and remembers what is loaded.
pub(super) struct Models {
    weights: Weights,
    device: Device,
    storage: Storage,
    deltas: BTreeMap<Part, Deltas>,
    pub(super) unet: Option<Unet>,
    pub(super) vae: Option<Decoder>,
    params: BTreeMap<Part, Params>,
}

impl Models {
    pub(super) fn new(
        weights: Weights,
        device: Device,
        storage: Storage,
        deltas: BTreeMap<Part, Deltas>,
    ) -> Self {
        Self {
            weights,
            device,
            storage,
            deltas,
            unet: None,
            vae: None,
            params: BTreeMap::new(),
        }
    }

    pub(super) fn weights(&self) -> &Weights {
        &self.weights
    }

    pub(super) fn device(&self) -> &Device {
        &self.device
    }

    /// The type that the VAE computes in: f32 unless its configuration says that half is safe.
    pub(super) fn vae_dtype(&self) -> DType {
        if self.weights.configs.vae.force_upcast {
            DType::F32
        } else {
            self.storage.compute
        }
    }

    /// Loads what painting needs all the time: UNet and VAE.
    pub(super) fn load(&mut self) -> Result<(), WeightsError> {
        if self.unet.is_none() {
            let config = self.weights.configs.unet.clone();
            self.unet = Some(self.build(Part::Unet, |layer| Unet::new(layer, &config))?);
        }
        if self.vae.is_none() {
            let config = self.weights.configs.vae.clone();
            self.vae = Some(self.build(Part::Vae, |layer| Decoder::new(layer, &config))?);
        }
        Ok(())
    }

    /// Loads both text encoders; they are the caller's to drop.
    pub(super) fn text_encoders(&mut self) -> Result<[TextEncoder; 2], WeightsError> {
        let [first, second] = self.weights.configs.texts.clone();
        let encoders = [
            self.build(Part::TextEncoder, |layer| TextEncoder::new(layer, &first))?,
            self.build(Part::TextEncoder2, |layer| TextEncoder::new(layer, &second))?,
        ];
        // Dropped after use, so their weights are not held here.
        self.params.remove(&Part::TextEncoder);
        self.params.remove(&Part::TextEncoder2);
        Ok(encoders)
    }

    pub(super) fn release(&mut self) {
        self.unet = None;
        self.vae = None;
        self.params.clear();
    }

    /// The bytes that loaded weights take.
    pub(super) fn size(&self) -> usize {
        self.params
            .values()
            .flat_map(BTreeMap::values)
            .map(|(param, _)| param.size())
            .sum()
    }

    /// Exchanges the merged changes: those weights alone are read again that the old or the new ones touch.
    pub(super) fn set_deltas(
        &mut self,
        deltas: BTreeMap<Part, Deltas>,
    ) -> Result<(), WeightsError> {
        let old = std::mem::replace(&mut self.deltas, deltas);
        let none = Deltas::default();
        for (part, params) in &self.params {
            let before = old.get(part).unwrap_or(&none).names();
            let touched: BTreeSet<&str> = before
                .chain(self.deltas.get(part).unwrap_or(&none).names())
                .collect();
            let source = self.source(*part, &none);
            for name in touched {
                if let Some((param, shape)) = params.get(name) {
                    param.replace(source.read(name, shape)?);
                }
            }
        }
        Ok(())
    }

    fn source<'a>(&'a self, part: Part, none: &'a Deltas) -> Source<'a> {
        let (files, names) = self.weights.part(part);
        let compute = if part == Part::Vae {
            self.vae_dtype()
        } else {
            self.storage.compute
        };
        Source {
            files,
            names: *names,
            deltas: self.deltas.get(&part).unwrap_or(none),
            storage: Storage {
                compute,
                ..self.storage
            },
            device: &self.device,
        }
    }

    fn build<T>(
        &mut self,
        part: Part,
        build: impl FnOnce(&Layer<'_>) -> Result<T, WeightsError>,
    ) -> Result<T, WeightsError> {
        let none = Deltas::default();
        let source = self.source(part, &none);
        let loader = Loader::reading(&source);
        let model = build(&loader.root())?;
        let params = loader.into_params();
        self.params.insert(part, params);
        Ok(model)
    }
}
