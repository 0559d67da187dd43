/// Pixels of eight bits a channel, row by row from the top, the channels of a pixel beside each other.
package struct Picture: Sendable, Equatable {
    package enum Channels: Int, Sendable, CaseIterable {
        case grey = 1
        /// The second is how opaque it is, 0...255; colours are not multiplied by it.
        case greyAlpha = 2
        case rgb = 3
        case rgbAlpha = 4
    }
    package let width: Int
    package let height: Int
    package let channels: Channels
    /// width · height · channels
    package let samples: [UInt8]

    /// nil where the numbers do not fit together.
    package init?(width: Int, height: Int, channels: Channels, samples: [UInt8]) {
        guard width > 0, height > 0, width <= VisionLimits.side, height <= VisionLimits.side, samples.count == width * height * channels.rawValue
        else { return nil }
        (self.width, self.height, self.channels, self.samples) = (width, height, channels, samples)
    }

    package init(_ grey: GreyPicture) { (width, height, channels, samples) = (grey.width, grey.height, .grey, grey.luma) }

    /// Red, green and blue of a pixel on white paper.
    package func colour(at pixel: Int) -> (UInt8, UInt8, UInt8) {
        let i = pixel * channels.rawValue
        switch channels {
        case .grey: return (samples[i], samples[i], samples[i])
        case .greyAlpha:
            let grey = onWhite(samples[i], samples[i + 1])
            return (grey, grey, grey)
        case .rgb: return (samples[i], samples[i + 1], samples[i + 2])
        case .rgbAlpha:
            let alpha = samples[i + 3]
            return (onWhite(samples[i], alpha), onWhite(samples[i + 1], alpha), onWhite(samples[i + 2], alpha))
        }
    }

    /// Its luma on white paper: 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601) in sixteenths of a bit, rounded.
    package var grey: GreyPicture {
        if channels == .grey { return GreyPicture(width: width, height: height, checked: samples) }
        var luma = [UInt8](repeating: 0, count: width * height)
        for pixel in luma.indices {
            let (r, g, b) = colour(at: pixel)
            let weighted: Int = 19_595 * Int(r) + 38_470 * Int(g)
            luma[pixel] = UInt8((weighted + 7_471 * Int(b) + 0x8000) >> 16)
        }
        return GreyPicture(width: width, height: height, checked: luma)
    }
}

/// 0: black, 255: white.
package struct GreyPicture: Sendable, Equatable {
    package let width: Int
    package let height: Int
    package let luma: [UInt8]

    /// nil where the numbers do not fit together.
    package init?(width: Int, height: Int, luma: [UInt8]) {
        guard width > 0, height > 0, width <= VisionLimits.side, height <= VisionLimits.side, luma.count == width * height else { return nil }
        (self.width, self.height, self.luma) = (width, height, luma)
    }

    init(width: Int, height: Int, checked luma: [UInt8]) { (self.width, self.height, self.luma) = (width, height, luma) }

    /// As a portable grey map (PGM, "P5"): what a program is given that shall not see bytes from outside.
    package var portableGreyMap: [UInt8] { Array("P5\n\(width) \(height)\n255\n".utf8) + luma }
}

/// A sample over white, by its opacity, rounded.
private func onWhite(_ sample: UInt8, _ alpha: UInt8) -> UInt8 {
    let (sample, alpha) = (Int(sample), Int(alpha))
    let sum: Int = sample * alpha + 255 * (255 - alpha)
    return UInt8((sum + 127) / 255)
}
