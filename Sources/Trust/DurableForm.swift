internal import CryptoSuite

/// Bytes with magic, version, length and SHA-256 in front, so that a file which is cut or changed is not taken for what was
/// written.
package enum DurableForm {
    private static let magic: [UInt8] = Array("TUTTI\u{1}\n".utf8) + [1]
    private static let headerBytes = 8 + 8 + 32

    package static func encode(_ payload: [UInt8]) -> [UInt8] {
        var bytes = magic
        bytes.reserveCapacity(headerBytes + payload.count)
        for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: payload.count >> shift)) }
        bytes += CryptoSuite.system.sha256(payload)
        return bytes + payload
    }

    /// nil: it is not what was written.
    package static func decode(_ bytes: [UInt8]) -> [UInt8]? {
        guard bytes.count >= headerBytes, Array(bytes[0..<8]) == magic else { return nil }
        var length: UInt64 = 0
        for index in 0..<8 { length |= UInt64(bytes[8 + index]) << (8 * index) }
        let payload = Array(bytes[headerBytes...])
        guard UInt64(payload.count) == length, CryptoSuite.system.sha256(payload) == Array(bytes[16..<48]) else { return nil }
        return payload
    }
}

/// 32 secret bytes that are drawn once and kept.
package enum SeedFile {
    private static let count = 32

    /// Versions before this one wrote the 32 bytes alone, and no change of them could be seen; they are read, and nothing that
    /// begins as the present form does is taken for them.
    package static func read(_ path: String) throws(TrustError) -> [UInt8] {
        let bytes = try SecretFile.read(path)
        if let seed = DurableForm.decode(bytes), seed.count == count { return seed }
        guard bytes.count == count, !bytes.starts(with: Array("TUTTI".utf8)) else {
            throw .file(path: path, problem: "it is damaged: its checksum does not match")
        }
        return bytes
    }

    package static func write(_ seed: [UInt8], to path: String) throws(TrustError) { try SecretFile.write(DurableForm.encode(seed), to: path) }
}
