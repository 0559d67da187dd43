import Learning
import ModelServing
import StrictJSON
import Testing
import Vision

/// The tutorial's model, trained by four clients, on pictures of digits that none of them has.
@Suite struct DigitsServiceTests {
    private struct Trained {
        var model: ModelFile
        var counts: [[UInt8]]
        var labels: [Int32]
        /// Rows that nobody trained on: for the temperature, and for what is told.
        var validation: [Int]
        var held: [Int]
    }

    private static let trained = Result { try train() }

    /// Federated averaging (McMahan et al. 2017): twelve rounds of four clients with a Dirichlet(0.5) share each.
    private static func train() throws -> Trained {
        let (counts, labels) = try Digits.rows()
        let parts = try partition(labels: labels, outputs: 10, clients: 4, scheme: .dirichlet(alpha: 0.5), holdout: 0.2, seed: 42)
        var parameters = Digits.spec.initialParameters(seed: 42)
        let clients = parts.clients.map { Digits.dataset(counts, labels, $0) }
        let rows = clients.reduce(0) { $0 + $1.rows }
        for round in 0..<12 {
            var sum = [Double](repeating: 0, count: parameters.count)
            for (number, client) in clients.enumerated() {
                var own = parameters
                var trainer = LocalTrainer(spec: Digits.spec)
                let options = TrainingOptions(epochs: 2, batchSize: 32, learningRate: 0.1, momentum: 0.9, seed: UInt64(100 * round + number))
                _ = trainer.train(parameters: &own, dataset: client, options: options)
                for i in own.indices { sum[i] += Double(own[i]) * Double(client.rows) }
            }
            for i in parameters.indices { parameters[i] = Float(sum[i] / Double(rows)) }
        }
        let middle = parts.holdout.count / 2
        return Trained(
            model: ModelFile(spec: Digits.spec, schema: Digits.schema, parameters: parameters), counts: counts, labels: labels,
            validation: Array(parts.holdout[..<middle]), held: Array(parts.holdout[middle...]))
    }

    private static let sha256 = "0123456789abcdef" + String(repeating: "0", count: 48)

    /// As many are right as evaluation says of the same rows, and as sure as the card says.
    @Test func picturesOfHeldOutDigitsAreToldAsEvaluationSays() async throws {
        let trained = try Self.trained.get()
        let model = trained.model
        func raw(_ rows: [Int]) -> [Prediction] {
            predict(spec: model.spec, parameters: model.parameters, features: Digits.dataset(trained.counts, trained.labels, rows).features)
        }
        let validation = Digits.dataset(trained.counts, trained.labels, trained.validation)
        let fitted = try #require(FittedTemperature(of: model, on: validation)).scaling
        let labels = trained.held.map { trained.labels[$0] }
        let scaled = raw(trained.held).map { Prediction(label: $0.label, probabilities: fitted($0.probabilities).map(Float.init)) }
        let expected = Calibration(predictions: scaled, labels: labels).expectedError
        let evaluation = evaluate(spec: model.spec, parameters: model.parameters, dataset: Digits.dataset(trained.counts, trained.labels, trained.held))

        var shelf = Shelf()
        let card: JSON = [
            "metrics": [
                "held_out": ["accuracy": JSON(evaluation.accuracy), "expected_calibration_error": 0.5],
                "temperature_scaling": FittedTemperature(fitted, rows: validation.rows, error: expected).json,
            ]
        ]
        shelf.put("session-1", model.encode(), sha256: Self.sha256, card: card)
        let service = VisionService(models: DigitsModels(shelf), reader: nil)
        for darkOnLight in [false, true] {
            var told: [Prediction] = []
            for row in trained.held {
                let file = Digits.picture(trained.counts[row], scale: 4 + row % 3, darkOnLight: darkOnLight)
                let found = try await service.classify(file, tenant: "default", model: nil, isLenient: false)
                #expect(found.model.id == "fed-digits-01234567" && found.isDarkOnLight == darkOnLight && found.predictions.count == 10)
                #expect(found.model.calibration?.expectedError == expected)
                var probabilities = [Float](repeating: 0, count: 10)
                for prediction in found.predictions { probabilities[prediction.index] = Float(prediction.confidence) }
                told.append(Prediction(label: found.predictions[0].index, probabilities: probabilities))
            }
            let right = zip(told, labels).filter { $0.label == Int($1) }.count
            let evaluated = Int((evaluation.accuracy * Double(labels.count)).rounded())
            let error = Calibration(predictions: told, labels: labels).expectedError
            print(
                "digits \(darkOnLight ? "dark on light" : "light on dark"): \(right) of \(labels.count) right by pictures, \(evaluated) by evaluation; "
                    + "temperature \(fitted.temperature), ECE \(error)")
            #expect(abs(right - evaluated) <= 1 && evaluation.accuracy > 0.93)
            // One digit more or less moves it by no more than its share.
            #expect(abs(error - expected) <= 2 / Double(labels.count))
        }
    }

