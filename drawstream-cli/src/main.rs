//! Entry point of the program `drawstream`.

fn main() {}
