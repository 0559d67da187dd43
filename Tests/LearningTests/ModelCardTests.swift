import Learning
import StrictJSON
import Testing

@Suite struct ModelCardTests {
    private func card(_ file: ModelFile, _ heldOut: ModelMeasures?, reported: ModelCard.Reported? = nil) -> ModelCard {
        ModelCard(
            session: "fl-session-1", round: 7, model: file.spec, schema: file.schema, sha256: "ab12", bytes: 300, madeAt: "2026-01-02T03:04:05Z",
            training: [.init("algorithm", "federated_averaging"), .init("begins_from_model", .null)], clients: 3, rows: 120, contributors: 2,
            heldOut: heldOut, reported: reported, protection: [.init("differential_privacy", "none: no bound")])
    }

    private let classifier = ModelFile(
        spec: ModelSpec(kind: .softmaxRegression, layers: [1, 2]),
        schema: DataSchema(inputs: 1, outputs: 2, scale: .constant(4), labels: ["no | <b>", "yes\n# x"]), parameters: [-1, 1, 0, 0])
    private let line = ModelFile(
        spec: ModelSpec(kind: .linear, layers: [1, 1]), schema: DataSchema(inputs: 1, outputs: 1, scale: .none, task: .regression), parameters: [2, 1])

    @Test func aClassifiersCardHasWhatWasMeasured() throws {
        let rows = Dataset(features: [-3, -1, 2, 4], labels: [0, 1, 1, 1], inputs: 1, outputs: 2)
        let measures = ModelMeasures(of: classifier, on: rows)
        let card = card(classifier, measures, reported: ModelCard.Reported(Assessment(loss: 0.5, accuracy: 0.75, rows: 90), clients: 3))
        let json = card.json
        let heldOut = try #require(json["metrics"]?["held_out"])
        #expect(heldOut["accuracy"] == 0.75 && heldOut["rows"] == 4)
        #expect(heldOut["confusion_matrix"] == [[1, 0], [1, 2]])
        #expect(heldOut["classes"]?.elements?[1]["recall"]?.double.map { abs($0 - 2.0 / 3) < 1e-12 } == true)
        #expect(json["metrics"]?["federated"]?["accuracy"] == 0.75)
        #expect(json["model_details"]?["sha256"] == "ab12" && json["model_details"]?["parameters"] == 4)
        let text = card.markdown
        #expect(text.contains("| accuracy | 0.7500 |"))
        #expect(text.contains("| SHA-256 | ab12 |") && text.contains("| parameters | 4 |"))
        #expect(text.contains("| begins_from_model | none |"))
        #expect(text.contains("| differential_privacy | none: no bound |"))
        // Rows are what is, columns what the model says.
        #expect(text.contains("| no \\| &lt;b> | 1 | 0 |\n| yes # x | 1 | 2 |"))
    }

    @Test func namesOfClassesStayInTheirCells() {
        let rows = Dataset(features: [-3, 4], labels: [0, 1], inputs: 1, outputs: 2)
        let text = card(classifier, ModelMeasures(of: classifier, on: rows)).markdown
        #expect(!text.contains("<b>") && !text.contains("\n# x"))
        for line in text.split(separator: "\n") where line.hasPrefix("| no") { #expect(line.hasPrefix("| no \\| &lt;b> |")) }
    }

    @Test func aRegressionsCardHasItsMeasures() throws {
        let rows = Dataset(features: [1, 2, 3], targets: [3, 5, 8], inputs: 1)
        let card = card(line, ModelMeasures(of: line, on: rows), reported: ModelCard.Reported(Assessment(loss: 2, accuracy: nil, rows: 9), clients: 1))
        let heldOut = try #require(card.json["metrics"]?["held_out"])
        #expect(heldOut["accuracy"] == .null && heldOut["rows"] == 3)
        #expect(heldOut["mae"]?.double.map { abs($0 - 1.0 / 3) < 1e-6 } == true)
        #expect(card.json["metrics"]?["federated"]?["accuracy"] == .null)
        #expect(card.markdown.contains("| RMSE | 0.5774 |") && card.markdown.contains("| accuracy | a regression has none |"))
        let still = Dataset(features: [1, 2], targets: [3, 3], inputs: 1)
        #expect(self.card(line, ModelMeasures(of: line, on: still)).markdown.contains("| R² | not defined: the targets do not vary |"))
    }

    @Test func whatWasNotMeasuredIsSaidToBe() {
        let card = card(line, nil)
        #expect(card.json["metrics"] == ["held_out": .null, "federated": .null])
        #expect(card.json["intended_use"] == .null)
        #expect(card.markdown.split(separator: "Not measured: ").count == 4, "factors, held-out, federated")
        #expect(card.markdown.split(separator: "For the owner of the model to write").count == 4, "use, considerations, caveats")
    }
}
