//! `drawstream simulate`: the simulated Donation Alerts alone, for tests and for authors of bots.

use std::io::{Write as _, stdout};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;

use crate::failure::Failure;
use crate::sources::simulator::donors::DemoDonors;
use crate::sources::simulator::scenario::Scenario;
use crate::sources::simulator::{CLIENT, Simulator, SimulatorOptions};

/// What `drawstream simulate` takes.
#[derive(Debug, Args)]
pub struct SimulateArgs {
    /// What happens, over and over.
    #[arg(long, value_enum, default_value = "demo")]
    scenario: Scenario,
    /// Port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 8090)]
    port: u16,
    /// Seconds between the steps of the scenario.
    #[arg(long, value_name = "SECONDS", default_value_t = 15.0)]
    every: f64,
    /// Seed of the donors and of the tokens.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Play the scenario so many times and end; without it, until Ctrl+C.
    #[arg(long, value_name = "N")]
    times: Option<u64>,
}

impl SimulateArgs {
    /// Runs it.
    ///
    /// # Errors
    /// Where the port is taken, or `--every` is no length of time.
    pub fn run(self) -> Result<(), Failure> {
        let pace = Duration::try_from_secs_f64(self.every).map_err(|error| {
            Failure::input(error).with_hint("--every takes seconds, such as 15 or 0.5")
        })?;
        let runtime = tokio::runtime::Runtime::new().context("start the program's tasks")?;
        runtime.block_on(self.serve(pace))
    }

    async fn serve(self, pace: Duration) -> Result<(), Failure> {
        let options = SimulatorOptions {
            port: self.port,
            seed: self.seed,
            ..SimulatorOptions::default()
        }
        .with_new_ids();
        let user_id = options.user_id;
        let simulator = Simulator::start(options).await.map_err(|error| {
            Failure::world(
                anyhow::Error::from(error).context(format!("listen on port {}", self.port)),
            )
            .with_hint("choose another with --port, or 0 for any that is free")
        })?;
        // In the form of an .env file, so that it can be pasted into one.
        writeln!(
            stdout(),
            "DA_API_BASE={}\nDA_WS_URL={}\nDA_ACCESS_TOKEN={}\nDA_USER_ID={user_id}\nDA_CLIENT_ID={}\nDA_CLIENT_SECRET={}\n\
             # OAuth: {}/oauth/authorize",
            simulator.api_url(),
            simulator.ws_url(),
            simulator.access_token(),
            CLIENT.0,
            CLIENT.1,
            simulator.base_url(),
        )
        .context("write where the service is")?;
        let mut donors = DemoDonors::new(self.seed);
        let play = async {
            for _ in 0..self.times.unwrap_or(u64::MAX) {
                let made = self.scenario.play(&simulator, &mut donors, pace).await;
                tracing::info!(donations = made.len(), "the scenario was played once");
            }
        };
        tokio::select! {
            () = play => {}
            stopped = tokio::signal::ctrl_c() => stopped.context("wait for Ctrl+C")?,
        }
        Ok(())
    }
}
