//! [`Links`]: tokens by which a streamer lets others in. The file keeps their hashes, so that it opens nothing.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngCore as _;
use sha2::{Digest as _, Sha256};

use super::Role;
use crate::fresh_file::FreshFile;
use crate::secret::Secret;

/// The file in the data folder.
const FILE: &str = "links.json";
/// How often the file is looked at while requests come.
const LOOK: Duration = Duration::from_secs(1);

type Hash = [u8; 32];

/// The tokens that are known, by their hashes.
#[derive(Debug)]
pub struct Links {
    path: PathBuf,
    /// The token of the settings, which is the owner's.
    configured: Option<Hash>,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    looked: Option<Instant>,
    written: Option<SystemTime>,
    hashes: Vec<(Role, Hash)>,
}

impl Links {
    /// Those of this data folder, and the token of the settings.
    pub fn new(data_dir: &Path, configured: Option<&Secret>) -> Self {
        Self {
            path: data_dir.join(FILE),
            configured: configured.map(|token| hash(token.expose())),
            known: Mutex::default(),
        }
    }

    /// Whether the settings have a token: then nothing is told without one.
    pub(crate) fn is_locked(&self) -> bool {
        self.configured.is_some()
    }

    /// Whose token this is. It takes the same time for all that are wrong.
    pub(crate) fn role(&self, token: &str) -> Option<Role> {
        let given = hash(token);
        let mut role = None;
        if self.configured.is_some_and(|known| same(&given, &known)) {
            role = Some(Role::Owner);
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.refresh(&self.path);
        for (of, hash) in &known.hashes {
            if same(&given, hash) {
                role = role.max(Some(*of));
            }
        }
        role
    }

    /// Makes new tokens for these roles; the links that they had end. What is returned is kept nowhere.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn renew(data_dir: &Path, roles: &[Role]) -> anyhow::Result<Vec<(Role, Secret)>> {
        let path = data_dir.join(FILE);
        std::fs::create_dir_all(data_dir)?;
        let mut doc = read(&path);
        let mut made = Vec::new();
        for &role in roles {
            let mut bytes = [0; 24];
            rand::rng().fill_bytes(&mut bytes);
            let token = URL_SAFE_NO_PAD.encode(bytes);
            doc.insert(role.name().to_owned(), URL_SAFE_NO_PAD.encode(hash(&token)));
            made.push((role, Secret::new(token)));
        }
        let json = serde_json::to_vec_pretty(&doc)?;
        let mut file = FreshFile::create(&path)?;
        file.write_all(&json)?;
        file.keep()?;
        Ok(made)
    }
}

impl Known {
    fn refresh(&mut self, path: &Path) {
        if self.looked.is_some_and(|looked| looked.elapsed() < LOOK) {
            return;
        }
        self.looked = Some(Instant::now());
        let written = std::fs::metadata(path)
            .and_then(|file| file.modified())
            .ok();
        if written == self.written && self.written.is_some() {
            return;
        }
        self.written = written;
        let doc = read(path);
        let roles = [Role::Viewer, Role::Moderator, Role::Owner];
        self.hashes = roles
            .into_iter()
            .filter_map(|role| {
                let bytes = URL_SAFE_NO_PAD.decode(doc.get(role.name())?).ok()?;
                Some((role, bytes.try_into().ok()?))
            })
            .collect();
    }
}

/// The hashes by role; a file that is missing or unreadable lets nobody in.
fn read(path: &Path) -> BTreeMap<String, String> {
    std::fs::read(path)
        .ok()
        .and_then(|json| serde_json::from_slice(&json).ok())
        .unwrap_or_default()
}

fn hash(token: &str) -> Hash {
    Sha256::digest(token.as_bytes()).into()
}

/// Compares without telling by its time how much was right.
fn same(given: &Hash, wanted: &Hash) -> bool {
    let difference = given
        .iter()
        .zip(wanted)
        .fold(0, |all, (a, b)| all | (a ^ b));
    std::hint::black_box(difference) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_opens_for_its_role_until_it_is_renewed_and_its_file_opens_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let made = Links::renew(folder.path(), &[Role::Moderator, Role::Viewer]).unwrap();
        let links = Links::new(folder.path(), Some(&Secret::new("configured")));
        for (role, token) in &made {
            assert_eq!(links.role(token.expose()), Some(*role));
        }
        assert_eq!(links.role("configured"), Some(Role::Owner));
        assert_eq!(links.role(""), None);
        let file = std::fs::read_to_string(folder.path().join(FILE)).unwrap();
        for (_, token) in &made {
            assert!(!file.contains(token.expose()));
        }
        for stolen in read(&folder.path().join(FILE)).values() {
            assert_eq!(links.role(stolen), None);
        }
        let renewed = Links::renew(folder.path(), &[Role::Moderator]).unwrap();
        let again = Links::new(folder.path(), None);
        assert_eq!(again.role(made[0].1.expose()), None);
        assert_eq!(again.role(made[1].1.expose()), Some(Role::Viewer));
        assert_eq!(again.role(renewed[0].1.expose()), Some(Role::Moderator));
    }
}
