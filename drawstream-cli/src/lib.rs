//! The program drawstream: composes the core with the world (network, disk, window).
