//! What the stage itself says, in the language of the stream.

use std::time::Duration;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

/// The language of the stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Locale {
    /// English.
    #[default]
    En,
    /// Russian.
    Ru,
}

impl Locale {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::En, Self::Ru];

    /// Reads `en`, `ru`, `ru_RU.UTF-8`, `EN-gb` …: the language of a locale's name; `None` for others.
    pub fn parse(name: &str) -> Option<Self> {
        let language = name.split(['-', '_', '.']).next()?.to_ascii_lowercase();
        Self::ALL
            .into_iter()
            .find(|locale| locale.name() == language)
    }

    /// The language's code.
    pub const fn name(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ru => "ru",
        }
    }

    /// The line under the picture, where the streamer has none of their own.
    pub fn caption(self) -> String {
        Words::new(self).say("caption")
    }

    const fn source(self) -> &'static str {
        match self {
            Self::En => include_str!("../../locales/en.ftl"),
            Self::Ru => include_str!("../../locales/ru.ftl"),
        }
    }

    fn language(self) -> LanguageIdentifier {
        self.name()
            .parse()
            .expect("the codes of both languages are well-formed")
    }
}

/// The sentences of a locale.
pub(crate) struct Words(FluentBundle<FluentResource>);

impl Words {
    pub(crate) fn new(locale: Locale) -> Self {
        let mut bundle = FluentBundle::new_concurrent(vec![locale.language()]);
        // Isolating marks are for mixed directions in running text; these sentences have none.
        bundle.set_use_isolating(false);
        // What cannot be read of a bundled file is left out of it; a test reads every sentence of each.
        let resource = FluentResource::try_new(locale.source().to_owned())
            .unwrap_or_else(|(partial, _)| partial);
        bundle.add_resource_overriding(resource);
        Self(bundle)
    }

    /// A sentence without a gap.
    pub(crate) fn say(&self, id: &str) -> String {
        self.fill(id, None)
    }

    /// A sentence with a number in it.
    pub(crate) fn count(&self, id: &str, count: usize) -> String {
        let mut args = FluentArgs::new();
        args.set("count", FluentValue::from(count));
        self.fill(id, Some(&args))
    }

    /// A sentence with a time in it.
    pub(crate) fn time(&self, id: &str, time: Duration) -> String {
        let mut args = FluentArgs::new();
        args.set("time", clock(time));
        self.fill(id, Some(&args))
    }

    /// A sentence with somebody's name in it.
    pub(crate) fn name(&self, id: &str, name: &str) -> String {
        let mut args = FluentArgs::new();
        args.set("name", name);
        self.fill(id, Some(&args))
    }

    /// How long somebody waits, as honestly as it is known: minutes are rounded up.
    pub(crate) fn wait(&self, wait: Option<Duration>) -> String {
        let Some(wait) = wait else {
            return self.say("wait-unknown");
        };
        let minutes = usize::try_from(wait.as_secs().div_ceil(60)).unwrap_or(usize::MAX);
        match minutes {
            0 => self.say("wait-next"),
            1 => self.say("wait-soon"),
            2..90 => self.count("wait-minutes", minutes),
            90.. => self.count("wait-hours", minutes.saturating_add(30) / 60),
        }
    }

    fn fill(&self, id: &str, args: Option<&FluentArgs<'_>>) -> String {
        let mut errors = Vec::new();
        self.0
            .get_message(id)
            .and_then(|message| message.value())
            .map(|pattern| {
                self.0
                    .format_pattern(pattern, args, &mut errors)
                    .into_owned()
            })
            .unwrap_or_default()
    }
}

/// `0:07`, `12:30`, `1:02:03`; part of a second counts as a whole one, so that a countdown ends at its end.
pub(crate) fn clock(time: Duration) -> String {
    let secs = time.as_secs() + u64::from(time.subsec_nanos() > 0);
    let (hours, minutes, secs) = (secs / 3600, secs / 60 % 60, secs % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{secs:02}")
    } else {
        format!("{minutes}:{secs:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(locale: Locale) -> Vec<&'static str> {
        let lines = locale.source().lines();
        lines
            .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
            .filter_map(|line| Some(line.split_once(" =")?.0))
            .collect()
    }

    #[test]
    fn both_languages_have_every_sentence_and_each_can_be_said() {
        assert_eq!(ids(Locale::En), ids(Locale::Ru));
        for locale in Locale::ALL {
            let words = Words::new(locale);
            for id in ids(locale) {
                let said = words.count(id, 3);
                assert!(!said.trim().is_empty(), "{locale:?} {id}");
            }
        }
    }

    #[test]
    fn russian_counts_as_russians_do() {
        let words = Words::new(Locale::Ru);
        let said = [0, 1, 2, 5, 11, 21, 22, 100].map(|n| words.count("waiting", n));
        assert_eq!(
            said,
            [
                "никто не ждёт",
                "ждёт 1 заказ",
                "ждут 2 заказа",
                "ждут 5 заказов",
                "ждут 11 заказов",
                "ждёт 21 заказ",
                "ждут 22 заказа",
                "ждут 100 заказов"
            ]
        );
    }

    #[test]
    fn waiting_times_are_rounded_up_and_never_to_nothing() {
        let words = Words::new(Locale::En);
        let said =
            [0, 1, 60, 61, 599, 5400].map(|secs| words.wait(Some(Duration::from_secs(secs))));
        assert_eq!(
            said,
            [
                "up next",
                "in under a minute",
                "in under a minute",
                "in 2 minutes",
                "in 10 minutes",
                "in 2 hours"
            ]
        );
        assert_eq!(words.wait(None), "in preparation");
    }

    #[test]
    fn a_countdown_ends_at_its_end() {
        let said = [0, 1, 999, 1000, 59_001, 3_723_000].map(|ms| clock(Duration::from_millis(ms)));
        assert_eq!(said, ["0:00", "0:01", "0:01", "0:01", "1:00", "1:02:03"]);
    }

    #[test]
    fn locale_names_are_read_as_systems_write_them() {
        assert_eq!(Locale::parse("ru_RU.UTF-8"), Some(Locale::Ru));
        assert_eq!(Locale::parse("EN-gb"), Some(Locale::En));
        assert_eq!(Locale::parse("de"), None);
    }
}
