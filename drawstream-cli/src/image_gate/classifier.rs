//! The [`Classifier`]: an ONNX model that gives a picture a score for each class.

use std::fs::File;
use std::io::Read as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use drawstream_core::image_gate::{ImageClass, ImageGate, ImageGateError, ImageScores};
use image::{Rgb, RgbImage};
use tract_onnx::prelude::*;

/// The largest model in bytes; those for this task have some ten million.
const LARGEST: u64 = 512 << 20;
/// Pixels along a side of what a model looks at.
const SIDES: std::ops::RangeInclusive<usize> = 8..=1024;
/// Where the file says in which order the scores come: by ONNX's own field for notes.
const CLASSES: &str = "onnx.metadata_props.classes";
/// How far beyond 0 and 1 a score may lie by rounding alone.
const ROUNDING: f32 = 1e-3;

/// Why a file is no model for the image gate.
#[derive(Debug, thiserror::Error)]
pub(super) enum ModelError {
    #[error("cannot read it")]
    Unreadable(#[from] std::io::Error),
    #[error("it is larger than {} MiB", LARGEST >> 20)]
    TooLarge,
    #[error("it is no ONNX model that can be run: {0}")]
    NotOnnx(String),
    #[error("it takes {0}, and an image gate's takes one picture: 1, 3, side, side floats")]
    NotAPicture(String),
    #[error("it gives {0}, and an image gate's gives 1, 5 floats")]
    NotScores(String),
    #[error("its classes are {0:?}, and an image gate's are {1:?}")]
    OtherClasses(String, String),
    #[error("it does not work on a test picture: {0}")]
    DoesNotWork(#[from] ImageGateError),
}

/// A model, ready to run.
pub(super) struct Classifier {
    plan: Arc<TypedRunnableModel>,
    /// Pixels along each side of what it looks at.
    side: usize,
}

impl std::fmt::Debug for Classifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Classifier")
            .field("side", &self.side)
            .finish_non_exhaustive()
    }
}

impl Classifier {
    /// Reads a model, makes it ready, and tries it.
    ///
    /// # Errors
    /// [`ModelError`], with what it has in the place of what is needed.
    pub(super) fn open(path: &Path) -> Result<Self, ModelError> {
        let mut bytes = Vec::new();
        File::open(path)?
            .take(LARGEST + 1)
            .read_to_end(&mut bytes)?;
        if bytes.len() as u64 > LARGEST {
            return Err(ModelError::TooLarge);
        }
        // The runtime trusts files more than we do.
        let read = catch_unwind(AssertUnwindSafe(|| Self::read(&bytes)));
        let classifier =
            read.unwrap_or_else(|_| Err(ModelError::NotOnnx("the runtime broke".to_owned())))?;
        let test = RgbImage::from_fn(64, 48, |x, y| Rgb([(x * 4) as u8, (y * 5) as u8, 128]));
        classifier.scores(&test)?;
        Ok(classifier)
    }

    fn read(mut bytes: &[u8]) -> Result<Self, ModelError> {
        let not_onnx = |error: TractError| ModelError::NotOnnx(format!("{error:#}"));
        let model = onnx().model_for_read(&mut bytes);
        let model = model.map_err(not_onnx)?;
        let ours = ImageClass::ALL.map(ImageClass::name).join(",");
        let classes = model.properties.get(CLASSES);
        let classes = classes.and_then(|tensor| {
            let texts = tensor.to_plain_array_view::<String>().ok()?;
            texts.first().cloned()
        });
        let classes = classes.unwrap_or_default();
        if classes != ours {
            return Err(ModelError::OtherClasses(classes, ours));
        }
        let model = model.into_optimized().map_err(not_onnx)?;
        let side = Self::side(&model)?;
        let gives = model.output_fact(0).map_err(not_onnx)?;
        let is_scores = gives.datum_type == f32::datum_type()
            && gives.shape.as_concrete() == Some(&[1, ImageClass::ALL.len()][..]);
        if !is_scores || model.outputs.len() != 1 {
            return Err(ModelError::NotScores(format!("{gives:?}")));
        }
        let plan = model.into_runnable().map_err(not_onnx)?;
        Ok(Self { plan, side })
    }

    fn side(model: &TypedModel) -> Result<usize, ModelError> {
        let not_onnx = |error: TractError| ModelError::NotOnnx(format!("{error:#}"));
        let takes = model.input_fact(0).map_err(not_onnx)?;
        match takes.shape.as_concrete() {
            Some(&[1, 3, height, width])
                if height == width
                    && SIDES.contains(&width)
                    && takes.datum_type == f32::datum_type()
                    && model.inputs.len() == 1 =>
            {
                Ok(width)
            }
            Some(_) | None => Err(ModelError::NotAPicture(format!("{takes:?}"))),
        }
    }
}

