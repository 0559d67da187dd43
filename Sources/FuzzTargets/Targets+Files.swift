internal import ClientNode
internal import CryptoSuite
internal import Federation
internal import Learning
internal import SecureAggregation
internal import Strategies
internal import Trust
internal import Wire

extension FuzzTarget {
    static let files = [durableFile, maskedUpdate, safetensors, model, update, bulk, modelScan]

    static let durableFile = FuzzTarget(
        "durable-file", feeds: "the durable files of both sides", maximumBytes: 512, share: 0.25,
        seeds: { [Seed("empty", DurableForm.encode([])), Seed("payload", DurableForm.encode(Array("{\"round\":3}".utf8)))] },
        check: { bytes in
            guard let payload = DurableForm.decode(bytes) else { return }
            try expect(DurableForm.encode(payload) == bytes, "it is written in two ways")
        })

    private static let spec = ModelSpec(kind: .softmaxRegression, layers: [3, 2])
    private static let schema = DataSchema(inputs: 3, outputs: 2, scale: .constant(2), labels: ["a", "b"])
    private static let parameters: [Float] = [1, -2, 3, 0.5, 0, -1, 7, 8]
    private static let base = [UInt8](repeating: 0xAB, count: 32)
    private static let headerWords = [
        "__metadata__", "\"dtype\":\"F32\"", "\"shape\":[", "\"data_offsets\":[", "layers.0.weight", "layers.0.bias", "\"tutti\"", "F64", "BOOL",
        "18446744073709551615",
        "\"kind\":\"weights\"", "\"steps\":\"2\"", "\"round\":\"1\"", "control.", "\"control\":\"lost\"",
    ]

    static let safetensors = FuzzTarget(
        "safetensors", feeds: "the safetensors container", maximumBytes: 2048, words: headerWords,
        seeds: {
            [
                Seed("model", ModelFile(spec: spec, schema: schema, parameters: parameters).encode()), Seed("empty", Safetensors.encode([], metadata: [])),
                Seed("scalar", Safetensors.encode([(TensorShape(name: "x", dimensions: []), [1][...])], metadata: [("a", "b")])),
            ]
        },
        check: { bytes in
            do {
                let file = try Safetensors.decode(bytes)
                try expect(file.tensors.reduce(0) { $0 + $1.range.count } <= bytes.count, "more data than bytes")
                for tensor in file.tensors {
                    try expect(tensor.range.upperBound <= bytes.count, "a tensor ends behind the file")
                    try expect(tensor.shape.reduce(tensor.type.bytes, &*) == tensor.range.count, "a tensor's shape is not its bytes")
                }
                guard file.tensors.allSatisfy({ $0.type == .f32 }) else { return }
                let tensors = try file.tensors.map {
                    (shape: TensorShape(name: $0.name, dimensions: $0.shape), values: try Safetensors.floats($0, in: bytes)[...])
                }
                let encoded = Safetensors.encode(tensors, metadata: file.metadata)
                let again: Safetensors.File
                do { again = try Safetensors.decode(encoded) } catch { throw FuzzFailure("what was written is not read: \(error)") }
                try expect(again.metadata.elementsEqual(file.metadata, by: ==), "other metadata come back")
                try expect(again.tensors.count == file.tensors.count, "other tensors come back")
            } catch let error as SafetensorsError { try expectShort(error) }
        })

    static let model = FuzzTarget(
        "model", feeds: "a model's file: shape, schema and parameters", maximumBytes: 2048, share: 0.25,
        words: headerWords + ["\\\"kind\\\":\\\"mlp\\\"", "\\\"layers\\\":[", "\\\"inputs\\\":"],
        seeds: {
            let image = ModelSpec(
                image: ImageShape(height: 4, width: 4, channels: 1), convolutions: [ConvolutionSpec(channels: 1, kernel: 3, pool: 2)], layers: [2])
            return [
                Seed("softmax", ModelFile(spec: spec, schema: schema, parameters: parameters).encode()),
                Seed(
                    "linear",
                    ModelFile(
                        spec: ModelSpec(kind: .linear, layers: [2, 1]),
                        schema: DataSchema(inputs: 2, outputs: 1, scale: .minMax(mins: [0, 1], maxs: [1, 1]), task: .regression),
                        parameters: [1, 2, 3]
                    ).encode()),
                Seed(
                    "cnn",
                    ModelFile(spec: image, schema: DataSchema(inputs: 16, outputs: 2, scale: .none), parameters: image.initialParameters(seed: 1)).encode()),
            ]
        },
        check: { bytes in
            do {
                let file = try ModelFile(decoding: bytes)
                try expect(file.parameters.count == file.spec.parameterCount && 4 * file.parameters.count <= bytes.count, "parameters that are not there")
                try expect(file.schema.problem == nil, "a schema that cannot be used")
                let encoded = file.encode()
                do { try expect(try ModelFile(decoding: encoded).encode() == encoded, "it is written in two ways") } catch let error as SafetensorsError {
                    throw FuzzFailure("what was written is not read: \(error)")
                }
            } catch let error as SafetensorsError { try expectShort(error) }
        })

