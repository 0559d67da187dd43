import Foundation
import Learning
import StrictJSON
import Testing

@Suite struct TemperatureTests {
    /// Labels drawn from softmax(z), and logits that are `temperature` times z.
    private func planted(_ temperature: Double, rows: Int = 4000, classes: Int = 5, seed: UInt64 = 7) -> (logits: [Float], labels: [Int32]) {
        var generator = SeededGenerator(seed: seed)
        var (logits, labels): ([Float], [Int32]) = ([], [])
        for _ in 0..<rows {
            let z = (0..<classes).map { _ in 2 * generator.normal() }
            let powers = z.map { exp($0) }
            var point = Double.random(in: 0..<1, using: &generator) * powers.reduce(0, +)
            let label = powers.firstIndex { power in
                point -= power
                return point < 0
            }
            labels.append(Int32(label ?? classes - 1))
            logits += z.map { Float($0 * temperature) }
        }
        return (logits, labels)
    }

    private func loss(_ logits: [Float], _ labels: [Int32], _ classes: Int, _ temperature: Double) -> Double {
        labels.indices.reduce(0) { sum, row in
            let z = logits[(row * classes)..<((row + 1) * classes)].map { Double($0) / temperature }
            let greatest = z.max() ?? 0
            return sum + log(z.reduce(0) { $0 + exp($1 - greatest) }) + greatest - z[Int(labels[row])]
        }
    }

    @Test(arguments: [0.25, 0.8, 1, 2.5, 8]) func theTemperatureThatWasPlantedIsFound(_ planted: Double) throws {
        let (logits, labels) = self.planted(planted)
        let fitted = try #require(TemperatureScaling(logits: logits, labels: labels, classes: 5))
        #expect(abs(fitted.temperature / planted - 1) < 0.08, "\(fitted.temperature)")
        // Never worse than as it was, nor than what lies beside it.
        let best = loss(logits, labels, 5, fitted.temperature)
        for other in [1, fitted.temperature * 1.02, fitted.temperature / 1.02] { #expect(best <= loss(logits, labels, 5, other) + 1e-9) }
    }

    @Test func aNumberForEachRowMakesNoDifference() throws {
        let (logits, labels) = planted(3, rows: 200)
        let moved = logits.enumerated().map { $1 + Float(8 * ($0 / 5 % 3)) }
        let (a, b) = (TemperatureScaling(logits: logits, labels: labels, classes: 5), TemperatureScaling(logits: moved, labels: labels, classes: 5))
        #expect(abs(try #require(a).temperature - (try #require(b)).temperature) < 1e-3)
    }

    @Test func whereNoneIsBestThereIsNone() {
        func fit(_ logits: [Float], _ labels: [Int32], _ classes: Int = 2) -> TemperatureScaling? {
            TemperatureScaling(logits: logits, labels: labels, classes: classes)
        }
        #expect(fit([], []) == nil && fit([1, 0], [0], 0) == nil && fit([0], [0], 1) == nil)
        #expect(fit([3, 0, 0, 3], [0, 1]) == nil, "always right: the surer, the better")
        #expect(fit([3, 0, 0, 3], [1, 0]) == nil, "always wrong")
        #expect(fit([0, 0, 0, 0], [0, 1]) == nil, "says nothing")
        #expect(fit([.nan, 0], [0]) == nil && fit([.infinity, 0], [0]) == nil)
        #expect(fit([1, 0], [2]) == nil && fit([1, 0], [-1]) == nil && fit([1, 0, 1], [0]) == nil && fit([1, 0], [0], .max) == nil)
        // Right in seven of ten cases: it should say 0.7, however sure it is.
        let labels = (0..<100).map { Int32($0 % 10 < 7 ? 0 : 1) }
        for gap in [1, 5, 12] as [Float] {
            let fitted = fit(labels.flatMap { _ in [gap, 0] }, labels)
            #expect(fitted.map { abs(Double(gap) / $0.temperature - log(7.0 / 3)) < 1e-2 } == true, "\(gap)")
        }
    }

    @Test func aScaledSoftmaxAddsUpAndKeepsItsOrder() throws {
        let scaling = try #require(TemperatureScaling(2))
        let told = scaling([0.7, 0.2, 0.1])
        #expect(abs(told.reduce(0, +) - 1) < 1e-12 && told[0] > told[1] && told[1] > told[2] && told[0] < 0.7)
        #expect(scaling([0, 0, 1]) == [0, 0, 1] && TemperatureScaling(0) == nil && TemperatureScaling(.nan) == nil && TemperatureScaling(21) == nil)
        #expect(zip(TemperatureScaling.none([0.5, 0.25, 0.25]), [0.5, 0.25, 0.25]).allSatisfy { abs($0 - $1) < 1e-12 })
    }

    private let model = ModelFile(
        spec: ModelSpec(kind: .softmaxRegression, layers: [1, 2]), schema: DataSchema(inputs: 1, outputs: 2, scale: .none), parameters: [-4, 4, 0, 0])

    /// Rows ±1 whose labels are as the sign says in four of five cases: the model says 0.9997.
    private func rows(_ count: Int) -> Dataset {
        let signs = (0..<count).map { $0 % 2 }
        return Dataset(
            features: signs.map { $0 == 0 ? -1 : 1 }, labels: signs.enumerated().map { Int32($0 % 10 < 8 ? $1 : 1 - $1) }, inputs: 1, outputs: 2)
    }

    @Test func aModelIsMeasuredBeforeAndAfter() throws {
        let fitted = try #require(FittedTemperature(of: model, on: rows(100)))
        #expect(abs(8 / fitted.scaling.temperature - log(4)) < 1e-2, "\(fitted)")
        #expect(fitted.rows == 100 && abs((fitted.errorBefore ?? 0) - 0.2) < 1e-3 && fitted.error < 1e-3)
        #expect(FittedTemperature(of: model, on: rows(40)) == nil, "so few rows say little of the model")
        let right = Dataset(features: (0..<100).map { $0 % 2 == 0 ? -1 : 1 }, labels: (0..<100).map { $0 % 2 }, inputs: 1, outputs: 2)
        #expect(FittedTemperature(of: model, on: right) == nil)
        let line = ModelFile(
            spec: ModelSpec(kind: .linear, layers: [1, 1]), schema: DataSchema(inputs: 1, outputs: 1, scale: .none, task: .regression), parameters: [2, 1])
        #expect(
            FittedTemperature(of: line, on: Dataset(features: [Float](repeating: 1, count: 99), targets: [Float](repeating: 3, count: 99), inputs: 1)) == nil)
    }

