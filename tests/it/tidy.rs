//! The rules of style that a program can check: who may use whom, what pages never hold, and that nothing is left over
//! or left out.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Which parts of `src/` each part may use beside itself. Screens, api and jobs → actions → domain; actions → db.
/// `csv_file`, `thumbnail`, `clock` and `fault` are leaves. `sync` talks to the stores in transactions of its own. A screen may wake a job.
/// What starts the program (app, server, commands, demo, main) may use all.
const LAYERS: [(&str, &[&str]); 14] = [
    ("domain", &[]),
    ("clock", &["domain"]),
    ("csv_file", &[]),
    ("thumbnail", &[]),
    ("fault", &[]),
    ("marketplaces", &["domain", "clock"]),
    ("db", &["domain", "clock", "csv_file", "marketplaces", "thumbnail"]),
    ("settings", &["db", "marketplaces"]),
    ("actions", &["db", "domain", "clock", "csv_file", "thumbnail"]),
    ("sync", &["actions", "db", "domain", "clock", "marketplaces", "fault"]),
    ("web", &["db", "domain", "clock", "csv_file", "fault", "settings"]),
    ("jobs", &["actions", "db", "domain", "clock", "fault", "marketplaces", "thumbnail"]),
    ("screens", &["actions", "db", "domain", "web", "csv_file", "thumbnail", "fault", "jobs", "marketplaces", "sync"]),
    ("api", &["actions", "db", "domain", "web", "clock", "fault", "jobs"]),
];

/// What has no place in the rules: I/O, clocks, threads, databases, the web.
const NOT_IN_DOMAIN: [&str; 12] = [
    "diesel",
    "actix",
    "tokio",
    "async ",
    "await",
    "SystemTime",
    "Instant",
    "Utc::now",
    "Local::now",
    "std::fs",
    "std::net",
    "std::thread",
];

/// Words that blame, beg or mumble; say what to do instead.
const BANNED_WORDS: [&str; 4] = ["please", "invalid", "oops", "sorry"];

/// Texts that hold a banned word and are not shown: they are cut out of what another library said, or are the codes of a
/// marketplace.
const NOT_SHOWN: [&str; 3] = ["invalid type: ", "invalid value: ", "invalid_"];

/// The most lines of a file and of a function.
const FILE_LINES: usize = 500;
const FUNCTION_LINES: usize = 70;

struct File {
    path: String,
    text: String,
}

impl File {
    /// The lines of code, without comments, each with its number.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(number, line)| (number + 1, line));
        lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    fn code_text(&self) -> String {
        self.code().map(|(_, line)| line).collect::<Vec<_>>().join("\n")
    }

    /// The part of `src/` that it belongs to: `src/db/skus.rs` and `src/db.rs` are of `db`.
    fn part(&self) -> &str {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs")
    }
}

/// The files under a folder of the project with one of these endings, by path.
fn files(folder: &str, ending: &str) -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join(folder)];
    let mut found: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("a file").path();
            let list = if path.is_dir() { &mut folders } else { &mut found };
            list.push(path);
        }
    }
    found.sort();
    found
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == ending))
        .map(|path| File {
            text: fs::read_to_string(&path).expect("text"),
            path: path.strip_prefix(root).expect("inside").to_str().expect("a path of text").to_owned(),
        })
        .collect()
}

/// Fails the test with every violation there is.
fn none(rule: &str, violations: impl IntoIterator<Item = String>) {
    let violations: Vec<String> = violations.into_iter().collect();
    assert!(violations.is_empty(), "{rule}:\n  {}", violations.join("\n  "));
}

