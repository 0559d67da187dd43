import Learning
import Testing

/// Rows whose label column holds numbers to predict.
@Suite struct RegressionDataTests {
    private func parse(_ text: String, _ change: (inout CSVOptions) -> Void = { _ in }) throws -> RawTable {
        var options = CSVOptions()
        options.task = .regression
        change(&options)
        return try CSV.parse(utf8(text), options: options)
    }

    @Test func targetsKeepTheirUnit() throws {
        let table = try parse("area,rooms,price\n50,2,180000.5\n70,3,-2e3\n90,4,7\n") { $0.scale = .standardize }
        #expect(table.schema.task == .regression && table.schema.outputs == 1 && table.schema.labels.isEmpty)
        let data = try table.dataset()
        #expect(data.targets == [180_000.5, -2000, 7] && data.labels.isEmpty && data.rows == 3)
        #expect(abs(data.features[0] + 1.2247449) < 1e-6)
        #expect(data.selecting([2, 0]).targets == [7, 180_000.5])
        #expect(try parse("price,area\n1.5,50\n2.5,60\n") { $0.label = .name("price") }.dataset().targets == [1.5, 2.5])
    }

    @Test func moreDifferentTargetsThanClassesAreAllowed() throws {
        let many = (0..<70_000).map { "1,\($0).5\n" }.joined()
        #expect(try parse(many).dataset().rows == 70_000)
    }

    @Test func whatIsNoNumberIsNamed() throws {
        #expect(throws: DatasetError.targetNotANumber(line: 2, column: "1 (from 0)", value: "dog")) { try parse("1,2\n1,dog\n") }
        #expect(throws: DatasetError.missingLabel(line: 2, column: "1 (from 0)")) { try parse("1,2\n1,\n") }
        #expect("\(DatasetError.targetNotANumber(line: 2, column: "1", value: "dog"))".contains("--task regression"))
        #expect(throws: DatasetError.labelNotAClass(line: 1, column: "1 (from 0)", value: "2.5")) {
            try parse("1,2.5\n1,3\n") { $0.task = .classification }
        }
        #expect("\(DatasetError.labelNotAClass(line: 1, column: "1", value: "2.5"))".contains("--task regression"))
    }

    @Test func schemaAndRowsMustBeOfOneTask() throws {
        let numbers = try parse("1,2\n3,4\n")
        var options = CSVOptions(schema: numbers.schema)
        #expect(options.task == .regression)
        let classes = DataSchema(inputs: 1, outputs: 5, scale: .none)
        #expect(throws: DatasetError.task(found: .regression, needed: .classification)) { try numbers.dataset(for: classes) }
        options = CSVOptions(schema: classes)
        let table = try CSV.parse(utf8("1,2\n3,4\n"), options: options)
        #expect(throws: DatasetError.task(found: .classification, needed: .regression)) { try table.dataset(for: numbers.schema) }
    }

    @Test func arraysHaveTargetsToo() throws {
        var options = CSVOptions()
        options.task = .regression
        let table = try DataFile.parse(try golden("arrays.npz"), options: options)
        let classes = try DataFile.parse(try golden("arrays.npz"), options: CSVOptions()).dataset()
        let data = try table.dataset()
        #expect(data.targets == classes.labels.map { Float($0) } && data.features == classes.features)
    }

    @Test func sharesAreEqualAndClassesCannotBeDealtOut() throws {
        let data = Dataset(features: (0..<20).map { Float($0) }, targets: (0..<20).map { Float($0) }, inputs: 1)
        let shares = try (1...3).map { try PartitionShare(parsing: "\($0)/3:holdout=0.1:seed=5").select(from: data) }
        let holdout = try PartitionShare(parsing: "holdout/3:holdout=0.1:seed=5").select(from: data)
        #expect((shares + [holdout]).flatMap(\.targets).sorted() == data.targets)
        #expect(shares.allSatisfy { $0.rows == 6 && $0.features == $0.targets })
        for scheme in ["dirichlet=0.5", "shards=2"] {
            #expect(throws: DatasetError.self) { try PartitionShare(parsing: "1/3:\(scheme)").select(from: data) }
        }
    }
}
