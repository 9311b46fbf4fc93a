//! The learned ranking of cash, from people's decisions to money that it applies, as a story.

use std::fmt::Write as _;

use entrepot::process::cash::LESSONS_MIN;
use entrepot::story;

/// Customers here give the beginning of a number, which two open items have: people go by the amount. The rules ask each time.
fn decided(from: usize, count: usize) -> String {
    let mut text = String::new();
    for at in from..from + count {
        let (one, other) = (format!("1{at:03}41"), format!("1{at:03}43"));
        let amount = 1_000 + 7 * at;
        writeln!(text, "given open-item {one} payer=acme amount={amount}.00 date=2026-03-01").unwrap();
        writeln!(text, "given open-item {other} payer=acme amount={}.00 date=2026-03-01", amount + 300).unwrap();
        let reference = format!("reference=1{at:03}4");
        writeln!(text, "from bank credit amount={amount}.00 trace=T{at} payer=acme {reference}").unwrap();
    }
    text
}

fn chosen(from: usize, count: usize) -> String {
    let one = |at: usize| format!("api anna apply payment=T{at} to=\"1{at:03}41 {}.00\"\n", 1_000 + 7 * at);
    (from..from + count).map(one).collect()
}

const HEAD: &str = r#"journey "what people decide teaches a ranking"
clock 2026-03-02T09:00 America/Chicago
given we are sell HELDCO
given partner acme maps x12/004010
given policy cash model_limit=2000 small_difference=0
given user anna role ar
given user mona role ar_manager
"#;

#[tokio::test(flavor = "multi_thread")]
async fn it_learns_is_compared_and_acts_within_its_limit() {
    let many = LESSONS_MIN + 5;
    let text = format!(
        r#"{HEAD}
api mona rank action=train
then refused "nobody has decided"
{}{}
api mona rank action=train
api mona rank action=on
then refused "too few"
{}{}
# Whoever applies cash does not switch it on.
api anna rank action=on
then refused "teach_ranking"
api mona rank action=train
api mona rank action=on
# Beyond the limit of the agreement it proposes.
{}
then unapplied acme 7300.00
"#,
        decided(0, 5),
        chosen(0, 5),
        decided(5, many - 5),
        chosen(5, many - 5),
        decided(900, 1),
    );
    let text = text
        + r#"then exception ar money=7300.00 "learned ranking says 190041"
given open-item 180041 payer=acme amount=1500.00 date=2026-03-01
given open-item 180043 payer=acme amount=1903.00 date=2026-03-01
from bank credit amount=1500.00 trace=S1 payer=acme reference=18004
then applied 180041 1500.00 because "learned ranking"
then journal Dr Cash 1500.00, Cr AR 1500.00
api anna undo payment=S1
then open-item 180041 open=1500.00
# Whoever applies cash may stop it.
api anna rank action=off
then trail anna apply_cash "cash ranking"
given open-item 170041 payer=acme amount=1700.00 date=2026-03-01
given open-item 170043 payer=acme amount=1903.00 date=2026-03-01
from bank credit amount=1700.00 trace=S2 payer=acme reference=17004
then open-item 170041 open=1700.00
then journal balanced
"#;
    let story = story::read("ranking.journey", &text).unwrap_or_else(|mistakes| {
        panic!("{}", mistakes.iter().map(|mistake| mistake.render(&text, false)).collect::<String>())
    });
    let played = story::play(&story).await.unwrap();
    let told: Vec<String> =
        played.differences.iter().map(|it| format!("{}: {} found {:?}", it.line, it.sentence, it.found)).collect();
    assert!(told.is_empty(), "{told:#?}");
}
