//! What never changes while a stage is shown: the wall, and the empty panels on it.

use tiny_skia::PathBuilder;

use super::layout::{Layout, StageSize};
use super::rect::StageRect;
use super::surface::Surface;
use super::theme::Theme;
use crate::color::Rgb8;

/// Paints the wall with broad tone-on-tone brush marks.
pub(crate) fn bare(size: StageSize, layout: &Layout, theme: &Theme) -> Surface {
    let mut wall = Surface::new(size.w(), size.h(), theme.wall);
    mark(&mut wall, layout, theme);
    wall
}

/// Paints the wall and the empty panels on it.
pub(crate) fn paint(size: StageSize, layout: &Layout, theme: &Theme) -> Surface {
    let mut wall = bare(size, layout, theme);
    for panel in [layout.now, layout.next] {
        plate(&mut wall, layout, theme, panel);
    }
    wall
}

/// Sweeps of a very wide brush, in shares of the stage: from, bend, to.
const SWEEPS: [[(f32, f32); 3]; 3] = [
    [(-0.05, 0.22), (0.45, -0.06), (1.05, 0.30)],
    [(-0.05, 0.70), (0.50, 0.42), (1.05, 0.86)],
    [(0.10, 1.08), (0.62, 0.78), (1.05, 1.12)],
];

fn mark(wall: &mut Surface, layout: &Layout, theme: &Theme) {
    if theme.wall == theme.wall_mark {
        return;
    }
    let (w, h) = (layout.stage.w as f32, layout.stage.h as f32);
    for [from, bend, to] in SWEEPS {
        let mut path = PathBuilder::new();
        path.move_to(from.0 * w, from.1 * h);
        path.quad_to(bend.0 * w, bend.1 * h, to.0 * w, to.1 * h);
        if let Some(path) = path.finish() {
            wall.stroke_path(&path, 0.13 * w.max(h), theme.wall_mark, 255);
        }
    }
}

fn plate(wall: &mut Surface, layout: &Layout, theme: &Theme, panel: StageRect) {
    if panel.is_empty() {
        return;
    }
    let radius = layout.px(22.0) as f32;
    for n in (1..=4).rev() {
        let depth = layout.px(3.0) * n;
        let lower = StageRect {
            y: panel.y + depth / 2,
            ..panel
        };
        let rounded = radius + depth as f32 / 2.0;
        // What is below the panel itself is never seen.
        let hole = panel.outset(-layout.px(22.0));
        wall.fill_ring(lower.outset(depth / 2), rounded, hole, (Rgb8::BLACK, 14));
    }
    wall.fill_round(panel, radius, theme.panel, 255);
    let width = (theme.edge_px * layout.unit).max(1.0);
    wall.stroke_round(panel, radius, width, theme.panel_edge);
}
