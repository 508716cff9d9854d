//! The tables that people send, whatever program made them.

use crate::{
    api::client::Api,
    imports::{
        files::{counts, finished},
        workbook::{
            Cell,
            Cell::{Date, Day, Empty, Error, Formula, Number, Padded, Text},
            of_parts, of_sheet, sheet_row, two_sheets, uncomputed, workbook,
        },
    },
    scene::{LAZADA, SHOPEE, add_sku, article_shop, assert_verified, sku_code},
    support::{Browser, Page, TestApp},
};
use flashsale::db::catalogue::skus;
use serde_json::Value;

/// Sends a file, and answers its page when all rows were tried.
pub fn import(browser: &mut Browser, name: &str, file: impl AsRef<[u8]>) -> Page {
    let sent = browser.get("/imports").submit_file("file", name, file.as_ref());
    assert_eq!(sent.status, 303, "{}", sent.text());
    finished(browser, &sent.location.expect("the page of the import"))
}

/// The words at the field of a file that is refused.
fn refusal(browser: &mut Browser, file: impl AsRef<[u8]>) -> String {
    let sent = browser.get("/imports").submit_file("file", "table.csv", file.as_ref());
    assert_eq!(sent.status, 422, "{}", sent.text());
    sent.all("#file-error").join("")
}

pub fn on_hand(app: &TestApp, code: &str) -> Option<i64> {
    let code = sku_code(code);
    app.write(|conn| skus::find(conn, &code).expect("a database")).map(|sku| sku.on_hand)
}

fn name_of(app: &TestApp, code: &str) -> String {
    let code = sku_code(code);
    app.write(|conn| skus::find(conn, &code).expect("a database")).expect("a SKU").name
}

fn placed_at(api: &Api, number: &str) -> Value {
    api.get(&format!("/orders/{LAZADA}/{number}")).expect(200).body["placed_at"].clone()
}

#[test]
fn a_workbook_is_read_as_it_is() {
    let (app, mut browser) = article_shop();
    let catalogue = workbook(&[
        &[Text("SKU"), Text("Name"), Text("On hand"), Text("Stores")],
        &[Text("TEE &amp; CO"), Text("Tee, red"), Number(5.0), Text("lazada-sg|shopee-sg")],
        &[Number(4_006_381_333_931.0), Text("Pen"), Number(30.0), Empty],
        &[Padded(123.0), Text("Zeros"), Number(7.0)],
        &[],
        &[Number(2.881_234_567_890_12e17), Text("Too long"), Number(1.0), Empty],
        &[Text("ERR"), Text("Error"), Error("#REF!"), Empty],
        &[Date(45_992.5), Text("A date"), Number(1.0), Empty],
    ]);
    let page = import(&mut browser, "catalogue.xlsx", catalogue);
    assert_eq!(counts(&page), ["6", "3", "3", "0", "3"]);
    assert_eq!(name_of(&app, "TEE & CO"), "Tee, red");
    assert_eq!((on_hand(&app, "4006381333931"), on_hand(&app, "00123")), (Some(30), Some(7)));
    assert!(page.cell("6", "Reason").contains("shortened this number"), "{}", page.text());
    assert!(page.cell("7", "Reason").contains("an error in this cell (#REF!)"), "{}", page.text());
    assert!(page.cell("8", "Reason").contains("made a date of this code"), "{}", page.text());
    add_sku(&app.database, "MUG", "Mug", 5, &[LAZADA]);
    let orders = workbook(&[
        &[Text("store"), Text("order_number"), Text("placed_at"), Text("sku"), Text("quantity"), Text("unit_price")],
        &[
            Text(LAZADA),
            Number(288_123_456_789_012.0),
            Date(45_971.520_833_333_336),
            Text("MUG"),
            Number(2.0),
            Number(12.5),
        ],
    ]);
    let page = import(&mut browser, "orders.xlsx", orders);
    assert_eq!(counts(&page), ["1", "1", "1", "0", "0"], "{}", page.text());
    // 10 November 2026, 12:30 in Singapore is the serial number of a day that is half over.
    assert_eq!(placed_at(&app.api(), "288123456789012").as_str().map(|at| &at[13..]), Some(":30:00Z"));
    assert_verified(&app.database, app.now());
}

