//! What `security` finds: cases of each class, and what zizmor finds in the corpus.

#[cfg(test)]
mod cases;
#[path = "../commit/mod.rs"]
mod commit;
#[cfg(test)]
mod compare;
#[path = "../corpus/mod.rs"]
mod corpus;
#[cfg(test)]
mod healths;
#[cfg(test)]
mod record;
#[cfg(test)]
mod zizmor;
