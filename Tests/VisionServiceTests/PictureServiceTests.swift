import Foundation
import Learning
import ModelServing
import StrictJSON
import Testing
import Vision

@Suite struct PictureServiceTests {
    private static let file = GreyPicture(width: 20, height: 10, luma: [UInt8](repeating: 200, count: 200))?.png ?? []

    private struct OneBox: ObjectDetector {
        let id = "boxes"
        var fails = false
        func objects(on picture: Picture) async throws(DetectorFailure) -> [DetectedObject] {
            if fails { throw DetectorFailure("the detector is away") }
            return [DetectedObject(label: "box", confidence: 0.5, box: PixelBox(left: 0, top: 0, right: picture.width, bottom: picture.height))]
        }
    }

    @Test func whatIsAskedForRunsAndTheRestIsListed() async throws {
        let service = VisionService(reader: nil)
        let all = try await service.analyse(Self.file, Set(VisionQuestion.allCases), model: nil, isLenient: false)
        #expect(all.header.width == 20 && all.header.height == 10 && all.scene?.contrast == 0 && all.objects == nil && all.text == nil)
        #expect(all.unavailable.map(\.question) == [.objects, .text])
        let scene = try await service.analyse(Self.file, [.scene], model: nil, isLenient: false)
        #expect(scene.unavailable == [] && service.lastSeconds == scene.seconds && service.waiting == 0)
        #expect(try await service.analyse(Self.file, [.text], model: nil, isLenient: false).scene == nil)
        await #expect(throws: VisionFailure.modelNotHere(asked: "yolo-v8", available: [])) {
            try await service.analyse(Self.file, [.objects], model: "yolo-v8", isLenient: false)
        }
        #expect(try await service.analyse(Self.file, [.objects], model: "yolo-v8", isLenient: true).unavailable.map(\.question) == [.objects])
        await #expect(throws: VisionFailure.picture(.notAnImage)) { try await service.analyse([1, 2, 3], [.scene], model: nil, isLenient: false) }
    }

    @Test func aDetectorIsAskedAndItsFailureIsListed() async throws {
        let service = VisionService(reader: nil, detectors: [OneBox()])
        for model in [nil, "boxes"] {
            let found = try await service.analyse(Self.file, [.objects], model: model, isLenient: false)
            #expect(found.objects?.map(\.box.corners) == [[0, 0, 20, 10]] && found.detector == "boxes" && found.unavailable == [])
        }
        await #expect(throws: VisionFailure.modelNotHere(asked: "yolo-v8", available: ["boxes"])) {
            try await service.analyse(Self.file, [.objects], model: "yolo-v8", isLenient: false)
        }
        let away = try await VisionService(reader: nil, detectors: [OneBox(fails: true)]).analyse(Self.file, [.objects], model: nil, isLenient: false)
        #expect(away.objects == nil && away.detector == nil && away.unavailable.map(\.why) == ["the detector is away"])
    }

    /// A program in Tesseract's place.
    private func reader(_ script: String, seconds: Double = 60, _ body: (OpticalReader) async throws -> Void) async throws {
        let path = NSTemporaryDirectory() + "tutti-reader-\(UUID().uuidString)"
        try Data("#!/bin/sh\n\(script)\n".utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(OpticalReader(program: path, seconds: seconds))
    }

    private static let header = "level\\tpage_num\\tblock_num\\tpar_num\\tline_num\\tword_num\\tleft\\ttop\\twidth\\theight\\tconf\\ttext\\n"

    @Test func wordsAreReadFromItsTable() async throws {
        let line = "5\\t1\\t1\\t1\\t1\\t1\\t2\\t3\\t4\\t5\\t96.5\\tSTOP\\n"
        try await reader("printf '\(Self.header)4\\t1\\t1\\t1\\t1\\t0\\t0\\t0\\t9\\t9\\t-1\\t\\n\(line)'") { reader in
            let found = try await VisionService(reader: reader).analyse(Self.file, [.text], model: nil, isLenient: false)
            #expect(found.text == [ReadWord(text: "STOP", confidence: 0.965, box: PixelBox(left: 2, top: 3, right: 6, bottom: 8))] && found.unavailable == [])
        }
    }

    /// It is given our own grey map by its standard input, fixed arguments and nothing of our surroundings.
    @Test func theProgramSeesOurPictureAndFixedArguments() async throws {
        let script = """
            printf '\(Self.header)'
            printf '5\\t1\\t1\\t1\\t1\\t1\\t0\\t0\\t1\\t1\\t50\\t%s\\n' "$(head -c 9 | tr '\\n' _)" "$(echo "$*" | tr ' ' _)" "$(ulimit -v)" "${HOME:-none}"
            """
        try await reader(script) { reader in
            let words = try await VisionService(reader: reader).analyse(Self.file, [.text], model: nil, isLenient: false).text?.map(\.text)
            #expect(words == ["P5_20 10_", "stdin_stdout_-l_eng_--psm_11_tsv", "1048576", "none"])
        }
    }

    @Test func aProgramThatFailsOrDoesNotEndIsListed() async throws {
        for (script, seconds, says) in [
            ("exit 3", 60, "failed"), ("kill -9 $$", 60, "failed"), ("exec sleep 600", 0.2, "longer"), ("exec yes", 60, "failed"),
            ("exec /nowhere/at/all", 60, "failed"),
        ] as [(String, Double, String)] {
            try await reader(script, seconds: seconds) { reader in
                let found = try await VisionService(reader: reader).analyse(Self.file, [.text], model: nil, isLenient: false)
                #expect(found.text == nil && found.unavailable.first?.why.contains(says) == true, "\(script): \(found.unavailable)")
            }
        }
    }

    @Test func tablesAreReadLineByLineAndWhatIsNoWordIsPassedOver() {
        let start = "5\t1\t1\t1\t1\t1\t"
        for (line, words) in [
            (start + "1\t2\t3\t4\t90\thello", 1), (start + "1\t2\t3\t4\t101\thello", 0), (start + "1\t2\t3\t4\t90\t ", 0), (start + "1\t2\t3\t4\t90", 0),
            (start + "9223372036854775807\t2\t3\t4\t90\thello", 0), (start + "1\t2\t-3\t4\t90\thello", 0), (start + "a\t2\t3\t4\t90\thello", 0),
            ("4\t1\t1\t1\t1\t1\t1\t2\t3\t4\t90\thello", 0), (start + "1\t2\t3\t4\tnan\thello", 0),
        ] as [(String, Int)] { #expect(TesseractTable.words(Array(line.utf8), width: 10, height: 10).count == words, "\(line)") }
        let far = TesseractTable.words(Array((start + "-5\t2\t300\t4\t90\th\u{7}i").utf8), width: 10, height: 10)
        #expect(far == [ReadWord(text: "hi", confidence: 0.9, box: PixelBox(left: 0, top: 2, right: 10, bottom: 6))])
        let many = String(repeating: start + "1\t2\t3\t4\t90\thello\n", count: VisionServiceLimits.words + 5)
        #expect(TesseractTable.words(Array(many.utf8), width: 10, height: 10).count == VisionServiceLimits.words)
    }

    @Test func cardsAreReadAsTheyAre() {
        #expect(DigitsCalibration(card: .null) == DigitsCalibration())
        #expect(DigitsCalibration(card: ["metrics": ["held_out": ["expected_calibration_error": 0.03]]]).expectedError == 0.03)
        let wrong: JSON = ["metrics": ["temperature_scaling": ["temperature": -1], "held_out": .null]]
        #expect(DigitsCalibration(card: wrong) == DigitsCalibration())
        let both: JSON = ["metrics": ["temperature_scaling": ["temperature": 1.5], "held_out": ["expected_calibration_error": 0.03]]]
        // What a session writes where nothing was fitted.
        let none: JSON = ["metrics": ["temperature_scaling": .null, "held_out": ["expected_calibration_error": 0.03]]]
        #expect(DigitsCalibration(card: none) == DigitsCalibration(expectedError: 0.03))
        if let two = TemperatureScaling(2) {
            let card: JSON = ["metrics": ["temperature_scaling": FittedTemperature(two, rows: 60, errorBefore: 0.1, error: 0.05).json]]
            #expect(DigitsCalibration(card: card) == DigitsCalibration(scaling: two, expectedError: 0.05))
        }
        // The error of another temperature is not the one of this.
        #expect(DigitsCalibration(card: both) == DigitsCalibration(scaling: TemperatureScaling(1.5), expectedError: nil))
    }
}
