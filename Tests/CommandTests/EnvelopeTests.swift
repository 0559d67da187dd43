import ArgumentParser
import CommandKit
import StrictJSON
import Synchronization
import Testing

private struct Program: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "program", version: "1.2.3", subcommands: [Group.self, Quiet.self])
}

private struct Group: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "group", subcommands: [Work.self])
}

private struct Work: ReportingCommand {
    static let configuration = CommandConfiguration(commandName: "work")
    @Argument var ending: String
    @Option var count = 1
    @Flag var json = false

    func perform() async throws(CommandFailure) -> JSON {
        if let status = CommandKit.ExitStatus.allCases.first(where: { $0.code == ending }), status != .ok {
            throw CommandFailure(status, "it ended", remedy: "do that", details: ["seen": 3])
        }
        return ["count": JSON(count)]
    }
}

private struct Quiet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "quiet")
    func run() async throws { throw ExitCode(9) }
}

private struct Ending {
    var status: Int32
    var out: [String]
    var err: [String]
    var envelope: JSON? { out.count == 1 ? try? JSON(parsing: Array(out[0].utf8)) : nil }
}

private func run(_ arguments: String...) async -> Ending {
    let out = Mutex([String]())
    let err = Mutex([String]())
    let console = Console(out: { line in out.withLock { $0.append(line) } }, err: { line in err.withLock { $0.append(line) } })
    let status = await execute(Program.self, arguments, console: console)
    return Ending(status: status, out: out.withLock { $0 }, err: err.withLock { $0 })
}

@Suite struct EnvelopeTests {
    @Test func aResultIsOneEnvelope() async throws {
        let ending = await run("group", "work", "well", "--count", "3", "--json")
        #expect(ending.status == 0 && ending.err.isEmpty)
        #expect(ending.out == [#"{"command":"group work","ok":true,"data":{"count":3}}"#])
    }

    @Test(arguments: CommandKit.ExitStatus.allCases.filter { $0 != .ok })
    func everyFailureIsOneEnvelopeWithItsCode(_ status: CommandKit.ExitStatus) async throws {
        let ending = await run("group", "work", status.code, "--json")
        #expect(ending.status == status.rawValue)
        #expect(ending.envelope?["ok"] == false && ending.envelope?["command"] == "group work" && ending.envelope?["data"] == nil)
        let error = try #require(ending.envelope?["error"])
        #expect(error["code"]?.text == status.code && error["exit_code"]?.whole == Int64(status.rawValue))
        #expect(error["message"] == "it ended" && error["remedy"] == "do that" && error["details"]?["seen"] == 3)
        #expect(ending.err == ["error: it ended\n  do that"])
    }

    @Test func usageErrorsAreEnvelopesToo() async throws {
        let wrong: [Ending] = [
            await run("group", "work", "--json"), await run("group", "work", "x", "--count", "many", "--json"), await run("nonsense", "--json"),
            await run("group", "work", "x", "--cuont", "1", "--json"), await run("--json"),
        ]
        for ending in wrong {
            #expect(ending.status == 2)
            #expect(ending.envelope?["ok"] == false && ending.envelope?["error"]?["code"] == "usage", "\(ending.out)")
            #expect(ending.envelope?["error"]?["message"]?.text?.isEmpty == false)
            #expect(ending.err.count == 1 && ending.err[0].contains("Usage:"))
        }
        #expect(wrong[0].envelope?["command"] == "group work")
        #expect(wrong[0].envelope?["error"]?["remedy"] == "See 'program group work --help'.")
    }

    @Test func withoutTheFlagStdoutIsEmpty() async throws {
        #expect(await run("group", "work", "well").out.isEmpty)
        let failed = await run("group", "work", "quorum")
        #expect(failed.status == 7 && failed.out.isEmpty && failed.err.count == 1)
        let usage = await run("group", "work")
        #expect(usage.status == 2 && usage.out.isEmpty && usage.err.count == 1)
    }

    @Test func helpAndVersionAreResults() async throws {
        let version = await run("--version")
        #expect(version.status == 0 && version.out == ["1.2.3"])
        let help = await run("group", "work", "--help", "--json")
        #expect(help.status == 0 && help.envelope?["data"]?["text"]?.text?.contains("USAGE") == true)
    }

    @Test func afterTwoDashesItIsNoFlag() async throws {
        let ending = await run("group", "work", "well", "--", "--json")
        #expect(ending.status == 2 && ending.out.isEmpty)
    }

    @Test func otherCommandsKeepTheirExitCode() async throws {
        let ending = await run("quiet")
        #expect(ending.status == 9 && ending.out.isEmpty)
    }

    @Test func exitCodesAreThoseThatScriptsRelyOn() {
        #expect(CommandKit.ExitStatus.allCases.map(\.rawValue) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 124, 130])
        #expect(Set(CommandKit.ExitStatus.allCases.map(\.code)).count == 12)
    }
}
