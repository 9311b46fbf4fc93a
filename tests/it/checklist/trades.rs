//! The trades: orders on both sides, exceptions, approvals, people and other systems.

use super::Row;

pub(super) const ROWS: &[Row] = &[
    // The tables of events.
    (
        "documents that another system of ours sends move their orders once, and leave only as far as the orders allow",
        &["story/sent/sale", "story/sent/sale-invoice", "story/sent/purchase", "story/exceptions/sent-against-order"],
    ),
    (
        "every suggestion of every exception type is accepted when taken",
        &["it/journeys::every_suggestion_of_every_case_is_accepted_when_taken"],
    ),
    ("an invoice is found by the number that an ERP gives it, by money too", &["story/sent/other-number"]),
    ("S1 an order comes: lines, checks, a 997 from its syntax only", &["story/rows/sale-s1", "story/intake"]),
    (
        "S2 a check fails: the order or its line is on hold at a desk",
        &["story/rows/sale-s2", "story/rows/sale-hold-told"],
    ),
    (
        "S3 a hold is released, by credit alone where it is credit's, not by who overrode the price",
        &["story/rows/sale-s3", "story/rows/duties-order"],
    ),
    (
        "S4 decisions per line, never more than was ordered; the answer leaves when all is decided or time is up",
        &["story/rows/sale-s4", "story/answered-in-parts", "process/tests/selling::decisions_answer_versions"],
    ),
    (
        "S5 a change applies per line, what has left is untouchable, and what cannot be done is answered",
        &["story/rows/sale-s5", "story/strangers/change-between-shipments", "story/change-too-late"],
    ),
    ("S6 a cancellation takes what is open", &["story/rows/sale-s6", "story/strangers/cancel-part-way"]),
    (
        "S7 a shipment is a fact; too much is recorded, flagged, and neither advised nor invoiced",
        &["story/rows/sale-s7", "story/over-shipment", "process/tests/selling::shipments_are_facts"],
    ),
    (
        "S8 a refused notice leaves corrected, shipped unchanged",
        &["story/rows/sale-s8", "story/strangers/agreed-corrections"],
    ),
    (
        "S9 an invoice bills what was shipped, books it, and may wait for the notice",
        &["story/rows/sale-s9", "story/strangers/invoice-after-notice"],
    ),
    (
        "S10 a receipt advice counts, shortage and damage open a case",
        &["story/rows/sale-s10", "story/strangers/short-and-damaged"],
    ),
    (
        "S11 an 824 or APERAK on an invoice disputes it",
        &["story/disputed", "story/rows/sale-edifact-disputed", "story/strangers/invoice-refused-by-824"],
    ),
    (
        "S12 a remittance pays by exact number and amount, anything else waits as a case",
        &["story/rows/sale-remit", "story/paid"],
    ),
    (
        "S13 what comes back is credited, never more than invoiced",
        &["story/rows/sale-s13", "story/strangers/goods-come-back"],
    ),
    (
        "T1 the answer falls due in the partner's calendar, told at 50, 80 and 100 %",
        &["story/rows/sale-t1", "story/deadlines"],
    ),
    ("T2 the notice falls due, and the invoice waits for it", &["story/rows/sale-t2"]),
    (
        "T3 an acknowledgement falls due, and nothing is resent without a person",
        &["story/rows/sale-t3", "story/exceptions/compliance"],
    ),
    ("T4 the cancel date passes", &["story/rows/sale-t4", "story/exceptions/service-cancel-date"]),
    ("B1 an order leaves and its acknowledgement and answer are awaited", &["story/rows/buy-1"]),
    ("B2 the supplier accepts", &["story/purchase", "story/rows/buy-answer-after-notice"]),
    (
        "B3 the supplier answers otherwise: within tolerance taken, beyond it purchasing's",
        &["story/rows/buy-3", "story/supplier-differs"],
    ),
    ("B4 no answer in time", &["story/rows/buy-4", "story/strangers/late-answer"]),
    (
        "B5 one change at a time; the next waits for its answer; a refusal restores what was",
        &["story/rows/buy-5", "story/rows/buy-change-queued", "story/strangers/bought-changes"],
    ),
    (
        "B6 a notice: too much is flagged, an SSCC comes once",
        &["story/rows/buy-6", "story/strangers/bought-too-much-announced"],
    ),
    (
        "B7 a receipt accrues at the order's price, and is advised by 861",
        &["story/rows/buy-7", "story/strangers/bought-short-and-damaged"],
    ),
    ("B8 an invoice is matched or held", &["story/rows/buy-8", "story/match"]),
    ("B9 what is matched is approved by its amount", &["story/rows/duties-payment"]),
    ("B10 it is paid, advised by 820, and the bank's return reopens it", &["story/rows/buy-10", "story/rows/pay-run"]),
    ("B11 goods go back", &["story/rows/buy-11", "story/strangers/bought-edifact-returned"]),
    ("B12 a credit note nets", &["story/rows/buy-11", "story/rows/match-credit-before-return"]),
    // Out of order, twice, in conflict.
    ("the same bytes again get the same answer and have no effect", &["story/twice", "story/rows/sale-dup"]),
    ("the same number and contents under another control number: a duplicate", &["story/strangers/duplicates"]),
    (
        "the same number with other contents: a conflict that says which fields, old and new; nothing is overwritten",
        &[
            "story/conflict",
            "story/exceptions/conflict-differences",
            "story/strangers/same-notice-twice",
            "journey/apply/differs::fields_are_named_with_what_they_said",
        ],
    ),
    (
        "a replacement counts while nothing has left, and is refused after",
        &["story/rows/sale-versions", "story/rows/sale-replace-late"],
    ),
    ("purposes duplicate, copy and confirm must be equal", &["story/strangers/purposes"]),
    (
        "a control number again with other contents is told, and refused where that was agreed",
        &["story/exceptions/numbers", "story/strangers/duplicates"],
    ),
    ("860 before 850", &["story/change-before-order"]),
    ("865 before 860", &["story/rows/buy-out-of-order"]),
    ("856 before our order", &["story/rows/buy-shipment-two-orders", "story/rows/buy-out-of-order"]),
    ("810 before receipt", &["story/invoice-first", "story/rows/match-await"]),
    ("820 before 810", &["story/cash-waits", "process/tests/orders_of_arrival::a_sale_ends_alike"]),
    ("RECADV before DESADV", &["story/rows/edifact-sale-out-of-order"]),
    (
        "a shipment before its order is parked, told, and not invoiced",
        &["story/rows/sale-early", "story/early-shipment", "story/early-shipment-expires"],
    ),
    (
        "a gap in changes waits a day, then for a person",
        &["story/rows/sale-gap", "story/rows/sale-gap-expires", "story/strangers/change-overtaken"],
    ),
    (
        "changes race a shipment: one order's events are one after another",
        &[
            "it/api/mod::a_crowd_with_one_key_does_one_thing",
            "it/api/several::one_orders_events_through_two_gateways_come_one_after_another",
        ],
    ),
    ("a 997 for what was never sent changes nothing", &["story/exceptions/compliance", "story/answers"]),
    ("a 997 that rejects late is a case and changes no state", &["story/answers", "story/refused-notice"]),
    ("a notice after the receipt is recorded and received once", &["story/rows/buy-notice-after-goods"]),
    ("an answer after the notice is information", &["story/rows/buy-answer-after-notice"]),
    ("an invoice for a cancelled line is held", &["story/rows/buy-invoice-for-cancelled"]),
    // Counters, states, tolerances.
    (
        "counters per line, amounts apart from quantities, states derived from them",
        &[
            "process/line::counters_follow_from_what_was_asked_decided_and_done",
            "process/state::an_order_stands_where_its_lines_stand",
            "story/sale",
            "story/purchase",
        ],
    ),
    (
        "one tolerance evaluator for every path",
        &[
            "process/tolerance::the_stricter_limit_wins_in_each_direction",
            "story/over-shipment",
            "story/rows/match-over-receipt",
        ],
    ),
    (
        "X12 and EDIFACT alike, both sides",
        &[
            "story/edifact",
            "story/strangers/edifact-sale",
            "story/rows/buy-edifact",
            "story/strangers/nord-in-any-order",
            "story/strangers/shipments-of-two-customers",
        ],
    ),
    (
        "a sum of parts: N shipments, N invoices, per line",
        &["story/strangers/shipments-of-two-customers", "story/strangers/partial-then-rest"],
    ),
    (
        "a later reduction clips what was accepted, then what was backordered",
        &["process/tests/selling::decisions_answer_versions"],
    ),
    (
        "grammars and base maps both ways of 855, 860, 865, 861, 824, 846, 812, 940, 945, ORDRSP, ORDCHG, RECADV, APERAK, INVRPT",
        &[
            "it/grammars::every_grammar_agrees_with_the_facts",
            "it/samples::every_sample_says_what_stands_beside_it",
            "it/samples::every_map_keeps_both_laws_on_every_sample",
        ],
    ),
    // Facts and requests.
    (
        "facts are recorded whatever their order, requests are guarded",
        &[
            "process/tests/selling::shipments_are_facts",
            "process/tests/buying::notices_and_receipts_are_facts",
            "story/any-order",
        ],
    ),
    (
        "early documents wait for a key and are released in the unit that brings it",
        &["story/early-shipment", "story/killed"],
    ),
    (
        "whatever waits has a deadline and an owner",
        &["story/early-shipment-expires", "story/exceptions/breached", "story/exceptions/breached-hold"],
    ),
    ("gaps in control numbers are a case", &["story/exceptions/numbers"]),
    (
        "one order's events are serialised, also across gateways on one database",
        &["it/api/several::one_orders_events_through_two_gateways_come_one_after_another"],
    ),
    (
        "after something was sent only corrective documents; a reversal mirrors one effect, once",
        &[
            "process/tests/selling::what_was_sent_is_corrected_and_what_was_not_is_undone_once",
            "story/strangers/shipment-taken-back",
            "story/strangers/void-too-late",
            "story/strangers/receipt-undone",
            "story/strangers/credited-and-billed-again",
        ],
    ),
    // Invariants.
    (
        "I1 to I5, I10, I11, I14, I15, I20: random histories of both sides, rebuilt from their events",
        &[
            "process/tests/histories::a_sale_keeps_its_invariants",
            "process/tests/histories::a_purchase_keeps_its_invariants",
        ],
    ),
    (
        "I3 no more is invoiced than shipped, matched than received",
        &[
            "process/tests/histories::a_sale_keeps_its_invariants",
            "process/tests/histories::a_purchase_keeps_its_invariants",
        ],
    ),
    (
        "I5 packs come to the line, an SSCC comes once",
        &["process/sscc::a_code_seen_before_is_told", "story/rows/packs"],
    ),
    (
        "I6 to I9, I17: entries balance, nothing is over-applied, the books agree with the trades",
        &["it/money::every_cent_is_somewhere", "process/tests/histories::a_sale_keeps_its_invariants"],
    ),
    (
        "I12, I13: one outcome per group; none for an acknowledgement; never from business checks",
        &["it/gateway::one_order_is_answered_and_handed_on", "it/crash::nothing_is_lost_or_doubled_on_sqlite"],
    ),
    (
        "I16: control numbers go up, a resend repeats bytes and number",
        &[
            "it/outbound::an_invoice_leaves_once_and_its_997_comes_back",
            "it/crash::nothing_is_lost_or_doubled_on_sqlite",
        ],
    ),
    (
        "I18: the approver is not the proposer",
        &["process/duties::four_eyes_are_two_people", "story/rows/duties-payment"],
    ),
    (
        "I19: tests never touch production",
        &[
            "process/keys::a_test_never_meets_production_and_divisions_do_not_collide",
            "journey/hand_on::names_are_safe_and_tests_apart",
        ],
    ),
    (
        "`verify` checks a live store, rebuilding counters from events",
        &[
            "it/api/several::one_orders_events_through_two_gateways_come_one_after_another",
            "it/api/exceptions::a_held_invoice_is_shown_tried_and_paid_as_received",
        ],
    ),
    (
        "the permutation test: every order of arrival, every duplication, nothing parked for ever",
        &[
            "process/tests/orders_of_arrival::a_sale_ends_alike",
            "process/tests/orders_of_arrival::a_purchase_ends_alike",
            "process/tests/orders_of_arrival::a_purchase_whose_change_is_answered_ends_alike",
            "process/tests/orders_of_arrival::a_sale_that_invoices_by_itself_knows_the_invoice_by_the_number_of_the_erp",
        ],
    ),
    (
        "the one allowed difference: a change below what had left",
        &[
            "process/tests/orders_of_arrival::a_change_below_what_was_shipped_moves_no_goods_and_no_money",
            "process/tests/orders_of_arrival::a_cancellation_takes_what_had_not_left_whenever_it_comes",
        ],
    ),
    (
        "the permutations through the real doors, and where the program is stopped at every write",
        &[
            "it/journeys::orders_of_arrival_end_alike_where_the_program_is_stopped",
            "story/any-order",
            "story/strangers/any-order-edifact",
            "story/killed",
            "story/strangers/killed-purchase",
            "it/crash::nothing_is_lost_or_doubled_on_postgresql",
        ],
    ),
    // Out come real documents.
    (
        "855/865, 856, 810, 861, 860, 820 leave through the agreement's maps, validated",
        &[
            "it/api/mod::an_order_is_decided_shipped_and_billed_and_its_documents_leave",
            "story/sale",
            "story/purchase",
            "story/exceptions/not-sent",
        ],
    ),
    (
        "ORDRSP, DESADV, INVOIC, REMADV, ORDCHG, RECADV, APERAK leave",
        &["story/edifact", "story/rows/buy-edifact", "story/strangers/edifact-three-ways"],
    ),
    (
        "SSCC-18: allocated, unique, with their check digit",
        &[
            "process/sscc::codes_are_given_with_their_check_digit",
            "process/sscc::packs_without_a_code_get_one_each",
            "story/rows/packs",
            "story/rows/desadv-packs",
        ],
    ),
    (
        "940 to a warehouse and 945 from it",
        &[
            "story/rows/sale-warehouse",
            "story/rows/sale-warehouse-early",
            "story/rows/sale-warehouse-twice",
            "story/strangers/warehouse-picks-short",
        ],
    ),
    (
        "agreed: notices wanted, before arrival, pick-and-pack, standard pack, without packs",
        &["story/strangers/agreed-notices"],
    ),
    (
        "agreed: the notice before the invoice",
        &["story/strangers/invoice-after-notice", "story/strangers/agreed-invoices-and-answers"],
    ),
    ("agreed: how a notice is corrected", &["story/strangers/agreed-corrections"]),
    (
        "agreed: invoices per shipment, consolidated, on request",
        &["story/strangers/agreed-invoices-and-answers", "story/strangers/consolidated"],
    ),
    ("agreed: 855 wanted, and within what time", &["story/strangers/agreed-invoices-and-answers"]),
    // Deadlines.
    (
        "deadlines in the partner's calendar and zone, over weekends, holidays and changes of the clock",
        &[
            "process/calendar::deadlines_are_reckoned_where_the_partner_works",
            "story/strangers/holiday",
            "story/strangers/holiday-and-clock-change",
        ],
    ),
    (
        "told at 50, 80 and 100 %, in one overdue list",
        &["process/calendar::somebody_is_told_at_half_time_at_four_fifths_and_at_the_end", "story/deadlines"],
    ),
    ("a 997 with errors opens an exception", &["story/answers", "story/exceptions/compliance"]),
    ("nothing is resent twice without a person", &["story/exceptions/compliance", "story/rows/sale-t3"]),
    // Checks at intake.
    (
        "price, credit and past due, unit and pack multiple, ship-to and item, dates and windows, duplicates, stock",
        &[
            "process/intake::every_check_finds_what_it_is_for",
            "story/intake",
            "story/rows/intake-past-due",
            "story/rows/intake-places",
            "story/strangers/prices-and-multiples",
            "story/strangers/nothing-is-known",
        ],
    ),
    (
        "two channels cannot promise the same stock",
        &[
            "process/stock::two_channels_never_promise_the_same_goods",
            "story/rows/sale-two-channels",
            "story/strangers/two-channels-two-standards",
        ],
    ),
    (
        "stock from snapshots, 846 and INVRPT; what is in transit is not promised",
        &[
            "process/stock::an_older_count_changes_nothing",
            "process/stock::what_is_in_transit_is_not_promised",
            "story/rows/stock-counted",
        ],
    ),
    (
        "each hold says what it waits for and what the partner was told",
        &["story/rows/sale-hold-told", "story/rows/sale-cancel-held"],
    ),
    // People.
    (
        "every type of exception at its desk, with money, deadline, evidence, suggestions and a preview, opened, tried and settled",
        &[
            "it/journeys::every_exception_type_has_a_story",
            "process/exception::every_type_has_a_word_a_desk_and_something_to_do",
        ],
    ),
    (
        "an exception from the command line: evidence, trial, decision",
        &["it/api/exceptions::a_held_invoice_is_shown_tried_and_paid_as_received"],
    ),
    ("one cause groups many; resolving re-drives what waited", &["story/exceptions/items"]),
    (
        "a case that lies too long breaches, and so does what is held",
        &["story/exceptions/breached", "story/exceptions/breached-hold"],
    ),
    (
        "how long something may lie at a desk is agreed",
        &["story/exceptions/desk-times", "process/policy::a_policy_is_told_by_what_differs_from_the_defaults"],
    ),
    (
        "a figure that is worse than was agreed is a case",
        &["story/exceptions/figure-outside", "process/kpi/agreed::bounds_are_of_figures_that_there_are"],
    ),
    (
        "approvals by amount, four eyes",
        &[
            "process/duties::how_much_takes_whom",
            "process/duties::four_eyes_are_two_people",
            "story/rows/match-bands-people",
        ],
    ),
    (
        "the matrix of duties: role by action, in code",
        &[
            "process/duties::the_matrix_of_roles_and_actions",
            "process/duties::duties_are_separated_for_people_and_their_keys_alike",
            "process/duties::some_roles_are_never_together",
        ],
    ),
    (
        "the matrix over HTTP: every operation by the key of every role",
        &[
            "it/api/duties::every_operation_is_for_the_roles_of_the_table_and_no_others",
            "it/api/mod::keys_act_for_their_owners_and_one_person_does_not_do_two_duties",
        ],
    ),
    ("a trail chained by hashes, and `audit verify`", &["it/people::people_act_by_name_and_the_trail_tells"]),
    ("users, roles and keys from the command line", &["it/people::people_act_by_name_and_the_trail_tells"]),
    // Other systems.
    (
        "the API does what it says: OpenAPI against the server by a stranger's program",
        &[
            "it/api/mod::a_strangers_program_finds_the_server_as_the_document_says",
            "it/api/mod::the_document_that_is_served_is_the_one_that_the_command_line_prints",
        ],
    ),
    ("problem+json with field paths", &["it/api/mod::what_cannot_be_done_is_told_with_its_place_and_what_to_do"]),
    (
        "parameters and flags that name nothing are refused with what there is",
        &[
            "it/api/asked::every_parameter_of_every_list_refuses_what_nothing_goes_by",
            "it/api/asked::the_desk_refuses_the_same_and_says_where_there_is_nothing",
        ],
    ),
    ("lists with nothing in them say so", &["it/api/asked::the_desk_refuses_the_same_and_says_where_there_is_nothing"]),
    (
        "Idempotency-Key: once, also across a kill",
        &[
            "it/api/mod::a_crowd_with_one_key_does_one_thing",
            "it/api/mod::a_killed_gateway_answers_a_repetition_as_the_first_time",
        ],
    ),
    ("ETag and If-Match", &["it/api/mod::what_has_changed_since_is_not_overwritten"]),
    ("cursors", &["daemon/api/call::a_page_knows_whether_there_is_another"]),
    (
        "?dry_run=true: the whole effect, and nothing kept",
        &["it/api/mod::an_order_is_decided_shipped_and_billed_and_its_documents_leave"],
    ),
    (
        "orders, decisions, shipments, receipts, invoices, inventory, items, prices, credit are posted; timelines are read by any number",
        &[
            "it/api/mod::an_order_is_decided_shipped_and_billed_and_its_documents_leave",
            "it/api/mod::what_we_buy_is_ordered_received_and_its_invoice_judged",
        ],
    ),
    (
        "CloudEvents over signed webhooks, at least once, in the order of each subject, retried",
        &[
            "it/events/mod::what_happens_is_told_signed_once_and_in_order",
            "it/events/mod::a_receiver_with_moods_gets_everything_in_the_order_of_each_subject",
            "it/events/peers::the_reference_library_finds_our_signatures_right_also_while_secrets_change",
        ],
    ),
    (
        "replay from a cursor, and a list of what failed",
        &[
            "it/events/again::what_failed_is_listed_and_sent_once_more_and_the_case_settles_itself",
            "it/events/again::a_reader_and_an_endpoint_see_the_same",
        ],
    ),
    (
        "the outbox publishes to NATS JetStream",
        &["it/events/peers::a_stream_of_jetstream_has_every_event_once_under_the_subject_of_its_type"],
    ),
    // Figures.
    (
        "perfect order by both formulas, line fill, backorder, OTIF, timeliness, accuracy, exceptions: reckoned by hand",
        &[
            "process/flow/mod::the_fixture_reckoned_by_hand",
            "process/flow/mod::the_published_example_of_the_product",
            "process/tests/flowing::a_trade_tells_its_own_facts",
        ],
    ),
    (
        "order cycle time without what was dated ahead, p50 and p90, by legs",
        &["process/flow/mod::cycle_times_leave_out_what_was_dated_ahead"],
    ),
    (
        "each figure with its parts and what stands against it",
        &["story/kpi", "story/rows/kpi-due", "it/api/mod::what_we_buy_is_ordered_received_and_its_invoice_judged"],
    ),
    ("invoice exceptions, first pass, touchless", &["process/kpi/tests::how_many_invoices_pass_without_anybody"]),
    // The command line, stories, the demo.
    (
        "the command line covers it",
        &[
            "it/desk::sessions_go_as_they_are_written",
            "it/api/asked::the_desk_refuses_the_same_and_says_where_there_is_nothing",
        ],
    ),
    (
        "journeys as text: every row of the tables, every out-of-order row, every type of exception",
        &[
            "it/journeys::every_journey_comes_out_as_told",
            "it/journeys::every_row_of_the_tables_has_a_story",
            "it/journeys::every_exception_type_has_a_story",
        ],
    ),
    (
        "the guide's words are understood; what is not is told with its line and a suggestion",
        &["story/read::the_words_of_the_guide_are_understood", "story/read::mistakes_have_a_place_and_a_suggestion"],
    ),
    (
        "the demo is a story whose places are there",
        &["it/demo::the_story_comes_out_as_told_and_every_place_it_names_is_there"],
    ),
    // How good.
    (
        "10,000 open orders of twenty lines and a year behind them: timelines, documents applied beyond the commit, ten times the history",
        &["bench/trades::main", "store/conformance/statements::no_statement_reads_all_of_history"],
    ),
];
