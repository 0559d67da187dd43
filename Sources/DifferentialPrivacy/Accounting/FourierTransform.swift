#if canImport(Glibc)
    import Glibc
#endif

/// Discrete Fourier transforms of one length, a power of two: radix 2, in place, decimation in time (Cooley and Tukey 1965).
///
/// Error: ‖computed - exact‖₂ at most `relativeError`·‖exact‖₂ (Higham, Accuracy and Stability of Numerical Algorithms, theorem
/// 24.2, with twiddle factors off by at most two units in the last place).
package struct FourierTransform {
    package let count: Int
    private let cosines: [Double]
    private let sines: [Double]

    /// - Parameter count: a power of two.
    package init(count: Int) {
        precondition(count > 0 && count & (count - 1) == 0, "a transform's length is a power of two")
        self.count = count
        let half = count / 2
        (cosines, sines) = (
            (0..<half).map { cos(2 * Double.pi * Double($0) / Double(count)) }, (0..<half).map { sin(2 * Double.pi * Double($0) / Double(count)) }
        )
    }

    package var relativeError: Double { Double(count.trailingZeroBitCount) * 9 * 0x1p-53 }

    /// X[k] = Σ x[j] e^(-2πijk/n); the inverse has the other sign and divides by n.
    package func transform(_ real: inout [Double], _ imaginary: inout [Double], inverse: Bool = false) {
        precondition(real.count == count && imaginary.count == count, "a transform takes \(count) numbers")
        real.withUnsafeMutableBufferPointer { re in
            imaginary.withUnsafeMutableBufferPointer { im in
                cosines.withUnsafeBufferPointer { c in
                    sines.withUnsafeBufferPointer { s in Self.run(re, im, c, s, inverse ? 1 : -1) }
                }
                guard inverse else { return }
                let scale = 1 / Double(re.count)
                for i in re.indices {
                    re[i] *= scale
                    im[i] *= scale
                }
            }
        }
    }

    private static func run(
        _ re: UnsafeMutableBufferPointer<Double>, _ im: UnsafeMutableBufferPointer<Double>, _ cosines: UnsafeBufferPointer<Double>,
        _ sines: UnsafeBufferPointer<Double>, _ sign: Double
    ) {
        let n = re.count
        var j = 0
        for i in 0..<n {
            if i < j {
                re.swapAt(i, j)
                im.swapAt(i, j)
            }
            var bit = n >> 1
            while bit > 0, j & bit != 0 {
                j ^= bit
                bit >>= 1
            }
            j |= bit
        }
        var half = 1
        while half < n {
            let stride = n / (2 * half)
            var start = 0
            while start < n {
                for k in 0..<half {
                    let (wr, wi) = (cosines[k &* stride], sign * sines[k &* stride])
                    let (a, b) = (start &+ k, start &+ k &+ half)
                    let (tr, ti) = (re[b] * wr - im[b] * wi, re[b] * wi + im[b] * wr)
                    (re[b], im[b]) = (re[a] - tr, im[a] - ti)
                    (re[a], im[a]) = (re[a] + tr, im[a] + ti)
                }
                start += 2 * half
            }
            half *= 2
        }
    }
}
