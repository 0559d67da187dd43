import CryptoSuite
import Federation
import Foundation
import StrictJSON
import Trust

/// `sent.jsonl`: one line for everything of this node's own that left the machine. A line is on disk before what it
/// tells of is sent; what cannot be logged is not sent. A receipt's line comes after it and is not waited for.
package struct SentLog: Sendable {
    enum What: Sendable, Equatable {
        /// The request to join: number of rows and the form of the data.
        case join
        case update(AttemptKey)
        /// The coordinator has said that it has the update and will not lose it.
        case receipt(AttemptKey)
        /// Loss and accuracy of a model on the local rows.
        case evaluation(round: Int)

        var word: String {
            switch self {
            case .join: "join"
            case .update: "update"
            case .receipt: "receipt"
            case .evaluation: "evaluation"
            }
        }
        var round: Int? {
            switch self {
            case .join: nil
            case .update(let key), .receipt(let key): key.round
            case .evaluation(let round): round
            }
        }
        var attempt: Int? {
            switch self {
            case .update(let key), .receipt(let key): key.attempt
            case .join, .evaluation: nil
            }
        }
        var isAwaited: Bool { if case .receipt = self { false } else { true } }
    }

    let path: String

    init(data: String) { path = data + "/sent.jsonl" }

    /// - Parameter content: as it leaves, before any compression on the way.
    func append(_ what: What, session: String, content: [UInt8], at instant: Instant) throws(ClientNodeError) {
        let told: JSON = [
            "time_ms": .integer(instant.milliseconds), "what": .string(what.word), "session": .string(session), "round": JSON(what.round),
            "attempt": JSON(what.attempt), "bytes": JSON(content.count), "sha256": .string(hexadecimal(CryptoSuite.system.sha256(content))),
        ]
        let descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("opened") }
        defer { close(descriptor) }
        let length = lseek(descriptor, 0, SEEK_END)
        var last: UInt8 = 0
        // A line that a crash has cut off stays one of its own.
        let isWhole = length == 0 || (pread(descriptor, &last, 1, length - 1) == 1 && last == Self.newline)
        // One write: lines of several sessions do not mix.
        let bytes = (isWhole ? [] : [Self.newline]) + Self.checked(told).encoded() + [Self.newline]
        let count = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
        guard count == bytes.count else { throw failure("written") }
        guard what.isAwaited else { return }
        guard fdatasync(descriptor) == 0 else { throw failure("synced") }
        if length == 0 { try DurableFile.syncFolder(of: path) }
    }

    // MARK: Damage

    private static let newline = UInt8(ascii: "\n")
    private static let check = "line_sha256"

    /// With the SHA-256 of all that stands in front of it.
    private static func checked(_ told: JSON) -> JSON {
        .object((told.members ?? []) + [.init(check, .string(hexadecimal(CryptoSuite.system.sha256(told.encoded()))))])
    }

    /// Numbers (from 1) of the lines that are not as they were written. Versions before this one wrote lines without a
    /// checksum; of these only what is no JSON is found.
    package static func damagedLines(_ content: [UInt8]) -> [Int] {
        content.split(separator: newline, omittingEmptySubsequences: true).enumerated().compactMap { index, line in
            guard let members = (try? JSON(parsing: Array(line)))?.members else { return index + 1 }
            guard members.contains(where: { $0.name == check }) else { return members.count == fields ? nil : index + 1 }
            let told = JSON.object(members.filter { $0.name != check })
            return checked(told).encoded() == Array(line) ? nil : index + 1
        }
    }

    /// What is wrong with a node's log, in words for its owner; nil: nothing.
    package static func damage(data: String) -> String? {
        let path = SentLog(data: data).path
        let lines = damagedLines([UInt8](FileManager.default.contents(atPath: path) ?? Data()))
        guard let first = lines.first else { return nil }
        return "\(path) is damaged: \(lines.count) lines are not as they were written, the first is line \(first)"
    }

    /// Of a line without a checksum.
    private static let fields = 7

    private func failure(_ what: String) -> ClientNodeError {
        ClientNodeError(
            .failed, "\(path) cannot be \(what): \(String(cString: strerror(errno))). What is not logged is not sent.",
            remedy: "Check that the disk has room and the folder is writable.")
    }
}
