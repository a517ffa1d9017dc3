//! What is in a model's folder, and what is wrong with it, without loading it.

use std::path::{Path, PathBuf};

use candle_core::{DType, Device};

use super::loader::{Finding, HalfFiles};
use super::{Configs, Loader, Names, Part, Source, Storage, TensorFiles, Weights, WeightsError};
use crate::lora::{Deltas, Lora, LoraError, Targets};
use crate::text_encoder::TextEncoder;
use crate::unet::Unet;
use crate::vae::Decoder;

/// What was found of one part.
#[derive(Debug)]
#[non_exhaustive]
pub struct PartSurvey {
    /// Which part.
    pub part: Part,
    /// Its files, with their sizes in bytes.
    pub files: Vec<(PathBuf, u64)>,
    /// How many numbers its weights have.
    pub parameters: u64,
    /// How many of its tensors are stored in each type, `f16` and so on.
    pub types: Vec<(&'static str, usize)>,
    /// Everything that is wrong, each named with its path.
    pub problems: Vec<WeightsError>,
}

/// How a LoRA fits a model.
#[derive(Debug)]
#[non_exhaustive]
pub struct LoraMatch {
    /// Layers that it changes and the model has.
    pub matched: usize,
    /// The keys of layers that the model does not have.
    pub unmatched: Vec<String>,
    /// Why it cannot be merged, if it cannot.
    pub problem: Option<LoraError>,
}

/// What was found of a model.
#[derive(Debug)]
#[non_exhaustive]
pub struct Survey {
    /// Each part, in the order of use.
    pub parts: Vec<PartSurvey>,
    /// What is wrong beside the weights: configurations, tokenizers, scheduler.
    pub problems: Vec<WeightsError>,
    targets: Targets,
}

impl Survey {
    /// Looks through a folder in diffusers' layout, or a single-file checkpoint, and collects everything that is
    /// wrong. Every number is looked at, which takes as long as reading the files.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        let single = path.is_file();
        let folder = (!single).then_some(path);
        let configs = match Configs::open(folder) {
            Ok(configs) => configs,
            Err(problem) => {
                return Self {
                    parts: Vec::new(),
                    problems: vec![problem],
                    targets: Targets::default(),
                };
            }
        };
        let mut targets = Targets::default();
        let mut parts = Vec::new();
        for part in Part::ALL {
            let files = if single {
                TensorFiles::open(path).map(|files| (files, configs.original_names(part)))
            } else {
                TensorFiles::open_folder(&path.join(part.folder()))
                    .map(|files| (files, Names::Diffusers))
            };
            parts.push(match files {
                Ok((files, names)) => survey_part(part, &files, names, &configs, &mut targets),
                Err(problem) => PartSurvey {
                    part,
                    files: Vec::new(),
                    parameters: 0,
                    types: Vec::new(),
                    problems: vec![problem],
                },
            });
        }
        let broken = parts.iter().any(|part| !part.problems.is_empty());
        // What is beside the weights shows in opening the whole, once the weights themselves are in order.
        let problems = if broken {
            Vec::new()
        } else {
            Weights::open(path).err().into_iter().collect()
        };
        Self {
            parts,
            problems,
            targets,
        }
    }

    /// Whether the model can be loaded.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.problems.is_empty() && self.parts.iter().all(|part| part.problems.is_empty())
    }

    /// How a LoRA fits.
    ///
    /// # Errors
    /// The file cannot be read as a LoRA.
    pub fn lora(&self, path: &Path) -> Result<LoraMatch, LoraError> {
        let lora = Lora::open(path)?;
        let unmatched: Vec<String> = lora.unmatched(&self.targets).map(str::to_owned).collect();
        let matched = lora.layers() - unmatched.len();
        let problem =
            crate::lora::resolve(&[(lora, 1.0)], &self.targets, crate::UnmatchedKeys::Ignore).err();
        Ok(LoraMatch {
            matched,
            unmatched,
            problem,
        })
    }
}

fn survey_part(
    part: Part,
    files: &TensorFiles,
    names: Names,
    configs: &Configs,
    targets: &mut Targets,
) -> PartSurvey {
    let mut survey = PartSurvey {
        part,
        files: files
            .paths()
            .map(|(path, size)| (path.to_owned(), size))
            .collect(),
        parameters: 0,
        types: Vec::new(),
        problems: Vec::new(),
    };
    let none = Deltas::default();
    let source = source(files, names, &none);
    for finding in findings(part, files, names, configs) {
        targets.add(part, &finding.name, &finding.shape, configs.unet.layers(0));
        survey.parameters += finding.shape.iter().product::<usize>() as u64;
        let found = finding.found.and_then(|_| {
            let (original, _, entry) = source.locate(&finding.name, &finding.shape)?;
            files.check(&original, entry)
        });
        match found {
            Ok(dtype) => match survey
                .types
                .iter_mut()
                .find(|(name, _)| *name == dtype.as_str())
            {
                Some((_, count)) => *count += 1,
                None => survey.types.push((dtype.as_str(), 1)),
            },
            Err(problem) => survey.problems.push(problem),
        }
    }
    survey
}

/// A part's files as they are, with nothing merged.
fn source<'a>(files: &'a TensorFiles, names: Names, none: &'a Deltas) -> Source<'a> {
    Source {
        files,
        names,
        deltas: none,
        storage: Storage {
            compute: DType::F32,
            half: HalfFiles::Kept,
        },
        device: &Device::Cpu,
    }
}

/// Every weight of a part, with its type or what is wrong with it.
fn findings(part: Part, files: &TensorFiles, names: Names, configs: &Configs) -> Vec<Finding> {
    let none = Deltas::default();
    let source = source(files, names, &none);
    let loader = Loader::surveying(&source);
    let built = match part {
        Part::TextEncoder => TextEncoder::new(&loader.root(), &configs.texts[0]).map(drop),
        Part::TextEncoder2 => TextEncoder::new(&loader.root(), &configs.texts[1]).map(drop),
        Part::Unet => Unet::new(&loader.root(), &configs.unet).map(drop),
        Part::Vae => Decoder::new(&loader.root(), &configs.vae).map(drop),
    };
    let mut findings = loader.into_findings();
    if let Err(problem) = built {
        findings.push(Finding {
            name: part.folder().to_owned(),
            shape: vec![0],
            found: Err(problem),
        });
    }
    findings
}

/// Every weight of a model that a LoRA may change.
pub(crate) fn targets(weights: &Weights) -> Targets {
    let mut targets = Targets::default();
    for part in [Part::TextEncoder, Part::TextEncoder2, Part::Unet] {
        let (files, names) = weights.part(part);
        for finding in findings(part, files, *names, &weights.configs) {
            targets.add(
                part,
                &finding.name,
                &finding.shape,
                weights.configs.unet.layers(0),
            );
        }
    }
    targets
}
