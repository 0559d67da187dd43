import ArgumentParser
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTLS
import Logging
import NIOCore
import StrictJSON
import Trust

/// What `run api` measures a call of the coordinator beside: a route of Hummingbird with nothing around it, over the same TLS.
struct Bare: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Answer GET /content with the bytes of a file, over TLS.", shouldDisplay: false)
    @Option(help: "The authority's certificate (ca.pem).")
    var authority: String
    @Option(help: "The server's certificate (server.pem).")
    var certificate: String
    @Option(help: "Its key (server.key).")
    var key: String
    @Option(help: "A file with the answer, JSON.")
    var content: String

    /// Says the port on stdout, and ends when it is killed.
    func run() async throws {
        func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }
        let tls = try serverTLS(certificatePEM: text(certificate), keyPEM: text(key), authorityPEM: text(authority), strictPostQuantum: false)
        let bytes = ByteBuffer(bytes: try Data(contentsOf: URL(fileURLWithPath: content)))
        let router = Router()
        router.get("content") { _, _ in
            Response(status: .ok, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: bytes))
        }
        var log = Logger(label: "bare")
        log.logLevel = .error
        let application = Application(
            router: router, server: try .tls(.http1(), tlsConfiguration: tls),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in
                print((["port": JSON(channel.localAddress?.port ?? 0)] as JSON).encodedText)
                fflush(nil)
            }, logger: log)
        try await application.runService()
    }
}
