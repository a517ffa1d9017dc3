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

/// The 16 colours of PICO-8 (Lexaloffle; the palette is in the public domain).
const PICO8: [u32; 16] = [
    0x000000, 0x1D2B53, 0x7E2553, 0x008751, 0xAB5236, 0x5F574F, 0xC2C3C7, 0xFFF1E8, 0xFF004D,
    0xFFA300, 0xFFEC27, 0x00E436, 0x29ADFF, 0x83769C, 0xFF77A8, 0xFFCCAA,
];

/// The four greens of the first Game Boy's screen, as emulators commonly have them.
const GAMEBOY: [u32; 4] = [0x0F380F, 0x306230, 0x8BAC0F, 0x9BBC0F];

/// What the NES's picture chip can show, as emulators commonly have it: 54 different colours.
const NES: [u32; 54] = [
    0x7C7C7C, 0x0000FC, 0x0000BC, 0x4428BC, 0x940084, 0xA80020, 0xA81000, 0x881400, 0x503000,
    0x007800, 0x006800, 0x005800, 0x004058, 0x000000, 0xBCBCBC, 0x0078F8, 0x0058F8, 0x6844FC,
    0xD800CC, 0xE40058, 0xF83800, 0xE45C10, 0xAC7C00, 0x00B800, 0x00A800, 0x00A844, 0x008888,
    0xF8F8F8, 0x3CBCFC, 0x6888FC, 0x9878F8, 0xF878F8, 0xF85898, 0xF87858, 0xFCA044, 0xF8B800,
    0xB8F818, 0x58D854, 0x58F898, 0x00E8D8, 0x787878, 0xFCFCFC, 0xA4E4FC, 0xB8B8F8, 0xD8B8F8,
    0xF8B8F8, 0xF8A4C0, 0xF0D0B0, 0xFCE0A8, 0xF8D878, 0xD8F878, 0xB8F8B8, 0xB8F8D8, 0x00FCFC,
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
