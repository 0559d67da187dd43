import Foundation
import Testing

import DifferentialPrivacy

@Suite struct FourierTests {
    /// The definition.
    private static func twin(_ re: [Double], _ im: [Double]) -> ([Double], [Double]) {
        let n = re.count
        var (outRe, outIm) = ([Double](repeating: 0, count: n), [Double](repeating: 0, count: n))
        for k in 0..<n {
            for j in 0..<n {
                let angle = -2 * Double.pi * Double(j * k % n) / Double(n)
                outRe[k] += re[j] * cos(angle) - im[j] * sin(angle)
                outIm[k] += re[j] * sin(angle) + im[j] * cos(angle)
            }
        }
        return (outRe, outIm)
    }

    @Test(arguments: [1, 2, 4, 8, 64, 512])
    func transformIsItsDefinition(count: Int) {
        var random = Seeded(UInt64(count))
        let (re, im) = ((0..<count).map { _ in random.uniform() - 0.5 }, (0..<count).map { _ in random.uniform() - 0.5 })
        let (wantedRe, wantedIm) = Self.twin(re, im)
        var (a, b) = (re, im)
        let fourier = FourierTransform(count: count)
        fourier.transform(&a, &b)
        for k in 0..<count { #expect(abs(a[k] - wantedRe[k]) < 1e-12 && abs(b[k] - wantedIm[k]) < 1e-12) }
        fourier.transform(&a, &b, inverse: true)
        for k in 0..<count { #expect(abs(a[k] - re[k]) < 1e-14 && abs(b[k] - im[k]) < 1e-14) }
    }

    /// Norms are kept (Parseval), and there and back the error stays below what is promised.
    @Test func errorIsBelowItsBound() {
        var random = Seeded(1)
        let count = 1 << 16
        let re = (0..<count).map { _ in random.uniform() - 0.5 }
        var (a, b) = (re, [Double](repeating: 0, count: count))
        let fourier = FourierTransform(count: count)
        fourier.transform(&a, &b)
        let norm = re.reduce(0) { $0 + $1 * $1 }
        let transformed = zip(a, b).reduce(0) { $0 + $1.0 * $1.0 + $1.1 * $1.1 } / Double(count)
        #expect(abs(transformed - norm) < 1e-12 * norm)
        fourier.transform(&a, &b, inverse: true)
        let error = zip(a, re).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        #expect(error.squareRoot() < 2 * fourier.relativeError * norm.squareRoot() && error > 0)
    }
}
