//! The [`Shelf`]: where a model's files are looked for.

use std::env;
use std::path::{Path, PathBuf};

/// The base model's name, and the folder that the usual bundle has it in.
const BUNDLED: [(&str, &str); 2] = [
    ("stabilityai/stable-diffusion-xl-base-1.0", "sdxl-base"),
    ("nerijs/pixel-art-xl", "pixel-art-xl"),
];

/// Where models are: a folder of ours, and the cache that Python's tools keep.
#[derive(Clone, Debug)]
pub(in crate::painters) struct Shelf {
    models: PathBuf,
    /// Its layout: `models--ORG--NAME/refs/main` names a folder of `models--ORG--NAME/snapshots`.
    cache: Option<PathBuf>,
}

/// What is not there, and where it was looked for.
#[derive(Debug, thiserror::Error)]
#[error("{what} {name} is not there; looked for {}", listed(tried))]
pub(super) struct NotThere {
    what: &'static str,
    name: String,
    models: PathBuf,
    tried: Vec<PathBuf>,
}

impl NotThere {
    pub(super) fn mend(&self) -> String {
        let setting = match self.what {
            "the model" => "PIXEL_MODEL_BASE",
            _ => "PIXEL_LORA_REPO and PIXEL_LORA_WEIGHT (PIXEL_LCM_LORA for the preset lcm)",
        };
        format!(
            "drawstream weights unpack BUNDLE.tar.gz --into {}, or name a folder of yours by {setting}",
            self.models.display()
        )
    }
}

fn listed(paths: &[PathBuf]) -> String {
    let shown: Vec<String> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    shown.join(", ")
}

impl Shelf {
    pub(in crate::painters) fn new(models: PathBuf) -> Self {
        Self {
            models,
            cache: cache(|name| env::var_os(name).map(PathBuf::from)),
        }
    }

    /// A model's folder or single file, by its path or by its name `ORG/NAME`.
    pub(super) fn model(&self, name: &str) -> Result<PathBuf, NotThere> {
        let mut tried = self.folders(name);
        let single: Vec<PathBuf> = tried[1..]
            .iter()
            .map(|folder| {
                let mut file = folder.clone().into_os_string();
                file.push(".safetensors");
                PathBuf::from(file)
            })
            .collect();
        let found = tried.iter().chain(&single).find(|path| path.exists());
        if let Some(found) = found {
            return Ok(found.clone());
        }
        tried.extend(single.into_iter().take(1));
        Err(self.not_there("the model", name, tried))
    }

    /// A LoRA's file: `repo` is a folder, a name `ORG/NAME`, or the file itself.
    pub(super) fn lora(&self, repo: &str, file: &str) -> Result<PathBuf, NotThere> {
        let given = Path::new(repo);
        if given.is_file() {
            return Ok(given.to_owned());
        }
        let mut tried: Vec<PathBuf> = self.folders(repo).iter().map(|f| f.join(file)).collect();
        tried.push(self.models.join(file));
        match tried.iter().find(|path| path.is_file()) {
            Some(found) => Ok(found.clone()),
            None => Err(self.not_there("the LoRA", &format!("{repo}/{file}"), tried)),
        }
    }

    /// The folders that a name may mean: itself, in our folder, in the bundle's, in the cache.
    fn folders(&self, name: &str) -> Vec<PathBuf> {
        let mut folders = vec![PathBuf::from(name)];
        let bundled = BUNDLED.iter().filter(|(known, _)| *known == name);
        folders.extend(bundled.map(|(_, folder)| self.models.join(folder)));
        if Path::new(name).is_relative() {
            let last = Path::new(name)
                .file_name()
                .map(|last| self.models.join(last));
            for folder in last.into_iter().chain([self.models.join(name)]) {
                if !folders.contains(&folder) {
                    folders.push(folder);
                }
            }
        }
        folders.extend(self.cached(name));
        folders
    }

