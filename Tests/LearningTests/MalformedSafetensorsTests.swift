import Learning
import Testing

/// Files from outside that are wrong: each is refused with a reason, none traps.
@Suite struct MalformedSafetensorsTests {
    private func file(_ header: String, data: Int, length: UInt64? = nil) -> [UInt8] {
        let header = utf8(header)
        let claimed = length ?? UInt64(header.count)
        return (0..<8).map { UInt8(truncatingIfNeeded: claimed >> (8 * $0)) } + header + [UInt8](repeating: 0, count: data)
    }

    private func problem(_ bytes: [UInt8]) -> String? {
        do throws(SafetensorsError) { _ = try Safetensors.decode(bytes) } catch { return error.description }
        return nil
    }

    private func tensor(_ name: String, _ from: Int, _ to: Int, shape: String, type: String = "F32") -> String {
        "\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":[\(from),\(to)]}"
    }

    @Test func wellFormedIsRead() {
        #expect(problem(file("{}", data: 0)) == nil)
        #expect(problem(file("{\(tensor("a", 0, 4, shape: "[1]"))}   ", data: 4)) == nil)
        #expect(problem(file("{\(tensor("b", 4, 8, shape: "[1]")),\(tensor("a", 0, 4, shape: "[]"))}", data: 8)) == nil)
    }

    /// The usual form has a reader of its own; a blank behind the brace, and JSON's reads the same header.
    @Test func headersAreReadAlikeHoweverTheyAreWritten() {
        let (a, b, eight) = (tensor("a", 0, 4, shape: "[1]"), tensor("b", 4, 8, shape: "[1,1]"), tensor("a", 0, 8, shape: "[1,2]"))
        let info = #""__metadata__":{"kind":"delta","round":"3"}"#
        let headers = [
            a, "\(a),\(b)", "\(b),\(a)", "\(info),\(a)", "\(a),\(info)", info, "\(info),", "\(a),", ",\(a)", "\(a),\(a)", "\(info),\(info),\(a)", eight,
            tensor("a", 0, 4, shape: "[1,]"), tensor("a", 0, 4, shape: "[,1]"), tensor("a", 0, 4, shape: "[01]"), tensor("a", 0, 4, shape: "[-1]"),
            tensor("a", 0, 4, shape: "[1.0]"), tensor("a", 0, 4, shape: "[]"), tensor("a", 0, 0, shape: "[0]"), tensor("a", 0, 0, shape: "[00]"),
            tensor("a", 0, 4, shape: "[1,1,1,1,1,1,1,1]"), tensor("a", 0, 4, shape: "[1,1,1,1,1,1,1,1,1]"), tensor("a", 0, 8, shape: "[2]", type: "F33"),
            tensor("a", 0, 4, shape: "[4]", type: "BOOL"), tensor("a", 0, 4, shape: "[4]", type: "U8"), tensor("a", 0, 4, shape: "[2]", type: "BF16"),
            tensor("a", 0, 8, shape: "[1]", type: "I64"), tensor("a", 0, 4, shape: "[9223372036854775807]"), tensor("a", 0, 4, shape: "[99999999999999999999]"),
            tensor("a", 4, 0, shape: "[1]"), tensor("a", 4, 8, shape: "[1]"), tensor("a", 0, 12, shape: "[3]"), tensor("\\u0061", 0, 4, shape: "[1]"),
            tensor("ä", 0, 4, shape: "[1]"), tensor("", 0, 4, shape: "[1]"), tensor("__metadata__", 0, 4, shape: "[1]"), #""__metadata__":{}"#,
            #""__metadata__":{"b":"1","a":"2"}"#, #""__metadata__":{"a":"1","a":"2"}"#, #""__metadata__":{"a":1}"#, #""__metadata__":{"a":"1",}"#,
            #""__metadata__":{"a":"\n"}"#, #""__metadata__":{"a":"1"},"# + a, #""a":{"shape":[1],"dtype":"F32","data_offsets":[0,4]}"#,
            #""a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}"#, #""a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}"#,
        ]
        for header in headers {
            for data in [0, 4, 8] {
                for end in ["}", "}  ", "} x", "", "}}"] {
                    func read(_ begin: String) -> Result<Safetensors.File, SafetensorsError> {
                        Result { () throws(SafetensorsError) in try Safetensors.decode(file(begin + header + end, data: data)) }
                    }
                    switch (read("{"), read("{ ")) {
                    case (.success(let plain), .success(let other)):
                        #expect(plain.metadata.elementsEqual(other.metadata, by: ==), "\(header)")
                        #expect(plain.tensors.map(\.name) == other.tensors.map(\.name) && plain.tensors.map(\.shape) == other.tensors.map(\.shape), "\(header)")
                        #expect(plain.tensors.map(\.type) == other.tensors.map(\.type), "\(header)")
                        // One byte more stands before the data.
                        #expect(plain.tensors.map { ($0.range.lowerBound + 1)..<($0.range.upperBound + 1) } == other.tensors.map(\.range), "\(header)")
                    case (.failure(.header), .failure(.header)): break
                    case (.failure(let plain), .failure(let other)): #expect(plain == other, "\(header)")
                    default: Issue.record("\(header)\(end) is read one way and refused the other")
                    }
                }
            }
        }
    }

    @Test(arguments: [0, 1, 7]) func shorterThanItsLength(count: Int) {
        #expect(problem([UInt8](repeating: 0, count: count))?.contains("ends too early") == true)
    }

    @Test func lyingLengths() {
        #expect(problem(file("{}", data: 0, length: 3))?.contains("ends too early") == true)
        #expect(problem(file("{}", data: 0, length: 1 << 30))?.contains("at most") == true)
        #expect(problem(file("{}", data: 0, length: .max))?.contains("18446744073709551615") == true)
        #expect(problem(file("{}", data: 0, length: 1 << 63)) != nil)
        #expect(problem(file("{}", data: 0, length: 0))?.contains("begin with {") == true)
        #expect(problem(file("{}", data: 0, length: 1)) != nil)
    }

    @Test func hugeHeader() {
        let spaces = String(repeating: " ", count: (1 << 20) - 2)
        #expect(problem(file("{}" + spaces, data: 0)) == nil)
        #expect(problem(file("{}" + spaces + " ", data: 0))?.contains("at most 1048576") == true)
        let many = (0...4097).map { tensor("t\($0)", 0, 0, shape: "[0]") }.joined(separator: ",")
        #expect(problem(file("{\(many)}", data: 0))?.contains("4096 tensors") == true)
        let nested = String(repeating: "[", count: 100_000)
        #expect(problem(file("{\"a\":\(nested)", data: 0))?.contains("nested") == true)
    }

    @Test func headerThatIsNoObject() {
        for text in ["[]", "null", "\"a\"", " {}", "{", "{\"a\"", "{}x", "{\"a\":1}", "{\"a\":{}}", "{\"a\":[]}"] {
            #expect(problem(file(text, data: 0)) != nil, "\(text)")
        }
        #expect(problem(file("{\"\u{0}\":1}", data: 0)) != nil)
        var broken = file("{\"ab\":{}}", data: 0)
        broken[10] = 0xFF
        #expect(problem(broken)?.contains("UTF-8") == true)
    }

    @Test func duplicateNames() {
        let a = tensor("a", 0, 4, shape: "[1]")
        #expect(problem(file("{\(a),\(tensor("a", 4, 8, shape: "[1]"))}", data: 8))?.contains("twice") == true)
        // The same name, written differently.
        #expect(problem(file("{\(a),\(tensor("\\u0061", 4, 8, shape: "[1]"))}", data: 8))?.contains("twice") == true)
        #expect(problem(file("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}", data: 4)) != nil)
        #expect(problem(file("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", data: 0)) != nil)
    }

    @Test func tensorsThatDoNotCoverTheData() {
        func two(_ a: String, _ b: String, _ data: Int) -> String? { problem(file("{\(a),\(b)}", data: data)) }
        let a = tensor("a", 0, 8, shape: "[2]")
        #expect(two(a, tensor("b", 8, 12, shape: "[1]"), 12) == nil)
        #expect(two(a, tensor("b", 4, 8, shape: "[1]"), 8)?.contains("exactly once") == true, "overlap")
        #expect(two(a, tensor("b", 0, 8, shape: "[2]"), 8)?.contains("exactly once") == true, "same bytes")
        #expect(two(a, tensor("b", 12, 16, shape: "[1]"), 16)?.contains("exactly once") == true, "hole")
        #expect(two(a, tensor("b", 8, 12, shape: "[1]"), 13)?.contains("exactly once") == true, "rest")
        #expect(problem(file("{}", data: 1))?.contains("exactly once") == true)
        #expect(problem(file("{\(a)}", data: 7))?.contains("outside the file") == true)
    }

    @Test func offsetsAndShapesThatLie() {
        func one(_ from: String, _ to: String, _ shape: String, type: String = "F32", data: Int = 8) -> String? {
            problem(file("{\"a\":{\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":[\(from),\(to)]}}", data: data))
        }
        #expect(one("0", "8", "[2]") == nil)
        #expect(one("0", "8", "[2.0]") == nil)
        for (from, to) in [("-8", "0"), ("8", "0"), ("0", "9223372036854775807"), ("0", "1e300"), ("0.5", "8"), ("\"0\"", "8"), ("null", "8")] {
            #expect(one(from, to, "[2]") != nil, "\(from) \(to)")
        }
        #expect(one("0", "8", "[3]")?.contains("12 bytes") == true)
        #expect(one("0", "8", "[2]", type: "F64")?.contains("16 bytes") == true)
        #expect(one("0", "8", "[2]", type: "F32x")?.contains("dtype") == true)
        #expect(one("0", "8", "[4294967296,4294967296,4294967296]")?.contains("too large") == true)
        #expect(one("0", "8", "[9223372036854775807,2]")?.contains("too large") == true)
        // 2^62 · 4 bytes would be 0 modulo 2^64.
        #expect(one("0", "0", "[4611686018427387904]", data: 0)?.contains("too large") == true)
        #expect(one("0", "8", "[-2]") != nil)
        #expect(one("0", "8", "[1,1,1,1,1,1,1,1,2]")?.contains("dimensions") == true)
        #expect(one("0", "8", "2") != nil)
        #expect(problem(file("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4,8]}}", data: 8)) != nil)
        #expect(problem(file("{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", data: 8)) != nil)
    }

    @Test func metadataThatIsNoTableOfStrings() {
        for value in ["1", "[]", "{\"a\":1}", "{\"a\":{}}", "null"] {
            #expect(problem(file("{\"__metadata__\":\(value)}", data: 0))?.contains("__metadata__") == true, "\(value)")
        }
        let many = (0...64).map { "\"k\($0)\":\"\"" }.joined(separator: ",")
        #expect(problem(file("{\"__metadata__\":{\(many)}}", data: 0)) != nil)
    }

    @Test func filesThatAreNoModel() throws {
        let spec = ModelSpec(kind: .softmaxRegression, layers: [2, 2])
        let good = ModelFile(spec: spec, schema: DataSchema(inputs: 2, outputs: 2, scale: .none), parameters: [1, 2, 3, 4, 5, 6])
        let tensors = slices(of: good.parameters, spec.parameterLayout)
        func problem(_ card: String?, _ tensors: [(shape: TensorShape, values: ArraySlice<Float>)]) -> String? {
            let bytes = Safetensors.encode(tensors, metadata: card.map { [(name: "tutti", value: $0)] } ?? [])
            do throws(SafetensorsError) { _ = try ModelFile(decoding: bytes) } catch { return error.description }
            return nil
        }
        let card =
            #"{"format":1,"model":{"kind":"softmax_regression","layers":[2,2]},"schema":{"inputs":2,"outputs":2,"task":"classification","scale":{"kind":"none"},"labels":[]}}"#
        #expect(problem(card, tensors) == nil)
        #expect(problem(nil, tensors)?.contains("'tutti'") == true)
        #expect(problem("{", tensors)?.contains("JSON") == true)
        for (part, by, word) in [
            ("\"format\":1", "\"format\":2", "newer"), ("softmax_regression", "tree", "kind"), ("[2,2]", "[2,3]", "widths"),
            ("[2,2]", "[2]", "two widths"), ("[2,2]", "[2,-2]", "width"), ("[2,2]", "[2,1e30]", "width"),
            ("\"none\"", "\"log\"", "scale"), ("\"outputs\":2", "\"outputs\":1", "outputs"),
            ("\"labels\":[]", "\"labels\":[\"a\"]", "labels"), ("\"labels\":[]", "\"labels\":[1]", "labels"),
            ("classification", "regression", "1 output"), ("classification", "ranking", "task"),
            ("{\"kind\":\"none\"}", "{\"kind\":\"constant\",\"constant\":0}", "constant"),
            ("{\"kind\":\"none\"}", "{\"kind\":\"min_max\",\"mins\":[1],\"maxs\":[1]}", "pair"),
        ] {
            #expect(problem(card.replacing(part, with: by), tensors)?.contains(word) == true, "\(by)")
        }
        #expect(problem(card, [tensors[0]])?.contains("1 tensors; 2 are needed") == true)
        let renamed = (shape: TensorShape(name: "bias", dimensions: [2]), values: tensors[1].values)
        #expect(problem(card, [tensors[0], renamed])?.contains("'layers.0.bias' cannot be used: it is missing") == true)
        let reshaped = (shape: TensorShape(name: "layers.0.bias", dimensions: [1, 2]), values: tensors[1].values)
        #expect(problem(card, [tensors[0], reshaped])?.contains("[1, 2]") == true)
    }

    /// Bytes at random, and good files with bytes changed at random: refused or read, never a trap.
    @Test func randomBytesNeverTrap() throws {
        var generator = SeededGenerator(seed: 4)
        let good = [try golden("model.safetensors"), try golden("mixed.safetensors")]
        var refused = 0
        for round in 0..<4000 {
            var bytes = good[round % 2]
            switch round % 4 {
            case 0, 1: for _ in 0..<(1 + generator.below(4)) { bytes[generator.below(bytes.count)] = UInt8(generator.below(256)) }
            case 2: bytes = Array(bytes.prefix(generator.below(bytes.count)))
            default: bytes = file(String(decoding: (0..<generator.below(60)).map { _ in UInt8(generator.below(256)) }, as: UTF8.self), data: generator.below(9))
            }
            do { _ = try ModelFile(decoding: bytes) } catch { refused += 1 }
        }
        #expect(refused > 2000 && refused < 4000)
    }
}
