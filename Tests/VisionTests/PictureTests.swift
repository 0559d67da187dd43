import Foundation
import Testing
import Vision

@Suite struct PictureTests {
    /// Luma by Pillow to the bit; the rest by NumPy.
    @Test func measuresAreThoseOfPillowAndNumPy() throws {
        for one in Golden.shared.measured {
            let picture = try PNG(decoding: [UInt8](one.png)).picture
            #expect(picture.grey.luma == [UInt8](one.luma), "\(one.name)")
            let measures = PictureMeasures(picture)
            #expect(abs(measures.meanLuma - one.mean) < 1e-12 && abs(measures.contrast - one.contrast) < 1e-9, "\(one.name)")
            #expect(abs(measures.edgeDensity - one.edges) < 1e-12, "\(one.name)")
        }
    }

    @Test func dominantColoursAreMeansWithTheirShares() throws {
        // Three quarters red, a quarter blue, and one pixel that is less than a hundredth.
        var samples = [UInt8]()
        for i in 0..<400 { samples += i == 0 ? [0, 255, 0] : i < 300 ? [250, UInt8(i % 2) * 10, 0] : [0, 0, 200] }
        let picture = try #require(Picture(width: 20, height: 20, channels: .rgb, samples: samples))
        let colours = PictureMeasures(picture).dominantColours
        #expect(colours == [.init(hex: "#fa0500", share: 299 / 400), .init(hex: "#0000c8", share: 0.25)])
        let clear = try #require(Picture(width: 1, height: 1, channels: .rgbAlpha, samples: [10, 20, 30, 0]))
        #expect(PictureMeasures(clear).dominantColours == [.init(hex: "#ffffff", share: 1)] && PictureMeasures(clear).meanLuma == 1)
    }

    /// 32 × 32 dots: the count of each block, as the set was made.
    @Test func aBitmapBecomesTheCountsOfItsBlocks() throws {
        var chance = SystemRandomNumberGenerator()
        // Its border stays empty, so that the ink is what is light.
        let dots = (0..<1024).map { i in (1..<31).contains(i % 32) && (1..<31).contains(i / 32) && Bool.random(using: &chance) }
        let counts = (0..<64).map { cell in
            (0..<16).reduce(0) { $0 + (dots[(cell / 8 * 4 + $1 / 4) * 32 + cell % 8 * 4 + $1 % 4] ? 1 : 0) }
        }
        let light = try #require(GreyPicture(width: 32, height: 32, luma: dots.map { $0 ? 255 : 0 }))
        let dark = try #require(GreyPicture(width: 32, height: 32, luma: dots.map { $0 ? 0 : 255 }))
        #expect(DigitImage(light).counts.map(Int.init) == counts && !DigitImage(light).isDarkOnLight)
        #expect(DigitImage(dark).counts.map(Int.init) == counts && DigitImage(dark).isDarkOnLight)
    }

    /// What was blown up comes back, at every size; the levels survive eight bits.
    @Test func aRowThatWasBlownUpComesBack() throws {
        let counts: [UInt8] = (0..<64).map { (i: Int) -> UInt8 in i % 8 == 0 || i % 8 == 7 ? 0 : UInt8(i * 7 % 17) }
        for scale in [1, 2, 4, 9, 28] {
            let side = 8 * scale
            let luma = (0..<(side * side)).map { (i: Int) -> UInt8 in
                let cell = i / side / scale * 8 + i % side / scale
                return UInt8((Int(counts[cell]) * 255 + 8) / 16)
            }
            #expect(DigitImage(try #require(GreyPicture(width: side, height: side, luma: luma))).counts == counts, "\(scale)")
        }
    }

    /// The naive twin: every pixel cut into 8 × 8 parts, every cell the mean of its parts.
    @Test func sidesThatEightDoesNotDivideAreCoveredByArea() throws {
        for (width, height) in [(1, 1), (3, 3), (5, 2), (2, 7), (11, 13), (28, 28), (30, 17)] {
            let luma = (0..<(width * height)).map { UInt8(($0 * 37 + 11) % 120) }
            let grey = try #require(GreyPicture(width: width, height: height, luma: luma))
            let square = max(width, height)
            let (left, top) = ((square - width) / 2, (square - height) / 2)
            let twin = (0..<64).map { cell -> UInt8 in
                var sum = 0
                for v in 0..<square {
                    for u in 0..<square {
                        let (x, y) = ((cell % 8 * square + u) / 8 - left, (cell / 8 * square + v) / 8 - top)
                        if (0..<width).contains(x), (0..<height).contains(y) { sum += Int(luma[y * width + x]) }
                    }
                }
                return UInt8((16 * Double(sum) / Double(255 * square * square) + 0.5).rounded(.down))
            }
            #expect(DigitImage(grey).counts == twin, "\(width) x \(height)")
        }
    }
}
