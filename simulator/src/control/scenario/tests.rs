use super::*;

fn refused(text: &str) -> String {
    Scenario::read(text).expect_err("a story that makes no sense").to_string()
}

#[test]
fn complaints_name_the_line_and_the_word() {
    let people = "phone ana 5511988887777 \"Ana\"\ncustomer carla 5511912345678 \"Carla\"\n";
    for (line, wanted) in [
        ("fly away", "line 3, word 1 (“fly”): a line begins with phone"),
        ("write carla -> bob \"hi\"", "line 3, word 4 (“bob”): nobody of this name"),
        ("write carla => ana \"hi\"", "line 3, word 3 (“=>”): here “->” was expected"),
        ("write carla -> ana hi", "line 3, word 5 (“hi”): here a text was expected, in double quotes"),
        ("write carla -> ana", "line 3: at its end a text is missing"),
        ("write carla -> ana \"hi\" now", "line 3, word 6 (“now”): nothing was expected here"),
        ("write carla -> ana \"hi", "line 3: a quoted text has no end"),
        ("write carla -> ana \"hi\" answering m1", "line 3, word 7 (“m1”): no earlier line gave"),
        ("edit carla -> ana m1 \"hi\"", "line 3, word 5 (“m1”): no earlier line gave"),
        ("media carla -> ana film", "line 3, word 5 (“film”): a file is one of"),
        ("media carla -> ana image bytes many", "line 3, word 7 (“many”): a number of bytes is like"),
        ("at noon", "line 3, word 2 (“noon”): a time is like"),
        ("fault explode", "line 3, word 2 (“explode”): unknown fault"),
        ("fault delay ms 0", "line 3, word 4 (“0”): ms: 1 to"),
        ("load ana customers many messages 5", "line 3, word 6 (“5”): invalid type"),
        ("expect ana dances", "line 3, word 3 (“dances”): a person has something"),
        ("expect ana has fun", "line 3, word 4 (“fun”): here a text in quotes"),
        ("group g \"G\" ana", "line 3: at its end a person is missing"),
        ("add ana carla", "line 3, word 2 (“ana”): this is no group"),
        ("group g \"G\" ana carla\nannounce g maybe", "line 4, word 3 (“maybe”): announce is on or off"),
        ("repeat often\nend", "line 3, word 2 (“often”): repeat has a number"),
        ("repeat 2\nwait 1s", "line 3, word 1 (“repeat”): this repeat has no end"),
        ("end", "line 3, word 1 (“end”): there is no repeat"),
    ] {
        let why = refused(&format!("{people}{line}"));
        assert!(why.starts_with(wanted), "{line}: {why}");
    }
}

#[test]
fn repetitions_are_written_out() {
    let text = "customer c 5511912345678 \"C\"\nrepeat 2\nwrite c -> 5511988887777 \"{n}\"\nrepeat 3 # inner\nwait 1ms\nend\nend\nwait 2s";
    let scenario = Scenario::read(text).expect("a story");
    assert_eq!(scenario.len(), 1 + 2 * (1 + 3) + 1);
    let said: Vec<&Value> = scenario
        .steps
        .iter()
        .filter_map(|(_, step)| match step {
            Step::Say(say) => Some(&say.body["text"]),
            _ => None,
        })
        .collect();
    assert_eq!(said, ["1", "2"]);
    let bomb = "repeat 1000\nrepeat 1000\nwait 1s\nend\nend";
    assert!(refused(bomb).contains("more than 200,000 lines"));
}

#[test]
fn the_examples_make_sense() {
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios")).expect("examples") {
        let path = entry.expect("a file").path();
        let text = std::fs::read_to_string(&path).expect("text");
        let scenario = Scenario::read(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(!scenario.is_empty(), "{}", path.display());
    }
}

async fn played(text: &str) -> Result<Played, ScenarioError> {
    let folder = std::env::temp_dir().join(format!("ownline-scenario-{}", uuid::Uuid::new_v4()));
    let world = crate::world::World::open(&crate::world::Options { state: folder.clone() }).expect("a world");
    let scenario = Scenario::read(text).expect("a story");
    let outcome = play(world.clone(), &scenario, tokio_util::sync::CancellationToken::new()).await;
    world.close().await;
    std::fs::remove_dir_all(&folder).expect("removed");
    outcome
}

const STORY: &str = r#"
phone ana 5511988887777 "Ana"
customer carla 5511912345678 "Carla"
write carla -> ana "Olá" as hello
expect ana has "Olá" from carla
write ana -> carla "It is on its way" as reply answering hello
media carla -> ana image bytes 40k caption "Look" as picture
media ana -> carla voice seconds 2
location carla -> ana 38.7 -9.1 "Lisboa"
contact carla -> ana "Rui" 351912345678 351912345679
poll ana -> carla "When?" "Mo" "Tu" max 1 as when
vote carla -> ana when "Tu"
react carla -> ana reply "👍"
edit carla -> ana hello "Olá!"
expect ana has "Olá!" from carla
delete carla -> ana picture
repeat 3
  write carla -> ana "Number {n}"
end
read carla -> ana reply
play carla -> ana
expect reply played
expect hello delivered
expect carla has voice from ana
expect ana has poll_vote
expect ana has 11 messages from carla within 20s
fault delay ms 5 number ana times 1
clear-faults
group team "Team" ana carla
write carla -> team "To all" as all
react ana -> team all "👍"
read ana -> team all
expect all read
customer dana 5511912345679 "Dana"
add team dana
promote team dana
write dana -> team "I am new" as new
expect carla has "I am new" from dana
announce team on
subject team "The team"
description team "About work"
demote team dana
remove team carla
announce team off
leave dana team
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_story_is_played_to_its_end() {
    let lines = STORY.lines().filter(|line| !line.is_empty()).count();
    let played = played(STORY).await.expect("played");
    // The repetition has three lines for one, and the lines around it are none.
    assert_eq!(played.steps, lines - 3 + 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_come_is_told_with_its_line() {
    let text = "phone ana 5511988887777 \"Ana\"\n\nexpect ana has \"Never\" within 50ms";
    let error = played(text).await.expect_err("it never comes");
    assert_eq!((error.line, error.word.clone()), (3, None));
    assert!(error.why.contains("within 50 ms") && error.why.contains("of 0 messages"), "{error}");
    let error = played("write 5511912345678 -> 5511988887777 \"a\"").await.expect_err("nobody is there");
    assert!(error.to_string().starts_with("line 1: there is no customer"), "{error}");
}
