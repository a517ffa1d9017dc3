//! Plain names of colours, for texts that people and text-to-image models read.

use super::{Oklab, Rgb8};

/// Names that a text-to-image model knows, each with the colour that most people mean by it.
const NAMES: [(u32, &str); 36] = [
    (0x0000_0000, "black"),
    (0x0036_454F, "charcoal"),
    (0x0080_8080, "gray"),
    (0x00C0_C0C0, "silver"),
    (0x00FF_FFFF, "white"),
    (0x00F7_EFD2, "cream"),
    (0x00E3_D3AE, "beige"),
    (0x00C8_A878, "tan"),
    (0x008B_5A2B, "brown"),
    (0x004A_2F1B, "dark brown"),
    (0x0068_1420, "maroon"),
    (0x00B3_202C, "crimson"),
    (0x00E3_2B2B, "red"),
    (0x00F5_775F, "coral"),
    (0x00FF_CBA4, "peach"),
    (0x00F5_8A1F, "orange"),
    (0x00F5_B029, "amber"),
    (0x00D4_AF37, "gold"),
    (0x00FF_E135, "yellow"),
    (0x006F_7A2A, "olive"),
    (0x00A4_DE3A, "lime"),
    (0x003F_A34D, "green"),
    (0x001E_4D2B, "dark green"),
    (0x009F_E3C0, "mint"),
    (0x000E_8080, "teal"),
    (0x0040_D0C8, "turquoise"),
    (0x0087_CEEB, "sky blue"),
    (0x002F_6FE0, "blue"),
    (0x001B_2A5A, "navy"),
    (0x003F_2F8F, "indigo"),
    (0x0080_40B0, "purple"),
    (0x00C7_B6E8, "lavender"),
    (0x00D0_308F, "magenta"),
    (0x00F4_A6C0, "pink"),
    (0x006A_2C5A, "plum"),
    (0x005B_6B7C, "slate"),
];

impl Rgb8 {
    /// The plain English name nearest to this colour: `navy`, `peach`, `dark green`.
    pub fn name(self) -> &'static str {
        let wanted = Oklab::from(self);
        let far = |hex: u32| {
            let [_, r, g, b] = hex.to_be_bytes();
            Oklab::from(Self::new(r, g, b)).distance_squared(wanted)
        };
        let nearest = NAMES
            .iter()
            .min_by(|(a, _), (b, _)| far(*a).total_cmp(&far(*b)));
        nearest.map_or("gray", |(_, name)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_called_what_people_call_them() {
        for (hex, name) in [
            ("#FF0000", "red"),
            ("#0000FF", "blue"),
            ("#101830", "navy"),
            ("#ffffff", "white"),
            ("#0a0a0a", "black"),
            ("#00ff00", "lime"),
            ("#ffd9b3", "peach"),
            ("#228B22", "green"),
            ("#ff69b4", "pink"),
        ] {
            assert_eq!(Rgb8::parse_hex(hex).map(Rgb8::name), Some(name), "{hex}");
        }
    }
}
