internal import COpenSSL
internal import Crypto
package import CryptoSuite

extension CryptoSuite {
    /// The real primitives. Bulk work (digests of models and updates, masks) goes through libcrypto, which uses the
    /// processor's AES and SHA instructions at full speed and in place; the small ones are swift-crypto's.
    package static let system = CryptoSuite(
        sha256: { message in
            precondition(Libcrypto.isReady, "libcrypto cannot be used")
            // The message may be a whole model: one call, no copy.
            var digest = [UInt8](repeating: 0, count: SHA256.byteCount)
            var length: UInt32 = 0
            let done = EVP_Digest(message, message.count, &digest, &length, EVP_sha256(), nil)
            precondition(done == 1 && length == 32, "libcrypto has no SHA-256")
            return digest
        },
        hmacSHA256: { key, message in authenticationCode(key, message) },
        hkdfSHA256: { secret, salt, info, count in
            precondition((0...255 * SHA256.byteCount).contains(count), "HKDF-SHA-256 gives at most 8,160 bytes")
            guard count > 0 else { return [] }
            return HKDF<SHA256>.deriveKey(
                inputKeyMaterial: SymmetricKey(data: secret), salt: salt, info: info, outputByteCount: count
            ).withUnsafeBytes { Array($0) }
        },
        keystream: { key, block, count in
            counterKeystream(key: key, counter: (0, block), count: count)
        },
        keys: .system,
        addMasks: { masks, numbers in MaskStreams.add(masks, to: numbers) })
}

func authenticationCode(_ key: [UInt8], _ message: [UInt8]) -> [UInt8] {
    Array(HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: key)))
}

/// AES-128 in counter mode over zeros (SP 800-38A §6.5).
/// - Parameters:
///   - key: 16 bytes.
///   - counter: the first counter block as a 128-bit number; it is incremented over its whole width.
///   - count: bytes of keystream.
package func counterKeystream(key: [UInt8], counter: (high: UInt64, low: UInt64), count: Int) -> [UInt8] {
    precondition(Libcrypto.isReady, "libcrypto cannot be used")
    precondition(key.count == 16 && count >= 0, "AES-128 has a key of 16 bytes")
    guard let context = EVP_CIPHER_CTX_new() else { preconditionFailure("libcrypto is out of memory") }
    defer { EVP_CIPHER_CTX_free(context) }
    var first: [UInt8] = []
    withUnsafeBytes(of: counter.high.bigEndian) { first += $0 }
    withUnsafeBytes(of: counter.low.bigEndian) { first += $0 }
    precondition(EVP_EncryptInit_ex(context, EVP_aes_128_ctr(), nil, key, first) == 1, "libcrypto has no AES-128-CTR")
    // In place over zeros; libcrypto counts in Int32, so in steps of 1 GiB.
    return [UInt8](unsafeUninitializedCapacity: count) { out, initialized in
        out.initialize(repeating: 0)
        var at = 0
        while at < count {
            let step = min(count - at, 1 << 30)
            var written: Int32 = 0
            let place = out.baseAddress! + at
            let done = EVP_EncryptUpdate(context, place, &written, place, Int32(step))
            precondition(done == 1 && Int(written) == step, "libcrypto's AES-128-CTR failed")
            at += step
        }
        initialized = count
    }
}

/// SHA-256 of a stream. Not for two threads at once.
package final class StreamingSHA256 {
    private let context: OpaquePointer
    private var isFinished = false

    package init() {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            preconditionFailure("libcrypto has no SHA-256")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    package func update(_ bytes: UnsafeRawBufferPointer) {
        precondition(!isFinished, "the stream has ended")
        precondition(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1, "libcrypto's SHA-256 failed")
    }

    package func update(_ bytes: some Sequence<UInt8>) {
        let done: Void? = bytes.withContiguousStorageIfAvailable { update(UnsafeRawBufferPointer($0)) }
        if done == nil { Array(bytes).withUnsafeBytes { update($0) } }
    }

    /// Ends the stream; 32 bytes.
    package func finish() -> [UInt8] {
        precondition(!isFinished, "the stream has ended")
        isFinished = true
        var digest = [UInt8](repeating: 0, count: SHA256.byteCount)
        var length: UInt32 = 0
        let done = EVP_DigestFinal_ex(context, &digest, &length)
        precondition(done == 1 && length == 32, "libcrypto's SHA-256 failed")
        return digest
    }
}
