package import StrictJSON

/// What is to be minimised, in the variables in which it was given.
package struct Problem: Sendable, Equatable {
    /// What values a variable has.
    package enum Vartype: String, Sendable, Equatable {
        /// −1 and 1.
        case spin = "SPIN"
        /// 0 and 1.
        case binary = "BINARY"
    }

    package enum Model: Sendable, Equatable {
        case ising(IsingModel)
        case qubo(QUBOModel)
    }

    package let model: Model
    /// As many as variables; what the reader called them.
    package let labels: [JSON]
    /// The form that solvers work on.
    package let ising: IsingModel

    /// - Parameter labels: one for each variable; without them their numbers from 0.
    package init(_ model: Model, labels: [JSON]? = nil) {
        self.model = model
        switch model {
        case .ising(let model): ising = model
        case .qubo(let model): ising = model.ising
        }
        self.labels = labels ?? (0..<ising.spins).map { .integer(Int64($0)) }
        precondition(self.labels.count == ising.spins)
    }

    package var variables: Int { ising.spins }
    package var vartype: Vartype {
        switch model {
        case .ising: .spin
        case .qubo: .binary
        }
    }

    /// Values in the problem's own variables for spins of −1 and 1.
    package func values(of spins: [Int8]) -> [Int8] {
        switch model {
        case .ising: spins
        case .qubo: spins.map { ($0 + 1) / 2 }
        }
    }

    /// The energy of values in the problem's own variables, from the model as it was given.
    package func energy(of values: [Int8]) -> Double {
        switch model {
        case .ising(let model): model.energy(of: values)
        case .qubo(let model): model.energy(of: values)
        }
    }
}
