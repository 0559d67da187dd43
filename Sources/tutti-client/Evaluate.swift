import ArgumentParser
import ClientNode
import CommandKit
import Learning
import StrictJSON

struct Evaluate: ReportingCommand {
    static let configuration = CommandConfiguration(
        abstract: "How good a model is on a labelled file: accuracy, loss, ROC area, calibration, and each class for itself; "
            + "for a regression RMSE, MAE and R².")

    @Option(help: "Model file (safetensors).")
    var model: String
    @OptionGroup var source: DataOptions
    @Flag(help: "One JSON object on stdout.")
    var json = false

    /// Above this a table of classes against classes is no longer of use to anybody.
    private static let mostClassesInMatrix = 100

    func perform() async throws(CommandFailure) -> JSON {
        let file = try await loadModel(model)
        let dataset = try await loadRows(source, for: file).dataset
        if file.spec.task == .regression {
            return report(evaluateRegression(spec: file.spec, parameters: file.parameters, dataset: dataset))
        }
        let result = evaluate(spec: file.spec, parameters: file.parameters, dataset: dataset)
        let predictions = predict(spec: file.spec, parameters: file.parameters, features: dataset.features)
        let classes = file.spec.outputs
        var matrix = ConfusionMatrix(classes: classes)
        for (prediction, label) in zip(predictions, dataset.labels) { matrix.add(actual: Int(label), predicted: prediction.label) }
        let area = areaUnderROC(predictions: predictions, labels: dataset.labels, classes: classes)
        let calibration = Calibration(predictions: predictions, labels: dataset.labels)
        func name(_ label: Int) -> String { file.schema.labels.isEmpty ? "\(label)" : file.schema.labels[label] }

        func fixed(_ value: Double) -> String { RoundTable.fixed(value, 4) }
        say("rows \(result.rows)  accuracy \(fixed(result.accuracy))  loss \(fixed(result.loss))")
        say(
            "balanced accuracy \(fixed(matrix.balancedAccuracy))  ROC area \(area.map(fixed) ?? "-")  calibration error "
                + "\(fixed(calibration.expectedError))  Brier score \(fixed(calibration.brierScore))")
        let width = (0..<classes).reduce(5) { max($0, name($1).count) }
        func cell(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(0, width - text.count)) + text }
        if !json {
            print("\(cell("class", width))  precision  recall      f1    rows")
            for label in 0..<classes where matrix.support(label) + matrix.predicted(label) > 0 {
                print(
                    "\(cell(name(label), width))  \(cell(fixed(matrix.precision(label)), 9))  \(fixed(matrix.recall(label)))  "
                        + "\(fixed(matrix.f1(label)))  \(cell("\(matrix.support(label))", 6))")
            }
        }
        return [
            "rows": JSON(result.rows), "accuracy": JSON(result.accuracy), "loss": JSON(result.loss),
            "balanced_accuracy": JSON(matrix.balancedAccuracy), "roc_auc": JSON(area),
            "expected_calibration_error": JSON(calibration.expectedError), "brier_score": JSON(calibration.brierScore),
            "classes": .array(
                (0..<classes).map { label in
                    [
                        "label": .string(name(label)), "precision": JSON(matrix.precision(label)), "recall": JSON(matrix.recall(label)),
                        "f1": JSON(matrix.f1(label)), "rows": JSON(matrix.support(label)),
                    ]
                }),
            "confusion_matrix": classes > Self.mostClassesInMatrix
                ? .null
                : .array((0..<classes).map { actual in .array((0..<classes).map { JSON(matrix[actual: actual, predicted: $0]) }) }),
        ]
    }
    /// Accuracy is null: a regression has no right and wrong.
    private func report(_ result: RegressionEvaluation) -> JSON {
        func fixed(_ value: Double) -> String { RoundTable.fixed(value, 4) }
        say(
            "rows \(result.rows)  RMSE \(fixed(result.rootMeanSquaredError))  MAE \(fixed(result.meanAbsoluteError))  "
                + "R² \(result.r2.map(fixed) ?? "-")")
        return [
            "rows": JSON(result.rows), "accuracy": .null, "loss": JSON(result.meanSquaredError), "rmse": JSON(result.rootMeanSquaredError),
            "mae": JSON(result.meanAbsoluteError), "r2": JSON(result.r2),
        ]
    }
}
