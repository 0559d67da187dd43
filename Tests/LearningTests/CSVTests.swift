import Learning
import Testing

@Suite struct CSVTests {
    private func parse(_ text: String, _ change: (inout CSVOptions) -> Void = { _ in }) throws(DatasetError) -> RawTable {
        var options = CSVOptions()
        change(&options)
        return try CSV.parse(utf8(text), options: options)
    }

    @Test func digits() throws {
        let table = try CSV.parse(try data("digits.csv"), options: CSVOptions())
        #expect(table.rows == 1797 && table.inputs == 64)
        #expect(table.schema == DataSchema(inputs: 64, outputs: 10, scale: .none))
        let rows = try table.dataset()
        #expect(rows.features[0..<8] == [0, 0, 5, 13, 9, 1, 0, 0])
        #expect(rows.labels[0..<3] == [0, 1, 2])
        #expect(rows.features.allSatisfy { 0 <= $0 && $0 <= 16 && $0 == $0.rounded() })
        // As scikit-learn counts them.
        #expect((0..<10).map { c in rows.labels.count { $0 == Int32(c) } } == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180])
    }

    @Test func breastCancerNeedsItsFirstLineUnderstood() throws {
        let bytes = try data("breast_cancer.csv")
        #expect(throws: DatasetError.sklearnLine("569,30,malignant,benign")) { try CSV.parse(bytes, options: CSVOptions()) }
        #expect(DatasetError.sklearnLine("569,30,malignant,benign").description.contains("--header sklearn"))
        var options = CSVOptions()
        options.header = .sklearn
        options.scale = .standardize
        let table = try CSV.parse(bytes, options: options)
        #expect(table.rows == 569 && table.inputs == 30)
        #expect(table.schema.labels == ["malignant", "benign"])
        let rows = try table.dataset()
        #expect(rows.labels.count { $0 == 0 } == 212)
        for column in [0, 29] {
            let values = stride(from: column, to: rows.features.count, by: 30).map { Double(rows.features[$0]) }
            let mean = values.reduce(0, +) / 569
            #expect(abs(mean) < 1e-5)
            #expect(abs(values.reduce(0) { $0 + $1 * $1 } / 569 - 1) < 1e-5)
        }
    }

