//! The [`CanvasShot`]: the canvas as it is now, for those who watch it in a browser.

use drawstream_core::color::Rgb8;
use drawstream_core::plan::CanvasPoint;
use drawstream_core::raster::Framebuffer;
use drawstream_core::stage::{BrushView, CanvasDamage, CanvasView, Dab, Touched};

/// The canvas, the brush on it and its colours, as the stage showed them last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CanvasShot {
    /// The canvas; absent where none is shown, as on a covered stage.
    pub frame: Option<Framebuffer>,
    /// Where the brush is, and what it paints with.
    pub brush: Option<(CanvasPoint, Rgb8)>,
    /// The painting's colours, and which of them the brush has been in.
    pub dabs: Vec<(Rgb8, bool)>,
}

impl CanvasShot {
    /// Takes over what the stage shows now. Only what was damaged is copied, since the stage waits for this. Says
    /// whether anything differs.
    pub(crate) fn take(
        &mut self,
        canvas: Option<CanvasView<'_>>,
        brush: Option<BrushView>,
        dabs: &[Dab],
    ) -> bool {
        let mut differs = false;
        match canvas {
            None => differs |= self.frame.take().is_some(),
            Some(canvas) => match &mut self.frame {
                Some(frame) if frame.size() == canvas.frame.size() => match canvas.damage {
                    CanvasDamage::Nothing => {}
                    CanvasDamage::Within(rect) => {
                        frame.copy_rect(canvas.frame, rect);
                        differs = true;
                    }
                    CanvasDamage::All => {
                        frame.clone_from(canvas.frame);
                        differs = true;
                    }
                },
                Some(_) | None => {
                    self.frame = Some(canvas.frame.clone());
                    differs = true;
                }
            },
        }
        let brush = brush
            .filter(|_| self.frame.is_some())
            .map(|brush| (brush.at, brush.color));
        differs |= self.brush != brush;
        self.brush = brush;
        let touched = |dab: &Dab| (dab.color, dab.touched == Touched::Yes);
        if self.frame.is_none() {
            self.dabs.clear();
        } else if !self.dabs.iter().copied().eq(dabs.iter().map(touched)) {
            self.dabs = dabs.iter().map(touched).collect();
            differs = true;
        }
        differs
    }
}
