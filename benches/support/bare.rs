//! The least that can take orders on this stack, to hold the server against: JSON in, one hot row in SQLite, a guarded
//! update and an insert for each order, all that wait in one commit that is durable when it is answered. It knows no
//! tokens, rules, ledger, lists or pages. Its program is the benchmark's own, started with the path of a database.

use actix_web::{App, HttpResponse, HttpServer, web};
use diesel::{
    connection::SimpleConnection,
    prelude::*,
    sql_query,
    sql_types::{BigInt, Text},
};
use serde::Deserialize;
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    sync::mpsc,
};
use tokio::sync::oneshot;

/// A bare server that stops when it is dropped.
pub struct Bare {
    child: Child,
    _output: BufReader<ChildStdout>,
    /// The address and the port that it listens on.
    pub address: String,
}

impl Bare {
    /// Starts one on a new database at `path`, which takes up to `together` orders in one commit.
    pub fn start(path: &Path, together: &str) -> Self {
        let program = std::env::current_exe().expect("this program");
        let mut command = Command::new(program);
        let mut child = command.arg(path).arg(together).stdout(Stdio::piped()).spawn().expect("the server starts");
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        let mut line = String::new();
        output.read_line(&mut line).expect("its address");
        Self { child, _output: output, address: line.trim().to_owned() }
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        self.child.kill().expect("the server can be stopped");
        self.child.wait().expect("the server stops");
    }
}

/// What is asked for.
#[derive(Deserialize)]
struct Order {
    sku: i64,
    quantity: i64,
    number: String,
}

struct Waiting {
    order: Order,
    answer: oneshot::Sender<()>,
}

/// Serves until it is killed.
pub fn serve(path: &str, together: usize) {
    let (sender, waiting) = mpsc::channel();
    let mut conn = SqliteConnection::establish(path).expect("a database");
    conn.batch_execute(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE stock (
             id INTEGER PRIMARY KEY, code TEXT UNIQUE NOT NULL, on_hand INTEGER NOT NULL,
             sold INTEGER NOT NULL DEFAULT 0, CHECK (sold BETWEEN 0 AND on_hand)
         );
         CREATE TABLE orders (
             id INTEGER PRIMARY KEY, sku INTEGER NOT NULL, quantity INTEGER NOT NULL, number TEXT UNIQUE NOT NULL
         );
         INSERT INTO stock (id, code, on_hand) VALUES (1, 'HOT', 1000000000);",
    )
    .expect("its tables");
    std::thread::spawn(move || take_all(&mut conn, &waiting, together));
    let served = actix_web::rt::System::new().block_on(async {
        let server =
            HttpServer::new(move || App::new().app_data(web::Data::new(sender.clone())).default_service(web::to(take)));
        let server = server.workers(2).tcp_nodelay(true).bind("127.0.0.1:0")?;
        println!("{}", server.addrs()[0]);
        server.run().await
    });
    served.expect("a server");
}

async fn take(order: web::Json<Order>, orders: web::Data<mpsc::Sender<Waiting>>) -> HttpResponse {
    let (answer, answered) = oneshot::channel();
    orders.send(Waiting { order: order.into_inner(), answer }).expect("the writer runs");
    answered.await.expect("an answer");
    HttpResponse::Ok().content_type("application/json").body(r#"{"status":"accepted"}"#)
}

fn take_all(conn: &mut SqliteConnection, orders: &mpsc::Receiver<Waiting>, together: usize) {
    while let Ok(first) = orders.recv() {
        let all: Vec<Waiting> = std::iter::once(first).chain(orders.try_iter().take(together - 1)).collect();
        let taken = conn.immediate_transaction(|conn| all.iter().try_for_each(|waiting| sell(conn, &waiting.order)));
        taken.expect("a commit");
        all.into_iter().for_each(|waiting| waiting.answer.send(()).expect("the request waits"));
    }
}

fn sell(conn: &mut SqliteConnection, order: &Order) -> QueryResult<()> {
    let sold = sql_query("UPDATE stock SET sold = sold + ? WHERE id = ? AND on_hand - sold >= ?")
        .bind::<BigInt, _>(order.quantity)
        .bind::<BigInt, _>(order.sku)
        .bind::<BigInt, _>(order.quantity)
        .execute(conn)?;
    assert_eq!(sold, 1, "there is enough");
    sql_query("INSERT INTO orders (sku, quantity, number) VALUES (?, ?, ?)")
        .bind::<BigInt, _>(order.sku)
        .bind::<BigInt, _>(order.quantity)
        .bind::<Text, _>(&order.number)
        .execute(conn)
        .map(drop)
}
