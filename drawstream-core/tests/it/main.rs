//! The library as its users see it.

mod aurora_cabin;
mod golden;
mod plan_laws;
mod plan_reading;
mod raster_cases;
