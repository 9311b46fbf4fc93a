//! Operations on what passes through: documents, and the partner files and maps they are read by.

use crate::daemon::api::call::Answer;
use crate::daemon::api::schema::KINDS;
use crate::daemon::api::table::{
    Form, Kind, NAMED, PARTNER, Parameter, Route, Shows, UNNAMED, Use, parameter, post, read,
};
use crate::daemon::api::{documents, files, sandbox};

/// Whose agreements a file is read by.
const AGREED_WITH: &[Parameter] =
    &[parameter("partner", Kind::Text, "Whose it is: what was agreed with this partner decides")];

pub static ROUTES: &[Route] = &[
    read("openapi", "/v1/openapi.json", ("about", "This document"), &[], Shows::Itself, |_| {
        Box::pin(async { Ok(Answer::ok(crate::daemon::api::document())) })
    }),
    read(
        "listDocuments",
        "/v1/documents",
        ("documents", "Documents that came or left, the newest first"),
        &[
            parameter("number", Kind::Text, "The business number or a control number"),
            PARTNER,
            parameter("direction", Kind::Choice(&["in", "out"]), "Only what came, or what left"),
            parameter("kind", Kind::Choice(KINDS), "Only of this kind: order, invoice, ..."),
            parameter(
                "state",
                Kind::Choice(&["pending", "ready", "held", "rejected", "duplicate", "superseded", "done"]),
                "Only in this state",
            ),
            parameter("since", Kind::Instant, "Only from then on"),
            parameter("until", Kind::Instant, "Only before then"),
        ],
        Shows::Page("Document"),
        |call| Box::pin(documents::list(call)),
    ),
    read(
        "listArrivals",
        "/v1/arrivals",
        ("documents", "Files and messages as they came, by which door and what was in them; repeats too"),
        &[],
        Shows::Page("Arrival"),
        |call| Box::pin(documents::arrivals(call)),
    ),
    read(
        "getDocument",
        "/v1/documents/{document}",
        ("documents", "A document with what it says, what was found in it, and what its map did not carry"),
        &[],
        Shows::One("DocumentContents"),
        |call| Box::pin(documents::one(call)),
    ),
    read(
        "getDocumentBytes",
        "/v1/documents/{document}/raw",
        (
            "documents",
            "The bytes that a document came or left in; `bytes` of the document says where in them it stands",
        ),
        &[],
        Shows::Bytes,
        |call| Box::pin(documents::raw(call)),
    ),
    read(
        "traceDocument",
        "/v1/documents/{document}/trace",
        ("documents", "Where in its bytes each field of a document stands, and what happened to it"),
        &[],
        Shows::One("Trace"),
        |call| Box::pin(documents::trace(call)),
    ),
    post(
        "resendDocument",
        "/v1/documents/{document}/resend",
        ("documents", "What was sent for a document leaves again, under its old numbers"),
        UNNAMED,
        Form::Json("Nothing"),
        |call| Box::pin(documents::resend(call)),
    ),
    post(
        "replayDocument",
        "/v1/documents/{document}/replay",
        (
            "documents",
            "The bytes that a document came in are read again with what is in force now; what counted counts no second time",
        ),
        UNNAMED,
        Form::Json("Replay"),
        |call| Box::pin(documents::replay(call)),
    ),
    post(
        "validate",
        "/v1/validate",
        (
            "documents",
            "Says what a file holds and what is wrong with it, as the gateway would read it; nothing is kept",
        ),
        Use::Read,
        Form::Bytes,
        |call| Box::pin(sandbox::validate(call)),
    )
    .by(AGREED_WITH)
    .showing(Shows::One("Validated")),
    post(
        "translate",
        "/v1/translate",
        ("documents", "The canonical documents of a file, as the gateway would read it; nothing is kept"),
        Use::Read,
        Form::Bytes,
        |call| Box::pin(sandbox::translate(call)),
    )
    .by(AGREED_WITH)
    .showing(Shows::One("Translated")),
    read(
        "getPartner",
        "/v1/partners/{partner}",
        ("partners", "A partner's file as it is in force, what it comes to, and what waits for its approval"),
        &[],
        Shows::One("PartnerFile"),
        |call| Box::pin(files::partner(call)),
    )
    .revisable(),
    post(
        "putPartner",
        "/v1/partners/{partner}",
        (
            "partners",
            "Writes a partner's file: in force at once, or, where it changes how the partner is reached or paid, when \
             somebody else has approved it. A trial says which stored documents would read otherwise",
        ),
        NAMED,
        Form::Json("NewPartnerFile"),
        |call| Box::pin(files::put_partner(call)),
    )
    .put()
    .revisable(),
    read(
        "getMap",
        "/v1/maps/{map}",
        ("maps", "A map's file of the catalogue as it is in force, and what waits for its approval"),
        &[],
        Shows::One("MapFile"),
        |call| Box::pin(files::map(call)),
    )
    .revisable(),
    post(
        "putMap",
        "/v1/maps/{map}",
        (
            "maps",
            "Writes a draft of a map, which compiles with everything in force. A trial says which stored documents would \
             read otherwise",
        ),
        NAMED,
        Form::Json("NewMapFile"),
        |call| Box::pin(files::put_map(call)),
    )
    .put()
    .revisable(),
    post(
        "stepMap",
        "/v1/maps/{map}/steps",
        (
            "maps",
            "Approves the draft of a map, whose examples come out as they say then, or puts an approved one in force; each \
             by another person",
        ),
        UNNAMED,
        Form::Json("MapStep"),
        |call| Box::pin(files::step_map(call)),
    ),
];
