internal import CryptoSuite
internal import Federation
internal import Logging
internal import Trust
internal import Wire

// Who talks to the members: their tokens and their control channels.
extension SessionHost {
    static func name(ofToken hash: [UInt8]) -> String { hexadecimal(hash) }

    func remember(_ member: MemberRecord) {
        if let hash = member.updateTokenHash { tokens[Self.name(ofToken: hash)] = member.client }
    }

    /// nil unless the member still is one that was given this token.
    func client(updateToken: String) -> String? {
        let hash = Token.hash(updateToken)
        guard let client = tokens[Self.name(ofToken: hash)], let held = machine.member(client)?.updateTokenHash, constantTimeEqual(held, hash)
        else { return nil }
        return client
    }

    func attach(_ client: String, _ channel: any ControlChannel, identity: [UInt8]) {
        channels[client]?.close()
        channels[client] = channel
        let session = machine.session
        send(
            .welcome(
                Welcome(
                    version: ControlCodec.version, sessionID: id, heartbeatSeconds: session.spec.heartbeatSeconds,
                    serverTimeMs: around.now().milliseconds, status: session.status.rawValue, history: around.history)), to: client)
        handle(.connected(client: client, identity: identity))
    }

    /// A message the client would refuse is a fault of ours: it is not sent, and the log says so.
    func send(_ message: ServerMessage, to client: String) {
        guard let channel = channels[client] else { return }
        do { channel.send(try ControlCodec.encode(message)) } catch {
            around.log.error("control message not sent", metadata: ["client": "\(client)", "cause": "\(error)"])
        }
    }

    func detach(_ client: String, isCurrent: (any ControlChannel) -> Bool) {
        guard let channel = channels[client], isCurrent(channel) else { return }
        channels[client] = nil
        handle(.disconnected(client: client))
    }

    /// Closes the client's channel and hears nothing more from it.
    func drop(_ client: String) {
        guard let channel = channels.removeValue(forKey: client) else { return }
        channel.close()
        handle(.disconnected(client: client))
    }

    func received(_ message: ClientMessage, from client: String) {
        guard channels[client] != nil else { return }
        switch message {
        case .hello: break
        case .heartbeat: handle(.heartbeat(client: client))
        case .evaluation(let m):
            handle(.evaluationReported(client: client, round: m.round, loss: m.loss, accuracy: m.accuracy, rows: Int64(m.rows)))
        case .roundFailed(let m):
            if machine.session.spec.secureAggregation != nil {
                around.log.warning("a member does not go on", metadata: ["session": "\(id)", "client": "\(client)", "reason": "\(m.reason)"])
            }
            handle(.roundFailed(client: client, round: m.round, attempt: m.attempt, reason: m.reason))
        case .secure(let frame): handle(.secureFrame(client: client, frame))
        }
    }
}
