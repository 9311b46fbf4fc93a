//! What the API says when it does not do what was asked: problem details (RFC 9457), with a stable code, the place of
//! every fault, and what to do next.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};

use crate::store::Error;

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub code: Code,
    /// What is the matter this time.
    pub detail: String,
    pub faults: Vec<Fault>,
    /// `Allow`, where the method is not one of the path's.
    pub allow: Option<String>,
}

/// One fault of a body, or of a parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// JSON pointer into the body (RFC 6901); of a parameter, `?NAME`.
    pub pointer: String,
    pub code: &'static str,
    pub detail: String,
}

/// Declares the codes: name, word, status, title, and what to do next.
macro_rules! codes {
    ($( $name:ident $word:literal $status:ident $title:literal $next:literal )*) => {
        /// What can be the matter. The words are stable: programs may act on them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code { $( $name, )* }

        impl Code {
            pub const ALL: &[Self] = &[$(Self::$name),*];

            pub fn as_str(self) -> &'static str {
                match self { $( Self::$name => $word, )* }
            }

            pub fn status(self) -> StatusCode {
                match self { $( Self::$name => StatusCode::$status, )* }
            }

            pub fn title(self) -> &'static str {
                match self { $( Self::$name => $title, )* }
            }

            pub fn next(self) -> &'static str {
                match self { $( Self::$name => $next, )* }
            }
        }
    };
}

codes! {
    Parameter "parameter" BAD_REQUEST "A parameter is not what it can be"
        "See the parameters of this operation in /v1/openapi.json."
    Json "json" BAD_REQUEST "The body is no JSON" "Send one JSON document in UTF-8."
    Body "body" BAD_REQUEST "The body is not as the schema says"
        "Mend what `errors` names; the schema stands in /v1/openapi.json."
    KeyNeeded "idempotency-key-needed" BAD_REQUEST "Nothing in the body names this act"
        "Send Idempotency-Key with a name of your own for it, so that repeating it does it once."
    Unauthorized "unauthorized" UNAUTHORIZED "Nobody is known by that"
        "Send Authorization: Bearer with an API key of a user of this gateway."
    Forbidden "forbidden" FORBIDDEN "This is not yours to do"
        "Ask somebody whose role allows it, or a user administrator for the role."
    NotFound "not-found" NOT_FOUND "There is no such thing" "Look it up by a list of this API, or under another number."
    Method "method" METHOD_NOT_ALLOWED "Not by this method" "Allow says which there are."
    Ambiguous "ambiguous" CONFLICT "Several have this number" "Say which is meant: `errors` lists them by id."
    Refused "refused" CONFLICT "It cannot be done as things stand"
        "Look at the order's timeline and its exceptions; nothing was changed but that this is kept."
    Conflict "conflict" CONFLICT "It was told before, with other contents"
        "Nothing was overwritten; an exception is open for whoever decides which is right."
    Changed "changed" PRECONDITION_FAILED "It has changed since" "Read it again, and repeat with its new ETag in If-Match."
    ConditionNeeded "if-match-needed" PRECONDITION_REQUIRED "It is there already"
        "Send If-Match with the ETag that you read, or If-Match: * to replace whatever stands there."
    TooLarge "too-large" PAYLOAD_TOO_LARGE "The body is too large" "Send it in parts; `api.body_bytes_max` is the limit."
    MediaType "media-type" UNSUPPORTED_MEDIA_TYPE "Not in this form"
        "Send Content-Type as /v1/openapi.json has it for this operation, without Content-Encoding."
    KeyReused "idempotency-key-reused" UNPROCESSABLE_ENTITY "This Idempotency-Key was used for something else"
        "Take a new key for each act; the same key only repeats the same request."
    Unusable "unusable" UNPROCESSABLE_ENTITY "It is well formed, and cannot be used"
        "Mend what `errors` or `detail` names; nothing was kept."
    TooMany "too-many" TOO_MANY_REQUESTS "Too many requests" "Wait as long as Retry-After says."
    Internal "internal" INTERNAL_SERVER_ERROR "It failed on our side" "The log of the gateway says why; nothing was kept."
    Later "later" SERVICE_UNAVAILABLE "It cannot be kept now" "Repeat it, with the same Idempotency-Key, as Retry-After says."
    Silent "silent" REQUEST_TIMEOUT "The body did not come in time" "Repeat it, with the same Idempotency-Key."
}

impl Problem {
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), faults: Vec::new(), allow: None }
    }

    pub fn with(mut self, faults: Vec<Fault>) -> Self {
        self.faults = faults;
        self
    }

    /// A parameter that cannot be used.
    pub fn parameter(name: &str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let fault = Fault { pointer: format!("?{name}"), code: "value", detail: detail.clone() };
        Self::new(Code::Parameter, format!("{name}: {detail}")).with(vec![fault])
    }

    /// A parameter that names something that is not there.
    pub fn nothing(name: &str, detail: impl Into<String>) -> Self {
        Self { code: Code::NotFound, ..Self::parameter(name, detail) }
    }

    /// As JSON: what is sent, and what is kept for the repetition of a request.
    pub fn json(&self) -> Value {
        let mut body = json!({
            "type": format!("urn:entrepot:problem:{}", self.code.as_str()),
            "title": self.code.title(),
            "status": self.code.status().as_u16(),
            "code": self.code.as_str(),
            "detail": self.detail,
            "next": self.code.next(),
        });
        if !self.faults.is_empty() {
            body["errors"] = json!(self.faults);
        }
        body
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.code.status(), Json(self.json())).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        match self.code {
            Code::Unauthorized => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"entrepot\""));
            }
            Code::TooMany | Code::Later => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ => {}
        }
        if let Some(allow) = self.allow.and_then(|allow| HeaderValue::from_str(&allow).ok()) {
            headers.insert(header::ALLOW, allow);
        }
        response
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Missing { what } => Self::new(Code::NotFound, format!("there is no {what}")),
            Error::Refused(why) => Self::new(Code::Refused, why),
            error if error.is_passing() => {
                tracing::warn!(%error, "the API cannot keep anything now");
                Self::new(Code::Later, "the store does not take anything now")
            }
            error => {
                tracing::error!(%error, "the API failed");
                Self::new(Code::Internal, "the store failed")
            }
        }
    }
}
