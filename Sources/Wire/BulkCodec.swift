internal import CZstd

/// Compression of bulk bodies: the bytes of the numbers regrouped by significance, then zstd.
///
/// Format: "TZS1", element size (1 byte), three zero bytes, then one zstd frame with its content size and nothing behind
/// it.
package enum BulkCodec {
    /// Name of the encoding in `Content-Encoding`.
    package static let contentEncoding = "tutti-zstd-shuffle4"
    private static let magic = Array("TZS1".utf8)
    private static let headerBytes = 8

    /// - Parameters:
    ///   - elementSize: bytes of one number, 1 to 16.
    ///   - level: zstd's, 1 (fast) to 19.
    package static func compress(_ bytes: [UInt8], shuffle elementSize: Int, level: Int) -> [UInt8] {
        precondition(Limits.elementBytes.contains(elementSize) && Limits.zstdLevels.contains(level))
        let grouped = ByteRegrouping.forward(bytes, elementSize)
        let bound = ZSTD_compressBound(grouped.count)
        return [UInt8](unsafeUninitializedCapacity: headerBytes + bound) { out, count in
            guard let start = out.baseAddress else { preconditionFailure("the buffer holds at least the header") }
            for (i, byte) in (magic + [UInt8(elementSize), 0, 0, 0]).enumerated() { start[i] = byte }
            let written = grouped.withUnsafeBytes {
                ZSTD_compress(start + headerBytes, bound, $0.baseAddress, $0.count, Int32(level))
            }
            precondition(ZSTD_isError(written) == 0, "zstd refuses a buffer of its own bound")
            count = headerBytes + written
        }
    }

    /// - Parameter limit: the largest body that makes sense here; a longer one is refused before memory is taken for it.
    /// - Throws: `.tooLong`, or `.compressed` with what is wrong.
    package static func decompress(_ bytes: [UInt8], limit: Int) throws(WireError) -> [UInt8] {
        guard bytes.count <= Limits.bulkBytes else { throw .tooLong(bytes: bytes.count, limit: Limits.bulkBytes) }
        guard bytes.count >= headerBytes, bytes.starts(with: magic), Limits.elementBytes.contains(Int(bytes[4])), bytes[5...7].allSatisfy({ $0 == 0 })
        else { throw .compressed(.header) }
        let elementSize = Int(bytes[4])
        let plain = bytes.withUnsafeBytes { raw in
            Result { () throws(CompressionProblem) in try inflate(UnsafeRawBufferPointer(rebasing: raw[headerBytes...]), limit: limit) }
        }
        switch plain {
        case .success(let grouped): return ByteRegrouping.back(grouped, elementSize)
        case .failure(let problem): throw .compressed(problem)
        }
    }

    /// Everything is known before the first byte is written: one frame, all of it here, and the length of its content. So
    /// it is decompressed in one piece, without a window beside the output.
    private static func inflate(_ frame: UnsafeRawBufferPointer, limit: Int) throws(CompressionProblem) -> [UInt8] {
        let header = try ZstdFrameHeader(frame)
        let limit = min(limit, Limits.bulkBytes)
        guard header.contentBytes <= UInt64(max(0, limit)) else { throw .contentTooLong(bytes: header.contentBytes, limit: limit) }
        let length = ZSTD_findFrameCompressedSize(frame.baseAddress, frame.count)
        if ZSTD_isError(length) != 0 { throw ZSTD_getErrorCode(length) == ZSTD_error_srcSize_wrong ? .truncated : .damaged }
        guard length == frame.count else { throw .trailing(bytes: frame.count - length) }
        guard let context = ZSTD_createDCtx() else { throw .noMemory }
        defer { ZSTD_freeDCtx(context) }
        let size = Int(header.contentBytes)
        var isWhole = false
        // One byte more, so that there is an address even where there is no content. The system gives the pages as they
        // are written to: a frame that lies about its length costs no memory.
        let plain = [UInt8](unsafeUninitializedCapacity: size + 1) { out, count in
            let written = ZSTD_decompressDCtx(context, out.baseAddress, size, frame.baseAddress, frame.count)
            isWhole = ZSTD_isError(written) == 0 && written == size
            count = isWhole ? size : 0
        }
        guard isWhole else { throw .damaged }
        return plain
    }
}
