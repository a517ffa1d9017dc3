//! The [`Desk`]: the pool's queue of jobs and its store of pictures, on the server.

use std::time::Duration;

use async_nats::HeaderMap;
use async_nats::jetstream::consumer::pull::Config as PullConfig;
use async_nats::jetstream::consumer::{AckPolicy, Consumer};
use async_nats::jetstream::object_store::{
    Config as StoreConfig, InfoErrorKind, ObjectMetadata, ObjectStore,
};
use async_nats::jetstream::stream::{
    Config as StreamConfig, DiscardPolicy, RetentionPolicy, Stream,
};
use tokio::io::AsyncReadExt as _;
use tokio::time::timeout;

use super::ROOT;
use super::job::{Job, LONGEST_JOB};
use super::link::Link;
use super::record::{Ending, Record, tidy};

/// The stream of jobs.
const JOBS: &str = "DRAWSTREAM_JOBS";
/// The object store.
const PICTURES: &str = "drawstream-pictures";
/// How long a job may wait, and a picture may lie: no show waits as long.
const KEPT: Duration = Duration::from_secs(3600);
/// Jobs that may wait in all.
const MOST_JOBS: i64 = 100_000;
/// How long a picture may take to come from the server.
const FETCH: Duration = Duration::from_secs(60);
/// How long one request may take; above the client's own limit, which tells more.
const PATIENCE: Duration = Duration::from_secs(8);

/// Why the server did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum DeskError {
    /// It did not answer, or not in time.
    #[error("the pool's server does not answer ({0})")]
    Silent(&'static str),
    /// It answered that it cannot.
    #[error("the pool's server does not {what}: {why}")]
    Unwilling { what: &'static str, why: String },
    /// The picture is longer than any.
    #[error("the picture has {found} bytes, and {most} are allowed")]
    TooLong { found: usize, most: usize },
    /// The picture did not come whole.
    #[error("the picture did not come whole")]
    Cut,
}

/// A record with the mark that tells it from those that come after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filed {
    pub(crate) record: Record,
    pub(crate) mark: String,
    size: usize,
}

/// How many jobs there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Depth {
    /// Of this show, waiting for a worker.
    pub(crate) waiting: u64,
    /// Of this show, in a worker's hand.
    pub(crate) in_hand: u64,
    /// Of all shows.
    pub(crate) of_all: u64,
}

/// The queue and the store.
#[derive(Clone)]
pub(crate) struct Desk {
    link: Link,
    jobs: Stream,
    pictures: ObjectStore,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}

/// Waits for the server no longer than it is worth.
async fn asked<T, E: std::error::Error>(
    what: &'static str,
    request: impl IntoFuture<Output = Result<T, E>>,
) -> Result<T, DeskError> {
    match timeout(PATIENCE, request.into_future()).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(DeskError::Unwilling {
            what,
            why: tidy(&error.to_string()),
        }),
        Err(_) => Err(DeskError::Silent(what)),
    }
}

impl Desk {
    /// Finds the queue and the store, or makes them.
    pub(crate) async fn open(link: &Link) -> Result<Self, DeskError> {
        let jobs = StreamConfig {
            name: JOBS.to_owned(),
            description: Some("paintings that shows want".to_owned()),
            subjects: vec![format!("{ROOT}.job.*")],
            retention: RetentionPolicy::WorkQueue,
            discard: DiscardPolicy::New,
            max_age: KEPT,
            // A job that is asked for twice is one, as long as anything is known of it.
            duplicate_window: KEPT,
            max_messages: MOST_JOBS,
            max_message_size: i32::try_from(LONGEST_JOB).unwrap_or(i32::MAX),
            num_replicas: 1,
            ..StreamConfig::default()
        };
        let jobs = asked("keep a queue", link.jetstream.get_or_create_stream(jobs)).await?;
        let store = StoreConfig {
            bucket: PICTURES.to_owned(),
            description: Some("pictures that workers painted".to_owned()),
            max_age: KEPT,
            max_bytes: -1,
            num_replicas: 1,
            ..StoreConfig::default()
        };
        let pictures = match asked("find pictures", link.jetstream.get_object_store(PICTURES)).await
        {
            Ok(pictures) => pictures,
            Err(_) => asked("keep pictures", link.jetstream.create_object_store(store)).await?,
        };
        Ok(Self {
            link: link.clone(),
            jobs,
            pictures,
        })
    }

    /// The queue of one show, which workers take turns with.
    pub(crate) async fn open_show(&self, show: &str, silence: Duration) -> Result<(), DeskError> {
        let config = PullConfig {
            durable_name: Some(show.to_owned()),
            filter_subject: format!("{ROOT}.job.{show}"),
            ack_policy: AckPolicy::Explicit,
            ack_wait: silence,
            // Workers count: whoever gives a job up says so to the show.
            max_deliver: -1,
            max_ack_pending: 1_000,
            ..PullConfig::default()
        };
        asked("keep this show's queue", self.jobs.create_consumer(config)).await?;
        Ok(())
    }

