internal import Federation
internal import Learning
internal import Wire

// Joining, and the control channels.
extension World {
    mutating func joinArrives(_ client: Int, _ life: Int) {
        let lost = isLost(from: client)
        guard coordinator != nil, !lost else { return plan(.joinAnswered(client, life: life, isIn: false), in: Self.requestTimeout) }
        var request = JoinRequest(client: clients[client].name)
        request.dataSize = Int64(clients[client].dataset.rows)
        request.schema = clients[client].schema
        if !ask(.join(client: client, life: life), { .join(request, $0) }) {
            reply(to: client, .joinAnswered(client, life: life, isIn: false), orLost: .joinAnswered(client, life: life, isIn: false))
        }
    }

    mutating func joined(_ client: Int, _ life: Int, _ answer: CoordinatorReply) {
        var isIn = false
        if case .joined(let member, _, _) = answer {
            isIn = true
            checker.joins(member.client, isDurable: store.members[member.client] != nil, now)
        }
        reply(to: client, .joinAnswered(client, life: life, isIn: isIn), orLost: .joinAnswered(client, life: life, isIn: false))
    }

    mutating func connectArrives(_ client: Int, _ life: Int) {
        let lost = isLost(from: client)
        guard coordinator != nil, !lost else { return plan(.connectAnswered(client, life: life, link: nil), in: Self.requestTimeout) }
        let name = clients[client].name
        if coordinator?.ask({ $0.isMember(name) }) == false {
            checker.violated(.durableStaysDurable, now, "\(clients[client].name) had joined and is not known any more")
        }
        links.append(Link(client: client, life: life))
        reply(
            to: client, .connectAnswered(client, life: life, link: links.count - 1),
            orLost: .connectAnswered(client, life: life, link: nil))
    }

    mutating func send(_ message: ServerMessage, to client: String) {
        guard let link = coordinator?.links[client] else { return }
        checker.said(message, to: client, now)
        var message = message
        if case .secure(let frame) = message { message = .secure(planted(frame, to: client)) }
        guard let bytes = try? frames.encode(message) else { return note("unsendable", link) }
        if faults.replays > 0 { archive.keep(links[link].client, isToClient: true, bytes) }
        plan(.frameToClient(link: link, bytes), in: frameTime(link, toClient: true))
        if happens(faults.reordering) { plan(.frameToClient(link: link, bytes), in: frameTime(link, toClient: true)) }
    }

    mutating func frameToCoordinator(_ link: Int, _ bytes: [UInt8]) {
        guard coordinator != nil, !links[link].isBroken else { return }
        note("to coordinator", link, bytes)
        let index = links[link].client
        let name = clients[index].name
        guard let message = try? ControlCodec.decodeClient(bytes) else { return breakLink(link) }
        record("\(name) says \(message)")
        if faults.replays > 0 { archive.keep(index, isToClient: false, bytes) }
        let isOverlooked = configuration.plantedBug == .overlooksOne && index == clients.count - 1
        if case .hello(let hello) = message {
            guard ControlCodec.negotiate(min: hello.versionMin, max: hello.versionMax) != nil, hello.sessionID == session else {
                return breakLink(link)
            }
            links[link].isGreeted = true
            if let before = coordinator?.links[name], before != link { breakLink(before) }
            coordinator?.links[name] = link
            let status = coordinator?.ask { $0.session.status.rawValue } ?? ""
            send(
                .welcome(
                    Welcome(
                        version: ControlCodec.version, sessionID: session, heartbeatSeconds: configuration.spec.heartbeatSeconds,
                        serverTimeMs: coordinatorClock, status: status)), to: name)
            if isOverlooked { return }
            return tell(.connected(client: name, identity: hello.identityKey))
        }
        // The first message of a channel is the hello; anything that overtook it is refused.
        guard links[link].isGreeted else { return breakLink(link) }
        switch message {
        case .hello: break
        case .heartbeat: if !isOverlooked { tell(.heartbeat(client: name)) }
        case .evaluation(let m):
            tell(.evaluationReported(client: name, round: m.round, loss: m.loss, accuracy: m.accuracy, rows: Int64(m.rows)))
        case .roundFailed(let m): tell(.roundFailed(client: name, round: m.round, attempt: m.attempt, reason: m.reason))
        case .secure(let frame):
            if !isOverlooked { tell(.secureFrame(client: name, frame)) }
        }
    }

    mutating func linkClosedAtCoordinator(_ link: Int) {
        let name = clients[links[link].client].name
        guard coordinator?.links[name] == link else { return }
        coordinator?.links[name] = nil
        tell(.disconnected(client: name))
    }
}
