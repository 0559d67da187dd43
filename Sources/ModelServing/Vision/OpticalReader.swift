import Foundation
package import Vision

/// A word on a picture.
package struct ReadWord: Sendable, Equatable {
    package var text: String
    /// 0...1, as Tesseract says it.
    package var confidence: Double
    package var box: PixelBox

    package init(text: String, confidence: Double, box: PixelBox) { (self.text, self.confidence, self.box) = (text, confidence, box) }
}

/// Why no text was read, in words for who asked.
package struct ReadingFailure: Error, Sendable, Equatable {
    package let why: String
}

/// Tesseract as a process of its own, where it is installed. It is given a grey map that was written here and nothing that came from outside;
/// its arguments are fixed; its time, memory and output are bounded.
package struct OpticalReader: Sendable {
    private let program: String
    private let seconds: Double

    package init(program: String, seconds: Double = VisionServiceLimits.readSeconds) { (self.program, self.seconds) = (program, seconds) }

    /// nil: it is in none of the folders of programs.
    package static func installed() -> OpticalReader? {
        ["/usr/bin/tesseract", "/usr/local/bin/tesseract"].first { FileManager.default.isExecutableFile(atPath: $0) }.map { OpticalReader(program: $0) }
    }

    /// The limits hold for the program, which takes the shell's place: address space in KiB, seconds of the processor, blocks of 512 bytes in a
    /// file, no core. Sparse text in no order (page segmentation 11), as a picture has it.
    private static let script =
        "ulimit -v \(VisionServiceLimits.readMemoryKiB) && ulimit -t \(Int(VisionServiceLimits.readSeconds)) "
        + "&& ulimit -f \(VisionServiceLimits.readOutputBytes / 512) && ulimit -c 0 && exec \"$0\" stdin stdout -l eng --psm 11 tsv"

    /// The words, in Tesseract's order. It takes as long as it takes, on a thread of the caller's: never on an event loop.
    package func words(on grey: GreyPicture) throws(ReadingFailure) -> [ReadWord] {
        guard grey.luma.count <= VisionServiceLimits.readPixels else {
            throw ReadingFailure(why: "text is looked for in pictures of at most \(VisionServiceLimits.readPixels) pixels")
        }
        guard let input = Self.unnamedFile(), let output = Self.unnamedFile() else { throw ReadingFailure(why: "there is no place for a temporary file") }
        do {
            try input.write(contentsOf: Data(grey.portableGreyMap))
            try input.seek(toOffset: 0)
        } catch { throw ReadingFailure(why: "the temporary file cannot be written") }
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", Self.script, program]
        process.environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "OMP_THREAD_LIMIT": "1"]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        do { try process.run() } catch { throw ReadingFailure(why: "Tesseract cannot be started") }
        if ended.wait(timeout: .now() + seconds) == .timedOut {
            kill(process.processIdentifier, SIGKILL)
            ended.wait()
            throw ReadingFailure(why: "Tesseract took longer than \(Int(seconds.rounded(.up))) s")
        }
        guard process.terminationReason == .exit, process.terminationStatus == 0 else { throw ReadingFailure(why: "Tesseract failed on this picture") }
        let text: Data
        do {
            try output.seek(toOffset: 0)
            text = try output.read(upToCount: VisionServiceLimits.readOutputBytes) ?? Data()
        } catch { throw ReadingFailure(why: "what Tesseract wrote cannot be read") }
        return TesseractTable.words([UInt8](text), width: grey.width, height: grey.height)
    }

    /// Nobody else can open it, and it is gone with its descriptor.
    private static func unnamedFile() -> FileHandle? {
        var name = Array((NSTemporaryDirectory() + "tutti-picture-XXXXXX").utf8CString)
        let descriptor = mkstemp(&name)
        guard descriptor >= 0 else { return nil }
        unlink(name)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }
}

/// What Tesseract writes with `tsv`: a line for each page, block, paragraph, line and word.
package enum TesseractTable {
    /// Lines that are no words, or not as they should be, are passed over; corners are kept inside of the picture.
    package static func words(_ table: [UInt8], width: Int, height: Int) -> [ReadWord] {
        var words: [ReadWord] = []
        for line in table.split(separator: 10) {
            guard words.count < VisionServiceLimits.words else { break }
            let fields = line.split(separator: 9, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
            // level, page, block, paragraph, line, word, left, top, width, height, confidence, text
            guard fields.count == 12, fields[0] == "5", let left = Int(fields[6]), let top = Int(fields[7]), let across = Int(fields[8]),
                let down = Int(fields[9]), let confidence = Double(fields[10]), (0...100).contains(confidence)
            else { continue }
            let text = String(String.UnicodeScalarView(fields[11].unicodeScalars.filter { $0.properties.generalCategory != .control }))
                .trimmingCharacters(in: .whitespaces)
            guard !text.isEmpty, text.utf8.count <= VisionServiceLimits.wordBytes else { continue }
            let (right, tooFar) = left.addingReportingOverflow(across)
            let (bottom, tooDeep) = top.addingReportingOverflow(down)
            guard !tooFar, !tooDeep, across >= 0, down >= 0 else { continue }
            func inside(_ value: Int, _ most: Int) -> Int { min(max(0, value), most) }
            let box = PixelBox(left: inside(left, width), top: inside(top, height), right: inside(right, width), bottom: inside(bottom, height))
            words.append(ReadWord(text: text, confidence: confidence / 100, box: box))
        }
        return words
    }
}
