//! `flashsale import catalogue FILE`, and the same for orders, listings and stock changes.

use clap::{Args, Subcommand};
use flashsale::{
    actions::imports::{
        apply_import_chunk,
        start_import::{self, NewImport, StartRefusal},
        summary::summary,
        write_failed_rows::{added_column, write_header, write_rows},
    },
    clock::Clock,
    csv_file::{BYTE_ORDER_MARK, CsvRefusal, CsvWriter},
    db::{
        self, Database, Failed,
        imports::{self, Import, questions},
    },
    domain::{
        imports::import::{ImportKind, Imported},
        text::counted,
    },
    settings::Settings,
};
use std::{
    error::Error,
    fs::File,
    io::{BufRead, BufReader, BufWriter, IsTerminal, Write},
    path::{Path, PathBuf},
};

/// Failed rows that are in memory at once.
const PAGE_ROWS: i64 = 1_000;

#[derive(Subcommand)]
pub enum ImportCommand {
    /// Add and update SKUs: sku, and those of name,on_hand,stores,buffer that are to change.
    Catalogue(ImportFiles),
    /// Record orders, one order line in each row: store,order_number,placed_at,sku,quantity,unit_price.
    Orders(ImportFiles),
    /// Map listings to the ids of their marketplaces: store,sku,seller_sku,item_id,variant_id.
    Listings(ImportFiles),
    /// Add units to the stock or take them away: sku,change,reason[,note].
    StockChanges(ImportFiles),
}

#[derive(Args)]
pub struct ImportFiles {
    /// The files: CSV in UTF-8 or .xlsx, with the names of the columns in the first line.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Say what an import would do, and change nothing.
    #[arg(long)]
    check: bool,
    /// Take listings off their stores, however many: for a catalogue that leaves out more than a tenth of a store.
    #[arg(long)]
    retire: bool,
}

