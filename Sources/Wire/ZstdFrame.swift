/// The header of a zstd frame (RFC 8878 §3.1.1), read before anything is decompressed: the decoder's own checks come
/// too late or, for a frame it can take in one piece, not at all.
struct ZstdFrameHeader {
    /// Bytes of the content, as declared.
    var contentBytes: UInt64

    static let magic: UInt32 = 0xFD2F_B528
    /// 0x184D2A50 to 0x184D2A5F (§3.1.2).
    static let skippableMagic: UInt32 = 0x184D_2A50

    init(_ frame: UnsafeRawBufferPointer) throws(CompressionProblem) {
        guard frame.count >= 4 else { throw .truncated }
        let magic = UInt32(littleEndian: frame.loadUnaligned(as: UInt32.self))
        if magic & 0xFFFF_FFF0 == Self.skippableMagic { throw .skippableFrame }
        guard magic == Self.magic else { throw .noFrame }
        guard frame.count >= 5 else { throw .truncated }
        let descriptor = frame[4]
        guard descriptor & 0x08 == 0 else { throw .reservedBit }
        guard descriptor & 0x03 == 0 else { throw .dictionary }
        let isSingleSegment = descriptor & 0x20 != 0
        let sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][Int(descriptor >> 6)]
        guard sizeBytes > 0 else { throw .contentSizeMissing }
        var at = 5
        if !isSingleSegment {
            guard frame.count > at else { throw .truncated }
            let base = UInt64(1) << UInt64(10 + (frame[at] >> 3))
            let window = base + base / 8 * UInt64(frame[at] & 7)
            guard window <= UInt64(1) << UInt64(Limits.windowLog) else { throw .window(bytes: window, limit: 1 << Limits.windowLog) }
            at += 1
        }
        guard frame.count >= at + sizeBytes else { throw .truncated }
        var size: UInt64 = 0
        for k in 0..<sizeBytes { size |= UInt64(frame[at + k]) << UInt64(8 * k) }
        // Two bytes count from 256.
        contentBytes = sizeBytes == 2 ? size + 256 : size
    }
}
