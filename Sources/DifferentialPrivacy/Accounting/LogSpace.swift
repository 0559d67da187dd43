#if canImport(Glibc)
    import Glibc
#endif

/// Sums of numbers that are too large or too small for themselves, held as their logarithms.
struct LogSum {
    private var largest = -Double.infinity
    private var scaled = 0.0

    /// Adds e^x; -∞ is zero.
    mutating func add(_ x: Double) {
        guard x > -Double.infinity else { return }
        if x <= largest {
            scaled += exp(x - largest)
        } else {
            scaled = scaled * exp(largest - x) + 1
            largest = x
        }
    }

    /// The sum's logarithm.
    var value: Double { scaled == 0 ? -Double.infinity : largest + log(scaled) }
}

/// log(e^x - 1) for x > 0; -∞ at 0.
func logExpMinusOne(_ x: Double) -> Double { x > 30 ? x + log1p(-exp(-x)) : log(expm1(x)) }

/// log(1 + e^x).
func logOnePlusExp(_ x: Double) -> Double { x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)) }

/// Logarithms of binomial coefficients, from one table of logarithms of factorials.
struct LogBinomials {
    private let factorials: [Double]

    /// - Parameter largest: n up to which they are wanted.
    init(upTo largest: Int) {
        var (table, sum) = ([0.0], 0.0)
        for n in stride(from: 1, through: largest, by: 1) {
            sum += log(Double(n))
            table.append(sum)
        }
        factorials = table
    }

    func callAsFunction(_ n: Int, _ k: Int) -> Double { factorials[n] - factorials[k] - factorials[n - k] }

    /// For all orders that are used.
    static let shared = LogBinomials(upTo: Int(RenyiCurve.orders.last ?? 2))
}

/// P(X > x) and P(X < x) for a standard normal X, with full relative accuracy in the tail.
func normalAbove(_ x: Double) -> Double { 0.5 * erfc(x * 0.5.squareRoot()) }
func normalBelow(_ x: Double) -> Double { 0.5 * erfc(-x * 0.5.squareRoot()) }
