//! The subcommands, one file each.

pub mod compare;
pub mod convert;
pub mod doctor;
pub mod gallery;
pub mod gate;
pub mod history;
pub mod links;
pub mod login;
pub mod paint;
pub mod pixelize;
pub mod plan;
pub mod plan_scene;
#[cfg(feature = "window")]
pub mod play;
pub mod render;
pub mod run;
pub mod schema;
pub mod settings;
mod sheet;
pub mod simulate;
pub mod steer;
pub mod validate;
#[cfg(feature = "sdxl")]
pub mod weights;
pub mod worker;

use clap::Subcommand;

use crate::failure::Failure;

/// What `drawstream` can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the show: donations become paintings
    Run(run::RunArgs),
    /// Send a test donation to the running program
    Donate(steer::DonateArgs),
    /// The same as `donate`
    Da(steer::DonateArgs),
    /// Show what is on and what waits
    Queue(steer::QueueArgs),
    /// End what is on
    Skip(steer::SteerArgs),
    /// Empty the queue; what is on goes on
    Clear(steer::SteerArgs),
    /// Let time stand still
    Pause(steer::SteerArgs),
    /// Let time go on
    Resume(steer::SteerArgs),
    /// Take no more requests: what is given from now on is thanked for
    Close(steer::SteerArgs),
    /// Take requests again
    Open(steer::SteerArgs),
    /// End the running program after the stroke under way
    Stop(steer::SteerArgs),
    /// Say what was donated and what became of it
    History(history::HistoryArgs),
    /// Make pages of what was painted
    Gallery(gallery::GalleryArgs),
    /// Make links by which moderators, or a stage elsewhere, come in
    Links(links::LinksArgs),
    /// Let the program see your donations on Donation Alerts
    Login(login::LoginArgs),
    /// Look at everything that a show leans on, and say how to mend it
    Doctor(doctor::DoctorArgs),
    /// Print every setting, its value and where it came from
    Config(settings::ConfigArgs),
    /// Draw a plan: its picture as PNG, its time-lapse as GIF or animated PNG
    Render(render::RenderArgs),
    /// Show a plan in a window, stroke by stroke
    #[cfg(feature = "window")]
    Play(play::PlayArgs),
    /// Say everything that is wrong with plans
    Validate(validate::ValidateArgs),
    /// Write a plan in another version of the format
    Convert(convert::ConvertArgs),
    /// Print the format of plans as JSON Schema
    Schema(schema::SchemaArgs),
    /// Have one picture painted, without a show
    Paint(paint::PaintArgs),
    /// Say what the planner makes of requests
    PlanScene(plan_scene::PlanSceneArgs),
    /// Plan the strokes that paint a picture
    Plan(plan::PlanArgs),
    /// Make clean pixel art of a picture
    Pixelize(pixelize::PixelizeArgs),
    /// Show on one sheet how a picture becomes pixel art and then a painting
    Compare(compare::CompareArgs),
    /// Say what the gate says about texts
    Gate(gate::GateArgs),
    /// Run a Donation Alerts service on this machine
    Simulate(simulate::SimulateArgs),
    /// Paint for shows on other machines
    Worker(worker::WorkerArgs),
    /// Check a model's weights, or unpack a bundle of them
    #[cfg(feature = "sdxl")]
    Weights(weights::WeightsArgs),
}

impl Command {
    /// Runs it.
    ///
    /// # Errors
    /// What went wrong, as [`Failure`].
    pub fn run(self) -> Result<(), Failure> {
        match self {
            Self::Run(args) => args.run(),
            Self::Donate(args) | Self::Da(args) => args.run(),
            Self::Queue(args) => args.run(),
            Self::Skip(args) => args.skip(),
            Self::Clear(args) => args.clear(),
            Self::Pause(args) => args.tell("/queue/pause", "paused"),
            Self::Resume(args) => args.tell("/queue/resume", "time goes on"),
            Self::Close(args) => args.tell("/queue/close", "requests are closed"),
            Self::Open(args) => args.tell("/queue/open", "requests are open"),
            Self::Stop(args) => args.tell("/control/shutdown", "ending after the stroke under way"),
            Self::History(args) => args.run(),
            Self::Gallery(args) => args.run(),
            Self::Links(args) => args.run(),
            Self::Login(args) => args.run(),
            Self::Doctor(args) => args.run(),
            Self::Config(args) => args.run(),
            Self::Render(args) => args.run(),
            #[cfg(feature = "window")]
            Self::Play(args) => args.run(),
            Self::Validate(args) => args.run(),
            Self::Convert(args) => args.run(),
            Self::Schema(args) => args.run(),
            Self::Paint(args) => args.run(),
            Self::PlanScene(args) => args.run(),
            Self::Plan(args) => args.run(),
            Self::Pixelize(args) => args.run(),
            Self::Compare(args) => args.run(),
            Self::Gate(args) => args.run(),
            Self::Simulate(args) => args.run(),
            Self::Worker(args) => args.run(),
            #[cfg(feature = "sdxl")]
            Self::Weights(args) => args.run(),
        }
    }
}
