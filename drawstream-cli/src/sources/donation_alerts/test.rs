//! Tests of the codec, of rows, and of the whole source against the simulator.

mod codec;
mod live;
mod made_up_time;