    @Test func aTemperatureThatMakesTheErrorGreaterIsNotTaken() throws {
        for seed in 1...20 as ClosedRange<UInt64> {
            var generator = SeededGenerator(seed: seed)
            let features = (0..<60).map { _ in Float(generator.normal()) }
            let labels = features.map { Int32(Double.random(in: 0..<1, using: &generator) < 1 / (1 + exp(-8 * Double($0))) ? 1 : 0) }
            guard let fitted = FittedTemperature(of: model, on: Dataset(features: features, labels: labels, inputs: 1, outputs: 2)) else { continue }
            #expect(fitted.error <= (try #require(fitted.errorBefore)))
            if fitted.scaling == .none { #expect(fitted.error == fitted.errorBefore) }
        }
    }

    @Test func aCardSaysIt() throws {
        func card(_ temperature: FittedTemperature?) -> ModelCard {
            ModelCard(
                session: "s", round: 1, model: model.spec, schema: model.schema, sha256: "ab", bytes: 1, madeAt: nil, training: [], clients: 1, rows: 1,
                contributors: nil, heldOut: ModelMeasures(of: model, on: rows(100)), temperature: temperature, reported: nil, protection: [])
        }
        let fitted = card(FittedTemperature(try #require(TemperatureScaling(2.5)), rows: 100, errorBefore: 0.25, error: 0.125))
        #expect(
            fitted.json["metrics"]?["temperature_scaling"]
                == ["temperature": 2.5, "rows": 100, "expected_calibration_error_before": 0.25, "expected_calibration_error": 0.125])
        #expect(fitted.markdown.contains("| temperature | 2.5000 |") && fitted.markdown.contains("| expected calibration error with it | 0.1250 |"))
        #expect(card(nil).json["metrics"]?["temperature_scaling"] == .null && card(nil).markdown.contains("confidences are not calibrated"))
    }
}
