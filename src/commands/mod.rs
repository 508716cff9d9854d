//! The commands of the program: a file each. Each reads its arguments and standard input, calls one action, and prints.

pub mod demo;
pub mod import;
pub mod key;
pub mod serve;
pub mod token;
pub mod user;
pub mod verify;
