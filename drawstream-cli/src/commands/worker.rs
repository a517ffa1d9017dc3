//! `drawstream worker`: this machine's painters, for shows on other machines.

use anyhow::Context as _;
use clap::Args;

use super::settings::Settings;
use crate::CancellationToken;
use crate::failure::Failure;
use crate::live::end_when_asked;
use crate::logging;
use crate::worker::Worker;

/// Paint for shows on other machines: takes jobs from a painting pool (NATS JetStream)
#[derive(Debug, Args)]
pub struct WorkerArgs {
    /// Where the pool is: nats://host:4222, tls://host:4222, several with commas between. A user and a password are
    /// better set as NATS_USER and NATS_PASSWORD, or by NATS_CREDS: other users of a machine can read command lines
    #[arg(long, value_name = "ADDRESS")]
    nats: Option<String>,
    /// Its name on dashboards [default: the machine's]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Which painters it has, in order of preference [default: those that are set up]
    #[arg(long, value_name = "NAMES")]
    painter: Option<String>,
    /// How logs are written: text or json
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,
    /// Least severe level that is logged
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<String>,
    #[command(flatten)]
    settings: Settings,
}

impl WorkerArgs {
    /// Works until Ctrl+C, or a service manager's SIGTERM.
    ///
    /// # Errors
    /// Where it cannot begin; what happens afterwards ends no worker.
    pub fn run(self) -> Result<(), Failure> {
        let own = [
            ("nats.url", &self.nats),
            ("nats.worker", &self.name),
            ("painters", &self.painter),
            ("log.format", &self.log_format),
            ("log.level", &self.log_level),
        ];
        let own: Vec<_> = own
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.clone()?)))
            .collect();
        let config = self.settings.load_with(&own)?;
        logging::start(&config.log);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .context("start the program's threads")?;
        runtime.block_on(async {
            let stop = CancellationToken::new();
            tokio::spawn(end_when_asked(stop.clone()));
            Worker::start(&config, stop).await?.run().await;
            Ok::<_, Failure>(())
        })?;
        // A painter's thread may be in the middle of a picture that nobody waits for.
        runtime.shutdown_background();
        Ok(())
    }
}
