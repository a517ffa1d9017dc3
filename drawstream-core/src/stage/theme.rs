//! The stage's colours.

use crate::color::Rgb8;

/// A look of the stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ThemeName {
    /// A painter's room in the evening: warm dark walls, amber light.
    #[default]
    Atelier,
    /// A northern night: deep blue, green light.
    Aurora,
    /// A gallery by day: light walls, dark ink.
    Gallery,
    /// Black, white and yellow, for the greatest contrast.
    Contrast,
}

impl ThemeName {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Atelier, Self::Aurora, Self::Gallery, Self::Contrast];

    /// Reads a name as the configuration has it.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|theme| theme.name().eq_ignore_ascii_case(name.trim()))
    }

    /// The name that the configuration has.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Atelier => "atelier",
            Self::Aurora => "aurora",
            Self::Gallery => "gallery",
            Self::Contrast => "contrast",
        }
    }

    /// Its colours by name, for whoever draws beside the stage: a page in a browser.
    pub const fn colors(self) -> [(&'static str, Rgb8); 16] {
        let theme = self.theme();
        [
            ("wall", theme.wall),
            ("wall-mark", theme.wall_mark),
            ("panel", theme.panel),
            ("panel-edge", theme.panel_edge),
            ("groove", theme.groove),
            ("text", theme.text),
            ("quiet", theme.quiet),
            ("accent", theme.accent),
            ("on-accent", theme.on_accent),
            ("done", theme.done),
            ("alert", theme.alert),
            ("frame", theme.frame),
            ("frame-light", theme.frame_light),
            ("frame-dark", theme.frame_dark),
            ("linen", theme.linen),
            ("on-linen", theme.on_linen),
        ]
    }

    pub(crate) const fn theme(self) -> Theme {
        match self {
            Self::Atelier => ATELIER,
            Self::Aurora => AURORA,
            Self::Gallery => GALLERY,
            Self::Contrast => CONTRAST,
        }
    }
}

/// What each thing is coloured with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Theme {
    /// Behind everything.
    pub(crate) wall: Rgb8,
    /// The brush marks on the wall.
    pub(crate) wall_mark: Rgb8,
    /// Behind the text of a panel.
    pub(crate) panel: Rgb8,
    /// A panel's edge.
    pub(crate) panel_edge: Rgb8,
    /// What has not been reached yet: the bar's bed, dabs that were not used, a row's number.
    pub(crate) groove: Rgb8,
    /// What matters most: names, messages.
    pub(crate) text: Rgb8,
    /// What comes second: times, amounts in the list, the caption.
    pub(crate) quiet: Rgb8,
    /// What is said about the state, and the progress.
    pub(crate) accent: Rgb8,
    /// Text on the accent.
    pub(crate) on_accent: Rgb8,
    /// A finished painting's progress.
    pub(crate) done: Rgb8,
    /// What somebody should know: no connection, a pause, a refusal.
    pub(crate) alert: Rgb8,
    /// The picture frame.
    pub(crate) frame: Rgb8,
    /// The frame's edge towards the light.
    pub(crate) frame_light: Rgb8,
    /// The frame's edge away from the light.
    pub(crate) frame_dark: Rgb8,
    /// An empty canvas.
    pub(crate) linen: Rgb8,
    /// Text on an empty canvas.
    pub(crate) on_linen: Rgb8,
    /// How thick a panel's edge is on a stage of 1080 lines.
    pub(crate) edge_px: f32,
}

