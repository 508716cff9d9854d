//! The least that can take orders on this stack, to hold the server against: one hot row in SQLite, a guarded update and
//! an insert for each order, all that wait in one commit that is durable when it is answered. It knows no tokens, rules,
//! ledger, lists or pages. Its program is the benchmark's own, started with the path of a database.

use actix_web::{App, HttpResponse, HttpServer, web};
use diesel::{connection::SimpleConnection, prelude::*, sql_query, sql_types::Text};
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
    /// Starts one on a new database at `path`.
    pub fn start(path: &Path) -> Self {
        let program = std::env::current_exe().expect("this program");
        let mut child = Command::new(program).arg(path).stdout(Stdio::piped()).spawn().expect("the server starts");
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

struct Waiting {
    number: String,
    answer: oneshot::Sender<()>,
}

/// Serves until it is killed.
pub fn serve(path: &str) {
    let (sender, waiting) = mpsc::channel();
    let mut conn = SqliteConnection::establish(path).expect("a database");
    conn.batch_execute(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE stock (sku TEXT PRIMARY KEY, left_over INTEGER NOT NULL CHECK (left_over >= 0)) WITHOUT ROWID;
         CREATE TABLE orders (number TEXT PRIMARY KEY) WITHOUT ROWID;
         INSERT INTO stock VALUES ('HOT', 1000000000);",
    )
    .expect("its tables");
    std::thread::spawn(move || take_all(&mut conn, &waiting));
    let served = actix_web::rt::System::new().block_on(async {
        let server =
            HttpServer::new(move || App::new().app_data(web::Data::new(sender.clone())).default_service(web::to(take)));
        let server = server.workers(2).tcp_nodelay(true).bind("127.0.0.1:0")?;
        println!("{}", server.addrs()[0]);
        server.run().await
    });
    served.expect("a server");
}

async fn take(number: String, orders: web::Data<mpsc::Sender<Waiting>>) -> HttpResponse {
    let (answer, answered) = oneshot::channel();
    orders.send(Waiting { number, answer }).expect("somebody takes them");
    answered.await.expect("an answer");
    HttpResponse::Ok().content_type("application/json").body(r#"{"status":"accepted"}"#)
}

fn take_all(conn: &mut SqliteConnection, orders: &mpsc::Receiver<Waiting>) {
    while let Ok(first) = orders.recv() {
        let all: Vec<Waiting> = std::iter::once(first).chain(orders.try_iter().take(255)).collect();
        let taken = conn.immediate_transaction(|conn| {
            all.iter().try_for_each(|order| {
                sql_query("UPDATE stock SET left_over = left_over - 1 WHERE sku = 'HOT' AND left_over > 0")
                    .execute(conn)?;
                sql_query("INSERT INTO orders VALUES (?)").bind::<Text, _>(&order.number).execute(conn).map(drop)
            })
        });
        taken.expect("a commit");
        all.into_iter().for_each(|order| order.answer.send(()).expect("somebody waits"));
    }
}
