//! `drawstream schema`: the format of plans as JSON Schema.

use std::io::{self, Write};

use anyhow::Context as _;
use drawstream_core::plan::{Version, schema};

use super::convert::parse_version;
use crate::failure::Failure;

/// Which version is described.
#[derive(Debug, clap::Args)]
pub struct SchemaArgs {
    /// The version of the format
    #[arg(long = "version", value_name = "VERSION", default_value = "1.1", value_parser = parse_version)]
    format: Version,
}

impl SchemaArgs {
    /// Prints the schema on standard output.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub fn run(self) -> Result<(), Failure> {
        let json =
            serde_json::to_string_pretty(&schema(self.format)).context("write the schema")?;
        writeln!(io::stdout().lock(), "{json}")?;
        Ok(())
    }
}
