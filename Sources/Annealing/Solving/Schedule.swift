#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// How the temperature falls over the sweeps of a read. β = 1/T in the inverse of the model's unit of energy.
package struct Schedule: Sendable, Equatable {
    package enum Form: String, Sendable, Equatable {
        /// β grows by the same factor with every sweep.
        case geometric
        /// β grows by the same amount.
        case linear
    }

    package enum Range: Sendable, Equatable {
        /// From the largest and the smallest local field that a spin could see, as dwave-samplers documents it: hot enough for every spin to turn
        /// over with a probability of at least ½ against all its neighbours, cold enough for less than 0.01 spins to be excited at the end.
        case bounds
        /// From the local fields that spins do see: hot against the largest root of a sum of squares; cold as `bounds`, but no colder than what
        /// a tenth of the median field asks for, since descent does the rest. Leaves out sweeps in which nothing is decided.
        case typical
        case given(hot: Double, cold: Double)
    }

    package var form: Form
    package var range: Range

    package init(form: Form = .geometric, range: Range = .typical) {
        self.form = form
        self.range = range
    }

    func check() throws(AnnealingError) {
        guard case .given(let hot, let cold) = range else { return }
        guard hot >= 0, cold >= hot, cold <= Limits.temperatureRatioMax else {
            throw .setting(
                name: "beta_range",
                problem: "goes from a small beta to a larger one of at most \(Limits.temperatureRatioMax), and here is \(hot) to \(cold)")
        }
        guard form == .linear || hot > 0 else {
            throw .setting(name: "beta_range", problem: "of a geometric schedule begins above 0; use a linear one")
        }
    }

    /// β of every sweep; the last one's is the cold one.
    package func betas(sweeps: Int, for model: IsingModel) -> [Double] {
        let (hot, cold) = ends(for: model)
        guard sweeps > 1 else { return [cold] }
        return (0..<sweeps).map { sweep in
            let part = Double(sweep) / Double(sweeps - 1)
            if sweep == sweeps - 1 { return cold }
            return switch form {
            case .geometric: hot * pow(cold / hot, part)
            case .linear: hot + (cold - hot) * part
            }
        }
    }

    package func ends(for model: IsingModel) -> (hot: Double, cold: Double) {
        if case .given(let hot, let cold) = range { return (hot, cold) }
        let couplings = model.couplings
        var (largestSum, largestSquare, smallest, fewest) = (0.0, 0.0, Double.infinity, 0)
        var typical: [Double] = []
        for row in 0..<model.spins {
            let field = abs(model.fields[row])
            var (sum, least, square) = (field, field > 0 ? field : .infinity, field * field)
            for at in couplings.starts[row]..<couplings.starts[row + 1] {
                let weight = abs(couplings.weights[at])
                sum += weight
                square += weight * weight
                least = min(least, weight)
            }
            guard least.isFinite else { continue }
            largestSum = max(largestSum, sum)
            largestSquare = max(largestSquare, square)
            typical.append(square)
            if least < smallest { (smallest, fewest) = (least, 1) } else if least == smallest { fewest += 1 }
        }
        // No field at all: every temperature is as good.
        guard largestSum > 0 else { return (0.1, 1) }
        let hot = log(2) / (2 * (range == .bounds ? largestSum : largestSquare.squareRoot()))
        var cold = log(Double(fewest) / 0.01) / (2 * smallest)
        if range == .typical {
            typical.sort()
            cold = min(cold, log(100 * Double(model.spins)) / (0.2 * typical[typical.count / 2].squareRoot()))
        }
        return (hot, min(max(cold, hot), hot * Limits.temperatureRatioMax))
    }
}
