//! Smooth noise from integers: the wander of ridges, shores and clouds.

/// A well-mixed number of a place; the same on every machine.
pub(crate) fn hash(salt: u32, x: i32, y: i32) -> u32 {
    let mut h = salt ^ 0x9e37_79b9;
    for v in [x as u32, y as u32] {
        h = (h ^ v).wrapping_mul(0x85eb_ca6b);
        h ^= h >> 13;
        h = h.wrapping_mul(0xc2b2_ae35);
        h ^= h >> 16;
    }
    h
}

/// `0.0..1.0` for each place.
pub(crate) fn speck(salt: u32, x: i32, y: i32) -> f32 {
    (hash(salt, x, y) >> 8) as f32 / 16_777_216.0
}

fn ease(t: f32) -> f32 {
    t * t * (3.0 - 2.0 * t)
}

/// Smooth noise along a line, `-1.0..1.0`, about one bump a unit.
pub(crate) fn wander(salt: u32, x: f32) -> f32 {
    let cell = x.floor();
    let t = ease(x - cell);
    let (a, b) = (speck(salt, cell as i32, 0), speck(salt, cell as i32 + 1, 0));
    (a + (b - a) * t) * 2.0 - 1.0
}

/// Three octaves of [`wander`].
pub(crate) fn rough(salt: u32, x: f32) -> f32 {
    (wander(salt, x) + wander(salt ^ 1, x * 2.1) * 0.5 + wander(salt ^ 2, x * 4.3) * 0.25) / 1.75
}

/// Smooth noise in the plane, `-1.0..1.0`.
pub(crate) fn field(salt: u32, x: f32, y: f32) -> f32 {
    let (cx, cy) = (x.floor(), y.floor());
    let (tx, ty) = (ease(x - cx), ease(y - cy));
    let (ix, iy) = (cx as i32, cy as i32);
    let row = |j: i32| {
        let (a, b) = (speck(salt, ix, iy + j), speck(salt, ix + 1, iy + j));
        a + (b - a) * tx
    };
    let (a, b) = (row(0), row(1));
    (a + (b - a) * ty) * 2.0 - 1.0
}

/// Three octaves of [`field`].
pub(crate) fn rough_field(salt: u32, x: f32, y: f32) -> f32 {
    (field(salt, x, y)
        + field(salt ^ 1, x * 2.1, y * 2.1) * 0.5
        + field(salt ^ 2, x * 4.3, y * 4.3) * 0.25)
        / 1.75
}
