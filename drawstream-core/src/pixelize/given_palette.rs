//! Palettes that come from elsewhere: machines of old, and files of painting programs.

use crate::color::Rgb8;

/// Why a text is no palette.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PaletteError {
    /// A line can't be read.
    #[error("line {line}: {found:?} is not a colour")]
    NotAColor {
        /// Counted from 1.
        line: usize,
        /// The line, at most 40 characters of it.
        found: String,
    },
    /// There are more colours than an indexed image can have.
    #[error("line {line}: more than 256 colours")]
    TooMany {
        /// The line of the first one too many, counted from 1.
        line: usize,
    },
    /// There is not one colour.
    #[error("there are no colours in it")]
    Empty,
}

/// Names that [`named_palette`] knows.
pub const PALETTE_NAMES: [&str; 3] = ["pico8", "gameboy", "nes"];

/// The colours of a machine: one of [`PALETTE_NAMES`].
pub fn named_palette(name: &str) -> Option<Vec<Rgb8>> {
    let codes: &[u32] = match name {
        "pico8" => &PICO8,
        "gameboy" => &GAMEBOY,
        "nes" => &NES,
        _ => return None,
    };
    let channel = |code: u32, shift: u32| ((code >> shift) & 0xFF) as u8;
    let color = |&code: &u32| Rgb8::new(channel(code, 16), channel(code, 8), channel(code, 0));
    Some(codes.iter().map(color).collect())
}

/// Reads a palette file: GIMP's `.gpl`, or `.hex` with one `RRGGBB` a line. Which of them it is, the text says.
///
/// # Errors
/// [`PaletteError`] names the line that is no colour.
///
/// ```
/// use drawstream_core::{color::Rgb8, pixelize::parse_palette};
/// let gpl = "GIMP Palette\nName: Two\n#\n255 0 0 red\n  0  0 255\n";
/// assert_eq!(parse_palette(gpl)?, [Rgb8::new(255, 0, 0), Rgb8::new(0, 0, 255)]);
/// assert_eq!(parse_palette("ff0000\n#0000FF\n")?, [Rgb8::new(255, 0, 0), Rgb8::new(0, 0, 255)]);
/// # Ok::<(), drawstream_core::pixelize::PaletteError>(())
/// ```
pub fn parse_palette(text: &str) -> Result<Vec<Rgb8>, PaletteError> {
    let text = text.trim_start_matches('\u{feff}');
    let is_gimps = text.trim_start().starts_with("GIMP Palette");
    let mut colors = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let (number, line) = (i + 1, line.trim());
        let color = if is_gimps {
            if is_gimps_own(line) {
                continue;
            }
            gimps_color(line)
        } else {
            if line.is_empty() || line.starts_with([';', '/']) {
                continue;
            }
            let digits = line.trim_start_matches('#');
            Rgb8::parse_hex(&format!("#{digits}"))
        };
        let Some(color) = color else {
            let found = line.chars().take(40).collect();
            return Err(PaletteError::NotAColor {
                line: number,
                found,
            });
        };
        if colors.len() == 256 {
            return Err(PaletteError::TooMany { line: number });
        }
        colors.push(color);
    }
    if colors.is_empty() {
        return Err(PaletteError::Empty);
    }
    Ok(colors)
}

/// Whether a line of GIMP's format holds something else than a colour.
fn is_gimps_own(line: &str) -> bool {
    let heads = ["GIMP Palette", "Name:", "Columns:", "Channels:", "#"];
    line.is_empty() || heads.iter().any(|head| line.starts_with(head))
}

/// Three numbers and perhaps a name.
fn gimps_color(line: &str) -> Option<Rgb8> {
    let mut words = line.split_whitespace();
    let mut channel = || words.next()?.parse::<u8>().ok();
    Some(Rgb8::new(channel()?, channel()?, channel()?))
}

/// The 16 colours of PICO-8 (Lexaloffle, who dedicate them to the public: CC0).
const PICO8: [u32; 16] = [
    0x000000, 0x1D2B53, 0x7E2553, 0x008751, 0xAB5236, 0x5F574F, 0xC2C3C7, 0xFFF1E8, 0xFF004D,
    0xFFA300, 0xFFEC27, 0x00E436, 0x29ADFF, 0x83769C, 0xFF77A8, 0xFFCCAA,
];

/// The four greens of the first Game Boy's screen, as emulators commonly have them.
const GAMEBOY: [u32; 4] = [0x0F380F, 0x306230, 0x8BAC0F, 0x9BBC0F];

