import CryptoSuite
import Federation
import Foundation
import StrictJSON
import Trust

/// `sent.jsonl`: one line for everything of this node's own that left the machine. A line is on disk before what it
/// tells of is sent; what cannot be logged is not sent.
struct SentLog: Sendable {
    enum What: Sendable, Equatable {
        /// The request to join: number of rows and the form of the data.
        case join
        case update(AttemptKey)
        /// Loss and accuracy of a model on the local rows.
        case evaluation(round: Int)

        var word: String {
            switch self {
            case .join: "join"
            case .update: "update"
            case .evaluation: "evaluation"
            }
        }
        var round: Int? {
            switch self {
            case .join: nil
            case .update(let key): key.round
            case .evaluation(let round): round
            }
        }
        var attempt: Int? { if case .update(let key) = self { key.attempt } else { nil } }
    }

    let path: String

    init(data: String) { path = data + "/sent.jsonl" }

    /// - Parameter content: as it leaves, before any compression on the way.
    func append(_ what: What, session: String, content: [UInt8], at instant: Instant) throws(ClientNodeError) {
        let line: JSON = [
            "time_ms": .integer(instant.milliseconds), "what": .string(what.word), "session": .string(session), "round": JSON(what.round),
            "attempt": JSON(what.attempt), "bytes": JSON(content.count), "sha256": .string(hexadecimal(CryptoSuite.system.sha256(content))),
        ]
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("opened") }
        defer { close(descriptor) }
        // One write: lines of several sessions do not mix.
        let bytes = line.encoded() + [UInt8(ascii: "\n")]
        let count = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
        guard count == bytes.count else { throw failure("written") }
        guard fdatasync(descriptor) == 0 else { throw failure("synced") }
    }

    private func failure(_ what: String) -> ClientNodeError {
        ClientNodeError(
            .failed, "\(path) cannot be \(what): \(String(cString: strerror(errno))). What is not logged is not sent.",
            remedy: "Check that the disk has room and the folder is writable.")
    }
}
