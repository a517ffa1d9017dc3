//! Tests of the codec, of rows, and of the whole source against the simulator.

mod codec;
mod fuzz;
mod live;
mod made_up_time;
mod soak;
