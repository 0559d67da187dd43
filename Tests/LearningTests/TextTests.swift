import Learning
import StrictJSON
import Testing

/// Text as a data set, and the model that is for it.
@Suite struct TextTests {
    private func text(_ lines: Int) -> [UInt8] { (0..<lines).flatMap { Array("line \($0) of a text that is long enough to be cut\n".utf8) } }

    @Test func filesBecomePiecesThatEndWithLines() throws {
        let file = text(4000)
        let data = try Dataset(files: [file, [], [65]])
        #expect(data.task == .language && data.texts.count == 5 && data.rows == 5)
        #expect(data.texts.flatMap { $0 } == file + [65], "nothing is lost, and nothing comes twice")
        #expect(data.texts.allSatisfy { $0.count <= 64 << 10 } && data.texts.dropLast().allSatisfy { $0.last == 10 })
        #expect(data.samples == file.count + 1)
        // Without a line's end there is no better place than the limit.
        #expect(try Dataset(files: [[UInt8](repeating: 7, count: 100_000)]).texts.map(\.count) == [65_536, 34_464])
        #expect(throws: DatasetError.noText) { try Dataset(files: [[], []]) }
    }

    @Test func theEndsOfPiecesAreKeptBack() throws {
        let data = try Dataset(files: [text(300), text(40), Array("x".utf8)])
        let (training, judging) = data.heldOut
        #expect(training.count == 3 && judging.count == 2, "of one byte nothing is kept back")
        #expect(zip(training, judging).map { $0 + $1 } == Array(data.texts.prefix(2)))
        #expect(judging.reduce(0) { $0 + $1.count } * 100 / data.samples >= 4 && data.heldOut.judging == judging)
        // Of a long text no more than can be read in every round.
        let long = try Dataset(files: [text(60_000)])
        #expect((30_000...32_768).contains(long.heldOut.judging.reduce(0) { $0 + $1.count }))
    }

    @Test(arguments: [Partition.iid, .dirichlet(alpha: 1), .shards(perClient: 1)]) func piecesAreDealtOut(scheme: Partition) throws {
        let data = try Dataset(files: [text(30_000)])
        let parts = try data.partitioned(clients: 3, scheme: scheme, holdout: 0.1, seed: 3)
        #expect((parts.clients + [parts.holdout]).flatMap { $0 }.sorted() == Array(0..<data.rows))
        #expect(data.selecting(parts.clients[0]).texts == parts.clients[0].map { data.texts[$0] })
    }

    @Test func aTableIsNoText() {
        var options = CSVOptions()
        options.task = .language
        #expect(throws: DatasetError.tableForText) { try CSV.parse(Array("1,2,0\n".utf8), options: options) }
        #expect(throws: DatasetError.tableForText) { try DataFile.parse(Array("1,2,0\n".utf8), options: options) }
    }

    // MARK: The model

    private let shape = TransformerShape(layers: 2, width: 16, heads: 4, hidden: 32, context: 24)

    @Test func itsFileComesBackAsItWas() throws {
        let spec = ModelSpec(transformer: shape)
        #expect(spec.fault == nil && spec.task == .language && spec.inputs == 1 && spec.outputs == 257)
        #expect(spec.parameterCount == spec.parameterLayout.reduce(0) { $0 + $1.count })
        #expect(try ModelSpec(json: spec.json) == spec && DataSchema.text.problem == nil)
        let file = ModelFile(spec: spec, schema: .text, parameters: spec.initialParameters(seed: 4))
        let again = try ModelFile(decoding: file.encode())
        #expect(again == file && file.parameters.count == spec.parameterCount)
        #expect(spec.initialParameters(seed: 4) == file.parameters && spec.initialParameters(seed: 5) != file.parameters)
        #expect(throws: SafetensorsError.self, "a schema of rows") {
            try ModelFile(decoding: ModelFile(spec: spec, schema: DataSchema(inputs: 1, outputs: 257, scale: .none), parameters: file.parameters).encode())
        }
    }

    @Test func whatIsLeftOutIsUsual() throws {
        #expect(try ModelSpec(json: ["kind": "byte_transformer"]).transformer == TransformerShape())
        let small = try ModelSpec(json: ["kind": "byte_transformer", "transformer": ["width": 32, "heads": 2]]).transformer
        #expect(small == TransformerShape(layers: 4, width: 32, heads: 2, hidden: 128, context: 128))
    }

    @Test(arguments: [
        (#"{"kind": "byte_transformer", "layers": [2, 2]}"#, "model.layers"), (#"{"kind": "byte_transformer", "image": [1, 8, 8]}"#, "model.image"),
        (#"{"kind": "mlp", "layers": [2, 2], "transformer": {}}"#, "model.transformer"),
        (#"{"kind": "byte_transformer", "transformer": {"width": 33}}"#, "model.transformer.width"),
        (#"{"kind": "byte_transformer", "transformer": {"layers": 0}}"#, "model.transformer.layers"),
        (#"{"kind": "byte_transformer", "transformer": {"context": 9223372036854775807}}"#, "model.transformer.context"),
        (#"{"kind": "byte_transformer", "transformer": {"width": 9223372036854775807}}"#, "model.transformer.width"),
        (#"{"kind": "byte_transformer", "transformer": {"heads": "4"}}"#, "model.transformer.heads"),
        (#"{"kind": "byte_transformer", "transformer": {"layers": 32, "width": 1024, "heads": 8}}"#, "model.transformer.width"),
        (#"{"kind": "byte_transformer", "transformer": 4}"#, "model.transformer"),
        (#"{"kind": "byte_transformer", "transformer": {"layers": 8, "heads": 32, "width": 64, "context": 4096}}"#, "model.transformer.context"),
    ]) func aWrongFieldIsNamed(json: String, field: String) throws {
        let parsed = try JSON(parsing: json)
        #expect { try ModelSpec(json: parsed) } throws: { ($0 as? FieldError)?.field == field }
    }

    @Test func aSchemaOfTextIsOne() throws {
        #expect(try DataSchema(json: DataSchema.text.json) == .text)
        #expect(DataSchema(inputs: 2, outputs: 257, scale: .none, task: .language).problem != nil)
        #expect(DataSchema.text.disagreement(with: DataSchema(inputs: 1, outputs: 257, scale: .none))?.field == "data_schema.task")
    }
}
