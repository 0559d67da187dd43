import Foundation
package import Logging
import Synchronization

/// Where a command's words go: results to `out`, everything for people to `err`. Tests collect them.
package struct Console: Sendable {
    package var out: @Sendable (String) -> Void
    package var err: @Sendable (String) -> Void

    package init(out: @escaping @Sendable (String) -> Void, err: @escaping @Sendable (String) -> Void) {
        self.out = out
        self.err = err
    }

    package static let standard = Console(out: { write($0, to: STDOUT_FILENO) }, err: { write($0, to: STDERR_FILENO) })

    /// Whole or, when the reader is gone, not at all: a closed pipe is no reason to trap.
    private static func write(_ text: String, to descriptor: Int32) {
        let bytes = Array((text + "\n").utf8)
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return }
            written += count
        }
    }
}

/// For people: stderr.
package func say(_ text: String) { Console.standard.err(text) }

/// One line on a terminal that is overwritten while something is awaited. Nothing where no terminal is.
package final class StatusLine: Sendable {
    private static let frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"]
    private let isTerminal: Bool
    private let state = Mutex((frame: 0, isShown: false))

    package init() {
        isTerminal = isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    }

    package func show(_ text: String) {
        guard isTerminal else { return }
        let frame = state.withLock { state in
            state = (state.frame + 1, true)
            return state.frame
        }
        raw("\r\u{1B}[K\(Self.frames[frame % Self.frames.count]) \(text)")
    }

    /// A line that stays, above the one that changes.
    package func say(_ text: String) {
        clear()
        CommandKit.say(text)
    }

    package func clear() {
        guard isTerminal,
            state.withLock({ state in
                defer { state.isShown = false }
                return state.isShown
            })
        else { return }
        raw("\r\u{1B}[K")
    }

    private func raw(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { Foundation.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}

/// Calls `handler` for each of these signals until it is cancelled.
package final class SignalWatch {
    private let sources: [any DispatchSourceSignal]
    private let numbers: [Int32]

    package init(_ numbers: [Int32], _ handler: @escaping @Sendable (Int32) -> Void) {
        self.numbers = numbers
        sources = numbers.map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { handler(number) }
            source.resume()
            return source
        }
    }

    package func cancel() {
        for source in sources { source.cancel() }
        for number in numbers { signal(number, SIG_DFL) }
    }
}

/// Logs go to stderr, one line each.
package func makeLogger(_ label: String, level: String) -> Logger {
    var logger = Logger(label: label, factory: { StreamLogHandler.standardError(label: $0) })
    logger.logLevel = Logger.Level(rawValue: level) ?? .notice
    return logger
}
