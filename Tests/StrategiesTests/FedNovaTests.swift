import Strategies
import Testing

@Suite struct FedNovaTests {
    @Test func normalisersAreThePapers() {
        for steps in [0, 1, 2, 7, 300] {
            #expect(FedNova.normaliser(steps: steps, learningRate: 0.1) == Double(steps))
            let (rho, t) = (0.5, Double(steps))
            var power = 1.0
            for _ in 0..<steps { power *= rho }
            let momentum = (t - rho * (1 - power) / (1 - rho)) / (1 - rho)
            #expect(abs(FedNova.normaliser(steps: steps, learningRate: 0.1, momentum: 0.5) - momentum) <= 1e-12 * max(1, momentum))
            // η·μ = 2⁻⁴ exactly
            power = 1
            for _ in 0..<steps { power *= 1 - 0.0625 }
            let proximal = (1 - power) / 0.0625
            #expect(abs(FedNova.normaliser(steps: steps, learningRate: 0.125, proximalMu: 0.5) - proximal) <= 1e-12 * max(1, proximal))
        }
    }

    @Test func equalStepsAreAveraging() throws {
        #expect(try FedNova.effectiveSteps([7, 7, 7], weights: [1, 1000, 3]) == 7)
        #expect(try FedNova.effectiveSteps([0, 4], weights: [1, 3]) == 3)
    }

    @Test func effectiveStepsDoNotDependOnTheOrder() throws {
        let steps = [0.1, 12_345.678, 1e-3, 7, 999_999.25, 3.3]
        let weights: [Int64] = [1 << 40, 3, 1 << 55, 17, 1, 12_345]
        let forward = try FedNova.effectiveSteps(steps, weights: weights)
        #expect(try FedNova.effectiveSteps(steps.reversed(), weights: weights.reversed()) == forward)
    }

    @Test func stepsThatCannotBeAreRefused() throws {
        for bad in [-1, Double.nan, .infinity, 1e10] {
            #expect(throws: StrategyError.self) { try FedNova.effectiveSteps([1, bad], weights: [1, 1]) }
            #expect(throws: StrategyError.self) { try FedNova.normalise([1], by: bad) }
        }
        #expect(throws: StrategyError.self) { try FedNova.effectiveSteps([1], weights: [1, 1]) }
        #expect(throws: StrategyError.self) { try FedNova.effectiveSteps([1, 2], weights: [1, 0]) }
        #expect(throws: StrategyError.self) { try FedNova.effectiveSteps([], weights: []) }
        // A proximal term that overshoots: the local rule diverges, and says so.
        let diverging = FedNova.normaliser(steps: 1000, learningRate: 1, proximalMu: 1000)
        #expect(throws: StrategyError.self) { try FedNova.normalise([1], by: diverging) }
    }
}
