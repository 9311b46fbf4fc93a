//! Müller & Söhne upload ORDERS by SFTP and fetch the CONTRL from their folder on our server.

use jiff::{SignedDuration, Timestamp};

use crate::desk::demo::stage::Stage;
use crate::desk::demo::tell::Tell;
use crate::desk::demo::{answer, papers};

const ORDERS: &[u8] = include_bytes!("../../../../samples/edifact/ORDERS/hafen.edi");

pub async fn play(stage: &Stage, tell: Tell) -> Result<(), String> {
    let (today, delivery) = (stage.now(), stage.now() + SignedDuration::from_hours(18 * 24));
    let day = |moment: Timestamp, form: &str| moment.strftime(form).to_string();
    let days = [
        ("20261120", day(delivery, "%Y%m%d")),
        ("20261102", day(today, "%Y%m%d")),
        ("261102:0915", day(today, "%y%m%d:%H%M")),
    ];
    stage.caller.upload("b-2026-88.edi", &papers::of_today(ORDERS, &days)).await?;
    tell.shows("uploaded under a temporary name, renamed into place", "entrepot documents find B-2026-88");
    tell.hands_on(&stage.handed_on("order-").await?)?;
    let fits = |text: &str| text.contains("CONTRL");
    let answer = stage.until("the CONTRL in out/", async |_| stage.caller.fetched(fits)).await?;
    answer::says(&answer, "+7")?;
    tell.shows(
        format_args!("fetched from out/: {}", papers::segments(&answer, &["UCI", "UCM"])),
        "data/archive/mueller",
    );
    Ok(())
}
