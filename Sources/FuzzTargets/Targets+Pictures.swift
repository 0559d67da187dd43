internal import APIKit
internal import Vision

extension FuzzTarget {
    static let pictures = [png, multipart]

    private static func smallPicture() throws -> GreyPicture {
        guard let grey = GreyPicture(width: 5, height: 3, luma: (0..<15).map { UInt8($0 * 17) }) else { throw FuzzFailure("a picture that is none") }
        return grey
    }

    /// The first byte chooses: a file as it is, one whose chunks get their checksums mended, or compressed data that a header is put before.
    static let png = FuzzTarget(
        "png", feeds: "pictures: chunks, compressed data, filters, and what is measured of them", maximumBytes: 2048,
        words: ["IHDR", "PLTE", "tRNS", "IDAT", "IEND", "\u{89}PNG\r\n\u{1a}\n"],
        seeds: {
            let file = try smallPicture().png
            // What stands in the only chunk of pixels: behind the signature, the header's chunk and a length and a name.
            let stream = Array(file[41..<(file.count - 16)])
            return [Seed("whole", [0] + file), Seed("mended", [1] + file), Seed("stream", [2, 4, 2, 0, 3, 0] + stream)]
        },
        check: { bytes in
            var input = Input(bytes)
            let file: [UInt8]
            switch input.byte() % 3 {
            case 0: file = input.bytes
            case 1: file = mended(input.bytes)
            default:
                let (width, height, colour, depth, interlace) = (input.byte(), input.byte(), input.byte(), input.byte(), input.byte() % 2)
                let header: [UInt8] = [0, 0, 0, UInt8(width), 0, 0, 0, UInt8(height), UInt8(1 << (depth % 5)), UInt8(colour % 7), 0, 0, UInt8(interlace)]
                let palette = colour % 7 == 3 ? chunk("PLTE", [UInt8](repeating: 7, count: 6)) : []
                file =
                    [0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10] + chunk("IHDR", header) + palette + chunk("IDAT", input.bytes) + chunk("IEND", [])
            }
            do {
                let read = try PNG(decoding: file)
                let (picture, header) = (read.picture, read.header)
                try expect(picture.width == header.width && picture.height == header.height, "a picture of another size than its header says")
                try expect(picture.samples.count == header.width * header.height * picture.channels.rawValue, "pixels that are none")
                let grey = picture.grey
                let measures = PictureMeasures(picture)
                try expect((0...1).contains(measures.meanLuma) && (0...0.501).contains(measures.contrast), "measures out of their range")
                try expect((0...1).contains(measures.edgeDensity) && measures.dominantColours.count <= 5, "measures out of their range")
                let digit = DigitImage(grey)
                try expect(digit.counts.count == 64 && digit.counts.allSatisfy { $0 <= 16 }, "more dots than there are")
                do { try expect(try PNG(decoding: grey.png).picture == Picture(grey), "what was written is read as another") } catch let error as ImageError {
                    throw FuzzFailure("what was written is not read: \(error)")
                }
            } catch let error as ImageError { try expectShort(error) }
        })

    static let multipart = FuzzTarget(
        "multipart", feeds: "forms with files (multipart/form-data), and the Content-Type that names their boundary", maximumBytes: 2048,
        words: [
            "\r\n--b", "--", "Content-Disposition: form-data; name=\"", "; filename=\"", "Content-Type: image/png\r\n", "\r\n\r\n", "boundary=",
            "Content-Transfer-Encoding: binary\r\n",
        ],
        seeds: {
            [
                Seed(
                    "form", "\u{0}--b\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\nabc\r\n--b--\r\n"),
                Seed("two", "\u{0}--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--b \r\nContent-Disposition: form-data; name=b\r\n\r\n\r\n--b--"),
                Seed("type", "\u{1}multipart/form-data; charset=utf-8; boundary=\"a b\""),
            ]
        },
        check: { bytes in
            var input = Input(bytes)
            do {
                guard input.byte() % 2 == 0 else {
                    let boundary = try MultipartForm.boundary(of: input.text)
                    try expect((1...70).contains(boundary.utf8.count), "a boundary that is none")
                    return
                }
                let body = input.bytes
                let form = try MultipartForm(body, boundary: "b")
                try expect((1...MultipartLimits.parts).contains(form.parts.count), "more parts than may be")
                for part in form.parts {
                    try expect((1...MultipartLimits.nameBytes).contains(part.name.utf8.count), "a part without a name")
                    try expect(body[part.content.indices] == part.content, "a part that is not in the body")
                }
            } catch let error as MultipartError { try expectShort(error) }
        })

    private static func number(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * UInt32($0))) } }

    private static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
        let sealed = Array(name.utf8) + data
        return number(UInt32(data.count)) + sealed + number(crc(sealed[...]))
    }

    private static func crc(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.reduce(0xFFFF_FFFF as UInt32) { crc, byte in
            (0..<8).reduce(crc ^ UInt32(byte)) { crc, _ in crc & 1 == 1 ? 0xEDB8_8320 ^ (crc >> 1) : crc >> 1 }
        } ^ 0xFFFF_FFFF
    }

    /// With the checksums that its chunks should have: mutations would not get behind them.
    private static func mended(_ file: [UInt8]) -> [UInt8] {
        var (file, next) = (file, 8)
        while next + 12 <= file.count {
            let length = file[next..<(next + 4)].reduce(0) { $0 << 8 | Int($1) }
            guard length <= file.count - next - 12 else { break }
            let end = next + 8 + length
            file.replaceSubrange(end..<(end + 4), with: number(crc(file[(next + 4)..<end])))
            next = end + 4
        }
        return file
    }
}
