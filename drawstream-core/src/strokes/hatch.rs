//! Hatching: an area as passes of a broad brush along its length.

use super::easel::Easel;

/// How an area is hatched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hatching {
    /// Width of the brush in pixels.
    pub(crate) width: f32,
    /// Most pixels before the brush has to be dipped again.
    pub(crate) load: usize,
    /// The way the hand goes where the area itself has no direction; a unit vector.
    pub(crate) slant: (f32, f32),
    /// How far the strokes turn away from the area's direction, as a tangent.
    pub(crate) turn: f32,
}

/// The passes that cover exactly these pixels, lying side by side across the area's length.
pub(crate) fn hatch(easel: &Easel, pixels: &[u32], hatching: Hatching) -> Vec<Vec<u32>> {
    if pixels.len() <= 2 {
        return vec![pixels.to_vec()];
    }
    let (x, y) = direction(easel, pixels, hatching.slant);
    let (dx, dy) = unit(x - y * hatching.turn, y + x * hatching.turn);
    let along = |p: u32| {
        let (x, y) = easel.place(p);
        (x as f32 * dx + y as f32 * dy, y as f32 * dx - x as f32 * dy)
    };
    let (mut u0, mut v0, mut v1) = (f32::MAX, f32::MAX, f32::MIN);
    for &p in pixels {
        let (u, v) = along(p);
        u0 = u0.min(u);
        v0 = v0.min(v);
        v1 = v1.max(v);
    }
    let extent = v1 - v0 + 1.0;
    let passes = (extent / hatching.width + 0.5).floor().max(1.0);
    let width = extent / passes;
    let mut keys: Vec<(u64, u32)> = pixels
        .iter()
        .map(|&p| {
            let (u, v) = along(p);
            let lane = ((v - v0) / width).floor().min(passes - 1.0);
            let off = v - v0 - (lane + 0.5) * width + 0.5;
            // The brush is round: its middle touches a place before its sides do.
            let half = width * 0.5 + 0.5;
            let nose = (half * half - off * off).max(0.0).sqrt();
            let cut = (u - u0 - nose + half).max(0.0) as u64;
            let side = ((off + half).max(0.0) * 16.0) as u64;
            let side = if cut.is_multiple_of(2) {
                side
            } else {
                0xFFFF - side
            };
            ((lane as u64) << 48 | cut << 16 | side, p)
        })
        .collect();
    keys.sort_unstable();
    let lift = (width as u64).max(2);
    let mut marks: Vec<Vec<u32>> = Vec::new();
    let mut last = u64::MAX;
    for (key, p) in keys {
        let cut = key >> 16;
        match marks.last_mut() {
            Some(mark) if cut - last <= lift => mark.push(p),
            _ => marks.push(vec![p]),
        }
        last = cut;
    }
    marks
        .into_iter()
        .flat_map(|mark| dip(mark, hatching.load))
        .collect()
}

/// Cuts a stroke that is longer than the brush holds paint for into equal parts.
pub(crate) fn dip(mark: Vec<u32>, load: usize) -> Vec<Vec<u32>> {
    if mark.len() <= load {
        return vec![mark];
    }
    let parts = mark.len().div_ceil(load);
    mark.chunks(mark.len().div_ceil(parts))
        .map(<[u32]>::to_vec)
        .collect()
}

/// The direction of the area's length: its principal axis, or the slant where it is about as wide as long.
pub(crate) fn direction(easel: &Easel, pixels: &[u32], slant: (f32, f32)) -> (f32, f32) {
    let n = pixels.len() as f64;
    let (mut sx, mut sy) = (0.0f64, 0.0f64);
    let (mut xx, mut xy, mut yy) = (0.0f64, 0.0f64, 0.0f64);
    for &p in pixels {
        let (x, y) = easel.place(p);
        let (x, y) = (f64::from(x), f64::from(y));
        sx += x;
        sy += y;
        xx += x * x;
        xy += x * y;
        yy += y * y;
    }
    let (a, b, c) = (
        xx / n - (sx / n) * (sx / n),
        xy / n - (sx / n) * (sy / n),
        yy / n - (sy / n) * (sy / n),
    );
    let half = (a - c) / 2.0;
    let spread = (half * half + b * b).sqrt();
    // Below this the longer axis is less than about a quarter longer than the shorter one.
    if spread <= 0.22 * (a + c) / 2.0 {
        return slant;
    }
    let (x, y) = if half >= 0.0 {
        (half + spread, b)
    } else {
        (b, spread - half)
    };
    unit(x as f32, y as f32)
}

/// The direction of a vector; to the right where it has none.
fn unit(x: f32, y: f32) -> (f32, f32) {
    let length = (x * x + y * y).sqrt();
    if length > 0.0 && length.is_finite() {
        (x / length, y / length)
    } else {
        (1.0, 0.0)
    }
}
