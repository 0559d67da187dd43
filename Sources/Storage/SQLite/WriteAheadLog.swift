import Foundation

/// SQLite's log beside the database, looked at before SQLite does. SQLite takes the first frame with a wrong checksum for the
/// end of the log, as a crash leaves it; a bit that flips further in front would silently take back what was acknowledged.
///
/// Two witnesses tell the one from the other. Every commit is synced before the next one is written, so a crash can tear
/// the last transaction alone: two whole commits behind a wrong frame are damage. And the index in shared memory
/// (`-shm`), which outlives a killed process though not always a power cut, says how far the log was synced.
/// Source: https://www.sqlite.org/fileformat2.html#walformat and https://www.sqlite.org/walformat.html.
enum WriteAheadLog {
    private static let headerBytes = 32
    private static let frameHeaderBytes = 24

    /// - Throws: `corrupt` with the log's path.
    static func examine(database: String) throws(StorageError) {
        let path = database + "-wal"
        guard let data = FileManager.default.contents(atPath: path) else { return }
        let log = [UInt8](data)
        let witness = FileManager.default.contents(atPath: database + "-shm").flatMap { Witness([UInt8]($0)) }
        if let problem = problem(log, witness) { throw .corrupt(path: path, problem: problem) }
    }

    private static func problem(_ log: [UInt8], _ witness: Witness?) -> String? {
        let expected = witness.map { $0.frames > $0.copied ? $0.frames : 0 } ?? 0
        guard let header = Header(log) else {
            // The header is synced before the first frame is written, and lies in one sector.
            return log.count > headerBytes || expected > 0 ? "its header does not have the right checksum" : nil
        }
        let scan = scan(log, header)
        if scan.commitsBehind > 1 { return "a frame in its middle does not have the right checksum" }
        guard let witness, witness.salts == header.salts, expected > scan.committed else { return nil }
        return "it was synced up to frame \(expected), and is whole only up to frame \(scan.committed)"
    }

    /// How many frames there are up to the last whole commit, and how many commits of the same log lie behind the first
    /// frame that is not whole.
    private static func scan(_ log: [UInt8], _ header: Header) -> (committed: Int, commitsBehind: Int) {
        var (sum, committed, commitsBehind, isWhole) = (header.sum, 0, 0, true)
        let frameBytes = frameHeaderBytes + header.pageBytes
        for frame in 0..<((log.count - headerBytes) / frameBytes) {
            let start = headerBytes + frame * frameBytes
            let belongs = Array(log[(start + 8)..<(start + 16)]) == header.salts
            let isCommit = belongs && log[(start + 4)..<(start + 8)].contains { $0 != 0 }
            if isWhole {
                sum.add(log[start..<(start + 8)], header.isBigEndian)
                sum.add(log[(start + frameHeaderBytes)..<(start + frameBytes)], header.isBigEndian)
                isWhole = belongs && sum.bytes == Array(log[(start + 16)..<(start + 24)])
                if isWhole {
                    if isCommit { committed = frame + 1 }
                    continue
                }
            }
            if isCommit { commitsBehind += 1 }
        }
        return (committed, commitsBehind)
    }

    private struct Header {
        var isBigEndian: Bool
        var pageBytes: Int
        var salts: [UInt8]
        var sum: Checksum

        /// nil: there is none, or it is damaged.
        init?(_ log: [UInt8]) {
            guard log.count >= headerBytes else { return nil }
            let magic = number(log[0..<4], bigEndian: true)
            guard magic & ~1 == 0x377f_0682, number(log[4..<8], bigEndian: true) == 3_007_000 else { return nil }
            isBigEndian = magic & 1 == 1
            pageBytes = Int(number(log[8..<12], bigEndian: true))
            guard pageBytes >= 512, pageBytes <= 65536, pageBytes & (pageBytes - 1) == 0 else { return nil }
            salts = Array(log[16..<24])
            sum = Checksum()
            sum.add(log[0..<24], isBigEndian)
            guard sum.bytes == Array(log[24..<32]) else { return nil }
        }
    }

    /// What the index in shared memory says of the log.
    private struct Witness {
        /// Synced, and of these copied into the database.
        var frames: Int
        var copied: Int
        var salts: [UInt8]

        /// nil: its two copies differ or do not have the right checksum, as in the middle of a change.
        init?(_ index: [UInt8]) {
            guard index.count >= 136, index[0..<48].elementsEqual(index[48..<96]) else { return nil }
            var sum = Checksum()
            // In the machine's own order, as all of this file.
            let isBigEndian = Int(1).bigEndian == 1
            sum.add(index[0..<40], isBigEndian)
            guard index[12] != 0, sum.native == Array(index[40..<48]) else { return nil }
            frames = Int(number(index[16..<20], bigEndian: isBigEndian))
            salts = Array(index[32..<40])
            copied = Int(number(index[96..<100], bigEndian: isBigEndian))
        }
    }

    /// Two running sums over pairs of 32-bit words.
    private struct Checksum {
        var first: UInt32 = 0
        var second: UInt32 = 0

        mutating func add(_ bytes: ArraySlice<UInt8>, _ isBigEndian: Bool) {
            let isSwapped = isBigEndian != (Int(1).bigEndian == 1)
            bytes.withUnsafeBytes { bytes in
                for at in stride(from: 0, to: bytes.count - bytes.count % 8, by: 8) {
                    let one = bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self)
                    let other = bytes.loadUnaligned(fromByteOffset: at + 4, as: UInt32.self)
                    first = first &+ (isSwapped ? one.byteSwapped : one) &+ second
                    second = second &+ (isSwapped ? other.byteSwapped : other) &+ first
                }
            }
        }

        /// As the log has them.
        var bytes: [UInt8] { [first, second].flatMap { word in stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> UInt32($0)) } } }
        /// As the index has them.
        var native: [UInt8] { withUnsafeBytes(of: first) { Array($0) } + withUnsafeBytes(of: second) { Array($0) } }
    }

    private static func number(_ bytes: ArraySlice<UInt8>, bigEndian: Bool) -> UInt32 {
        bigEndian ? bytes.reduce(0) { $0 << 8 | UInt32($1) } : bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
}
