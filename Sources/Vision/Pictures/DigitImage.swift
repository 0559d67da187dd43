/// A picture of a handwritten digit as the rows of the UCI set "Optical Recognition of Handwritten Digits" are (Alpaydin and Kaynak 1998): 8 × 8
/// numbers, each saying how many of the 16 dots of a 4 × 4 block of a 32 × 32 bitmap are inked.
///
/// A grey picture of any size becomes that so: its luma on white paper is the ink, or what is missing to white where its border is lighter than
/// half (dark ink on light paper). A picture that is not square is put into the middle of a square without ink. Each of the 64 cells covers a
/// 64th of the square; its number is sixteen times the mean ink in it, pixels on its edge counted by the part that is inside, rounded to the
/// nearest, halves up. For a bitmap of 32 × 32 that is the count of its dots. The digit is neither looked for, nor moved, nor enlarged: as in the
/// set, it should fill the picture's height.
package struct DigitImage: Sendable, Equatable {
    package static let side = 8
    package static let levels = 16

    /// 64 numbers 0...16, row by row.
    package let counts: [UInt8]
    /// Dark ink on light paper, and not light on dark.
    package let isDarkOnLight: Bool

    package init(_ grey: GreyPicture) {
        isDarkOnLight = Self.borderIsLight(grey)
        let full = isDarkOnLight ? 255 : 0
        let square = max(grey.width, grey.height)
        let (left, top) = ((square - grey.width) / 2, (square - grey.height) / 2)
        // Everything in eighths of a pixel: no fraction is rounded.
        let columns = Self.cover(grey.width, offset: left, square)
        let rows = Self.cover(grey.height, offset: top, square)
        var sums = [Int](repeating: 0, count: Self.side * Self.side)
        var line = [Int](repeating: 0, count: Self.side)
        for y in 0..<grey.height {
            for cell in 0..<Self.side { line[cell] = 0 }
            for x in 0..<grey.width {
                let ink = abs(full - Int(grey.luma[y * grey.width + x]))
                for (cell, part) in columns[x] { line[cell] += ink * part }
            }
            for (cell, part) in rows[y] {
                for column in 0..<Self.side { sums[cell * Self.side + column] += line[column] * part }
            }
        }
        let whole = 255 * square * square
        counts = sums.map { UInt8(min(Self.levels, (2 * Self.levels * $0 + whole) / (2 * whole))) }
    }

    /// For each pixel of a side the cells that it lies in, with the eighths of it that do: one, or two, or in a side of less than 8 pixels more.
    private static func cover(_ count: Int, offset: Int, _ square: Int) -> [[(cell: Int, part: Int)]] {
        (0..<count).map { pixel in
            let (start, end) = ((pixel + offset) * side, (pixel + offset + 1) * side)
            return (start / square...min(side - 1, (end - 1) / square)).map { cell in
                (cell, min(end, (cell + 1) * square) - max(start, cell * square))
            }
        }
    }

    private static func borderIsLight(_ grey: GreyPicture) -> Bool {
        let (width, height) = (grey.width, grey.height)
        var (sum, count) = (0, 0)
        for y in 0..<height {
            for x in y == 0 || y == height - 1 ? Array(0..<width) : width == 1 ? [0] : [0, width - 1] {
                sum += Int(grey.luma[y * width + x])
                count += 1
            }
        }
        return 2 * sum >= 255 * count
    }
}