#[test]
fn a_formula_whose_result_is_not_in_the_file_is_a_failed_row_and_no_empty_cell() {
    let (app, mut browser) = article_shop();
    let header: &[_] = &[Text("sku"), Text("name"), Text("on_hand"), Text("colour")];
    let rows: &[&[_]] = &[
        header,
        &[Text("A"), Text("A"), Formula("<v>7</v>"), Formula("<v/>")],
        &[Text("B"), Text("B"), Formula("")],
        &[Text("C"), Text("C"), Formula("<v/>")],
        &[Text("D"), Text("D"), Formula("<v></v>"), Text("red")],
        &[Formula(""), Text("E"), Number(5.0)],
    ];
    let page = import(&mut browser, "catalogue.xlsx", workbook(rows));
    assert_eq!(counts(&page), ["5", "1", "1", "0", "4"], "{}", page.text());
    assert_eq!((on_hand(&app, "A"), on_hand(&app, "B")), (Some(7), None));
    let words = "The cell has a formula, and the file does not have its result: open the file in a spreadsheet program, save \
                 it there, or as “CSV UTF-8”, and choose that.";
    for line in ["3", "4", "5"] {
        assert_eq!(page.cell(line, "Reason"), format!("on_hand: {words}"));
    }
    assert_eq!(page.cell("6", "Reason"), format!("sku: {words}"));
    // Some programs give 0 for whatever they cannot compute.
    let rows: &[&[_]] = &[header, &[Text("F"), Text("F"), Formula("<v>0</v>")], &[Text("G"), Text("G"), Number(0.0)]];
    let page = import(&mut browser, "catalogue.xlsx", uncomputed(rows));
    assert_eq!(counts(&page), ["2", "1", "1", "0", "1"], "{}", page.text());
    assert_eq!((on_hand(&app, "F"), on_hand(&app, "G")), (None, Some(0)));
}

fn order_row<'a>(number: &'a str, placed_at: Cell<'a>) -> [Cell<'a>; 6] {
    [Text(LAZADA), Text(number), placed_at, Text("Product1"), Number(1.0), Empty]
}

#[test]
fn a_date_without_a_time_is_no_midnight_in_a_workbook_either() {
    let (app, mut browser) = article_shop();
    let header: &[_] =
        &[Text("store"), Text("order_number"), Text("placed_at"), Text("sku"), Text("quantity"), Text("unit_price")];
    let rows: &[&[_]] = &[
        header,
        &order_row("day", Day(45_971.0)),
        &order_row("time of a day", Day(45_971.5)),
        &order_row("midnight", Date(45_971.0)),
        &order_row("serial", Number(45_971.5)),
    ];
    let page = import(&mut browser, "orders.xlsx", workbook(rows));
    assert_eq!(counts(&page), ["4", "2", "2", "0", "2"], "{}", page.text());
    let words = "placed_at: Add the time of day, as in 2026-11-11 23:59: “Mon 2025-11-10” is only a date.";
    assert_eq!(page.cell("2", "Reason"), words);
    assert!(page.cell("5", "Reason").contains("“45971.5” is a number"), "{}", page.text());
    let api = app.api();
    assert_eq!(placed_at(&api, "midnight"), "2025-11-09T16:00:00Z");
    let codes: &[&[_]] = &[&[Text("sku"), Text("name"), Text("on_hand")], &[Day(45_971.0), Text("A"), Number(1.0)]];
    let page = import(&mut browser, "catalogue.xlsx", workbook(codes));
    assert!(page.cell("2", "Reason").contains("made a date of this code"), "{}", page.text());
    let counted: &[&[_]] =
        &[&[Text("sku"), Text("on_hand"), Text("counted_at")], &[Text("Product1"), Number(50.0), Day(45_971.0)]];
    assert_eq!(counts(&import(&mut browser, "count.xlsx", workbook(counted))), ["1", "1", "0", "1", "0"]);
}

