import Foundation
import FuzzTargets

/// A fuzzer without eyes: inputs made of the corpus, for so long, and what became of them.
struct Fuzzing {
    let target: FuzzTarget
    let findings: Findings
    let seed: UInt64

    struct Outcome {
        var executions = 0
        /// The first input that does not hold; nothing is run after it.
        var failure: (input: [UInt8], problem: String)?
    }

    func run(_ corpus: [[UInt8]], seconds: Double, atMost executions: Int = .max) throws -> Outcome {
        let current = try CurrentInput(target.name, findings)
        var mutator = Mutator(seed: seed, words: target.words, maximumBytes: target.maximumBytes)
        var outcome = Outcome()
        let end = ContinuousClock.now + .seconds(seconds)
        while outcome.executions < executions, outcome.executions % 32 != 0 || ContinuousClock.now < end {
            let input = mutator.input(from: corpus)
            try current.set(input)
            outcome.executions += 1
            do { try target.run(input) } catch {
                outcome.failure = (input, error.problem)
                break
            }
        }
        current.remove()
        return outcome
    }
}