impl ImageGate for Classifier {
    fn scores(&self, picture: &RgbImage) -> Result<ImageScores, ImageGateError> {
        if picture.width() == 0 || picture.height() == 0 {
            return Err(ImageGateError::Empty);
        }
        let failed = |error: TractError| ImageGateError::Failed(format!("{error:#}"));
        let side = self.side;
        let input = Tensor::from_shape(&[1, 3, side, side], &planes(picture, side));
        let input = input.map_err(failed)?;
        let outputs = self.plan.run(tvec!(input.into())).map_err(failed)?;
        let scores = outputs.first().ok_or(ImageGateError::NotScores)?;
        let scores = scores.to_plain_array_view::<f32>().map_err(failed)?;
        let mut found = [f32::NAN; 5];
        for (found, &score) in found.iter_mut().zip(&scores) {
            if (-ROUNDING..=1.0 + ROUNDING).contains(&score) {
                *found = score.clamp(0.0, 1.0);
            }
        }
        ImageScores::new(found).ok_or(ImageGateError::NotScores)
    }
}

/// A picture in the size that the model looks at: all red, all green, all blue, each `0.0..=1.0`.
///
/// Each corner stays a corner and what is between is mixed of the four nearest pixels, without regard to those that
/// are left out: so the models were taught to see.
fn planes(picture: &RgbImage, side: usize) -> Vec<f32> {
    let across = places(picture.width(), side);
    let down = places(picture.height(), side);
    let mut planes = vec![0.0; 3 * side * side];
    for (y, &(top, bottom, v)) in down.iter().enumerate() {
        for (x, &(left, right, u)) in across.iter().enumerate() {
            let at = |x, y| picture.get_pixel(x, y).0;
            let (a, b) = (at(left, top), at(right, top));
            let (c, d) = (at(left, bottom), at(right, bottom));
            for channel in 0..3 {
                let light = |pixel: [u8; 3]| f32::from(pixel[channel]) / 255.0;
                let upper = light(a) + (light(b) - light(a)) * u;
                let lower = light(c) + (light(d) - light(c)) * u;
                planes[(channel * side + y) * side + x] = upper + (lower - upper) * v;
            }
        }
    }
    planes
}

/// For each of `side` places along a line of `pixels`: the pixel before it, the one after it, and how far it is
/// between them.
fn places(pixels: u32, side: usize) -> Vec<(u32, u32, f32)> {
    let last = pixels - 1;
    let step = last as f32 / (side - 1) as f32;
    let place = |n: usize| {
        let at = n as f32 * step;
        let before = (at as u32).min(last);
        (before, (before + 1).min(last), at - before as f32)
    };
    (0..side).map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Red is `porn`, green `neutral`, blue `drawing`: `benches/nsfw_onnx.py --fixture` makes it.
    const COLORS: &[u8] = include_bytes!("../../../fixtures/image_gate/colors.onnx");

    fn opened(bytes: &[u8]) -> Result<Classifier, ModelError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.onnx");
        std::fs::write(&path, bytes).unwrap();
        Classifier::open(&path)
    }

    #[test]
    fn a_model_is_read_from_its_file_and_run_on_pictures_of_any_size() {
        let classifier = opened(COLORS).unwrap();
        let sure = |class: ImageClass, color: [u8; 3], size: (u32, u32)| {
            let picture = RgbImage::from_pixel(size.0, size.1, Rgb(color));
            let scores = classifier.scores(&picture).unwrap();
            // e⁸ of e⁸ and four times e⁰.
            let expected = 2980.958 / 2984.958;
            assert!((scores.of(class) - expected).abs() < 1e-4, "{scores:?}");
        };
        sure(ImageClass::Porn, [255, 0, 0], (32, 32));
        sure(ImageClass::Neutral, [0, 255, 0], (1024, 768));
        sure(ImageClass::Drawing, [0, 0, 255], (1, 1));
        let empty = classifier.scores(&RgbImage::new(0, 4));
        assert_eq!(empty, Err(ImageGateError::Empty));
    }

    #[test]
    fn a_file_that_is_no_such_model_says_what_it_is() {
        let check = |bytes: &[u8], said: &str| {
            let error = opened(bytes).unwrap_err().to_string();
            assert!(error.contains(said), "{said}: {error}");
        };
        check(b"", "it is no ONNX model");
        check(b"<html>not found</html>", "it is no ONNX model");
        check(&COLORS[..COLORS.len() / 2], "it is no ONNX model");
        // The same model with one class called otherwise.
        let mut other = COLORS.to_vec();
        let at = other.windows(4).position(|part| part == b"porn").unwrap();
        other[at..at + 4].copy_from_slice(b"cats");
        check(
            &other,
            "its classes are \"drawing,hentai,neutral,cats,sexy\"",
        );
        assert!(matches!(
            Classifier::open(Path::new("/no/such/file")),
            Err(ModelError::Unreadable(_))
        ));
    }

    #[test]
    fn corners_stay_corners_and_what_is_between_is_mixed() {
        let picture = RgbImage::from_fn(2, 2, |x, y| Rgb([(x * 255) as u8, (y * 255) as u8, 51]));
        let planes = planes(&picture, 9);
        let at = |channel: usize, x: usize, y: usize| planes[(channel * 9 + y) * 9 + x];
        assert_eq!((at(0, 0, 0), at(0, 8, 0), at(0, 4, 3)), (0.0, 1.0, 0.5));
        assert_eq!((at(1, 0, 0), at(1, 0, 8), at(1, 5, 2)), (0.0, 1.0, 0.25));
        assert_eq!(at(2, 7, 7), 0.2);
    }
}
