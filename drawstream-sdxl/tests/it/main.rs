//! What a user of the engine relies on: the reference's numbers, and one clear error for each bad file.

mod parity;
mod reference;
mod tokenizer;
