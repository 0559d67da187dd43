internal import KernelTable
internal import Learning

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Turns the halves of each head's vector against each other: element j and element j + size/2 by position · 10000^(−2j/size)
/// (Su et al. 2021, arXiv 2104.09864; the halves as in GPT-NeoX). What a product of two such vectors says then depends on how far apart
/// they stand.
struct Rotary: Sendable, Equatable {
    private let half: Int
    /// [context, size/2]
    private let cosines: [Float]
    private let sines: [Float]

    init(_ configuration: TransformerShape) {
        let size = configuration.width / configuration.heads
        half = size / 2
        let frequencies = (0..<half).map { pow(10_000, -2 * Double($0) / Double(size)) }
        var (cosines, sines): ([Float], [Float]) = ([], [])
        for position in 0..<configuration.context {
            for frequency in frequencies {
                let angle = Double(position) * frequency
                cosines.append(Float(cos(angle)))
                sines.append(Float(sin(angle)))
            }
        }
        (self.cosines, self.sines) = (cosines, sines)
    }

    /// In place, `heads` vectors in a row at the beginning of each of `rows` rows that are `stride` floats apart.
    /// - Parameters:
    ///   - first: the position of the first row; that of each is one more, and 0 again after `period` rows.
    ///   - back: by the negative angle: the gradient's way.
    func turn(_ x: MF32, _ rows: Int, _ stride: Int, heads: Int, first: Int = 0, period: Int, back: Bool = false) {
        let sign: Float = back ? -1 : 1
        cosines.withUnsafeBufferPointer { cosines in
            sines.withUnsafeBufferPointer { sines in
                guard let cosines = cosines.baseAddress, let sines = sines.baseAddress else { return }
                for r in 0..<rows {
                    let at = (first &+ r % period) &* half
                    for head in 0..<heads {
                        let low = x + (r &* stride &+ head &* 2 &* half)
                        let high = low + half
                        var j = 0
                        while j < half {
                            let (a, b, c, s) = (low[j], high[j], cosines[at &+ j], sign * sines[at &+ j])
                            low[j] = a * c - b * s
                            high[j] = b * c + a * s
                            j &+= 1
                        }
                    }
                }
            }
        }
    }
}
