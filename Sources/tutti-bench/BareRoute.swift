import ArgumentParser
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTLS
import Logging
import NIOCore
import StrictJSON
import Trust

/// What `run api` and `run inference` measure a call of the coordinator beside: a route of Hummingbird with nothing around it, over the same TLS.
struct Bare: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Answer GET and POST of /0, /1 and so on with the bytes of files, over TLS.", shouldDisplay: false)
    @Option(help: "The authority's certificate (ca.pem).")
    var authority: String
    @Option(help: "The server's certificate (server.pem).")
    var certificate: String
    @Option(help: "Its key (server.key).")
    var key: String
    @Option(help: "Files with the answers, JSON.")
    var content: [String]
    private static let questionBytes = 1 << 20

    /// Says the port on stdout, and ends when it is killed.
    func run() async throws {
        func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }
        let tls = try serverTLS(certificatePEM: text(certificate), keyPEM: text(key), authorityPEM: text(authority), strictPostQuantum: false)
        let router = Router()
        for (number, file) in content.enumerated() {
            let bytes = ByteBuffer(bytes: try Data(contentsOf: URL(fileURLWithPath: file)))
            let answer = { @Sendable in Response(status: .ok, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: bytes)) }
            router.get("\(number)") { _, _ in answer() }
            router.post("\(number)") { request, _ in
                _ = try await request.body.collect(upTo: Self.questionBytes)
                return answer()
            }
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
