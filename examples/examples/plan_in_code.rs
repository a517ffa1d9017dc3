//! A plan built in code, written as Canvas-DSL 1.0 for any program that reads it.
//!
//! ```console
//! $ cargo run -p drawstream-examples --example plan_in_code > house.json
//! ```

use std::io::Write as _;

use drawstream_core::plan::Version;
use drawstream_examples::house;

fn main() -> anyhow::Result<()> {
    let json = house()?.to_json(Version::V1_0);
    std::io::stdout().write_all(json.as_bytes())?;
    Ok(())
}
