#if canImport(Glibc)
    internal import Glibc
#endif
package import StrictJSON

/// Everything there is to say of a model on labelled rows.
package enum ModelMeasures: Sendable, Equatable {
    case classification(ClassificationMeasures)
    case regression(RegressionEvaluation)
    case language(LanguageMeasures)

    /// - Parameter dataset: rows that fit the model, scaled as its schema says; no text, which `LocalComputer.measures` knows.
    package init(of model: ModelFile, on dataset: Dataset) {
        switch model.spec.task {
        case .classification: self = .classification(ClassificationMeasures(of: model, on: dataset))
        case .regression:
            self = .regression(evaluateRegression(spec: model.spec, parameters: model.parameters, dataset: dataset))
        case .language: preconditionFailure("a text is judged by Federation, which knows the network")
        }
    }

    package var rows: Int {
        switch self {
        case .classification(let measures): measures.evaluation.rows
        case .regression(let evaluation): evaluation.rows
        case .language(let measures): measures.bytes
        }
    }

    /// - Parameter names: of the classes, in order; empty where they are plain numbers.
    package func json(names: [String]) -> JSON {
        switch self {
        case .classification(let measures): measures.json(names: names)
        case .regression(let result):
            [
                "rows": JSON(result.rows), "accuracy": .null, "loss": JSON(result.meanSquaredError), "rmse": JSON(result.rootMeanSquaredError),
                "mae": JSON(result.meanAbsoluteError), "r2": JSON(result.r2),
            ]
        case .language(let result):
            ["bytes": JSON(result.bytes), "accuracy": .null, "loss": JSON(result.nats), "bits_per_byte": JSON(result.bitsPerByte)]
        }
    }
}

package struct ClassificationMeasures: Sendable, Equatable {
    package var evaluation: Evaluation
    package var matrix: ConfusionMatrix
    /// nil where no class can be judged.
    package var areaUnderROC: Double?
    package var calibration: Calibration
    /// A table of more classes against classes is no longer of use to anybody.
    package static let mostClassesInMatrix = 100

    init(of model: ModelFile, on dataset: Dataset) {
        let predictions = predict(spec: model.spec, parameters: model.parameters, features: dataset.features)
        evaluation = evaluate(spec: model.spec, parameters: model.parameters, dataset: dataset)
        matrix = ConfusionMatrix(classes: model.spec.outputs)
        for (prediction, label) in zip(predictions, dataset.labels) { matrix.add(actual: Int(label), predicted: prediction.label) }
        areaUnderROC = Learning.areaUnderROC(predictions: predictions, labels: dataset.labels, classes: model.spec.outputs)
        calibration = Calibration(predictions: predictions, labels: dataset.labels)
    }

    /// Of predictions that somebody else's pass has made.
    ///
    /// - Parameters:
    ///   - predictions: one for each label, each with a probability for each class.
    ///   - labels: 0..<classes.
    package init(predictions: [Prediction], labels: [Int32], classes: Int) {
        precondition(predictions.count == labels.count && labels.allSatisfy { 0 <= $0 && $0 < classes })
        matrix = ConfusionMatrix(classes: classes)
        var loss = 0.0
        for (prediction, label) in zip(predictions, labels) {
            matrix.add(actual: Int(label), predicted: prediction.label)
            // No more than single precision can say.
            loss -= log(max(Double(prediction.probabilities[Int(label)]), Double(Float.leastNormalMagnitude)))
        }
        evaluation = Evaluation(loss: loss / Double(max(1, labels.count)), accuracy: matrix.accuracy, rows: labels.count)
        areaUnderROC = Learning.areaUnderROC(predictions: predictions, labels: labels, classes: classes)
        calibration = Calibration(predictions: predictions, labels: labels)
    }

    /// Also null where there are more classes than anybody would read.
    package var matrixJSON: JSON {
        guard matrix.classes <= Self.mostClassesInMatrix else { return .null }
        return .array((0..<matrix.classes).map { actual in .array((0..<matrix.classes).map { JSON(matrix[actual: actual, predicted: $0]) }) })
    }

    func json(names: [String]) -> JSON {
        [
            "rows": JSON(evaluation.rows), "accuracy": JSON(evaluation.accuracy), "loss": JSON(evaluation.loss),
            "balanced_accuracy": JSON(matrix.balancedAccuracy), "roc_auc": JSON(areaUnderROC),
            "expected_calibration_error": JSON(calibration.expectedError), "brier_score": JSON(calibration.brierScore),
            "classes": .array(
                (0..<matrix.classes).map { label in
                    [
                        "label": .string(className(label, names)), "precision": JSON(matrix.precision(label)), "recall": JSON(matrix.recall(label)),
                        "f1": JSON(matrix.f1(label)), "rows": JSON(matrix.support(label)),
                    ]
                }),
            "confusion_matrix": matrixJSON,
        ]
    }
}

/// The name of a class: its own, or its number.
package func className(_ label: Int, _ names: [String]) -> String { names.indices.contains(label) ? names[label] : "\(label)" }
