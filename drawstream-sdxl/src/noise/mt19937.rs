//! The Mersenne Twister MT19937 (Matsumoto & Nishimura 1998), as `std::mt19937` and PyTorch seed it.

const LENGTH: usize = 624;
const SHIFT: usize = 397;

#[derive(Clone, Debug)]
pub(super) struct Mt19937 {
    state: [u32; LENGTH],
    next: usize,
}

impl Mt19937 {
    pub(super) fn new(seed: u32) -> Self {
        let mut state = [seed; LENGTH];
        for at in 1..LENGTH {
            let before = state[at - 1];
            state[at] = 1_812_433_253u32
                .wrapping_mul(before ^ before >> 30)
                .wrapping_add(at as u32);
        }
        Self {
            state,
            next: LENGTH,
        }
    }

    /// The next 32 random bits.
    pub(super) fn next(&mut self) -> u32 {
        if self.next == LENGTH {
            self.twist();
        }
        let mut bits = self.state[self.next];
        self.next += 1;
        bits ^= bits >> 11;
        bits ^= bits << 7 & 0x9D2C_5680;
        bits ^= bits << 15 & 0xEFC6_0000;
        bits ^ bits >> 18
    }

    fn twist(&mut self) {
        for at in 0..LENGTH {
            let joined = self.state[at] & 0x8000_0000 | self.state[(at + 1) % LENGTH] & 0x7FFF_FFFF;
            let odd = if joined & 1 == 1 { 0x9908_B0DF } else { 0 };
            self.state[at] = self.state[(at + SHIFT) % LENGTH] ^ joined >> 1 ^ odd;
        }
        self.next = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::Mt19937;

    /// The C++ standard fixes the 10 000th number of the default seed (`[rand.predef]`).
    #[test]
    fn the_ten_thousandth_number_is_the_standards() {
        let mut engine = Mt19937::new(5489);
        let last = (0..10_000).map(|_| engine.next()).last();
        assert_eq!(last, Some(4_123_659_995));
    }
}