    @Test func sklearnLineThatIsAsWideAsARow() throws {
        let iris = "3,4,setosa,versicolor,virginica\n1,2,3,4,0\n1,2,3,4,1\n1,2,3,4,2\n"
        #expect(throws: DatasetError.sklearnLine("3,4,setosa,versicolor,virginica")) { try parse(iris) }
        #expect(try parse(iris) { $0.header = .sklearn }.schema.labels == ["setosa", "versicolor", "virginica"])
        #expect(throws: DatasetError.announcedRows(4, found: 3)) { try parse("4" + iris.dropFirst()) { $0.header = .sklearn } }
        #expect(throws: DatasetError.announcedColumns(5, found: 5, line: 2)) {
            try parse("3,5" + iris.dropFirst(3)) { $0.header = .sklearn }
        }
        #expect(throws: DatasetError.notSklearn("1,2,3")) { try parse("1,2,3\n4,5,6\n") { $0.header = .sklearn } }
    }

    @Test func headerIsSeenOrSaid() throws {
        let auto = try parse("a,b,class\n1,2,0\n3,4,1\n")
        #expect(auto.columns == ["a", "b"] && auto.rows == 2)
        let none = try parse("1,2,0\n3,4,1\n")
        #expect(none.columns == ["0", "1"] && none.rows == 2)
        let numeric = try parse("0,1,label\n1,2,0\n3,4,1\n") { $0.header = .yes }
        #expect(numeric.columns == ["0", "1"] && numeric.rows == 2)
        // Numbers as names of columns, as pandas writes them: not taken for a row with a class called 'label'.
        #expect(throws: DatasetError.perhapsHeader(line: 1, column: "2 (from 0)", value: "label")) {
            try parse("0,1,label\n1,2,0\n3,4,1\n")
        }
        #expect(try parse("0,1,x\n1,2,0\n3,4,1\n") { $0.header = .no }.schema.labels == ["0", "1", "x"])
        #expect(throws: DatasetError.width(line: 2, fields: 2, expected: 3, of: 1)) { try parse("a,b,c\n1,2\n") }
    }

    @Test func labelColumnByNameNumberAndAbsence() throws {
        let text = "class,a,b\nx,1,2\ny,3,4\n"
        for label in [LabelColumn.name("class"), .index(0)] {
            let rows = try parse(text) { $0.label = label }.dataset()
            #expect(rows.features == [1, 2, 3, 4] && rows.labels == [0, 1])
        }
        #expect(throws: DatasetError.noSuchColumn("klass", have: "class, a, b")) { try parse(text) { $0.label = .name("klass") } }
        #expect(throws: DatasetError.noSuchColumn("3", have: "columns 0 to 2")) { try parse(text) { $0.label = .index(3) } }
        #expect(throws: DatasetError.noSuchColumn("-1", have: "columns 0 to 2")) { try parse(text) { $0.label = .index(-1) } }
        #expect(throws: DatasetError.noSuchColumn("a", have: "no header line, only columns 0 to 1")) {
            try parse("1,0\n2,1\n") { $0.label = .name("a") }
        }
        #expect(throws: DatasetError.ambiguousColumn("a", at: [0, 1])) { try parse("a,a,b\n1,2,0\n") { $0.label = .name("a") } }
        let bare = try parse("1,2\n3,4\n") { $0.label = .absent }
        #expect(bare.inputs == 2)
        #expect(try bare.scaledFeatures(for: DataSchema(inputs: 2, outputs: 2, scale: .constant(2))) == [0.5, 1, 1.5, 2])
        #expect(throws: DatasetError.noLabels) { try bare.dataset() }
    }

    @Test func classesByNumberAndName() throws {
        #expect(try parse("1,0\n2,2\n").schema.outputs == 3)
        #expect(try parse("1,0.0\n2,1.0\n").dataset().labels == [0, 1])
        #expect(try parse("1,0\n2,0\n").schema.outputs == 2)
        let named = try parse("1,dog\n2,cat\n3,dog\n")
        #expect(try named.schema.labels == ["cat", "dog"] && named.dataset().labels == [1, 0, 1])
        #expect(try parse("1,0\n") { $0.outputs = 10 }.schema.outputs == 10)
        // A file that lacks a class still numbers as everybody does.
        let lacking = try parse("1,dog\n") { $0.labels = ["bird", "cat", "dog"] }
        #expect(try lacking.schema.outputs == 3 && lacking.dataset().labels == [2])
        #expect(throws: DatasetError.unknownClass(line: 2, column: "1 (from 0)", value: "cow", known: ["cat", "dog"])) {
            try parse("1,dog\n2,cow\n") { $0.labels = ["cat", "dog"] }
        }
        #expect(throws: DatasetError.classNames(["cat", "dog"], needed: 3)) { try parse("1,dog\n2,cat\n") { $0.outputs = 3 } }
        #expect(throws: DatasetError.oneClass("dog", column: "1 (from 0)")) { try parse("1,dog\n2,dog\n") { $0.header = .no } }
    }

    @Test func classesOfTheCommandLine() throws {
        var options = CSVOptions()
        try options.setClasses("10")
        #expect(options.outputs == 10 && options.labels.isEmpty)
        try options.setClasses("cat,dog")
        #expect(options.outputs == 2 && options.labels == ["cat", "dog"])
        for text in ["", "1", "0", "-3", "65537", "cat", "cat,", "cat,cat", ",", String(repeating: "x", count: 257) + ",y"] {
            #expect(throws: DatasetError.classOption(text)) { try options.setClasses(text) }
        }
    }

    @Test func labelsOutOfRangeAreNamed() {
        func label(_ value: String, outputs: Int? = nil) -> DatasetError? {
            do throws(DatasetError) { _ = try parse("1,0\n2,\(value)\n") { $0.outputs = outputs } } catch { return error }
            return nil
        }
        #expect(label("-1") == .labelRange(line: 2, column: "1 (from 0)", value: "-1", classes: 2))
        #expect(label("10", outputs: 10) == .labelRange(line: 2, column: "1 (from 0)", value: "10", classes: 10))
        #expect(label("65536") == .labelRange(line: 2, column: "1 (from 0)", value: "65536", classes: 65536))
        #expect(label("99999999999999999999999") != nil)
        #expect(label("1e30") != nil)
        #expect(label("1.5") == .labelNotAClass(line: 2, column: "1 (from 0)", value: "1.5"))
        #expect(label("") == .missingLabel(line: 2, column: "1 (from 0)"))
        #expect(label(String(repeating: "x", count: 257)) != nil)
        let text = label("10", outputs: 10)?.description ?? ""
        #expect(text.contains("line 2") && text.contains("'10'") && text.contains("0 to 9"))
    }

    @Test func errorsNameLineColumnAndValue() {
        func error(_ text: String) -> String {
            do throws(DatasetError) { _ = try parse(text) } catch { return error.description }
            return ""
        }
        // An empty line counts as a line and is no row.
        #expect(error("a,b,class\n1,2,0\n\n1,two,1\n").hasPrefix("line 4, column b: 'two' is not a number"))
        #expect(error("1,2,0\n1,x,1\n").contains("column 1 (from 0): 'x'"))
        #expect(error("1,2,0\n1,,1\n").contains("line 2, column 1 (from 0): the value is missing"))
        #expect(error("1,2,0\n1,,1\n").contains("--missing mean"))
        #expect(error("1,2,0\n1,2\n") == "line 2 has 2 fields, line 1 has 3; mend the line, or say what the first line is with --header yes|no|sklearn")
        #expect(error("").contains("no rows"))
        #expect(error("\n \r\n").contains("no rows"))
        #expect(error("a,b,class\n").contains("no rows"))
        #expect(error("1\n2\n").contains("only one column"))
        #expect(error("1;2;0\n3;4;1\n").contains("separated by ';'"))
        #expect(error("1\t2\t0\n3\t4\t1\n").contains("'tab'"))
        #expect(error("1,inf,0\n").contains("'inf' is not a number"))
        #expect(error("1,1e999,0\n").contains("'1e999' is not a number"))
        #expect(error("1,0x10,0\n").contains("'0x10' is not a number"))
        #expect(error("1,\"2,0\n").contains("double quote"))
        #expect(error("1,\"2\"3,0\n").contains("column 1 (from 0): a double quote"))
        #expect(error(String(repeating: "1,", count: 600_000)).contains("longer than"))
        // What came from the file cannot steer the terminal.
        #expect(error("1,\u{1B}[2J,0\n").contains("'?[2J'"))
    }

    @Test func bytesThatAreNoText() {
        func error(_ bytes: [UInt8]) -> DatasetError? {
            do throws(DatasetError) { _ = try CSV.parse(bytes, options: CSVOptions()) } catch { return error }
            return nil
        }
        #expect(error([0xFF, 0xFE, 0x31, 0, 0x2C, 0]) == .notText(line: 1))
        #expect(error(utf8("1,2,0\n1,") + [0xC3, 0x28] + utf8(",0\n")) == .notText(line: 2))
    }

    @Test func quotesSpacesAndLineEnds() throws {
        let table = try parse("\u{FEFF}\"a,1\", \"b \"\"x\"\"\" ,class\r\n 1 ,\"2\",\"the \"\"one\"\"\"\r\n3,\t4,two")
        #expect(table.columns == ["a,1", "b \"x\""])
        #expect(table.schema.labels == ["the \"one\"", "two"])
        #expect(try table.dataset().features == [1, 2, 3, 4])
    }

    @Test func missingValues() throws {
        let text = "1,10,0\nNA,,1\n3,nan,0\n?,30,1\n"
        #expect(throws: DatasetError.missing(line: 2, column: "0 (from 0)")) { try parse(text) }
        #expect(try parse(text) { $0.missing = .mean }.dataset().features == [1, 10, 2, 20, 3, 20, 2, 30])
        #expect(try parse(text) { $0.missing = .value(-1) }.dataset().features == [1, 10, -1, -1, 3, -1, -1, 30])
        #expect(throws: DatasetError.emptyColumn("1 (from 0)")) { try parse("1,,0\n2,,1\n") { $0.missing = .mean } }
        #expect(throws: DatasetError.emptyColumn("2 (from 0)")) {
            try parse("1,0,\n2,1,\n") {
                $0.missing = .mean; $0.label = .index(1)
            }
        }
        #expect(throws: DatasetError.missingLabel(line: 1, column: "1 (from 0)")) { try parse("1,NA\n") { $0.missing = .mean } }
    }

    @Test func scalingComesAfterFillingAndTravels() throws {
        let text = "0,5,0\n,5,1\n4,5,0\n"
        let minMax = try parse(text) {
            $0.missing = .mean; $0.scale = .minMax
        }
        #expect(minMax.schema.scale == .minMax(mins: [0, 5], maxs: [4, 5]))
        #expect(try minMax.dataset().features == [0, 0, 0.5, 0, 1, 0])
        // The rows of another file, as that schema says.
        let other = try parse("2,6,1\n") { $0.header = .no }
        #expect(try other.dataset(for: minMax.schema).features == [0.5, 0])
        #expect(try other.dataset(for: minMax.schema).outputs == 2)
        var options = CSVOptions(schema: minMax.schema)
        options.header = .no
        #expect(try CSV.parse(utf8("2,6,1\n"), options: options).schema == minMax.schema)
        #expect(throws: DatasetError.inputs(found: 1, needed: 2)) { try parse("1,0\n").dataset(for: minMax.schema) }
        #expect(throws: DatasetError.scaledToInfinity(line: 2, column: "0", value: 1e38)) {
            try parse("1,0\n1e38,1\n") { $0.scale = .constant(0.1) }.dataset()
        }
        #expect(throws: (any Error).self) { try parse("1,0\n") { $0.scale = .constant(0) } }
        #expect(throws: (any Error).self) { try parse("1,0\n") { $0.scale = .given(.minMax(mins: [], maxs: [])) } }
    }

    @Test func labelsOfAnotherSchema() throws {
        let schema = DataSchema(inputs: 1, outputs: 3, scale: .none, labels: ["bird", "cat", "dog"])
        #expect(try parse("1,dog\n2,cat\n").dataset(for: schema).labels == [2, 1])
        #expect(try parse("1,0\n2,2\n").dataset(for: schema).labels == [0, 2])
        #expect(throws: DatasetError.unknownClass(line: 2, column: "1 (from 0)", value: "cow", known: schema.labels)) {
            try parse("1,dog\n2,cow\n").dataset(for: schema)
        }
        #expect(throws: DatasetError.labelRange(line: 2, column: "1 (from 0)", value: "3", classes: 3)) {
            try parse("1,0\n2,3\n").dataset(for: schema)
        }
        let plain = DataSchema(inputs: 1, outputs: 2, scale: .none)
        #expect(throws: DatasetError.labelNotAClass(line: 1, column: "1 (from 0)", value: "dog")) {
            try parse("1,dog\n2,cat\n").dataset(for: plain)
        }
    }

    /// The short way of reading numbers against the correctly rounded one.
    @Test func numbersAreRoundedCorrectly() throws {
        var generator = SeededGenerator(seed: 12)
        var texts = [
            "0", "-0", "+1", ".5", "5.", "16777217", "16777216", "16777215", "0.0000000001", "3.4028235e38", "1e-45", "1E2", "1e+2",
            "123456789012345678901234567890", "0.1234567890123456789", "1e-400", "000000000000000000000000000001",
        ]
        for _ in 0..<3000 {
            let digits = "\(generator.below(20_000_000))"
            let cut = generator.below(digits.count + 1)
            texts.append(digits.prefix(cut) + "." + digits.dropFirst(cut))
            texts.append("0." + String(repeating: "0", count: generator.below(6)) + digits)
            texts.append("\(Float(bitPattern: UInt32(generator.below(0x7F80_0000))))")
        }
        let table = try parse(texts.map { "\($0),0\n" }.joined()) { $0.header = .no }
        for (text, value) in zip(texts, try table.dataset().features) { #expect(value == Float(text), "\(text)") }
        for text in ["", "-", "+", ".", "e5", "1e", "1e+", "1.2.3", "1 2", "--1", "1_000", "١", "infinity", "0x1p3"] {
            #expect(throws: (any Error).self, "\(text)") { try parse("1,\(text),0\n1,1,1\n") { $0.header = .no } }
        }
    }
}
