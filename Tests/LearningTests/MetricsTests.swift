import Foundation
import Learning
import Testing

/// Against scikit-learn (`Tests/Golden/make_metrics_vectors.py`).
@Suite struct MetricsTests {
    struct Vectors: Decodable { var cases: [Case] }
    struct Case: Decodable {
        var name: String
        var classes: Int
        var labels: [Int32]
        var probabilities: [Float]
        var confusion: [Int]
        var precision, recall, f1: [Double]
        var balanced_accuracy, auc, brier, ece: Double

        var predictions: [Prediction] {
            stride(from: 0, to: probabilities.count, by: classes).map { first in
                let p = Array(probabilities[first..<(first + classes)])
                return Prediction(label: p.indices.max { p[$0] < p[$1] || (p[$0] == p[$1] && $0 > $1) } ?? 0, probabilities: p)
            }
        }
    }

    let cases: [Case]
    init() throws { cases = try golden(Vectors.self, "metrics.json").cases }

    @Test func confusionMatrix() {
        #expect(cases.count == 5)
        for c in cases {
            var matrix = ConfusionMatrix(classes: c.classes)
            for (prediction, label) in zip(c.predictions, c.labels) { matrix.add(actual: Int(label), predicted: prediction.label) }
            #expect(matrix.counts == c.confusion, "\(c.name)")
            for label in 0..<c.classes {
                #expect(abs(matrix.precision(label) - c.precision[label]) < 1e-12, "\(c.name), class \(label)")
                #expect(abs(matrix.recall(label) - c.recall[label]) < 1e-12, "\(c.name), class \(label)")
                #expect(abs(matrix.f1(label) - c.f1[label]) < 1e-12, "\(c.name), class \(label)")
            }
            #expect(abs(matrix.balancedAccuracy - c.balanced_accuracy) < 1e-12, "\(c.name)")
        }
    }

    @Test func discrimination() throws {
        for c in cases {
            let area = try #require(areaUnderROC(predictions: c.predictions, labels: c.labels, classes: c.classes))
            #expect(abs(area - c.auc) < 1e-12, "\(c.name)")
        }
    }

    @Test func calibration() {
        for c in cases {
            let calibration = Calibration(predictions: c.predictions, labels: c.labels)
            #expect(abs(calibration.brierScore - c.brier) < 1e-9, "\(c.name)")
            #expect(abs(calibration.expectedError - c.ece) < 1e-9, "\(c.name)")
            #expect(calibration.bins.reduce(0) { $0 + $1.rows } == c.labels.count)
        }
    }

    @Test func whatCannotBeJudgedHasNoArea() {
        #expect(areaUnderROC(scores: [0.1, 0.9], positives: [true, true]) == nil)
        #expect(areaUnderROC(scores: [.nan, 0.9], positives: [true, false]) == nil)
        #expect(areaUnderROC(scores: [], positives: []) == nil)
        #expect(areaUnderROC(scores: [0.5, 0.5, 0.5], positives: [true, false, true]) == 0.5)
        #expect(ConfusionMatrix(classes: 3).accuracy == 0)
        #expect(ConfusionMatrix(classes: 3).balancedAccuracy == 0)
        let nothing = Calibration(predictions: [], labels: [])
        #expect(nothing.expectedError == 0 && nothing.brierScore == 0)
        let broken = Calibration(predictions: [Prediction(label: 0, probabilities: [.nan, .nan])], labels: [0])
        #expect(broken.bins[0].rows == 1)
    }
}
