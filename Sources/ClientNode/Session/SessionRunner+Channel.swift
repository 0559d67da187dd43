import Federation
import Foundation
import Logging
import Wire

// The control channel: opened, lost, heard, spoken on.
extension SessionRunner {
    func connect() {
        let path = CoordinatorClient.sessionPath(session, "socket")
        spawn { [client, post, self] in
            do throws(ClientNodeError) {
                _ = try await client.sockets.run(path: path) { event in
                    switch event {
                    case .opened(let sender, let tls):
                        await self.opened(sender, tls: tls)
                        post.yield(.connected)
                    case .received(let bytes):
                        await self.received(bytes)
                    }
                }
                await self.closed()
                post.yield(.disconnected(reason: "closed by the coordinator"))
            } catch {
                await self.lost(error)
            }
        }
    }

    func opened(_ sender: ControlSocket.Sender, tls: String) {
        self.sender = sender
        // This node offers no other key exchange: that there is a channel proves it.
        house.log.notice("control channel open", metadata: ["tls": "\(tls)", "key_exchange": "X25519MLKEM768"])
    }
    func closed() { sender = nil }

    func lost(_ error: ClientNodeError) {
        let wasOpen = sender != nil
        sender = nil
        if wasOpen {
            post.yield(.disconnected(reason: error.message))
        } else {
            if !error.isRetryable { fault = error }
            post.yield(.connectFailed(reason: error.description, fatal: !error.isRetryable))
        }
    }

    func received(_ bytes: [UInt8]) async {
        do {
            let message = try ControlCodec.decodeServer(bytes)
            if let problem = versionProblem(message) {
                fault = ClientNodeError(.version, "The coordinator does not take this client: \(problem).", remedy: "Upgrade the older side.")
            }
            post.yield(.message(message))
        } catch {
            house.log.warning("control message refused", metadata: ["reason": "\(error)"])
            await sender?.close()
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
        guard let sender else { return }
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
