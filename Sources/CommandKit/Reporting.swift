package import ArgumentParser
import Foundation
package import StrictJSON
import Synchronization

/// A command whose result people read on stderr and machines, with `--json`, as one envelope on stdout.
package protocol ReportingCommand: AsyncParsableCommand {
    var json: Bool { get }
    /// Whether it ends by itself after an interrupt; the others are ended at once, with their envelope.
    var endsItself: Bool { get }
    /// The result for machines.
    func perform() async throws(CommandFailure) -> JSON
}

extension ReportingCommand {
    package var endsItself: Bool { false }
}

/// Tells how one command ended, once: `{"command", "ok": true, "data"}` or `{"command", "ok": false, "error": {"code",
/// "message", "remedy", "exit_code", "details"}}`.
final class Reporter: Sendable {
    private let command: String
    private let json: Bool
    private let console: Console
    private let isTold = Mutex(false)

    init(command: String, json: Bool, console: Console) {
        self.command = command
        self.json = json
        self.console = console
    }

    func succeed(_ data: JSON) -> Int32 {
        tell { if json { console.out(envelope(.init("ok", true), .init("data", data))) } }
        return ExitStatus.ok.rawValue
    }

    /// - Parameter text: what people read instead of message and remedy.
    func fail(_ failure: CommandFailure, text: String? = nil) -> Int32 {
        tell {
            if json {
                var error: [JSON.Member] = [
                    .init("code", .string(failure.status.code)), .init("message", .string(failure.message)),
                    .init("remedy", .string(failure.remedy)), .init("exit_code", .integer(Int64(failure.status.rawValue))),
                ]
                if let details = failure.details { error.append(.init("details", details)) }
                console.out(envelope(.init("ok", false), .init("error", .object(error))))
            }
            console.err(text ?? "error: \(failure.message)" + (failure.remedy.isEmpty ? "" : "\n  \(failure.remedy)"))
        }
        return failure.status.rawValue
    }

    /// Help or version, which are results too.
    func show(_ text: String) -> Int32 {
        tell { console.out(json ? envelope(.init("ok", true), .init("data", ["text": .string(text)])) : text) }
        return ExitStatus.ok.rawValue
    }

    private func tell(_ words: () -> Void) {
        let isFirst = isTold.withLock { told in
            defer { told = true }
            return !told
        }
        if isFirst { words() }
    }

    private func envelope(_ members: JSON.Member...) -> String {
        JSON.object([.init("command", .string(command))] + members).encodedText
    }
}

/// Runs `arguments` as those of the root command and gives the exit code. Every ending is told in the same way.
package func execute<Root: AsyncParsableCommand>(
    _ root: Root.Type, _ arguments: [String], console: Console = .standard
) async -> Int32 {
    let name = commandName(root, arguments)
    let asksForJSON = arguments.prefix { $0 != "--" }.contains("--json")
    let reporter = Reporter(command: name, json: asksForJSON, console: console)
    do {
        var command = try root.parseAsRoot(arguments)
        if let reporting = command as? any ReportingCommand {
            return await perform(reporting, Reporter(command: name, json: reporting.json, console: console))
        }
        if var asynchronous = command as? any AsyncParsableCommand {
            try await asynchronous.run()
        } else {
            try command.run()
        }
        return ExitStatus.ok.rawValue
    } catch let code as ExitCode {
        return code.rawValue
    } catch {
        let text = root.fullMessage(for: error)
        if root.exitCode(for: error) == .success { return reporter.show(text) }
        let program = root._commandName
        let help = "See '\(program)\(name.isEmpty ? "" : " \(name)") --help'."
        return reporter.fail(CommandFailure(.usage, root.message(for: error), remedy: help), text: text)
    }
}

private func perform(_ command: any ReportingCommand, _ reporter: Reporter) async -> Int32 {
    let interrupts =
        command.endsItself
        ? nil
        : SignalWatch([SIGINT]) { _ in
            let status = reporter.fail(CommandFailure(.interrupted, "Interrupted.", remedy: "What the coordinator was told already goes on."))
            fflush(nil)
            _exit(status)
        }
    defer { interrupts?.cancel() }
    do throws(CommandFailure) {
        let data = try await command.perform()
        // What a command printed for people comes first.
        fflush(nil)
        return reporter.succeed(data)
    } catch {
        fflush(nil)
        return reporter.fail(error)
    }
}

/// The subcommands that the arguments name, without the program: `session create`.
func commandName(_ root: any ParsableCommand.Type, _ arguments: [String]) -> String {
    var (command, words) = (root, [String]())
    for argument in arguments where !argument.hasPrefix("-") {
        guard let next = command.configuration.subcommands.first(where: { $0._commandName == argument }) else { break }
        command = next
        words.append(argument)
    }
    return words.joined(separator: " ")
}

/// Runs a program's root command with the process's arguments and ends the process.
package func runMain<Root: AsyncParsableCommand>(_ root: Root.Type) async {
    exit(await execute(root, Array(CommandLine.arguments.dropFirst())))
}
