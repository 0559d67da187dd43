import Federation
import FederationService
import Logging
import Synchronization
import Wire

/// Speaks the control protocol on an open channel: hello first, then messages to the service until either side ends it.
final class ControlServer: Sendable {
    private let engine: FederationEngine
    private let log: Logger
    private let link: ControlLink
    private let session: String
    private let member: Member
    private enum Phase { case greeting, open, refused }
    private let phase = Mutex(Phase.greeting)

    init(engine: FederationEngine, log: Logger, link: ControlLink, session: String, member: Member) {
        (self.engine, self.log, self.link, self.session, self.member) = (engine, log, link, session, member)
    }

    /// - Parameter message: nil: the channel has ended.
    func receive(_ message: ClientMessage?) async {
        switch (message, phase.withLock(\.self)) {
        case (let message?, .open): await engine.received(message, session, member)
        case (let message?, .greeting):
            let refusal = await attach(message)
            phase.withLock { $0 = refusal == nil ? .open : .refused }
            if let refusal { return link.refuse(refusal) }
            log.debug("control channel open", metadata: ["session": "\(session)", "client": "\(member.client)"])
        case (nil, .open):
            await engine.detach(session, member) { ($0 as? ControlLink) === link }
            // Only now: what the service still sends to a channel that is current must find it.
            link.close(.normal)
            log.debug("control channel closed", metadata: ["session": "\(session)", "client": "\(member.client)"])
        case (nil, .greeting), (_, .refused): break
        }
    }

    private func attach(_ first: ClientMessage) async -> Refusal? {
        guard case .hello(let hello) = first, hello.sessionID == session else {
            return Refusal(code: "hello", message: "the first message must be a hello for session \(session)")
        }
        guard ControlCodec.negotiate(min: hello.versionMin, max: hello.versionMax) != nil else {
            return Refusal(
                code: "version",
                message:
                    "this coordinator speaks versions \(ControlCodec.oldest) to \(ControlCodec.version) of the protocol, the client \(hello.versionMin) to \(hello.versionMax); upgrade the older side"
            )
        }
        do {
            if let why = try await engine.lacks(session, member, knows: hello.knows) { return Refusal(code: "version", message: why) }
            try await engine.attach(session, member, link, identity: hello.identityKey)
            return nil
        } catch { return Refusal(code: "session", message: "\(error)") }
    }
}
