internal import DifferentialPrivacy
internal import Learning
internal import RobustAggregation

extension RoundComputer {
    /// Rounds a result to the lattice and adds discrete Gaussian noise there, unless the clients' noise is in it: what comes out may be
    /// seen by everybody.
    /// - Parameters:
    ///   - summands: clients whose mean it is; a mean over a fixed number of clients is made of it.
    ///   - noise: of this release alone, drawn from once.
    static func release(_ combined: inout [Float], _ privacy: PrivacyJob, summands: Int, noise: RandomWords?) throws(AggregationError) {
        let factor = privacy.divisor.map { Double(summands) / Double($0) } ?? 1
        guard case .coordinator(let step, let deviationSteps) = privacy.noise else {
            for place in combined.indices { combined[place] = Float(Double(combined[place]) * factor) }
            return
        }
        guard var noise else { throw .source("no noise was given for a private round; nothing of it is released") }
        do throws(PrivacyError) {
            let gaussian = try DiscreteGaussian(deviation: deviationSteps)
            for place in combined.indices {
                let rounded = (Double(combined[place]) * factor / step).rounded()
                combined[place] = Float((rounded + Double(gaussian.draw(&noise))) * step)
            }
        } catch { throw .source("the noise of a private round cannot be drawn: \(error)") }
    }

    /// How far, in L2, rounding to binary32 can have moved a result from the exact one: each of the means and the result of
    /// numbers whose norm is at most `norm` is rounded to the nearest once, and once more for what is left.
    static func arithmeticError(norm: Double) -> Double { norm * 0x1p-22 }
}
