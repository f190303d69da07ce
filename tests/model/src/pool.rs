//! Things that are kept once and named by a number, so that a state of the model is a few bytes; and what was computed
//! once from them.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, BuildHasherDefault, Hasher};
use std::io::{self, Write};
use std::sync::{OnceLock, RwLock};

use serde::Serialize;

use crate::node::scatter;

/// How many things stand together.
const CHUNK: usize = 4096;
/// How many chunks there can be.
const CHUNKS: usize = 16_384;

/// 128 bits of hash over all that a thing says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mark(u64, u64);

impl Mark {
    /// The mark of a thing.
    pub fn of(thing: &impl Serialize) -> Self {
        let mut mark = Self(0x9e37_79b9_7f4a_7c15, 0xd1b5_4a32_d192_ed03);
        serde_json::to_writer(&mut mark, thing).expect("it can be written as JSON");
        mark
    }

    fn add(&mut self, word: u64) {
        (self.0, self.1) = (scatter(self.0 ^ word), scatter(self.1.rotate_left(23) ^ word));
    }
}

impl Write for Mark {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.add(u64::from_le_bytes(word));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

type Chunk<T> = Box<[OnceLock<T>]>;

/// Keeps each thing once, under a mark that says whether two are the same. What is there is read without a lock.
pub struct Pool<T> {
    numbers: RwLock<HashMap<Mark, u32>>,
    chunks: Box<[OnceLock<Chunk<T>>]>,
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self { numbers: RwLock::default(), chunks: (0..CHUNKS).map(|_| OnceLock::new()).collect() }
    }
}

impl<T> Pool<T> {
    /// The number of a thing, known by its mark or new.
    pub fn number(&self, mark: Mark, thing: T) -> u32 {
        if let Some(number) = self.numbers.read().expect("a lock").get(&mark) {
            return *number;
        }
        let mut numbers = self.numbers.write().expect("a lock");
        let next = numbers.len();
        *numbers.entry(mark).or_insert_with(|| {
            let empty = || (0..CHUNK).map(|_| OnceLock::new()).collect();
            let chunk = self.chunks[next / CHUNK].get_or_init(empty);
            chunk[next % CHUNK].get_or_init(|| thing);
            u32::try_from(next).expect("as many as chunks have room for")
        })
    }

    /// The thing with this number.
    pub fn get(&self, number: u32) -> &T {
        let number = number as usize;
        let chunk = self.chunks[number / CHUNK].get().expect("a number of this pool");
        chunk[number % CHUNK].get().expect("a number of this pool")
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.numbers.read().expect("a lock").len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

const SHARDS: usize = 16;

/// A hasher for numbers that nobody chose to collide.
#[derive(Default)]
pub struct Quick(u64);

impl Hasher for Quick {
    fn write(&mut self, _: &[u8]) {
        unreachable!("keys are numbers");
    }

    fn write_u64(&mut self, n: u64) {
        let wide = u128::from(n ^ 0x517c_c1b7_2722_0a95) * 0x9e37_79b9_7f4a_7c15;
        self.0 = (wide >> 64) as u64 ^ wide as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

type Answers<V> = HashMap<u64, V, BuildHasherDefault<Quick>>;

/// Remembers, for all threads, what a function answered.
pub struct Memo<V> {
    shards: [RwLock<Answers<V>>; SHARDS],
}

impl<V> Default for Memo<V> {
    fn default() -> Self {
        Self { shards: std::array::from_fn(|_| RwLock::default()) }
    }
}

impl<V: Copy> Memo<V> {
    /// What was answered for `key`, or is now.
    pub fn get(&self, key: u64, answer: impl FnOnce() -> V) -> V {
        let shard =
            &self.shards[(BuildHasherDefault::<Quick>::default().hash_one(key) >> 32) as usize % SHARDS];
        if let Some(known) = shard.read().expect("a lock").get(&key) {
            return *known;
        }
        let new = answer();
        *shard.write().expect("a lock").entry(key).or_insert(new)
    }

    /// How many answers are remembered.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.read().expect("a lock").len()).sum()
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Remembers the same for one thread, without a lock.
pub struct Recall<V> {
    answers: Answers<V>,
}

impl<V> Default for Recall<V> {
    fn default() -> Self {
        Self { answers: HashMap::default() }
    }
}

impl<V: Copy> Recall<V> {
    /// What was answered for `key`, or is now.
    pub fn get(&mut self, key: u64, answer: impl FnOnce() -> V) -> V {
        *self.answers.entry(key).or_insert_with(answer)
    }
}