    fn cached(&self, name: &str) -> Option<PathBuf> {
        let (org, model) = name.split_once('/')?;
        let plain = |part: &str| {
            let legal = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            !part.starts_with('.') && !part.is_empty() && part.chars().all(legal)
        };
        if !plain(org) || !plain(model) {
            return None;
        }
        let root = self.cache.as_ref()?.join(format!("models--{org}--{model}"));
        let revision = std::fs::read_to_string(root.join("refs/main")).ok()?;
        let revision = revision.trim();
        plain(revision).then(|| root.join("snapshots").join(revision))
    }

    fn not_there(&self, what: &'static str, name: &str, tried: Vec<PathBuf>) -> NotThere {
        NotThere {
            what,
            name: name.to_owned(),
            models: self.models.clone(),
            tried,
        }
    }
}

/// The cache's folder, by the variables that Python's tools read.
fn cache(variable: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    variable("HF_HUB_CACHE")
        .or_else(|| Some(variable("HF_HOME")?.join("hub")))
        .or_else(|| Some(variable("XDG_CACHE_HOME")?.join("huggingface/hub")))
        .or_else(|| Some(variable("HOME")?.join(".cache/huggingface/hub")))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn touch(path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
    }

    #[test]
    fn a_model_is_found_by_path_in_the_bundles_folder_by_name_and_in_the_cache() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let shelf = Shelf {
            models: root.join("models"),
            cache: Some(root.join("hub")),
        };
        let name = "stabilityai/stable-diffusion-xl-base-1.0";
        let missing = shelf.model(name).unwrap_err();
        let said = missing.to_string();
        for place in ["models/sdxl-base,", "models/stable-diffusion-xl-base-1.0"] {
            assert!(said.contains(place), "{said}");
        }
        assert!(
            missing.mend().contains("weights unpack"),
            "{}",
            missing.mend()
        );

        let cached = root.join("hub/models--stabilityai--stable-diffusion-xl-base-1.0");
        touch(&cached.join("snapshots/4621/model_index.json"));
        fs::create_dir_all(cached.join("refs")).unwrap();
        fs::write(cached.join("refs/main"), "4621\n").unwrap();
        assert_eq!(shelf.model(name).unwrap(), cached.join("snapshots/4621"));
        for place in [
            "models/stabilityai/stable-diffusion-xl-base-1.0",
            "models/sdxl-base",
        ] {
            touch(&root.join(place).join("model_index.json"));
            assert_eq!(shelf.model(name).unwrap(), root.join(place));
        }
        touch(&root.join("models/mine.safetensors"));
        assert_eq!(
            shelf.model("mine").unwrap(),
            root.join("models/mine.safetensors")
        );
        let own = root.join("models/sdxl-base");
        assert_eq!(shelf.model(own.to_str().unwrap()).unwrap(), own);
    }

    #[test]
    fn a_lora_is_found_in_its_folder_beside_the_models_or_as_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let shelf = Shelf {
            models: root.to_owned(),
            cache: None,
        };
        let find = || shelf.lora("nerijs/pixel-art-xl", "pixel-art-xl.safetensors");
        assert!(
            find()
                .unwrap_err()
                .to_string()
                .contains("the LoRA nerijs/pixel-art-xl/pixel")
        );
        for place in [
            "pixel-art-xl.safetensors",
            "pixel-art-xl/pixel-art-xl.safetensors",
        ] {
            touch(&root.join(place));
            assert_eq!(find().unwrap(), root.join(place));
        }
        let file = root.join("pixel-art-xl.safetensors");
        assert_eq!(shelf.lora(file.to_str().unwrap(), "").unwrap(), file);
    }

    #[test]
    fn the_cache_is_where_pythons_tools_have_it() {
        let of = |names: &[&str]| {
            cache(|asked| {
                names
                    .contains(&asked)
                    .then(|| PathBuf::from(format!("/{asked}")))
            })
        };
        assert_eq!(of(&["HF_HUB_CACHE", "HOME"]), Some("/HF_HUB_CACHE".into()));
        assert_eq!(of(&["HF_HOME", "HOME"]), Some("/HF_HOME/hub".into()));
        assert_eq!(of(&["HOME"]), Some("/HOME/.cache/huggingface/hub".into()));
        assert_eq!(of(&[]), None);
    }
}