/// The parts of the crate that a source names: `crate::db::skus`, `use crate::{db::skus, domain}`.
fn parts_used(code: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for (at, start) in code.match_indices("crate::") {
        let path = &code[at + start.len()..];
        let Some(inside) = path.strip_prefix('{') else {
            used.insert(word(path));
            continue;
        };
        let (mut depth, mut begins) = (1, true);
        for (at, character) in inside.char_indices() {
            match character {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => begins = true,
                _ if begins && character.is_alphabetic() => {
                    used.insert(word(&inside[at..]));
                    begins = false;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    used
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// The values of every `name="…"` in a text, or of whatever stands between `before` and the next quotation mark.
fn quoted_after<'a>(text: &'a str, before: &'a str) -> impl Iterator<Item = &'a str> {
    text.match_indices(before).filter_map(move |(at, _)| text[at + before.len()..].split('"').next())
}

#[test]
fn the_scanner_sees_what_a_source_names() {
    let code = "use crate::{\n    db::{self, skus::Sku},\n    domain::id,\n};\ncrate::web::page()";
    assert_eq!(parts_used(code), BTreeSet::from(["db", "domain", "web"].map(str::to_owned)));
}

#[test]
fn the_scanners_see_what_they_look_for() {
    for line in ["<p style='x'>", "<a onclick=\"x\">", "<SCRIPT>", "<a href=\"javascript:x\">", "<style>"] {
        assert!(has_script_or_style(line), "{line}");
    }
    assert!(!has_script_or_style("<a class=\"one\" href=\"/stores?on=1\">once = only</a>"));
    assert!(blames("Please, enter a number.") && !blames("The invalidated key is displeased."));
    let source = "impl X {\n    pub fn long(\n        a: u8,\n    ) {\n        f();\n    }\n\n    fn short() {}\n}\n";
    assert_eq!(function_lines(source), [("long".to_owned(), 5), ("short".to_owned(), 1)]);
}

#[test]
fn each_layer_uses_only_the_layers_below_it() {
    let allowed: BTreeMap<&str, &[&str]> = LAYERS.into_iter().collect();
    let violations = files("src", "rs").into_iter().flat_map(|file| {
        let part = file.part().to_owned();
        let uses = allowed.get(part.as_str()).map(|may| {
            let is_fine = |used: &String| {
                *used == part
                    || ["in_prepared", "insert_rows", "on_db"].contains(&used.as_str())
                    || may.contains(&used.as_str())
            };
            parts_used(&file.code_text()).into_iter().filter(|used| !is_fine(used)).collect::<Vec<_>>()
        });
        uses.unwrap_or_default().into_iter().map(move |used| format!("{} uses {used}", file.path))
    });
    none("screens, api and jobs → actions → domain; actions → db", violations);
}

#[test]
fn stock_and_live_holds_are_put_together_in_one_place() {
    let elsewhere = files("src", "rs").into_iter().filter(|file| file.part() != "domain");
    let violations = elsewhere.flat_map(|file| {
        let lines = file.code().filter(|(_, line)| line.contains("Position {") || line.contains("Availability {"));
        let lines = lines.filter(|(_, line)| !line.contains("->") && file.path != "src/db/availability.rs");
        lines.map(|(number, line)| format!("{}:{number}: {}", file.path, line.trim())).collect::<Vec<_>>()
    });
    none("read it with db::availability", violations);
}

#[test]
fn every_part_has_its_layer() {
    let root = ["app", "commands", "demo", "lib", "main", "server"];
    let known = |part: &str| root.contains(&part) || LAYERS.iter().any(|(layer, _)| *layer == part);
    none("add it to LAYERS", files("src", "rs").iter().map(|f| f.part().to_owned()).filter(|part| !known(part)));
}

#[test]
fn the_rules_do_nothing_but_decide() {
    let domain = files("src/domain", "rs");
    let violations = domain.iter().flat_map(|file| {
        let lines = file.code().filter(|(_, line)| NOT_IN_DOMAIN.iter().any(|word| line.contains(word)));
        lines.map(|(number, line)| format!("{}:{number}: {}", file.path, line.trim()))
    });
    none("domain/ is pure", violations);
}

#[test]
fn the_database_is_asked_in_one_place() {
    let sources = files("src", "rs");
    let elsewhere = sources.iter().filter(|file| file.part() != "db");
    let violations = elsewhere.flat_map(|file| {
        let lines = file.code().filter(|(_, line)| line.contains("diesel"));
        lines.map(|(number, line)| format!("{}:{number}: {}", file.path, line.trim()))
    });
    none("only db/ knows diesel", violations);
    let pages = sources.iter().filter(|file| file.part() == "db" && file.code_text().contains(".offset("));
    none("lists are paged by key: an offset reads all it skips", pages.map(|file| file.path.clone()));
}

/// Without it, diesel inserts the rows into SQLite one by one, and builds the statement again for each.
#[test]
fn rows_are_inserted_together() {
    none(
        "say `treat_none_as_default_value = false` where `Insertable` is derived",
        files("src", "rs").iter().flat_map(|file| {
            let derived = file.text.split("#[derive(").skip(1).filter_map(|rest| rest.split_once(")]"));
            let insertable = derived.filter(|(traits, _)| traits.contains("Insertable"));
            let slow = insertable.filter(|(_, rest)| {
                let attributes = rest.split("struct ").next().unwrap_or_default();
                !attributes.contains("treat_none_as_default_value = false")
            });
            slow.map(|(traits, _)| format!("{}: {traits}", file.path)).collect::<Vec<_>>()
        }),
    );
}

#[test]
fn routes_are_registered_by_their_tables_alone() {
    let tables = ["src/web/routes.rs", "src/api/access.rs", "src/api/mod.rs", "src/server.rs"];
    let sources = files("src", "rs");
    let elsewhere = sources.iter().filter(|file| file.part() != "demo" && !tables.contains(&file.path.as_str()));
    let violations = elsewhere.flat_map(|file| {
        let registers = |line: &str| [".route(", ".service(", ".resource("].iter().any(|call| line.contains(call));
        let lines = file.code().filter(move |(_, line)| registers(line));
        lines.map(|(number, line)| format!("{}:{number}: {}", file.path, line.trim()))
    });
    none("each route is in a table that says who may use it", violations);
}

#[test]
fn every_template_is_shown_and_every_page_has_its_template() {
    let templates = files("templates", "html");
    let sources = files("src", "rs");
    let paths: BTreeSet<&str> = templates.iter().map(|file| &file.path["templates/".len()..]).collect();
    let of_templates = ["extends \"", "import \"", "include \""]
        .into_iter()
        .flat_map(|before| templates.iter().flat_map(move |file| quoted_after(&file.text, before)));
    let pages = sources.iter().flat_map(|file| quoted_after(&file.text, "template(path = \""));
    let named: BTreeSet<&str> = pages.chain(of_templates).collect();
    none("templates that nothing shows", paths.difference(&named).map(|path| (*path).to_owned()));
    none("templates that are missing", named.difference(&paths).map(|path| (*path).to_owned()));
}

#[test]
fn nobody_is_blamed_or_begged() {
    let templates = files("templates", "html");
    let of_templates = templates.iter().flat_map(|file| {
        let lines = file.text.lines().enumerate().filter(|(_, line)| blames(&line.replace("aria-invalid", "")));
        lines.map(|(number, line)| format!("{}:{}: {}", file.path, number + 1, line.trim()))
    });
    let sources = files("src", "rs");
    // Both quote the words of the real marketplaces.
    let is_quoted = |file: &&File| {
        let of_folder = ["src/demo/marketplace/registry/", "src/marketplaces/"];
        of_folder.iter().any(|folder| file.path.starts_with(folder))
    };
    let of_sources = sources.iter().filter(|file| !is_quoted(file)).flat_map(|file| {
        let lines = file.code().filter(|(_, line)| {
            let shown = NOT_SHOWN.iter().fold((*line).to_owned(), |line, text| line.replace(text, ""));
            shown.split('"').skip(1).step_by(2).any(blames)
        });
        lines.map(|(number, line)| format!("{}:{number}: {}", file.path, line.trim()))
    });
    none("say what to do, with the number", of_templates.chain(of_sources));
}

fn blames(text: &str) -> bool {
    let text = text.to_lowercase();
    let mut words = text.split(|c: char| !c.is_alphanumeric());
    words.any(|word| BANNED_WORDS.contains(&word))
}

#[test]
fn pages_hold_no_script_and_no_style_of_their_own() {
    let templates = files("templates", "html");
    let violations = templates.iter().flat_map(|file| {
        let lines = file.text.lines().enumerate().filter(|(_, line)| has_script_or_style(line));
        lines.map(|(number, line)| format!("{}:{}: {}", file.path, number + 1, line.trim()))
    });
    none("the content-security policy lets none through", violations);
}

/// `<script`, `<style`, `style=`, `javascript:` and every `on…=`.
fn has_script_or_style(line: &str) -> bool {
    let line = line.to_lowercase();
    let attributes = line.split(char::is_whitespace).filter_map(|part| part.split_once('=').map(|(name, _)| name));
    let is_handler = |name: &str| name.len() > 2 && name.starts_with("on") && name.chars().all(char::is_alphabetic);
    ["<script", "<style", "javascript:"].iter().any(|text| line.contains(text))
        || attributes.into_iter().any(|name| name == "style" || is_handler(name))
}

#[test]
fn every_form_that_changes_something_carries_its_token() {
    // The simulated marketplaces have no accounts.
    let templates = files("templates", "html").into_iter().filter(|file| !file.path.starts_with("templates/demo/"));
    let violations = templates.flat_map(|file| {
        let forms = file.text.split("<form").skip(1).filter_map(|form| form.split("</form>").next());
        let posts = forms.filter(|form| form.split('>').next().is_some_and(|tag| tag.contains("method=\"post\"")));
        let bare =
            posts.filter(|form| !form.contains("forms::csrf(page.csrf)") && !form.contains("name=\"csrf_token\""));
        let named = bare.map(|form| format!("{}: <form{}>", file.path, form.split('>').next().unwrap_or_default()));
        named.collect::<Vec<_>>()
    });
    none("{{ forms::csrf(page.csrf) }} in every form that posts", violations);
}

#[test]
fn no_file_and_no_function_is_longer_than_can_be_read() {
    let sources = files("src", "rs");
    let long_files = sources.iter().map(|file| (file, file.text.lines().count())).filter(|(_, n)| *n > FILE_LINES);
    none("split it", long_files.map(|(file, lines)| format!("{}: {lines} lines", file.path)));
    let long_functions = sources.iter().flat_map(|file| {
        let long = function_lines(&file.text).into_iter().filter(|(_, lines)| *lines > FUNCTION_LINES);
        long.map(|(name, lines)| format!("{}: {name} has {lines} lines", file.path))
    });
    none("split it", long_functions);
}

/// Every function with the number of its lines, as rustfmt lays them out: it ends at the brace below its first letter.
fn function_lines(text: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let starts = lines.iter().enumerate().filter_map(|(number, line)| {
        let code = line.trim_start();
        let qualified = code.strip_prefix("pub").map_or(code, |rest| rest.trim_start_matches("(super)").trim_start());
        let name = qualified.trim_start_matches("const ").trim_start_matches("async ").strip_prefix("fn ")?;
        Some((number, line.len() - code.len(), word(name)))
    });
    let end = |number: usize, indent: usize| {
        let brace = format!("{}}}", " ".repeat(indent));
        lines[number..].iter().position(|line| *line == brace).map_or(1, |lines| lines + 1)
    };
    let one_line = |number: usize| lines[number].ends_with('}') || lines[number].ends_with(';');
    starts.map(|(number, indent, name)| (name, if one_line(number) { 1 } else { end(number, indent) })).collect()
}

#[test]
fn lints_are_expected_with_a_reason_never_allowed() {
    let sources = files("src", "rs");
    let violations = sources.iter().flat_map(|file| {
        let text = file.code_text();
        let allows = text.contains("#[allow(") || text.contains("#![allow(");
        let unexplained = text
            .match_indices("[expect(")
            .any(|(at, _)| text[at..].split(")]").next().is_some_and(|expectation| !expectation.contains("reason = ")));
        (allows || unexplained).then(|| file.path.clone())
    });
    none("#[expect(…, reason = …)]", violations);
}

#[test]
fn no_test_is_ignored_and_every_test_file_is_run() {
    let tests = files("tests/it", "rs");
    let marks = ["#[ignore", "#[should_panic]"].map(|mark| mark.to_owned());
    let ignored = tests
        .iter()
        .filter(|file| !file.path.ends_with("tidy.rs") && marks.iter().any(|mark| file.text.contains(mark)));
    none("fix it or delete it", ignored.map(|file| file.path.clone()));
    let declared: BTreeSet<String> = tests.iter().flat_map(|file| file.text.lines().filter_map(module)).collect();
    let names = tests.iter().filter_map(|file| module_of(Path::new(&file.path)));
    none("no file names it", names.filter(|name| *name != "main" && !declared.contains(*name)).map(str::to_owned));
}

/// The name of the module that a file is: `orders/mod.rs` is `orders`.
fn module_of(path: &Path) -> Option<&str> {
    let named = if path.ends_with("mod.rs") { path.parent()? } else { path };
    named.file_stem()?.to_str()
}

fn module(line: &str) -> Option<String> {
    let name = line.trim_start().trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';')?;
    Some(name.to_owned())
}

#[test]
fn every_migration_goes_both_ways_on_both_databases() {
    let migrations = files("migrations", "sql");
    let of = |database: &str| -> BTreeSet<String> {
        let folder = format!("migrations/{database}/");
        migrations.iter().filter_map(|file| file.path.strip_prefix(&folder).map(str::to_owned)).collect()
    };
    let (sqlite, postgres) = (of("sqlite"), of("postgres"));
    assert_eq!(sqlite, postgres);
    let missing = sqlite.iter().flat_map(|path| {
        let folder = path.split('/').next().unwrap_or_default();
        ["up.sql", "down.sql"].map(|name| format!("{folder}/{name}"))
    });
    none("it has no", missing.filter(|path| !sqlite.contains(path)));
    assert!(sqlite.len() >= 2, "no migrations were found");
}

#[test]
fn the_readme_names_every_setting_and_no_other() {
    let in_source: BTreeSet<String> =
        files("src", "rs").iter().flat_map(|file| settings_in(&file.code_text())).collect();
    assert!(in_source.contains("DATABASE_URL") && in_source.contains("FLASHSALE_BIND"), "{in_source:?}");
    // Until there is a README there is nothing to compare with.
    let Ok(readme) = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")) else { return };
    let in_readme = settings_in(&readme);
    none("the README does not name", in_source.difference(&in_readme).cloned());
    none("the README names what is no setting", in_readme.difference(&in_source).cloned());
}

/// The names of settings in a text, but for those of the tests and benchmarks.
fn settings_in(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_uppercase() && !c.is_ascii_digit() && c != '_');
    let settings = words.filter(|word| *word == "DATABASE_URL" || word.starts_with("FLASHSALE_"));
    let of_tests = ["FLASHSALE_TEST_", "FLASHSALE_SIMULATION_", "FLASHSALE_BENCH_"];
    settings.filter(move |word| !of_tests.iter().any(|start| word.starts_with(start))).map(str::to_owned).collect()
}
