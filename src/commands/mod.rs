//! The commands of the program, one file each. A command reads its arguments and standard input, calls an action, and
//! prints the result.

pub mod demo;
pub mod import;
pub mod key;
pub mod listener;
pub mod serve;
pub mod stop;
pub mod token;
pub mod user;
pub mod verify;
