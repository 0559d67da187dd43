internal import Deflate

extension GreyPicture {
    /// As a PNG of eight bits that is not compressed: for whoever wants to send a picture, and for tests.
    package var png: [UInt8] {
        var rows: [UInt8] = []
        rows.reserveCapacity((width + 1) * height)
        for y in 0..<height { rows += [0] + luma[(y * width)..<((y + 1) * width)] }
        let header = Self.number(width) + Self.number(height) + [8, PNGHeader.Colour.grey.rawValue, 0, 0, 0]
        return PNG.signature + Self.chunk("IHDR", header) + Self.chunk("IDAT", Self.stored(rows)) + Self.chunk("IEND", [])
    }

    private static func number(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }

    private static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
        let sealed = Array(name.utf8) + data
        return number(data.count) + sealed + number(Int(CRC32.of(sealed[...])))
    }

    /// A zlib stream of blocks that are not compressed.
    private static func stored(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = [0x78, 0x01]
        for start in stride(from: 0, to: bytes.count, by: 65_535) {
            let end = min(bytes.count, start + 65_535)
            let length = end - start
            out += [end == bytes.count ? 1 : 0, UInt8(length & 255), UInt8(length >> 8), UInt8(~length & 255), UInt8(~length >> 8 & 255)]
            out += bytes[start..<end]
        }
        var sum = Adler32()
        sum.add(bytes[...])
        return out + number(Int(sum.value))
    }
}
