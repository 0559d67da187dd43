/// Puts inflated bytes together to rows, takes their filters off (PNG §9) and sets their pixels into the picture.
struct Rows {
    private let header: PNGHeader
    private let parts: Parts
    private let channels: Picture.Channels
    private let passes: [PNGHeader.Pass]
    private var samples: [UInt8]
    private var pass = 0
    /// Of the pass.
    private var row = 0
    /// The filter's byte and the row, as far as it is here; and the row above it, all 0 above the first.
    private var (current, above): ([UInt8], [UInt8]) = ([], [])
    private var have = 0

    init(_ header: PNGHeader, _ parts: Parts) {
        (self.header, self.parts, passes) = (header, parts, header.passes)
        channels =
            switch header.colour {
            case .grey: parts.transparent == nil ? .grey : .greyAlpha
            case .greyAlpha: .greyAlpha
            case .rgb: parts.transparent == nil ? .rgb : .rgbAlpha
            case .palette: parts.opacity.isEmpty ? .rgb : .rgbAlpha
            case .rgbAlpha: .rgbAlpha
            }
        samples = [UInt8](repeating: 0, count: header.width * header.height * channels.rawValue)
        begin()
    }

    private mutating func begin() {
        guard pass < passes.count else { return }
        let bytes = 1 + header.rowBytes(columns: passes[pass].columns)
        current = [UInt8](repeating: 0, count: bytes)
        above = current
        (row, have) = (0, 0)
    }

    mutating func add(_ bytes: ArraySlice<UInt8>) throws(ImageError) {
        var next = bytes.startIndex
        while next < bytes.endIndex {
            // The inflater gives as many bytes as the passes have, and no more.
            guard pass < passes.count else { throw .damaged("it has more bytes of pixels than its header says") }
            let count = min(bytes.endIndex - next, current.count - have)
            current.replaceSubrange(have..<(have + count), with: bytes[next..<(next + count)])
            have += count
            next += count
            guard have == current.count else { return }
            try unfilter()
            try set(passes[pass])
            swap(&current, &above)
            have = 0
            row += 1
            if row == passes[pass].rows {
                pass += 1
                begin()
            }
        }
    }

    func finished() throws(ImageError) -> Picture {
        guard pass == passes.count, let picture = Picture(width: header.width, height: header.height, channels: channels, samples: samples) else {
            throw .damaged("it has fewer rows than its header says")
        }
        return picture
    }

    private mutating func unfilter() throws(ImageError) {
        let step = header.filterStep
        // Byte 0 names the filter.
        let (first, end) = (1 + step, current.count)
        switch current[0] {
        case 0: break
        case 1: for i in stride(from: first, to: end, by: 1) { current[i] &+= current[i - step] }
        case 2: for i in 1..<end { current[i] &+= above[i] }
        case 3:
            for i in 1..<end {
                let left = i < first ? 0 : Int(current[i - step])
                current[i] &+= UInt8((left + Int(above[i])) / 2)
            }
        case 4:
            for i in 1..<end {
                let (left, corner) = i < first ? (0, 0) : (Int(current[i - step]), Int(above[i - step]))
                let up = Int(above[i])
                let guess = left + up - corner
                let (toLeft, toUp, toCorner) = (abs(guess - left), abs(guess - up), abs(guess - corner))
                current[i] &+= UInt8(toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner)
            }
        default: throw .damaged("a row has a filter \(current[0]), which does not exist")
        }
    }

    /// Sample `i` of the row, as deep as in the file.
    private func raw(_ i: Int) -> Int {
        switch header.depth {
        case 8: return Int(current[1 + i])
        case 16: return Int(current[1 + 2 * i]) << 8 | Int(current[2 + 2 * i])
        default:
            // The leftmost pixel is in the highest bits.
            let bit = i * header.depth
            return Int(current[1 + bit / 8]) >> (8 - header.depth - bit % 8) & (1 << header.depth - 1)
        }
    }

    /// With eight bits, linear and rounded (PNG §13.12).
    private func scaled(_ value: Int) -> UInt8 {
        switch header.depth {
        case 8: UInt8(value)
        case 16: UInt8((value * 255 + 32_767) / 65_535)
        default: UInt8(value * 255 / (1 << header.depth - 1))
        }
    }

    private mutating func set(_ pass: PNGHeader.Pass) throws(ImageError) {
        let count = header.colour.samples
        var place = ((pass.firstY + row * pass.stepY) * header.width + pass.firstX) * channels.rawValue
        let step = pass.stepX * channels.rawValue
        for column in 0..<pass.columns {
            defer { place += step }
            guard header.colour != .palette else {
                let index = raw(column)
                guard 3 * index < parts.palette.count else { throw .damaged("a pixel has a colour that is not in the palette") }
                for channel in 0..<3 { samples[place + channel] = parts.palette[3 * index + channel] }
                if channels == .rgbAlpha { samples[place + 3] = index < parts.opacity.count ? parts.opacity[index] : 255 }
                continue
            }
            var isTransparent = parts.transparent != nil
            for channel in 0..<count {
                let value = raw(column * count + channel)
                if let transparent = parts.transparent, transparent[channel] != value { isTransparent = false }
                samples[place + channel] = scaled(value)
            }
            if parts.transparent != nil { samples[place + count] = isTransparent ? 0 : 255 }
        }
    }
}