/// What the NES's picture chip can show: its 54 different colours, computed from the voltages of its signal (the
/// test below does it) rather than taken from anyone's screen.
const NES: [u32; 54] = [
    0x5D5D5D, 0x04205E, 0x171370, 0x2E096C, 0x410551, 0x4B072A, 0x480F04, 0x3A1B00, 0x242900,
    0x0E3400, 0x003900, 0x003612, 0x002D3A, 0x000000, 0xA8A8A8, 0x2852AA, 0x453FC3, 0x6630BD,
    0x812998, 0x8E2C60, 0x8B3827, 0x764B00, 0x585F00, 0x386E00, 0x1F750B, 0x13723D, 0x166578,
    0xFFFFFF, 0x76A4FF, 0x968FFF, 0xB97EFF, 0xD677EE, 0xE47AB3, 0xE08875, 0xCB9C44, 0xAAB12D,
    0x87C233, 0x6CCA55, 0x5EC68D, 0x62B8CC, 0x464646, 0xC5D9FF, 0xD3D0FF, 0xE2C9FF, 0xEEC6F8,
    0xF4C7DF, 0xF2CDC5, 0xE9D6AF, 0xDCDFA5, 0xCDE6A8, 0xC1E9B7, 0xBBE7CF, 0xBDE1EA, 0xB0B0B0,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_palette_of_different_colours() {
        for name in PALETTE_NAMES {
            let mut colors = named_palette(name).unwrap();
            let count = colors.len();
            colors.sort_unstable();
            colors.dedup();
            assert_eq!(colors.len(), count, "{name}");
        }
        assert_eq!(named_palette("c64"), None);
    }

    /// One of the chip's 64 colours as an NTSC screen decodes it.
    ///
    /// Four levels and twelve hues: a square wave between two voltages, shifted by the hue. Voltages and phase as the
    /// NESdev wiki ("NTSC video") gives them; from luma and chroma to red, green and blue by the FCC's matrix.
    fn of_the_chip(number: u8) -> Rgb8 {
        const LOW: [f64; 4] = [0.350, 0.518, 0.962, 1.550];
        const HIGH: [f64; 4] = [1.094, 1.506, 1.962, 1.962];
        const BLACK: f64 = 0.518;
        const PHASE: f64 = 3.9;
        let hue = number & 15;
        let level = usize::from(if hue > 13 { 1 } else { number >> 4 });
        let low = if hue == 0 { HIGH[level] } else { LOW[level] };
        let high = if hue > 12 { LOW[level] } else { HIGH[level] };
        let (mut y, mut i, mut q) = (0.0, 0.0, 0.0);
        for sample in 0..12u8 {
            let volts = if (hue + sample) % 12 < 6 { high } else { low };
            let share = (volts - BLACK) / (HIGH[3] - BLACK) / 12.0;
            let angle = std::f64::consts::PI * (f64::from(sample) + PHASE) / 6.0;
            y += share;
            i += share * angle.cos();
            q += share * angle.sin();
        }
        // Screens of the time had a gamma of about 2.2, the signal is made for 2.0.
        let byte = |v: f64| (v.max(0.0).powf(2.2 / 2.0).min(1.0) * 255.0 + 0.5) as u8;
        Rgb8::new(
            byte(y + 0.946_882 * i + 0.623_557 * q),
            byte(y - 0.274_788 * i - 0.635_691 * q),
            byte(y - 1.108_545 * i + 1.709_007 * q),
        )
    }

    #[test]
    fn the_nes_has_the_colours_of_its_signal() {
        let mut computed: Vec<Rgb8> = Vec::new();
        for color in (0..64).map(of_the_chip) {
            if !computed.contains(&color) {
                computed.push(color);
            }
        }
        assert_eq!(named_palette("nes"), Some(computed));
    }

    #[test]
    fn what_is_no_palette_is_named_with_its_line() {
        let said = |text: &str| parse_palette(text).unwrap_err().to_string();
        assert_eq!(said("ff0000\nred\n"), "line 2: \"red\" is not a colour");
        assert_eq!(
            said("GIMP Palette\n1 2 300\n"),
            "line 2: \"1 2 300\" is not a colour"
        );
        assert_eq!(said("\n\n"), "there are no colours in it");
        assert_eq!(
            said(&"123456\n".repeat(257)),
            "line 257: more than 256 colours"
        );
    }
}
