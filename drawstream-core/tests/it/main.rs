//! The library as its users see it.

mod plan_laws;
mod plan_reading;
mod raster_cases;
