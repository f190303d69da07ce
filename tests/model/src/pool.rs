//! Things that are kept once and named by a number, so that a state of the model is a few bytes; and what was computed
//! once from them.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, BuildHasherDefault, Hash, Hasher};
use std::sync::{OnceLock, RwLock};

/// How many things stand together.
const CHUNK: usize = 4096;
/// How many chunks there can be.
const CHUNKS: usize = 16_384;

type Chunk<T> = Box<[OnceLock<T>]>;

/// Keeps each thing once, under the bytes that say whether two are the same. What is there is read without a lock.
pub struct Pool<T> {
    numbers: RwLock<HashMap<Vec<u8>, u32>>,
    chunks: Box<[OnceLock<Chunk<T>>]>,
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self { numbers: RwLock::default(), chunks: (0..CHUNKS).map(|_| OnceLock::new()).collect() }
    }
}

impl<T> Pool<T> {
    /// The number of a thing, known by its key or new.
    pub fn number(&self, key: Vec<u8>, thing: T) -> u32 {
        if let Some(number) = self.numbers.read().expect("a lock").get(&key) {
            return *number;
        }
        let mut numbers = self.numbers.write().expect("a lock");
        let next = numbers.len();
        *numbers.entry(key).or_insert_with(|| {
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

/// A hasher for keys of a few small numbers that nobody chose to collide.
#[derive(Default)]
struct Quick(u64);

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, n: u8) {
        self.write_u64(n.into());
    }

    fn write_u32(&mut self, n: u32) {
        self.write_u64(n.into());
    }

    fn write_u64(&mut self, n: u64) {
        self.0 = (self.0.rotate_left(5) ^ n).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn write_isize(&mut self, n: isize) {
        self.write_u64(n as u64);
    }

    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 29
    }
}

type Answers<K, V> = HashMap<K, V, BuildHasherDefault<Quick>>;

/// Remembers what a function answered.
pub struct Memo<K, V> {
    shards: [RwLock<Answers<K, V>>; SHARDS],
}

impl<K, V> Default for Memo<K, V> {
    fn default() -> Self {
        Self { shards: std::array::from_fn(|_| RwLock::default()) }
    }
}

impl<K: Hash + Eq + Copy, V: Clone> Memo<K, V> {
    /// What was answered for `key`, or is now.
    pub fn get(&self, key: K, answer: impl FnOnce() -> V) -> V {
        let shard =
            &self.shards[(BuildHasherDefault::<Quick>::default().hash_one(key) >> 59) as usize % SHARDS];
        if let Some(known) = shard.read().expect("a lock").get(&key) {
            return known.clone();
        }
        let new = answer();
        shard.write().expect("a lock").entry(key).or_insert(new).clone()
    }

    /// How many answers are remembered.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard: &RwLock<Answers<K, V>>| shard.read().expect("a lock").len()).sum()
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
