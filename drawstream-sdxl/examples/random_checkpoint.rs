//! Writes a full-size SDXL checkpoint of random f16 weights, to measure an engine without a download.
//!
//! `cargo run --release -p drawstream-sdxl --example random_checkpoint -- OUT.safetensors` (6.9 GB)
//!
//! The names and shapes are those that a survey of an empty file finds missing, so the list cannot go stale.

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use drawstream_sdxl::{Survey, WeightsError};
use half::f16;

fn main() -> Result<(), Box<dyn Error>> {
    let out = env::args_os()
        .nth(1)
        .ok_or("usage: random_checkpoint OUT.safetensors")?;
    let out = PathBuf::from(out);
    let shapes = shapes(&out)?;
    let mut header = serde_json::Map::new();
    let mut end = 0;
    for (name, shape) in &shapes {
        let start = end;
        end += 2 * shape.iter().product::<usize>();
        let entry =
            serde_json::json!({ "dtype": "F16", "shape": shape, "data_offsets": [start, end] });
        header.insert(name.clone(), entry);
    }
    let mut header = serde_json::to_vec(&header)?;
    header.resize(header.len().next_multiple_of(8), b' ');
    let mut file = BufWriter::with_capacity(1 << 20, File::create(&out)?);
    file.write_all(&(header.len() as u64).to_le_bytes())?;
    file.write_all(&header)?;
    let mut random = 0x9E37_79B9_7F4A_7C15u64;
    for (name, shape) in &shapes {
        write_random(&mut file, name, shape, &mut random)?;
    }
    Ok(file.flush()?)
}

/// Every tensor that an SDXL checkpoint must have.
fn shapes(out: &Path) -> Result<BTreeMap<String, Vec<usize>>, Box<dyn Error>> {
    let empty = b"{}      ";
    let mut file = File::create(out)?;
    file.write_all(&(empty.len() as u64).to_le_bytes())?;
    file.write_all(empty)?;
    drop(file);
    let survey = Survey::of(out);
    let missing = survey.parts.into_iter().flat_map(|part| part.problems);
    Ok(missing
        .filter_map(|problem| match problem {
            WeightsError::Missing { name, expected, .. } => Some((name, expected)),
            _ => None,
        })
        .collect())
}

/// Evenly spread numbers of a deviation that keeps activations near 1; normalisations' scales near 1.
fn write_random(
    file: &mut impl Write,
    name: &str,
    shape: &[usize],
    random: &mut u64,
) -> io::Result<()> {
    let inputs: usize = shape.iter().skip(1).product();
    let (centre, spread) = match (shape.len(), name.ends_with("weight")) {
        (1, true) => (1.0, 0.05),
        (1, false) => (0.0, 0.05),
        _ => (0.0, (3.0 / inputs as f32).sqrt() * 0.6),
    };
    for _ in 0..shape.iter().product() {
        // Xorshift (Marsaglia 2003): quick, and good enough for weights that mean nothing.
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        let unit = (*random >> 40) as f32 / (1u64 << 23) as f32 - 1.0;
        file.write_all(&f16::from_f32(centre + unit * spread).to_le_bytes())?;
    }
    Ok(())
}
