import Learning
import Testing

/// Against files that `safetensors.numpy.save` wrote (`Tests/Golden/make_pytorch_vectors.py`).
@Suite struct SafetensorsTests {
    struct Expected: Decodable {
        var card: String
        var bits: [String: [UInt32]]
    }

    let spec = ModelSpec(kind: .mlp, layers: [3, 4, 2])
    let schema = DataSchema(
        inputs: 3, outputs: 2, scale: .constant(16), labels: ["naïve \"quoted\"", "back\\slash\ttab"])

    private func model() throws -> ModelFile {
        let expected = try golden(Expected.self, "safetensors.json")
        let parameters = spec.parameterLayout.flatMap { (expected.bits[$0.name] ?? []).map(Float.init(bitPattern:)) }
        return ModelFile(spec: spec, schema: schema, parameters: parameters)
    }

    @Test func writesTheBytesPythonWrites() throws {
        #expect(try model().encode() == golden("model.safetensors"))
    }

    @Test func readsWhatPythonWrote() throws {
        let read = try ModelFile(decoding: golden("model.safetensors"))
        #expect(read.spec == spec && read.schema == schema)
        #expect(try read.parameters.map(\.bitPattern) == model().parameters.map(\.bitPattern))
    }

    @Test func sortsNamesAsPythonDoes() throws {
        let deep = ModelSpec(kind: .mlp, layers: [Int](repeating: 2, count: 13))
        var parameters: [Float] = []
        for layer in 0..<12 {
            parameters += [Float](repeating: Float(layer), count: 4)
            parameters += [Float](repeating: Float(layer) + 0.5, count: 2)
        }
        let bytes = try golden("deep.safetensors")
        #expect(Safetensors.encode(slices(of: parameters, deep.parameterLayout), metadata: []) == bytes)
        #expect(try flatParameters(of: Safetensors.decode(bytes), in: bytes, layout: deep.parameterLayout) == parameters)
    }

    @Test func readsEveryTypePythonWrites() throws {
        let bytes = try golden("mixed.safetensors")
        let file = try Safetensors.decode(bytes)
        func tensor(_ name: String) throws -> Safetensors.Tensor { try #require(file.tensors.first { $0.name == name }) }
        #expect(file.metadata.count == 1 && file.metadata[0].name == "round" && file.metadata[0].value == "3")
        #expect(
            Set(file.tensors.map(\.name)) == ["a_bool", "b_u8", "c_i64", "d_f16", "e_f64", "f_empty", "g_f32 ü", "h_i32"])
        #expect(try Array(bytes[tensor("a_bool").range]) == [1, 0, 1])
        #expect(try tensor("c_i64").shape == [2, 2] && tensor("c_i64").type == .i64)
        #expect(try tensor("e_f64").shape == [] && tensor("e_f64").range.count == 8)
        #expect(try tensor("f_empty").shape == [0, 3] && tensor("f_empty").range.isEmpty)
        #expect(try Safetensors.floats(tensor("g_f32 ü"), in: bytes) == [0.5, -0.25])
        #expect(try Safetensors.floats(tensor("f_empty"), in: bytes) == [])
        #expect(throws: SafetensorsError.tensor("h_i32", "it is I32; F32 is needed")) {
            try Safetensors.floats(tensor("h_i32"), in: bytes)
        }
    }

    @Test func everySchemaComesBack() throws {
        let scales: [Scaling] = [
            .none, .constant(0.1), .minMax(mins: [0, -1e30, Float.leastNonzeroMagnitude], maxs: [0.1, 1e30, 3]),
            .standardize(means: [1.1, -2.2, .leastNonzeroMagnitude], deviations: [0, 1e-7, .greatestFiniteMagnitude]),
        ]
        for scale in scales {
            for labels in [[], ["a", "\u{1F600}\u{7}"]] {
                var model = try model()
                model.schema = DataSchema(inputs: 3, outputs: 2, scale: scale, labels: labels)
                #expect(model.schema.problem == nil)
                #expect(try ModelFile(decoding: model.encode()) == model)
                #expect(model.encode() == model.encode())
            }
        }
    }

    @Test func oneBitOfDifferenceChangesTheFile() throws {
        var other = try model()
        other.parameters[0] = other.parameters[0].nextUp
        #expect(try other.encode() != model().encode())
    }

    @Test func largestSchemaStillFitsTheHeader() throws {
        // As many columns as a schema may have: what `problem` lets through can be written and read again.
        let values = [Float](repeating: -1.1754944e-38, count: 12_000)
        let schema = DataSchema(inputs: 12_000, outputs: 2, scale: .minMax(mins: values, maxs: values))
        #expect(schema.problem == nil)
        let spec = ModelSpec(kind: .softmaxRegression, layers: [12_000, 2])
        let model = ModelFile(spec: spec, schema: schema, parameters: spec.initialParameters(seed: 1))
        #expect(try ModelFile(decoding: model.encode()) == model)
    }
}
