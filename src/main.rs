//! The `arrears` command.

use arrears::cli::{self, Cli};
use clap::Parser;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    if cli.only_looks() {
        keep_to_small_pages();
    }
    match cli::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            cli::print_error(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

/// Starts a verb that only looks at a ledger anew with the allocator told to keep to small pages, which it asks for once,
/// when a process starts. A huge page that is touched at one end is zeroed and kept whole: a check takes a fifth more
/// memory for it and is no faster, while a run, which uses its memory again and again, is faster by a tenth.
#[cfg(target_os = "linux")]
fn keep_to_small_pages() {
    use std::os::unix::process::CommandExt;
    const ALLOW_HUGE: &str = "MIMALLOC_ALLOW_THP";
    if std::env::var_os(ALLOW_HUGE).is_some() {
        return;
    }
    if let Ok(program) = std::env::current_exe() {
        let mut again = std::process::Command::new(program);
        // it returns only where it could not be done: the check then takes more memory
        drop(again.args(std::env::args_os().skip(1)).env(ALLOW_HUGE, "0").exec());
    }
}

#[cfg(not(target_os = "linux"))]
fn keep_to_small_pages() {}
