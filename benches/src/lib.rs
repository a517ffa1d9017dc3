//! Criterion benches of what users wait for; each file under `benches/` is one stage.
