//! The alphabet that the gate reads in: Latin, Russian and the few digits that are words of their own.

/// Latin letters come first. All letters together are fewer than the bits of a [`LetterSet`].
const CYRILLIC: u8 = 26;
/// Digits and the sign that hate codes and age limits are written with.
const SIGNS: [char; 5] = ['1', '3', '4', '8', '+'];

/// A letter: `a..z`, then `а..я` (ё is е), then a few digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Letter(u8);

impl Letter {
    /// The letter that a lower-case character is; `None` where it is none of them.
    pub(crate) fn of(c: char) -> Option<Self> {
        match c {
            'a'..='z' => Some(Self(c as u8 - b'a')),
            'а'..='я' => Some(Self(CYRILLIC + (u32::from(c) - u32::from('а')) as u8)),
            'ё' => Self::of('е'),
            _ => {
                let sign = SIGNS.iter().position(|&s| s == c)?;
                Some(Self(CYRILLIC + 32 + sign as u8))
            }
        }
    }

    /// Position of its bit.
    pub(crate) fn index(self) -> u8 {
        self.0
    }

    /// The letter of a bit; `None` for a bit of none.
    pub(crate) fn from_index(index: u8) -> Option<Self> {
        (index < CYRILLIC + 32 + SIGNS.len() as u8).then_some(Self(index))
    }

    /// The lower-case character that it is.
    pub(crate) fn to_char(self) -> char {
        match self.0 {
            index if index < CYRILLIC => char::from(b'a' + index),
            index if index < CYRILLIC + 32 => {
                char::from_u32(u32::from('а') + u32::from(index - CYRILLIC)).unwrap_or('а')
            }
            index => SIGNS[usize::from(index - CYRILLIC - 32)],
        }
    }

    /// Which script it belongs to.
    pub(crate) fn script(self) -> Script {
        if self.0 < CYRILLIC {
            Script::Latin
        } else if self.0 < CYRILLIC + 32 {
            Script::Cyrillic
        } else {
            Script::Sign
        }
    }
}

/// The script of a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Script {
    Latin,
    Cyrillic,
    Sign,
}

/// The letters that something typed may stand for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LetterSet(pub(crate) u64);

impl LetterSet {
    pub(crate) const EMPTY: Self = Self(0);
    /// Any letter of either script, as a masked character may be.
    pub(crate) const ANY: Self = Self((1 << (CYRILLIC + 32)) - 1);
    const LATIN: u64 = (1 << CYRILLIC) - 1;

    pub(crate) fn one(letter: Letter) -> Self {
        Self(1 << letter.0)
    }

    /// Reads the letters of a text; what is no letter is left out.
    pub(crate) fn of(text: &str) -> Self {
        text.chars()
            .filter_map(Letter::of)
            .fold(Self::EMPTY, |set, letter| set.with(Self::one(letter)))
    }

    pub(crate) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Its letters, in order.
    pub(crate) fn letters(self) -> impl Iterator<Item = Letter> {
        (0..u64::BITS as u8)
            .filter(move |bit| self.0 >> bit & 1 == 1)
            .filter_map(Letter::from_index)
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn contains(self, letter: Letter) -> bool {
        self.0 >> letter.0 & 1 == 1
    }

    pub(crate) fn latin(self) -> Self {
        Self(self.0 & Self::LATIN)
    }

    pub(crate) fn cyrillic(self) -> Self {
        Self(self.0 & Self::ANY.0 & !Self::LATIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_keep_their_script_and_yo_is_ye() {
        assert_eq!(Letter::of('ё'), Letter::of('е'));
        assert_ne!(Letter::of('е'), Letter::of('e'));
        assert_eq!(Letter::of('a').map(Letter::script), Some(Script::Latin));
        assert_eq!(Letter::of('я').map(Letter::script), Some(Script::Cyrillic));
        assert_eq!(Letter::of('4').map(Letter::script), Some(Script::Sign));
        assert_eq!(Letter::of('!'), None);
        assert!(LetterSet::of("зе3").contains(Letter::of('з').unwrap()));
    }
}
