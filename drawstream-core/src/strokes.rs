//! Pixel art → timed brush strokes, in the way that a person paints.
//!
//! ```text
//! picture ─▶ masses (half-closed eyes) ─▶ ground ─▶ masses ─▶ shapes ─▶ what is left: outlines, details, lights
//!                                            broad brush, hatched            fine brush, traced
//! ```
//!
//! Each stage paints on a model of the canvas and sees what the ones before it left wrong, so a plan always ends in
//! exactly the picture, whatever its technique, tempo and seed. Within a stage the hand goes to what is near and
//! brings much. Times are shared out last: masses fast, details slowly, and the longer a look before a stroke the
//! nearer the picture is to its end.
//!
//! ```text
//!   10 %           25 %           50 %           100 %
//!  ···········    ≈≈≈≈≈≈≈≈≈≈≈    ≈≈≈≈≈≈≈≈≈≈≈    ≈≈≈≈≈*≈≈≈≈≈   ≈ ▓ ground and masses: broad strokes along their length
//!  ≈≈≈≈≈≈·····    ≈≈≈≈·≈≈≈≈≈≈    ≈≈≈≈▲≈≈≈≈≈≈    ≈*≈≈/▲\≈≈≈≈≈   ▲ ■ shapes
//!  ≈≈≈≈≈≈≈≈≈≈≈    ≈≈≈···≈≈≈≈≈    ≈≈≈■■■≈≈≈≈≈    ≈≈≈|■▫|≈≈≈*≈   | / outlines, traced
//!  ▓▓▓▓▓▓▓▓▓▓▓    ▓▓▓▓▓▓▓▓▓▓▓    ▓▓▓▓▓▓▓▓▓▓▓    ▓▓▓▓▓▓'▓▓▓'▓   ▫ * ' details and lights
//! ```
//!
//! ```
//! use std::time::Duration;
//! use drawstream_core::color::Rgb8;
//! use drawstream_core::pixelize::IndexedImage;
//! use drawstream_core::strokes::{Commission, Tempo, paint};
//!
//! let palette = vec![Rgb8::new(0x22, 0x44, 0x88), Rgb8::new(0xFF, 0xEE, 0x99)];
//! let moon = |i: u32| u8::from((i % 16).abs_diff(10).pow(2) + (i / 16).abs_diff(5).pow(2) < 9);
//! let night = IndexedImage::new(16, 16, palette, (0..256).map(moon).collect()).expect("16 × 16 indices");
//! let commission = Commission { tempo: Tempo::Total(Duration::from_secs(20)), ..Commission::default() };
//! let painting = paint(&night, &commission)?;
//! assert_eq!(painting.duration(), Duration::from_secs(20));
//! let plan = painting.plan("a night")?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod dabs;
mod easel;
mod hatch;
mod masses;
mod painter;
mod painting;
mod route;
mod stage;
mod technique;
mod tempo;
#[cfg(test)]
mod test;
mod trace;

pub use painting::{Painting, Stroke};
pub use stage::Stage;
pub use technique::{Pace, Primer, Technique, Touch, Values};
pub use tempo::Tempo;

use std::time::Duration;

use crate::color::{Oklab, Rgb8};
use crate::pixelize::IndexedImage;
use crate::plan::{Canvas, CanvasPoint, CanvasSize, Limits};
use crate::scene::Seed;
use easel::Easel;
use painter::{Mark, Painter};
use tempo::{Beat, Before, timings};

/// How a picture is to be painted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Commission {
    /// How the hand works.
    pub technique: Technique,
    /// How long it takes.
    pub tempo: Tempo,
    /// What varies from one painting of the same picture to the next.
    pub seed: Seed,
    /// The colour of the bare canvas; the technique's where absent.
    pub background: Option<Rgb8>,
}

/// The usual technique, the classic tempo, seed 0.
impl Default for Commission {
    fn default() -> Self {
        Self {
            technique: Technique::default(),
            tempo: Tempo::default(),
            seed: Seed(0),
            background: None,
        }
    }
}

/// Why a picture is not painted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StrokesError {
    /// No canvas is so large.
    #[error("the picture is {width}×{height} pixels, a canvas has at most {most} a side")]
    TooLarge {
        /// Its width in pixels.
        width: u32,
        /// Its height in pixels.
        height: u32,
        /// The most pixels of a side.
        most: u16,
    },
}

