import Learning
import Testing

@Suite struct CSVFuzzTests {
    /// Bytes at random, and text made of what CSV is made of: read or refused, never a trap.
    @Test func randomBytesNeverTrap() throws {
        var generator = SeededGenerator(seed: 20)
        let pieces = [
            "1", "2.5", "-3", "1e38", "1e-40", "nan", "", "a", "b", "\"", "\"\"", ",", ",", ",", ",", "\n", "\n", "\n", "\r\n", " ", "\t",
            "é", "\u{0}", "0", "9999999999", "2,3,x,y\n", "NA", "inf", ";",
        ].map(utf8)
        let (headers, labels) = (CSVOptions.Header.allCases, [LabelColumn.last, .index(0), .index(1), .name("a"), .absent])
        let missing = [CSVOptions.Missing.refuse, .mean, .value(.greatestFiniteMagnitude)]
        let scales: [CSVOptions.Scale] = [
            .none, .constant(1e-30), .minMax, .standardize, .given(.minMax(mins: [0], maxs: [0])),
        ]
        var (read, refused) = (0, 0)
        for round in 0..<20_000 {
            var bytes: [UInt8] = []
            if round % 4 == 0 {
                bytes = (0..<generator.below(40)).map { _ in UInt8(generator.below(256)) }
            } else {
                for _ in 0..<generator.below(30) { bytes += pieces[generator.below(pieces.count)] }
            }
            var options = CSVOptions()
            options.header = headers[generator.below(headers.count)]
            options.label = labels[generator.below(labels.count)]
            options.missing = missing[generator.below(missing.count)]
            options.scale = scales[generator.below(scales.count)]
            options.outputs = [nil, 3, 0, -1, .max][generator.below(5)]
            options.labels = [[], ["a", "b"], ["a", "a"], [""]][generator.below(4)]
            do throws(DatasetError) {
                let table = try CSV.parse(bytes, options: options)
                #expect(table.schema.problem == nil)
                let rows = options.label == .absent ? nil : try table.dataset()
                #expect(try table.scaledFeatures(for: table.schema).allSatisfy { $0.isFinite })
                #expect((rows?.rows ?? table.rows) == table.rows)
                read += 1
            } catch {
                #expect(!error.description.isEmpty)
                refused += 1
            }
        }
        // Some of the noise must be a table, or the loop would only test refusals.
        #expect(read > 0 && refused > 1000)
    }
}
