//! Keys of lines as machines make them up.

use crate::oracle::side::Month;

/// Gives the lines of some months names that a machine made up, of one kind in a month, or of every
/// other line.
pub fn make_up(seed: u64, month: &mut Month) {
    let kind = seed % 10;
    if 5 <= kind {
        return;
    }
    let name = |key: &mut String| {
        let hash = hash(key.as_bytes());
        let is_left = kind == 4 && hash.is_multiple_of(2);
        if !is_left {
            *key = made_up(kind, hash);
        }
    };
    for line in &mut month.lines {
        name(&mut line.bkkp_sn);
        line.init_feedetl_sn.iter_mut().for_each(name);
    }
    for row in month.trace_codes.iter_mut().flatten() {
        row.bkkp_sn.iter_mut().for_each(name);
    }
}

fn made_up(kind: u64, hash: u128) -> String {
    let hex = format!("{hash:032x}");
    match kind {
        0 => hex,
        1 => {
            let cuts = [0..8, 8..12, 12..16, 16..20, 20..32];
            cuts.map(|cut| &hex[cut]).join("-")
        }
        2 => format!("HIS{}", hex.to_uppercase()),
        _ => {
            let digits = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
            let place = |nth: u32| usize::try_from(hash / 62_u128.pow(nth) % 62).unwrap_or(0);
            (0..21).map(|nth| char::from(digits[place(nth)])).collect()
        }
    }
}

/// FNV-1a of 128 bits.
fn hash(text: &[u8]) -> u128 {
    let step = |hash: u128, byte: &u8| {
        (hash ^ u128::from(*byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    };
    text.iter().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, step)
}
