//! [`Backdrop`]: where and when a picture plays, in the words that a scene's setting is written in.

use super::lexicon::{Lexicon, Meaning, Phrases};

/// A kind of place that the built-in painter can build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Ground {
    Meadow,
    Forest,
    Mountains,
    Beach,
    Sea,
    Lake,
    City,
    Desert,
    Village,
    Space,
    Moon,
    Underwater,
    Room,
    Castle,
    Volcano,
    Jungle,
    Flowers,
    Clouds,
    Arctic,
    Cave,
    Wheat,
}

impl Ground {
    /// Every one, for contact sheets and tests.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 21] = [
        Self::Meadow,
        Self::Forest,
        Self::Mountains,
        Self::Beach,
        Self::Sea,
        Self::Lake,
        Self::City,
        Self::Desert,
        Self::Village,
        Self::Space,
        Self::Moon,
        Self::Underwater,
        Self::Room,
        Self::Castle,
        Self::Volcano,
        Self::Jungle,
        Self::Flowers,
        Self::Clouds,
        Self::Arctic,
        Self::Cave,
        Self::Wheat,
    ];

    /// Its name in settings and in the data table.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Meadow => "meadow",
            Self::Forest => "forest",
            Self::Mountains => "mountains",
            Self::Beach => "beach",
            Self::Sea => "sea",
            Self::Lake => "lake",
            Self::City => "city",
            Self::Desert => "desert",
            Self::Village => "village",
            Self::Space => "space",
            Self::Moon => "moon surface",
            Self::Underwater => "underwater",
            Self::Room => "room",
            Self::Castle => "castle",
            Self::Volcano => "volcano",
            Self::Jungle => "jungle",
            Self::Flowers => "flowers",
            Self::Clouds => "clouds",
            Self::Arctic => "arctic",
            Self::Cave => "cave",
            Self::Wheat => "wheat",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "meadow" => Self::Meadow,
            "forest" => Self::Forest,
            "mountains" => Self::Mountains,
            "beach" => Self::Beach,
            "sea" => Self::Sea,
            "lake" => Self::Lake,
            "city" => Self::City,
            "desert" => Self::Desert,
            "village" => Self::Village,
            "space" => Self::Space,
            "moon surface" => Self::Moon,
            "underwater" => Self::Underwater,
            "room" => Self::Room,
            "castle" => Self::Castle,
            "volcano" => Self::Volcano,
            "jungle" => Self::Jungle,
            "flowers" => Self::Flowers,
            "clouds" => Self::Clouds,
            "arctic" => Self::Arctic,
            "cave" => Self::Cave,
            "wheat" => Self::Wheat,
            _ => return None,
        })
    }

    /// What a text-to-image model is told.
    pub(crate) const fn phrase(self) -> &'static str {
        match self {
            Self::Meadow => "on a green meadow with rolling hills",
            Self::Forest => "in a deep forest",
            Self::Mountains => "in front of high mountains",
            Self::Beach => "on a sandy beach by the sea",
            Self::Sea => "on the open sea",
            Self::Lake => "by a calm lake with reflections",
            Self::City => "in a big city street",
            Self::Desert => "among desert dunes",
            Self::Village => "in a small village",
            Self::Space => "in outer space among stars and planets",
            Self::Moon => "on the surface of the moon",
            Self::Underwater => "underwater above the sea floor",
            Self::Room => "in a cosy room by the window",
            Self::Castle => "in a fairy-tale kingdom with a castle",
            Self::Volcano => "in front of an erupting volcano",
            Self::Jungle => "in a lush jungle",
            Self::Flowers => "in a field of flowers",
            Self::Clouds => "high in the sky above the clouds",
            Self::Arctic => "among arctic icebergs",
            Self::Cave => "in a cave with glowing crystals",
            Self::Wheat => "in a golden wheat field",
        }
    }
}

/// The hour, which decides the light.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Hour {
    Dawn,
    Day,
    Sunset,
    Evening,
    Night,
}

impl Hour {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Dawn => "dawn",
            Self::Day => "day",
            Self::Sunset => "sunset",
            Self::Evening => "evening",
            Self::Night => "night",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "dawn" => Self::Dawn,
            "day" => Self::Day,
            "sunset" => Self::Sunset,
            "evening" => Self::Evening,
            "night" => Self::Night,
            _ => return None,
        })
    }

    /// Whether stars can be seen.
    pub(crate) const fn is_dark(self) -> bool {
        matches!(self, Self::Evening | Self::Night)
    }
}

/// What happens in the air; several may at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Weather {
    Rain,
    Snow,
    Storm,
    Fog,
    Rainbow,
    Aurora,
    Stars,
    Clouds,
    Moon,
    Fireworks,
    Confetti,
}

