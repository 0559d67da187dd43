import ArgumentParser
import Attacks
import ClientNode
import CommandKit
import Federation
import Learning
import StrictJSON

struct Evaluate: ReportingCommand {
    static let configuration = CommandConfiguration(
        abstract: "How good a model is on a labelled file: accuracy, loss, ROC area, calibration, and each class for itself; "
            + "for a regression RMSE, MAE and R²; for a model of text bits per byte.")

    @Option(help: "Model file (safetensors).")
    var model: String
    @OptionGroup var source: DataOptions
    @Flag(help: "Also how many rows of other classes are taken for zero with the trigger of 'run --attack backdoor'.")
    var backdoor = false
    @Flag(help: "One JSON object on stdout.")
    var json = false

    func perform() async throws(CommandFailure) -> JSON {
        let file = try await loadModel(model)
        let rows = try await loadRows(source, for: file).dataset
        let measures = LocalComputer.measures(of: file, on: rows)
        switch measures {
        case .classification(let result): tell(result, file.schema.labels)
        case .regression(let result):
            say(
                "rows \(result.rows)  RMSE \(fixed(result.rootMeanSquaredError))  MAE \(fixed(result.meanAbsoluteError))  "
                    + "R² \(result.r2.map(fixed) ?? "-")")
        case .language(let result): say("bytes \(result.bytes)  bits per byte \(fixed(result.bitsPerByte))  loss \(fixed(result.nats)) nats")
        }
        let result = measures.json(names: file.schema.labels)
        guard backdoor else { return result }
        let success = try backdoorSuccess(file, rows)
        say("taken for zero with the trigger \(success.map(fixed) ?? "-")")
        return .object((result.members ?? []) + [JSON.Member("backdoor_success", JSON(success))])
    }

    private func backdoorSuccess(_ file: ModelFile, _ rows: Dataset) throws(CommandFailure) -> Double? {
        do throws(AttackError) { return try Backdoor.corner.successRate(spec: file.spec, parameters: file.parameters, rows: rows) } catch {
            throw CommandFailure(.usage, "--backdoor cannot be measured: \(error).", remedy: "Leave it out: it is for 8x8 images of digits.")
        }
    }

    private func fixed(_ value: Double) -> String { RoundTable.fixed(value, 4) }

    private func tell(_ result: ClassificationMeasures, _ names: [String]) {
        let (matrix, calibration) = (result.matrix, result.calibration)
        say("rows \(result.evaluation.rows)  accuracy \(fixed(result.evaluation.accuracy))  loss \(fixed(result.evaluation.loss))")
        say(
            "balanced accuracy \(fixed(matrix.balancedAccuracy))  ROC area \(result.areaUnderROC.map(fixed) ?? "-")  calibration error "
                + "\(fixed(calibration.expectedError))  Brier score \(fixed(calibration.brierScore))")
        if json { return }
        let classes = 0..<matrix.classes
        let width = classes.reduce(5) { max($0, className($1, names).count) }
        func cell(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(0, width - text.count)) + text }
        print("\(cell("class", width))  precision  recall      f1    rows")
        for label in classes where matrix.support(label) + matrix.predicted(label) > 0 {
            print(
                "\(cell(className(label, names), width))  \(cell(fixed(matrix.precision(label)), 9))  \(fixed(matrix.recall(label)))  "
                    + "\(fixed(matrix.f1(label)))  \(cell("\(matrix.support(label))", 6))")
        }
    }
}
