import ArgumentParser
import ClientNode
import CommandKit
import Foundation
import StrictJSON

struct Join: ReportingCommand {
    static let configuration = CommandConfiguration(
        abstract: "Enrol this node: a one-use token becomes a certificate. The key is made here and stays.",
        discussion: """
            Many nodes at once: --tokens with the folder that 'tutti-coordinator token create --count N --out DIR' made, or with '-' \
            for what it prints without --out; each becomes a folder in --nodes, with the name that its token is for. Nodes that are \
            there already are left alone.
            """)

    @Argument(help: "The coordinator: https://HOST:PORT")
    var url: String
    @Option(help: "The one-use token from 'tutti-coordinator token create', or @FILE to read it from a file.")
    var token: String?
    @Option(help: "Instead of --token: a folder of NAME.token files, or '-' for lines of NAME TOKEN on standard input.")
    var tokens: String?
    @Option(help: "The pin of the coordinator's CA: sha256:HEX")
    var caPin: String
    @Option(help: "Folder for this node's identity and state.")
    var data: String?
    @Option(help: "Instead of --data: folder for the folders of many nodes.")
    var nodes: String?
    @Flag(help: "One JSON object on stdout.")
    var json = false

    func perform() async throws(CommandFailure) -> JSON {
        switch (token, data, tokens, nodes) {
        case (let token?, let data?, nil, nil): return try await enrol(token, data)
        case (nil, nil, let tokens?, let nodes?): return try await enrolAll(tokens, nodes)
        default:
            throw CommandFailure(
                .usage, "This is neither one node nor many.", remedy: "Give --token and --data for one node, or --tokens and --nodes for many.")
        }
    }

    private func enrol(_ token: String, _ data: String) async throws(CommandFailure) -> JSON {
        let secret = try token.hasPrefix("@") ? self.secret(in: String(token.dropFirst())) : token
        let identity = try await reporting { () async throws(ClientNodeError) in
            try await Enrolment.join(url: url, token: secret, pin: caPin, data: data)
        }
        say("\(identity.card.client) (tenant \(identity.card.tenant)) is enrolled with \(identity.card.coordinator).")
        say("Next: tutti-client run --data \(data) --dataset FILE")
        return ["client_id": .string(identity.card.client), "tenant": .string(identity.card.tenant), "coordinator": .string(identity.card.coordinator)]
    }

    private func secret(in file: String) throws(CommandFailure) -> String {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw CommandFailure(.configuration, "\(file) cannot be read.", remedy: "Give the file that holds the token.")
        }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    // MARK: Many

    private func enrolAll(_ tokens: String, _ nodes: String) async throws(CommandFailure) -> JSON {
        let given = try tokens == "-" ? fromStandardInput() : inFolder(tokens)
        let left = given.filter { !NodeIdentity.exists(in: nodes + "/" + $0.name) }
        let (url, pin) = (url, caPin)
        let enrolled = try await reporting { () async throws(ClientNodeError) in
            try await Enrolment.join(url: url, pin: pin, many: left.map { (token: $0.token, data: nodes + "/" + $0.name) })
        }
        say("\(enrolled.count) nodes are enrolled in \(nodes)" + (left.count < given.count ? "; \(given.count - left.count) were there already." : "."))
        say("Next: tutti-client run --nodes \(nodes) --dataset FILE --partition '{}/\(given.count):dirichlet=0.5'")
        return ["enrolled": .array(enrolled.map { .string($0.card.client) }), "already_there": JSON(given.count - left.count)]
    }

    private func inFolder(_ folder: String) throws(CommandFailure) -> [(name: String, token: String)] {
        let files = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".token") }.sorted()
        guard !files.isEmpty else {
            throw CommandFailure(
                .configuration, "\(folder) has no NAME.token files.", remedy: "Give the folder of: tutti-coordinator token create --count N --out DIR")
        }
        var tokens: [(name: String, token: String)] = []
        for file in files { tokens.append((String(file.dropLast(".token".count)), try secret(in: folder + "/" + file))) }
        return tokens
    }

    private func fromStandardInput() throws(CommandFailure) -> [(name: String, token: String)] {
        var tokens: [(name: String, token: String)] = []
        while let line = readLine() {
            let words = line.split(whereSeparator: \.isWhitespace)
            if words.isEmpty { continue }
            // The name becomes a folder.
            guard words.count >= 2, words[0].utf8.allSatisfy(isPlain), words[0] != ".", words[0] != "..", words[1].hasPrefix("te_") else {
                throw CommandFailure(
                    .usage, "Line \(tokens.count + 1) of the tokens is not NAME TOKEN.",
                    remedy: "Pipe in what 'tutti-coordinator token create --count N' prints.")
            }
            tokens.append((String(words[0]), String(words[1])))
        }
        guard !tokens.isEmpty else {
            throw CommandFailure(.usage, "There are no tokens on standard input.", remedy: "Pipe in what 'tutti-coordinator token create --count N' prints.")
        }
        return tokens
    }

    private func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
        default: false
        }
    }
}
