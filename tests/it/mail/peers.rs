//! Strangers' programs: aiosmtpd takes what we send, dkimpy judges our signature, Dovecot keeps mailboxes.
