//! Small programs that embed `drawstream-core`; each file under `examples/` is one.
