/// Why nothing was sent, or nothing came back. None of it repeats what a server said.
package enum EgressError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The URL as it is written.
    case url(problem: String)
    /// Where it leads: `range` is the kind of address.
    case refused(host: String, address: String, range: String)
    case unresolved(host: String, problem: String)
    case connection(host: String, problem: String)
    case tls(host: String, problem: String)
    case timeout(seconds: Double)
    /// The answer, longer than was asked for.
    case tooLarge(bytes: Int)
    /// Not HTTP, or cut short.
    case answer(problem: String)

    /// As part of a sentence about the URL.
    package var problem: String {
        if case .url(let problem) = self { problem } else { String(message.dropLast()) }
    }

    package var message: String {
        switch self {
        case .url(let problem): "The URL cannot be used: \(problem)."
        case .refused(let host, let address, let range): "\(host) is at \(address), which is no public address (\(range))."
        case .unresolved(let host, let problem): "\(host) has no address: \(problem)."
        case .connection(let host, let problem): "No connection to \(host): \(problem)."
        case .tls(let host, let problem): "No TLS with \(host): \(problem)."
        case .timeout(let seconds): "No answer within \(seconds) seconds."
        case .tooLarge(let bytes): "The answer is longer than \(bytes) bytes."
        case .answer(let problem): "The answer is no HTTP: \(problem)."
        }
    }

    package var remedy: String {
        switch self {
        case .url: "Give an absolute URL such as https://example.org/hooks."
        case .refused: "Give a public host; for one of its own the operator sets egress.allow."
        case .unresolved: "Check the name, and that this machine can resolve it."
        case .connection: "Check that the host listens there and can be reached from this machine."
        case .tls: "Check that the host's certificate is valid for its name and from a known authority."
        case .timeout: "Answer at once, and work afterwards."
        case .tooLarge: "Answer with less."
        case .answer: "Check that an HTTP/1.1 server answers there."
        }
    }

    package var description: String { message + " " + remedy }
}
