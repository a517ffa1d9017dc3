//! The haul: donations that were pushed or listed, held back until the list is read, then taken in one go.

use drawstream_core::donation::{ShowTime, UnixTime};

use super::{Link, Output, Session};
use crate::sources::donation_alerts::request::Request;
use crate::sources::donation_alerts::sweep::{PageRead, Step};

impl Session {
    pub(super) fn pushed(&mut self, data: &serde_json::Value, heard_at: UnixTime) {
        match (self.settings.dialect.parse)(data, heard_at) {
            Ok(Some(donation)) => {
                self.report.events += 1;
                self.held.push(donation);
            }
            // Something else is published here too.
            Ok(None) => {}
            Err(error) => {
                self.report.unreadable += 1;
                self.report.last_error = Some(error.to_string());
            }
        }
    }

    /// Lets go of what was held back.
    pub(super) fn release(&mut self) {
        self.release_at = None;
        if !self.unmarked.is_empty() {
            let known = std::mem::take(&mut self.unmarked);
            self.outputs
                .push_back(Output::MarkKnown(known, self.memory));
        }
        if !self.held.is_empty() {
            let batch = std::mem::take(&mut self.held);
            self.outputs.push_back(Output::Take(batch));
        }
    }

    pub(super) fn read_page(&mut self, now: ShowTime, page: PageRead) {
        self.report.unreadable += page.unreadable;
        let Some(sweep) = &mut self.sweep else {
            return;
        };
        match sweep.read(page, self.memory, self.settings.backfill_since) {
            Step::Next(number) => self.requests.push_back(Request::Page(number)),
            Step::Done { new, old, memory } => {
                self.sweep = None;
                if !old.is_empty() {
                    self.outputs.push_back(Output::MarkKnown(old, memory));
                }
                self.held.extend(new);
                if self.memory != memory {
                    self.previous = self.memory;
                    self.memory = memory;
                }
                if std::mem::take(&mut self.sweep_again) {
                    self.next_sweep = now;
                } else {
                    self.release();
                    self.plan_sweep(now);
                }
                if self.memory != self.previous {
                    self.outputs.push_back(Output::Remember(memory));
                }
            }
        }
    }

    pub(super) fn plan_sweep(&mut self, now: ShowTime) {
        let pace = &self.settings.pace;
        self.next_sweep = now
            + if self.link == Link::Live {
                pace.poll_up
            } else {
                self.backoff.between(pace.poll_down / 2, pace.poll_down)
            };
    }
}
