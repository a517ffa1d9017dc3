//! `drawstream weights check`: a model's files, looked through without loading them.

use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::anyhow;
use drawstream_sdxl::{LoraError, LoraMatch, Part, PartSurvey, Survey, WeightsError};

use crate::failure::Failure;

/// Arguments of `drawstream weights check`.
#[derive(Debug, clap::Args)]
pub(super) struct CheckArgs {
    /// The model: a folder in diffusers' layout, or a single .safetensors checkpoint of SDXL.
    model: PathBuf,
    /// A LoRA to hold against it; may be given several times.
    #[arg(long = "lora", value_name = "FILE")]
    loras: Vec<PathBuf>,
}

impl CheckArgs {
    /// Prints what was found.
    ///
    /// # Errors
    /// The model or a LoRA has faults; they are printed first.
    pub(super) fn run(self) -> Result<(), Failure> {
        let survey = Survey::of(&self.model);
        let out = &mut io::stdout().lock();
        let mut faults = write_survey(out, &survey)?;
        let parts = survey.parts.iter().flat_map(|part| &part.problems);
        let mut hint = parts.chain(&survey.problems).find_map(WeightsError::hint);
        for path in &self.loras {
            writeln!(out, "\nLoRA {}", path.display())?;
            let (found, problem) = match survey.lora(path) {
                Ok(found) => (write_lora(out, &found)?, found.problem),
                Err(error) => {
                    writeln!(out, "  fault: {}", chain(&error))?;
                    (1, Some(error))
                }
            };
            hint = hint.or_else(|| problem.as_ref().and_then(LoraError::hint));
            faults += found;
        }
        if faults == 0 {
            return Ok(writeln!(out, "\nEverything is there.")?);
        }
        let faults = match faults {
            1 => "a fault".to_owned(),
            _ => format!("{faults} faults"),
        };
        let error = anyhow!("{faults} in these weights, named above");
        Err(Failure::input(error).with_maybe_hint(hint))
    }
}

/// An error with its causes in one line.
fn chain(error: &dyn Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", chain(cause)),
        None => error.to_string(),
    }
}

/// How many faults of one part are printed: a wrong configuration gives thousands.
const SHOWN: usize = 8;

/// Prints the survey and counts its faults.
fn write_survey(out: &mut impl Write, survey: &Survey) -> io::Result<usize> {
    let mut faults = 0;
    for part in &survey.parts {
        write_part(out, part)?;
        faults += part.problems.len();
    }
    for problem in &survey.problems {
        writeln!(out, "fault: {}", chain(problem))?;
    }
    faults += survey.problems.len();
    let parameters = |wanted: fn(Part) -> bool| -> u64 {
        survey
            .parts
            .iter()
            .filter(|part| wanted(part.part))
            .map(|part| part.parameters)
            .sum()
    };
    let (painting, vae) = (
        parameters(|part| part == Part::Unet),
        parameters(|part| part == Part::Vae),
    );
    let text = parameters(|part| matches!(part, Part::TextEncoder | Part::TextEncoder2));
    if survey.is_whole() {
        writeln!(out, "\nmemory for weights        f32     f16/bf16")?;
        for (name, numbers) in [
            ("UNet, kept", painting),
            ("VAE, kept (f32)", vae),
            ("text, while reading it", text),
        ] {
            let half = if name.starts_with("VAE") {
                numbers * 4
            } else {
                numbers * 2
            };
            writeln!(
                out,
                "  {name:22} {:>8} {:>10}",
                size(numbers * 4),
                size(half)
            )?;
        }
    }
    Ok(faults)
}

fn write_part(out: &mut impl Write, part: &PartSurvey) -> io::Result<()> {
    let types: Vec<String> = part
        .types
        .iter()
        .map(|(name, count)| format!("{count} × {name}"))
        .collect();
    writeln!(
        out,
        "{}: {} parameters in {} tensors ({})",
        part.part.folder(),
        millions(part.parameters),
        part.types.iter().map(|(_, count)| count).sum::<usize>(),
        types.join(", ")
    )?;
    for (path, bytes) in &part.files {
        writeln!(out, "  {} ({})", path.display(), size(*bytes))?;
    }
    for problem in part.problems.iter().take(SHOWN) {
        writeln!(out, "  fault: {}", chain(problem))?;
    }
    if part.problems.len() > SHOWN {
        writeln!(out, "  and {} more faults", part.problems.len() - SHOWN)?;
    }
    Ok(())
}

fn write_lora(out: &mut impl Write, found: &LoraMatch) -> io::Result<usize> {
    let total = found.matched + found.unmatched.len();
    writeln!(out, "  {} of {total} layers match the model", found.matched)?;
    if let Some(problem) = &found.problem {
        // A file for another model matches nothing; one fault says why.
        writeln!(out, "  fault: {}", chain(problem))?;
        return Ok(1);
    }
    for key in found.unmatched.iter().take(SHOWN) {
        writeln!(out, "  fault: {key} matches nothing")?;
    }
    Ok(found.unmatched.len())
}

fn millions(count: u64) -> String {
    format!("{:.1} M", count as f64 / 1e6)
}

fn size(bytes: u64) -> String {
    match bytes {
        ..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn report(model: &Path) -> (String, usize) {
        let mut text = Vec::new();
        let faults = write_survey(&mut text, &Survey::of(model)).expect("memory takes everything");
        (String::from_utf8(text).expect("text"), faults)
    }

    #[test]
    fn a_whole_model_is_listed_with_its_memory() {
        let (text, faults) = report(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/sdxl-reference/pipeline"),
        );
        assert_eq!(faults, 0, "{text}");
        for expected in [
            "unet: 0.8 M parameters",
            "× f16)",
            "memory for weights",
            "UNet, kept",
        ] {
            assert!(text.contains(expected), "{text} lacks {expected:?}");
        }
    }

    #[test]
    fn a_number_that_is_not_finite_is_a_fault_that_names_the_tensor() {
        let folder = tempfile::tempdir().expect("a folder");
        let whole =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/sdxl-reference/pipeline");
        copy(&whole, folder.path());
        let file = folder
            .path()
            .join("unet/diffusion_pytorch_model.safetensors");
        let mut bytes = std::fs::read(&file).expect("a part's weights");
        // The last number of the file, in f16: infinity.
        let end = bytes.len();
        bytes[end - 2..].copy_from_slice(&[0x00, 0x7C]);
        std::fs::write(&file, bytes).expect("written");
        let (text, faults) = report(folder.path());
        assert_eq!(faults, 1, "{text}");
        assert!(text.contains("holds a number that is not finite"), "{text}");
    }

    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).expect("a folder");
        for entry in std::fs::read_dir(from).expect("a folder") {
            let path = entry.expect("an entry").path();
            let to = to.join(path.file_name().expect("a name"));
            if path.is_dir() {
                copy(&path, &to);
            } else {
                std::fs::write(to, std::fs::read(&path).expect("a file")).expect("written");
            }
        }
    }

    #[test]
    fn a_folder_without_a_model_is_a_fault_that_names_the_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let (text, faults) = report(folder.path());
        assert_eq!(faults, 1);
        assert!(
            text.contains("unet: no such file; looked for config.json"),
            "{text}"
        );
    }
}
