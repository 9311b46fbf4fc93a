//! What an act expects of the answers that partners get.

use serde_json::Value;

/// What the partner is answered says this.
pub fn says(text: &str, mark: &str) -> Result<(), String> {
    if text.contains(mark) { Ok(()) } else { Err(format!("the answer does not say {mark}: {text}")) }
}

/// What a verified receipt says, in one line.
pub fn mdn(said: &Value) -> Result<String, String> {
    let text = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
    if said["signed_by"].is_null() {
        return Err("the receipt is not signed".into());
    }
    let (ours, theirs) = (text("our_mic"), text("mic"));
    if ours.is_empty() || ours != theirs {
        return Err(format!("the receipt's MIC is {theirs}, not {ours}"));
    }
    let disposition = text("disposition");
    let word = disposition.rsplit(';').next().unwrap_or_default().trim().to_owned();
    Ok(format!("{word}, signed, MIC {theirs}"))
}
