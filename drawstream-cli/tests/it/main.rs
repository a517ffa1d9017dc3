//! Tests of the program as others meet it.

#![expect(clippy::print_stderr, reason = "a test that is left out says why")]

mod centrifuge_js;