/// Plans the strokes that paint a picture.
///
/// The work grows with the picture's pixels: some 3 ms for 96 × 96 ones.
///
/// # Errors
/// [`StrokesError::TooLarge`], where a side is longer than the default [`Limits`] of plans allow.
pub fn paint(picture: &IndexedImage, commission: &Commission) -> Result<Painting, StrokesError> {
    let size = canvas_size(picture)?;
    let technique = commission.technique;
    let background = commission
        .background
        .unwrap_or_else(|| primed(picture, technique.primer));
    let easel = Easel::new(picture, background);
    let mut painter = Painter::new(
        easel,
        technique,
        commission.tempo.chunk(),
        commission.seed.0,
    );
    let marks = painter.paint();
    let beats = beats(&mut painter, &marks);
    let times = timings(commission.tempo, technique.pace, &beats);
    let easel = &painter.easel;
    let strokes = marks.iter().zip(times).map(|(mark, time)| Stroke {
        stage: mark.stage,
        color: easel.colors[usize::from(mark.tone)],
        delay: Duration::from_millis(time.delay_ms),
        duration: Duration::from_millis(time.duration_ms),
        pixels: mark
            .pixels
            .iter()
            .map(|&p| easel.place(p))
            .map(|(x, y)| CanvasPoint::new(x, y))
            .collect(),
    });
    Ok(Painting {
        size,
        background,
        palette: picture.palette().to_vec(),
        seed: commission.seed,
        strokes: strokes.collect(),
    })
}

fn canvas_size(picture: &IndexedImage) -> Result<CanvasSize, StrokesError> {
    let (width, height) = (picture.width(), picture.height());
    let most = Limits::default().side;
    let side = |pixels: u32| u16::try_from(pixels).ok().filter(|&side| side <= most);
    let size = side(width)
        .zip(side(height))
        .and_then(|(w, h)| CanvasSize::new(w, h));
    size.ok_or(StrokesError::TooLarge {
        width,
        height,
        most,
    })
}

/// The colour of a canvas that is primed for a picture.
fn primed(picture: &IndexedImage, primer: Primer) -> Rgb8 {
    const LINEN: Rgb8 = Rgb8::new(0xEF, 0xE6, 0xD2);
    const PAPER: Rgb8 = Rgb8::new(0xF7, 0xF4, 0xEC);
    let far = |bare: Rgb8| -> f32 {
        let bare = Oklab::from(bare);
        let apart: Vec<f32> = picture
            .palette()
            .iter()
            .map(|&c| Oklab::from(c).distance(bare))
            .collect();
        picture
            .indices()
            .iter()
            .map(|&i| apart[usize::from(i)])
            .sum()
    };
    match primer {
        Primer::Dark => Canvas::DEFAULT_BACKGROUND,
        Primer::Paper => PAPER,
        Primer::Contrasting if far(LINEN) > far(Canvas::DEFAULT_BACKGROUND) => LINEN,
        Primer::Contrasting => Canvas::DEFAULT_BACKGROUND,
    }
}

/// What the tempo must know of each stroke.
fn beats(painter: &mut Painter, marks: &[Mark]) -> Vec<Beat> {
    let mut last: Option<&Mark> = None;
    let mut beats = Vec::with_capacity(marks.len());
    for mark in marks {
        let way = last.map_or(0.0, |last| {
            let (x, y) = painter.easel.place(last.pixels[last.pixels.len() - 1]);
            let (u, v) = painter.easel.place(mark.pixels[0]);
            let (dx, dy) = ((u - x) as f32, (v - y) as f32);
            (dx * dx + dy * dy).sqrt() / painter.side
        });
        beats.push(Beat {
            stage: mark.stage,
            pixels: mark.pixels.len(),
            gain: mark.gain,
            way,
            before: match last {
                Some(last) if last.stage != mark.stage => Before::Look,
                Some(last) if last.tone != mark.tone => Before::Rinse,
                Some(_) | None => Before::Nothing,
            },
            mood: [painter.random(0.8, 1.2), painter.random(0.9, 1.1)],
        });
        last = Some(mark);
    }
    beats
}
