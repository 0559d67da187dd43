internal import APIKit
internal import StrictJSON
internal import Wire

/// The body of an update as it was before any content encoding.
package struct Upload {
    let body: [UInt8]
    /// Bytes that travelled.
    let wireBytes: Int

    /// - Parameter limit: bytes, of the body and on the wire.
    init(_ request: APIRequest, limit: Int) async throws(ServiceError) {
        let encoding = request.header("content-encoding")?.lowercased()
        guard encoding == nil || encoding == "identity" || encoding == BulkCodec.contentEncoding else {
            throw .unsupportedMediaType("Content-Encoding '\(encoding?.clipped(40) ?? "")' is not known; send identity or \(BulkCodec.contentEncoding)")
        }
        let wire = try await request.content(["application/octet-stream"], as: "the update as a safetensors file", limit: limit)
        wireBytes = wire.count
        if encoding == BulkCodec.contentEncoding {
            do { body = try BulkCodec.decompress(wire, limit: limit) } catch {
                throw .unprocessable(field: "body", issue: error.description, provided: nil)
            }
        } else {
            body = wire
        }
        if let format = Self.foreignFormat(body) {
            throw .unsupportedMediaType("this is \(format), which is not read here; send a safetensors file (in Python: safetensors.numpy.save)")
        }
    }

    /// What a file is that is certainly no safetensors file. A pickle can run code when it is read, so none ever is.
    package static func foreignFormat(_ bytes: [UInt8]) -> String? {
        // A safetensors file is a header's length in 8 bytes and then a JSON object.
        if bytes.count > 8, bytes[8] == UInt8(ascii: "{") { return nil }
        let formats: [(magic: [UInt8], name: String)] = [
            ([0x50, 0x4B, 0x03, 0x04], "a zip archive, as torch.save and numpy.savez write"), ([0x93] + Array("NUMPY".utf8), "a NumPy array file"),
            ([0x89] + Array("HDF".utf8), "an HDF5 file"), ([0x1F, 0x8B], "a gzip file"), ([0x28, 0xB5, 0x2F, 0xFD], "a zstd file"),
        ]
        if let known = formats.first(where: { bytes.starts(with: $0.magic) }) { return known.name }
        // PROTO 2 to 5 (Python's pickletools); protocols 0 and 1 have no mark and end in a full stop.
        if bytes.count >= 2, bytes[0] == 0x80, (2...5).contains(bytes[1]) { return "a Python pickle" }
        return nil
    }
}
