//! Makes .xlsx files for tests, as small as they can be.

use std::io::{Cursor, Write};
use zip::{ZipWriter, write::SimpleFileOptions};

/// One cell of a sheet.
pub enum Cell<'a> {
    Text(&'a str),
    Number(f64),
    /// A number in the format `00000`.
    Padded(f64),
    /// A number in the format of a date and a time.
    Date(f64),
    /// A number in the format of a date alone.
    Day(f64),
    Error(&'a str),
    /// A formula with its result as it is stored, if it is.
    Formula(&'a str),
    Empty,
}

use Cell::{Date, Day, Empty, Error, Formula, Number, Padded, Text};

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>";
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATIONSHIPS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// An .xlsx whose only sheet has these rows.
pub fn workbook(rows: &[&[Cell<'_>]]) -> Vec<u8> {
    let mut sheet = String::new();
    for (nth, row) in rows.iter().enumerate() {
        sheet += &sheet_row(nth + 1, row);
    }
    of_sheet(&sheet)
}

/// One row of a sheet, in its place.
pub fn sheet_row(number: usize, cells: &[Cell<'_>]) -> String {
    let mut row = format!("<row r=\"{number}\">");
    for (column, cell) in (b'A'..).zip(cells) {
        let at = format!("{}{number}", char::from(column));
        row += &match cell {
            Text(text) => format!("<c r=\"{at}\" t=\"inlineStr\"><is><t>{text}</t></is></c>"),
            Number(number) => format!("<c r=\"{at}\"><v>{number}</v></c>"),
            Padded(number) => format!("<c r=\"{at}\" s=\"1\"><v>{number}</v></c>"),
            Date(days) => format!("<c r=\"{at}\" s=\"2\"><v>{days}</v></c>"),
            Day(days) => format!("<c r=\"{at}\" s=\"3\"><v>{days}</v></c>"),
            Error(name) => format!("<c r=\"{at}\" t=\"e\"><v>{name}</v></c>"),
            Formula(result) => format!("<c r=\"{at}\"><f>SUM(1,1)</f>{result}</c>"),
            Empty => format!("<c r=\"{at}\" s=\"1\"/>"),
        };
    }
    row + "</row>"
}

/// An .xlsx whose only sheet has these rows, as XML.
pub fn of_sheet(rows: &str) -> Vec<u8> {
    of_parts(&[(
        "xl/worksheets/sheet1.xml",
        &format!("{HEAD}<worksheet xmlns=\"{MAIN}\"><sheetData>{rows}</sheetData></worksheet>"),
    )])
}

/// An .xlsx whose first sheet has these rows, as XML, and which has an older one.
pub fn two_sheets(rows: &str) -> Vec<u8> {
    let book = format!(
        "{HEAD}<workbook xmlns=\"{MAIN}\" xmlns:r=\"{RELATIONSHIPS}\"><sheets><sheet name=\"Stock\" sheetId=\"1\" \
         r:id=\"rId1\"/><sheet name=\"Old\" sheetId=\"2\" r:id=\"rId1\"/></sheets></workbook>"
    );
    let sheet = format!("{HEAD}<worksheet xmlns=\"{MAIN}\"><sheetData>{rows}</sheetData></worksheet>");
    of_parts(&[("xl/workbook.xml", &book), ("xl/worksheets/sheet1.xml", &sheet)])
}

/// An .xlsx of a program that writes formulas and cannot compute them: it asks for that when the file is opened.
pub fn uncomputed(rows: &[&[Cell<'_>]]) -> Vec<u8> {
    let mut sheet = String::new();
    for (nth, row) in rows.iter().enumerate() {
        sheet += &sheet_row(nth + 1, row);
    }
    let book = format!(
        "{HEAD}<workbook xmlns=\"{MAIN}\" xmlns:r=\"{RELATIONSHIPS}\"><sheets><sheet name=\"Sheet1\" sheetId=\"1\" \
         r:id=\"rId1\"/></sheets><calcPr calcId=\"124519\" fullCalcOnLoad=\"1\"/></workbook>"
    );
    let sheet = format!("{HEAD}<worksheet xmlns=\"{MAIN}\"><sheetData>{sheet}</sheetData></worksheet>");
    of_parts(&[("xl/workbook.xml", &book), ("xl/worksheets/sheet1.xml", &sheet)])
}

/// An .xlsx with the parts that every one has, and these.
pub fn of_parts(parts: &[(&str, &str)]) -> Vec<u8> {
    let types = format!(
        "{HEAD}<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
         <Default Extension=\"xml\" ContentType=\"application/xml\"/></Types>"
    );
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let root = format!(
        "{HEAD}<Relationships xmlns=\"{package}\"><Relationship Id=\"rId1\" Type=\"{RELATIONSHIPS}/officeDocument\" \
         Target=\"xl/workbook.xml\"/></Relationships>"
    );
    let book = format!(
        "{HEAD}<workbook xmlns=\"{MAIN}\" xmlns:r=\"{RELATIONSHIPS}\"><sheets><sheet name=\"Sheet1\" sheetId=\"1\" \
         r:id=\"rId1\"/></sheets></workbook>"
    );
    let book_parts = format!(
        "{HEAD}<Relationships xmlns=\"{package}\"><Relationship Id=\"rId1\" Type=\"{RELATIONSHIPS}/worksheet\" \
         Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"rId2\" Type=\"{RELATIONSHIPS}/styles\" \
         Target=\"styles.xml\"/><Relationship Id=\"rId3\" Type=\"{RELATIONSHIPS}/sharedStrings\" \
         Target=\"sharedStrings.xml\"/></Relationships>"
    );
    let styles = format!(
        "{HEAD}<styleSheet xmlns=\"{MAIN}\"><numFmts count=\"1\"><numFmt numFmtId=\"164\" formatCode=\"00000\"/></numFmts>\
         <cellXfs count=\"4\"><xf numFmtId=\"0\"/><xf numFmtId=\"164\"/><xf numFmtId=\"22\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>"
    );
    let usual = [
        ("[Content_Types].xml", types.as_str()),
        ("_rels/.rels", &root),
        ("xl/workbook.xml", &book),
        ("xl/_rels/workbook.xml.rels", &book_parts),
        ("xl/styles.xml", &styles),
    ];
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let is_replaced = |usual: &&(&str, &str)| parts.iter().any(|part| part.0 == usual.0);
    for (name, text) in usual.iter().filter(|usual| !is_replaced(usual)).chain(parts) {
        zip.start_file(*name, SimpleFileOptions::default()).expect("a part");
        zip.write_all(text.as_bytes()).expect("written");
    }
    zip.finish().expect("an archive").into_inner()
}
