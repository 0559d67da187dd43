import Inference
import ModelServing
import StrictJSON
import Testing

@Suite struct TensorJSONTests {
    private func read(_ text: String, _ element: Tensor.Element, shape: [Int]? = nil) throws -> (tensor: Tensor?, problem: String) {
        var problem = ""
        let tensor = Tensor.read(try JSON(parsing: text), element, shape: shape, problem: &problem)
        return (tensor, problem)
    }

    @Test func listsBecomeTensorsAndBack() throws {
        let nested = "[[[1,2],[3,4]],[[5,6],[7,8]],[[9,10],[11,12]]]"
        let tensor = try #require(try read(nested, .int32).tensor)
        #expect(tensor.shape == [3, 2, 2] && tensor.values == .int32((1...12).map(Int32.init)))
        #expect(tensor.nestedJSON.encodedText == nested && tensor.flatJSON.encodedText == "[1,2,3,4,5,6,7,8,9,10,11,12]")
        #expect(try read("[1, 2, 3, 4]", .float, shape: [2, 2]).tensor == Tensor(shape: [2, 2], .float([1, 2, 3, 4])))
        #expect(try read("[[true], [false]]", .bool).tensor == Tensor(shape: [2, 1], .bool([true, false])))
        #expect(try read(#"["a", "b"]"#, .text).tensor == Tensor(shape: [2], .text(["a", "b"])))
        #expect(try read("[]", .float).tensor == Tensor(shape: [0], .float([])))
        #expect(try read("[[], []]", .float).tensor == Tensor(shape: [2, 0], .float([])))
        #expect(try read("7", .uint8).tensor == Tensor(shape: [], .uint8([7])))
        #expect(Tensor(shape: [], .uint8([7]))?.nestedJSON == 7 && Tensor(shape: [2, 0], .float([]))?.nestedJSON == [])
        // What JSON cannot say is null.
        #expect(Tensor(shape: [2], .float([.nan, .infinity]))?.flatJSON.encodedText == "[null,null]")
    }

    /// A float goes through JSON without losing a bit.
    @Test func floatsKeepTheirBits() throws {
        let values: [Float] = [0.1, .pi, .leastNonzeroMagnitude, .greatestFiniteMagnitude, -1.0 / 3, 16_777_216]
        let text = try #require(Tensor(shape: [6], .float(values))).flatJSON.encodedText
        #expect(try read(text, .float).tensor == Tensor(shape: [6], .float(values)))
    }

    @Test func whatIsNoTensorSaysWhy() throws {
        let wrong: [(text: String, element: Tensor.Element, shape: [Int]?, part: String)] = [
            ("[[1], [2, 3]]", .float, nil, "different lengths"), ("[1, [2]]", .float, nil, "different lengths"),
            ("[1, \"2\"]", .float, nil, "no FP32, as value 2"),
            ("[1e39]", .float, nil, "no FP32"), ("[256]", .uint8, nil, "no UINT8"), ("[-1]", .uint8, nil, "no UINT8"), ("[1.5]", .int64, nil, "no INT64"),
            ("[2147483648]", .int32, nil, "no INT32"), ("[1]", .bool, nil, "no BOOL"), ("[true]", .float, nil, "no FP32"), ("[1]", .text, nil, "no BYTES"),
            ("[1, 2]", .float, [3], "another number"), ("[1, 2]", .float, [-1, -2], "another number"), ("[1]", .float, [Int.max, 2], "another number"),
            ("{}", .float, nil, "no FP32"), (String(repeating: "[", count: 9) + "1" + String(repeating: "]", count: 9), .float, nil, "lists within each other"),
        ]
        for (text, element, shape, part) in wrong {
            let (tensor, problem) = try read(text, element, shape: shape)
            #expect(tensor == nil && problem.contains(part), "\(text): \(problem)")
        }
    }

    @Test func inputsComeByNameOrAlone() throws {
        let one = [TensorSpec(name: "x", element: .float, shape: [-1, 2])]
        let right = [NamedTensor("x", try #require(Tensor(shape: [1, 2], .float([1, 2]))))]
        for text in ["[[1, 2]]", "[1, 2]", #"{"x": [[1, 2]]}"#, #"{"x": [1, 2]}"#] {
            #expect(try modelInputs(try JSON(parsing: text), one, isBatched: true) == right, "\(text)")
        }
        #expect(throws: InferenceError.self) { try modelInputs([1, 2], one, isBatched: false) }
        #expect(throws: InferenceError.self) { try modelInputs(["y": [1, 2]], one, isBatched: true) }
        #expect(throws: InferenceError.self) { try modelInputs([[1, 2, 3]], one, isBatched: true) }
        let two = one + [TensorSpec(name: "y", element: .text, shape: [-1])]
        #expect(throws: InferenceError.self) { try modelInputs([1, 2], two, isBatched: true) }
        #expect(throws: InferenceError.input(name: "y", problem: "is missing")) { try modelInputs(["x": [[1, 2]]], two, isBatched: true) }
        #expect(try modelInputs(["y": ["a"], "x": [[1, 2]]], two, isBatched: true).map(\.name) == ["x", "y"])
    }

    @Test func answersAreKeptForAnHourAndForTheirTenant() async throws {
        let runs = PendingRuns<Int>(limit: 2)
        #expect(await runs.begin("a", tenant: "t", at: 0) { 7 })
        func answer(_ id: String, _ tenant: String, _ now: Double) async -> Int? {
            if case .done(let value) = await runs.state(id, tenant: tenant, at: now) { value } else { nil }
        }
        await until { await answer("a", "t", 1) == 7 }
        let (own, foreign, late) = (await answer("a", "t", 1), await answer("a", "u", 1), await answer("a", "t", 3600))
        #expect(own == 7 && foreign == nil && late == nil)
        #expect(await runs.begin("b", tenant: "t", at: 1) { 8 })
        #expect(await runs.begin("c", tenant: "t", at: 2) { 9 } == false)
        #expect(await runs.begin("c", tenant: "u", at: 2) { 9 })
        // What is over makes room.
        #expect(await runs.begin("d", tenant: "t", at: 3600) { 9 })
    }
}
