package import CryptoSuite

extension CryptoSuite {
    /// Fast and the same on every machine, and of no use against anybody: no product links this room. What a simulation
    /// needs of a hash is only that different inputs have different ones.
    package static let simulated = CryptoSuite(
        sha256: { spread($0, key: 0) },
        hmacSHA256: { key, message in spread(message, key: fold(key)) },
        hkdfSHA256: { secret, salt, info, count in
            // Keys of X-Wing are long, and stand in it.
            let bound = info.count < long ? fold(info) : foldFast(info)
            return stream(fold(secret) ^ fold(salt) &* 3 ^ bound &* 7, 0, count)
        },
        keystream: { key, block, count in stream(fold(key), block &* 2, count) },
        keys: .simulated)
}

/// One word of everything in `bytes`.
func fold(_ bytes: [UInt8]) -> UInt64 { bytes.withUnsafeBytes { fold($0) } }

func fold(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hash = 0x9E37_79B9_7F4A_7C15 ^ UInt64(bytes.count)
    forEachWord(bytes) { hash = mixed(hash ^ $0) }
    return hash
}

/// From so many bytes on, words wait for each other longer than they take.
private let long = 512

/// The same for long messages: four words at a time, which do not wait for each other.
func foldFast(_ bytes: [UInt8]) -> UInt64 { bytes.withUnsafeBytes { foldFast($0) } }

func foldFast(_ raw: UnsafeRawBufferPointer) -> UInt64 {
    let (a, b, c, d, whole) = lanes(raw)
    let rest = fold(UnsafeRawBufferPointer(rebasing: raw[whole...]))
    return mixed(mixed(mixed(mixed(a ^ rest) ^ b) ^ c) ^ d) ^ UInt64(raw.count)
}

/// - Returns: one word of each lane, and how many bytes are in them.
private func lanes(_ raw: UnsafeRawBufferPointer) -> (UInt64, UInt64, UInt64, UInt64, whole: Int) {
    var (a, b, c, d) = (UInt64(1), UInt64(2), UInt64(3), UInt64(4))
    let whole = raw.count & ~31
    var at = 0
    while at < whole {
        a = mixedOnce(a ^ word(raw, at))
        b = mixedOnce(b ^ word(raw, at + 8))
        c = mixedOnce(c ^ word(raw, at + 16))
        d = mixedOnce(d ^ word(raw, at + 24))
        at += 32
    }
    return (a, b, c, d, whole)
}

private func word(_ raw: UnsafeRawBufferPointer, _ at: Int) -> UInt64 { raw.loadUnaligned(fromByteOffset: at, as: UInt64.self).littleEndian }

private func mixedOnce(_ value: UInt64) -> UInt64 {
    let x = value &* 0x9FB2_1C65_1E98_DF25
    return x ^ (x >> 32)
}

/// The finaliser of MurmurHash3: every bit of the input reaches every bit of the output.
func mixed(_ value: UInt64) -> UInt64 {
    var x = value
    x = (x ^ (x >> 33)) &* 0xFF51_AFD7_ED55_8CCD
    x = (x ^ (x >> 33)) &* 0xC4CE_B9FE_1A85_EC53
    return x ^ (x >> 33)
}

/// Lists of long keys; everything that decides who is in which group is shorter.
private let veryLong = 4096

func spread(_ bytes: [UInt8], key: UInt64) -> [UInt8] { bytes.withUnsafeBytes { spread($0, key: key) } }

private func spread(_ bytes: UnsafeRawBufferPointer, key: UInt64) -> [UInt8] {
    var state = Spreading(a: 0x6A09_E667_F3BC_C908 ^ key, b: 0xBB67_AE85_84CA_A73B ^ UInt64(bytes.count))
    var rest = bytes
    if bytes.count >= veryLong {
        let (one, two, three, four, whole) = lanes(bytes)
        state.absorb(one)
        state.absorb(two)
        state.absorb(three)
        state.absorb(four)
        rest = UnsafeRawBufferPointer(rebasing: bytes[whole...])
    }
    forEachWord(rest) { state.absorb($0) }
    let (a, b) = (state.a, state.b)
    return words(32) { mixed(a &+ mixed(b &+ $0 &* 0x9E37_79B9_7F4A_7C15)) }
}

private struct Spreading {
    var a: UInt64
    var b: UInt64

    mutating func absorb(_ word: UInt64) {
        a = (a ^ word) &* 0x9FB2_1C65_1E98_DF25
        a ^= a >> 32
        b = (b &+ word &+ a) &* 0xD6E8_FEB8_6659_FD93
        b ^= b >> 29
    }
}

func stream(_ key: UInt64, _ first: UInt64, _ count: Int) -> [UInt8] { words(count) { mixed(key ^ mixed(first &+ $0)) } }

/// Little-endian words, the last one as far as it goes.
/// - Parameter word: by its number.
func words(_ count: Int, _ word: (UInt64) -> UInt64) -> [UInt8] {
    // To fill it with zeros first takes less than an array that is made without: that one looks up its type each time.
    var bytes = [UInt8](repeating: 0, count: count)
    bytes.withUnsafeMutableBytes { raw in
        for at in stride(from: 0, to: count - 7, by: 8) { raw.storeBytes(of: word(UInt64(at / 8)).littleEndian, toByteOffset: at, as: UInt64.self) }
        let whole = count & ~7
        if whole < count {
            let last = word(UInt64(whole / 8))
            for at in whole..<count { raw[at] = UInt8(truncatingIfNeeded: last >> UInt64(8 * (at - whole))) }
        }
    }
    return bytes
}

/// Little-endian words; the last one is filled with zeros.
private func forEachWord(_ raw: UnsafeRawBufferPointer, _ body: (UInt64) -> Void) {
    var i = 0
    while i + 8 <= raw.count {
        body(UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: i, as: UInt64.self)))
        i += 8
    }
    guard i < raw.count else { return }
    var last: UInt64 = 0
    for k in i..<raw.count { last |= UInt64(raw[k]) << UInt64(8 * (k - i)) }
    body(last)
}
