//! Why something waits for a person: each reason by its word, with what it means and what ends the wait.

/// A reason to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    pub word: &'static str,
    pub meaning: &'static str,
    /// What a person does, and what happens then.
    pub next: &'static str,
}

const fn held(word: &'static str, meaning: &'static str, next: &'static str) -> Held {
    Held { word, meaning, next }
}

impl Held {
    pub const ALL: &[Self] = &[
        held(
            "accepted-with-errors",
            "The partner's acknowledgement accepts what we sent and notes errors: it counts, and is never sent again.",
            "Mend the map or the master data before the next one; `entrepot documents show` has the partner's codes.",
        ),
        held(
            "answer-unknown",
            "An acknowledgement came for something that we did not send, or whose record is gone.",
            "Compare its control numbers with what was sent; nothing was changed by it.",
        ),
        held(
            "answer-overdue",
            "We sent something, and the acknowledgement that was agreed has not come in time.",
            "Ask the partner whether it arrived. Only if it did not: `entrepot resend DOCUMENT`, under the same numbers. \
             An acknowledgement that comes late ends the wait by itself.",
        ),
        held(
            "answer-unwritable",
            "The acknowledgement that is owed would repeat what no header can hold, or break the rules of its own standard, so \
             none was sent.",
            "Tell the sender what is wrong in its header (`entrepot inspect FILE`); mended, the interchange is sent again.",
        ),
        held(
            "authentication-failed",
            "The signature of an AS2 message verifies with none of the partner's certificates.",
            "The reason names the certificate that would have matched, where there is one: ask the partner for its \
             certificate, and add it with `entrepot partner cert add`.",
        ),
        held(
            "certificate-ends",
            "A certificate that is in use ends soon, or has ended.",
            "Hand in its successor with `entrepot partner cert add`, and send ours to the partners; both are valid for a \
             while.",
        ),
        held(
            "decompression-failed",
            "The compressed content of an AS2 message cannot be unpacked, or would be too large.",
            "Ask the partner to send it again, or without compression; the raw message is kept.",
        ),
        held(
            "decryption-failed",
            "An AS2 message cannot be decrypted with any key of ours.",
            "The partner uses an old or foreign certificate of ours: send it the one in force (`entrepot partner cert`).",
        ),
        held(
            "document-conflict",
            "A document has the number of an earlier one and says something else.",
            "Decide which one counts: `entrepot exceptions` shows both. Nothing is overwritten meanwhile.",
        ),
        held(
            "document-rejected",
            "A document breaks its rules, and no acknowledgement tells its sender: it is XML, or no answer was agreed.",
            "Tell the sender what is wrong (`entrepot documents show`), or tolerate it in the agreement and replay it.",
        ),
        held(
            "door-mismatch",
            "The bytes came through the door of one partner, and name another one as their sender.",
            "If both share that mailbox, write `via` into the partner's file; else ask whose it is. Then replay it.",
        ),
        held(
            "envelope-missing",
            "The bytes have no interchange header: they say neither from whom they are nor for whom.",
            "Ask the partner for the whole file, or hand it in again with its header.",
        ),
        held(
            "fetch-failed",
            "A file on a partner's server cannot be fetched; the others are.",
            "`entrepot doctor PARTNER` says what the server answers. It is tried again at each look.",
        ),
        held(
            "fetch-refused",
            "A file on a partner's server was fetched and cannot be taken.",
            "The reason says why; it stays on the server until somebody removes it there.",
        ),
        held(
            "file-unread",
            "Nothing was taken of a file: it is neither X12 nor EDIFACT nor XML that we know, or a table with a wrong row.",
            "Open it (`entrepot documents arrivals` says where it came from) and ask its sender what it is meant to be. The same \
             bytes again wait no second time.",
        ),
        held(
            "insufficient-message-security",
            "An AS2 message was not signed or not encrypted as agreed.",
            "Ask the partner to sign and encrypt as agreed, or change `[as2]` in its file.",
        ),
        held(
            "integrity-check-failed",
            "The content of an AS2 message is not what was signed.",
            "The reason has both digests, and the form that would have verified: often a relay changed line ends.",
        ),
        held(
            "interchange-rejected",
            "An envelope was rejected as a whole, by its header or its trailer: nothing of it counts.",
            "Ask the partner to correct it, or mend our agreement (identities, usage, leniency) and replay it.",
        ),
        held(
            "job-parked",
            "A step failed as often as it is tried.",
            "Put right what its reason names, then `entrepot replay JOB` lets it go on where it stopped.",
        ),
        held(
            "mailbox-unread",
            "A mailbox of ours could not be read for a while.",
            "`entrepot doctor` says which step fails. It is tried again by itself; what lies there is read then.",
        ),
        held(
            "mail-refused",
            "A mail came, and something in it could not be taken; its sender was told why.",
            "Usually nothing: the reason says what the sender was told.",
        ),
        held(
            "mail-unproved",
            "A mail says that it is from a partner, and nothing proves it (DKIM, SPF, signature, secret address).",
            "Ask the partner how it sends, and write what proves it into `[mail]` of its file; the raw mail is kept.",
        ),
        held(
            "map-missing",
            "The document is valid and agreed, and no map reads it in its release.",
            "Name a map in the agreement, or write one, then replay it.",
        ),
        held(
            "not-delivered",
            "A delivery was given up: the other side refuses it, or was away too long.",
            "Put right what its reason names, then `entrepot resend DOCUMENT`: the same bytes and numbers.",
        ),
        held(
            "not-issued",
            "A document of ours could not be written as agreed, or breaks the partner's rules.",
            "Correct what it says or the map, then hand it in again.",
        ),
        held(
            "partner-unknown",
            "No partner has the identity of the sender, or XML came through a door that belongs to nobody.",
            "Add a partner with this identity, then replay it.",
        ),
        held(
            "rejected-by-partner",
            "The partner's acknowledgement rejects what we sent, wholly or in part.",
            "Its codes and places stand with the document (`entrepot documents show`): correct it and send it as a new one \
             (`entrepot send PARTNER FILE`), or speak with the partner. A replay reads what came in; this went out.",
        ),
        held(
            "server-unreachable",
            "A partner's server could not be looked at for a while.",
            "`entrepot doctor PARTNER` says which step fails. It is tried again by itself.",
        ),
        held(
            "set-not-agreed",
            "The partner is known, and this kind of document was not agreed with it.",
            "Add `[inbound.KIND]` to the partner's file and replay it, or tell the partner that we do not take it.",
        ),
        held(
            "set-unsupported",
            "There is no grammar for this kind of document.",
            "Add a grammar and a map, or tell the partner that we do not take it.",
        ),
        held(
            "statement-refused",
            "A bank's statement was not booked: it is broken, does not add up, or came from somebody who is no bank of ours.",
            "Ask the bank for it again; what its reason names can be put right, then replay it.",
        ),
        held("too-large", "The document is larger than the limit.", "Raise `limits.set_bytes_max`, then replay it."),
        held(
            "unexpected-processing-error",
            "An AS2 message could not be read as what it says it is.",
            "The raw message is kept; ask the partner how it was made, or send it to whoever keeps this program.",
        ),
        held(
            "unknown-trading-partner",
            "An AS2 message names a sender or receiver that nobody agreed on.",
            "Add the pair of AS2 names to a partner's file (`[as2]`), or correct them at the partner's.",
        ),
        held(
            "upload-truncated",
            "An uploaded file was never finished: its last trailer is not there.",
            "Ask the partner to send it again; what there is lies in the error folder.",
        ),
    ];

    pub fn named(word: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|held| held.word == word)
    }
}
