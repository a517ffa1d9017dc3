//! Logs: one line an event on standard error, for people or as JSON.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::{LogConfig, LogFormat};

/// Starts to log. A second call changes nothing.
///
/// Other crates' debug lines can hold what they were given (URLs with tokens, bodies), so they are never written
/// below `WARN`, whatever level is asked for.
pub fn start(config: &LogConfig) {
    std::panic::set_hook(Box::new(|panic| {
        let at = panic.location().map(ToString::to_string);
        // The window's library has no other way to say that its display died; the window's owner hears it and says so.
        if at.as_ref().is_some_and(|at| at.contains("/winit-")) {
            tracing::debug!(at, "the window's library gave up");
            return;
        }
        // What was put together at run time may quote what it failed over: a viewer's words, an answer with a token.
        let why = panic.payload().downcast_ref::<&'static str>();
        tracing::error!(
            at = at.unwrap_or_default(),
            "a defect of the program: {}",
            why.unwrap_or(&"it failed over some value")
        );
    }));
    let filter = EnvFilter::new(format!(
        "warn,drawstream={0},drawstream_core={0},drawstream_sdxl={0}",
        config.level
    ));
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false);
    // A logger is there already where several programs' parts run in one process, as in tests.
    let _ = match config.format {
        LogFormat::Text => registry
            .with(layer.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())))
            .try_init(),
        LogFormat::Json => registry.with(layer.json().flatten_event(true)).try_init(),
    };
}
