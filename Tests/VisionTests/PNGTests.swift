import Foundation
import Testing
import Vision

@Suite struct PNGTests {
    /// Every colour type, depth, way of interlacing and kind of transparency, with every filter, block and cut.
    @Test func whatZlibAndPillowWroteIsReadAsItWasDrawn() throws {
        let cases = Golden.shared.cases
        #expect(cases.count > 100)
        for one in cases {
            let png: PNG
            do { png = try PNG(decoding: [UInt8](one.png)) } catch {
                Issue.record("\(one.name): \(error)")
                continue
            }
            #expect(png.picture.width == one.width && png.picture.height == one.height && png.picture.channels.rawValue == one.channels, "\(one.name)")
            if let samples = one.samples { #expect(png.picture.samples == [UInt8](samples), "\(one.name)") }
            if let crc = one.crc32 { #expect(Writer.crc(png.picture.samples) == crc, "\(one.name)") }
        }
    }

    @Test func everyTypeAndDepthIsAmongThem() throws {
        var seen: Set<[Int]> = []
        for one in Golden.shared.cases {
            let header = try PNG(decoding: [UInt8](one.png)).header
            seen.insert([Int(header.colour.rawValue), header.depth, header.isInterlaced ? 1 : 0])
        }
        let all = PNGHeader.Colour.allCases.flatMap { colour in colour.depths.flatMap { [[Int(colour.rawValue), $0, 0], [Int(colour.rawValue), $0, 1]] } }
        #expect(seen == Set(all) && seen.count == 30)
    }

    /// A file that is cut anywhere is refused, and one with any bit changed is refused too: every bit of a PNG stands under a checksum, or
    /// changes what a chunk is.
    @Test func aFileThatIsCutOrChangedIsRefused() throws {
        for one in Golden.shared.cases where one.name.contains("5x9") || one.name == "Pillow P" {
            let file = [UInt8](one.png)
            for end in 0..<file.count { #expect(throws: ImageError.self, "\(one.name), \(end)") { try PNG(decoding: Array(file[..<end])) } }
            for i in file.indices {
                var changed = file
                changed[i] ^= 1 << UInt8(i % 8)
                #expect(throws: ImageError.self, "\(one.name), byte \(i)") { try PNG(decoding: changed) }
            }
        }
    }

    /// The same with checksums that fit again: nothing traps, and what is read has the size that the header says.
    @Test func changedDataUnderRightChecksumsNeverTrap() throws {
        var chance = SystemRandomNumberGenerator()
        for one in Golden.shared.cases where one.png.count < 2000 {
            for _ in 0..<40 {
                var file = [UInt8](one.png)
                for _ in 0..<Int.random(in: 1...4, using: &chance) { file[Int.random(in: 8..<file.count, using: &chance)] = UInt8.random(in: 0...255) }
                Self.mend(&file)
                guard let png = try? PNG(decoding: file) else { continue }
                #expect(png.picture.samples.count == png.header.width * png.header.height * png.picture.channels.rawValue)
            }
        }
    }

    private static func mend(_ file: inout [UInt8]) {
        var next = 8
        while next + 12 <= file.count {
            let length = file[next..<(next + 4)].reduce(0) { $0 << 8 | Int($1) }
            guard length <= file.count - next - 12 else { return }
            let end = next + 8 + length
            file.replaceSubrange(end..<(end + 4), with: Writer.number(Int(Writer.crc(Array(file[(next + 4)..<end])))))
            next = end + 4
        }
    }

    private func refusal(_ file: [UInt8]) -> ImageError? {
        do { _ = try PNG(decoding: file) } catch { return error }
        return nil
    }

    /// What it inflates to is in its header: nothing is made before that was looked at.
    @Test func whatIsTooLargeIsRefusedByItsHeader() {
        let end = Writer.chunk("IDAT", Writer.stored([0])) + Writer.chunk("IEND", [])
        for (width, height, depth, colour) in [
            (VisionLimits.side + 1, 1, 8, 0), (1, VisionLimits.side + 1, 8, 0), (0x7FFF_FFFF, 0x7FFF_FFFF, 16, 6), (8001, 8000, 8, 0), (8000, 8000, 16, 6),
        ] as [(Int, Int, UInt8, UInt8)] {
            let error = refusal(Writer.signature + Writer.header(width, height, depth: depth, colour: colour) + end)
            guard case .tooLarge = error else {
                Issue.record("\(width) x \(height): \(String(describing: error))")
                continue
            }
        }
        guard case .tooLarge = refusal([UInt8](repeating: 0, count: VisionLimits.fileBytes + 1)) else {
            Issue.record("a file beyond the limit")
            return
        }
        // The same number of bytes one under it: looked at, and no picture.
        #expect(refusal([UInt8](repeating: 0, count: 100)) == .notAnImage)
    }

    /// A few bytes that say they are millions are refused before there is memory for those.
    @Test func fewBytesThatSayTheyAreManyAreRefusedAtOnce() {
        let end = Writer.chunk("IDAT", Writer.stored([UInt8](repeating: 0, count: 1000))) + Writer.chunk("IEND", [])
        #expect(refusal(Writer.signature + Writer.header(8000, 8000, colour: 6) + end) == .damaged("its data are too few for its size"))
    }

    /// More or fewer bytes than the header says: a bomb is found at the first byte too many.
    @Test func lengthsThatLieAreRefused() {
        for rows in [0, 1, 9, 11, 100_000] {
            let file =
                Writer.signature + Writer.header(10, 10) + Writer.chunk("IDAT", Writer.stored([UInt8](repeating: 0, count: rows * 11)))
                + Writer.chunk("IEND", [])
            guard case .damaged(let why) = refusal(file) else {
                Issue.record("\(rows) rows")
                continue
            }
            #expect(why.contains("bytes of pixels"))
        }
    }

    @Test func whatBreaksARuleIsRefusedByName() {
        let rows: [UInt8] = [0, 1, 2, 0, 3, 4]
        let (signature, header, pixels, end) = (Writer.signature, Writer.header(2, 2), Writer.chunk("IDAT", Writer.stored(rows)), Writer.chunk("IEND", []))
        #expect(refusal(signature + header + pixels + end) == nil)
        var zlib = Writer.stored(rows)
        zlib[zlib.count - 1] ^= 1
        let wrong: [(file: [UInt8], says: String)] = [
            (signature + pixels + end, "header"), (signature + header + end, "no pixels"), (signature + header + header + pixels + end, "two headers"),
            (signature + header + pixels + end + [0], "behind its end"), (signature + header + pixels + Writer.chunk("tEXt", []) + pixels + end, "one piece"),
            (signature + header + Writer.chunk("ABCD", []) + pixels + end, "'ABCD'"),
            (signature + header + Writer.chunk("PLTE", [1, 2, 3]) + pixels + end, "grey"),
            (signature + header + Writer.chunk("tRNS", [0]) + pixels + end, "transparent colour"),
            (signature + header + pixels + Writer.chunk("tRNS", [0, 0]) + end, "wrong place"),
            (signature + Writer.header(2, 2, depth: 3) + pixels + end, "depth"), (signature + Writer.header(2, 2, colour: 5) + pixels + end, "colour type"),
            (signature + Writer.header(0, 2) + pixels + end, "0 x 2"), (signature + Writer.header(2, 2, interlace: 2) + pixels + end, "interlacing"),
            (signature + header + Writer.chunk("IDAT", zlib) + end, "checksum of its pixels"),
            (signature + header + Writer.chunk("IDAT", Writer.stored([5, 1, 2, 0, 3, 4])) + end, "filter 5"),
            (signature + header + Writer.chunk("IDAT", Writer.stored(rows) + [0]) + end, "behind its pixels"),
            (signature + header + Writer.chunk("IDAT", [0x78, 0x02] + Writer.stored(rows)) + end, "zlib"),
            (signature + header + Writer.chunk("IDAT", [0x78, 0x01, 7]) + end, "block of no kind"),
            (signature + Writer.header(2, 2, colour: 3) + pixels + end, "no palette"),
            (signature + Writer.header(2, 2, colour: 3) + Writer.chunk("PLTE", [1, 2, 3]) + pixels + end, "not in the palette"),
        ]
        for (file, says) in wrong {
            let error = refusal(file)
            #expect(error?.description.contains(says) == true, "\(says): \(String(describing: error))")
        }
    }

    @Test func whatIsWrittenHereIsRead() throws {
        // More than one stored block.
        for (width, height) in [(1, 1), (7, 3), (300, 500)] {
            let grey = try #require(GreyPicture(width: width, height: height, luma: (0..<(width * height)).map { UInt8(truncatingIfNeeded: $0 &* 31) }))
            let png = try PNG(decoding: grey.png)
            #expect(png.picture == Picture(grey) && png.picture.grey == grey)
        }
    }

    @Test func otherFormatsAreNamed() {
        for (bytes, name) in [
            ([0xFF, 0xD8, 0xFF, 0xE0], "JPEG"), (Array("GIF89a".utf8), "GIF"), (Array("RIFF\u{1}\u{1}\u{1}\u{1}WEBPVP8 ".utf8), "WebP"),
            ([0x49, 0x49, 0x2A, 0], "TIFF"),
        ] as [([UInt8], String)] { #expect(refusal(bytes) == .format(name)) }
        #expect(refusal(Array("hello".utf8)) == .notAnImage && refusal([]) == .notAnImage)
    }
}