    @Test func withoutATemperatureItsSoftmaxIsToldAndWhatIsNotMeasuredIsNull() async throws {
        let trained = try Self.trained.get()
        var shelf = Shelf()
        shelf.put("session-1", trained.model.encode(), sha256: Self.sha256)
        let found = try await VisionService(models: DigitsModels(shelf), reader: nil)
            .classify(Digits.picture(trained.counts[0]), tenant: "default", model: "fed-digits-01234567", isLenient: false)
        let raw = predict(spec: trained.model.spec, parameters: trained.model.parameters, features: trained.counts[0].map { Float($0) / 16 })[0]
        #expect(found.predictions[0].index == raw.label && found.predictions[0].confidence == Double(raw.probabilities[raw.label]))
        #expect(found.model.calibration == DigitsCalibration() && abs(found.predictions.reduce(0) { $0 + $1.confidence } - 1) < 1e-5)
    }

    /// The best is taken; what is no digits model, damaged or another tenant's is passed over.
    @Test func theBestModelIsFoundAmongOthers() async throws {
        let model = try Self.trained.get().model
        func card(_ accuracy: Double) -> JSON { ["metrics": ["held_out": ["accuracy": JSON(accuracy), "expected_calibration_error": 0.02]]] }
        var shelf = Shelf()
        let other = ModelFile(
            spec: ModelSpec(kind: .softmaxRegression, layers: [3, 2]), schema: DataSchema(inputs: 3, outputs: 2, scale: .none),
            parameters: [Float](repeating: 0, count: 8))
        func sha(_ letter: String) -> String { String(repeating: letter, count: 64) }
        shelf.put("small", other.encode(), sha256: sha("a"), card: card(1))
        shelf.put("broken", [], sha256: sha("b"), card: card(0.999))
        shelf.put("good", model.encode(), sha256: sha("c"), card: card(0.97))
        shelf.put("worse", model.encode(), sha256: sha("d"), card: card(0.91))
        // What somebody calls as another one is by its hash is not that one.
        shelf.put("fed-digits-dddddddd", model.encode(), sha256: sha("9"), card: card(0.98))
        shelf.put("foreign", model.encode(), sha256: sha("e"), tenant: "other", card: card(0.99))
        shelf.put("words", model.encode(), sha256: sha("f"), format: .byteLanguage, card: card(1))
        // The same file once more, under another name.
        shelf.put("good-again", model.encode(), sha256: sha("c"), card: card(0.97))
        let service = VisionService(models: DigitsModels(shelf), reader: nil)
        let file = Digits.picture([UInt8](repeating: 3, count: 64))
        func id(_ name: String?, lenient: Bool = false) async throws -> String {
            try await service.classify(file, tenant: "default", model: name, isLenient: lenient).model.id
        }
        #expect(try await id(nil) == "fed-digits-99999999")
        for name in ["worse", "fed-digits-dddddddd"] { #expect(try await id(name) == "fed-digits-dddddddd") }
        #expect(try await id("resnet-50", lenient: true) == "fed-digits-99999999")
        let available = ["fed-digits-99999999", "fed-digits-cccccccc", "fed-digits-dddddddd"]
        for name in ["resnet-50", "small", "foreign", "words", "fed-digits-eeeeeeee"] {
            await #expect(throws: VisionFailure.modelNotHere(asked: name, available: available)) { try await id(name) }
        }
        await #expect(throws: VisionFailure.model(.damaged(id: "broken"))) { try await id("broken") }
        await #expect(throws: VisionFailure.modelNotHere(asked: "fed-digits", available: [])) {
            try await VisionService(reader: nil).classify(file, tenant: "default", model: nil, isLenient: true)
        }
    }

    @Test func whatIsNoDigitsModelIsNotTakenForOne() throws {
        func digits(_ schema: DataSchema, _ value: Float = 0) -> LearningDigits? {
            let spec = ModelSpec(kind: .softmaxRegression, layers: [schema.inputs, schema.outputs])
            return LearningDigits(ModelFile(spec: spec, schema: schema, parameters: [Float](repeating: value, count: spec.parameterCount)))
        }
        #expect(digits(DataSchema(inputs: 64, outputs: 10, scale: .none)) != nil)
        #expect(digits(DataSchema(inputs: 64, outputs: 10, scale: .constant(16), labels: (0..<10).map(String.init)))?.labels.count == 10)
        #expect(digits(DataSchema(inputs: 64, outputs: 10, scale: .constant(255))) == nil)
        #expect(digits(DataSchema(inputs: 64, outputs: 10, scale: .constant(16), labels: "abcdefghij".map(String.init))) == nil)
        #expect(digits(DataSchema(inputs: 63, outputs: 10, scale: .constant(16))) == nil && digits(DataSchema(inputs: 64, outputs: 9, scale: .none)) == nil)
        #expect(digits(DataSchema(inputs: 64, outputs: 10, scale: .none), .nan) == nil)
    }
}
