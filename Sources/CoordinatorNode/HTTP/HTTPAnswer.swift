import APIKit
import Foundation
import HTTPTypes
import HummingbirdCore
import NIOCore
import StrictJSON

/// A family's reply as HTTP: framing, `Range`, `HEAD`, and writes small enough that a slow reader costs little.
struct HTTPAnswer: Sendable {
    private let code: HTTPResponse.Status
    let headers: HTTPFields
    let content: [UInt8]
    private let range: Range<Int>
    private let isHead: Bool
    private let stream: AsyncThrowingStream<[UInt8], any Error>?
    /// Names that most answers have, checked once.
    private static let usual = Dictionary(
        uniqueKeysWithValues: [
            "x-request-id", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "x-ratelimit-window", "api-version", "etag",
        ].compactMap { text in HTTPField.Name(text).map { (text, $0) } })

    /// - Parameters:
    ///   - requested: the request's headers. `Range` counts for a GET whose reply has an ETag, because only then are two
    ///     answers the same thing.
    ///   - closes: the connection ends with this answer.
    init(_ reply: APIReply, method: HTTPRequest.Method, headers requested: HTTPFields, closes: Bool) {
        var headers = HTTPFields()
        for (name, value) in reply.headers {
            guard let name = Self.usual[name] ?? HTTPField.Name(name), HTTPField.isValidValue(value) else { continue }
            headers.append(HTTPField(name: name, value: value))
        }
        var code = HTTPResponse.Status(code: (200..<600).contains(reply.status) ? reply.status : 500)
        var content: [UInt8] = []
        var stream: AsyncThrowingStream<[UInt8], any Error>?
        switch reply.body {
        case .empty: break
        case .json(let json):
            content = json.encoded()
            headers[.contentType] = "application/json"
        case .bytes(let bytes, let type):
            content = bytes
            headers[.contentType] = type
        case .stream(let parts, let type):
            stream = parts
            headers[.contentType] = type
        }
        // What has an ETag may be kept and asked about; nothing else may be kept at all.
        if headers[.cacheControl] == nil { headers[.cacheControl] = headers[.eTag] == nil ? "no-store" : "private, no-cache" }
        var range = content.indices
        if code == .ok, let tag = headers[.eTag] {
            headers[.acceptRanges] = "bytes"
            let isWanted = method == .get && (requested[.ifRange].map { $0 == tag && !$0.hasPrefix("W/") } ?? true)
            switch isWanted ? requested[.range].map({ ByteRange.resolve($0, length: content.count) }) : nil {
            case nil, .whole: break
            case .part(let part):
                range = part
                code = .partialContent
                headers[.contentRange] = "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(content.count)"
            case .unsatisfiable:
                range = 0..<0
                code = .rangeNotSatisfiable
                headers[.contentRange] = "bytes */\(content.count)"
            }
        }
        if code != .notModified && code != .noContent && stream == nil { headers[.contentLength] = "\(range.count)" }
        headers[.xContentTypeOptions] = "nosniff"
        headers[.date] = HTTPDate.now()
        if closes { headers[.connection] = "close" }
        self.stream = stream
        (self.code, self.headers, self.content, self.range, isHead) = (code, headers, content, range, method == .head)
    }

    var status: Int { code.code }

    /// - Parameter stalled: how long one write may wait for the client to take something.
    /// - Returns: the bytes of the body as it was sent.
    func write(_ writer: consuming ResponseWriter, _ channel: any Channel, _ watch: WriteWatch, stalled: Duration) async throws -> Int {
        let head = HTTPResponse(status: code, headerFields: headers)
        let sent = isHead ? 0..<0 : range
        watch.begins(channel, within: stalled)
        defer { watch.ends() }
        if let stream, !isHead {
            var count = 0
            var body = try await writer.writeHead(head)
            // Between two parts nobody waits for the client.
            watch.ends()
            for try await part in stream {
                watch.begins(channel, within: stalled)
                try await body.write(ByteBuffer(bytes: part))
                try await channel.eventLoop.submit {}.get()
                watch.ends()
                count += part.count
            }
            watch.begins(channel, within: stalled)
            try await body.finish(nil)
            return count
        }
        guard sent.count > Limits.replyChunkBytes else {
            let body = sent.isEmpty ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: content[sent]))
            try await writer.write(response: head, body: body)
            return sent.count
        }
        var body = try await writer.writeHead(head)
        for start in stride(from: sent.lowerBound, to: sent.upperBound, by: Limits.replyChunkBytes) {
            watch.begins(channel, within: stalled)
            try await body.write(ByteBuffer(bytes: content[start..<min(start + Limits.replyChunkBytes, sent.upperBound)]))
            // The writer hands chunks to the event loop without waiting for it: a loop that is behind would get them all, and nobody would see
            // that the client takes none.
            try await channel.eventLoop.submit {}.get()
        }
        try await body.finish(nil)
        return sent.count
    }
}
