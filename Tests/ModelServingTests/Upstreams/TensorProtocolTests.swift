import Inference
import ModelServing
import StrictJSON
import Testing
import Vision

/// What Open Inference servers are asked, and what of their answers is believed.
@Suite struct TensorProtocolTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    private func tensor(_ name: String, _ shape: [Int], _ values: Tensor.Values) throws -> NamedTensor {
        NamedTensor(name, try #require(Tensor(shape: shape, values)))
    }

    @Test func aQuestionIsWrittenAsTheProtocolSays() throws {
        let inputs = [
            try tensor("x", [2, 2], .float([1, 2.5, -3, 1e-8])), try tensor("t", [1], .text(["a\"b"])), try tensor("b", [2], .bool([true, false])),
        ]
        let request = InferenceCalls.infer("iris/1", version: "v 1", inputs)
        #expect(request.method == "POST" && request.path == "/v2/models/iris%2F1/versions/v%201/infer")
        let sent = try #require(try JSON(parsing: request.body)["inputs"]?.elements)
        #expect(sent.map { $0["datatype"] } == ["FP32", "BYTES", "BOOL"] && sent[0]["shape"] == [2, 2] && sent[0]["data"]?.elements?.count == 4)
        #expect(sent[1]["data"] == ["a\"b"] && sent[2]["data"] == [true, false])
        // What we write we read, every bit of it.
        var reply = try JSON(parsing: request.body)
        reply = ["model_name": "iris/1", "outputs": reply["inputs"] ?? .null]
        #expect(try InferenceReply(parsing: reply.encoded(), model: "iris/1").outputs == inputs)
        #expect(InferenceCalls.isReady("m", version: nil).path == "/v2/models/m/ready" && InferenceCalls.metadata("m", version: nil).path == "/v2/models/m")
    }

    /// As MLServer sends it.
    private static let reply = """
        {"model_name":"iris","model_version":"v1","id":"9d2f","parameters":{},"outputs":[{"name":"predict","shape":[2,1],"datatype":"INT64",
        "parameters":{"content_type":"np"},"data":[0,2]},{"name":"proba","shape":[2,2],"datatype":"FP64","data":[[0.25,0.75],[1,0]]}]}
        """

    @Test func anAnswerIsRead() throws {
        let outputs = try InferenceReply(parsing: bytes(Self.reply), model: "iris").outputs
        #expect(outputs == [try tensor("predict", [2, 1], .int64([0, 2])), try tensor("proba", [2, 2], .double([0.25, 0.75, 1, 0]))])
    }

