/// What a PNG says of itself in its first chunk (PNG, third edition, §11.2.1).
package struct PNGHeader: Sendable, Equatable {
    package enum Colour: UInt8, Sendable, CaseIterable {
        case grey = 0
        case rgb = 2
        case palette = 3
        case greyAlpha = 4
        case rgbAlpha = 6

        /// Samples of a pixel in the file.
        var samples: Int {
            switch self {
            case .grey, .palette: 1
            case .greyAlpha: 2
            case .rgb: 3
            case .rgbAlpha: 4
            }
        }

        package var depths: [Int] {
            switch self {
            case .grey: [1, 2, 4, 8, 16]
            case .palette: [1, 2, 4, 8]
            case .rgb, .greyAlpha, .rgbAlpha: [8, 16]
            }
        }
    }

    package let width: Int
    package let height: Int
    /// Bits of a sample.
    package let depth: Int
    package let colour: Colour
    package let isInterlaced: Bool

    /// - Parameter data: of the chunk.
    init(_ data: ArraySlice<UInt8>) throws(ImageError) {
        let bytes = Array(data)
        guard bytes.count == 13 else { throw .damaged("its header has \(bytes.count) bytes instead of 13") }
        func number(_ at: Int) -> Int { bytes[at..<(at + 4)].reduce(0) { $0 << 8 | Int($1) } }
        (width, height) = (number(0), number(4))
        guard width > 0, height > 0 else { throw .damaged("it is \(width) x \(height) pixels large") }
        guard width <= VisionLimits.side, height <= VisionLimits.side else {
            throw .tooLarge("\(width) x \(height) pixels, at most \(VisionLimits.side) a side are taken")
        }
        guard width * height <= VisionLimits.pixels else {
            throw .tooLarge("\(width * height) pixels, at most \(VisionLimits.pixels) are taken")
        }
        guard let colour = Colour(rawValue: bytes[9]) else { throw .damaged("its colour type \(bytes[9]) does not exist") }
        guard colour.depths.contains(Int(bytes[8])) else { throw .damaged("its colour type \(bytes[9]) has no depth of \(bytes[8]) bits") }
        guard bytes[10] == 0, bytes[11] == 0 else { throw .unsupported("another method of compression or filtering than 0") }
        guard bytes[12] <= 1 else { throw .unsupported("another method of interlacing than 0 and 1") }
        (depth, self.colour, isInterlaced) = (Int(bytes[8]), colour, bytes[12] == 1)
        guard inflatedBytes <= VisionLimits.inflatedBytes else {
            throw .tooLarge("it inflates to \(inflatedBytes) bytes, at most \(VisionLimits.inflatedBytes) are taken")
        }
    }

    /// Of one filtered row of `columns` pixels, without the byte that names its filter.
    func rowBytes(columns: Int) -> Int { (columns * colour.samples * depth + 7) / 8 }
    /// From a byte to the one that stands for the same of the pixel before.
    var filterStep: Int { max(1, colour.samples * depth / 8) }

    /// One way over the picture: every `stepX`th pixel of every `stepY`th row.
    struct Pass {
        var (firstX, firstY, stepX, stepY): (Int, Int, Int, Int)
        var (columns, rows): (Int, Int)
    }

    /// Those that have pixels: one, or up to seven by Adam7 (§8.2).
    var passes: [Pass] {
        guard isInterlaced else { return [Pass(firstX: 0, firstY: 0, stepX: 1, stepY: 1, columns: width, rows: height)] }
        let adam7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
        return adam7.compactMap { x, y, stepX, stepY in
            guard x < width, y < height else { return nil }
            return Pass(
                firstX: x, firstY: y, stepX: stepX, stepY: stepY, columns: (width - x + stepX - 1) / stepX, rows: (height - y + stepY - 1) / stepY)
        }
    }

    /// What its pixels are when they are inflated, filters and all: no PNG of this header may have more or less.
    package var inflatedBytes: Int { passes.reduce(0) { $0 + $1.rows * (1 + rowBytes(columns: $1.columns)) } }
}
