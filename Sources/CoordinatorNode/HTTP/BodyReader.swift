import APIKit
import HTTPTypes
import HummingbirdCore
import NIOCore
import NIOHTTPTypes
import Synchronization

/// Reads one request's body when an endpoint asks for it, and knows afterwards what is left in the connection.
final class BodyReader: Sendable {
    private enum Progress { case untouched, partial, complete }
    private let progress: Mutex<Progress>
    private let request: Request
    private let channel: any Channel
    private let memory: BodyMemory
    private let held = Mutex(0)
    private let received = Mutex(0)
    let declaredBytes: Int?

    init(_ request: Request, _ channel: any Channel, _ memory: BodyMemory) throws(ServiceError) {
        self.request = request
        self.channel = channel
        self.memory = memory
        if let text = request.headers[.contentLength] {
            guard let length = Int(text), length >= 0 else {
                throw .invalid(field: "Content-Length", issue: "is no length", provided: nil)
            }
            declaredBytes = length
        } else {
            declaredBytes = request.headers[.transferEncoding] == nil ? 0 : nil
        }
        progress = Mutex(declaredBytes == 0 ? .complete : .untouched)
    }

    var body: APIKit.RequestBody {
        APIKit.RequestBody(declaredBytes: declaredBytes) { [self] limit throws(ServiceError) in try await read(limit) }
    }

    /// Whether the connection must end with this request, because too much of its body is still to come.
    var leavesTooMuch: Bool {
        switch progress.withLock({ $0 }) {
        case .complete: false
        case .partial: true
        // A client that waits for 100 Continue may or may not send a body that nobody asked for.
        case .untouched: expectsContinue || (declaredBytes ?? .max) > Limits.drainedBodyBytes
        }
    }

    private var expectsContinue: Bool { request.headers[.expect]?.lowercased() == "100-continue" }

    /// Of the body, until now.
    var receivedBytes: Int { received.withLock { $0 } }

    /// The request is answered: what its body took is free again.
    func release() {
        memory.give(
            held.withLock { held in
                defer { held = 0 }
                return held
            })
    }

    /// Room for `bytes` of the body, before they are there.
    private func hold(_ bytes: Int) throws(ServiceError) {
        guard memory.take(bytes) else {
            throw bytes > memory.limitBytes
                ? .tooLarge(limitBytes: memory.limitBytes)
                : .unavailable("the bodies of other requests fill the memory that there is for them", retryAfterSeconds: Limits.shedRetrySeconds)
        }
        held.withLock { $0 += bytes }
    }

    private func read(_ limit: Int) async throws(ServiceError) -> [UInt8] {
        guard declaredBytes != 0 else { return [] }
        if let declaredBytes { try hold(declaredBytes) }
        progress.withLock { $0 = .partial }
        if expectsContinue {
            channel.writeAndFlush(HTTPResponsePart.head(HTTPResponse(status: .continue)), promise: nil)
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(declaredBytes ?? 0, limit, Limits.reservedBytes))
        let started = ContinuousClock.now
        do {
            for try await chunk in request.body {
                received.withLock { $0 += chunk.readableBytes }
                guard bytes.count + chunk.readableBytes <= limit else { throw ServiceError.tooLarge(limitBytes: limit) }
                if declaredBytes == nil { try hold(chunk.readableBytes) }
                bytes.append(contentsOf: chunk.readableBytesView)
                let seconds = started.duration(to: .now) / .seconds(1) - Limits.bodyGraceSeconds
                if seconds > 0, Double(bytes.count) < seconds * Double(Limits.bodyBytesPerSecond) {
                    throw ServiceError.invalid(field: "body", issue: "comes slower than \(Limits.bodyBytesPerSecond) bytes a second", provided: nil)
                }
            }
        } catch let error as ServiceError {
            throw error
        } catch {
            throw .invalid(field: "body", issue: "is malformed or ends before its declared length", provided: nil)
        }
        if let declaredBytes, bytes.count != declaredBytes {
            throw .invalid(field: "body", issue: "ends after \(bytes.count) of its declared \(declaredBytes) bytes", provided: nil)
        }
        progress.withLock { $0 = .complete }
        return bytes
    }
}