#[test]
fn an_order_whose_number_is_in_merged_cells_is_not_recorded_in_part() {
    let (app, mut browser) = article_shop();
    let file = "store,order_number,placed_at,sku,quantity,unit_price\nlazada-sg,1,,Product1,1,\n,,,Product1,2,\n\
                lazada-sg,2,,Product1,3,\nlazada-sg,3,,Product1,4,\n,,,Product1,5,\nTotal,,,,15,\n";
    let page = import(&mut browser, "orders.csv", file);
    assert_eq!(counts(&page), ["6", "1", "1", "0", "5"], "{}", page.text());
    assert_eq!(page.cell("2", "Reason"), "Import it again once line 3 is fixed: an order is imported as a whole.");
    assert_eq!(page.cell("6", "Reason"), "store: Enter a store code. order_number: Enter an order number.");
    assert!(page.cell("7", "Reason").contains("order_number: Enter an order number."), "{}", page.text());
    assert_eq!(browser.get("/orders").all("tbody th"), ["2"]);
    assert_verified(&app.database, app.now());
}

#[test]
fn what_a_file_has_besides_its_table_is_told() {
    let (app, mut browser) = article_shop();
    for (file, words) in [
        ("Stock list\n\nSKU;On hand\nProduct1;70\n", "Take out what is above line 3"),
        ("Stock list,,\n,November,\n,SKU,Name\n", "Take out what is above line 3"),
        ("Stock list\nProduct1,70\n", "Add what is missing to the first line"),
    ] {
        let said = refusal(&mut browser, file);
        assert!(said.contains(words), "{file}: {said}");
    }
    let file = "sku,,on_hand,,colour\n , ,\u{a0},,\nProduct1,x,71,,red\n\t\nTotal,,71,,\n,,71,,\n";
    let page = import(&mut browser, "c.csv", file);
    assert_eq!(counts(&page), ["3", "1", "0", "1", "2"], "{}", page.text());
    assert!(
        page.cell("5", "Reason").contains("“Total” is a new SKU") && page.cell("6", "Reason").contains("Enter a SKU")
    );
    assert!(
        page.text().contains("These columns have no name in the first line and were not read: B."),
        "{}",
        page.text()
    );
    assert!(page.text().contains("These columns were not read: colour."), "{}", page.text());
    assert_eq!(on_hand(&app, "Product1"), Some(71));
    let sheet = sheet_row(1, &[Text("sku"), Text("on_hand")]) + &sheet_row(2, &[Text("Product1"), Number(72.0)]);
    let page = import(&mut browser, "c.xlsx", two_sheets(&sheet));
    assert!(
        page.text().contains("Only the first sheet, Stock, was read. The others were not: Old."),
        "{}",
        page.text()
    );
    assert_eq!(on_hand(&app, "Product1"), Some(72));
}

#[test]
fn a_sku_in_several_rows_of_a_catalogue_is_named_with_them() {
    let (app, mut browser) = article_shop();
    let file = "sku,name,on_hand\nProduct1,One,70\nNEW,New,5\nProduct1,One,60\n";
    let page = import(&mut browser, "c.csv", file);
    assert_eq!(counts(&page), ["3", "3", "1", "2", "0"]);
    assert!(page.text().contains("“Product1” is in lines 2 and 4: the last good one counts."), "{}", page.text());
    assert_eq!(on_hand(&app, "Product1"), Some(60));
}

