internal import CZstd

/// Compression of bulk bodies: the bytes of the numbers regrouped by significance, then zstd. Neighbouring floats of a
/// model differ in their low bytes and agree in their high ones, which only becomes visible after the regrouping.
///
/// Format: "TZS1", element size (1 byte), three zero bytes, then one zstd frame.
package enum BulkCodec {
    /// Name of the encoding in `Content-Encoding`.
    package static let contentEncoding = "tutti-zstd-shuffle4"
    private static let magic = Array("TZS1".utf8)
    private static let headerBytes = 8

    /// - Parameters:
    ///   - elementSize: bytes of one number, 1 to 16.
    ///   - level: zstd's, 1 (fast) to 19.
    package static func compress(_ bytes: [UInt8], shuffle elementSize: Int, level: Int) -> [UInt8] {
        precondition((1...16).contains(elementSize) && (1...19).contains(level))
        let grouped = regroup(bytes, elementSize, forward: true)
        let bound = ZSTD_compressBound(grouped.count)
        return [UInt8](unsafeUninitializedCapacity: headerBytes + bound) { out, count in
            for i in 0..<4 { out[i] = magic[i] }
            out[4] = UInt8(elementSize)
            for i in 5..<8 { out[i] = 0 }
            let written = grouped.withUnsafeBytes {
                ZSTD_compress(out.baseAddress! + headerBytes, bound, $0.baseAddress, $0.count, Int32(level))
            }
            precondition(ZSTD_isError(written) == 0, "zstd refuses a buffer of its own bound")
            count = headerBytes + written
        }
    }

    /// - Parameter limit: the largest body that makes sense here; a longer one is refused before memory is taken for it.
    package static func decompress(_ bytes: [UInt8], limit: Int) throws(WireError) -> [UInt8] {
        guard bytes.count <= Limits.bulkBytes else { throw .tooLong(bytes: bytes.count, limit: Limits.bulkBytes) }
        guard bytes.count > headerBytes, Array(bytes[0..<4]) == magic, (1...16).contains(bytes[4]), bytes[5...7].allSatisfy({ $0 == 0 })
        else { throw .compressed("it does not begin with the header of \(contentEncoding)") }
        let elementSize = Int(bytes[4])
        let (plain, problem) = bytes.withUnsafeBytes { raw -> ([UInt8], String?) in
            inflate(UnsafeRawBufferPointer(rebasing: raw[headerBytes...]), limit: limit)
        }
        if let problem { throw .compressed(problem) }
        return regroup(plain, elementSize, forward: false)
    }

    private static func inflate(_ frame: UnsafeRawBufferPointer, limit: Int) -> ([UInt8], String?) {
        let declared = ZSTD_getFrameContentSize(frame.baseAddress, frame.count)
        // The two largest values mean "unknown" and "error".
        guard declared < UInt64.max - 1 else { return ([], "its frame does not say how long the content is") }
        guard declared <= UInt64(max(0, limit)) else { return ([], "its content would be \(declared) bytes; at most \(limit) are taken") }
        // RFC 8878 §3.1.1.1: bit 5 of the descriptor means a single segment without a window byte, bounded by its content.
        // Checked here, because the decoder skips its own check when it may take the one-shot path.
        guard frame.count > 5, frame.loadUnaligned(as: UInt32.self).littleEndian == 0xFD2F_B528 else { return ([], "it holds no zstd frame") }
        if frame[4] & 0x20 == 0 {
            let base = UInt64(1) << (10 + UInt64(frame[5] >> 3))
            guard base + base / 8 * UInt64(frame[5] & 7) <= UInt64(1) << UInt64(Limits.windowLog) else {
                return ([], "it asks for a window above \(1 << Limits.windowLog) bytes")
            }
        }
        guard let context = ZSTD_createDCtx() else { return ([], "there is no memory to decompress it") }
        defer { ZSTD_freeDCtx(context) }
        _ = ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Limits.windowLog)
        var problem: String?
        let size = Int(declared)
        let plain = [UInt8](unsafeUninitializedCapacity: size + 1) { out, count in
            var input = ZSTD_inBuffer(src: frame.baseAddress, size: frame.count, pos: 0)
            var output = ZSTD_outBuffer(dst: out.baseAddress, size: size + 1, pos: 0)
            var left = 1
            while left != 0 {
                let before = (input.pos, output.pos)
                left = ZSTD_decompressStream(context, &output, &input)
                if ZSTD_isError(left) != 0 {
                    problem = "it is damaged or asks for a window above \(1 << Limits.windowLog) bytes"
                    break
                }
                if left != 0 && before == (input.pos, output.pos) {
                    problem = "it ends too early"
                    break
                }
            }
            if problem == nil && (output.pos != size || input.pos != frame.count) {
                problem = "its length is not what it declares"
            }
            count = problem == nil ? output.pos : 0
        }
        return (plain, problem)
    }

    /// Byte k of every element together (forward), or back. A tail shorter than an element stays as it is.
    private static func regroup(_ bytes: [UInt8], _ elementSize: Int, forward: Bool) -> [UInt8] {
        let elements = bytes.count / elementSize
        guard elementSize > 1, elements > 1 else { return bytes }
        return [UInt8](unsafeUninitializedCapacity: bytes.count) { out, count in
            bytes.withUnsafeBufferPointer { from in
                for k in 0..<elementSize {
                    let plane = k * elements
                    if forward {
                        for i in 0..<elements { out[plane + i] = from[i * elementSize + k] }
                    } else {
                        for i in 0..<elements { out[i * elementSize + k] = from[plane + i] }
                    }
                }
                for i in (elements * elementSize)..<bytes.count { out[i] = from[i] }
            }
            count = bytes.count
        }
    }
}
