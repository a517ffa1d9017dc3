//! `drawstream login`: lets the program see the streamer's donations on Donation Alerts.

use std::io::{Write as _, stdout};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::SystemTime;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::settings::Settings;
use crate::failure::Failure;
use crate::secret::Secret;
use crate::sources::donation_alerts::{
    API_BASE, Application, Login, LoginError, SCOPES, TOKEN_FILE, TokenStore, Tokens,
};

/// What `drawstream login` takes.
#[derive(Debug, Args)]
pub struct LoginArgs {
    /// Show what the login allows and until when, and log nobody in.
    #[arg(long)]
    status: bool,
    /// The application's number, from donationalerts.com/application/clients.
    #[arg(long, env = "DA_CLIENT_ID")]
    client_id: Option<String>,
    /// The application's secret. The environment is the better place: command lines are seen by others.
    #[arg(long, env = "DA_CLIENT_SECRET", hide_env_values = true, value_parser = secret)]
    client_secret: Option<Secret>,
    /// A token that was made elsewhere; the token file is stronger.
    #[arg(long, env = "DA_ACCESS_TOKEN", hide_env_values = true, value_parser = secret)]
    access_token: Option<Secret>,
    /// Where the tokens are kept; their owner alone can read the file [default: in the data folder].
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
    /// Base of the service's REST.
    #[arg(long, env = "DA_API_BASE", default_value = API_BASE)]
    api_base: String,
    /// The port of the application's redirect address, http://127.0.0.1:PORT/callback.
    #[arg(long, default_value_t = 7475)]
    port: u16,
    /// Open the page in the browser, or only print its address.
    #[arg(long, value_enum, default_value = "open")]
    browser: Browser,
}

/// What is done about the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Browser {
    Open,
    Print,
}

fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}

impl LoginArgs {
    /// Runs it.
    ///
    /// # Errors
    /// Where the application is not named, nobody agreed, or the tokens cannot be kept.
    pub fn run(self) -> Result<(), Failure> {
        let given = Tokens {
            access: self.access_token.clone().unwrap_or_default(),
            refresh: None,
        };
        let token_file = match &self.token_file {
            Some(file) => file.clone(),
            None => self.settings.load()?.data_dir.join(TOKEN_FILE),
        };
        let store = TokenStore::new(given, Some(token_file.clone()));
        if self.status {
            return show(&store.load().map_err(Failure::world)?);
        }
        let runtime = tokio::runtime::Runtime::new().context("start the program's tasks")?;
        let tokens = runtime.block_on(self.log_in())?;
        store.save(&tokens).map_err(Failure::world)?;
        writeln!(
            stdout(),
            "logged in; the tokens are in {}",
            token_file.display()
        )?;
        show(&tokens)
    }

    async fn log_in(&self) -> Result<Tokens, Failure> {
        let (Some(client_id), Some(client_secret)) = (&self.client_id, &self.client_secret) else {
            let error = anyhow::anyhow!("the application's number and secret are not known");
            return Err(Failure::input(error).with_hint(
                "make an application on donationalerts.com/application/clients and set DA_CLIENT_ID and DA_CLIENT_SECRET",
            ));
        };
        let application = Application {
            client_id: client_id.clone(),
            client_secret: client_secret.clone(),
        };
        let login = Login::begin(&self.api_base, application, self.port)
            .await
            .map_err(failure)?;
        let page = login.page().map_err(failure)?;
        writeln!(stdout(), "open this page and agree:\n{page}")?;
        if self.browser == Browser::Open {
            open(page.as_str());
        }
        login.finish().await.map_err(failure)
    }
}

fn failure(error: LoginError) -> Failure {
    let hint = match &error {
        LoginError::Listen { .. } => {
            Some("choose another with --port, and name it in the application's redirect address")
        }
        LoginError::NotGranted(_) => {
            Some("check the application's secret and its redirect address")
        }
        _ => None,
    };
    Failure::world(error).with_maybe_hint(hint)
}

/// Opens the page, where there is a desktop; elsewhere its address was printed.
fn open(page: &str) {
    let opener = if cfg!(target_os = "macos") {
        "open"
    } else if cfg!(windows) {
        "explorer"
    } else {
        "xdg-open"
    };
    let _ = Command::new(opener)
        .arg(page)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
}

/// What the token says of itself, without the token.
fn show(tokens: &Tokens) -> Result<(), Failure> {
    if tokens.access.expose().is_empty() {
        let error = anyhow::anyhow!("nobody is logged in");
        return Err(Failure::world(error).with_hint("run `drawstream login`"));
    }
    let mut out = stdout().lock();
    let Some(claims) = tokens.claims() else {
        writeln!(out, "there is a token, and it does not say what it allows")?;
        return Ok(());
    };
    writeln!(out, "allows   {}", claims.scopes.join(" "))?;
    let missing: Vec<&str> = SCOPES
        .split(' ')
        .filter(|scope| !claims.scopes.iter().any(|has| has == scope))
        .collect();
    if !missing.is_empty() {
        writeln!(out, "lacks    {}", missing.join(" "))?;
    }
    if let Some(expires) = claims.expires {
        let written = OffsetDateTime::from(expires).format(&Rfc3339);
        let state = if expires > SystemTime::now() {
            "until"
        } else {
            "expired"
        };
        writeln!(out, "{state:8} {}", written.unwrap_or_default())?;
    }
    let renewal = match &tokens.refresh {
        Some(_) => "by itself",
        None => "by another `drawstream login`",
    };
    writeln!(out, "renewed  {renewal}")?;
    Ok(())
}
