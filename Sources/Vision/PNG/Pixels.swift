internal import Deflate

/// The compressed data of a PNG: a zlib stream and nothing else.
enum Pixels {
    /// - Parameter expected: bytes that they inflate to, as the header says. More are found at the first byte too many.
    static func inflate(_ compressed: [UInt8], expected: Int, _ receive: (ArraySlice<UInt8>) throws(ImageError) -> Void) throws(ImageError) {
        var (total, refused): (Int, ImageError?) = (0, nil)
        let taken: Int
        do {
            taken = try Zlib.run(compressed[...], limit: expected) { part in
                do throws(ImageError) { try receive(part) } catch {
                    refused = error
                    return false
                }
                total += part.count
                return true
            }
        } catch { throw refused ?? ImageError(error) }
        guard total == expected else { throw .damaged("it has \(total) bytes of pixels; its header says \(expected)") }
        guard taken == compressed.count else { throw .damaged("there are data behind its pixels") }
    }
}

extension ImageError {
    init(_ error: InflateError) {
        switch error {
        case .beyondLimit: self = .damaged("it has more bytes of pixels than its header says")
        case .malformed(.checksum): self = .damaged("the checksum of its pixels is wrong")
        case .malformed(let fault): self = .damaged("its compressed data \(fault.rawValue)")
        case .cutShort, .stopped: self = .damaged("its compressed data are cut short")
        }
    }
}
