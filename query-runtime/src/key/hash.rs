//! How is a key hashed: once, fast, and the same on every run?
//!
//! Collisions only cost a comparison (equality looks at the segments), so a folded multiplication per eight bytes is enough.

use std::hash::{Hash, Hasher};

use super::segment::KeySegment;

const SEED: u64 = 0x243f_6a88_85a3_08d3;
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

pub(super) fn hash_of(segments: &[KeySegment]) -> u64 {
    hash_one(segments)
}

/// Returns the hash of one value, such as an id.
pub(crate) fn hash_one<T: Hash + ?Sized>(value: &T) -> u64 {
    let mut hasher = KeyHasher { state: SEED };
    value.hash(&mut hasher);
    hasher.finish()
}

struct KeyHasher {
    state: u64,
}

impl KeyHasher {
    fn mix(&mut self, word: u64) {
        self.state = fold(self.state ^ word, MULTIPLIER).rotate_left(23);
    }
}

/// Multiplies to 128 bits and folds both halves, so that every input bit reaches every output bit.
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    let bytes = product.to_le_bytes();
    let (mut low, mut high) = ([0; 8], [0; 8]);
    low.copy_from_slice(&bytes[..8]);
    high.copy_from_slice(&bytes[8..]);
    u64::from_le_bytes(low) ^ u64::from_le_bytes(high)
}

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.mix(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.mix(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.mix(value);
    }

    fn write_usize(&mut self, value: usize) {
        self.mix(value as u64);
    }

    fn finish(&self) -> u64 {
        fold(self.state, SEED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_similar_keys_have_different_hashes() {
        let hashes: std::collections::HashSet<u64> = (0..100_000_u64)
            .map(|n| hash_of(&["users".into(), "detail".into(), KeySegment::from(n)]))
            .chain((0..100_000_u64).map(|n| hash_of(&["users".into(), KeySegment::from(format!("u{n}"))])))
            .collect();
        assert_eq!(hashes.len(), 200_000);
    }

    #[test]
    fn low_bits_are_spread() {
        // Hash maps use the low bits; sequential ids must not share them.
        let mut buckets = [0_u32; 64];
        for n in 0..6_400_u64 {
            let bucket = hash_of(&[KeySegment::from(n)]) % 64;
            buckets[usize::try_from(bucket).unwrap()] += 1;
        }
        assert!(buckets.iter().all(|count| (50..200).contains(count)), "{buckets:?}");
    }
}