    private static func reply(_ output: String, model: String = "m") -> String { #"{"model_name":"\#(model)","outputs":[\#(output)]}"# }

    @Test(arguments: [
        "", "[]", "{}", #"{"model_name":"m"}"#, #"{"model_name":"m","outputs":[]}"#, #"{"model_name":"m","outputs":{}}"#,
        reply(#"{"name":"y","shape":[1],"datatype":"FP32","data":[1]}"#, model: "n"),
        reply(#"{"shape":[1],"datatype":"FP32","data":[1]}"#), reply(#"{"name":"y","datatype":"FP32","data":[1]}"#),
        reply(#"{"name":"y","shape":[1],"data":[1]}"#), reply(#"{"name":"y","shape":[1],"datatype":"FP16","data":[1]}"#),
        reply(#"{"name":"y","shape":[1],"datatype":"FP32"}"#), reply(#"{"name":"y","shape":[2],"datatype":"FP32","data":[1]}"#),
        reply(#"{"name":"y","shape":[-1],"datatype":"FP32","data":[1]}"#), reply(#"{"name":"y","shape":[1.5],"datatype":"FP32","data":[1]}"#),
        reply(#"{"name":"y","shape":[9223372036854775807,2],"datatype":"FP32","data":[1]}"#),
        reply(#"{"name":"y","shape":[4294967296,4294967296],"datatype":"FP32","data":[]}"#),
        reply(#"{"name":"y","shape":[1,1,1,1,1,1,1,1,1],"datatype":"FP32","data":[1]}"#),
        reply(#"{"name":"y","shape":[1],"datatype":"FP32","data":[NaN]}"#), reply(#"{"name":"y","shape":[1],"datatype":"FP32","data":[null]}"#),
        reply(#"{"name":"y","shape":[1],"datatype":"FP32","data":[1e300]}"#), reply(#"{"name":"y","shape":[1],"datatype":"FP64","data":[1e999]}"#),
        reply(#"{"name":"y","shape":[1],"datatype":"INT32","data":[4294967296]}"#), reply(#"{"name":"y","shape":[1],"datatype":"UINT8","data":[-1]}"#),
        reply(#"{"name":"y","shape":[1],"datatype":"BYTES","data":[1]}"#),
        reply(#"{"name":"y","shape":[1],"datatype":"FP32","data":[1]},{"name":"y","shape":[1],"datatype":"FP32","data":[1]}"#),
        reply(#"{"name":"y","shape":[1],"datatype":"FP32","parameters":{"binary_data_size":4}}"#),
        reply(#"{"name":"y","shape":[1],"datatype":"FP32","data":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}"#),
    ]) func whatIsNoAnswerIsRefused(_ reply: String) {
        #expect(throws: UpstreamReplyError.self) { _ = try InferenceReply(parsing: Array(reply.utf8), model: "m") }
    }

    @Test func metadataIsReadAsFarAsItIsThere() throws {
        let whole =
            #"{"name":"m","versions":["1"],"platform":"x","inputs":[{"name":"x","datatype":"FP32","shape":[-1,4]}],"outputs":[{"name":"y","datatype":"INT64","shape":[-1]}]}"#
        let metadata = try InferenceMetadata(parsing: bytes(whole), model: "m")
        #expect(metadata.inputs == [TensorSpec(name: "x", element: .float, shape: [-1, 4])] && metadata.outputs.count == 1 && metadata.unsupported == nil)
        // MLServer need not know the tensors of its models.
        #expect(try InferenceMetadata(parsing: bytes(#"{"name":"m","platform":"","inputs":[],"outputs":null}"#), model: "m").inputs.isEmpty)
        #expect(try InferenceMetadata(parsing: bytes(#"{"name":"m","inputs":[{"name":"x","datatype":"FP16","shape":[1]}]}"#), model: "m").unsupported != nil)
        for wrong in [
            "[]", "{}", #"{"name":"n"}"#, #"{"name":"m","inputs":7}"#, #"{"name":"m","inputs":[{"name":"x","datatype":"FP32"}]}"#,
            #"{"name":"m","inputs":[{"name":"x","datatype":"FP32","shape":[-2]}]}"#,
            #"{"name":"m","inputs":[{"name":"x","datatype":"FP32","shape":[1]},{"name":"x","datatype":"FP32","shape":[1]}]}"#,
        ] { #expect(throws: UpstreamReplyError.self, "\(wrong)") { _ = try InferenceMetadata(parsing: bytes(wrong), model: "m") } }
    }

    // MARK: Pictures

    /// Left half red, right half blue.
    private func picture(_ width: Int, _ height: Int) throws -> Picture {
        let samples = (0..<(width * height)).flatMap { i -> [UInt8] in i % width < width / 2 ? [255, 0, 0] : [0, 0, 255] }
        return try #require(Picture(width: width, height: height, channels: .rgb, samples: samples))
    }

    @Test func aPictureOfTheRightSizeIsTakenAsItIs() throws {
        let picture = try picture(4, 2)
        let rows = PictureInput(tensor: "x", element: .uint8, layout: .nhwc, width: 4, height: 2)
        #expect(rows.tensor(of: picture) == (try tensor("x", [1, 2, 4, 3], .uint8(picture.samples))))
        let planes = PictureInput(tensor: "x", layout: .nchw, colours: .bgr, width: 4, height: 2, scale: 1.0 / 255, means: [0, 0, 1], deviations: [1, 1, 2])
        let row: [Float] = [0, 0, 1, 1], red: [Float] = [0, 0, -0.5, -0.5]
        #expect(planes.tensor(of: picture) == (try tensor("x", [1, 3, 2, 4], .float(row + row + [Float](repeating: 0, count: 8) + red + red))))
    }

    @Test func aPictureIsStretchedAndNothingOfItIsSkipped() throws {
        for (width, height) in [(64, 48), (2, 2), (6, 1), (1000, 3)] {
            let input = PictureInput(tensor: "x", layout: .nhwc, width: 6, height: 5)
            guard case .float(let values) = try #require(input.tensor(of: try picture(width, height))?.tensor).values else {
                Issue.record("no floats")
                continue
            }
            #expect(values.count == 6 * 5 * 3)
            // Weights add up to 1: as much red and blue as there was, and no green.
            for pixel in stride(from: 0, to: values.count, by: 3) {
                #expect(abs(values[pixel] + values[pixel + 2] - 255) < 0.01 && values[pixel + 1] == 0)
            }
            #expect(values[0] > 250 && values[17] > 250, "the ends keep their colours")
        }
        // One bright column among a hundred is not lost.
        let samples = (0..<100).map { UInt8($0 == 37 ? 255 : 0) }
        let line = try #require(Picture(width: 100, height: 1, channels: .grey, samples: samples))
        let small = try #require(PictureInput(tensor: "x", layout: .nhwc, colours: .grey, width: 4, height: 1).tensor(of: line))
        guard case .float(let values) = small.tensor.values else { return }
        #expect(abs(values.reduce(0, +) - 255 / 25) < 0.5)
    }

    @Test func wrongDescriptionsAreSaid() {
        #expect(PictureInput(tensor: "x", width: 0, height: 1).problem != nil)
        #expect(PictureInput(tensor: "x", element: .int64, width: 1, height: 1).problem != nil)
        #expect(PictureInput(tensor: "x", width: 1, height: 1, means: [1]).problem != nil)
        #expect(PictureInput(tensor: "x", width: 1, height: 1, deviations: [1, 1, 0]).problem != nil)
        #expect(PictureInput(tensor: "x", width: 1, height: 1, scale: .nan).problem != nil)
    }

    @Test func classesAreProbabilitiesOrBecomeThem() throws {
        let logits = [try tensor("y", [1, 3], .float([1000, 1000, -1000]))]
        let output = ClassOutput(tensor: "y", isLogits: true, labels: ["a", "b", "c"])
        #expect(try output.probabilities(logits) == [0.5, 0.5, 0] && output.label(2) == "c")
        let shares = ClassOutput(tensor: "y", isLogits: false, labels: [])
        #expect(try shares.probabilities([try tensor("y", [2], .double([0.25, 0.75]))]) == [0.25, 0.75] && shares.label(1) == "1")
        for wrong in [
            try tensor("z", [2], .double([0, 1])), try tensor("y", [2], .double([0.5, 0.75])), try tensor("y", [2], .double([-0.5, 1])),
            try tensor("y", [2, 2], .double([0, 0, 0, 1])), try tensor("y", [0], .double([])), try tensor("y", [1], .text(["a"])),
        ] { #expect(throws: UpstreamReplyError.self) { _ = try shares.probabilities([wrong]) } }
        #expect(throws: UpstreamReplyError.self) { _ = try output.probabilities([try tensor("y", [2], .float([1, 2]))]) }
    }

    private let input = PictureInput(tensor: "x", width: 100, height: 100)

    private func found(_ outputs: ObjectOutputs, _ boxes: [Float], _ scores: [Float], _ classes: [Int64], lead: [Int] = []) throws -> [DetectedObject] {
        try outputs.objects(
            [
                try tensor("b", lead + [scores.count, 4], .float(boxes)), try tensor("s", lead + [scores.count], .float(scores)),
                try tensor("c", lead + [classes.count], .int64(classes)),
            ], picture: (200, 50), input: input)
    }

    @Test func objectsAreInPixelsOfThePicture() throws {
        var outputs = ObjectOutputs(boxes: "b", scores: "s", classes: "c", labels: ["cat", "dog"])
        let two = try found(outputs, [0, 0, 50, 100, 90, -5, 120, 50], [0.5, 0.75], [0, 1], lead: [1])
        #expect(two.map(\.label) == ["dog", "cat"] && two[0].box == PixelBox(left: 180, top: 0, right: 200, bottom: 25))
        #expect(two[1].box == PixelBox(left: 0, top: 0, right: 100, bottom: 50) && two[1].confidence == 0.5)
        (outputs.form, outputs.isRelative) = (.cornersFromTop, true)
        #expect(try found(outputs, [0.5, 0, 1, 0.25], [1], [0])[0].box == PixelBox(left: 0, top: 25, right: 50, bottom: 50))
        outputs.form = .centre
        #expect(try found(outputs, [0.5, 0.5, 0.5, 1], [1], [0])[0].box == PixelBox(left: 50, top: 0, right: 150, bottom: 50))
        outputs.form = .leftTop
        #expect(try found(outputs, [0.5, 0.5, 0.5, 0.5], [1], [0])[0].box == PixelBox(left: 100, top: 25, right: 200, bottom: 50))
        #expect(try found(outputs, [9, 9, 0, 0], [0.25], [7]).isEmpty, "what is below the threshold is not looked at")
    }

    @Test func objectsThatAreNoneAreRefused() throws {
        let outputs = ObjectOutputs(boxes: "b", scores: "s", classes: "c", labels: ["cat"])
        for (box, score, number) in [
            ([5, 5, 5, 9], 1, 0), ([9, 5, 5, 9], 1, 0), ([0, 0, 1, 1], 1, 1), ([0, 0, 1, 1], 1, -1), ([0, 0, 1, 1], 1.5, 0),
            ([200, 0, 300, 1], 1, 0), ([-9, -9, -1, -1], 1, 0), ([0, 0, 1e30, 1], 1, 0),
        ] as [([Float], Float, Int64)] {
            #expect(throws: UpstreamReplyError.self, "\(box) \(score) \(number)") { _ = try found(outputs, box, [score], [number]) }
        }
        #expect(throws: UpstreamReplyError.self) { _ = try found(outputs, [0, 0, 1, 1], [1], [0, 0]) }
        #expect(throws: UpstreamReplyError.self) { _ = try found(outputs, [0, 0, 1, 1], [1], [0], lead: [1, 1]) }
    }
}
