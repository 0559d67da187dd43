import Inference
import Learning
import ModelServing
import Testing

@Suite struct LearningModelTests {
    /// The numbers of the evaluation, bit for bit.
    @Test(arguments: kinds) func itSaysWhatTheEvaluationSays(spec: ModelSpec) throws {
        let file = model(spec, seed: 3)
        let served = LearningModel(file)
        for rows in [16, 17, 64, 65, 255, 256, 300, 512] {
            let raw = features(rows, spec.inputs, seed: UInt64(rows))
            var scaled = raw
            file.schema.scale.apply(to: &scaled, inputs: spec.inputs)
            let outputs = try served.run(tensor(raw, inputs: spec.inputs))
            switch spec.task {
            case .classification:
                let predicted = predict(spec: spec, parameters: file.parameters, features: scaled)
                #expect(outputs.floats("probabilities").map(\.bitPattern) == predicted.flatMap(\.probabilities).map(\.bitPattern), "\(rows)")
                guard case .int64(let labels) = outputs[1].tensor.values else { throw InferenceError.unsupported("labels") }
                #expect(labels == predicted.map { Int64($0.label) })
            case .regression:
                let values = predictTargets(spec: spec, parameters: file.parameters, features: scaled)
                #expect(outputs.floats("value").map(\.bitPattern) == values.map(\.bitPattern))
            case .language: Issue.record("text is no matter of this model")
            }
        }
    }

    /// What a row gets does not depend on the rows beside it.
    @Test(arguments: kinds) func aRowAloneGetsTheSameBits(spec: ModelSpec) throws {
        let served = LearningModel(model(spec, seed: 5))
        let width = spec.inputs
        let raw = features(300, width, seed: 9)
        let whole = try served.run(tensor(raw, inputs: width))
        for count in [1, 2, 3, 7, 8, 15, 16, 31, 100] {
            var parts: [[NamedTensor]] = []
            var counts: [Int] = []
            for first in stride(from: 0, to: 300, by: count) {
                let end = min(300, first + count)
                parts.append(try served.run(tensor(Array(raw[(first * width)..<(end * width)]), inputs: width)))
                counts.append(end - first)
            }
            #expect(parted(whole, rows: counts)?.map(\.bits) == parts.map(\.bits), "\(count)")
            #expect(joined(parts)?.bits == whole.bits, "\(count)")
        }
    }

    @Test func classesHaveTheirNames() throws {
        let names = (0..<10).map { "digit \($0)" }
        let served = LearningModel(model(mlp, seed: 1, labels: names))
        #expect(served.outputs.map(\.element) == [.float, .text] && served.memoryBytes == mlp.parameterCount * 4)
        let outputs = try served.run(tensor(features(3, 64, seed: 2), inputs: 64))
        let plain = try LearningModel(model(mlp, seed: 1)).run(tensor(features(3, 64, seed: 2), inputs: 64))
        guard case .text(let said) = outputs[1].tensor.values, case .int64(let numbers) = plain[1].tensor.values else { throw InferenceError.unsupported("") }
        #expect(said == numbers.map { names[Int($0)] })
    }

    /// Several threads at once, each with its own rows.
    @Test func threadsDoNotMixTheirRows() async throws {
        let served = LearningModel(model(mlp, seed: 7), passes: 2)
        let questions = (0..<16).map { tensor(features(1 + $0 * 3, 64, seed: UInt64($0)), inputs: 64) }
        let right = try questions.map { try served.run($0).bits }
        await withTaskGroup(of: Bool.self) { group in
            for round in 0..<200 {
                let place = round % 16
                let (question, answer) = (questions[place], right[place])
                group.addTask { (try? served.run(question).bits) == answer }
            }
            for await isRight in group { #expect(isRight) }
        }
    }

    @Test func whatIsNoInputIsNamed() throws {
        let served = LearningModel(model(mlp, seed: 1))
        let good = tensor(features(2, 64, seed: 1), inputs: 64)
        func refused(_ inputs: [NamedTensor], _ part: String) {
            do throws(InferenceError) {
                _ = try served.run(inputs)
                Issue.record("taken: \(part)")
            } catch { #expect(error.description.contains(part), "\(error)") }
        }
        refused([], "features' is missing")
        refused(good + good, "twice")
        refused([NamedTensor("x", good[0].tensor)], "not one of this model's")
        refused(tensor(features(2, 63, seed: 1), inputs: 63), "[-1, 64]")
        refused([NamedTensor("features", Tensor(shape: [1, 64], .double([Double](repeating: 0, count: 64)))!)], "FP32")
        let none = try served.run([NamedTensor("features", Tensor(shape: [0, 64], .float([]))!)])
        #expect(none[0].tensor.shape == [0, 10])
    }
}
