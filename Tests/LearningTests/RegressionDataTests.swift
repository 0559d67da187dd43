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

    @Test func sharesOfTheCommandLineAreEqual() throws {
        let data = Dataset(features: (0..<20).map { Float($0) }, targets: (0..<20).map { Float($0) }, inputs: 1)
        let shares = try (1...3).map { try PartitionShare(parsing: "\($0)/3:holdout=0.1:seed=5").select(from: data) }
        let holdout = try PartitionShare(parsing: "holdout/3:holdout=0.1:seed=5").select(from: data)
        #expect((shares + [holdout]).flatMap(\.targets).sorted() == data.targets)
        #expect(shares.allSatisfy { $0.rows == 6 && $0.features == $0.targets })
    }

    /// Targets in no order, and a quarter of them the same.
    private func numbers(_ count: Int) -> Dataset {
        let targets = (0..<count).map { $0 % 4 == 3 ? Float(-1) : Float($0 * 389 % count) }
        return Dataset(features: targets, targets: targets, inputs: 1)
    }

    @Test(arguments: [Partition.iid, .dirichlet(alpha: 0.3), .shards(perClient: 2)])
    func targetsAreDealtOutLikeClasses(_ scheme: Partition) throws {
        let data = numbers(600)
        let parts = try data.partitioned(clients: 7, scheme: scheme, holdout: 0.2, seed: 3)
        #expect((parts.clients.flatMap { $0 } + parts.holdout).sorted() == Array(0..<600))
        #expect(parts.clients.allSatisfy { !$0.isEmpty })
        #expect(try data.partitioned(clients: 7, scheme: scheme, holdout: 0.2, seed: 3) == parts)
        #expect(try data.partitioned(clients: 7, scheme: scheme, holdout: 0.2, seed: 4) != parts)
        #expect(try data.partitioned(clients: 3, scheme: .iid, holdout: 0.2, seed: 3).holdout == parts.holdout)
    }

    /// How far the clients' means lie apart, in standard deviations of all targets.
    private func spread(_ scheme: Partition) throws -> Double {
        func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
        func deviation(_ values: [Double]) -> Double { mean(values.map { ($0 - mean(values)) * ($0 - mean(values)) }).squareRoot() }
        let data = Dataset(features: (0..<1000).map { Float($0 * 389 % 1000) }, targets: (0..<1000).map { Float($0 * 389 % 1000) }, inputs: 1)
        let spreads = try (1...10).map { seed in
            let parts = try data.partitioned(clients: 10, scheme: scheme, holdout: 0, seed: UInt64(seed))
            return deviation(parts.clients.map { mean($0.map { Double(data.targets[$0]) }) })
        }
        return mean(spreads) / deviation(data.targets.map { Double($0) })
    }

    @Test func alphaSetsHowMuchTargetsDiffer() throws {
        let (iid, even, half, tenth, shards) = (
            try spread(.iid), try spread(.dirichlet(alpha: 100)), try spread(.dirichlet(alpha: 0.5)), try spread(.dirichlet(alpha: 0.1)),
            try spread(.shards(perClient: 1))
        )
        #expect(iid < 0.15 && even < 0.2, "\(iid) \(even)")
        #expect(half > 0.3 && half < tenth && tenth < shards, "\(half) \(tenth) \(shards)")
        #expect(shards > 0.9, "each has its own tenth of the targets")
    }

    /// Whole parts go to one client when alpha is next to nothing, so equal targets are in one place.
    @Test func equalTargetsAreOnePart() throws {
        let data = numbers(600)
        let parts = try data.partitioned(clients: 2, scheme: .dirichlet(alpha: 0.001), holdout: 0, seed: 1)
        let holders = parts.clients.count { rows in rows.contains { data.targets[$0] == -1 } }
        #expect(holders == 1)
    }
}
