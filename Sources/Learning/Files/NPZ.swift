internal import Deflate
internal import StrictJSON

/// NumPy's archives (`numpy.savez`, `numpy.savez_compressed`): a zip file of array files, stored as they are or deflated.
/// What a deflated one becomes is known from the directory before it is unpacked, and it becomes no more than that.
package enum NPZ {
    /// The arrays by name, in the order of the archive's directory. Each is read only when it is asked for.
    package struct Archive: Sendable {
        package let names: [String]
        private let members: [String: Member]
        private let bytes: [UInt8]

        package init(_ bytes: [UInt8]) throws(ArrayFileError) {
            let found = try directory(bytes)
            names = found.map(\.name)
            members = Dictionary(found.map { ($0.name, $0.member) }, uniquingKeysWith: { first, _ in first })
            guard members.count == found.count else { throw .archive("two arrays have the same name") }
            self.bytes = bytes
        }

        /// The first array that has one of the names.
        package func array(_ candidates: [String]) throws(ArrayFileError) -> NumericArray? {
            guard let (name, member) = candidates.lazy.compactMap({ name in members[name].map { (name, $0) } }).first else { return nil }
            guard let deflated = member.deflated else { return try NPY.decode(bytes, member.range) }
            let unpacked: (bytes: [UInt8], taken: Int)
            do throws(InflateError) { unpacked = try Inflater.whole(bytes[member.range], limit: deflated.bytes) } catch {
                throw .archive("'\(name.clipped(40))': \(error)")
            }
            guard unpacked.bytes.count == deflated.bytes, unpacked.taken == member.range.count, CRC32.of(unpacked.bytes[...]) == deflated.crc32 else {
                throw .archive("'\(name.clipped(40))' is not what the directory says")
            }
            return try NPY.decode(unpacked.bytes)
        }
    }

    /// Where one array lies.
    struct Member: Sendable {
        let range: Range<Int>
        /// What it becomes; nil: it is stored as it is.
        let deflated: (bytes: Int, crc32: UInt32)?
    }

    static let magic: [UInt8] = [0x50, 0x4B, 0x03, 0x04]

    private static func little(_ bytes: [UInt8], _ at: Int, _ count: Int) -> Int {
        (0..<count).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
    }

    /// Names, without `.npy`, and where the bytes lie (PKWARE's APPNOTE 4.3).
    private static func directory(_ bytes: [UInt8]) throws(ArrayFileError) -> [(name: String, member: Member)] {
        // The end record is 22 bytes and a comment of at most 65,535.
        let end = stride(from: bytes.count - 22, through: max(0, bytes.count - 22 - 65_535), by: -1).first {
            $0 >= 0 && bytes[$0...].starts(with: [0x50, 0x4B, 0x05, 0x06])
        }
        guard let end else { throw .archive("it has no directory; it may be cut off") }
        let count = little(bytes, end + 10, 2)
        var at = little(bytes, end + 16, 4)
        guard count <= Limits.tensors else { throw .archive("it has more than \(Limits.tensors) members") }
        var members: [(name: String, member: Member)] = []
        for _ in 0..<count {
            guard at + 46 <= end, bytes[at...].starts(with: [0x50, 0x4B, 0x01, 0x02]) else { throw .archive("its directory is damaged") }
            let (method, stored, plain) = (little(bytes, at + 10, 2), little(bytes, at + 20, 4), little(bytes, at + 24, 4))
            let (nameBytes, extra, comment) = (little(bytes, at + 28, 2), little(bytes, at + 30, 2), little(bytes, at + 32, 2))
            let header = little(bytes, at + 42, 4)
            guard at + 46 + nameBytes <= end, let name = String(validating: bytes[(at + 46)..<(at + 46 + nameBytes)], as: UTF8.self) else {
                throw .archive("a name in its directory is damaged")
            }
            guard method == 8 || (method == 0 && stored == plain) else { throw .archive("'\(name.clipped(40))' is packed in a way that is not read") }
            guard plain <= 1 << 20 || plain / Limits.archiveRatio <= stored else {
                throw .archive("'\(name.clipped(40))' would become \(plain) bytes out of \(stored)")
            }
            guard header + 30 <= at, bytes[header...].starts(with: magic) else { throw .archive("'\(name.clipped(40))' is not where the directory says") }
            let start = header + 30 + little(bytes, header + 26, 2) + little(bytes, header + 28, 2)
            guard start + stored <= bytes.count else { throw .archive("'\(name.clipped(40))' is cut off") }
            let deflated = method == 8 ? (bytes: plain, crc32: UInt32(little(bytes, at + 16, 4))) : nil
            members.append((name.hasSuffix(".npy") ? String(name.dropLast(4)) : name, Member(range: start..<(start + stored), deflated: deflated)))
            at += 46 + nameBytes + extra + comment
        }
        return members
    }
}
