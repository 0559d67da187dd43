/// The cryptographic primitives as a value: the pure rooms compute with whatever suite they are given. `Trust` supplies
/// the real one; the simulator a fast deterministic one that no product links.
package struct CryptoSuite: Sendable {
    /// SHA-256 (FIPS 180-4) of the whole input: 32 bytes.
    package var sha256: @Sendable ([UInt8]) -> [UInt8]
    /// HMAC-SHA-256 (RFC 2104): 32 bytes.
    package var hmacSHA256: @Sendable (_ key: [UInt8], _ message: [UInt8]) -> [UInt8]
    /// HKDF-SHA-256 (RFC 5869), `count` at most 8,160 bytes.
    package var hkdfSHA256: @Sendable (_ secret: [UInt8], _ salt: [UInt8], _ info: [UInt8], _ count: Int) -> [UInt8]
    /// AES-128 in counter mode (SP 800-38A) over zeros: IV 0, 128-bit big-endian counter that starts at `block`.
    package var keystream: @Sendable (_ key: [UInt8], _ block: UInt64, _ count: Int) -> [UInt8]
    /// Agreement, sealing and signatures.
    package var keys: PublicKeySuite
    /// Adds masks of one width to numbers of at most 32 bits, or takes them off: see `Mask`.
    package var addMasks: @Sendable ([Mask], UnsafeMutableBufferPointer<UInt32>) -> Void

    /// - Parameter addMasks: made of `keystream` where it is left out.
    package init(
        sha256: @escaping @Sendable ([UInt8]) -> [UInt8],
        hmacSHA256: @escaping @Sendable ([UInt8], [UInt8]) -> [UInt8],
        hkdfSHA256: @escaping @Sendable ([UInt8], [UInt8], [UInt8], Int) -> [UInt8],
        keystream: @escaping @Sendable ([UInt8], UInt64, Int) -> [UInt8],
        keys: PublicKeySuite,
        addMasks: (@Sendable ([Mask], UnsafeMutableBufferPointer<UInt32>) -> Void)? = nil
    ) {
        self.sha256 = sha256
        self.hmacSHA256 = hmacSHA256
        self.hkdfSHA256 = hkdfSHA256
        self.keystream = keystream
        self.keys = keys
        self.addMasks =
            addMasks ?? { masks, numbers in
                guard let width = masks.first?.width else { return }
                Mask.inParts(numbers.count, width: width) { part, blocks, byteCount in
                    for mask in masks {
                        mask.add(keystream(mask.key, mask.block &+ blocks, byteCount), to: UnsafeMutableBufferPointer(rebasing: numbers[part]))
                    }
                }
            }
    }

    /// Adds one mask, or takes it off.
    package func addMask(_ mask: Mask, _ numbers: UnsafeMutableBufferPointer<UInt32>) { addMasks([mask], numbers) }
}

/// Compares secrets in a time that depends on their lengths only.
package func constantTimeEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    guard a.count == b.count else { return false }
    var difference: UInt8 = 0
    for i in a.indices { difference |= a[i] ^ b[i] }
    return difference == 0
}
