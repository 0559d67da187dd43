/// Every bound of the room.
package enum Limits {
    /// Spins of a model.
    package static let spinsMax = 262_144
    /// Pairs of spins with a coupling: a dense model of 8,192 spins. A model takes 24 bytes a pair and a solver 8 more.
    package static let couplingsMax = 1 << 25
    /// A field or coupling is at most this large, so that no sum of them or of their squares overflows.
    package static let weightMax = 1e100
    /// One that is not 0 is at least this large, so that its square is not 0 either.
    package static let weightMin = 1e-100

    static func isWeight(_ value: Double) -> Bool { value == 0 || (abs(value) >= weightMin && abs(value) <= weightMax) }
    /// Bytes of a text with a model.
    package static let textBytesMax = 1 << 29
    /// Bytes of a variable's label.
    package static let labelBytesMax = 256
    /// Reads of one run.
    package static let readsMax = 100_000
    /// Sweeps, steps or iterations of one read.
    package static let sweepsMax = 1_000_000_000
    /// Spins times reads, a byte each in the result.
    package static let sampleSpinsMax = 1 << 28
    /// Spins that are enumerated: 2²⁶ states.
    package static let exactSpinsMax = 26
    /// Couplings of a model that is reduced: some hundred bytes each while it is.
    package static let reducedPairsMax = 1 << 20
    /// Copies of the system in imaginary time.
    package static let slicesMax = 64
    /// Temperatures of parallel tempering.
    package static let temperaturesMax = 64
    /// The largest β, and the largest part that a cold one may be of a hot one: far from where floats end.
    package static let temperatureRatioMax = 1e30
    /// Drawings of a bootstrap.
    package static let resamplesMax = 100_000
    /// Runs of one benchmark.
    package static let runsMax = 100_000
    /// Spins beside each other in a grid.
    package static let gridSideMax = 4096
}
