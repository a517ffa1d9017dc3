//! What the parts of the planner share in their tests.

use drawstream_core::donation::{
    Currency, Donation, DonationId, ExternalId, Money, RawText, UnixTime,
};
use drawstream_core::gate::{ApprovedRequest, Gate, Judgement};

/// A request that the gate lets through.
pub(crate) fn approved(text: &str) -> ApprovedRequest {
    let donation = Donation {
        id: DonationId(1),
        external: ExternalId {
            source: "test".to_owned(),
            id: "1".to_owned(),
        },
        donor: None,
        message: Some(RawText::new(text)),
        amount: Money {
            minor_units: 100,
            currency: Currency::parse("USD").unwrap(),
        },
        created_at: UnixTime(0),
    };
    match Gate::default().judge(donation) {
        Judgement::Approved(request) => *request,
        Judgement::Refused(refusal) => panic!("{refusal:?}"),
    }
}
