//! The engine: wire, grammars, acknowledgements, mapping, and the road from bytes to effect.

use super::Row;

pub(super) const ROWS: &[Row] = &[
    // What it does all in all.
    (
        "interchanges and invoices in a folder are kept durably, recognised, parsed, validated, answered, mapped and handed on, once",
        &["it/gateway::one_order_is_answered_and_handed_on", "it/crash::nothing_is_lost_or_doubled_on_sqlite"],
    ),
    (
        "canonical documents go out as wire documents the same way back",
        &[
            "it/outbound::an_invoice_leaves_once_and_its_997_comes_back",
            "it/samples::every_map_keeps_both_laws_on_every_sample",
        ],
    ),
    (
        "the same engine is at hand on the command line",
        &["it/gateway::what_ack_prints_is_what_the_daemon_sends", "it/desk::sessions_go_as_they_are_written"],
    ),
    // 1. The package.
    (
        "nouns are folders, journey holds the verbs; the floors are kept by a test",
        &[
            "it/floors::modules_import_downward_only",
            "it/floors::floors_one_to_three_are_pure",
            "it/floors::only_the_store_writes_sql",
        ],
    ),
    (
        "demo: the real daemon on embedded defaults, fed through its real door, telling what happens, ended by --exit",
        &["it/demo::the_story_comes_out_as_told_and_every_place_it_names_is_there"],
    ),
    (
        "cargo test alone works offline and names what it left out",
        &["it/grammars::every_grammar_agrees_with_the_facts", "it/postgres::a_cluster_starts_and_ends"],
    ),
    // 2. The wire: X12.
    ("X12 delimiters are discovered, never configured", &["wire/reader_tests::x12_delimiters_are_found"]),
    (
        "several interchanges in one file, each with its own delimiters",
        &[
            "wire/reader_tests::envelopes_and_sets_come_in_order",
            "it/variants::every_sample_says_the_same_in_other_clothes",
        ],
    ),
    ("a TA1 between ISA and GS", &["wire/reader_tests::envelopes_and_sets_come_in_order"]),
    ("ISA11 separates repetitions from 00402 on", &["wire/reader_tests::isa11_separates_repetitions_from_00402_on"]),
    (
        "terminators of every kind, with or without CR and LF; files wrapped at 80 columns; byte-order marks",
        &[
            "wire/reader_tests::what_is_tolerated_is_a_repair",
            "wire/reader_tests::wrapped_files_are_unwrapped",
            "it/variants::every_sample_says_the_same_in_other_clothes",
        ],
    ),
    ("an ISA that is not 106 bytes", &["wire/reader_tests::an_isa_of_another_width_is_repaired"]),
    (
        "what is tolerated is recorded as a repair with its place, and an agreement can forbid it",
        &[
            "wire/reader_tests::what_is_tolerated_is_a_repair",
            "journey/recognise::senders",
            "it/gateway::an_agreement_says_what_is_put_up_with_and_whether_it_counts",
        ],
    ),
    // EDIFACT.
    (
        "UNA or defaults; release-character parity; the decimal mark",
        &[
            "wire/reader_tests::edifact_service_characters_are_found",
            "wire/reader_tests::released_characters_are_data",
            "wire/scan::parity_is_kept_across_blocks",
            "it/variants::every_sample_says_the_same_in_other_clothes",
        ],
    ),
    (
        "syntax 1 to 3 with their character sets, 4 as far as it goes",
        &["wire/charset::bytes_become_text_by_the_table_of_the_interchange", "reply/contrl::syntax_4_says_more"],
    ),
    ("UNG groups", &["reply/contrl::groups", "it/gateway::messages_wait_for_the_trailer_of_their_interchange"]),
    (
        "messages without an interchange are a finding, and read",
        &["wire/reader_tests::sets_without_an_interchange_are_read"],
    ),
    // XML.
    (
        "UBL Invoice and CreditNote and CII, recognised by namespace, read with byte ranges",
        &[
            "wire/xml/kind::roots_are_recognised_by_namespace_and_name",
            "wire/xml/tests::places_lead_to_the_stored_bytes",
            "wire/xml/decode::every_character_leads_back_to_its_bytes",
        ],
    ),
    (
        "no external entity is followed; depth, size and attributes are limited",
        &[
            "wire/xml/tests::nothing_outside_is_followed_and_nothing_is_expanded",
            "wire/xml/tests::limits_become_findings",
        ],
    ),
    // All of it.
    (
        "reading never fails: it returns what was understood, and findings",
        &["wire/reader_laws::it_comes_to_an_end_over_any_bytes", "wire/xml/tests::every_cut_of_a_document_is_read"],
    ),
    (
        "one bad line never costs more than its set, one bad set never its neighbours",
        &[
            "wire/reader_tests::a_missing_or_stray_envelope_costs_no_neighbour",
            "wire/reader_tests::strays_cost_nobody_a_set",
            "it/variants::one_fault_costs_one_set",
        ],
    ),
    (
        "streaming, in constant memory however large the interchange",
        &[
            "wire/reader_laws::it_tells_the_same_however_the_bytes_arrive",
            "bench/wire::memory",
            "bench/grammar::memory",
        ],
    ),
    (
        "no quadratic behaviour in one set of a million segments",
        &[
            "bench/wire::long_sets",
            "grammar/check::a_set_of_nothing_but_mistakes_takes_no_time",
            "wire/control::numbers_at_random_meet_a_limit",
        ],
    ),
    (
        "writing escapes, pads the ISA, counts and numbers; what is written is read and validated before it leaves",
        &[
            "wire/writer/envelope::an_x12_interchange_is_padded_and_counted",
            "wire/writer/mod::service_characters_are_released_in_edifact",
            "wire/writer/mod::what_cannot_be_written_is_refused_with_its_place",
            "wire/reader_laws::what_is_written_is_read_back",
            "it/samples::what_a_map_agrees_to_write_comes_back",
        ],
    ),
    // 3. Grammars.
    (
        "grammars are text files, checked against the facts by a test, compiled at start-up",
        &[
            "it/grammars::every_grammar_agrees_with_the_facts",
            "grammar/library::every_embedded_grammar_compiles",
            "bench/grammar::compile",
        ],
    ),
    (
        "order and loops, mandatory and maximum use",
        &[
            "grammar/walk::what_is_missing_is_named_where_it_should_stand",
            "grammar/walk::too_many_is_told_once_per_instance",
            "grammar/walk::out_of_order_is_placed_and_goes_on",
        ],
    ),
    (
        "HL and CPS by parent pointers; a level that lacks its parent is told",
        &[
            "grammar/hierarchy::parents_come_before_their_children",
            "grammar/hierarchy::a_level_below_the_first_names_its_parent",
            "mapping/trees::levels_come_from_hl03_and_nesting_from_hl02",
        ],
    ),
    (
        "element type, length, dates and times, code lists, composites, repetitions",
        &[
            "grammar/elements::types_are_kept",
            "grammar/elements::lengths_are_those_of_characters_and_digits",
            "grammar/elements::codes_are_warned_of_unless_agreed",
            "grammar/elements::there_are_not_too_many",
            "grammar/values::dates_are_in_the_calendar",
            "grammar/values::times_are_on_the_clock",
        ],
    ),
    ("syntax notes P R E C L", &["grammar/elements::conditions_name_what_they_miss"]),
    (
        "envelope references and counts",
        &["wire/reader_tests::trailers_are_checked", "wire/reader_tests::numbers_are_unique_in_their_envelope"],
    ),
    (
        "findings carry place, both standards' codes for the release of the reply, severity and a sentence",
        &[
            "finding/report::json_is_as_documented",
            "finding/codes::every_code_is_on_its_list",
            "finding/sentence::every_fault_has_a_sentence",
            "reply/x12_functional::newer_releases_know_more_codes",
        ],
    ),
    (
        "a release without a grammar of its own is read with the nearest, and says so",
        &[
            "grammar/address::the_nearest_release_is_taken",
            "grammar/elements::a_grammar_of_another_release_is_lenient",
            "it/variants::every_release_is_read",
        ],
    ),
    (
        "overlays: require, forbid, max, codes, len, tolerate",
        &[
            "grammar/overlay/apply::require_asks_for_segments_loops_and_elements",
            "grammar/overlay/apply::forbid_and_max_count",
            "grammar/overlay/apply::codes_and_lengths_are_as_agreed",
            "grammar/overlay/apply::what_is_tolerated_is_only_warned_of",
            "grammar/overlay/apply::mistakes_are_told_with_their_place",
        ],
    ),
    // 4. Acknowledgements.
    (
        "TA1 as the agreement says, with the note of what is wrong",
        &["reply/due::ta1_by_agreement", "finding/codes::every_code_is_on_its_list", "reply/said::a_ta1_too"],
    ),
    (
        "997: A, E, R and P; exact AK3 and AK4 positions, copies of bad data, counts",
        &[
            "reply/x12_functional::accepted",
            "reply/x12_functional::elements_in_one_segment_share_its_ak3",
            "reply/x12_functional::segments_missing_doubled_and_wrong",
            "reply/x12_functional::partly_accepted_tolerated_and_unsupported",
            "it/variants::a_997_points_at_the_very_segment_and_element",
        ],
    ),
    (
        "CONTRL: UCI, UCF, UCM, UCS and UCD at the right level",
        &[
            "reply/contrl::segments_and_elements",
            "reply/contrl::faults_of_envelopes_name_service_segments",
            "reply/contrl::a_missing_segment_is_not_the_one_before_it",
            "it/variants::a_contrl_points_at_the_very_segment_and_element",
        ],
    ),
    (
        "composed by a table without judgement of their own; every fault has a code at every level",
        &["finding/codes::every_code_is_on_its_list", "finding/explain::every_code_that_is_told_is_explained"],
    ),
    (
        "as the agreement says; never an acknowledgement of an acknowledgement",
        &[
            "reply/due::functional_by_agreement",
            "reply/due::contrl_by_agreement",
            "it/gateway::edifact_orders_get_a_contrl",
        ],
    ),
    (
        "an answer is valid whatever its original left out, or there is none and a person is told why",
        &[
            "reply/x12_functional::what_a_set_lacks_is_repeated_as_zeros",
            "reply/contrl::what_a_message_lacks_is_repeated_as_zeros",
            "it/desk::an_answer_is_valid_and_says_what_sends_it",
            "it/gateway::a_group_that_lost_its_interchange_is_held_and_not_answered",
        ],
    ),
    (
        "a set in a group of another kind is rejected by itself",
        &["it/gateway::an_order_in_a_group_of_invoices_is_rejected"],
    ),
    (
        "the answer to a repeated interchange is the stored one",
        &["it/crash::nothing_is_lost_or_doubled_on_sqlite", "story/twice"],
    ),
    (
        "what we sent is matched with the TA1, 997 and CONTRL that come back",
        &[
            "it/outbound::an_invoice_leaves_once_and_its_997_comes_back",
            "reply/said::a_997_is_understood_by_its_reader",
            "reply/said::a_contrl_too",
            "story/answers",
        ],
    ),
    // 5. Mapping and canonical documents.
    (
        "the language, every rule of its page",
        &[
            "mapping/rules::rule_1_selectors_are_matched_and_other_literals_accept_anything",
            "mapping/rules::rule_2_blanks_convert_both_ways",
            "mapping/rules::rule_3_loops_follow_the_grammar_and_counts_are_checked",
            "mapping/rules::rule_4_pairs_are_runs_of_qualifiers_and_values",
            "mapping/rules::rule_5_labels_spare_counting_separators",
            "mapping/rules::rule_6_the_most_specific_line_wins_and_nothing_is_overwritten",
            "mapping/rules::rule_7_a_partner_says_only_differences",
            "mapping/rules::rule_8_ignored_required_and_defaulted",
            "mapping/rules::rule_9_nothing_is_lost_silently_in_either_direction",
            "mapping/rules::rule_10_one_path_twice_is_an_equality",
            "mapping/rules::rule_11_examples_live_in_the_file_and_run",
            "mapping/rules::rule_12_tuples_keys_alternatives_and_appended_texts",
            "mapping/xml/tests::base_maps_compile",
        ],
    ),
    (
        "both laws over every sample, and over documents made from them",
        &["it/samples::every_map_keeps_both_laws_on_every_sample", "it/samples::what_a_map_agrees_to_write_comes_back"],
    ),
    (
        "examples inside the files run; those of the language's page too",
        &[
            "it/samples::every_example_in_a_map_comes_out_as_it_says",
            "it/samples::every_example_of_the_mapping_page_runs",
        ],
    ),
    (
        "all mistakes of a file with spans, suggestions and stable codes; no name that nothing knows passes",
        &[
            "mapping/syntax/parse::tells_every_mistake_of_a_file",
            "mapping/rules::mistakes_are_told_with_the_place_and_an_edit",
            "mapping/library::a_slip_in_a_partners_words_is_told_with_the_nearest",
            "mapping/extend::an_override_hits_exactly_one_line",
            "mapping/code::every_code_explains_itself",
        ],
    ),
    (
        "base maps for strangers' documents, reading and writing",
        &[
            "it/samples::every_sample_says_what_stands_beside_it",
            "it/xml::every_invoice_of_the_corpus_comes_back_from_what_was_written",
            "mapping/library::every_embedded_map_compiles",
        ],
    ),
    (
        "canonical documents: typed, decimals, provenance, a published JSON Schema",
        &[
            "canonical/json::decimals_keep_their_scale",
            "canonical/json::a_document_comes_back_from_its_json_and_from_its_struct",
            "canonical/schema::every_kind_has_a_schema_that_describes_its_members",
            "it/desk::sessions_go_as_they_are_written",
        ],
    ),
    ("the core rules of EN 16931 are those of the official tests", &["it/xml::the_official_rule_tests_agree"]),
    // 6. Partners and agreements.
    (
        "one file per partner, a new one on existing maps in ten lines",
        &["partner/directory::a_new_partner_needs_five_lines"],
    ),
    (
        "identities per syntax, at interchange and group level",
        &[
            "partner/directory::partners_are_found_by_identity",
            "it/gateway::one_mailbox_serves_many_partners_in_and_out",
        ],
    ),
    (
        "agreements per direction and kind: grammar, map, answers, leniency, duplicates, usage",
        &[
            "catalogue/mod::rules_come_from_the_agreement",
            "journey/recognise::senders",
            "partner/directory::mistakes_in_partner_files",
        ],
    ),
    (
        "taken over on change as a whole or not at all, with the reason when not",
        &["it/running::settings_are_taken_over_whole_or_not_at_all", "catalogue/mod::a_folder_is_taken_as_a_whole"],
    ),
    (
        "one broken file keeps nobody from the others who only looks",
        &["catalogue/mod::one_broken_file_keeps_nobody_from_the_others", "it/desk::sessions_go_as_they_are_written"],
    ),
    (
        "unknown partners and unagreed documents are kept, answered as the policy says, and held",
        &["it/outbound::what_was_held_is_replayed_and_counts_once", "story/strangers", "journey/recognise::senders"],
    ),
    // 7. Store, work, journey.
    (
        "payload bytes content-addressed, durable before the row that names them",
        &["store/conformance/mod::on_sqlite", "it/crash::a_full_payload_disk_stops_taking_and_loses_nothing"],
    ),
    (
        "durable jobs; a crash anywhere repeats or resumes, never loses or doubles",
        &[
            "it/crash::nothing_is_lost_or_doubled_on_sqlite",
            "it/crash::nothing_is_lost_or_doubled_on_postgresql",
            "story/killed",
            "work/worker::a_step_whose_verdict_cannot_be_written_is_done_again",
            "wire/reader_laws::it_goes_on_from_every_checkpoint",
        ],
    ),
    (
        "idempotency of interchange, document and effect",
        &["story/twice", "canonical/key::the_hash_sees_content_and_not_its_clothes"],
    ),
    (
        "SQLite with synchronous=FULL by default and PostgreSQL by URL, one conformance suite on both, leases",
        &[
            "store/conformance/mod::on_sqlite",
            "store/conformance/mod::on_postgres",
            "store/conformance/durable::sqlite_is_set_to_be_durable",
        ],
    ),
    (
        "migrations forward, a newer database refused; no two daemons on one SQLite file",
        &["store/conformance/mod::on_sqlite", "store/conformance/mod::on_postgres"],
    ),
    (
        "the log names documents; /healthz, /readyz and /metrics on loopback",
        &["it/running::the_log_names_what_it_speaks_of_and_the_status_answers"],
    ),
    (
        "a file is taken when complete, claimed by rename, in a stable order, moved to archive or error with a companion in words",
        &[
            "transport/folder/complete::verdicts",
            "journey/receive/closed::tails",
            "transport/folder/claim::a_file_is_claimed_once_and_survives_as_a_leftover",
            "transport/folder/watch::what_was_put_there_together_is_taken_by_time_and_then_by_name",
            "it/running::the_log_names_what_it_speaks_of_and_the_status_answers",
        ],
    ),
    (
        "answers and documents appear whole in the partner's out folder; canonical documents go to an outbox; send goes the other way",
        &[
            "transport/folder/place::many_files_appear_whole_and_no_temporary_stays",
            "it/gateway::one_order_is_answered_and_handed_on",
            "it/outbound::an_invoice_leaves_once_and_its_997_comes_back",
        ],
    ),
    // 8. The command line.
    (
        "every verb, human and JSON, with places, names from the grammar and findings underlined",
        &[
            "it/desk::sessions_go_as_they_are_written",
            "desk/command/mod::the_command_line_is_consistent",
            "it/demo::the_story_comes_out_as_told_and_every_place_it_names_is_there",
        ],
    ),
    (
        "what inspect shows is what the partner is told; what translate printed too early it names",
        &[
            "journey/examine/envelopes::sets_fall_with_a_wrong_trailer",
            "it/desk::sessions_go_as_they_are_written",
            "it/gateway::what_ack_prints_is_what_the_daemon_sends",
        ],
    ),
    (
        "explain knows every code that is printed",
        &[
            "finding/explain::every_code_that_is_told_is_explained",
            "grammar/en16931/meaning::every_rule_that_can_be_broken_is_explained",
            "mistake/codes::every_code_in_the_program_has_a_meaning",
            "finding/explain::every_fault_is_explained",
        ],
    ),
    (
        "JSON exactly as documented",
        &["finding/report::json_is_as_documented", "it/desk::sessions_go_as_they_are_written"],
    ),
    ("completions and a man page", &["it/running::completions_and_a_manual_page_come_with_the_program"]),
    ("backup and restore", &["store/conformance/mod::on_sqlite", "store/conformance/mod::on_postgres"]),
    // 9. How good.
    (
        "segments and elements beside the scalar loop",
        &["bench/wire::segments", "bench/wire::elements", "bench/wire::scalar_loop"],
    ),
    ("validated, and mapped to canonical JSON", &["bench/grammar::validate", "bench/grammar::translate"]),
    ("UBL to canonical beside quick-xml's raw events", &["bench/xml::main"]),
    ("translate and inspect --summary of 1 GB beside 20 MB", &["bench/grammar::memory"]),
    (
        "the daemon end to end, files, latency, start and idle, beside the fdatasync loop, on both databases",
        &[
            "bench/daemon::interchanges",
            "bench/daemon::files",
            "bench/daemon::latency",
            "bench/daemon::start",
            "bench/daemon::fdatasync_per_second",
        ],
    ),
    (
        "kill -9 while a thousand files arrive, twenty times, on both databases; a full payload disk and a full SQLite disk",
        &[
            "it/crash::nothing_is_lost_or_doubled_on_sqlite",
            "it/crash::nothing_is_lost_or_doubled_on_postgresql",
            "it/crash::a_full_disk_stops_taking_and_loses_nothing",
            "it/crash::a_full_payload_disk_stops_taking_and_loses_nothing",
            "store/conformance/durable::a_full_disk_stores_nothing_and_loses_nothing",
        ],
    ),
];
