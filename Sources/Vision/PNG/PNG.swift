internal import Deflate

/// Reads PNG files (W3C, Portable Network Graphics, third edition): all colour types and depths, interlaced or not, with palettes and with
/// transparency by `tRNS`. Samples come out with eight bits; gamma, colour profiles and the other chunks that a reader may leave out are left
/// out, and of an animation the first picture is read. What breaks a rule that a reader can check is refused, and so are chunks that a reader
/// must know and this one does not.
package struct PNG: Sendable, Equatable {
    package let header: PNGHeader
    package let picture: Picture

    private static let mostPerByte = 4 * 258
    static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    /// - Throws: before anything is inflated where its header says too much.
    package init(decoding file: [UInt8]) throws(ImageError) {
        guard file.count <= VisionLimits.fileBytes else {
            throw .tooLarge("\(file.count) bytes, at most \(VisionLimits.fileBytes) are taken")
        }
        guard file.starts(with: Self.signature) else { throw Self.notPNG(file) }
        var chunks = Chunks(file, from: Self.signature.count)
        let parts = try Parts(&chunks)
        header = parts.header
        // A match of 258 bytes takes two bits at least: what says more than that is not even given memory.
        guard header.inflatedBytes / Self.mostPerByte <= parts.compressed.count else { throw .damaged("its data are too few for its size") }
        var rows = Rows(header, parts)
        try Pixels.inflate(parts.compressed, expected: header.inflatedBytes) { bytes throws(ImageError) in try rows.add(bytes) }
        picture = try rows.finished()
    }

    /// A picture of another format is told from what is none.
    private static func notPNG(_ file: [UInt8]) -> ImageError {
        func begins(_ bytes: [UInt8], at place: Int = 0) -> Bool { file.count >= place + bytes.count && file[place...].starts(with: bytes) }
        if begins([0xFF, 0xD8, 0xFF]) { return .format("JPEG") }
        if begins(Array("GIF8".utf8)) { return .format("GIF") }
        if begins(Array("RIFF".utf8)), begins(Array("WEBP".utf8), at: 8) { return .format("WebP") }
        if begins(Array("BM".utf8)), file.count > 54 { return .format("BMP") }
        if begins([0x49, 0x49, 0x2A, 0]) || begins([0x4D, 0x4D, 0, 0x2A]) { return .format("TIFF") }
        if begins(Array("ftypavif".utf8), at: 4) { return .format("AVIF") }
        if begins(Array("ftyphei".utf8), at: 4) { return .format("HEIF") }
        return .notAnImage
    }
}

/// The chunks of a file, one after the other, each with its checksum compared.
private struct Chunks {
    let file: [UInt8]
    private var next: Int

    init(_ file: [UInt8], from start: Int) { (self.file, next) = (file, start) }

    var isAtEnd: Bool { next == file.count }

    mutating func take() throws(ImageError) -> (type: String, isCritical: Bool, data: ArraySlice<UInt8>) {
        guard file.count - next >= 12 else { throw .damaged("it is cut short") }
        let length = number(next)
        guard length <= file.count - next - 12 else { throw .damaged("a chunk is longer than the file") }
        let name = file[(next + 4)..<(next + 8)]
        guard name.allSatisfy({ (65...90).contains($0 & 0xDF) }), file[next + 6] & 32 == 0 else { throw .damaged("a chunk has no name") }
        let end = next + 8 + length
        guard CRC32.of(file[(next + 4)..<end]) == UInt32(number(end)) else { throw .damaged("the checksum of a chunk is wrong") }
        let type = String(decoding: name, as: UTF8.self)
        let isCritical = file[next + 4] & 32 == 0
        defer { next = end + 4 }
        return (type, isCritical, file[(next + 8)..<end])
    }

    private func number(_ at: Int) -> Int { file[at..<(at + 4)].reduce(0) { $0 << 8 | Int($1) } }
}

/// What of a file its pixels are made of.
struct Parts {
    let header: PNGHeader
    /// Red, green, blue of each colour; empty: there is none.
    private(set) var palette: [UInt8] = []
    /// How opaque the first colours of the palette are.
    private(set) var opacity: [UInt8] = []
    /// The samples of the one colour that is transparent, as deep as in the file; nil: there is none.
    private(set) var transparent: [Int]?
    private(set) var compressed: [UInt8] = []

    fileprivate init(_ chunks: inout Chunks) throws(ImageError) {
        let first = try chunks.take()
        guard first.type == "IHDR" else { throw .damaged("it does not begin with its header") }
        header = try PNGHeader(first.data)
        var (hasPixels, pixelsEnded, hasPalette, hasTransparency) = (false, false, false, false)
        while true {
            let (type, isCritical, data) = try chunks.take()
            if hasPixels, type != "IDAT" { pixelsEnded = true }
            switch type {
            case "IDAT":
                guard !pixelsEnded else { throw .damaged("its pixels are not in one piece") }
                hasPixels = true
                compressed += data
            case "PLTE":
                guard !hasPalette, !hasPixels, !hasTransparency else { throw .damaged("its palette stands in the wrong place") }
                hasPalette = true
                try setPalette(data)
            case "tRNS":
                guard !hasTransparency, !hasPixels else { throw .damaged("its transparency stands in the wrong place") }
                hasTransparency = true
                try setTransparency(data)
            case "IEND":
                guard data.isEmpty else { throw .damaged("its end is not empty") }
                guard chunks.isAtEnd else { throw .damaged("there are bytes behind its end") }
                guard hasPixels else { throw .damaged("it has no pixels") }
                guard header.colour != .palette || hasPalette else { throw .damaged("it has no palette") }
                return
            case "IHDR": throw .damaged("it has two headers")
            default: guard !isCritical else { throw .unsupported("a chunk '\(type)'") }
            }
        }
    }

    private mutating func setPalette(_ data: ArraySlice<UInt8>) throws(ImageError) {
        guard header.colour != .grey, header.colour != .greyAlpha else { throw .damaged("it is grey and has a palette") }
        guard data.count % 3 == 0, (1...256).contains(data.count / 3) else { throw .damaged("its palette has no whole number of colours from 1 to 256") }
        guard header.colour == .palette else { return }
        guard data.count / 3 <= 1 << header.depth else { throw .damaged("its palette has more colours than its pixels can name") }
        palette = Array(data)
    }

    private mutating func setTransparency(_ data: ArraySlice<UInt8>) throws(ImageError) {
        switch header.colour {
        case .palette:
            guard !palette.isEmpty, data.count * 3 <= palette.count else { throw .damaged("its transparency does not fit its palette") }
            opacity = Array(data)
        case .grey, .rgb:
            guard data.count == 2 * header.colour.samples else { throw .damaged("its transparent colour has \(data.count) bytes") }
            let bytes = Array(data)
            transparent = stride(from: 0, to: bytes.count, by: 2).map { (Int(bytes[$0]) << 8 | Int(bytes[$0 + 1])) & (1 << header.depth - 1) }
        case .greyAlpha, .rgbAlpha: throw .damaged("it is transparent in two ways")
        }
    }
}