    static let update = FuzzTarget(
        "update", feeds: "the bodies of updates, for every rule", maximumBytes: 2048, share: 0.25, words: headerWords,
        seeds: {
            var body = UpdateBody(spec: spec, kind: .delta, values: parameters, round: 1, attempt: 1, samples: 10, base: base, loss: 0.5, accuracy: 0.25)
            let plain = body.encode()
            body.kind = .normalised
            body.steps = 4
            let normalised = body.encode()
            (body.kind, body.steps, body.control) = (.delta, nil, parameters)
            let controlled = body.encode()
            body.hasLostControl = true
            return [Seed("plain", [0] + plain), Seed("normalised", [1] + normalised), Seed("controlled", [2] + controlled), Seed("lost", [2] + body.encode())]
        },
        check: { bytes in
            var input = Input(bytes)
            let rule = input.choice([Strategy.ClientRule.plain, .normalised, .controlled])
            do {
                let update = try ValidUpdate(body: input.bytes, claim: UpdateClaim(), spec: spec, base: hexadecimal(base), parameters: parameters, rule: rule)
                try expect(update.delta.count == parameters.count * (rule == .controlled ? 2 : 1), "an update of another length")
                try expect(update.delta.allSatisfy(\.isFinite) && update.maxAbs.isFinite, "an update that is not finite")
                try expect((1...100_000).contains(update.key.round) && update.samples >= 0, "a round or weight out of bounds")
            } catch let error as UpdateError { try expectShort(error) }
        })

    private static let upload = MaskedUpload(key: AttemptKey(round: 1, attempt: 1), header: MaskedInput(index: 2, transcript: base), lanes: 13, width: 11)

    static let maskedUpdate = FuzzTarget(
        "masked-update", feeds: "the bodies of masked updates", maximumBytes: 128, share: 0.25,
        seeds: {
            [
                Seed("zeros", upload.header.encoded + [0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: upload.packedBytes)),
                Seed("scaled", upload.header.encoded + [3, 0, 0, 0, 1] + [UInt8](repeating: 0xFF, count: upload.packedBytes - 1) + [0x7F]),
            ]
        },
        check: { bytes in
            do {
                let body = try MaskedBody(bytes, expected: upload)
                try expect(body.packed.count == upload.packedBytes && body.facts.saturated <= upload.lanes, "lanes that are not there")
                var sum = MaskedVector(zeros: upload.lanes, width: upload.width)
                do { try sum.add(packed: body.packed) } catch { throw FuzzFailure("taken, and not added: \(error)") }
                try expect(sum.packed == body.packed, "the sum of one is another")
            } catch let error as UpdateError { try expectShort(error) }
        })

    static let bulk = FuzzTarget(
        "bulk", feeds: "compressed bodies (zstd over regrouped bytes)", maximumBytes: 2048, share: 0.25, words: ["TZS1"],
        seeds: {
            let floats = (0..<300).flatMap { index in withUnsafeBytes(of: Float(index).bitPattern.littleEndian) { Array($0) } }
            return [
                Seed("floats", BulkCodec.compress(floats, shuffle: 4, level: 3)), Seed("empty", BulkCodec.compress([], shuffle: 1, level: 1)),
                Seed("odd", BulkCodec.compress(Array(floats.prefix(37)), shuffle: 3, level: 1)),
                Seed("zeros", BulkCodec.compress([UInt8](repeating: 0, count: 60_000), shuffle: 4, level: 19)),
            ]
        },
        check: { bytes in
            let limit = 1 << 16
            do {
                let plain = try BulkCodec.decompress(bytes, limit: limit)
                try expect(plain.count <= limit, "\(plain.count) bytes, beyond the limit")
                let packed = BulkCodec.compress(plain, shuffle: Int(bytes[4]), level: 1)
                try expect((try? BulkCodec.decompress(packed, limit: limit)) == plain, "it is read back as other bytes")
            } catch let error as WireError { try expectShort(error) }
        })
}
