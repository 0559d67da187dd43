internal import Learning

extension FuzzTarget {
    static let tables = [npy, npz, csv, idx]

    static let npy = FuzzTarget(
        "npy", feeds: "NumPy's array files", maximumBytes: 2048,
        words: ["'descr': ", "'<f4'", "'>i8'", "'|b1'", "'fortran_order': True", "'shape': (", "1073741824, "],
        seeds: {
            [
                Seed("floats", array("<f4", "False", "(2, 3)", 24)), Seed("fortran", array(">f8", "True", "(2, 3)", 48)),
                Seed("bytes", array("|u1", "False", "(5,)", 5)),
                Seed("scalar", array("<i2", "False", "()", 2)), Seed("version-2", array("<i8", "False", "(1, 1)", 8, version: 2)),
            ]
        },
        check: { bytes in
            do { try expectArray(try NPY.decode(bytes), bytes) } catch let error as ArrayFileError { try expectShort(error, atMost: 4096) }
            try expectTable(bytes, rowsAlone)
        })

    static let idx = FuzzTarget(
        "idx", feeds: "MNIST's array files", maximumBytes: 1024,
        seeds: {
            [
                Seed("images", [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2] + (0..<8).map { UInt8($0) }),
                Seed("labels", [0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 0]),
                Seed("doubles", [0, 0, 14, 1, 0, 0, 0, 1, 0x3F, 0xF0, 0, 0, 0, 0, 0, 0]),
            ]
        },
        check: { bytes in
            do { try expectArray(try IDX.decode(bytes), bytes) } catch let error as ArrayFileError { try expectShort(error) }
            try expectTable(bytes, rowsAlone)
        })

    static let npz = FuzzTarget(
        "npz", feeds: "NumPy's archives", maximumBytes: 4096, words: ["PK\u{3}\u{4}", "PK\u{1}\u{2}", "PK\u{5}\u{6}", "x.npy", "y.npy"],
        seeds: {
            let (x, y) = (array("<f4", "False", "(3, 2)", 24), array("<i8", "False", "(3,)", 24))
            return [Seed("pair", archive([("x.npy", x), ("y.npy", y)])), Seed("empty", archive([])), Seed("one", archive([("data.npy", x)]))]
        },
        check: { bytes in
            do {
                let archive = try NPZ.Archive(bytes)
                for name in archive.names { if let array = try archive.array([name]) { try expectArray(array, bytes, ratio: deflateRatio) } }
            } catch let error as ArrayFileError { try expectShort(error) }
            try expectTable(bytes, CSVOptions(), ratio: deflateRatio)
            try expectTable(bytes, rowsAlone, ratio: deflateRatio)
        })

    static let csv = FuzzTarget(
        "csv", feeds: "tables of comma-separated rows", maximumBytes: 2048,
        words: [",", "\n", "\r\n", "\"", "\"\"", "nan", "NA", "1e38", "-1e-45", "3,2,a,b\n", "9223372036854775807", "\u{FEFF}", ";"],
        seeds: {
            [
                Seed("plain", [0, 0, 0, 0, 0] + Array("a,b,class\n1,2,0\n3,4,1\n".utf8)),
                Seed("sklearn", [3, 0, 0, 0, 0] + Array("2,2,setosa,virginica\n1,2,0\n3,4,1\n".utf8)),
                Seed("names", [0, 0, 1, 3, 0] + Array("1,,cat\n3,4,dog\n\"5\",6,\"cat\"\n".utf8)),
                Seed("regression", [1, 0, 0, 2, 1] + Array("x,y\n1,2.5\n2,-1e3\n".utf8)),
                Seed("absent", [2, 4, 2, 1, 0] + Array("1,2\n3,NA\n".utf8)),
            ]
        },
        check: { bytes in
            var input = Input(bytes)
            var options = CSVOptions()
            options.header = input.choice(CSVOptions.Header.allCases)
            options.label = input.choice([LabelColumn.last, .index(0), .index(-1), .name("a"), .absent])
            options.missing = input.choice([CSVOptions.Missing.refuse, .mean, .value(.greatestFiniteMagnitude)])
            options.scale = input.choice([CSVOptions.Scale.none, .constant(1e-30), .minMax, .standardize, .given(.minMax(mins: [0], maxs: [0]))])
            options.task = input.choice([DataSchema.LearningTask.classification, .regression])
            try expectTable(input.bytes, options)
        })

    /// Rows to predict: without labels.
    private static let rowsAlone: CSVOptions = {
        var options = CSVOptions()
        options.label = .absent
        return options
    }()

    /// A match of 258 bytes takes two bits at least.
    private static let deflateRatio = 1032

    private static func expectArray(_ array: NumericArray, _ bytes: [UInt8], ratio: Int = 1) throws {
        // No number takes less than a byte of the file, as it is unpacked.
        try expect(array.values.count <= ratio * bytes.count, "more numbers than bytes")
        try expect(array.shape.reduce(1, &*) == array.values.count, "numbers of another shape")
        try expect(array.values.allSatisfy(\.isFinite), "numbers that are not finite")
    }

    private static func expectTable(_ bytes: [UInt8], _ options: CSVOptions, ratio: Int = 1) throws {
        do {
            let table = try DataFile.parse(bytes, options: options)
            try expect(table.schema.problem == nil, "a schema that cannot be used: \(table.schema.problem ?? "")")
            try expect(table.features.count == table.rows * table.inputs && table.rows > 0, "rows that are not there")
            // A comma parts two values, and both may be missing.
            try expect(table.features.count <= 2 * ratio * bytes.count, "more numbers than bytes")
            try expect(try table.scaledFeatures(for: table.schema).allSatisfy(\.isFinite), "numbers that are not finite")
            if options.label != .absent { try expect(try table.dataset().rows == table.rows, "a data set of other rows") }
        } catch let error as DatasetError { try expectShort(error, atMost: 8192) }
    }

    private static func array(_ type: String, _ fortran: String, _ shape: String, _ count: Int, version: UInt8 = 1) -> [UInt8] {
        var header = Array("{'descr': '\(type)', 'fortran_order': \(fortran), 'shape': \(shape), }".utf8)
        while (header.count + 11) % 16 != 0 { header.append(0x20) }
        header.append(0x0A)
        let length = version == 1 ? [UInt8(header.count), 0] : [UInt8(header.count), 0, 0, 0]
        return [0x93] + Array("NUMPY".utf8) + [version, 0] + length + header + (0..<count).map { $0 % 4 == 0 ? 1 : 0 }
    }

    private static func archive(_ members: [(name: String, bytes: [UInt8])]) -> [UInt8] {
        func little(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        var (out, directory): ([UInt8], [UInt8]) = ([], [])
        for (name, bytes) in members {
            let middle = little(0, 2) + little(0, 4) + little(0, 4) + little(bytes.count, 4) + little(bytes.count, 4) + little(name.utf8.count, 2)
            directory += [0x50, 0x4B, 1, 2] + little(20, 2) + little(20, 2) + little(0, 2) + middle + little(0, 12) + little(out.count, 4) + Array(name.utf8)
            out += [0x50, 0x4B, 3, 4] + little(20, 2) + little(0, 2) + middle + little(0, 2) + Array(name.utf8) + bytes
        }
        let end =
            [0x50, 0x4B, 5, 6] + little(0, 4) + little(members.count, 2) + little(members.count, 2) + little(directory.count, 4) + little(out.count, 4)
            + little(0, 2)
        return out + directory + end
    }
}
