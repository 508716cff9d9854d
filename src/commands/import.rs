//! `flashsale import catalogue FILE` and `flashsale import orders FILE`

use clap::Subcommand;
use flashsale::{
    actions::imports::{
        apply_import_chunk,
        start_import::{self, NewImport},
        write_failed_rows::{write_header, write_rows},
    },
    clock::Clock,
    csv_file::{CsvRefusal, CsvWriter},
    db::{
        self, Database, Failed,
        imports::{self, Import},
    },
    domain::{
        id::ImportId,
        imports::import::{ImportKind, Imported},
        text::counted,
    },
    settings::Settings,
};
use std::{
    error::Error,
    fs::File,
    io::{BufWriter, IsTerminal, Write},
    path::{Path, PathBuf},
};

/// Failed rows that are in memory at once.
const PART_ROWS: i64 = 1_000;

/// What the rows of a file are.
#[derive(Subcommand)]
pub enum ImportCommand {
    /// Add SKUs and bring existing ones up to date: sku,name,on_hand,stores.
    Catalogue {
        /// The file: CSV in UTF-8, with the names of the columns in its first line.
        file: PathBuf,
    },
    /// Record orders, a line of one in each row: store,order_number,placed_at,sku,quantity,unit_price.
    Orders {
        /// The file: CSV in UTF-8, with the names of the columns in its first line.
        file: PathBuf,
    },
    /// Say by what the marketplaces know listings: store,sku,seller_sku,item_id,variant_id.
    Listings {
        /// The file: CSV in UTF-8, with the names of the columns in its first line.
        file: PathBuf,
    },
}

/// Imports the file to its end, with its progress on standard error. Rows that fail are written beside it.
///
/// # Errors
/// When the file cannot be read, a row failed, or the database failed.
pub fn run(settings: &Settings, command: ImportCommand) -> Result<(), Box<dyn Error>> {
    let (kind, path) = match command {
        ImportCommand::Catalogue { file } => (ImportKind::Catalogue, file),
        ImportCommand::Orders { file } => (ImportKind::Orders, file),
        ImportCommand::Listings { file } => (ImportKind::Listings, file),
    };
    let database = Database::open(&settings.database_url, settings.pool)?;
    let import = start(&database, kind, &path)?;
    let import = apply(&database, import)
        .map_err(|error| format!("{error}; the remaining rows wait, and are imported when flashsale starts again"))?;
    let Import { rows_total, rows_created, rows_updated, rows_failed, .. } = import;
    let [created, known] = [Imported::Created, Imported::Known].map(|imported| kind.label_of(imported));
    println!("Rows: {rows_total}. {created}: {rows_created}. {known}: {rows_updated}. Failed: {rows_failed}.");
    if rows_failed == 0 {
        return Ok(());
    }
    let failed_path = beside(&path);
    let failed = counted(rows_failed, "row");
    save_failed_rows(&database, &import, &failed_path)
        .map_err(|error| format!("{failed} failed, and {} was not written: {error}", failed_path.display()))?;
    Err(format!("{failed} failed: see {}, with the reasons", failed_path.display()).into())
}

fn start(database: &Database, kind: ImportKind, path: &Path) -> Result<Import, Box<dyn Error>> {
    let file_name = start_import::file_name(&path.to_string_lossy());
    let new = NewImport { kind, file_name, actor: "command line".to_owned() };
    let now = Clock::system().now();
    let started = database.write_blocking(|conn| {
        let file =
            File::open(path).map_err(|error| Failed::Refused(CsvRefusal::Unreadable(error.to_string()).into()))?;
        start_import::run(conn, &new, now, file)
    });
    match started {
        Ok(import) => Ok(import),
        Err(Failed::Refused(refusal)) => Err(format!("{}: {refusal}", path.display()).into()),
        Err(Failed::Database(error)) => Err(error.into()),
    }
}

/// Applies what waits of `import`, some of which a server may do meanwhile.
fn apply(database: &Database, mut import: Import) -> Result<Import, db::Error> {
    let (id, clock) = (import.id, Clock::system());
    while import.finished_at.is_none() {
        let now = clock.now();
        let applied = database.write_blocking(|conn| apply_import_chunk::run(conn, Some(id), now));
        let before = import.rows_done;
        import = match applied? {
            Some(import) => import,
            None => database.read_blocking(|conn| finished(conn, id))?,
        };
        show_progress(&import, before);
    }
    Ok(import)
}

fn finished(conn: &mut db::Conn, id: ImportId) -> db::QueryResult<Import> {
    imports::find(conn, id)?.ok_or(db::NotFound)
}

/// Says how far it is: on a terminal in one line, elsewhere in a line for each tenth.
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
fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".failed.csv");
    name.into()
}

fn save_failed_rows(database: &Database, import: &Import, path: &Path) -> Result<(), Box<dyn Error>> {
    let (id, header) = (import.id, import.header());
    let mut file = CsvWriter::new(BufWriter::new(File::create(path)?));
    write_header(&mut file, &header)?;
    let mut after = -1;
    loop {
        let part = database.read_blocking(|conn| imports::failures(conn, id, after, PART_ROWS))?;
        let Some(last) = part.last() else { return Ok(file.finish()?.flush()?) };
        write_rows(&mut file, &header, &part)?;
        after = last.number;
    }
}
