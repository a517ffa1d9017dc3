//! The [`Staff`]: every task of the program by name, what happens when it dies, and how it is now.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What a panic is to people.
const DEFECT: &str = "a defect of the program";
/// How long until a task that died is started again; twice as long each time it dies soon after.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest such wait.
const MOST_PAUSE: Duration = Duration::from_secs(60);
/// A task that worked for so long before it died starts with the first pause again.
const CALM: Duration = Duration::from_secs(300);

/// What happens when a task dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// It is started again, after a pause.
    Restart,
    /// The program ends: without it there is no show. The ledger has everything.
    EndProgram,
    /// The show goes on without it.
    GoOnWithout,
}

/// How a task is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// It works.
    Working,
    /// It died, and is started again in a moment.
    Resting,
    /// It died, and is not started again.
    Dead,
    /// It has done its work.
    Done,
}

/// A task, as the API tells of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaskView {
    /// Its name.
    pub name: String,
    /// What happens when it dies.
    pub policy: Policy,
    /// How it is.
    pub condition: Condition,
    /// How often it was started again.
    pub restarts: u32,
    /// What it died of last.
    pub last_error: Option<String>,
}

impl TaskView {
    /// What a person should know; nothing where all is well.
    pub fn problem(&self) -> Option<String> {
        let why = self.last_error.as_deref().unwrap_or("it ended");
        match self.condition {
            Condition::Working | Condition::Done => None,
            Condition::Resting => Some(format!("{}: {why}; it is started again", self.name)),
            Condition::Dead => Some(format!("{}: {why}; restart drawstream", self.name)),
        }
    }
}

/// All tasks; clones are the same staff.
#[derive(Clone, Debug)]
pub struct Staff {
    roster: Arc<watch::Sender<Vec<TaskView>>>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// A place on the roster. Whoever works there holds it; when it is dropped, they are done or dead.
#[derive(Debug)]
pub struct Post {
    roster: Arc<watch::Sender<Vec<TaskView>>>,
    place: usize,
}

impl Staff {
    /// Nobody yet. Tasks are counted in `tasks` and end when `stop` is cancelled.
    pub fn new(tasks: TaskTracker, stop: CancellationToken) -> Self {
        Self {
            roster: Arc::new(watch::Sender::new(Vec::new())),
            tasks,
            stop,
        }
    }

    /// Who works, and how they are.
    pub fn roster(&self) -> watch::Receiver<Vec<TaskView>> {
        self.roster.subscribe()
    }

    /// Cancelled when the program is to end.
    pub const fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// A place for a thread, or for a task that is started elsewhere.
    pub fn post(&self, name: impl Into<String>, policy: Policy) -> Post {
        let name = name.into();
        let mut place = 0;
        self.roster.send_modify(|roster| {
            place = roster.len();
            roster.push(TaskView {
                name,
                policy,
                condition: Condition::Working,
                restarts: 0,
                last_error: None,
            });
        });
        Post {
            roster: Arc::clone(&self.roster),
            place,
        }
    }

    /// Starts a task, which ends by itself when the program is to end. `work` is called again for each restart, and
    /// says what went wrong where it ends early.
    pub fn employ<W, F>(&self, name: &'static str, policy: Policy, mut work: W)
    where
        W: FnMut() -> F + Send + 'static,
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        let post = self.post(name, policy);
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            let mut pause = FIRST_PAUSE;
            loop {
                let began = Instant::now();
                let ended = AssertUnwindSafe(async { work().await }).catch_unwind();
                let why = match ended.await {
                    _ if stop.is_cancelled() => return,
                    Ok(Ok(())) => "it ended early".to_owned(),
                    Ok(Err(why)) => why,
                    Err(_) => DEFECT.to_owned(),
                };
                post.broke(&why);
                match policy {
                    Policy::Restart => {}
                    Policy::EndProgram => return stop.cancel(),
                    Policy::GoOnWithout => return,
                }
                if began.elapsed() >= CALM {
                    pause = FIRST_PAUSE;
                }
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(pause) => {}
                }
                pause = (pause * 2).min(MOST_PAUSE);
                post.began_anew();
            }
        });
    }
}

impl Post {
    fn change(&self, change: impl FnOnce(&mut TaskView)) {
        let place = self.place;
        self.roster
            .send_modify(|roster| roster.get_mut(place).map_or((), change));
    }

    /// Whoever works here died of this.
    pub fn broke(&self, why: &str) {
        self.change(|task| {
            task.condition = match task.policy {
                Policy::Restart => Condition::Resting,
                Policy::EndProgram | Policy::GoOnWithout => Condition::Dead,
            };
            task.last_error = Some(why.to_owned());
            let then = match task.policy {
                Policy::Restart => "it is started again",
                Policy::EndProgram => "the program ends; everything paid for is in the ledger",
                Policy::GoOnWithout => "the show goes on without it",
            };
            tracing::error!(task = task.name, "{}: {why}; {then}", task.name);
        });
    }

    /// They were started again.
    pub fn began_anew(&self) {
        self.change(|task| {
            task.condition = Condition::Working;
            task.restarts += 1;
        });
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.broke(DEFECT);
        }
        self.change(|task| {
            task.condition = match task.condition {
                Condition::Working | Condition::Done => Condition::Done,
                // It rested, and the program ended meanwhile.
                Condition::Resting => Condition::Done,
                Condition::Dead => Condition::Dead,
            };
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_task_that_dies_is_seen_and_started_again_and_the_others_work_on() {
        let stop = CancellationToken::new();
        let staff = Staff::new(TaskTracker::new(), stop.clone());
        let tries = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&tries);
        staff.employ("clumsy", Policy::Restart, move || {
            let tries = Arc::clone(&counted);
            async move {
                match tries.fetch_add(1, Ordering::Relaxed) {
                    0 => panic!("planted"),
                    1 => Err("no luck".to_owned()),
                    _ => std::future::pending().await,
                }
            }
        });
        staff.employ("fragile", Policy::GoOnWithout, || async {
            Err("it broke".to_owned())
        });
        let mut roster = staff.roster();
        let calm = |roster: &Vec<TaskView>| roster[0].restarts == 2;
        let seen = roster.wait_for(calm).await.unwrap().clone();
        assert_eq!(seen[0].condition, Condition::Working);
        assert_eq!(seen[0].last_error.as_deref(), Some("no luck"));
        assert_eq!(seen[0].problem(), None);
        assert_eq!(
            seen[1].problem().as_deref(),
            Some("fragile: it broke; restart drawstream")
        );
        assert!(!stop.is_cancelled());
        staff.employ("heart", Policy::EndProgram, || async { panic!("planted") });
        stop.cancelled().await;
    }
}
