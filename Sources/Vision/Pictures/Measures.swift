/// What can be measured of a picture without knowing what is on it. On white paper where it is transparent.
package struct PictureMeasures: Sendable, Equatable {
    package struct DominantColour: Sendable, Equatable {
        /// The mean of its pixels: #rrggbb.
        package var hex: String
        /// Of all pixels, 0...1.
        package var share: Double

        package init(hex: String, share: Double) { (self.hex, self.share) = (hex, share) }
    }

    /// Mean luma, 0 (black) to 1 (white).
    package let meanLuma: Double
    /// The standard deviation of the luma, 0...0.5 (RMS contrast; Peli 1990, "Contrast in complex images").
    package let contrast: Double
    /// The RGB cube is cut into 64 equal cubes: the means of those with the most pixels, at most five, each of a hundredth of the pixels at
    /// least; the most frequent one first.
    package let dominantColours: [DominantColour]
    /// The share of the inner pixels where the luma's gradient by Sobel's masks is as long as a quarter of the longest that one mask gives
    /// (255 of 1020); 0 without inner pixels.
    package let edgeDensity: Double

    package init(_ picture: Picture) {
        let grey = picture.grey
        let count = grey.luma.count
        var (sum, squares) = (0, 0)
        for value in grey.luma {
            sum += Int(value)
            squares += Int(value) * Int(value)
        }
        let mean = Double(sum) / Double(count)
        meanLuma = mean / 255
        // Whole numbers: a picture of one colour has a contrast of 0 and not of what rounding leaves.
        let (total, rest) = (Double(count), Double(squares) - Double(sum) * mean)
        contrast = max(0, rest / total).squareRoot() / 255
        edgeDensity = Self.edges(grey)
        dominantColours = Self.dominant(picture, count)
    }

    private static func edges(_ grey: GreyPicture) -> Double {
        let (width, height, luma) = (grey.width, grey.height, grey.luma)
        guard width > 2, height > 2 else { return 0 }
        var found = 0
        for y in 1..<(height - 1) {
            for x in 1..<(width - 1) {
                let i = y * width + x
                func at(_ offset: Int) -> Int { Int(luma[i + offset]) }
                let right = at(1 - width) + 2 * at(1) + at(1 + width)
                let left = at(-1 - width) + 2 * at(-1) + at(-1 + width)
                let below = at(width - 1) + 2 * at(width) + at(width + 1)
                let over = at(-width - 1) + 2 * at(-width) + at(-width + 1)
                let (dx, dy) = (right - left, below - over)
                if dx * dx + dy * dy >= 255 * 255 { found += 1 }
            }
        }
        return Double(found) / Double((width - 2) * (height - 2))
    }

    private static func dominant(_ picture: Picture, _ count: Int) -> [DominantColour] {
        var cubes = [(pixels: Int, red: Int, green: Int, blue: Int)](repeating: (0, 0, 0, 0), count: 64)
        for pixel in 0..<count {
            let (red, green, blue) = picture.colour(at: pixel)
            let cube = Int(red >> 6) << 4 | Int(green >> 6) << 2 | Int(blue >> 6)
            cubes[cube].pixels += 1
            cubes[cube].red += Int(red)
            cubes[cube].green += Int(green)
            cubes[cube].blue += Int(blue)
        }
        let order = cubes.indices.sorted { cubes[$0].pixels != cubes[$1].pixels ? cubes[$0].pixels > cubes[$1].pixels : $0 < $1 }
        return order.prefix(VisionLimits.dominantColours).filter { cubes[$0].pixels > 0 && 100 * cubes[$0].pixels >= count }.map { i in
            let cube = cubes[i]
            func two(_ sum: Int) -> String {
                let value = (sum + cube.pixels / 2) / cube.pixels
                return (value < 16 ? "0" : "") + String(value, radix: 16)
            }
            return DominantColour(hex: "#" + two(cube.red) + two(cube.green) + two(cube.blue), share: Double(cube.pixels) / Double(count))
        }
    }
}
