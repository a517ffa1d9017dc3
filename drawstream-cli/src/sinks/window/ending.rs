//! [`Ending`]: how the program ends that the window's thread runs, also where that thread cannot go on.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};

use crate::failure::Failure;

/// Where the show's end is heard, once.
static END: Mutex<Option<Receiver<Result<(), Failure>>>> = Mutex::new(None);

/// Hears of the show's end on the thread of the window.
///
/// Where an X server dies, libX11 calls a handler on that thread and ends the program when the handler returns. So the
/// handler does not return: it waits for the show's end like the thread itself would have.
#[derive(Debug)]
pub struct Ending;

impl Ending {
    /// Gets ready to hear: what is sent is the show's end.
    pub fn hear() -> (Self, Sender<Result<(), Failure>>) {
        let (sender, receiver) = channel();
        *END.lock().unwrap_or_else(PoisonError::into_inner) = Some(receiver);
        #[cfg(target_os = "linux")]
        outlive_x_servers();
        (Self, sender)
    }

    /// Waits for the show's end.
    ///
    /// # Errors
    /// What the show ended with.
    pub fn wait(self) -> Result<(), Failure> {
        let end = END.lock().unwrap_or_else(PoisonError::into_inner).take();
        // A show whose task died has nothing more to say; its own log has.
        end.and_then(|end| end.recv().ok()).unwrap_or(Ok(()))
    }
}

#[cfg(target_os = "linux")]
fn outlive_x_servers() {
    if let Ok(xlib) = x11_dl::xlib::Xlib::open() {
        // SAFETY: libX11's own call, with a handler of the type that it asks for, which lives as long as the program.
        unsafe { (xlib.XSetIOErrorHandler)(Some(when_the_server_is_gone)) };
    }
}

#[cfg(target_os = "linux")]
unsafe extern "C" fn when_the_server_is_gone(_: *mut x11_dl::xlib::Display) -> std::os::raw::c_int {
    tracing::error!("{}", super::GONE);
    let status = match Ending.wait() {
        Ok(()) => 0,
        Err(failure) => {
            failure.report();
            1
        }
    };
    std::process::exit(status)
}
