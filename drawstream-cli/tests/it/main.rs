//! Tests of the program as others meet it.

#![expect(clippy::print_stderr, reason = "a test that is left out says why")]
#![expect(
    clippy::unwrap_used,
    reason = "a test's own functions may fail it like the test itself"
)]

mod browser;
mod centrifuge_js;
mod chromium;
mod control;
mod engine;
mod fakes;
mod faults;
mod history;
mod kill_nine;
mod live;
mod login;
mod painter_servers;
mod planner_servers;
mod poison;
mod pool;
mod pool_doors;
mod pool_load;
mod program;
mod servers_together;
mod tls;
mod video_out;
mod window;
