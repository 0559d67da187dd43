internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL
package import StrictJSON
internal import Trust

/// Asks a cluster's coordinator as its administrator, from this process: a program for every question would cost more than what is
/// watched.
package struct Administrator: Sendable {
    private static let replyBytes = 16 << 20
    private static let seconds: Int64 = 10
    private let http: HTTPClient
    private let url: String
    private let key: String

    /// - Parameter data: the coordinator's folder.
    package init(url: String, data: String) throws {
        self.url = url
        key = String(decoding: try SecretFile.read(data + "/admin.key"), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: try clientTLS(authorityPEM: try String(contentsOfFile: data + "/ca.pem", encoding: .utf8)))
        configuration.httpVersion = .http1Only
        configuration.timeout.connect = .seconds(Self.seconds)
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    package func shutdown() async { try? await http.shutdown() }

    /// The reply; nil when there is none now, or it is no success.
    package func get(_ path: String) async -> JSON? { try? await call(.GET, path, nil) }

    /// - Throws: when there is no reply, or it is no success.
    package func post(_ path: String, _ body: JSON) async throws -> JSON { try await call(.POST, path, body) }

    private func call(_ method: HTTPMethod, _ path: String, _ body: JSON?) async throws -> JSON {
        var request = HTTPClientRequest(url: url + "/api/v4" + path)
        request.method = method
        request.headers.add(name: "authorization", value: "Bearer \(key)")
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body.encoded()))
        }
        let response = try await http.execute(request, timeout: .seconds(Self.seconds))
        var bytes = try await response.body.collect(upTo: Self.replyBytes)
        let reply = bytes.readBytes(length: bytes.readableBytes) ?? []
        guard (200..<300).contains(response.status.code) else {
            throw Missing(what: "\(method) \(path): \(response.status.code) \(String(decoding: reply.prefix(300), as: UTF8.self))")
        }
        return try JSON(parsing: reply)
    }
}
