package import ArgumentParser
import Foundation
package import Logging
package import StrictJSON

/// Exit codes that scripts may rely on.
package enum ExitStatus: Int32, Sendable {
    case ok = 0, failed = 1, usage = 2, configuration = 3, connection = 4, authentication = 5, version = 6, quorum = 7
    case budgetExhausted = 8, integrity = 9, timeout = 124, interrupted = 130
}

/// Why a command ends without success: what happened, and what to do about it.
package struct CommandFailure: Error, Sendable {
    package var status: ExitStatus
    package var message: String
    package var remedy: String
    package init(_ status: ExitStatus, _ message: String, remedy: String = "") {
        self.status = status
        self.message = message
        self.remedy = remedy
    }
}

/// A command whose result people read on stderr and machines, with `--json`, as one envelope on stdout.
package protocol ReportingCommand: AsyncParsableCommand {
    var json: Bool { get }
    /// The result for machines.
    func perform() async throws(CommandFailure) -> JSON
}

extension ReportingCommand {
    package func run() async throws {
        do throws(CommandFailure) {
            let data = try await perform()
            if json { print(JSON.object([.init("ok", true), .init("data", data)]).encodedText) }
        } catch let failure {
            if json {
                let error: JSON = [
                    "message": .string(failure.message), "remedy": .string(failure.remedy), "exit_code": .integer(Int64(failure.status.rawValue)),
                ]
                print(JSON.object([.init("ok", false), .init("error", error)]).encodedText)
            }
            say("error: \(failure.message)" + (failure.remedy.isEmpty ? "" : "\n  \(failure.remedy)"))
            throw ExitCode(failure.status.rawValue)
        }
    }
}

/// For people: stderr.
package func say(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
}

/// Runs a program's root command; a usage error exits with 2.
package func runMain<Root: AsyncParsableCommand>(_ root: Root.Type) async {
    do {
        var command = try root.parseAsRoot()
        if var asynchronous = command as? any AsyncParsableCommand {
            try await asynchronous.run()
        } else {
            try command.run()
        }
    } catch let code as ExitCode {
        exit(code.rawValue)
    } catch {
        let code = root.exitCode(for: error)
        if code == .success {
            print(root.fullMessage(for: error))
            exit(0)
        }
        say(root.fullMessage(for: error))
        exit(ExitStatus.usage.rawValue)
    }
}

/// Logs go to stderr, one line each.
package func makeLogger(_ label: String, level: String) -> Logger {
    var logger = Logger(label: label, factory: { StreamLogHandler.standardError(label: $0) })
    logger.logLevel = Logger.Level(rawValue: level) ?? .notice
    return logger
}