/// Imports every file and shows the progress on standard error. Failed rows are written to a file next to each.
pub fn run(settings: &Settings, command: ImportCommand) -> Result<(), Box<dyn Error>> {
    let (kind, files) = match command {
        ImportCommand::Catalogue(files) => (ImportKind::Catalogue, files),
        ImportCommand::Orders(files) => (ImportKind::Orders, files),
        ImportCommand::Listings(files) => (ImportKind::Listings, files),
        ImportCommand::StockChanges(files) => (ImportKind::StockChanges, files),
    };
    let database = Database::open(&settings.database_url, settings.pool)?;
    let (database, clock) = super::guarded(settings, &database)?;
    let mut failed = Vec::new();
    for path in &files.files {
        if files.files.len() > 1 {
            println!("{}", path.display());
        }
        if let Err(error) = import_file((&database, &clock), kind, path, &files) {
            failed.push(error.to_string());
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n").into()) }
}

fn import_file(
    (database, clock): (&Database, &Clock),
    kind: ImportKind,
    path: &Path,
    flags: &ImportFiles,
) -> Result<(), Box<dyn Error>> {
    let import = start((database, clock), kind, path, flags)?;
    let import = apply((database, clock), import)
        .map_err(|error| format!("{error}; the remaining rows are imported the next time flashsale serves"))?;
    let Import { rows_total, rows_created, rows_failed, rows_unmapped, .. } = import;
    let rows_known = import.rows_known();
    let [created, known] = [Imported::Created, Imported::Known].map(|imported| kind.label_of(imported));
    let unmapped = if rows_unmapped > 0 { format!(" Unmapped: {rows_unmapped}.") } else { String::new() };
    println!("Rows: {rows_total}. {created}: {rows_created}. {known}: {rows_known}.{unmapped} Failed: {rows_failed}.");
    if flags.check {
        println!("This was a check: nothing was changed.");
    }
    for sentence in summary(&import).into_iter().chain(import.notes()) {
        eprintln!("{sentence}");
    }
    let failed_path = failed_rows_path(path);
    if rows_failed == 0 {
        return if flags.check { Ok(()) } else { Ok(remove_failed_rows(&failed_path, kind)?) };
    }
    let failed = counted(rows_failed, "row");
    save_failed_rows(database, &import, &failed_path)
        .map_err(|error| format!("{failed} failed, and {} was not written: {error}", failed_path.display()))?;
    Err(format!("{failed} failed: see {}, with the reasons", failed_path.display()).into())
}

/// Removes the failed rows of an earlier try: they are mended now. Only a file that this program wrote ends its first line
/// so.
fn remove_failed_rows(path: &Path, kind: ImportKind) -> std::io::Result<()> {
    let Ok(file) = File::open(path) else { return Ok(()) };
    let mut header = String::new();
    BufReader::new(file).read_line(&mut header)?;
    let end = format!(",{}", added_column(kind));
    if header.trim_end().ends_with(&end) { std::fs::remove_file(path) } else { Ok(()) }
}

fn start(
    (database, clock): (&Database, &Clock),
    kind: ImportKind,
    path: &Path,
    flags: &ImportFiles,
) -> Result<Import, Box<dyn Error>> {
    let file_name = start_import::file_name(&path.to_string_lossy());
    let new = NewImport { kind: Some(kind), file_name, actor: "command line".to_owned(), is_check: flags.check };
    let now = clock.now();
    let started = database.write_blocking(|conn| {
        let file =
            File::open(path).map_err(|error| Failed::Refused(CsvRefusal::Unreadable(error.to_string()).into()))?;
        let import = start_import::run(conn, &new, now, file)?;
        match questions::find(conn, import.id)? {
            Some(question) if !flags.retire => Err(Failed::Refused(StartRefusal::Asks(question))),
            Some(_) | None => {
                questions::answer(conn, import.id)?;
                Ok(import)
            }
        }
    });
    match started {
        Ok(import) => Ok(import),
        Err(Failed::Refused(refusal)) => Err(format!("{}: {refusal}", path.display()).into()),
        Err(Failed::Database(error)) => Err(error.into()),
    }
}

/// Applies the chunks of `import` until it is finished. A running server may apply some of them at the same time.
fn apply((database, clock): (&Database, &Clock), mut import: Import) -> Result<Import, db::Error> {
    let id = import.id;
    while import.finished_at.is_none() {
        let now = clock.now();
        let applied = database.write_blocking(|conn| apply_import_chunk::run(conn, Some(id), now));
        let before = import.rows_done;
        import = match applied? {
            Some(import) => import,
            None => database.read_blocking(|conn| imports::find(conn, id)?.ok_or(db::NotFound))?,
        };
        show_progress(&import, before);
    }
    Ok(import)
}

/// On a terminal the progress is one line that is updated, otherwise one line for each tenth of the file.
fn show_progress(import: &Import, before: i64) {
    let Import { rows_done, rows_total, .. } = import;
    let rows = counted(*rows_total, "row");
    let tenth = |rows: i64| rows * 10 / rows_total;
    if std::io::stderr().is_terminal() {
        let end = if rows_done == rows_total { "\n" } else { "" };
        eprint!("\r{rows_done} of {rows}{end}");
    } else if tenth(before) != tenth(*rows_done) {
        eprintln!("{rows_done} of {rows}");
    }
}

/// `catalogue.csv` → `catalogue.csv.failed.csv`, in the same folder.
fn failed_rows_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".failed.csv");
    name.into()
}

fn save_failed_rows(database: &Database, import: &Import, path: &Path) -> Result<(), Box<dyn Error>> {
    let header = import.header();
    let mut out = BufWriter::new(File::create(path)?);
    out.write_all(BYTE_ORDER_MARK.as_bytes())?;
    let mut file = CsvWriter::new(out);
    write_header(&mut file, import.kind, &header)?;
    let mut after = -1;
    loop {
        let page = database.read_blocking(|conn| imports::failures(conn, import.id, after, PAGE_ROWS))?;
        let Some(last) = page.last() else { return Ok(file.finish()?.flush()?) };
        write_rows(&mut file, import.kind, &header, &page)?;
        after = last.number;
    }
}
