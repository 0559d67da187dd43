#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

enum Mathematics {
    static func exponential(_ x: Double) -> Double { exp(x) }

    static func logistic(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

    /// √2·erf⁻¹(2x − 1), by Winitzki's approximation of the inverse, as the reference runtime has it.
    static func probit(_ x: Double) -> Double {
        let y = 2 * x - 1
        let logarithm = log((1 - y) * (1 + y))
        let v = 2 / (3.14159 * 0.147) + 0.5 * logarithm
        return 2.0.squareRoot() * (y < 0 ? -1 : 1) * (-v + (v * v - logarithm / 0.147).squareRoot()).squareRoot()
    }
}
