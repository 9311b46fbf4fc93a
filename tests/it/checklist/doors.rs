//! The doors: AS2, SFTP, mail, HTTPS and the folder.

use super::Row;

pub(super) const ROWS: &[Row] = &[
    // AS2, what a partner's certification goes through.
    (
        "HTTP: POST with a length or in chunks, 100-continue, folded and oddly cased headers",
        &[
            "it/as2/traps::heads_in_any_shape_are_read",
            "transport/as2/server::folded_heads_are_unfolded",
            "it/as2/mod::every_combination_arrives_and_is_receipted",
        ],
    ),
    ("HTTP: any 2xx is an arrival", &["it/as2/rows::every_2xx_is_an_arrival_and_nothing_else_is"]),
    ("basic authentication, its password in no evidence", &["it/as2/mod::credentials_are_asked_for_where_agreed"]),
    (
        "TLS by pin on both sides; plain HTTP only where somebody said so",
        &["it/as2/mod::both_sides_of_tls_are_trusted_by_pin", "partner/as2::mistakes_are_told"],
    ),
    (
        "names quoted and exact in AS2-From and AS2-To, and one partner's only",
        &[
            "transport/as2/request::names_are_read_and_written",
            "partner/directory::one_as2_name_is_one_partners",
            "partner/as2::mistakes_are_told",
        ],
    ),
    (
        "headers promise what is built: certificate exchange and restarts are not",
        &["it/as2/rows::every_2xx_is_an_arrival_and_nothing_else_is"],
    ),
    ("content types by the ending of a name", &["partner/as2::a_short_table_is_enough"]),
    (
        "every packaging, sent and read, nested to a bounded depth",
        &[
            "it/as2/mod::every_combination_arrives_and_is_receipted",
            "transport/as2/pack::every_combination_comes_back_with_the_same_mic",
            "transport/as2/pack::nesting_has_a_bottom",
            "it/as2/peers::pyas2lib_sends_every_combination",
            "it/as2/peers::pyas2lib_receives_every_combination",
            "it/as2/django::a_live_django_pyas2_trades_both_ways_with_both_kinds_of_receipt",
        ],
    ),
    (
        "digests in both spellings; SHA-1 verified and never signed with, MD5 not at all",
        &[
            "transport/as2/cms/digest::spellings",
            "transport/as2/cms/signed::sha1_is_verified_and_never_signed",
            "transport/as2/request::wishes",
        ],
    ),
    (
        "ciphers: 3DES only where agreed, RC2, RC4 and DES never, GCM and CBC",
        &[
            "it/as2/traps::the_old_cipher_is_named_and_off",
            "it/as2/traps::what_the_agreement_does_not_allow_is_refused",
            "it/as2/peers::openssl_reads_what_we_write_and_we_what_it_writes",
        ],
    ),
    (
        "keys by PKCS#1 v1.5 and OAEP with either digest",
        &["it/as2/peers::openssl_reads_what_we_write_and_we_what_it_writes"],
    ),
    (
        "signatures: PKCS#1 v1.5, PSS with its parameters, ECDSA; with and without RFC 6211",
        &[
            "transport/as2/cms/signed::what_was_signed_verifies",
            "transport/as2/cms/signed::keys_on_curves_sign_with_their_own_digest_and_verify",
            "it/as2/peers::openssl_verifies_what_our_curves_sign_and_we_what_its_sign",
            "it/as2/peers::bouncycastle_reads_what_we_write_and_we_what_it_writes",
        ],
    ),
    (
        "signatures around their content, sent where agreed and read from anybody",
        &[
            "transport/as2/unpack::a_signature_around_its_content_counts_like_one_beside_it",
            "it/as2/peers::openssl_signs_around_whole_messages",
            "it/as2/opaque::openssl_opens_whole_messages_that_we_sign_around",
            "it/mail/peers::openssl_opens_our_mail_inside_its_signature",
            "it/as2/mod::every_combination_arrives_and_is_receipted",
        ],
    ),
    (
        "wrong names in AS2-From and AS2-To are told both ways, with words that say which line to look at",
        &[
            "it/as2/doctor::a_wrong_name_is_told_by_the_receipt",
            "it/as2/names::pyas2lib_and_we_tell_each_other_of_wrong_names",
            "it/as2/names::a_live_django_pyas2_and_we_tell_each_other_of_wrong_names",
        ],
    ),
    (
        "BER: indefinite lengths and strings in pieces, everywhere",
        &[
            "transport/as2/cms/ber::forms_become_definite",
            "transport/as2/cms/ber::content_runs_through",
            "it/as2/peers::bouncycastle_reads_what_we_write_and_we_what_it_writes",
        ],
    ),
    ("parts in binary and base64, said or not", &["transport/as2/mime::transfer_encodings"]),
    (
        "what was encrypted may be a bare document; labels do not decide what is inside",
        &[
            "transport/as2/mime::folded_headers_and_bare_line_feeds",
            "it/as2/rows::what_is_inside_decides_and_not_the_label",
        ],
    ),
    (
        "signatures over the bytes as they came, then with line ends made canonical, and which it was",
        &[
            "transport/as2/pack::line_ends_changed_on_the_way_are_put_right_and_recorded",
            "transport/as2/mime::lines_become_canonical",
        ],
    ),
    (
        "the MIC over what RFC 4130 says for signed, encrypted, compressed and plain",
        &[
            "transport/as2/pack::every_combination_comes_back_with_the_same_mic",
            "it/as2/traps::a_plain_message_has_its_mic_over_the_body_alone",
            "it/as2/peers::openssl_signs_around_whole_messages",
        ],
    ),
    (
        "the MIC compared by its bytes, its algorithm by name however that is spelt",
        &["transport/as2/mic::written_and_read", "transport/as2/incoming::receipts_are_judged"],
    ),
    (
        "receipts in the answer or by themselves, tried again until taken",
        &[
            "it/as2/mod::receipts_come_by_themselves_and_answer_only_what_is_pending",
            "it/as2/django::a_live_django_pyas2_trades_both_ways_with_both_kinds_of_receipt",
        ],
    ),
    (
        "wishes for receipts: required or optional, lists, none; what cannot be given is refused by name",
        &["transport/as2/request::wishes", "it/as2/traps::receipts_that_cannot_be_given_are_refused_by_name"],
    ),
    (
        "receipts of partners read leniently, fields missing or oddly spelt",
        &[
            "transport/as2/receipt::partners_receipts_are_read_leniently",
            "transport/as2/disposition::partners_words_are_read_leniently",
        ],
    ),
    (
        "dispositions in the exact words",
        &["transport/as2/disposition::words_are_exact", "it/as2/traps::names_are_safe_and_strangers_learn_nothing"],
    ),
    (
        "a receipt answers a message that waits for it, signed where that was agreed, with our MIC",
        &[
            "it/as2/mod::receipts_come_by_themselves_and_answer_only_what_is_pending",
            "transport/as2/incoming::receipts_are_judged",
            "transport/as2/receipt::a_receipt_signed_by_another_is_none",
        ],
    ),
    (
        "a duplicate gets the first receipt again, byte for byte, and has no effect",
        &[
            "it/as2/mod::a_duplicate_gets_the_first_receipt_again_and_has_no_effect",
            "it/as2/gateway::an_order_by_as2_is_acknowledged_by_as2",
        ],
    ),
    (
        "a first try that failed does not block the next",
        &[
            "it/as2/mod::a_change_over_of_certificates_stops_nothing",
            "it/as2/mod::nothing_is_receipted_that_could_not_be_kept",
        ],
    ),
    (
        "the same content under another id is told as the duplicate it is",
        &["it/journeys::every_journey_comes_out_as_told"],
    ),
    (
        "durable first, then the receipt: on a full disk, and killed in between",
        &[
            "it/as2/gateway::a_full_disk_receipts_only_what_stays_and_loses_nothing",
            "it/as2/faults::a_gateway_that_is_killed_receipts_only_what_it_has_and_sends_nothing_twice",
        ],
    ),
    (
        "retries under the same id, or new ones where agreed; three kinds of failure told apart; nothing lost at the end",
        &[
            "it/as2/mod::a_new_try_has_the_same_id_unless_another_is_agreed",
            "it/as2/mod::failures_are_told_apart",
            "it/as2/faults::a_receipt_cut_at_any_byte_is_asked_for_again_and_nothing_is_taken_twice",
        ],
    ),
    ("file names in every form, made safe", &["transport/as2/mime::names_in_every_disguise_are_made_safe"]),
    ("several attachments (RFC 6362)", &["transport/as2/pack::every_combination_comes_back_with_the_same_mic"]),
    (
        "several certificates per role with their windows; the newest is used, older ones still open",
        &[
            "transport/as2/certificates::the_newest_is_used_and_older_ones_still_open",
            "it/as2/mod::a_change_over_of_certificates_stops_nothing",
        ],
    ),
    (
        "certificates from PEM, DER, P7B and P12, private keys where they belong",
        &[
            "it/as2/peers::certificates_and_keys_in_every_form_are_imported",
            "transport/as2/certificates::partners_certificates_come_without_keys_and_ours_with_them",
        ],
    ),
    (
        "raw request, headers and receipts are evidence, also of what failed",
        &[
            "it/as2/mod::every_combination_arrives_and_is_receipted",
            "it/as2/mod::credentials_are_asked_for_where_agreed",
        ],
    ),
    (
        "a failure is explained: both digests, and the certificate that would have matched",
        &[
            "transport/as2/pack::changed_content_is_told_with_both_digests",
            "transport/as2/pack::a_signature_by_a_stranger_is_told_with_the_certificate_that_would_match",
        ],
    ),
    (
        "large messages through files, in bounded memory",
        &[
            "it/as2/mod::large_messages_go_through_files",
            "it/as2/big::a_large_message_is_signed_encrypted_verified_and_receipted_in_little_memory",
            "transport/as2/blob::small_and_large_are_read_alike",
            "transport/as2/blob::a_spool_holds_no_more_than_it_may",
        ],
    ),
    // AS2, what attackers try.
    (
        "malleable CBC: what is only encrypted is refused where signatures are agreed",
        &[
            "transport/as2/pack::weaker_than_agreed_is_refused",
            "transport/as2/pack::what_follows_the_signed_part_inside_cbc_is_a_failed_decryption",
        ],
    ),
    (
        "no oracle: a bad key, a bad padding and no recipient sound alike",
        &["transport/as2/cms/enveloped::every_failure_is_told_alike"],
    ),
    (
        "pinned certificates only, whatever is put into the message; one signer",
        &[
            "transport/as2/pack::a_signature_by_a_stranger_is_told_with_the_certificate_that_would_match",
            "transport/as2/cms/signed::two_signers_are_one_too_many",
        ],
    ),
    (
        "bombs are stopped while they unfold",
        &["transport/as2/cms/compressed::content_comes_back_and_bombs_do_not_go_off"],
    ),
    (
        "values inside values have a depth, and lengths that lie are told",
        &[
            "transport/as2/cms/ber::lies_are_told",
            "transport/as2/cms/der::lies_about_lengths_are_told",
            "it/as2/traps::lengths_that_lie_and_garbage_keep_nothing",
        ],
    ),
    (
        "exactly two parts in multipart/signed, cut at the boundary and nowhere else",
        &[
            "transport/as2/pack::weaker_than_agreed_is_refused",
            "transport/as2/mime::multiparts_are_cut_at_their_boundary",
        ],
    ),
    (
        "AS2-From proves nothing: strangers learn nothing and are nobody",
        &["it/as2/traps::names_are_safe_and_strangers_learn_nothing", "it/as2/mod::failures_are_told_apart"],
    ),
    ("a receipt is posted only where that was agreed", &["it/as2/traps::a_receipt_is_posted_nowhere_but_where_agreed"]),
    ("a file name is no path", &["it/as2/traps::names_are_safe_and_strangers_learn_nothing"]),
    ("a receipt is never receipted", &["it/as2/traps::a_receipt_is_never_receipted"]),
    // AS2, what breaks.
    (
        "a connection cut at any byte: of a message, of its receipt in the answer, of a receipt by itself and of our answer to it",
        &[
            "it/as2/faults::a_message_cut_at_any_byte_leaves_nothing_behind",
            "it/as2/faults::a_receipt_cut_at_any_byte_is_asked_for_again_and_nothing_is_taken_twice",
            "it/as2/faults::a_receipt_by_itself_that_is_cut_at_any_byte_comes_again_and_counts_once",
        ],
    ),
    (
        "slow peers, and those who only pretend to send",
        &[
            "it/as2/faults::a_slow_sender_is_borne_and_keeps_nobody_waiting",
            "it/as2/crowd::who_only_pretends_to_send_is_shown_out",
            "transport/patience::the_slow_are_borne_and_neither_the_silent_nor_the_dripping",
        ],
    ),
    (
        "a thousand connections, silent and live",
        &[
            "it/as2/faults::a_crowd_of_silent_connections_keeps_nobody_out",
            "it/as2/crowd::a_thousand_live_connections_over_tls_keep_nobody_out",
            "it/as2/traps::many_connections_at_once_all_get_their_answer",
        ],
    ),
    (
        "certificates that end are warned of 60, 30 and 7 days before",
        &["transport/as2/certificates::the_newest_is_used_and_older_ones_still_open"],
    ),
    ("one crypto provider in the tree", &["it/supply::one_crypto_provider_at_most"]),
    (
        "as fast as libcrypto and pyas2lib in one run, messages a second through the live door, and a slow 3DES partner beside others",
        &["bench/as2::main", "bench/as2/door::throughput", "bench/as2/door::neighbours"],
    ),
    // SFTP.
    (
        "a CLOSE is no end: what is whole is taken, the rest waits, then is put aside with its reason",
        &[
            "it/sftp::half_an_upload_waits_for_its_rest_also_across_a_restart",
            "it/sftp::what_stays_truncated_is_put_aside_and_both_sides_see_why",
            "transport/folder/complete::verdicts",
            "transport/sftp/server/uploads::what_is_taken_when_it_is_closed",
        ],
    ),
    (
        "temporary names of every client; the rename is what counts",
        &["it/sftp::a_file_is_taken_when_it_is_renamed_into_place", "transport/folder/name::temporary_names"],
    ),
    (
        "a packet that lies about its length ends the session",
        &["transport/sftp/server/protocol::packets_are_cut_and_lies_refused"],
    ),
    (
        "writes out of order, resumed and cut uploads",
        &[
            "it/sftp::paramiko_writes_out_of_order",
            "it/sftp::an_upload_that_is_cut_again_and_again_arrives_whole_and_once",
            "it/sftp_faults::an_upload_cut_at_any_byte_of_the_dialogue_arrives_whole_and_once",
            "transport/sftp/server/handles::writes_in_any_order",
        ],
    ),
    (
        "after the upload: dates, modes and sizes as clients look for them",
        &[
            "it/sftp::what_clients_do_behind_an_upload_works",
            "transport/sftp/server/memory::what_was_taken_is_answered_for_a_while",
        ],
    ),
    (
        "a partner sees its own folders and nothing else",
        &["it/sftp::a_partner_sees_its_own_folders_and_nothing_else", "transport/sftp/server/root::paths"],
    ),
    (
        "fetching: at rest, claimed or marked, moved or deleted after it is ours, once",
        &[
            "it/sftp_client::a_file_that_still_grows_is_left_until_it_rests",
            "it/sftp_client::markers_claims_and_moves",
            "it/sftp_client::what_cannot_be_removed_is_taken_once",
            "it/sftp_faults::a_fetch_cut_at_any_byte_of_the_dialogue_takes_each_file_once",
            "it/sftp_faults::a_client_that_is_killed_while_it_fetches_takes_each_file_once",
        ],
    ),
    (
        "killed in the middle: each upload is taken once, each delivery lies there once",
        &[
            "it/sftp_faults::a_server_that_is_killed_takes_each_upload_once",
            "it/sftp_faults::a_client_that_is_killed_while_it_delivers_leaves_each_answer_once",
        ],
    ),
    (
        "old algorithms by partner only",
        &["it/sftp_client::old_servers_need_a_word", "transport/sftp/algorithms::old_algorithms_are_opted_into"],
    ),
    (
        "guessing is slowed down; keys have their time, partners their networks",
        &["it/sftp::who_is_let_in", "transport/sftp/server/guard::waits_grow_and_end"],
    ),
    ("host keys are pinned", &["transport/sftp/client/connect::keys_are_pinned_whole_or_by_fingerprint"]),
    (
        "sessions, sizes and rates have limits; a full disk means later",
        &[
            "it/sftp::limits_meet_what_is_too_large_and_too_many",
            "it/sftp_faults::a_partner_moves_no_more_than_its_rate",
            "it/sftp::garbage_lies_and_crowds_do_not_keep_others_out",
            "it/sftp::a_full_disk_refuses_and_goes_on_when_there_is_room",
        ],
    ),
    (
        "`sftp`, `scp` of both protocols and WinSCP-like habits work; folders are given whole and not taken, which is said",
        &[
            "it/sftp::scp_goes_both_ways",
            "it/sftp_habits::a_folder_that_is_sent_is_refused_in_words_and_one_that_is_fetched_comes",
            "it/sftp_habits::winscps_way_of_sending_works",
            "transport/sftp/server/aside::lines_are_shown_as_they_are_and_end",
        ],
    ),
    (
        "room on the disk is told; what is not offered is refused by name",
        &["it/sftp_habits::room_is_told_and_what_is_not_offered_is_refused_by_name"],
    ),
    (
        "public keys, several with their days, and passwords (argon2), from the partner's own networks",
        &[
            "it/sftp::who_is_let_in",
            "transport/sftp/server/access::keys_count_for_their_time_and_algorithm",
            "transport/sftp/server/access::passwords",
            "partner/sftp::a_table_is_read_and_none_is_none",
        ],
    ),
    (
        "our host keys are made once, kept from others, and shown by fingerprint",
        &[
            "transport/sftp/host_keys::keys_are_made_once_and_kept_from_others",
            "it/demo::the_story_comes_out_as_told_and_every_place_it_names_is_there",
        ],
    ),
    (
        "an upload ends at any byte, with CLOSE or with the connection: only the whole one is taken",
        &["it/sftp_faults::a_file_that_ends_at_any_byte_is_taken_only_when_it_is_whole"],
    ),
    (
        "what is put out is listed, fetched, and then in the archive; half a download stays",
        &[
            "it/sftp::an_order_goes_in_and_its_answer_is_fetched",
            "transport/sftp/server/handles::a_download_is_complete_with_its_last_byte",
        ],
    ),
    (
        "polled when it is time, answers delivered under a temporary name and renamed, in order, also when the server was away",
        &[
            "transport/sftp/client/poll::a_look_begins_once_and_when_it_is_time",
            "it/sftp_client::an_order_is_fetched_and_its_answer_delivered",
            "it/sftp_client::a_server_that_is_away_gets_its_answers_in_order_when_it_is_back",
        ],
    ),
    (
        "a partner's folder of any length is emptied look by look",
        &[
            "it/sftp_client::a_long_folder_is_fetched_look_by_look",
            "it/sftp_client::a_folder_full_of_unmarked_files_is_told",
        ],
    ),
    ("large files in constant memory, both ways", &["it/sftp_habits::a_large_file_goes_both_ways_in_little_memory"]),
    ("not slower than OpenSSH's server, in one run", &["bench/sftp::main"]),
    (
        "slow clients and slow servers are borne, a full disk of ours only delays",
        &[
            "it/sftp_faults::a_slow_client_is_borne",
            "it/sftp_faults::a_slow_server_and_a_full_disk_only_delay_what_is_fetched",
            "it/sftp::a_full_disk_refuses_and_goes_on_when_there_is_room",
        ],
    ),
    // Pitfalls of SFTP that others met (3.3 of the guide).
    (
        "a killed connection and an interrupted client, which sends CLOSE, both leave half a file, which is resumed or put aside",
        &[
            "it/sftp::half_an_upload_waits_for_its_rest_also_across_a_restart",
            "it/sftp::what_stays_truncated_is_put_aside_and_both_sides_see_why",
            "it/sftp_faults::a_file_that_ends_at_any_byte_is_taken_only_when_it_is_whole",
        ],
    ),
    (
        "temporary names of clients are known, more can be agreed with a partner",
        &["transport/folder/name::temporary_names", "partner/sftp::a_table_is_read_and_none_is_none"],
    ),
    (
        "a broken packet ends the session: nothing behind it is read as a header",
        &[
            "transport/sftp/server/protocol::packets_are_cut_and_lies_refused",
            "it/sftp::garbage_lies_and_crowds_do_not_keep_others_out",
        ],
    ),
    (
        "what was taken is still listed and answered for; two of one name are two files",
        &[
            "it/sftp::what_clients_do_behind_an_upload_works",
            "transport/sftp/server/uploads::the_same_name_twice_is_two_files",
        ],
    ),
    // Mail.
    (
        "who sent it is proved by DKIM, SPF, S/MIME or a secret address, never by From alone",
        &[
            "it/mail/mod::nobodys_mail_is_refused_and_a_secret_address_is_enough",
            "transport/mail/dmarc::the_owner_may_ask_for_more",
            "it/mail/peers::dovecots_mailbox_over_imap",
            "it/mail/peers::openssl_signs_for_us_and_opens_what_we_sign_and_encrypt",
        ],
    ),
    (
        "attachments: EDI, XML, zips with limits, PDFs with an invoice in them; others refused with their reason",
        &[
            "transport/mail/message::attachments_that_are_documents_and_others",
            "wire/parcel/mod::a_pdf_gives_its_invoice_or_says_why_not",
            "wire/parcel/mod::a_bomb_is_refused_while_it_is_read",
            "wire/parcel/mod::nesting_has_an_end",
            "it/mail/mod::what_is_no_document_is_refused_with_its_reason_and_a_person_knows",
        ],
    ),
    (
        "pictures, signatures and calendars in a mail are nobody's document",
        &["wire/parcel/mail::what_nobody_means_is_left_out"],
    ),
    ("names of attachments in every disguise", &["wire/parcel/mail::names_in_every_disguise"]),
    (
        "a mail counts once, and so do its bytes in another one",
        &["it/mail/mod::a_mail_counts_once_and_so_do_its_bytes_in_another_mail"],
    ),
    (
        "the place in a mailbox is remembered; mail moves after it is ours, and is not taken again when moved back",
        &[
            "transport/mail/mailbox/imap::a_cursor_is_remembered_with_the_move_that_is_owed",
            "it/mail/peers::dovecots_mailbox_over_imap",
            "it/mail/peers::dovecots_mailbox_over_pop3",
        ],
    ),
    (
        "a mailbox cut anywhere, killed, grudging or under attack: nothing lost, nothing twice, nothing in the way",
        &[
            "it/mail/mailboxes::imap_cut_at_any_byte_loses_nothing_and_takes_nothing_twice",
            "it/mail/mailboxes::pop3_cut_at_any_byte_loses_nothing_and_takes_nothing_twice",
            "it/mail/mailboxes::a_mail_that_the_server_does_not_give_waits_and_keeps_no_other_away",
            "it/mail/mailboxes::a_size_that_is_a_lie_costs_nothing_and_keeps_no_mail_away",
            "it/mail/mailboxes::pop3_that_gives_more_than_it_said_keeps_no_mail_away",
            "transport/mail/mailbox/meter::literals_are_counted_wherever_the_pieces_end",
            "it/mail/mailboxes::nobody_stops_a_mailbox_with_a_name_server_that_is_silent",
            "it/mail/mailboxes::a_full_disk_leaves_mail_where_it_is",
            "it/mail/mailboxes::a_gateway_that_is_killed_reads_each_mail_once",
            "transport/mail/mailbox/standing::a_person_is_told_of_what_lasts_and_once",
            "transport/mail/dkim/verify::signatures_of_others_are_not_asked_about_and_one_that_holds_is_enough",
        ],
    ),
    (
        "replies with reasons, never to machines, never in loops, a few an hour",
        &[
            "transport/mail/reply::guards_against_loops",
            "transport/mail/reply::a_reply_names_each_attachment_and_cannot_be_answered",
            "transport/mail/message::no_machine_answers_a_machine",
            "it/mail/peers::a_partner_is_told_by_mail_but_never_too_often_and_no_machine_is",
        ],
    ),
    (
        "logins by token (XOAUTH2), renewed before they end, secrets in no log",
        &[
            "it/mail/oauth::tokens_are_renewed_for_mailboxes_and_for_what_we_send",
            "it/mail/oauth::what_an_endpoint_refuses_is_told_by_the_doctor",
            "it/mail/oauth::two_programs_renew_one_after_the_other",
        ],
    ),
    (
        "notices (IDLE) where the server gives them, looks at intervals where not; by password or token",
        &[
            "it/mail/mailboxes::notice_of_new_mail_is_waited_for",
            "it/mail/mailboxes::a_mail_that_the_server_does_not_give_waits_and_keeps_no_other_away",
            "it/mail/oauth::tokens_are_renewed_for_mailboxes_and_for_what_we_send",
        ],
    ),
    (
        "an embedded receiver for addresses of ours, whose whole mails are kept",
        &[
            "it/mail/mod::an_order_that_came_by_mail_is_handed_on_and_answered",
            "transport/mail/receiver/session::addresses",
            "transport/mail/receiver/mod::places_are_few_for_each_and_for_all",
        ],
    ),
    (
        "sent over TLS by connections that stay open, with a password or a token",
        &[
            "it/mail/peers::a_server_that_wants_tls_and_a_password_gets_both",
            "it/mail/oauth::tokens_are_renewed_for_mailboxes_and_for_what_we_send",
        ],
    ),
    (
        "S/MIME where agreed, both ways, read and written by OpenSSL",
        &[
            "it/mail/peers::openssl_signs_for_us_and_opens_what_we_sign_and_encrypt",
            "it/mail/peers::openssl_opens_our_mail_inside_its_signature",
            "transport/mail/smime::what_is_signed_and_encrypted_comes_back_and_is_known_by_whom",
        ],
    ),
    (
        "slow and silent mailboxes are heard out or given up",
        &["it/mail/mailboxes::a_slow_mailbox_is_read", "it/mail/mailboxes::a_silent_server_is_given_up"],
    ),
    ("one document to a mail, named as agreed", &["transport/mail/letter::names_are_as_agreed"]),
    ("DKIM of ours verifies elsewhere", &["it/mail/peers::answers_go_out_by_mail_signed_so_that_dkimpy_agrees"]),
    (
        "what comes back is matched to what was sent",
        &[
            "transport/mail/bounce::bounces",
            "it/mail/peers::what_cannot_arrive_and_what_comes_back_is_put_before_a_person",
        ],
    ),
    (
        "cut, slow, lying, crowded, killed, on a full disk, without a name server",
        &[
            "it/mail/faults::a_connection_cut_at_any_byte_leaves_nothing_behind",
            "it/mail/faults::a_mail_of_ours_that_is_cut_at_any_byte_is_sent_again_under_its_id",
            "it/mail/faults::an_answer_cut_at_any_byte_brings_the_mail_again_and_it_counts_once",
            "it/mail/faults::a_relay_that_answers_without_end_is_left_and_the_mail_waits",
            "it/mail/faults::a_slow_sender_is_borne",
            "it/mail/faults::lies_garbage_and_crowds_are_borne",
            "it/mail/faults::a_gateway_that_is_killed_loses_nothing_it_took_and_takes_nothing_twice",
            "it/mail/faults::a_full_disk_means_later_not_lost",
            "it/mail/faults::a_silent_name_server_means_later_not_never",
        ],
    ),
    // HTTPS, and all doors.
    (
        "uploads once by their key, downloads until confirmed, nobody sees another's",
        &[
            "it/http::an_order_is_dropped_and_its_answer_fetched",
            "it/http::nobody_gets_in_and_nobody_sees_anothers",
            "it/http::a_restart_in_the_middle_takes_an_upload_once",
            "it/http::a_gateway_that_is_killed_takes_each_upload_once_and_a_cut_download_is_there_again",
            "it/http::a_full_disk_means_later_not_lost",
            "it/http::cut_uploads_lies_and_crowds_are_borne",
            "it/http::an_answer_cut_at_any_byte_brings_the_upload_again_and_it_counts_once",
        ],
    ),
    (
        "one mailbox of many partners: who is inside decides",
        &[
            "it/gateway::one_mailbox_serves_many_partners_in_and_out",
            "it/mail/mod::a_network_carries_many_partners_and_the_identities_inside_say_whose",
        ],
    ),
    (
        "documents wait for one another where agreed, and leave as one interchange",
        &[
            "it/batch::invoices_wait_for_each_other_and_leave_as_sets_of_one_group",
            "it/batch::messages_leave_when_the_first_has_waited_long_enough_and_one_that_cannot_stays_behind",
        ],
    ),
    (
        "the doctor says in words what is wrong with a connection: name, port, host key, certificate, login, algorithm",
        &[
            "it/sftp_client::the_doctor_says_what_is_wrong",
            "it/sftp_client::old_servers_need_a_word",
            "it/as2/mod::doctor_says_what_is_missing",
            "it/as2/doctor::the_cause_is_named_with_live_servers",
            "it/as2/doctor::certificates_that_ended_are_named",
            "it/mail/doctor::the_cause_is_named_with_a_live_dovecot",
            "it/mail/doctor::a_certificate_that_ended_is_named_as_the_cause",
            "it/mail/peers::a_server_that_wants_tls_and_a_password_gets_both",
        ],
    ),
    (
        "HTTPS: by token, password or certificate; the slow are waited for; a full disk means later",
        &[
            "it/http::over_tls_with_a_certificate_of_ones_own",
            "it/http::a_slow_sender_is_waited_for_and_one_who_stops_keeps_nobody",
            "it/http::a_full_disk_means_later_not_lost",
            "transport/http/access::visitors",
        ],
    ),
    (
        "the folder door stays",
        &[
            "it/gateway::one_order_is_answered_and_handed_on",
            "transport/folder/watch::a_renamed_file_is_taken_and_so_is_one_in_a_new_folder",
        ],
    ),
    (
        "the demo trades over AS2, SFTP and mail on loopback",
        &["it/demo::the_story_comes_out_as_told_and_every_place_it_names_is_there"],
    ),
];