const fn hex(rgb: u32) -> Rgb8 {
    Rgb8::new((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8)
}

const ATELIER: Theme = Theme {
    wall: hex(0x17_13_18),
    wall_mark: hex(0x1D_18_1E),
    panel: hex(0x24_1E_26),
    panel_edge: hex(0x38_2F_3A),
    groove: hex(0x3A_31_3D),
    text: hex(0xFB_F3_E8),
    quiet: hex(0xC2_B5_BC),
    accent: hex(0xFF_B3_47),
    on_accent: hex(0x2A_18_06),
    done: hex(0x7F_D6_9B),
    alert: hex(0xFF_8A_73),
    frame: hex(0x6B_45_2B),
    frame_light: hex(0x9A_6B_45),
    frame_dark: hex(0x3E_26_17),
    linen: hex(0x2B_25_2C),
    on_linen: hex(0xD9_CE_C9),
    edge_px: 2.0,
};

const AURORA: Theme = Theme {
    wall: hex(0x0B_15_20),
    wall_mark: hex(0x0F_1C_2A),
    panel: hex(0x13_23_33),
    panel_edge: hex(0x21_3A_50),
    groove: hex(0x24_3B_50),
    text: hex(0xF0_F8_FF),
    quiet: hex(0xA9_C1_D4),
    accent: hex(0x5E_EA_C0),
    on_accent: hex(0x03_25_1F),
    done: hex(0xA8_B8_FF),
    alert: hex(0xFF_A0_7A),
    frame: hex(0x2F_4A_5F),
    frame_light: hex(0x5A_7D_95),
    frame_dark: hex(0x16_27_36),
    linen: hex(0x18_29_39),
    on_linen: hex(0xC6_D8_E6),
    edge_px: 2.0,
};

const GALLERY: Theme = Theme {
    wall: hex(0xE9_E4_DB),
    wall_mark: hex(0xE2_DC_D1),
    panel: hex(0xFB_F8_F2),
    panel_edge: hex(0xD2_C9_BA),
    groove: hex(0xDD_D5_C7),
    text: hex(0x22_1D_1A),
    quiet: hex(0x5E_55_4D),
    accent: hex(0xA8_38_1E),
    on_accent: hex(0xFF_F6_EF),
    done: hex(0x1E_6B_45),
    alert: hex(0xB0_24_24),
    frame: hex(0x2B_26_23),
    frame_light: hex(0x57_4E_48),
    frame_dark: hex(0x12_0F_0E),
    linen: hex(0xF3_EE_E4),
    on_linen: hex(0x5A_51_49),
    edge_px: 2.0,
};

const CONTRAST: Theme = Theme {
    wall: hex(0x00_00_00),
    wall_mark: hex(0x00_00_00),
    panel: hex(0x00_00_00),
    panel_edge: hex(0xFF_FF_FF),
    groove: hex(0x4A_4A_4A),
    text: hex(0xFF_FF_FF),
    quiet: hex(0xFF_FF_FF),
    accent: hex(0xFF_E6_00),
    on_accent: hex(0x00_00_00),
    done: hex(0x5C_FF_8F),
    alert: hex(0xFF_9E_80),
    frame: hex(0xFF_FF_FF),
    frame_light: hex(0xFF_FF_FF),
    frame_dark: hex(0xB0_B0_B0),
    linen: hex(0x00_00_00),
    on_linen: hex(0xFF_FF_FF),
    edge_px: 3.0,
};

impl Theme {
    /// Every colour of text with every colour that it is put on.
    #[cfg(test)]
    fn text_pairs(&self) -> [(&'static str, Rgb8, Rgb8); 16] {
        [
            ("text on panel", self.text, self.panel),
            ("text on wall", self.text, self.wall),
            ("text on marked wall", self.text, self.wall_mark),
            ("quiet on panel", self.quiet, self.panel),
            ("quiet on wall", self.quiet, self.wall),
            ("quiet on marked wall", self.quiet, self.wall_mark),
            ("accent on panel", self.accent, self.panel),
            ("accent on linen", self.accent, self.linen),
            ("done on panel", self.done, self.panel),
            ("alert on panel", self.alert, self.panel),
            ("alert on linen", self.alert, self.linen),
            ("alert on wall", self.alert, self.wall),
            ("on accent", self.on_accent, self.accent),
            ("on linen", self.on_linen, self.linen),
            ("text on linen", self.text, self.linen),
            ("a row's number", self.text, self.groove),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_can_be_read_on_what_it_is_put_on() {
        for name in ThemeName::ALL {
            for (pair, text, ground) in name.theme().text_pairs() {
                let contrast = text.contrast(ground);
                assert!(contrast >= 4.5, "{name:?}, {pair}: {contrast:.2}");
            }
        }
    }

    #[test]
    fn the_high_contrast_theme_has_seven_to_one_everywhere() {
        for (pair, text, ground) in CONTRAST.text_pairs() {
            assert!(text.contrast(ground) >= 7.0, "{pair}");
        }
    }

    #[test]
    fn names_are_read_back() {
        for name in ThemeName::ALL {
            assert_eq!(ThemeName::parse(&name.name().to_uppercase()), Some(name));
        }
    }
}
