//! What a user of the engine relies on: the reference's numbers, every layout of weights, and one clear error for
//! each bad file.

mod faults;
mod layouts;
mod locon;
mod model;
mod painting;
mod parity;
mod reference;
mod tokenizer;
