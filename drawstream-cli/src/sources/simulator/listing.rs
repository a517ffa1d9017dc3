//! Donations as the simulated REST writes them: rows, and pages of thirty.

use std::time::SystemTime;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

use super::service::{Service, SimulatedDonation, seconds};

impl Service {
    /// A row as REST writes it.
    pub(super) fn row(&self, id: u64, donation: &SimulatedDonation) -> Value {
        let created_s = donation
            .created_at
            .unwrap_or_else(|| seconds(SystemTime::now()) as i64);
        let mut row = json!({
            "id": id,
            "name": "Donations",
            "username": donation.donor,
            "message_type": donation.message_type,
            "message": donation.message,
            "payin_system": {"title": "Bank card"},
            "amount": donation.amount,
            "currency": donation.currency,
            "is_shown": 0,
            "amount_in_user_currency": donation.amount_in_user_currency,
            "recipient_name": "streamer",
            "recipient": {
                "user_id": self.options.user_id,
                "code": "streamer",
                "name": "streamer",
                "avatar": "https://static.example/avatar.jpg"
            },
            "created_at": date(created_s),
            "shown_at": null,
            "created_at_ts": created_s,
            "shown_at_ts": null
        });
        if donation.amount_in_user_currency.is_none()
            && let Some(fields) = row.as_object_mut()
        {
            fields.remove("amount_in_user_currency");
        }
        row
    }

    /// One page of 30, newest first, in Laravel's shape.
    pub(super) fn page(&mut self, number: usize) -> Value {
        const PER_PAGE: usize = 30;
        let total = self.listed.len();
        let last = total.div_ceil(PER_PAGE).max(1);
        let start = (number - 1).saturating_mul(PER_PAGE);
        let now = SystemTime::now();
        let ids = self.listed.iter().rev().skip(start).take(PER_PAGE);
        let mut rows: Vec<&Value> = Vec::new();
        for id in ids {
            self.told.entry(*id).or_insert(now);
            rows.extend(self.rows.get(id));
        }
        let path = format!("http://{}/api/v1/alerts/donations", self.address);
        let link = |page: usize| format!("{path}?page={page}");
        let shown = rows.len();
        json!({
            "data": rows,
            "links": {
                "first": link(1),
                "last": link(last),
                "prev": (number > 1).then(|| link(number - 1)),
                "next": (number < last).then(|| link(number + 1))
            },
            "meta": {
                "current_page": number,
                "from": (shown > 0).then_some(start + 1),
                "last_page": last,
                "path": path,
                "per_page": PER_PAGE,
                "to": (shown > 0).then_some(start + shown),
                "total": total
            }
        })
    }
}

fn date(unix_s: i64) -> String {
    let layout = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    OffsetDateTime::from_unix_timestamp(unix_s)
        .ok()
        .and_then(|at| at.format(layout).ok())
        .unwrap_or_default()
}
