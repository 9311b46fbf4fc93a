//! The money: match, cash, journal, and what finance sees.

use super::Row;

/// The tables of numeric cases, each case a row of its test by the name that it has on the page.
const MATCHING: &str = "process/matching/evaluate_tests::cases_of_matching";
const CASH: &str = "process/cash/apply_tests::cases_of_cash_application";

pub(super) const ROWS: &[Row] = &[
    // Match.
    (
        "match: two-, three- and four-way by supplier or item class",
        &[
            "process/matching/evaluate_tests::the_class_of_an_item_says_what_it_is_held_against",
            "story/rows/match-item-class",
            "story/rows/match-four-way",
            "story/strangers/money-two-way",
            "story/strangers/money-four-way",
        ],
    ),
    (
        "match: percentage and absolute tolerances, the stricter wins, asymmetric, per line and per document",
        &[
            MATCHING,
            "story/rows/match-stricter",
            "story/rows/match-asymmetric",
            "story/rows/match-under",
            "story/rows/match-small-variances",
            "story/strangers/money-asym",
            "story/strangers/money-document",
            "story/strangers/money-tol-strict",
        ],
    ),
    (
        "match: price, quantity, amount, tax and freight each by themselves",
        &[MATCHING, "story/match-charges", "story/rows/match-freight-agreed", "story/strangers/money-freight"],
    ),
    (
        "match: units are converted by approved, dated factors alone",
        &[
            "process/matching/unit::only_an_approved_factor_of_the_day_converts",
            "story/rows/match-no-factor",
            "story/strangers/money-units",
        ],
    ),
    (
        "match: a unit is suspected also where the difference is in our favour",
        &["story/rows/match-unit-favourable", "story/strangers/money-units"],
    ),
    (
        "match: lines are paired by item before line number; a number alone with another item is held",
        &[
            "story/rows/match-lines-swapped",
            "story/rows/match-item-names",
            "story/rows/match-another-item",
            "story/match-swapped",
            "story/strangers/money-swapped",
        ],
    ),
    (
        "match: against the acknowledged substitute and price",
        &["story/rows/match-substitute", "story/rows/match-acknowledged-price", "story/strangers/money-price-ack"],
    ),
    (
        "match: duplicate, near-duplicate and conflicting invoices",
        &[
            "process/matching/duplicate::the_same_again_another_or_too_alike",
            "story/rows/match-near-duplicates",
            "story/rows/match-twice",
            "story/strangers/money-near-dup",
        ],
    ),
    (
        "match: an invoice waits for its receipts, and is somebody's after five working days",
        &["story/rows/match-await", "story/invoice-first", "story/strangers/money-invoice-first"],
    ),
    (
        "match: credit and debit notes",
        &[
            "story/rows/match-debit-note",
            "story/rows/match-debit-on-invoice",
            "story/rows/match-credit-before-return",
            "story/strangers/money-credit",
        ],
    ),
    (
        "match: approval bands, each with whom it takes",
        &[
            "process/ledger/band::a_limit_includes_its_amount",
            "process/duties::how_much_takes_whom",
            "story/rows/match-bands",
            "story/rows/match-bands-people",
            "story/strangers/money-bands",
        ],
    ),
    (
        "match: GRNI and price-variance legs exact, GRNI nothing for every closed line, in any order",
        &[
            "process/matching/evaluate_tests::cents_come_to_nothing_over_all_invoices_of_a_line",
            "process/tests/histories::a_purchase_keeps_its_invariants",
            "process/tests/orders_of_arrival::a_purchase_ends_alike",
            "story/rows/match-any-order",
            "story/rows/match-killed",
            "story/strangers/money-cumulative",
        ],
    ),
    (
        "match: what was received and never invoiced grows old, and is purchasing's after sixty days",
        &[
            "process/matching/evaluate_tests::what_is_received_and_never_invoiced_grows_old",
            "story/rows/match-never-invoiced",
            "story/strangers/money-grni-age",
        ],
    ),
    (
        "match: tax and totals are recomputed and compared in both directions",
        &[
            MATCHING,
            "process/matching/billed::a_document_says_its_sums_in_several_places",
            "story/rows/match-tax-both",
            "story/rows/match-total",
            "story/match-european",
        ],
    ),
    (
        "match: landed cost, freight and duty that are billed later correct the accrual they belong to",
        &[
            "process/matching/landed_tests::a_later_bill_corrects_its_accrual",
            "process/matching/landed_tests::of_several_it_takes_the_one_it_comes_to_or_all_together",
            "process/matching/landed_tests::a_credit_takes_back_what_it_says",
            "story/landed",
            "story/landed-several",
            "story/landed-in-stock",
            "story/landed-waits",
            "story/strangers/money-landed2",
        ],
    ),
    (
        "match: a carrier's bill that is refused is answered by 824 or APERAK, and its accrual stays",
        &["story/landed", "story/strangers/money-landed-refused"],
    ),
    ("match M1: as ordered and received", &[MATCHING, "story/match-cases"]),
    ("match M2: within the price tolerance", &[MATCHING, "story/match-cases"]),
    (
        "match M3: too dear, approved or refused, and never also paid short",
        &[
            MATCHING,
            "process/matching/evaluate_tests::a_refused_price_is_claimed_back_and_never_also_paid_short",
            "story/match-cases",
            "story/strangers/money-refuse",
        ],
    ),
    (
        "match M4: too much billed, paid as received",
        &[
            MATCHING,
            "process/matching/evaluate_tests::what_came_is_paid_and_the_rest_disputed",
            "story/rows/match-pay-received",
            "story/strangers/money-partqty",
        ],
    ),
    (
        "match M5: receipts and invoices in parts",
        &[MATCHING, "story/rows/match-cumulated", "story/strangers/money-cumulative"],
    ),
    ("match M6: an invoice before its goods", &[MATCHING, "story/rows/match-await"]),
    (
        "match M7: cases and eaches by a factor, and where it looks like one",
        &[MATCHING, "story/match-cases", "story/strangers/money-units"],
    ),
    ("match M8: freight that nobody ordered", &[MATCHING, "story/match-cases", "story/strangers/money-freight"]),
    ("match M9: tax some cents and a dollar off", &[MATCHING, "story/match-cases"]),
    (
        "match M11: the same, a conflict, too much alike",
        &["process/matching/duplicate::the_same_again_another_or_too_alike", "story/strangers/money-near-dup"],
    ),
    ("match M13: goods returned and credited", &[MATCHING, "story/match-cases", "story/strangers/money-credit"]),
    ("match M14: never invoiced", &[MATCHING, "story/rows/match-never-invoiced"]),
    (
        "match: over-receipt within five percent",
        &["story/rows/match-over-receipt", "story/strangers/money-overreceipt"],
    ),
    // Cash: facts and advices.
    (
        "cash: facts from camt.053, camt.054, BAI2, 823, an 820 of a bank, a statement by API",
        &[
            "bank/camt::a_notification_becomes_bookings",
            "bank/bai2::transactions_become_bookings",
            "it/books::a_statement_comes_by_a_door",
            "it/api/money::a_bank_file_is_taken_as_far_as_it_goes",
            "it/api/money::a_lockbox_is_handed_in_like_a_statement",
            "story/rows/cash-lockbox-file",
            "story/rows/cash-lockbox-005010",
            "story/rows/cash-bank-820",
            "story/strangers/money-bank820",
        ],
    ),
    (
        "cash: advices apart: a customer's 820, REMADV, UBL RemittanceAdvice, a table",
        &[
            "bank/table::rows_of_one_trace_are_one_payment",
            "story/rows/cash-table",
            "story/strangers/money-remadv",
            "story/strangers/money-bank820",
        ],
    ),
    (
        "cash: joined by trace, else by payer, amount and date",
        &[
            "process/cash/join::money_finds_its_advice",
            "story/rows/cash-joined-by-amount",
            "story/rows/cash-too-far-apart",
        ],
    ),
    (
        "cash: each fact posts exactly once, whichever comes first",
        &[
            "story/cash-any-order",
            "story/strangers/money-rounds",
            "story/strangers/money-cashfirst",
            "story/strangers/money-camt",
        ],
    ),
    (
        "cash: money that does not come for an advice, and statements that move none, have an owner",
        &["story/cash-waits", "it/clerk::what_moves_no_money_has_an_owner_until_it_is_dealt_with"],
    ),
    (
        "cash: a customer's advice alone pays no order; a ruling on it ends the matter",
        &["story/rows/sale-advised", "story/rows/sale-advice-differs"],
    ),
    ("cash: an advice of nothing is applied at once", &["story/rows/cash-netted-at-once"]),
    ("cash: money that waits has an owner, whatever made it wait", &["story/rows/cash-unapplied-owned"]),
    ("cash: a booking of a day to come is a person's", &["story/rows/cash-later-day"]),
    // Cash: 820.
    (
        "cash: both conventions of an 820 are tried, and the customer's is remembered",
        &[
            "process/cash/balance::both_conventions_are_tried_and_a_single_culprit_is_named",
            "story/rows/cash-conventions",
            "story/strangers/money-820-both",
        ],
    ),
    ("cash: several entities in one 820", &["story/rows/cash-family", "story/strangers/money-ent"]),
    (
        "cash: adjustments inside and outside items",
        &["story/rows/cash-outer-adjustment", "story/strangers/money-outer", CASH],
    ),
    (
        "cash: where neither convention balances nothing is guessed, and the single line is named",
        &["story/rows/cash-imbalance", "story/rows/cash-c19", "story/strangers/money-imbalance"],
    ),
    // Cash: finding.
    (
        "cash: the ladder of references, each rung with its score",
        &[
            "process/cash/reference::a_reference_stands_on_its_rung",
            "process/cash/reference::some_references_reach_nothing",
            "story/rows/cash-ladder",
            "story/strangers/money-typo",
        ],
    ),
    (
        "cash: candidates with score and margin",
        &["process/cash/candidate::the_second_candidate_decides_as_much_as_the_first", CASH],
    ),
    (
        "cash: order or bill of lading instead of an invoice",
        &[
            "story/rows/cash-order-number",
            "story/rows/cash-order-in-text",
            "story/rows/cash-number-unknown",
            "story/rows/cash-order-several",
            "story/rows/cash-bill-of-lading",
            "story/strangers/money-po-bol",
        ],
    ),
    (
        "cash: parents and children pay for each other, strangers do not",
        &["process/cash/payer::a_family_pays_for_its_own", "story/rows/cash-family", "story/strangers/money-child"],
    ),
    (
        "cash: a payer's name is known by a person's decision, in the trail, and taken back with it",
        &["it/clerk::a_decision_makes_a_payers_name_known", "story/rows/cash-unknown-name"],
    ),
    (
        "cash: subset sums only where unique over the whole list and small",
        &[
            "process/cash/subset::only_the_only_answer_is_trusted",
            "story/rows/cash-subset-proposed",
            "story/rows/cash-subset-allowed",
            "story/strangers/money-subset",
            "story/strangers/money-noref-several",
        ],
    ),
    (
        "cash: statement and oldest-first are named as what explains it",
        &["process/cash/explain::ordered_ways_are_named", "story/rows/cash-statement", "story/strangers/money-oldest"],
    ),
    // Cash: what remains.
    ("cash: residuals in the order of the policy", &["process/cash/residual::what_remains_is_taken_apart_in_order"]),
    (
        "cash: earned and unearned discounts, with days of grace",
        &[
            "process/ledger/open_item::a_discount_is_earned_until_its_day_and_the_grace",
            "story/rows/cash-discount-grace",
            "story/rows/cash-discount-late",
            "story/strangers/money-unearned",
            "story/strangers/money-jpy",
        ],
    ),
    (
        "cash: small differences, the stricter limit and the day's cap",
        &["story/rows/cash-small-stricter", "story/rows/cash-daily-cap", "story/strangers/money-cap"],
    ),
    ("cash: an unexplained short pay leaves the invoice open", &[CASH, "story/strangers/money-partial"]),
    (
        "cash: overpayment and duplicate payment to unapplied, never to income",
        &[CASH, "story/rows/cash-c14b", "story/strangers/money-over-dup", "story/strangers/money-toobig"],
    ),
    (
        "cash: credit memos netted, with either sign",
        &[
            "process/cash/advice::a_credit_memo_is_turned_where_the_customer_sends_it_positive",
            "story/cash-netted",
            "story/rows/cash-credit-memo",
            "story/strangers/money-netted",
        ],
    ),
    (
        "cash: bank charges",
        &["story/rows/cash-charges", "story/rows/cash-bank-charges", "story/strangers/money-charges"],
    ),
    (
        "cash: a reversal mirrors the entry once and reopens the invoice with its old due date",
        &[
            "process/cash/apply_tests::an_application_is_taken_back_once_and_whole",
            "process/ledger/journal::a_reversal_happens_once",
            "story/rows/cash-returned",
            "story/rows/cash-returned-once",
            "story/rows/cash-return-first",
            "story/rows/cash-return-order",
            "story/rows/cash-return-in-part",
            "story/strangers/money-twice-then-back",
            "story/rows/cash-undone-elsewhere-returned",
            "story/strangers/money-return-old-due",
            "story/strangers/money-undo",
        ],
    ),
    (
        "cash: several currencies, none paid by another",
        &[
            "process/cash/apply_tests::money_of_one_currency_pays_nothing_of_another",
            "process/ledger/currency::amounts_have_the_decimals_of_their_currency",
            "story/rows/cash-currency",
            "story/strangers/money-currency",
            "story/strangers/money-jpy",
        ],
    ),
    // Cash: deductions.
    (
        "deductions: both code lists are one list of reasons, each with its desk",
        &[
            "process/cash/code::two_code_lists_are_one_list_of_reasons",
            "process/cash/code::one_code_has_one_reason",
            "story/rows/cash-codes",
            "story/rows/cash-codes-desks",
        ],
    ),
    ("deductions: dated, with a dispute deadline that is told before it passes", &["story/exceptions/deductions"]),
    ("deductions: the evidence lies beside them", &["story/rows/cash-announced", "story/exceptions/compliance"]),
    (
        "deductions: settled by credit, recharge, write-off with approval, and reopened",
        &[
            "process/cash/deduction::every_settlement_clears_the_case",
            "story/rows/cash-deduction-ends",
            "story/rows/duties-deduction",
            "story/strangers/money-deduction-ends",
        ],
    ),
    (
        "deductions: an 812 before or after is the same deduction",
        &[
            "process/cash/deduction::an_announced_deduction_is_recognised",
            "story/rows/cash-announced",
            "story/strangers/money-812",
            "story/strangers/money-812late",
        ],
    ),
    // Cash: reasons, teaching, rates.
    (
        "cash: every decision has its reasons, alternatives, why they lost, and the rules' version",
        &[CASH, "it/api/money::a_payment_is_undone_with_its_reason_and_the_decision_may_teach"],
    ),
    (
        "cash: decisions teach a ranking with visible weights, compared on held-back history, within limits, with a switch",
        &[
            "process/cash/rank::it_learns_what_people_go_by",
            "process/cash/rank::without_history_it_stays_off",
            "it/ranking::it_learns_is_compared_and_acts_within_its_limit",
        ],
    ),
    (
        "cash: rates per payment and line beside the false-apply rate, measured on seeded noise",
        &[
            "it/money::nothing_is_applied_wrongly",
            "bench/cash/main::rates",
            "process/kpi/tests::how_much_cash_applies_itself",
        ],
    ),
    ("cash C1: one invoice", &[CASH, "story/cash"]),
    ("cash C2: three invoices", &[CASH, "story/rows/cash-c2"]),
    ("cash C3: an earned discount", &[CASH, "story/rows/cash-c3"]),
    ("cash C5: a coded deduction, in both conventions", &[CASH, "story/cash"]),
    ("cash C6: a small difference", &[CASH, "story/rows/cash-small-stricter"]),
    ("cash C8: too much", &[CASH, "story/strangers/money-over-dup"]),
    ("cash C9: a letter for a digit behind a prefix", &[CASH, "story/rows/cash-references"]),
    ("cash C10: two that are meant alike", &[CASH, "story/strangers/money-noref-several"]),
    ("cash C11: a unique subset is proposed", &[CASH, "story/rows/cash-c11", "story/strangers/money-subset"]),
    ("cash C14a: the same 820 again", &["story/rows/cash-c14a", "story/strangers/money-retransmit"]),
    ("cash C14b: a second credit for a closed invoice", &[CASH, "story/rows/cash-c14b"]),
    (
        "cash C16: REMADV, the adjustment with either sign",
        &[
            CASH,
            "process/cash/advice::adjustments_come_under_two_codes_and_either_sign",
            "story/rows/cash-c16",
            "story/rows/cash-other-sign",
            "story/strangers/money-moa165",
        ],
    ),
    ("cash C17: the cash before its advice", &[CASH, "story/strangers/money-cashfirst"]),
    ("cash C19: balances by no convention", &[CASH, "story/rows/cash-c19", "story/strangers/money-noaccount"]),
    ("cash C20: another child's invoice", &["story/rows/cash-family", "story/strangers/money-ent", CASH]),
    // Journal.
    (
        "journal: double entry over every account, the chart by configuration",
        &[
            "partner/chart::accounts_have_the_numbers_and_names_of_our_books",
            "partner/chart::what_is_no_account_is_told",
            "it/clerk::another_systems_books_take_the_journal_over",
        ],
    ),
    (
        "journal: balanced per currency in every transaction; immutable; reversals mirror once",
        &[
            "process/ledger/entry::what_does_not_balance_is_no_entry",
            "process/ledger/entry::a_reversal_mirrors_and_is_not_reversed",
            "process/ledger/journal::a_reversal_happens_once",
        ],
    ),
    (
        "journal: control accounts proven against open items by `verify`",
        &[
            "process/ledger/proof::a_breach_says_what_differs",
            "it/books::a_bank_file_is_tried_then_taken_once_and_the_books_balance",
        ],
    ),
    (
        "journal: exported as JSON and CSV with a cursor, and acknowledged back",
        &[
            "process/ledger/export::postings_leave_as_json_and_csv",
            "it/clerk::another_systems_books_take_the_journal_over",
            "it/api/mod::money_is_read_applied_and_undone",
        ],
    ),
    (
        "journal: period close with what is open, aged, with owners",
        &[
            "process/ledger/close::what_is_open_is_aged_with_its_owner",
            "it/people::people_act_by_name_and_the_trail_tells",
            "it/api/money::what_the_command_line_shows_is_here_as_well",
            "story/rows/period-closed",
        ],
    ),
    // Seen by finance.
    (
        "finance: the command line and the API show the same, and what is written wrongly is told",
        &[
            "it/clerk::what_is_written_wrongly_is_told_as_it_should_be_written",
            "it/api/money::what_the_command_line_shows_is_here_as_well",
            "it/api/money::what_is_owed_is_told_by_its_age",
            "it/api/mod::a_strangers_program_finds_the_server_as_the_document_says",
            "it/desk::sessions_go_as_they_are_written",
        ],
    ),
    (
        "finance: `--dry-run` for everything that moves money",
        &[
            "it/books::a_bank_file_is_tried_then_taken_once_and_the_books_balance",
            "it/clerk::a_decision_makes_a_payers_name_known",
            "story/strangers/money-undo",
            "story/strangers/money-partqty",
        ],
    ),
    (
        "finance: one command undoes an application with compensating entries",
        &["story/rows/cash-undone", "story/rows/cash-undo-once"],
    ),
    (
        "finance: payment runs create 820, REMADV and pain.001, creator and releaser apart",
        &[
            "process/payment_run::one_makes_a_run_and_another_releases_it",
            "process/payment_run::what_is_due_is_paid_less_credits_and_discounts",
            "bank/pain::a_file_has_the_structure_of_its_schema",
            "story/rows/pay-run",
            "story/rows/duties-payment",
        ],
    ),
    (
        "finance: a run, or one payment of it, is taken back",
        &["story/rows/pay-run-undone", "story/rows/pay-run-one-undone"],
    ),
    (
        "finance: DSO, count-back, best possible, days delinquent, by currency and as of a past day",
        &[
            "process/kpi/tests::how_long_customers_take",
            "story/strangers/money-currency",
            "story/strangers/money-days-of-sales",
        ],
    ),
    (
        "finance: payment and line auto-rates, false-apply rate, unapplied, deduction and win rate",
        &[
            "process/kpi/tests::how_much_cash_applies_itself",
            "story/kpi",
            "story/strangers/money-undo",
            "story/strangers/money-deduction-ends",
            "story/strangers/money-812late",
        ],
    ),
    (
        "finance: invoice exception rate, AP first-pass match, touchless",
        &[
            "process/kpi/tests::how_many_invoices_pass_without_anybody",
            "it/api/mod::what_we_buy_is_ordered_received_and_its_invoice_judged",
        ],
    ),
    ("finance: the demo ends with it", &["it/demo::the_story_comes_out_as_told_and_every_place_it_names_is_there"]),
    // How good.
    (
        "a million random events: every journal balances, every cent is somewhere, control accounts equal open items",
        &["it/money::every_cent_is_somewhere"],
    ),
    (
        "a 2,000-line remittance against 50,000 items under a second, a 1,000-line invoice under 200 ms, whatever the history",
        &["bench/cash/main::long_remittance", "bench/cash/main::long_invoice", "bench/cash/house::measure"],
    ),
    (
        "real money files of others: applied, held or refused, with a reason and an owner",
        &["it/corpora::every_money_file_of_others_has_an_owner"],
    ),
];
