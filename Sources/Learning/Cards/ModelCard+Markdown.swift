internal import StrictJSON

extension ModelCard {
    private static let owner = "*For the owner of the model to write.*"
    private static let notMeasured = "Not measured: "

    /// The card for people to read and complete, in the sections of the paper.
    package var markdown: String {
        var sections: [(title: String, text: String)] = []
        sections.append(("Model details", table(detailFacts)))
        sections.append(("Intended use", Self.owner))
        sections.append(("Factors", Self.notMeasured + "the rows name no groups, so nothing is known of how the model serves each of them."))
        sections.append(("Training", table(training.map { ($0.name, plain($0.value)) })))
        sections.append(
            (
                "Training data",
                table(dataFacts) + "\n\nThe rows stayed with the clients; nobody has looked at all of them. The numbers of rows are the clients' word."
            ))
        sections.append(("Metrics on held-out rows", measured))
        sections.append(("Metrics that the clients report", told))
        sections.append(("Protection of the clients' rows", table(protection.map { ($0.name, plain($0.value)) })))
        sections.append(("Ethical considerations", Self.owner))
        sections.append(("Caveats and recommendations", Self.owner))
        return "# Model card: \(escaped(session)), round \(round)\n" + sections.map { "\n## \($0.title)\n\n\($0.text)\n" }.joined()
    }

    private var detailFacts: [(String, String)] {
        [
            ("kind", model.kind.rawValue), ("layers", sizes),
            ("parameters", "\(model.parameterCount)"), ("file", "safetensors, \(bytes) bytes"), ("SHA-256", sha256), ("session", session),
            ("round", "\(round)"), ("made at", madeAt ?? "not known"),
        ]
    }

    private var sizes: String {
        guard let shape = model.transformer else { return model.layers.map(String.init).joined(separator: " → ") }
        return "\(shape.layers) of width \(shape.width), \(shape.heads) heads, \(shape.hidden) hidden; context of \(shape.context) symbols"
    }

    private var dataFacts: [(String, String)] {
        if schema.task == .language { return textFacts }
        var facts = [("task", schema.task.rawValue), ("features", "\(schema.inputs)")]
        switch schema.task {
        case .classification: facts.append(("classes", schema.labels.isEmpty ? "\(schema.outputs)" : schema.labels.joined(separator: ", ")))
        case .regression: facts.append(("predicts", "one number, in the unit of the training data"))
        case .language: break
        }
        facts += [
            ("scaling of the features", schema.scale.summary), ("clients of the session", "\(clients)"), ("rows they declare", "\(rows)"),
            ("clients whose updates made the last step", contributors.map(String.init) ?? "not known"),
        ]
        return facts
    }

    private var textFacts: [(String, String)] {
        [
            ("task", schema.task.rawValue), ("predicts", "the next byte of a text"), ("clients of the session", "\(clients)"),
            ("bytes of text they declare", "\(rows)"), ("clients whose updates made the last step", contributors.map(String.init) ?? "not known"),
        ]
    }

    private var measured: String {
        switch heldOut {
        case nil: Self.notMeasured + "the session has no test set that fits the model (`--evaluation FILE`)."
        case .regression(let result)?:
            table([
                ("rows", "\(result.rows)"), ("mean squared error", number(result.meanSquaredError)), ("RMSE", number(result.rootMeanSquaredError)),
                ("MAE", number(result.meanAbsoluteError)), ("R²", result.r2.map(number) ?? "not defined: the targets do not vary"),
            ])
        case .classification(let measures)?: classification(measures)
        case .language(let result)?:
            table([("bytes", "\(result.bytes)"), ("bits per byte", number(result.bitsPerByte)), ("cross-entropy (nats)", number(result.nats))])
        }
    }

    private func classification(_ measures: ClassificationMeasures) -> String {
        let matrix = measures.matrix
        var text = table([
            ("rows", "\(measures.evaluation.rows)"), ("accuracy", number(measures.evaluation.accuracy)),
            ("balanced accuracy", number(matrix.balancedAccuracy)), ("cross-entropy (nats)", number(measures.evaluation.loss)),
            ("area under the ROC curve", measures.areaUnderROC.map(number) ?? "not defined on these rows"),
            ("expected calibration error", number(measures.calibration.expectedError)), ("Brier score", number(measures.calibration.brierScore)),
            ("temperature", temperature.map { number($0.scaling.temperature) } ?? "none: its confidences are not calibrated"),
            ("expected calibration error with it", temperature.map { number($0.error) } ?? "not measured"),
        ])
        let classes = 0..<matrix.classes
        text +=
            "\n\n"
            + rows(
                ["class", "precision", "recall", "F1", "rows"],
                classes.map {
                    [className($0, schema.labels), number(matrix.precision($0)), number(matrix.recall($0)), number(matrix.f1($0)), "\(matrix.support($0))"]
                })
        guard matrix.classes <= ClassificationMeasures.mostClassesInMatrix else { return text }
        return text + "\n\nRows are what is, columns what the model says:\n\n"
            + rows(
                [""] + classes.map { className($0, schema.labels) },
                classes.map { actual in [className(actual, schema.labels)] + classes.map { "\(matrix[actual: actual, predicted: $0])" } })
    }

    private var told: String {
        guard let reported else { return Self.notMeasured + "the clients did not evaluate this model." }
        let told = reported.assessment
        if schema.task == .language {
            return table([
                ("clients", "\(reported.clients)"), ("bytes", "\(told.rows)"), ("bits per byte", number(LanguageMeasures.bits(told.loss))),
                ("cross-entropy (nats)", number(told.loss)),
            ])
        }
        return table([
            ("clients", "\(reported.clients)"), ("rows", "\(told.rows)"),
            (schema.task == .regression ? "mean squared error" : "cross-entropy (nats)", number(told.loss)),
            ("accuracy", told.accuracy.map(number) ?? "a regression has none"),
        ])
    }

    // MARK: Markdown

    private func table(_ facts: [(String, String)]) -> String { rows(["", ""], facts.map { [$0.0, $0.1] }) }

    private func rows(_ head: [String], _ lines: [[String]]) -> String {
        let line = { (cells: [String]) in "| " + cells.map(escaped).joined(separator: " | ") + " |" }
        return ([line(head), "|" + String(repeating: "---|", count: head.count)] + lines.map(line)).joined(separator: "\n")
    }

    private func plain(_ value: JSON) -> String {
        switch value {
        case .null: "none"
        case .string(let text): text
        case .bool(let truth): truth ? "yes" : "no"
        case .integer, .number, .array, .object: value.encodedText
        }
    }

    /// Names of classes come from outside: they must not break out of their cell.
    private func escaped(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "|", "\\", "`", "[": out += "\\\(scalar)"
            case "<": out += "&lt;"
            case "&": out += "&amp;"
            default:
                let category = scalar.properties.generalCategory
                out.unicodeScalars.append(category == .control || category == .lineSeparator || category == .paragraphSeparator ? " " : scalar)
            }
        }
        return out
    }

    /// Four digits after the point where they say something.
    private func number(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e6 else { return "\(value)" }
        let units = Int64((abs(value) * 10_000).rounded())
        let fraction = "\(units % 10_000)"
        return (value < 0 && units != 0 ? "-" : "") + "\(units / 10_000)." + String(repeating: "0", count: 4 - fraction.count) + fraction
    }
}