#[test]
fn a_workbook_that_would_fill_the_memory_or_is_broken_is_refused_in_words() {
    let (_app, mut browser) = article_shop();
    let bomb = "<si><t>x</t></si>".repeat(4 << 20);
    let bomb = of_parts(&[("xl/sharedStrings.xml", &bomb), ("xl/worksheets/sheet1.xml", "<worksheet/>")]);
    assert!(bomb.len() < 1 << 20, "it is small until it is unpacked");
    assert!(refusal(&mut browser, &bomb).contains("unpacked, this workbook has more than 64 MiB"));
    let good = workbook(&[&[Text("sku"), Text("on_hand")], &[Text("Product1"), Number(5.0)]]);
    for cut in [5, good.len() / 3, good.len() - 30] {
        let words = refusal(&mut browser, &good[..cut]);
        assert!(words.contains("it could not be read"), "{cut}: {words}");
    }
    let far = sheet_row(1, &[Text("sku"), Text("on_hand")]) + "<row r=\"2\"><c r=\"ZZZZZ2\"><v>5</v></c></row>";
    assert!(refusal(&mut browser, of_sheet(&far)).contains("row 2 has a cell beyond the last column"));
    let empty = of_sheet("");
    assert!(refusal(&mut browser, &empty).contains("this one is empty"));
    assert!(refusal(&mut browser, b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1").contains("old versions of Excel"));
    // A row far down costs nothing, and neither do cells that only have a format.
    let mut sparse = sheet_row(1, &[Text("sku"), Text("on_hand")]);
    for number in 2..100_000 {
        sparse += &sheet_row(number, &[Empty, Empty]);
    }
    sparse += &sheet_row(1_048_576, &[Text("Product1"), Number(80.0)]);
    let page = import(&mut browser, "sparse.xlsx", of_sheet(&sparse));
    assert_eq!(counts(&page), ["1", "1", "0", "1", "0"]);
}

#[test]
fn the_kind_of_a_file_is_recognized_and_a_wrong_one_is_said() {
    let (app, mut browser) = article_shop();
    let page = browser.get("/imports");
    assert_eq!(page.all("#kind option")[0], "Recognize it from the first line");
    for (file, kind) in [
        ("sku,on_hand\nProduct1,90\n", "Catalogue"),
        ("store,order_number,placed_at,sku,quantity,unit_price\nlazada-sg,1,,Product1,1,\n", "Orders"),
        ("Store;SKU;Seller SKU;Item ID;Variant ID\nlazada-sg;Product1;P1;1;2\n", "Listings"),
        ("sku,change,reason\nProduct1,5,received\n", "Stock changes"),
    ] {
        let page = import(&mut browser, "table.csv", file);
        assert_eq!((page.all("dl.facts dd")[0].as_str(), counts(&page)[4].as_str()), (kind, "0"), "{}", page.text());
    }
    assert_eq!(on_hand(&app, "Product1"), Some(95));
    let orders = b"store,order_number,placed_at,sku,quantity,unit_price\nlazada-sg,2,,Product1,1,\n";
    let wrong = browser.get("/imports").submit_file_with("file", "orders.csv", orders, &[("kind", "listings")]);
    assert!(wrong.all("#file-error")[0].contains("Choose the kind “Orders”"), "{}", wrong.text());
    let changes = b"sku,change,reason\nProduct1,7,received\n";
    let wrong = browser.get("/imports").submit_file_with("file", "changes.csv", changes, &[("kind", "catalogue")]);
    assert!(wrong.all("#file-error")[0].contains("Choose the kind “Stock changes”"), "{}", wrong.text());
    for (file, words) in [
        (&b"\"sku,name,on_hand,stores\"\n\"A,Tee,5,\"\n"[..], "Take away the quotes (\") around each whole line"),
        ("\u{200b}sku,name,on_hand,stores\nA,Tee,5,\n".as_bytes(), "the hidden character U+200B"),
        (b"sku,name,stock\nA,Tee,5\n", "Call the column “stock” on_hand if that is what it is"),
        (b"sku,qty,reason\nA,5,received\n", "Add what is missing to the first line: change. It has: sku, qty, reason."),
        (b"sku,colour\nA,red\n", "Add what is missing to the first line: sku, name, on_hand, stores for catalogue"),
        (b"<html><table><tr><td>sku</td></tr></table></html>", "this one is a web page"),
    ] {
        let said = refusal(&mut browser, file);
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn several_files_are_imported_at_once_or_none_of_them() {
    let (app, mut browser) = article_shop();
    let orders = |number: &str| {
        format!("store,order_number,placed_at,sku,quantity,unit_price\n{LAZADA},{number},,Product1,1,\n").into_bytes()
    };
    let (first, second) = (orders("1"), orders("2"));
    let files: [(&str, &[u8]); 3] =
        [("1.csv", &first), ("2.csv", &second), ("stock.csv", b"sku,on_hand\nProduct1,50\n")];
    let page = browser.get("/imports");
    let sent = page.submit_files_with("file", &files, &[]);
    assert_eq!(sent.location.as_deref(), Some("/imports#files"), "{}", sent.text());
    let list = browser.get("/imports");
    assert_eq!(list.all("tbody tr").len(), 3);
    assert_eq!([list.cell("1.csv", "State"), list.cell("stock.csv", "Kind")], ["Finished", "Catalogue"]);
    assert_eq!(on_hand(&app, "Product1"), Some(50));
    let third = orders("3");
    let files: [(&str, &[u8]); 2] = [("3.csv", &third), ("photo.csv", b"%PDF-1.7")];
    let sent = page.submit_files_with("file", &files, &[]);
    assert_eq!(sent.status, 422);
    assert!(sent.all("#file-error")[0].contains("photo.csv: Save the file as"), "{}", sent.text());
    assert_eq!(browser.get("/orders").all("tbody th"), ["2", "1"]);
}

#[test]
fn a_check_says_what_an_import_would_do_and_changes_nothing() {
    let (app, mut browser) = article_shop();
    let file = "sku,name,on_hand,stores\nProduct1,Product 1,70,\nNEW,New,5,lazada-sg\nNEW,Newer,6,\nBAD,Bad,many,\n\
                Product1,Product 1,70,\n";
    let sent = browser.get("/imports").submit_file_with("file", "c.csv", file.as_bytes(), &[("press", "check")]);
    let page = sent.follow();
    assert_eq!(counts(&page), ["5", "4", "1", "3", "1"]);
    assert!(page.text().contains("Nothing was changed."), "{}", page.text());
    assert!(page.text().contains("1 row of those updated is as the file says already."), "{}", page.text());
    assert!(page.text().contains("Checked, some rows would fail"));
    assert_eq!((on_hand(&app, "Product1"), on_hand(&app, "NEW")), (Some(100), None));
    let orders =
        "store,order_number,placed_at,sku,quantity,unit_price\nlazada-sg,1,,Product1,90,\nlazada-sg,2,,Product1,30,\n";
    let sent = browser.get("/imports").submit_file_with("file", "o.csv", orders.as_bytes(), &[("press", "check")]);
    let page = sent.follow();
    assert!(
        page.text()
            .contains("2 orders with 120 units would be recorded; 0 known already. 1 of them is short by 20 units."),
        "{}",
        page.text()
    );
    assert!(browser.get("/orders").text().contains("No orders yet"));
    let page = import(&mut browser, "o.csv", orders);
    assert!(page.text().contains("2 orders with 120 units were recorded; 0 known already."), "{}", page.text());
    assert_verified(&app.database, app.now());
}

#[test]
fn what_a_spreadsheet_shortened_is_no_order_and_no_sku() {
    let (app, mut browser) = article_shop();
    let orders = "store,order_number,placed_at,sku,quantity,unit_price\nlazada-sg,2.88123E+14,,Product1,1,\n\
                  lazada-sg,2.88124E+14,,Product1,2,\nlazada-sg,2.88123E+14,,Product1,3,\nlazada-sg,good,,Product1,1,\n";
    let page = import(&mut browser, "orders.csv", orders);
    assert_eq!(counts(&page), ["4", "1", "1", "0", "3"]);
    for line in ["2", "3", "4"] {
        assert_eq!(
            page.cell(line, "Reason"),
            "order_number: The spreadsheet shortened this number: format the column as text and export again."
        );
    }
    let pens = "sku,name,on_hand,stores\n4.00638E+12,Pen blue,30,\n4.00638E+12,Pen red,5,\n#N/A,Lost,1,\nTEE,#REF!,1,\n\
                =\"00123\",Zeros,\"1,000\",\nMUG,Mug,####,\n";
    let page = import(&mut browser, "pens.csv", pens);
    assert_eq!(counts(&page), ["6", "1", "1", "0", "5"]);
    assert_eq!((on_hand(&app, "00123"), on_hand(&app, "TEE")), (Some(1000), None));
}

#[test]
fn an_order_is_taken_at_the_earliest_of_its_times_however_they_are_written() {
    let (app, mut browser) = article_shop();
    let api = app.api();
    let file = "store,order_number,placed_at,sku,quantity,unit_price\n\
                lazada-sg,1,2026-11-10 12:31,Product1,1,\nlazada-sg,1,2026-11-10 12:30:00 +0800,Product1,2,\n\
                lazada-sg,2,2026-11-10T12:30+08:00,Product1,1,\nlazada-sg,3,10.11.2026 12:30,Product1,1,\n\
                lazada-sg,4,05/06/2026 12:30,Product1,1,\nlazada-sg,5,1970-01-01T00:00:00Z,Product1,1,\n";
    let page = import(&mut browser, "orders.csv", file);
    assert_eq!(counts(&page), ["6", "4", "4", "0", "2"], "{}", page.text());
    for number in ["1", "2", "3"] {
        assert_eq!(placed_at(&api, number), "2026-11-10T04:30:00Z");
    }
    assert!(page.text().contains("Order 1 of lazada-sg has lines of different times: the earliest counts."));
    assert!(page.cell("6", "Reason").contains("Write 2026-06-05 or 2026-05-06"));
    assert!(page.cell("7", "Reason").contains("Check the year: 1970 is before 2000."));
}

#[test]
fn the_rows_of_a_sale_go_by_their_names_and_come_from_any_file() {
    let (app, mut browser) = article_shop();
    add_sku(&app.database, "-RED", "Red", 50, &[LAZADA]);
    let details = browser.get("/promotions/new").submit(&[]).follow();
    let typed = [("name", "11.11"), ("type", "stock_allocation"), ("store", LAZADA), ("end", "2026-11-12T00:00")];
    let products = details.submit(&typed).follow();
    for (rows, words) in [
        ("Product1,5\nProduct1,7", "Keep one row for “Product1”: it is in rows 1 and 2."),
        ("Product1,5,-RED,6", "“6” is in no column"),
        ("sku,amount\nProduct1,5", "Add what is missing to the first line: quantity"),
    ] {
        let refused = products.submit(&[("press", "rows"), ("rows", rows)]);
        assert_eq!(refused.status, 422, "{rows}");
        assert!(refused.all("#rows-error")[0].contains(words), "{}", refused.text());
    }
    let files: [(&str, &[u8]); 2] = [("a.csv", b"Product1,5"), ("b.csv", b"Product1,x")];
    let refused = products.submit_files_with("file", &files, &[("press", "rows")]);
    assert!(refused.all("#rows-error")[0].contains("b.csv: Row 1: Enter a whole number"), "{}", refused.text());
    let added = products.submit(&[("press", "rows"), ("rows", "SKU,Available,Quantity\n'-RED,500,5")]).follow();
    assert_eq!(added.attribute("#quantity-1", "value").as_deref(), Some("5"));
    let sheet = workbook(&[&[Text("Quantity"), Text("SKU")], &[Number(6.0), Text("Product1")]]);
    let added = added.submit_file_with("file", "rows.xlsx", &sheet, &[("press", "rows")]).follow();
    assert_eq!(added.attribute("#quantity-2", "value").as_deref(), Some("6"), "{}", added.text());
    let order =
        [("store", SHOPEE), ("number", "O-1"), ("rows", "unit_price;quantity;sku\n2.50;1;Product1\n;2;Product1")];
    let order = browser.get("/orders/new").submit(&[&order[..], &[("press", "take")]].concat()).follow();
    assert_eq!(order.all("td[data-label='Quantity']"), ["1", "2"], "each row is a line: {}", order.text());
}
