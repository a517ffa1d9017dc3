//! This machine: disk, memory, graphics, display, helpers.

use std::path::Path;
use std::process::{Command, Stdio};

use super::Finding;
use crate::config::Config;
use crate::health::Health;

/// Room that a long stream's ledger and gallery may need.
const ROOM: u64 = 1 << 30;
/// Memory with which a show without models runs well.
const MEMORY: u64 = 1 << 30;

/// What can be seen without asking anybody else.
pub(super) async fn look(config: &Config) -> Vec<Finding> {
    vec![
        Finding::new("data folder", data_folder(&config.data_dir)),
        Finding::new("memory", memory()),
        Finding::new("graphics card", graphics()),
        Finding::new("display", display()),
        Finding::new("window", window().await),
        Finding::new("ffmpeg", ffmpeg()),
        Finding::new(
            "fonts",
            Health::good("built in; none of the system's is needed"),
        ),
    ]
}

fn data_folder(folder: &Path) -> Health {
    // The folder is made at the first start, in the nearest one above it that is there.
    let there = folder
        .ancestors()
        .map(|path| match path.as_os_str().is_empty() {
            true => Path::new("."),
            false => path,
        });
    let Some(there) = there.into_iter().find(|path| path.exists()) else {
        return Health::bad(
            format!("there is no place for {}", folder.display()),
            "set DRAWSTREAM_DATA_DIR to a folder on this machine",
        );
    };
    let shown = there.display();
    match there.metadata() {
        Ok(about) if !about.is_dir() => {
            return Health::bad(
                format!("{shown} is a file, and a folder is needed"),
                "set DRAWSTREAM_DATA_DIR to a folder",
            );
        }
        Ok(about) if about.permissions().readonly() => {
            return Health::bad(
                format!("{shown} cannot be written"),
                format!("chmod u+w {shown}, or set DRAWSTREAM_DATA_DIR to another folder"),
            );
        }
        Ok(_) => {}
        Err(error) => {
            return Health::bad(
                format!("{shown}: {error}"),
                "set DRAWSTREAM_DATA_DIR to a folder that you may write",
            );
        }
    }
    match fs4::available_space(there) {
        Ok(free) if free < ROOM => Health::fair(
            format!("{} has {} MB left", folder.display(), free >> 20),
            "make room, or set DRAWSTREAM_DATA_DIR to a larger disk",
        ),
        Ok(free) => Health::good(format!("{}, {} GB left", folder.display(), free >> 30)),
        Err(_) => Health::good(folder.display().to_string()),
    }
}

fn memory() -> Health {
    let Ok(text) = std::fs::read_to_string("/proc/meminfo") else {
        return Health::good("not known on this system");
    };
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"));
    let free = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    match free.map(|kilobytes| kilobytes << 10) {
        Some(free) if free < MEMORY => Health::fair(
            format!("{} MB are free", free >> 20),
            "close what is not needed; the show alone takes 300 MB",
        ),
        Some(free) => Health::good(format!("{} GB are free", free >> 30)),
        None => Health::good("not known on this system"),
    }
}

fn graphics() -> Health {
    let query = [
        "--query-gpu=name,memory.total,memory.free",
        "--format=csv,noheader",
    ];
    let Some(text) = said("nvidia-smi", &query) else {
        return Health::good(
            "no NVIDIA card found; the show needs none, local models are slow without one",
        );
    };
    let line = text.lines().next().unwrap_or_default();
    match line
        .split(',')
        .map(str::trim)
        .collect::<Vec<_>>()
        .as_slice()
    {
        [name, total, free] => Health::good(format!("{name}, {free} of {total} free")),
        _ => Health::fair(
            "nvidia-smi answers, and names no card",
            "nvidia-smi must list the card: install the driver, under WSL the one for Windows",
        ),
    }
}

fn display() -> Health {
    if !cfg!(target_os = "linux") {
        return Health::good("the desktop's");
    }
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if is_set("WAYLAND_DISPLAY") || is_set("DISPLAY") {
        return Health::good("there is one; capture the window titled drawstream");
    }
    let kernel = std::fs::read_to_string("/proc/version").unwrap_or_default();
    let mend = if kernel.to_lowercase().contains("microsoft") {
        "under WSL: wsl --update in Windows brings WSLg; or drawstream run --headless"
    } else {
        "run it on the desktop, or drawstream run --headless"
    };
    Health::fair("there is none, so that there is no window to capture", mend)
}

/// By what the window is drawn.
#[cfg(feature = "window")]
async fn window() -> Health {
    match crate::sinks::adapter().await {
        Some(adapter) if adapter.is_gpu => {
            Health::good(format!("drawn by {} ({})", adapter.name, adapter.api))
        }
        Some(adapter) => Health::good(format!(
            "drawn by the CPU: the only adapter is software, which is slower ({})",
            adapter.name
        )),
        None => Health::good("drawn by the CPU: there is no graphics adapter"),
    }
}

#[cfg(not(feature = "window"))]
async fn window() -> Health {
    Health::good("this program is built without one; OBS takes the stage from the browser source")
}

fn ffmpeg() -> Health {
    match said("ffmpeg", &["-version"]) {
        Some(text) => {
            let line = text.lines().next().unwrap_or_default();
            Health::good(line.split(" Copyright").next().unwrap_or(line).to_owned())
        }
        None => Health::good("not installed; pictures and GIFs need none"),
    }
}

/// What a program prints, where there is such a program and it ends well.
fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
