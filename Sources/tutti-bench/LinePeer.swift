import Foundation
import StrictJSON

/// A program that is kept running and asked for one repetition at a time: a line of JSON about itself first, then one for each line it gets.
final class LinePeer {
    let about: JSON
    private let process: Process
    private let asks: FileHandle
    private let answers: FileHandle

    /// nil where it is not there or says nothing.
    init?(_ arguments: [String]) {
        // A peer that dies must not take the suite with it.
        signal(SIGPIPE, SIG_IGN)
        let (input, output) = (Pipe(), Pipe())
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(["OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"]) { $1 }
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        (asks, answers) = (input.fileHandleForWriting, output.fileHandleForReading)
        guard (try? process.run()) != nil, let about = Self.line(of: output.fileHandleForReading) else { return nil }
        self.about = about
    }

    deinit {
        try? asks.close()
        process.waitUntilExit()
    }

    func ask(_ line: String) -> JSON? {
        guard (try? asks.write(contentsOf: Data("\(line)\n".utf8))) != nil else { return nil }
        return Self.line(of: answers)
    }

    private static func line(of handle: FileHandle) -> JSON? {
        var line: [UInt8] = []
        while true {
            guard let byte = try? handle.read(upToCount: 1), let first = byte.first else { return nil }
            if first == 0x0A { return try? JSON(parsing: line) }
            line.append(first)
        }
    }
}