    /// The names of the shows.
    pub(crate) async fn shows(&self) -> Result<Vec<String>, DeskError> {
        use futures_util::TryStreamExt as _;
        let names = self.jobs.consumer_names();
        asked("list its shows", names.try_collect::<Vec<String>>()).await
    }

    /// A show's queue, to take jobs from.
    pub(crate) async fn queue(&self, show: &str) -> Result<Consumer<PullConfig>, DeskError> {
        let queue = timeout(PATIENCE, self.jobs.get_consumer::<PullConfig>(show)).await;
        match queue {
            Ok(Ok(queue)) => Ok(queue),
            Ok(Err(error)) => Err(DeskError::Unwilling {
                what: "open a show's queue",
                why: tidy(&error.to_string()),
            }),
            Err(_) => Err(DeskError::Silent("open a show's queue")),
        }
    }

    /// Puts a job into the queue and says its number there. The same job twice is in it once.
    pub(crate) async fn submit(&self, job: &Job) -> Result<u64, DeskError> {
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Msg-Id", job.message_id());
        let sent =
            self.link
                .jetstream
                .publish_with_headers(job.subject(), headers, job.encode().into());
        let confirmed = asked("take a job", sent).await?;
        let place = asked("confirm a job", confirmed).await?;
        // Whoever does not hear it looks by itself a second later.
        let _ = self.link.client.publish(job.bell(), "".into()).await;
        Ok(place.sequence)
    }

    /// Takes a job out of the queue, whoever has it.
    pub(crate) async fn withdraw(&self, place: u64) -> Result<(), DeskError> {
        asked("take back a job", self.jobs.delete_message(place)).await?;
        Ok(())
    }

    /// What became of a job; `None` where nothing is known. What nobody of us wrote counts as nothing.
    pub(crate) async fn look_up(&self, id: &str) -> Result<Option<Filed>, DeskError> {
        let info = match timeout(PATIENCE, self.pictures.info(id)).await {
            Ok(Ok(info)) => info,
            Ok(Err(error)) if error.kind() == InfoErrorKind::NotFound => return Ok(None),
            Ok(Err(error)) => {
                return Err(DeskError::Unwilling {
                    what: "look for a picture",
                    why: tidy(&error.to_string()),
                });
            }
            Err(_) => return Err(DeskError::Silent("look for a picture")),
        };
        Ok(Record::parse(&info).map(|record| Filed {
            record,
            mark: info.nuid,
            size: info.size,
        }))
    }

    /// Writes down what became of a job, with its picture.
    pub(crate) async fn file(
        &self,
        id: &str,
        record: &Record,
        mut picture: &[u8],
    ) -> Result<(), DeskError> {
        let meta = ObjectMetadata {
            name: id.to_owned(),
            metadata: record.metadata(),
            ..ObjectMetadata::default()
        };
        match timeout(FETCH, self.pictures.put(meta, &mut picture)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(DeskError::Unwilling {
                what: "keep a picture",
                why: tidy(&error.to_string()),
            }),
            Err(_) => Err(DeskError::Silent("keep a picture")),
        }
    }

    /// The picture of a record, of `most` bytes at most; the server's digest is checked.
    pub(crate) async fn fetch(
        &self,
        id: &str,
        filed: &Filed,
        most: usize,
    ) -> Result<Vec<u8>, DeskError> {
        if filed.size > most {
            return Err(DeskError::TooLong {
                found: filed.size,
                most,
            });
        }
        let whole = async {
            let object = self.pictures.get(id).await.map_err(|_| DeskError::Cut)?;
            let mut bytes = Vec::with_capacity(filed.size);
            let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
            let read = object.take(limit).read_to_end(&mut bytes).await;
            read.map_err(|_| DeskError::Cut)?;
            if bytes.len() == filed.size {
                Ok(bytes)
            } else {
                Err(DeskError::Cut)
            }
        };
        timeout(FETCH, whole)
            .await
            .unwrap_or(Err(DeskError::Silent("send a picture")))
    }

    /// The show has it: the picture goes, and the record says so.
    pub(crate) async fn taken(&self, id: &str, by: &str) -> Result<(), DeskError> {
        let record = Record {
            ending: Ending::Taken,
            by: by.to_owned(),
        };
        self.file(id, &record, &[]).await
    }

    /// How many jobs there are.
    pub(crate) async fn depth(&self, show: &str) -> Result<Depth, DeskError> {
        let info = asked("say how long its queue is", self.jobs.get_info()).await?;
        let of_show = asked("say how long a queue is", self.jobs.consumer_info(show)).await;
        let of_all = info.state.messages;
        Ok(match of_show {
            Ok(of_show) => Depth {
                waiting: of_show.num_pending,
                in_hand: of_show.num_ack_pending as u64,
                of_all,
            },
            // Before a show's first job it has no queue.
            Err(_) => Depth {
                of_all,
                ..Depth::default()
            },
        })
    }
}