impl Weather {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Rain => "rain",
            Self::Snow => "snow",
            Self::Storm => "storm",
            Self::Fog => "fog",
            Self::Rainbow => "rainbow",
            Self::Aurora => "aurora",
            Self::Stars => "stars",
            Self::Clouds => "cloudy",
            Self::Moon => "moon",
            Self::Fireworks => "fireworks",
            Self::Confetti => "confetti",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "rain" => Self::Rain,
            "snow" => Self::Snow,
            "storm" => Self::Storm,
            "fog" => Self::Fog,
            "rainbow" => Self::Rainbow,
            "aurora" => Self::Aurora,
            "stars" => Self::Stars,
            "clouds" | "cloudy" => Self::Clouds,
            "moon" => Self::Moon,
            "fireworks" => Self::Fireworks,
            "confetti" => Self::Confetti,
            _ => return None,
        })
    }
}

/// The time of the year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Season {
    Spring,
    Summer,
    Autumn,
    Winter,
}

impl Season {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Spring => "spring",
            Self::Summer => "summer",
            Self::Autumn => "autumn",
            Self::Winter => "winter",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "spring" => Self::Spring,
            "summer" => Self::Summer,
            "autumn" => Self::Autumn,
            "winter" => Self::Winter,
            _ => return None,
        })
    }
}

/// How the picture feels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Mood {
    Cozy,
    Scary,
    Magic,
    Sad,
    Happy,
}

impl Mood {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Cozy => "cozy",
            Self::Scary => "scary",
            Self::Magic => "magic",
            Self::Sad => "sad",
            Self::Happy => "happy",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "cozy" => Self::Cozy,
            "scary" => Self::Scary,
            "magic" => Self::Magic,
            "sad" => Self::Sad,
            "happy" => Self::Happy,
            _ => return None,
        })
    }
}

/// Where and when the picture plays, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Backdrop {
    pub(crate) ground: Option<Ground>,
    pub(crate) hour: Option<Hour>,
    pub(crate) weather: Vec<Weather>,
    pub(crate) season: Option<Season>,
    pub(crate) mood: Option<Mood>,
}

impl Backdrop {
    /// Reads a setting in free words, in English or Russian: what a planner of any kind has written.
    pub(crate) fn read(setting: &str) -> Self {
        let lexicon = Lexicon::get();
        let mut backdrop = Self::default();
        for found in Phrases::of(setting, lexicon) {
            // In a setting, "castle" and "flowers" are places, though a request means things by them.
            if let Some(ground) = Ground::parse(&found.text) {
                backdrop.learn(Meaning::Ground(ground));
            } else if let Some(meaning) = found.meanings.first() {
                backdrop.learn(*meaning);
            }
        }
        backdrop
    }

    /// Takes a word about the surroundings; `false` if it is about something else.
    pub(crate) fn learn(&mut self, meaning: Meaning) -> bool {
        match meaning {
            Meaning::Ground(ground) => self.ground = self.ground.or(Some(ground)),
            Meaning::Hour(hour) => self.hour = self.hour.or(Some(hour)),
            Meaning::Weather(weather) if !self.weather.contains(&weather) => {
                self.weather.push(weather);
            }
            Meaning::Weather(_) => {}
            Meaning::Season(season) => self.season = self.season.or(Some(season)),
            Meaning::Mood(mood) => self.mood = self.mood.or(Some(mood)),
            Meaning::Subject(_)
            | Meaning::Color(_)
            | Meaning::Number(_)
            | Meaning::Size(_)
            | Meaning::Relation(_)
            | Meaning::Skip => return false,
        }
        true
    }

    /// Whether it rains, snows, …
    pub(crate) fn has(&self, weather: Weather) -> bool {
        self.weather.contains(&weather)
    }

    /// The canonical words; reading them back gives the same backdrop. `None` if nothing is known.
    pub(crate) fn words(&self) -> Option<String> {
        let words: Vec<&str> = [self.ground.map(Ground::word), self.hour.map(Hour::word)]
            .into_iter()
            .flatten()
            .chain(self.weather.iter().map(|w| w.word()))
            .chain(self.season.map(Season::word))
            .chain(self.mood.map(Mood::word))
            .collect();
        (!words.is_empty()).then(|| words.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_words_are_read_back_as_they_were_written() {
        for ground in Ground::ALL {
            let backdrop = Backdrop {
                ground: Some(ground),
                hour: Some(Hour::Sunset),
                weather: vec![Weather::Rain, Weather::Clouds],
                season: Some(Season::Winter),
                mood: Some(Mood::Cozy),
            };
            assert_eq!(Backdrop::read(&backdrop.words().unwrap()), backdrop);
        }
    }

    #[test]
    fn a_setting_in_free_words_is_understood_in_both_languages() {
        let english = Backdrop::read("a snowy pine forest at night");
        assert_eq!(english.ground, Some(Ground::Forest));
        assert_eq!(english.hour, Some(Hour::Night));
        assert!(english.has(Weather::Snow));
        let russian = Backdrop::read("заснеженный лес ночью");
        assert_eq!(russian.ground, Some(Ground::Forest));
        assert_eq!(russian.hour, Some(Hour::Night));
        assert!(russian.has(Weather::Snow));
    }
}
