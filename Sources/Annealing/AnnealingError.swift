/// What a model, a text or a setting has wrong, and what to do about it.
package enum AnnealingError: Error, Sendable, Equatable, CustomStringConvertible {
    case noSpins
    case tooManySpins(Int)
    case tooManyCouplings(Int)
    case spinOutOfRange(term: Int, spin: Int, spins: Int)
    case selfCoupling(term: Int, spin: Int)
    case badWeight(of: String)
    case notSquare(count: Int, spins: Int)
    case notSymmetric(row: Int, column: Int)
    case setting(name: String, problem: String)
    case line(Int, problem: String)
    case text(problem: String)

    package var description: String {
        switch self {
        case .noSpins: "the model has no variables; give at least one"
        case .tooManySpins(let count): "the model has \(count) variables; at most \(Limits.spinsMax) are possible"
        case .tooManyCouplings(let count): "the model has \(count) couplings; at most \(Limits.couplingsMax) are possible"
        case .spinOutOfRange(let term, let spin, let spins): "coupling \(term) names variable \(spin); variables are numbered from 0 to \(spins - 1)"
        case .selfCoupling(let term, let spin):
            "coupling \(term) couples variable \(spin) with itself; a spin squared is 1, so add its weight to the offset"
        case .badWeight(let name): "\(name) is neither 0 nor between \(Limits.weightMin) and \(Limits.weightMax), of either sign; scale the model"
        case .notSquare(let count, let spins): "a dense model of \(spins) variables has \(spins * spins) couplings, and here are \(count)"
        case .notSymmetric(let row, let column):
            "the couplings at row \(row), column \(column) and its mirror image differ; give a symmetric matrix with a diagonal of zeros"
        case .setting(let name, let problem): "\(name) \(problem)"
        case .line(let number, let problem): "line \(number): \(problem)"
        case .text(let problem): problem
        }
    }
}
