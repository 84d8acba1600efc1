//! What can a program ask of the directory: everything that `schemas/directory.yaml` declares, typed.

include!(concat!(env!("OUT_DIR"), "/directory.rs"));
