import APIKit
import NIOHTTP1
import Synchronization

/// What those are told for whom there is no room. There are many of them at once, and what is made for them is lost for those who are served:
/// so one text serves all of a millisecond, and only the id of the request in it is each one's own.
final class CrowdedReplies: Sendable {
    private struct Key: Equatable {
        var path: String
        var baseURL: String
        var milliseconds: Int64
    }
    private struct Text {
        var key: Key
        var rejection: Rejection
        /// Where the id goes, in the rejection's body.
        var gap: Int?
    }
    private let latest = Mutex<Text?>(nil)
    /// Stands for the id. No host name and no path of ours has it.
    private static let mark = "~id~"

    /// - Parameter make: the rejection of a request.
    func rejection(of request: APIRequest, _ make: (APIRequest) -> Rejection) -> Rejection {
        let key = Key(path: request.path, baseURL: request.baseURL, milliseconds: request.nowMilliseconds)
        let text = latest.withLock { $0?.key == key ? $0 : nil } ?? text(request, key, make)
        var rejection = text.rejection
        if let gap = text.gap { rejection.body.insert(contentsOf: request.requestID.utf8, at: gap) }
        rejection.headers.add(name: "x-request-id", value: request.requestID)
        return rejection
    }

    private func text(_ request: APIRequest, _ key: Key, _ make: (APIRequest) -> Rejection) -> Text {
        var marked = request
        marked.requestID = Self.mark
        var rejection = make(marked)
        rejection.headers.remove(name: "x-request-id")
        let mark = Array(Self.mark.utf8)
        let gap = rejection.body.indices.first { rejection.body[$0] == mark[0] && rejection.body[$0...].starts(with: mark) }
        if let gap { rejection.body.removeSubrange(gap..<gap + mark.count) }
        let text = Text(key: key, rejection: rejection, gap: gap)
        latest.withLock { $0 = text }
        return text
    }
}
