import Federation
import Foundation
import Logging
import Wire

// The control channel: opened, lost, heard, spoken on.
extension SessionRunner {
    func connect() {
        let path = CoordinatorClient.sessionPath(session, "socket")
        startedChannels += 1
        let number = startedChannels
        spawn { [client, post, self] in
            do throws(ClientNodeError) {
                _ = try await client.sockets.run(path: path) { event in
                    switch event {
                    case .opened(let sender, let tls):
                        await self.opened(sender, number, tls: tls)
                        post.yield(.connected)
                    case .received(let bytes):
                        await self.received(bytes, number)
                    }
                }
                await self.closed(number)
            } catch {
                await self.lost(error, number)
            }
        }
    }

    /// Opens another channel, with the certificate that the node has now, beside the one that stands. The coordinator puts
    /// the new one in the place of the old, so that it never sees this client gone. Without a channel there is nothing to
    /// move: the machine opens the next one.
    func moveChannel() {
        if channel != nil { connect() }
    }

    func opened(_ sender: ControlSocket.Sender, _ number: Int, tls: String) {
        if let channel { leaving.append(channel.sender) }
        channel = (number, sender)
        // This node offers no other key exchange: that there is a channel proves it.
        house.log.notice("control channel open", metadata: ["tls": "\(tls)", "key_exchange": "X25519MLKEM768"])
    }

    /// The end of one that another has taken the place of is no news.
    func closed(_ number: Int) {
        guard channel?.number == number else { return }
        channel = nil
        post.yield(.disconnected(reason: "closed by the coordinator"))
    }

    func lost(_ error: ClientNodeError, _ number: Int) {
        if channel?.number == number {
            channel = nil
            post.yield(.disconnected(reason: error.message))
        } else if channel == nil, number == startedChannels {
            if !error.isRetryable { fault = error }
            post.yield(.connectFailed(reason: error.description, fatal: !error.isRetryable))
        }
    }

    /// What still comes on a channel that was moved is told again on the new one.
    func received(_ bytes: [UInt8], _ number: Int) async {
        guard channel?.number == number else { return }
        await received(bytes)
    }

    /// The coordinator has taken the new channel; it closes the old ones, and who does not is left.
    func leaveOldChannels() {
        let old = leaving
        leaving = []
        for sender in old { spawn { await sender.close() } }
    }

    func received(_ bytes: [UInt8]) async {
        do {
            let message = try ControlCodec.decodeServer(bytes)
            if let problem = versionProblem(message) {
                fault = ClientNodeError(.version, "The coordinator does not take this client: \(problem).", remedy: "Upgrade the older side.")
            }
            if case .welcome = message { leaveOldChannels() }
            post.yield(.message(message))
        } catch {
            house.log.warning("control message refused", metadata: ["reason": "\(error)"])
            await channel?.sender.close()
        }
    }

    /// The machine ends on these; here they get their exit code.
    func versionProblem(_ message: ServerMessage) -> String? {
        switch message {
        case .refused(let refusal) where refusal.code == "version": refusal.message
        case .welcome(let welcome) where ControlCodec.negotiate(min: welcome.version, max: welcome.version) == nil:
            "it speaks version \(welcome.version) of the protocol, this client \(ControlCodec.oldest) to \(ControlCodec.version)"
        case .refused, .welcome, .roundStart, .roundClosed, .evaluate, .sessionEnded, .secure: nil
        }
    }

    func send(_ message: ClientMessage) async {
        guard let sender = channel?.sender else { return }
        let frame: [UInt8]
        do { frame = try ControlCodec.encode(message) } catch {
            house.log.warning("control message not sent", metadata: ["reason": "\(error)"])
            return
        }
        if case .evaluation(let report) = message {
            do { try folder.sent.append(.evaluation(round: report.round), session: session, content: frame, at: .now) } catch {
                house.log.warning("evaluation not sent", metadata: ["reason": "\(error)"])
                return
            }
        }
        do { try await sender.send(frame) } catch {
            // The read side reports the loss of the channel; sending twice is not its job.
            house.log.debug("control message not sent", metadata: ["reason": "\(error)"])
        }
    }
}
