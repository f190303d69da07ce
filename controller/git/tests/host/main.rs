//! The adapter against real hosts: paths, files, smart HTTP on 127.0.0.1, with faults.

mod conformance;
mod fetching;
mod pushing;
mod support;
mod trouble;
