//! [`Key`]: the name of a setting in the file and in the environment, and what it is without either.

mod list;
mod sources;

pub(crate) use self::list::KEYS;

/// Who may read a setting's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Privacy {
    /// Anybody: it is printed.
    Open,
    /// Nobody: `…` is printed in its place.
    Secret,
}

/// A setting's names, default and meaning.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    /// In `drawstream.toml`: `section.name`, or `name` at the top.
    pub(crate) path: &'static str,
    /// In the environment and in `.env`.
    pub(crate) env: &'static str,
    /// What it is where nobody says; absent where there is no sensible value.
    pub(crate) default: Option<&'static str>,
    /// Whether it is printed.
    pub(crate) privacy: Privacy,
    /// What it means.
    pub(crate) meaning: &'static str,
}

const fn key(
    path: &'static str,
    env: &'static str,
    default: &'static str,
    meaning: &'static str,
) -> Key {
    Key {
        path,
        env,
        default: Some(default),
        privacy: Privacy::Open,
        meaning,
    }
}

const fn optional(path: &'static str, env: &'static str, meaning: &'static str) -> Key {
    Key {
        path,
        env,
        default: None,
        privacy: Privacy::Open,
        meaning,
    }
}

const fn secret(path: &'static str, env: &'static str, meaning: &'static str) -> Key {
    Key {
        path,
        env,
        default: None,
        privacy: Privacy::Secret,
        meaning,
    }
}

/// Lists of settings one after another.
const fn joined<const N: usize>(lists: [&[Key]; 3]) -> [Key; N] {
    let mut all = [lists[0][0]; N];
    let (mut list, mut from) = (0, 0);
    while list < lists.len() {
        let mut at = 0;
        while at < lists[list].len() {
            all[from + at] = lists[list][at];
            at += 1;
        }
        from += at;
        list += 1;
    }
    all
}
