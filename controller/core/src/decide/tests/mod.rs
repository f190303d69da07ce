//! Rules as tables: a state made by folding events, facts as they are seen, and the one answer.

mod candidates;
mod dependencies;
mod entry;
mod evaluated;
mod failures;
mod flat;
mod gates;
mod horizon;
mod invariants;
mod landing;
mod laws;
mod ledger;
mod life;
mod live;
mod play;
mod policies;
mod queues;
mod remedies;
mod rollback;
mod stage;
mod table;
mod turns;
mod upstream;
mod windows;
mod worlds;
