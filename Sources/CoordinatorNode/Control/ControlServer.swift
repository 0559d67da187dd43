import Federation
import FederationService
import Logging
import Wire

/// Speaks the control protocol on an open channel: hello first, then messages to the service until either side ends it.
struct ControlServer: Sendable {
    let engine: FederationEngine
    let log: Logger

    func serve(_ link: ControlLink, session: String, member: Member) async {
        var messages = link.messages.makeAsyncIterator()
        guard let first = await messages.next() else { return }
        guard case .hello(let hello) = first, hello.sessionID == session else {
            return link.refuse(Refusal(code: "hello", message: "the first message must be a hello for session \(session)"))
        }
        guard ControlCodec.negotiate(min: hello.versionMin, max: hello.versionMax) != nil else {
            return link.refuse(
                Refusal(
                    code: "version",
                    message:
                        "this coordinator speaks versions \(ControlCodec.oldest) to \(ControlCodec.version) of the protocol, the client \(hello.versionMin) to \(hello.versionMax); upgrade the older side"
                ))
        }
        do {
            if let why = try await engine.lacks(session, member, knows: hello.knows) {
                return link.refuse(Refusal(code: "version", message: why))
            }
            try await engine.attach(session, member, link, identity: hello.identityKey)
        } catch {
            return link.refuse(Refusal(code: "session", message: "\(error)"))
        }
        log.debug("control channel open", metadata: ["session": "\(session)", "client": "\(member.client)"])
        while let message = await messages.next() { await engine.received(message, session, member) }
        await engine.detach(session, member) { ($0 as? ControlLink) === link }
        // Only now: what the service still sends to a channel that is current must find it.
        link.close(.normal)
        log.debug("control channel closed", metadata: ["session": "\(session)", "client": "\(member.client)"])
    }
}
